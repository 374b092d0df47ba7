"""Fetching by address: what may be asked, that nothing else is, and that no answer goes on for ever."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from digest.errors import ContentError
from digest.work.fetching import Fetcher, is_public, look_up

HOST = "feeds.example.org"
NOT_PUBLIC = (
    "127.0.0.1", "127.8.8.8", "10.1.1.1", "192.168.0.1", "172.16.5.5", "172.31.255.255", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.1.1", "192.0.0.1",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1",
    "168.63.129.16", "::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:168.63.129.16", "::7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1", "100::1",
    "3fff::1",
)  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_the_public_internet(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_what_is(address: str) -> None:
    assert is_public(ip_address(address))


# -- a server with a certificate, asked over real connections


@dataclass
class Server:
    """Speaks TLS on loopback and answers each path as it was told; notes names and heads of requests."""

    certificate: Path
    answers: dict[str, bytes | list[bytes]] = field(default_factory=dict)
    pause: threading.Event = field(default_factory=threading.Event)
    names: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate)
        self.context.sni_callback = lambda _socket, name, _context: self.names.append(name or "")
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self.socket.accept()
            except OSError:
                return
            with suppress(OSError), self.context.wrap_socket(plain, server_side=True) as connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(4096)
                self.heads.append(head.decode())
                answer = self.answers[head.split()[1].decode()]
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    connection.sendall(piece)
                    if not isinstance(answer, bytes):
                        self.pause.wait(5)

    def close(self) -> None:
        """Stop serving."""
        self.pause.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for HOST that signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    form = serialization.Encoding.PEM
    private = key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(form))
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    server = Server(certificate)
    yield server
    server.close()


@pytest.fixture
def fetcher(server: Server) -> Fetcher:
    """Finds every host on loopback, which it takes for public, and trusts the server's certificate."""
    context = ssl.create_default_context(cafile=str(server.certificate))
    return Fetcher(
        port=server.port, look_up=finds("127.0.0.1"), is_allowed=lambda _: True, context=context, max_size=1000, seconds=5
    )


def finds(*addresses: str):  # type: ignore[no-untyped-def]
    """A resolver that knows these addresses only."""

    async def find(_host: str):  # type: ignore[no-untyped-def]
        return tuple(map(ip_address, addresses))

    return find


def answer(body: bytes, status: str = "200 OK", *heads: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *heads, "", ""]).encode() + body


def refused(fetch: Callable[[], bytes]) -> str:
    with pytest.raises(ContentError) as caught:
        fetch()
    return str(caught.value)


def test_a_file_is_fetched_by_name_from_the_address_that_was_judged(server: Server, fetcher: Fetcher) -> None:
    server.answers["/feed.xml?x=1"] = answer(b"<rss/>")
    assert fetcher.fetch(f"https://{HOST}/feed.xml?x=1#part") == b"<rss/>"
    assert server.names == [HOST]
    (head,) = server.heads
    assert f"Host: {HOST}\r\n" in head
    assert not {"cookie", "authorization"} & {line.partition(":")[0].lower() for line in head.splitlines()}


