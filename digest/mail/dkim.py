"""Signatures over whole letters (DKIM, RFC 6376): RSA with SHA-256, and Ed25519 with SHA-256 (RFC 8463).

A signature covers every header that a letter of ours can have, and names those that nobody may add once more than they
stand there: a second From or Subject put on the way breaks it (RFC 6376 section 8.15). Equal letters get equal signatures,
on every try: neither kind draws a random number (RFC 8017 section 8.2, RFC 8032), and the moment is the letter's own Date.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256

from digest.errors import DeliveryError
from digest.mail.canonical import read_fields, relax_body, relax_head

__all__ = ["SIGNED", "Algorithm", "PrivateKey", "Signer", "SigningKey"]

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]
PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_EVERY = (
    "From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "List-Help", "List-Archive", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress",
    "Feedback-ID", "Content-Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
_ONCE_MORE = (
    "From", "Reply-To", "To", "Subject", "Date", "Content-Type", "Content-Transfer-Encoding", "List-Unsubscribe",
    "List-Unsubscribe-Post",
)  # fmt: skip

SIGNED = (*_EVERY, *_ONCE_MORE)
"""What h= names. A header is named as often as it can stand in a letter, those of the second row once more."""

_NAMES = tuple(name.lower().encode() for name in SIGNED)
_LINE = 76
_ORDER: tuple[Algorithm, ...] = ("rsa-sha256", "ed25519-sha256")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and where its public half stands in the DNS: SELECTOR._domainkey.DOMAIN."""

    selector: str
    domain: str
    private: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> Algorithm:
        """The value of a=."""
        return "rsa-sha256" if isinstance(self.private, rsa.RSAPrivateKey) else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """The signature over a SHA-256; while it is made, other threads can work."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(digest, padding.PKCS1v15(), utils.Prehashed(SHA256()))
        return self.private.sign(digest)  # RFC 8463 section 3: over the hash, not over what was hashed


class Signer:
    """Signs letters with all of its keys; RSA comes first, for many receivers know nothing else.

    Used by any number of threads at a time.
    """

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self.keys = tuple(sorted(keys, key=lambda key: _ORDER.index(key.algorithm)))
        self._opening = lru_cache(maxsize=64)(self._build_opening)

    @property
    def selectors(self) -> tuple[str, ...]:
        """Of the keys, in the order of the signatures."""
        return tuple(key.selector for key in self.keys)

    def sign(self, message: bytes, *, relaxed: bool = False) -> bytes:
        """The letter with its signatures in front.

        Args:
            message: whole, its lines ending in CRLF, an empty line behind the headers.
            relaxed: the caller knows that the body is its own relaxed form; see `digest.mail.canonical`.

        Raises:
            DeliveryError: it has no Date, or one that is no date.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        fields = read_fields(head)
        common = hashlib.sha256(relax_head(fields, _NAMES))
        body_hash = b64encode(hashlib.sha256(body if relaxed else relax_body(body)).digest())
        date = fields.get(b"date", [b""])[-1]
        signatures = []
        for number, key in enumerate(self.keys):
            opening = self._opening(number, date) + body_hash + b";\r\n b="
            hashed = common.copy()
            hashed.update(b"dkim-signature:" + opening.replace(b"\r\n", b""))
            signatures.append(b"DKIM-Signature: %s%s\r\n" % (opening, _fold(b64encode(key.sign(hashed.digest())))))
        return b"".join((*signatures, message))

    def _build_opening(self, number: int, date: bytes) -> bytes:
        """A signature's tags up to the body's hash, folded at single blanks: unfolded it is its own canonical form."""
        key = self.keys[number]
        tags = f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain};\r\n s={key.selector}; t={_seconds(date)};\r\n"
        return tags.encode("ascii") + b" " + _fold_names() + b";\r\n bh="


def _seconds(date: bytes) -> int:
    try:
        return int(parsedate_to_datetime(date.decode("ascii")).timestamp())
    except ValueError:
        raise DeliveryError("signing", "the letter has no date", "Prepare the edition again.") from None


def _fold_names() -> bytes:
    lines = ["h="]
    for number, name in enumerate(SIGNED):
        piece = name if number == len(SIGNED) - 1 else f"{name}:"
        if len(lines[-1]) + len(piece) > _LINE:
            lines.append("")
        lines[-1] += piece
    return "\r\n ".join(lines).encode()


def _fold(signature: bytes) -> bytes:
    return b"\r\n ".join(signature[start : start + _LINE - 4] for start in range(0, len(signature), _LINE - 4))
