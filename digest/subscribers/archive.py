"""The form of a backup: octets under AES-256-GCM (NIST SP 800-38D) in chunks whose order and end are part of the seal.

    magic 8, key's mark 8, salt 32                     the head, 48 octets
    chunk, chunk, ..., last chunk                      1 MiB of plain octets each, the last one less, each with its tag (16)

Each backup has a key of its own, HKDF-SHA256 (RFC 5869) of the site's backup key with the salt. The nonce of a chunk is its
number, 11 octets, and an octet that is 1 for the last one: so a chunk that was moved, left out or put in is found, and a cut
end too (the construction STREAM of Hoang, Reyhanitabar, Rogaway and Vizár). The head is authenticated with each chunk.
The mark tells which key a backup was made with, and nothing about the key. Nothing here touches a file.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from digest.errors import StoreError

__all__ = [
    "BACKUP_KEY_FILE",
    "CHUNK_OCTETS",
    "Opening",
    "Sealing",
    "build_backup_key",
    "mark_key",
    "parse_backup_key",
    "render_backup_key",
]

BACKUP_KEY_FILE = "backup.key"
"""The name of the file, in the folder of keys, that holds the key of backups."""

CHUNK_OCTETS = 1 << 20
"""How many plain octets each chunk holds but the last one."""

_MAGIC = b"digestB1"
_MARK_OCTETS, _SALT_OCTETS, _TAG_OCTETS, _KEY_OCTETS = 8, 32, 16, 32
_HEAD_OCTETS = len(_MAGIC) + _MARK_OCTETS + _SALT_OCTETS
_KEY = re.compile(r"^(?!#)(\S+)$", re.MULTILINE)
_KEY_HEADER = """\
# The key of this site's backups. Without it no backup can be opened, by nobody.
# Keep a copy, together with digest.keys, in a safe place where no backups are: on paper or a stick, say.
"""


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...  # a binary file


def build_backup_key() -> bytes:
    """A fresh key."""
    return secrets.token_bytes(_KEY_OCTETS)


def render_backup_key(key: bytes) -> str:
    """The text of a backup key's file: comments, and one line of base64."""
    return f"{_KEY_HEADER}{base64.b64encode(key).decode()}\n"


def parse_backup_key(text: str, name: str) -> bytes:
    """The key in the text of such a file; `name` is how errors call it.

    Raises:
        StoreError: there is no key in it, or more than one.
    """
    found = _KEY.findall(text)
    try:
        key = base64.b64decode(found[0], validate=True) if len(found) == 1 else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_OCTETS:
        raise StoreError(name, "it holds no key of backups", f"Name the {BACKUP_KEY_FILE} that the first backup made.")
    return key


def mark_key(key: bytes) -> bytes:
    """Eight octets that tell one key from another and nothing about it."""
    return hmac.digest(key, b"digest backup key", "sha256")[:_MARK_OCTETS]


def _derive(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=_KEY_OCTETS, salt=salt, info=b"digest backup").derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))


class Sealing:
    """Seals octets as they come, and hands on what is sealed. `finish` writes the end; what has none cannot be opened.

    Args:
        key: the site's backup key.
        write: is given the sealed octets in order.
    """

    def __init__(self, key: bytes, write: Callable[[bytes], object]) -> None:
        salt = os.urandom(_SALT_OCTETS)
        self._head = _MAGIC + mark_key(key) + salt
        self._cipher = _derive(key, salt)
        self._write = write
        self._waiting = bytearray()
        self._number = 0
        write(self._head)

    def write(self, data: bytes) -> int:
        """Take octets; how many were taken, as files say it."""
        self._waiting += data
        while len(self._waiting) > CHUNK_OCTETS:  # one full chunk waits: it may be the last
            self._seal(bytes(self._waiting[:CHUNK_OCTETS]), last=False)
            del self._waiting[:CHUNK_OCTETS]
        return len(data)

    def finish(self) -> None:
        """Seal what is left as the last chunk."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self._write(self._cipher.encrypt(_nonce(self._number, last=last), plain, self._head))
        self._number += 1


class Opening:
    """Opens a backup as it is read; no octet comes out before its chunk was found genuine.

    Args:
        key: the backup key.
        source: the sealed octets, a binary file at its beginning.
        name: how errors call it.

    Raises:
        StoreError: it is no backup, or one of another key; later, from `read`: it was changed, or its end is missing.
    """

    def __init__(self, key: bytes, source: _Source, name: str) -> None:
        self._source, self._name = source, name
        self._head = source.read(_HEAD_OCTETS)
        if len(self._head) != _HEAD_OCTETS or not self._head.startswith(_MAGIC):
            raise StoreError(name, "it is no backup of digest", "Name a file that `digest backup` has written.")
        if not hmac.compare_digest(self._head[len(_MAGIC) :][:_MARK_OCTETS], mark_key(key)):
            raise StoreError(
                name,
                "it was made with another backup key",
                f"Name the {BACKUP_KEY_FILE} of the site that was backed up: --key FILE",
            )
        self._cipher = _derive(key, self._head[-_SALT_OCTETS:])
        self._next = source.read(CHUNK_OCTETS + _TAG_OCTETS)
        self._number = 0
        self._plain = memoryview(b"")
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Up to so many octets, all that is left for -1, none at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK_OCTETS), b""))
        while not self._plain and not self._ended:
            self._plain = memoryview(self._open())
        out, self._plain = self._plain[:size], self._plain[size:]
        return bytes(out)

    def chunks(self) -> Iterator[bytes]:
        """All that is left, chunk by chunk."""
        return iter(lambda: self.read(CHUNK_OCTETS), b"")

    def _open(self) -> bytes:
        sealed, self._next = self._next, self._source.read(CHUNK_OCTETS + _TAG_OCTETS)
        self._ended = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=self._ended), sealed, self._head)
        except (InvalidTag, ValueError):
            raise StoreError(
                self._name,
                "it was damaged or changed, or its end is missing",
                "Take another copy of it, or an older backup.",
            ) from None
        self._number += 1
        return plain