def test_a_certificate_of_another_name_is_refused(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = answer(b"x")
    assert "cannot be fetched" in refused(lambda: fetcher.fetch("https://other.example.org/"))
    assert server.heads == []


def test_redirects_are_followed_three_times_and_judged_each_time(server: Server, fetcher: Fetcher) -> None:
    for number in range(4):
        server.answers[f"/{number}"] = answer(b"", "302 Found", f"Location: /{number + 1}")
    server.answers["/4"] = answer(b"end")
    assert fetcher.fetch(f"https://{HOST}/1") == b"end"
    assert "more than 3 times" in refused(lambda: fetcher.fetch(f"https://{HOST}/0"))


@pytest.mark.parametrize(
    "goal",
    [
        "http://feeds.example.org/",
        "https://user@feeds.example.org/",
        "https://feeds.example.org:1/",
        "ftp://x/",
        "https://[",
    ],
)
def test_a_redirect_to_what_is_not_to_be_asked_is_refused(server: Server, fetcher: Fetcher, goal: str) -> None:
    server.answers["/"] = answer(b"", "301 Moved", f"Location: {goal}")
    refused(lambda: fetcher.fetch(f"https://{HOST}/"))
    assert len(server.heads) == 1


def test_a_redirect_to_a_private_address_is_never_asked(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = answer(b"", "302 Found", "Location: https://inside.example.org/secret")

    async def find(host: str):  # type: ignore[no-untyped-def]
        return [ip_address("127.0.0.1" if host == HOST else "169.254.169.254")]

    guarded = replace(fetcher, look_up=find, is_allowed=lambda place: str(place) == "127.0.0.1")
    assert "not on the public internet" in refused(lambda: guarded.fetch(f"https://{HOST}/"))
    assert len(server.heads) == 1


def test_one_private_address_among_public_ones_is_enough_to_refuse(server: Server, fetcher: Fetcher) -> None:
    guarded = replace(fetcher, look_up=finds("8.8.8.8", "127.0.0.1"), is_allowed=is_public)
    assert "not on the public internet" in refused(lambda: guarded.fetch(f"https://{HOST}/"))
    assert server.heads == []


def test_a_name_that_changes_its_address_is_looked_up_once(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = answer(b"x")
    asked: list[str] = []

    async def rebind(host: str):  # type: ignore[no-untyped-def]
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "10.0.0.1")]

    assert replace(fetcher, look_up=rebind).fetch(f"https://{HOST}/") == b"x"
    assert asked == [HOST]


def test_what_is_typed_must_be_a_public_https_address() -> None:
    for address in (
        "http://example.org/",
        "https://a:b@example.org/",
        "https://example.org:8443/",
        "file:///etc/passwd",
        "x",
    ):
        refused(lambda address=address: Fetcher().fetch(address))  # type: ignore[misc]
    for host in ("127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost", "[::ffff:10.0.0.1]", "no-such-host.invalid"):
        refused(lambda host=host: Fetcher().fetch(f"https://{host}/"))  # type: ignore[misc]


def test_too_much_is_refused_while_it_comes(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = answer(b"x" * 1000)
    server.answers["/more"] = answer(b"x" * 1001)
    server.answers["/endless"] = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000
    assert len(fetcher.fetch(f"https://{HOST}/")) == 1000
    for path in ("more", "endless"):
        assert "larger" in refused(lambda path=path: fetcher.fetch(f"https://{HOST}/{path}"))  # type: ignore[misc]


def test_a_server_that_answers_drop_by_drop_is_left_in_time(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = [b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", b"C: d\r\n"]
    assert "longer than 0.3 seconds" in refused(lambda: replace(fetcher, seconds=0.3).fetch(f"https://{HOST}/"))


def test_other_answers_than_a_file_are_refused(server: Server, fetcher: Fetcher) -> None:
    server.answers["/gone"] = answer(b"", "410 Gone")
    server.answers["/packed"] = answer(b"x", "200 OK", "Content-Encoding: gzip")
    server.answers["/broken"] = b"nonsense\r\n\r\n"
    server.answers["/short"] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"
    for path, why in (("gone", "status 410"), ("packed", "compressed"), ("broken", "cannot"), ("short", "cannot")):
        assert why in refused(lambda path=path: fetcher.fetch(f"https://{HOST}/{path}"))  # type: ignore[misc]


def test_a_second_address_is_asked_when_the_first_is_silent(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = answer(b"x")
    assert replace(fetcher, look_up=finds("127.0.0.2", "127.0.0.1")).fetch(f"https://{HOST}/") == b"x"
    assert "cannot be fetched" in refused(lambda: replace(fetcher, look_up=finds("127.0.0.2")).fetch(f"https://{HOST}/"))


@pytest.mark.anyio
async def test_this_machine_finds_itself() -> None:
    assert ip_address("127.0.0.1") in await look_up("127.0.0.1")
