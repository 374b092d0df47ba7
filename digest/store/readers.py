"""Subscriptions, consent and suppression in the database. Addresses come and go sealed; nothing here can read one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, LargeBinary, Text, bindparam, func, select, update

from digest.editions.interests import parse_row
from digest.store.releases import from_seconds, to_seconds
from digest.store.schema import consent, interest, subscription, suppression
from digest.store.sqlite import AnyConnection, driver
from digest.subscribers.subscriptions import Consent, Form, Subscription

__all__ = [
    "NewReader", "StoredReader", "add_readers", "audience_outside", "count_readers", "find_readers", "has_readers", "leave",
    "read_readers", "read_sealed", "read_suppressed",
]  # fmt: skip

_MANY = 500  # well under SQLite's limit of variables in a statement


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
    """A subscription with its number and sealed address."""

    number: int
    sealed: bytes
    address_hash: bytes
    subscription: Subscription


def find_readers(connection: Connection, list_id: str, hashes: Sequence[bytes]) -> dict[bytes, StoredReader]:
    """The subscriptions of a list that these addresses have, by the keyed hash of the address."""
    found: dict[bytes, StoredReader] = {}
    for start in range(0, len(hashes), _MANY):
        query = _readers(list_id).where(subscription.c.address_hash.in_(hashes[start : start + _MANY]))
        found |= {row.address_hash: _stored(row) for row in connection.execute(query)}
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
        yield _stored(row)


def read_sealed(connection: Connection, list_id: str) -> Iterator[bytes]:
    """The sealed addresses of a list's active readers."""
    query = select(subscription.c.sealed).where(subscription.c.list_id == list_id, subscription.c.state == "active")
    yield from connection.execute(query).scalars()


def leave(connection: Connection, number: int, now: datetime) -> None:
    """End a subscription; open deliveries of it are refused by the ledger's fence from here on."""
    values = {"state": "left", "left_at": to_seconds(now)}
    connection.execute(update(subscription).where(subscription.c.id == number).values(**values))


def count_readers(connection: Connection) -> Mapping[str, int]:
    """How many active readers each list has."""
    query = select(subscription.c.list_id, func.count()).where(subscription.c.state == "active")
    return {row[0]: row[1] for row in connection.execute(query.group_by(subscription.c.list_id))}


def has_readers(connection: AnyConnection) -> bool:
    """Whether any sealed address is stored: a reader's, or that of a single letter which waits."""
    query = "SELECT EXISTS (SELECT 1 FROM subscription) OR EXISTS (SELECT 1 FROM letter WHERE sealed IS NOT NULL)"
    return bool(driver(connection).execute(query).fetchone()[0])


def audience_outside(connection: Connection, hashes: set[bytes]) -> int:
    """How many stored subscriptions have an address that is none of these."""
    return sum(found not in hashes for found in connection.execute(select(subscription.c.address_hash)).scalars())


def _readers(list_id: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's own inference is exact here
    return (
        select(subscription, interest.c.floors)
        .join(interest, interest.c.id == subscription.c.interest_id)
        .where(subscription.c.list_id == list_id)
    )


def _stored(row) -> StoredReader:  # type: ignore[no-untyped-def]  # a row of the query above
    return StoredReader(row.id, row.sealed, row.address_hash, _subscription(row))


def _subscription(row) -> Subscription:  # type: ignore[no-untyped-def]  # a row of the query above
    form: Form = row.form
    return Subscription(
        list_id=row.list_id,
        rhythm=row.rhythm,
        language=row.language,
        topics=tuple(sorted(topic for topic in parse_row(row.floors) if topic != "*")),
        urgent=bool(row.urgent),
        form=form,
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
        "created_at": to_seconds(now),
    }
