"""Addresses at rest: sealed to be mailed, hashed to be found.

Who holds the database without the keys learns neither an address nor a domain, nor, because sealed addresses are padded,
how long an address is.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from digest.errors import SubscriberError
from digest.subscribers.addresses import lookup_form
from digest.subscribers.keys import Keys

__all__ = ["Sealer"]

_VERSION = 1
_NONCE_OCTETS = 12
_HEAD_OCTETS = 2
_BODY_START = _HEAD_OCTETS + _NONCE_OCTETS
_BLOCK_OCTETS = 64
_ADDRESS, _LINK, _SECRET = b"address", b"link", b"secret"
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = tuple(range(120, -1, -10))


class Sealer:
    """Seals, unseals and hashes under one set of keys; made once, used by any number of threads.

    Args:
        keys: the site's.
        reread: gives the site's keys anew; asked when something was sealed with a key that came since.

    What is sealed is: a version octet (1), the number of the sealing key, a random nonce of 96 bits, and the address or link
    in UTF-8, padded with zero octets to a multiple of 64, under AES-256-GCM (NIST SP 800-38D).
    """

    def __init__(self, keys: Keys, reread: Callable[[], Keys] | None = None) -> None:
        self._reread = reread
        self._ciphers = {number: AESGCM(key) for number, key in keys.sealing.items()}
        self._head = bytes((_VERSION, keys.sealing_number))
        self._cipher = self._ciphers[keys.sealing_number]
        self._index = _derive(keys.index, b"address index")
        self._domain = _derive(keys.index, b"domain")
        self._delivery = _derive(keys.index, b"delivery")

    def seal(self, address: str) -> bytes:
        """The address sealed with the newest key; each time other octets."""
        return self._seal(address, _ADDRESS)

    def seal_link(self, link: str) -> bytes:
        """A link of a letter, sealed in the same form; neither can be unsealed as the other."""
        return self._seal(link, _LINK)

    def seal_secret(self, key: bytes) -> bytes:
        """The key of a second factor, sealed in the same form, and as nothing else to be unsealed."""
        return self._seal(key.hex(), _SECRET)

    def _seal(self, text: str, purpose: bytes) -> bytes:
        plain = text.encode()
        padded = plain.ljust(-(-len(plain) // _BLOCK_OCTETS) * _BLOCK_OCTETS, b"\0")
        nonce = os.urandom(_NONCE_OCTETS)
        return self._head + nonce + self._cipher.encrypt(nonce, padded, purpose)

    def unseal(self, sealed: bytes) -> str:
        """The address that was sealed.

        Raises:
            SubscriberError: its key is not there, or the octets were changed or sealed under other keys.
        """
        return self._unseal(sealed, _ADDRESS)

    def unseal_link(self, sealed: bytes) -> str:
        """The link that was sealed.

        Raises:
            SubscriberError: its key is not there, or the octets were changed or sealed under other keys.
        """
        return self._unseal(sealed, _LINK)

    def unseal_secret(self, sealed: bytes) -> bytes:
        """The key that was sealed.

        Raises:
            SubscriberError: its key is not there, or the octets were changed or sealed under other keys.
        """
        return bytes.fromhex(self._unseal(sealed, _SECRET))

    def _unseal(self, sealed: bytes, purpose: bytes) -> str:
        try:
            if sealed[0] != _VERSION:
                raise _unreadable("it has a form that this version of digest does not know")
            cipher = self._find_cipher(sealed[1])
            return cipher.decrypt(sealed[_HEAD_OCTETS:_BODY_START], sealed[_BODY_START:], purpose).rstrip(b"\0").decode()
        except KeyError:
            raise _unreadable(f"the sealing key {sealed[1]} is not among the keys") from None
        except (InvalidTag, IndexError, ValueError):
            raise _unreadable("it was damaged, or sealed with the keys of another site") from None

    def _find_cipher(self, number: int) -> AESGCM:
        """The cipher of a key by its number; a KeyError when there is no such key."""
        if number not in self._ciphers and self._reread is not None:
            self._ciphers |= {one: AESGCM(key) for one, key in self._reread().sealing.items()}
        return self._ciphers[number]

    def index(self, address: str) -> bytes:
        """The 32 octets under which an address is found: equal for all spellings with one lookup form."""
        return hmac.digest(self._index, lookup_form(address).encode(), "sha256")

    def domain_key(self, domain: str) -> bytes:
        """The 16 octets that stand for a receiving domain, so that pace and back-off need no domain on file."""
        return hmac.digest(self._domain, domain.lower().encode(), "sha256")[:16]

    def delivery_id(self, delivery: int) -> str:
        """What stands before the @-sign of a letter's Message-ID: 26 characters of base32 in lower case.

        The same for each attempt, different for each delivery, and without the keys it says nothing about either.
        """
        digest = hmac.digest(self._delivery, delivery.to_bytes(8, "big"), "sha256")
        bits = int.from_bytes(digest[:16], "big") << 2
        # RFC 4648 section 6, two digits at a time: the library takes them one by one, which shows at a million letters
        return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])


def _derive(key: bytes, label: bytes) -> bytes:
    return hmac.digest(key, b"digest " + label, "sha256")


def _unreadable(cause: str) -> SubscriberError:
    return SubscriberError("sealed address", cause, "Restore the keys that belong to this database.")
