"""Subscriptions, consent and suppression in the database. Addresses come and go sealed; nothing here can read one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import BigInteger, Connection, LargeBinary, Text, bindparam, func, select, update

from digest.editions.facts import EVERYTHING
from digest.editions.interests import parse_row
from digest.store.releases import from_seconds, to_seconds
from digest.store.schema import consent, interest, subscription, suppression
from digest.store.sqlite import AnyConnection, driver
from digest.subscribers.requests import Wish
from digest.subscribers.subscriptions import Consent, Form, Subscription

__all__ = [
    "NewReader", "StoredReader", "add_consent", "add_reader", "add_readers", "audience_outside", "change_choices",
    "come_back", "count_readers", "find_readers", "has_readers", "leave", "move_reader", "pause_reader", "read_consents",
    "read_person", "read_reader", "read_readers", "read_sealed", "read_suppressed",
]  # fmt: skip

_MANY = 500  # well under SQLite's limit of variables in a statement
_ERASED = "erased"
"""The state of an empty row that only keeps the newest number from being given again."""

_READER = """
    SELECT s.id, s.sealed, s.address_hash, s.list_id, s.rhythm, s.language, i.floors, s.urgent, s.form, s.confirmed_at,
        s.confirmed_position, s.paused_until, s.left_at, s.epoch, s.had_id, s.created_at
    FROM subscription s JOIN interest i ON i.id = s.interest_id WHERE s.state <> 'erased' AND
"""
_CHOOSE = """
    UPDATE subscription SET rhythm = ?, language = ?, urgent = ?, form = ?, interest_id = ? WHERE id = ?
"""
_CONSENTS = "SELECT words, form, at, language, epoch FROM consent WHERE subscription_id = ? ORDER BY id"
_ADD_CONSENT = "INSERT INTO consent (subscription_id, epoch, form, words, language, at) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class NewReader:
    """A confirmed reader to be stored: the sealed address with its keyed hashes, and what they asked for."""

    sealed: bytes
    address_hash: bytes
    domain_key: bytes
    subscription: Subscription
    interest_id: int
    had_id: int
    consent: Consent
    number: int | None = None
    """The row to confirm, when the address has one that was never confirmed."""


@dataclass(frozen=True, slots=True)
class StoredReader:
    """A subscription with its number and sealed address.

    `floors` are of its interest as it is stored, `had_id` the row of what it was sent.
    """

    number: int
    sealed: bytes = field(repr=False)
    address_hash: bytes = field(repr=False)
    subscription: Subscription
    floors: Mapping[str, int] = field(default_factory=dict)
    had_id: int = 0
    created_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is confirmed and was not left."""
        return self.subscription.left_at is None and self.subscription.confirmed_at is not None


class _Row(NamedTuple):
    """What `_READER` reads; SQLAlchemy's rows have columns of the same names."""

    id: int
    sealed: bytes
    address_hash: bytes
    list_id: str
    rhythm: str
    language: str
    floors: str
    urgent: int
    form: Form
    confirmed_at: int | None
    confirmed_position: int | None
    paused_until: int | None
    left_at: int | None
    epoch: int
    had_id: int
    created_at: int


def find_readers(connection: Connection, list_id: str, hashes: Sequence[bytes]) -> dict[bytes, StoredReader]:
    """The subscriptions of a list that these addresses have, by the keyed hash of the address."""
    found: dict[bytes, StoredReader] = {}
    for start in range(0, len(hashes), _MANY):
        query = _readers(list_id).where(subscription.c.address_hash.in_(hashes[start : start + _MANY]))
        found |= {row.address_hash: _stored(cast("_Row", row)) for row in connection.execute(query)}
    return found


