"""What tests of delivery share: the scripted server, a ledger in a real database, and a certificate for 127.0.0.1."""

from __future__ import annotations

import datetime as dt
import importlib.util
import ipaddress
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / "fakes" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def fake() -> ModuleType:
    """The module of the scripted SMTP server."""
    return _load("smtp_server")


@pytest.fixture(scope="session")
def worlds() -> ModuleType:
    """The module that makes databases with readers and an edition."""
    return _load("ledger_world")


@pytest.fixture
def world(worlds: ModuleType, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A database without readers."""
    return worlds.World(tmp_path / "var")


@dataclass(frozen=True)
class Certificate:
    """A certificate that names 127.0.0.1 and localhost and is its own authority."""

    file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    return make_certificate(folder, "localhost")


@pytest.fixture(scope="session")
def wrong_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Trusted when its file is named, but made out to another host."""
    return make_certificate(tmp_path_factory.mktemp("wrong"), "elsewhere.example")


@pytest.fixture(scope="session", name="make_certificate")
def make_certificate_fixture() -> Callable[..., Certificate]:
    """Makes certificates for a host, in a folder."""
    return make_certificate


def make_certificate(folder: Path, host: str, until: dt.datetime | None = None) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(until or now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return Certificate(file, context)


@pytest.fixture
def letter() -> Callable[..., object]:
    """Makes letters; each argument has a sensible value."""
    from digest.delivery.transport import Letter

    def make(recipient: str = "reader@example.org", message: bytes = b"", number: int = 1) -> Letter:
        message_id = f"<e{number}@lists.example.org>"
        head = f"Message-ID: {message_id}\r\nSubject: News\r\n\r\n".encode()
        return Letter("news@lists.example.org", recipient, message_id, (head, message or b"Hello.\r\n"))

    return make
