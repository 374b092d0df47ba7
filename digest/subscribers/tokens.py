"""The links that work without a login: each can do one thing, for one subscription or one request.

A token is URL-safe base64 (RFC 4648 section 5) of fixed length without padding, so it stands in a path as it is. Its octets:

    unsubscribe        key number 1, subscription 8, MAC 18                           27 octets, 36 characters
    all others         key number 1, subscription 8, epoch 4, expiry 5, MAC 18        36 octets, 48 characters

A token to confirm or to move names a request where the others name a subscription, for nobody subscribes before the answer.

When the key was changed, tokens of the former ones are worth nothing but for unsubscribing, which they serve for ever.

Numbers are big-endian; the expiry is in seconds since 1970. The MAC is HMAC-SHA256 cut to 144 bits over the purpose, a zero
octet and all that stands before it, so a token made for one purpose is worth nothing for another.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from digest.errors import SubscriberError
from digest.subscribers.keys import Keys

__all__ = [
    "LIFETIMES", "UNSUBSCRIBE_LENGTH", "Purpose", "TokenFacts", "broken_link", "build_expiring", "build_unsubscribe",
    "read_token",
]  # fmt: skip

_MAC_OCTETS = 18
_SHAPE = re.compile(r"[A-Za-z0-9_-]{36}(?:[A-Za-z0-9_-]{12})?")
_UNSUBSCRIBE_OCTETS = 1 + 8 + _MAC_OCTETS
_EXPIRING_OCTETS = 1 + 8 + 4 + 5 + _MAC_OCTETS

UNSUBSCRIBE_LENGTH = 36
"""The length in characters of every unsubscribe token."""


class Purpose(StrEnum):
    """The one thing a token can do."""

    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    """To say yes to a request from the address that it names: `subscription` is the request's number."""
    MANAGE = "manage"
    """To see and change one's choices."""
    MOVE = "move"
    """To say yes, from the address held so far, to another one: `subscription` is the request's number."""
    UNDO = "undo"
    """To come back after leaving."""


LIFETIMES = {
    Purpose.CONFIRM: timedelta(hours=72),
    Purpose.MANAGE: timedelta(hours=1),
    Purpose.MOVE: timedelta(hours=72),
    Purpose.UNDO: timedelta(days=30),
}
"""How long a token works that does not work for ever."""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a genuine token says. Whether its epoch is still the subscription's is for the caller to compare."""

    purpose: Purpose
    subscription: int
    epoch: int | None = None
    expires_at: datetime | None = None


def build_unsubscribe(keys: Keys, subscription: int) -> str:
    """The token of a letter's way out: for any epoch, for ever, and for nothing but unsubscribing."""
    number = keys.tokens_number
    body = number.to_bytes(1, "big") + subscription.to_bytes(8, "big")
    return urlsafe_b64encode(body + _mac(keys.tokens[number], Purpose.UNSUBSCRIBE, body)).decode()


def build_expiring(keys: Keys, purpose: Purpose, subscription: int, epoch: int, now: datetime) -> str:
    """A token of any other purpose: for this epoch of the subscription or request, for the purpose's lifetime from now."""
    number = keys.tokens_number
    expires = int((now + LIFETIMES[purpose]).timestamp())
    body = b"".join(
        (number.to_bytes(1, "big"), subscription.to_bytes(8, "big"), epoch.to_bytes(4, "big"), expires.to_bytes(5, "big"))
    )
    return urlsafe_b64encode(body + _mac(keys.tokens[number], purpose, body)).decode()


def read_token(keys: Keys, token: str, purpose: Purpose, now: datetime) -> TokenFacts:
    """What a token says, if it is genuine, made for that purpose, and not expired.

    Raises:
        SubscriberError: it is not; the message does not say which.
    """
    octets = urlsafe_b64decode(token) if _SHAPE.fullmatch(token) else b""
    wanted = _UNSUBSCRIBE_OCTETS if purpose is Purpose.UNSUBSCRIBE else _EXPIRING_OCTETS
    if len(octets) != wanted:
        raise broken_link()
    body, mac = octets[:-_MAC_OCTETS], octets[-_MAC_OCTETS:]
    key = keys.tokens.get(body[0])
    if purpose is not Purpose.UNSUBSCRIBE and body[0] != keys.tokens_number:
        key = None  # whoever got hold of a key that was changed can make nobody do more than leave
    if key is None or not hmac.compare_digest(mac, _mac(key, purpose, body)):
        raise broken_link()
    subscription = int.from_bytes(body[1:9], "big")
    if purpose is Purpose.UNSUBSCRIBE:
        return TokenFacts(purpose, subscription)
    expires_at = datetime.fromtimestamp(int.from_bytes(body[13:18], "big"), UTC)
    if now >= expires_at:
        raise broken_link()
    return TokenFacts(purpose, subscription, int.from_bytes(body[9:13], "big"), expires_at)


def _mac(key: bytes, purpose: Purpose, body: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + body, "sha256")[:_MAC_OCTETS]


def broken_link() -> SubscriberError:
    """The one refusal of a link that does not work, for whatever reason; its subject is `link`."""
    return SubscriberError(
        "link", "it does not work, or no longer", "Copy it whole from the newest letter, or ask for a new one."
    )
