"""Requests in the database: one row each, with a sealed address, until they are decided, confirmed or too old. Plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from digest.store.releases import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver
from digest.subscribers.requests import (
    RequestKind,
    RequestState,
    Sides,
    Wish,
    build_mark,
    parse_sides,
    parse_wish,
    render_wish,
)

__all__ = [
    "NewRequest", "StoredRequest", "add_request", "ask", "count_requests", "drop_requests", "finish_request",
    "forget_moves", "forget_request", "forget_requests_of", "has_new_requests", "hold_request", "note_agreed",
    "read_request", "read_requests", "read_requests_of", "release_requests",
]  # fmt: skip

_COLUMNS = "id, kind, state, sealed, address_hash, network, wish, words, page, subscription_id, epoch, agreed, at"
_READ = f"SELECT {_COLUMNS} FROM request"  # noqa: S608 (our own words)
_ADD = """
    INSERT INTO request (kind, state, sealed, address_hash, network, wish, words, page, subscription_id, epoch, agreed, at)
    VALUES (?, 'new', ?, ?, ?, ?, ?, ?, ?, ?, '', ?)
"""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What somebody asks for.

    Attributes:
        sealed, address_hash: the address that was typed.
        network: a hash of where it came from, for limits; empty when no limit of that sort concerns it.
        words, page: what was shown, and where.
        subscription, epoch: of the reader who asks by a link of their own; None and 0 for anybody else.
    """

    kind: RequestKind
    sealed: bytes = field(repr=False)
    address_hash: bytes = field(repr=False)
    network: bytes = field(repr=False)
    wish: Wish
    words: str
    page: str
    subscription: int | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request as it is kept; `at` is when it came, and once a letter was made, when that was."""

    number: int
    kind: RequestKind
    state: RequestState
    sealed: bytes = field(repr=False)
    address_hash: bytes = field(repr=False)
    network: bytes = field(repr=False)
    wish_text: str
    words: str
    page: str
    subscription: int | None
    epoch: int
    agreed: str
    at: datetime

    @property
    def wish(self) -> Wish:
        """What is asked for."""
        return parse_wish(self.wish_text)

    @property
    def sides(self) -> Sides:
        """Who has agreed to another address."""
        return parse_sides(self.agreed)

    def mark(self, at: datetime | None = None) -> int:
        """What stands in its tokens in place of an epoch, when its letter was made then."""
        return build_mark(self.kind, self.address_hash, self.wish_text, to_seconds(at or self.at))


def add_request(connection: AnyConnection, new: NewRequest, now: datetime) -> None:
    """Keep a request: one row, whatever is asked for by whom."""
    reader = (new.subscription, new.epoch)
    typed = (new.kind, new.sealed, new.address_hash, new.network, render_wish(new.wish), new.words, new.page)
    driver(connection).execute(_ADD, (*typed, *reader, to_seconds(now)))


def has_new_requests(connection: AnyConnection) -> bool:
    """Whether any request waits to be decided."""
    return driver(connection).execute("SELECT 1 FROM request WHERE state = 'new' LIMIT 1").fetchone() is not None


def read_requests(connection: AnyConnection, state: RequestState, most: int = -1) -> list[StoredRequest]:
    """The requests of that state, the oldest first; no more than `most` of them."""
    # the state stands in the text, so that the index on new requests serves
    query = f"{_READ} WHERE state = '{state}' ORDER BY id LIMIT ?"
    return [_build(row) for row in driver(connection).execute(query, (most,)).fetchall()]


def read_requests_of(connection: AnyConnection, address_hash: bytes) -> list[StoredRequest]:
    """All that an address has asked for, the oldest first."""
    rows = driver(connection).execute(f"{_READ} WHERE address_hash = ? ORDER BY id", (address_hash,))
    return [_build(row) for row in rows.fetchall()]


def read_request(connection: AnyConnection, number: int) -> StoredRequest | None:
    """The request of that number; None when there is none, or no longer."""
    row = driver(connection).execute(f"{_READ} WHERE id = ?", (number,)).fetchone()
    return None if row is None else _build(row)


def count_requests(connection: AnyConnection, state: RequestState) -> int:
    """How many requests are in that state."""
    return int(driver(connection).execute("SELECT count(*) FROM request WHERE state = ?", (state,)).fetchone()[0])


def ask(connection: AnyConnection, number: int, now: datetime) -> None:
    """Note that a letter asks to confirm a request, made now; where the request came from is forgotten."""
    query = "UPDATE request SET state = 'asked', network = ?, at = ? WHERE id = ?"
    driver(connection).execute(query, (b"", to_seconds(now), number))


def hold_request(connection: AnyConnection, number: int) -> None:
    """Let a request wait for staff; where it came from is forgotten."""
    driver(connection).execute("UPDATE request SET state = 'held', network = ? WHERE id = ?", (b"", number))


def release_requests(connection: AnyConnection) -> int:
    """Let the held requests be decided; how many they are."""
    return driver(connection).execute("UPDATE request SET state = 'new' WHERE state = 'held'").rowcount


def drop_requests(connection: AnyConnection, state: RequestState = RequestState.HELD) -> int:
    """Remove the requests that are held, or in another state; how many they were."""
    return driver(connection).execute("DELETE FROM request WHERE state = ?", (state,)).rowcount


def note_agreed(connection: AnyConnection, number: int, agreed: str) -> None:
    """Note which sides have agreed to another address."""
    driver(connection).execute("UPDATE request SET agreed = ? WHERE id = ?", (agreed, number))


def finish_request(connection: AnyConnection, number: int, *, subscription: int | None = None, epoch: int = 0) -> None:
    """Note that a request is done; the address is erased from it, and it stays to answer who asks a second time.

    Args:
        subscription: what came of it, with its epoch.
    """
    query = "UPDATE request SET state = 'done', sealed = ?, network = ?, subscription_id = ?, epoch = ? WHERE id = ?"
    driver(connection).execute(query, (b"", b"", subscription, epoch, number))


def forget_request(connection: AnyConnection, number: int) -> None:
    """Remove a request."""
    driver(connection).execute("DELETE FROM request WHERE id = ?", (number,))


def forget_moves(connection: AnyConnection, subscription: int) -> None:
    """Remove what a reader has asked for about another address, but for what is done."""
    query = "DELETE FROM request WHERE subscription_id = ? AND kind = 'address' AND state <> 'done'"
    driver(connection).execute(query, (subscription,))


def forget_requests_of(
    connection: AnyConnection, address_hash: bytes, *, lists: Sequence[str] = (), spare: int | None = None
) -> None:
    """Remove what an address has asked for; of requests to subscribe, when lists are named, only those for them.

    Args:
        lists: whose requests to subscribe go; empty for all that the address ever asked.
        spare: the number of a request that stays.
    """
    plain = driver(connection)
    if not lists:
        plain.execute("DELETE FROM request WHERE address_hash = ? AND id <> ?", (address_hash, spare or 0))
        return
    query = "SELECT id, wish FROM request WHERE address_hash = ? AND kind = 'subscribe' AND id <> ?"
    rows = plain.execute(query, (address_hash, spare or 0)).fetchall()
    numbers = [(number,) for number, wish in rows if parse_wish(wish).list_id in lists]
    plain.executemany("DELETE FROM request WHERE id = ?", numbers)


def _build(row: tuple[Any, ...]) -> StoredRequest:
    number, kind, state, sealed, hashed, network, wish, words, page, subscription, epoch, agreed, at = row
    return StoredRequest(
        number=number,
        kind=RequestKind(kind),
        state=RequestState(state),
        sealed=sealed,
        address_hash=hashed,
        network=network,
        wish_text=wish,
        words=words,
        page=page,
        subscription=subscription,
        epoch=epoch,
        agreed=agreed,
        at=from_seconds(at),
    )
