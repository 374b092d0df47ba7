"""What is behind the links of letters: which subscription or request a token names, if it is still good for anything.

Every refusal is the same one, whatever the reason. Looking never writes: a site that holds nobody's address makes no keys
for a link that somebody has made up. Links are judged by the workplace's `now`, which for readers is the machine's clock.
"""

from __future__ import annotations

from datetime import datetime

from digest.desk.workplace import Workplace
from digest.store.letters import is_suppressed
from digest.store.readers import StoredReader, has_readers, read_person, read_reader
from digest.store.requests import StoredRequest, read_request
from digest.store.sqlite import AnyConnection
from digest.subscribers.requests import RequestKind, RequestState
from digest.subscribers.tokens import LIFETIMES, Purpose, TokenFacts, broken_link, build_expiring, read_token

__all__ = ["build_undo", "find_asker", "find_leaver", "find_manager", "find_returner", "read_link", "stands_together"]


def read_link(place: Workplace, connection: AnyConnection, token: str, purpose: Purpose) -> TokenFacts:
    """What a token says.

    Raises:
        SubscriberError: it does not work; or the keys are missing.
    """
    if not has_readers(connection):
        raise broken_link()
    place.open_keys(connection)
    return read_token(place.keys, token, purpose, place.now)


def find_asker(place: Workplace, connection: AnyConnection, token: str, purpose: Purpose) -> StoredRequest:
    """The request that a token to confirm (CONFIRM) or to move (MOVE) names: asked by letter, or done.

    Raises:
        SubscriberError: the link does not work, or the address is never to be mailed.
    """
    facts = read_link(place, connection, token, purpose)
    request = read_request(connection, facts.subscription)
    if request is None or request.state not in (RequestState.ASKED, RequestState.DONE) or facts.epoch != request.mark():
        raise broken_link()
    if purpose is Purpose.MOVE and request.kind is not RequestKind.ADDRESS:
        raise broken_link()
    if is_suppressed(connection, request.address_hash):
        raise broken_link()
    return request


def find_leaver(place: Workplace, connection: AnyConnection, token: str) -> StoredReader | None:
    """The subscription that a letter's way out names, None when it is erased.

    Raises:
        SubscriberError: the link does not work.
    """
    return read_reader(connection, read_link(place, connection, token, Purpose.UNSUBSCRIBE).subscription)


def find_manager(place: Workplace, connection: AnyConnection, token: str) -> StoredReader:
    """The subscription whose reader holds the link to their choices; they may have left meanwhile, and not come back.

    Raises:
        SubscriberError: the link does not work.
    """
    facts = read_link(place, connection, token, Purpose.MANAGE)
    reader = read_reader(connection, facts.subscription)
    if reader is None or not reader.sealed or reader.subscription.epoch != facts.epoch:
        raise broken_link()
    return reader


def find_returner(place: Workplace, connection: AnyConnection, token: str) -> StoredReader:
    """The subscription that its reader left, and may come back to; or did already.

    The link is good for that one leaving: it ends when the address is to be forgotten, and so tells which one it was.

    Raises:
        SubscriberError: the link does not work, its list is gone, or the address is never to be mailed.
    """
    facts = read_link(place, connection, token, Purpose.UNDO)
    reader = read_reader(connection, facts.subscription)
    if reader is None or not reader.sealed or reader.subscription.epoch != facts.epoch:
        raise broken_link()
    left_at = reader.subscription.left_at
    if left_at is not None and facts.expires_at != left_at + LIFETIMES[Purpose.UNDO]:
        raise broken_link()
    if reader.subscription.list_id not in place.site.settings.lists or is_suppressed(connection, reader.address_hash):
        raise broken_link()
    return reader


def build_undo(place: Workplace, reader: StoredReader, left_at: datetime) -> str:
    """The token by which somebody comes back who left then."""
    return build_expiring(place.keys, Purpose.UNDO, reader.number, reader.subscription.epoch, left_at)


def stands_together(connection: AnyConnection, reader: StoredReader) -> list[StoredReader]:
    """All subscriptions of the same person."""
    return read_person(connection, reader.address_hash)