def read_suppressed(connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    """Which of these addresses must never be mailed."""
    found: set[bytes] = set()
    for start in range(0, len(hashes), _MANY):
        query = select(suppression.c.address_hash).where(suppression.c.address_hash.in_(hashes[start : start + _MANY]))
        found.update(connection.execute(query).scalars())
    return found


def add_readers(connection: Connection, readers: Sequence[NewReader], now: datetime) -> None:
    """Store confirmed readers with the record of their consent; two statements, however many they are."""
    new = [_row(reader, now) for reader in readers if reader.number is None]
    if new:
        connection.execute(subscription.insert(), new)
    for reader in readers:
        if reader.number is not None:
            connection.execute(update(subscription).where(subscription.c.id == reader.number).values(**_row(reader, now)))
    if readers:
        connection.execute(_CONSENT, [_consent_row(reader) for reader in readers])


def read_readers(connection: Connection, list_id: str) -> Iterator[StoredReader]:
    """All subscriptions of a list, in the order in which they came, those who left included."""
    for row in connection.execute(_readers(list_id).order_by(subscription.c.id)):
        yield _stored(cast("_Row", row))


def read_sealed(connection: Connection, list_id: str) -> Iterator[bytes]:
    """The sealed addresses of a list's active readers."""
    query = select(subscription.c.sealed).where(subscription.c.list_id == list_id, subscription.c.state == "active")
    yield from connection.execute(query).scalars()


def read_reader(connection: AnyConnection, number: int) -> StoredReader | None:
    """The subscription of that number, whether its reader left or not; None when it is erased or was never there."""
    row = driver(connection).execute(f"{_READER} s.id = ?", (number,)).fetchone()
    return None if row is None else _stored(_Row._make(row))


def read_person(connection: AnyConnection, address_hash: bytes) -> list[StoredReader]:
    """All subscriptions of an address, to any list, those that it left included; the oldest first."""
    rows = driver(connection).execute(f"{_READER} s.address_hash = ? ORDER BY s.id", (address_hash,))
    return [_stored(_Row._make(row)) for row in rows.fetchall()]


def read_consents(connection: AnyConnection, number: int) -> list[tuple[int, Consent]]:
    """How a subscription came to be: each consent with its epoch, the oldest first."""
    rows = driver(connection).execute(_CONSENTS, (number,)).fetchall()
    return [(epoch, Consent(words, form, from_seconds(at), language)) for words, form, at, language, epoch in rows]


def add_reader(connection: AnyConnection, reader: NewReader, now: datetime) -> int:
    """Store one confirmed reader with the record of their consent, in the row named if there is one; its number."""
    plain, row = driver(connection), _row(reader, now)
    if reader.number is None:
        columns = f"({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        made = plain.execute(f"INSERT INTO subscription {columns} RETURNING id", tuple(row.values()))
        number = int(made.fetchone()[0])
    else:
        number = reader.number
        columns = ", ".join(f"{name} = ?" for name in row)
        plain.execute(f"UPDATE subscription SET {columns} WHERE id = ?", (*row.values(), number))  # noqa: S608 (our words)
    add_consent(connection, number, reader.subscription.epoch, reader.consent)
    return number


def add_consent(connection: AnyConnection, number: int, epoch: int, given: Consent) -> None:
    """Add to the record of how a subscription came to be."""
    values = (number, epoch, given.form, given.words, given.language, to_seconds(given.given_at))
    driver(connection).execute(_ADD_CONSENT, values)


def change_choices(connection: AnyConnection, number: int, wish: Wish, interest_id: int) -> None:
    """Let a subscription get what is wished for; its topics and their floors stand in the interest."""
    values = (wish.rhythm, wish.language, int(wish.urgent), wish.form, interest_id, number)
    driver(connection).execute(_CHOOSE, values)


def pause_reader(connection: AnyConnection, number: int, until: datetime | None) -> None:
    """Let editions leave a subscription out until a moment; None ends that."""
    seconds = None if until is None else to_seconds(until)
    driver(connection).execute("UPDATE subscription SET paused_until = ? WHERE id = ?", (seconds, number))


def leave(connection: AnyConnection, number: int, now: datetime) -> None:
    """End a subscription; open deliveries of it are refused by the ledger's fence from here on."""
    query = "UPDATE subscription SET state = 'left', left_at = ? WHERE id = ?"
    driver(connection).execute(query, (to_seconds(now), number))


def come_back(connection: AnyConnection, number: int) -> None:
    """Let a subscription that was left go on as before, in the same epoch."""
    query = "UPDATE subscription SET state = 'active', left_at = NULL WHERE id = ? AND state = 'left'"
    driver(connection).execute(query, (number,))


def move_reader(connection: AnyConnection, number: int, sealed: bytes, address_hash: bytes, domain_key: bytes) -> None:
    """Let the letters of a subscription go to another address."""
    query = "UPDATE subscription SET sealed = ?, address_hash = ?, domain_key = ? WHERE id = ?"
    driver(connection).execute(query, (sealed, address_hash, domain_key, number))


def count_readers(connection: Connection) -> Mapping[str, int]:
    """How many active readers each list has."""
    query = select(subscription.c.list_id, func.count()).where(subscription.c.state == "active")
    return {row[0]: row[1] for row in connection.execute(query.group_by(subscription.c.list_id))}


def has_readers(connection: AnyConnection) -> bool:
    """Whether anything is stored that is worth nothing without the keys it was made with.

    That is a sealed address: a reader's, that of a single letter which waits, or of a request; or the keyed hash of one that
    is never to be mailed.
    """
    query = (
        "SELECT EXISTS (SELECT 1 FROM subscription WHERE state <> 'erased') "
        "OR EXISTS (SELECT 1 FROM letter WHERE sealed IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM request WHERE length(sealed) > 0) "
        "OR EXISTS (SELECT 1 FROM suppression)"
    )
    return bool(driver(connection).execute(query).fetchone()[0])


def audience_outside(connection: Connection, hashes: set[bytes], *, by_web: bool = True) -> int:
    """How many stored subscriptions have an address that is none of these; with `by_web`, those too that began on a page."""
    query = select(subscription.c.address_hash).where(subscription.c.state != _ERASED)
    if not by_web:
        page = select(consent.c.id).where(consent.c.subscription_id == subscription.c.id, consent.c.form.like("subscribe%"))
        query = query.where(~page.exists())
    return sum(found not in hashes for found in connection.execute(query).scalars())


def _readers(list_id: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's own inference is exact here
    return (
        select(subscription, interest.c.floors)
        .join(interest, interest.c.id == subscription.c.interest_id)
        .where(subscription.c.list_id == list_id, subscription.c.state != _ERASED)
    )


def _stored(row: _Row) -> StoredReader:
    floors, created_at = parse_row(row.floors), from_seconds(row.created_at)
    return StoredReader(row.id, row.sealed, row.address_hash, _subscription(row), floors, row.had_id, created_at)


def _subscription(row: _Row) -> Subscription:
    floors = parse_row(row.floors)
    return Subscription(
        list_id=row.list_id,
        rhythm=row.rhythm,
        language=row.language,
        topics=() if EVERYTHING in floors else tuple(sorted(floors)),
        urgent=bool(row.urgent),
        form=row.form,
        confirmed_at=None if row.confirmed_at is None else from_seconds(row.confirmed_at),
        confirmed_position=row.confirmed_position or 0,
        paused_until=None if row.paused_until is None else from_seconds(row.paused_until),
        left_at=None if row.left_at is None else from_seconds(row.left_at),
        epoch=row.epoch,
    )


_CONSENT = consent.insert().from_select(
    ["subscription_id", "epoch", "form", "words", "language", "at"],
    select(
        subscription.c.id,
        subscription.c.epoch,
        bindparam("given_form", type_=Text),
        bindparam("given_words", type_=Text),
        bindparam("given_language", type_=Text),
        bindparam("given_at", type_=BigInteger),
    ).where(
        subscription.c.list_id == bindparam("of_list", type_=Text),
        subscription.c.address_hash == bindparam("of_address", type_=LargeBinary),
    ),
)


def _consent_row(reader: NewReader) -> dict[str, object]:
    return {
        "of_list": reader.subscription.list_id,
        "of_address": reader.address_hash,
        "given_form": reader.consent.form,
        "given_words": reader.consent.words,
        "given_language": reader.consent.language,
        "given_at": to_seconds(reader.consent.given_at),
    }


def _row(reader: NewReader, now: datetime) -> dict[str, object]:
    wish = reader.subscription
    return {
        "list_id": wish.list_id,
        "sealed": reader.sealed,
        "address_hash": reader.address_hash,
        "domain_key": reader.domain_key,
        "state": "active",
        "interest_id": reader.interest_id,
        "had_id": reader.had_id,
        "rhythm": wish.rhythm,
        "urgent": int(wish.urgent),
        "language": wish.language,
        "form": wish.form,
        "epoch": wish.epoch,
        "confirmed_at": to_seconds(wish.confirmed_at or now),
        "confirmed_position": wish.confirmed_position,
        "paused_until": None,
        "left_at": None,
        "created_at": to_seconds(now),
    }
