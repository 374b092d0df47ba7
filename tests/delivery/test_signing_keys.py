"""The files of signing keys: made once, kept private, put to use on a person's word, refused when they are no good."""

from __future__ import annotations

import base64
import os
import re
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from digest.delivery.signing_keys import (
    activate_keys,
    build_record,
    make_keys,
    read_key_files,
    read_signer,
    split_record,
)
from digest.errors import DigestError

DOMAIN = "news.example.org"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LATER = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
CLEAR = serialization.NoEncryption()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The site's folder of keys, not yet there."""
    return tmp_path / "keys"


def put(folder: Path, name: str, data: bytes, mode: int = 0o600) -> Path:
    path = folder / "dkim" / DOMAIN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def states(folder: Path) -> dict[str, str]:
    return {one.path.name: one.state for one in read_key_files(folder, DOMAIN)}


def test_without_keys_nobody_signs(keys: Path) -> None:
    assert read_signer(keys, DOMAIN) is None
    assert not keys.exists()


def test_keys_are_made_for_their_account_alone(keys: Path) -> None:
    made = make_keys(keys, DOMAIN, NOW)

    assert [(one.path.name, one.key.algorithm, one.state) for one in made] == [
        ("r202611.pem", "rsa-sha256", "used"),
        ("e202611.pem", "ed25519-sha256", "used"),
    ]
    folder = keys / "dkim" / DOMAIN
    assert all(stat.S_IMODE(place.stat().st_mode) == 0o700 for place in (keys, keys / "dkim", folder))
    assert all(stat.S_IMODE(one.path.stat().st_mode) == 0o600 for one in made)
    assert sorted(path.name for path in folder.iterdir()) == ["e202611.pem", "r202611.pem"]
    assert made[0].path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert isinstance(made[0].key.private, rsa.RSAPrivateKey) and made[0].key.private.key_size == 2048


def test_what_is_there_is_neither_replaced_nor_made_again(keys: Path) -> None:
    make_keys(keys, DOMAIN, NOW)
    before = {path: path.read_bytes() for path in keys.rglob("*.pem")}

    assert make_keys(keys, DOMAIN, LATER) == []
    assert {path: path.read_bytes() for path in keys.rglob("*.pem")} == before


def test_only_what_is_missing_is_made(keys: Path) -> None:
    put(keys, "mail.pem", rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(PEM, PKCS8, CLEAR))

    assert [one.path.name for one in make_keys(keys, DOMAIN, NOW)] == ["e202611.pem"]
    signer = read_signer(keys, DOMAIN)
    assert signer is not None and signer.selectors == ("mail", "e202611")


