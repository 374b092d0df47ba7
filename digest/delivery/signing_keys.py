"""The keys that sign letters (DKIM), as files: keys/dkim/DOMAIN/SELECTOR.pem.

Of each kind, RSA and Ed25519, the newest by name signs. A key made to take its place waits as SELECTOR.next.pem until
somebody who has seen its record in the DNS puts it to use. Nothing here removes or replaces a key.
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from digest.errors import DeliveryError
from digest.mail.dkim import Algorithm, PrivateKey, Signer, SigningKey
from digest.subscribers.secret_files import make_folder, read_secret, write_once

__all__ = ["KeyFile", "activate_keys", "build_record", "make_keys", "read_key_files", "read_signer", "split_record"]

State = Literal["used", "waiting", "old"]

ALGORITHMS: tuple[Algorithm, ...] = ("rsa-sha256", "ed25519-sha256")
RSA_BITS = 2048
_LETTERS = {"rsa-sha256": "r", "ed25519-sha256": "e"}
_SUFFIX, _WAITING = ".pem", ".next.pem"
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_STRING = 255


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key, the file it lies in, and its state: `used`, `waiting` to be put to use, or `old`: a newer one signs."""

    path: Path
    key: SigningKey
    state: State


def read_signer(folder: Path, domain: str) -> Signer | None:
    """Who signs for a domain; None when there are no keys in use.

    Args:
        folder: the site's folder of keys.

    Raises:
        DeliveryError: a file there is no key that can be used.
        SubscriberError: a file cannot be read, or others may read it.
    """
    used = [one.key for one in read_key_files(folder, domain) if one.state == "used"]
    return Signer(used) if used else None


def read_key_files(folder: Path, domain: str) -> list[KeyFile]:
    """All keys of a domain, RSA before Ed25519, the newest of each kind last.

    Raises:
        DeliveryError: a file there is no key that can be used.
        SubscriberError: a file cannot be read, or others may read it.
    """
    place = folder / "dkim" / domain
    paths = sorted(place.glob("[!.]*.pem"), key=lambda path: path.name.partition(".")[0])
    found = [(path, _read_key(path, domain)) for path in paths]
    newest = {key.algorithm: path for path, key in found if not path.name.endswith(_WAITING)}

    def state(path: Path, key: SigningKey) -> State:
        if path.name.endswith(_WAITING):
            return "waiting"
        return "used" if newest[key.algorithm] == path else "old"

    ordered = sorted(found, key=lambda pair: ALGORITHMS.index(pair[1].algorithm))
    return [KeyFile(path, key, state(path, key)) for path, key in ordered]


def make_keys(folder: Path, domain: str, now: datetime, *, anew: bool = False) -> list[KeyFile]:
    """Make what is missing of the two kinds, or one more pair that waits to take the place of the present one.

    Args:
        now: names the new keys: `r202611` and `e202611`, then `r202611b` and so on in the same month.
        anew: make a pair though there is one; one that waits already is enough.

    Returns:
        What was made.

    Raises:
        DeliveryError: a present file is no key that can be used.
        SubscriberError: a present file cannot be read, or none can be made.
    """
    present = read_key_files(folder, domain)
    state = "waiting" if anew and present else "used"
    kinds = {one.key.algorithm for one in present if one.state == state}
    made = [_make_key(folder, domain, kind, now, state == "waiting") for kind in ALGORITHMS if kind not in kinds]
    return [one for one in read_key_files(folder, domain) if one.path in made]


def activate_keys(folder: Path, domain: str) -> list[KeyFile]:
    """Put the keys that wait to use: the next letter is signed with them.

    Returns:
        What was put to use.

    Raises:
        DeliveryError: a file there is no key that can be used.
        SubscriberError: a file cannot be read, or the folder cannot be written.
    """
    waiting = [one.path for one in read_key_files(folder, domain) if one.state == "waiting"]
    used = []
    for path in waiting:
        data = read_secret(path)
        used.append(path.with_name(path.name.removesuffix(_WAITING) + _SUFFIX))
        if data is not None and write_once(used[-1], data):
            path.unlink()
    return [one for one in read_key_files(folder, domain) if one.path in used]


def build_record(key: SigningKey) -> str:
    """The value of the TXT record at SELECTOR._domainkey.DOMAIN (RFC 6376 section 3.6.1), in one piece."""
    public = key.private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        octets = public.public_bytes(serialization.Encoding.DER, form)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode()}"
    octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(octets).decode()}"


def split_record(value: str) -> list[str]:
    """A record's value as strings of at most 255 octets (RFC 1035 section 3.3.14), which receivers join again."""
    return [value[start : start + _STRING] for start in range(0, len(value), _STRING)]


def _make_key(folder: Path, domain: str, algorithm: Algorithm, now: datetime, waiting: bool) -> Path:
    for place in (folder, folder / "dkim", folder / "dkim" / domain):
        make_folder(place)
    private: PrivateKey
    if algorithm == "rsa-sha256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        private = ed25519.Ed25519PrivateKey.generate()
    data = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for selector in _selectors(_LETTERS[algorithm], now):
        names = (f"{selector}{_WAITING}", f"{selector}{_SUFFIX}")
        if any((place / name).exists() for name in names):
            continue
        path = place / names[0 if waiting else 1]
        if write_once(path, data):
            return path
    raise DeliveryError(str(place), "there are too many keys of this month", "Remove those that never signed a letter.")


def _selectors(letter: str, now: datetime) -> Iterator[str]:
    """In the order in which they sort: `r202611`, `r202611b`, ... `r202611z`."""
    for suffix in ("", *string.ascii_lowercase[1:]):
        yield f"{letter}{now:%Y%m}{suffix}"


def _read_key(path: Path, domain: str) -> SigningKey:
    selector = path.name.removesuffix(_SUFFIX).removesuffix(".next")
    if not _SELECTOR.fullmatch(selector):
        raise _unfit(path, "its name is no selector: small letters, digits and hyphens, then .pem")
    data = read_secret(path)
    try:
        private = serialization.load_pem_private_key(data or b"", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unfit(path, "it is no private key in PEM without a password") from None
    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < RSA_BITS:
            raise _unfit(path, f"an RSA key of {private.key_size} bits is refused by receivers, it needs {RSA_BITS}")
    elif not isinstance(private, ed25519.Ed25519PrivateKey):
        raise _unfit(path, "it is neither an RSA nor an Ed25519 key")
    return SigningKey(selector, domain, private)


def _unfit(path: Path, cause: str) -> DeliveryError:
    return DeliveryError(str(path), cause, "Move it out of this folder; `digest keys dkim` makes what is missing.")