def test_two_that_make_keys_at_once_end_with_readable_ones(keys: Path) -> None:
    threads = [threading.Thread(target=make_keys, args=(keys, DOMAIN, NOW)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    signer = read_signer(keys, DOMAIN)
    assert signer is not None and [selector[0] for selector in signer.selectors] == ["r", "e"]


def test_new_keys_sign_only_when_somebody_says_so(keys: Path) -> None:
    make_keys(keys, DOMAIN, NOW)
    made = make_keys(keys, DOMAIN, LATER, anew=True)

    assert [one.path.name for one in made] == ["r202702.next.pem", "e202702.next.pem"]
    assert make_keys(keys, DOMAIN, LATER, anew=True) == []  # one pair that waits is enough
    signer = read_signer(keys, DOMAIN)
    assert signer is not None and signer.selectors == ("r202611", "e202611")

    used = activate_keys(keys, DOMAIN)

    assert [one.path.name for one in used] == ["r202702.pem", "e202702.pem"]
    signer = read_signer(keys, DOMAIN)
    assert signer is not None and signer.selectors == ("r202702", "e202702")
    assert states(keys) == {"r202611.pem": "old", "r202702.pem": "used", "e202611.pem": "old", "e202702.pem": "used"}
    assert activate_keys(keys, DOMAIN) == []


def test_a_pair_that_is_new_on_an_empty_place_signs_at_once(keys: Path) -> None:
    assert [one.state for one in make_keys(keys, DOMAIN, NOW, anew=True)] == ["used", "used"]


def test_names_of_one_month_sort_as_they_were_made(keys: Path) -> None:
    names = []
    for _ in range(3):
        make_keys(keys, DOMAIN, NOW, anew=True)
        activate_keys(keys, DOMAIN)
        signer = read_signer(keys, DOMAIN)
        assert signer is not None
        names.append(signer.selectors[1])

    assert names == ["e202611", "e202611b", "e202611c"] == sorted(names)
    assert max([*names, "e202612"]) == "e202612"


def test_domains_are_kept_apart(keys: Path) -> None:
    make_keys(keys, DOMAIN, NOW)

    assert read_signer(keys, "example.org") is None


def test_the_record_holds_the_public_key(keys: Path) -> None:
    """RFC 6376 section 3.6.1 for RSA, RFC 8463 section 4 for Ed25519; strings of 255 octets (RFC 1035)."""
    first, second = make_keys(keys, DOMAIN, NOW)

    value = build_record(first.key)
    octets = base64.b64decode(value.removeprefix("v=DKIM1; k=rsa; p="), validate=True)
    assert serialization.load_der_public_key(octets) == first.key.private.public_key()
    assert len(split_record(value)) == 2
    assert all(len(part) <= 255 for part in split_record(value)) and "".join(split_record(value)) == value
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", build_record(second.key))
    assert "PRIVATE" not in repr(first)


def _pem(key: object, form: serialization.PrivateFormat = PKCS8, password: bytes | None = None) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else CLEAR
    return key.private_bytes(PEM, form, hidden)  # type: ignore[attr-defined, no-any-return]


BAD = {
    "empty": (b"", "no private key in PEM"),
    "text": (b"hello", "no private key in PEM"),
    "public": (
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        "no private key in PEM",
    ),
    "locked": (_pem(ed25519.Ed25519PrivateKey.generate(), password=b"secret"), "without a password"),
    "short": (_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "RSA key of 1024 bits"),
    "elliptic": (_pem(ec.generate_private_key(ec.SECP256R1())), "neither an RSA nor an Ed25519"),
    "huge": (b"#" * 70_000, "too large"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_key_is_refused_by_its_name(kind: str, keys: Path) -> None:
    data, cause = BAD[kind]
    path = put(keys, "x202611.pem", data)

    for act in (read_signer, read_key_files, activate_keys):
        with pytest.raises(DigestError, match=cause) as refused:
            act(keys, DOMAIN)
        assert refused.value.subject == str(path)
        assert refused.value.remedy
        assert b"PRIVATE" not in str(refused.value).encode()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(mode: int, keys: Path) -> None:
    path = put(keys, "r1.pem", _pem(ed25519.Ed25519PrivateKey.generate()), mode)

    with pytest.raises(DigestError, match="others on this machine may read") as refused:
        read_signer(keys, DOMAIN)
    assert refused.value.remedy == f"Run: chmod 600 {path}"


@pytest.mark.parametrize("name", ["R1.pem", "a_b.pem", "-a.pem", "a.b.pem", "ключ.pem", "a b.pem"])
def test_a_name_that_is_no_selector_is_refused(name: str, keys: Path) -> None:
    put(keys, name, _pem(ed25519.Ed25519PrivateKey.generate()))

    with pytest.raises(DigestError, match="no selector"):
        read_signer(keys, DOMAIN)


def test_files_that_are_no_keys_by_their_names_are_left_alone(keys: Path) -> None:
    put(keys, "README", b"hello", 0o644)
    put(keys, ".new-keys-x.pem", b"half", 0o644)

    assert read_signer(keys, DOMAIN) is None


def test_a_key_of_another_form_of_pem_is_read(keys: Path) -> None:
    """As `opendkim-genkey` writes it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    put(keys, "mail.pem", _pem(key, serialization.PrivateFormat.TraditionalOpenSSL))

    signer = read_signer(keys, DOMAIN)
    assert signer is not None and signer.selectors == ("mail",)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")

    with pytest.raises(DigestError, match="no keys can be made there"):
        make_keys(tmp_path / "keys", DOMAIN, NOW)


def test_a_pipe_in_the_place_of_a_key_makes_nobody_wait(keys: Path) -> None:
    path = put(keys, "r1.pem", b"")
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(DigestError, match="not a file"):
        read_signer(keys, DOMAIN)


def test_a_folder_in_the_place_of_a_key_is_named(keys: Path) -> None:
    path = put(keys, "r1.pem", b"")
    path.unlink()
    path.mkdir()

    with pytest.raises(DigestError, match="not a file"):
        read_signer(keys, DOMAIN)
