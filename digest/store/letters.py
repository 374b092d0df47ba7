"""Single letters in the database: each is queued with its delivery, and forgotten some weeks after that came to rest.

Addresses and links come sealed; nothing here can read one. Both are erased when the delivery comes to rest, so what is left
of a letter says what kind it was and how it ended, and never to whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from digest.delivery.transitions import OPEN, State
from digest.store.files import variant_path
from digest.store.releases import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = [
    "KEPT", "NewLetter", "StoredLetter", "cancel_letter", "cancel_letters", "count_waiting_letters", "find_letter",
    "forget_letters", "has_letter", "is_suppressed", "queue_letter", "read_letters", "read_newest",
]  # fmt: skip

KEPT = timedelta(days=30)
"""How long a letter that came to rest is remembered, and with it that its occasion was told."""

_RESTED = ", ".join(f"'{state}'" for state in sorted(set(State) - OPEN - {State.HELD}))

_LETTER = """
    INSERT INTO letter (kind, occasion, sealed, address_hash, link, message_hash, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (occasion) DO NOTHING RETURNING id
"""
_DELIVERY = """
    INSERT INTO delivery (subject, letter_id, subscription_id, epoch, domain_key, lane, state, next_at, settled, created_at)
    VALUES ('letter', ?, ?, ?, ?, 0, 'queued', ?, 1, ?) RETURNING id
"""
_CANCEL = f"""
    UPDATE delivery SET state = 'cancelled', sender = NULL, outcome_at = ?
    WHERE letter_id = (SELECT id FROM letter WHERE occasion = ?) AND state IN ('{State.QUEUED}', '{State.PICKED}')
"""  # noqa: S608 (the states are our own words)
_ERASE = "UPDATE letter SET sealed = NULL, link = NULL WHERE occasion = ?"
_WAITING = f"""
    edition_id IS NULL AND letter_id IS NOT NULL AND state IN ('{State.QUEUED}', '{State.PICKED}') AND (? IS NULL OR id <= ?)
"""
_CANCEL_ALL = f"""
    UPDATE delivery SET state = 'cancelled', sender = NULL, outcome_at = ?, reply = ? WHERE {_WAITING} RETURNING letter_id
"""  # noqa: S608 (the states are our own words)
_READ = """
    SELECT d.id, l.kind, d.state, l.sealed, l.created_at, d.next_at, d.outcome_at, d.code, d.reply
    FROM delivery d JOIN letter l ON l.id = d.letter_id
"""
# The newest delivery stays: SQLite would give its number to the next one, and with the number its Message-ID, which mail
# programs that drop what they had before would take for the same letter.
_OLD = f"""
    SELECT d.id, l.id, l.message_hash FROM delivery d JOIN letter l ON l.id = d.letter_id
    WHERE d.edition_id IS NULL AND d.state IN ({_RESTED}) AND d.outcome_at < ? AND d.id < (SELECT max(id) FROM delivery)
    LIMIT ?
"""  # noqa: S608 (the states are our own words)
_NAMED = """
    SELECT message_hash FROM letter WHERE message_hash IN ({0}) UNION
    SELECT message_hash FROM variant WHERE message_hash IN ({0})
"""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A single letter to be queued.

    `message_hash` names its ready message below var/variants/. `occasion` is what is said once only, None for a letter that
    may come again. `subscription` and `epoch` are its reader's; None and 0 for a person who is no reader of a list.
    """

    kind: str
    message_hash: str
    sealed: bytes = field(repr=False)
    address_hash: bytes = field(repr=False)
    domain_key: bytes = field(repr=False)
    link: bytes | None = field(default=None, repr=False)
    occasion: str | None = None
    subscription: int | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A single letter and where its delivery, whose number it has, stands; `sealed` is None once that is at rest."""

    number: int
    kind: str
    state: State
    sealed: bytes | None = field(repr=False)
    created_at: datetime
    next_at: datetime
    rested_at: datetime | None
    code: int | None
    reply: str


def queue_letter(connection: AnyConnection, letter: NewLetter, now: datetime) -> int | None:
    """Queue a letter that is due now; the number of its delivery, None when its occasion was told before.

    It is part of the caller's transaction. Its ready message must be durable below var/variants/ before that is.
    """
    plain, seconds = driver(connection), to_seconds(now)
    said = (letter.kind, letter.occasion, letter.sealed, letter.address_hash, letter.link, letter.message_hash, seconds)
    made = plain.execute(_LETTER, said).fetchone()
    if made is None:
        return None
    reader = (letter.subscription, letter.epoch, letter.domain_key)
    return int(plain.execute(_DELIVERY, (made[0], *reader, seconds, seconds)).fetchone()[0])


def has_letter(connection: AnyConnection, occasion: str) -> bool:
    """Whether an occasion was told, or is about to be."""
    return driver(connection).execute("SELECT 1 FROM letter WHERE occasion = ?", (occasion,)).fetchone() is not None


def find_letter(connection: AnyConnection, occasion: str) -> StoredLetter | None:
    """The letter that told an occasion; None when there was none, or it is forgotten."""
    row = driver(connection).execute(f"{_READ} WHERE l.occasion = ?", (occasion,)).fetchone()
    return None if row is None else _build(row)


def is_suppressed(connection: AnyConnection, address_hash: bytes) -> bool:
    """Whether an address is never to be mailed."""
    query = "SELECT 1 FROM suppression WHERE address_hash = ?"
    return driver(connection).execute(query, (address_hash,)).fetchone() is not None


def cancel_letter(connection: AnyConnection, occasion: str, now: datetime) -> bool:
    """Let a letter not go that has not left; whether it was stopped."""
    plain = driver(connection)
    if plain.execute(_CANCEL, (to_seconds(now), occasion)).rowcount == 0:
        return False
    plain.execute(_ERASE, (occasion,))
    return True


def count_waiting_letters(connection: AnyConnection, upto: int | None = None) -> int:
    """How many letters wait, those that a sender has picked included; `upto` a delivery's number, None for all."""
    query = f"SELECT count(*) FROM delivery WHERE {_WAITING}"  # noqa: S608 (our own words)
    return int(driver(connection).execute(query, (upto, upto)).fetchone()[0])


def cancel_letters(connection: AnyConnection, now: datetime, upto: int | None, why: str) -> int:
    """Let those letters not go that `count_waiting_letters` counts; how many. Whom they were to is erased."""
    plain = driver(connection)
    letters = plain.execute(_CANCEL_ALL, (to_seconds(now), why, upto, upto)).fetchall()
    plain.executemany("UPDATE letter SET sealed = NULL, link = NULL WHERE id = ?", letters)
    return len(letters)


def read_newest(connection: AnyConnection) -> int:
    """The number of the newest delivery of all, 0 when there was none."""
    return int(driver(connection).execute("SELECT coalesce(max(id), 0) FROM delivery").fetchone()[0])


def read_letters(connection: AnyConnection, *states: State) -> list[StoredLetter]:
    """The single letters in these states, the oldest first."""
    which = f"WHERE d.edition_id IS NULL AND d.state IN ({_marks(states)}) ORDER BY d.id"
    return [_build(row) for row in driver(connection).execute(_READ + which, states)]


def forget_letters(connection: AnyConnection, var: Path, now: datetime, most: int = 500) -> int:
    """Remove letters that have been at rest for `KEPT`, and the ready messages that nobody names any more; how many.

    The caller's transaction is one that writes, so nobody names one of these messages meanwhile. Should it fail, the rows
    come back without their files, which they do not need: what is at rest is never sent again.
    """
    plain = driver(connection)
    old = plain.execute(_OLD, (to_seconds(now - KEPT), most)).fetchall()
    plain.executemany("DELETE FROM delivery WHERE id = ?", [(delivery,) for delivery, _, _ in old])
    plain.executemany("DELETE FROM letter WHERE id = ?", [(letter,) for _, letter, _ in old])
    messages = sorted({message for _, _, message in old})
    named = {row[0] for row in plain.execute(_NAMED.format(_marks(messages)), messages * 2)}
    for message in messages:
        if message not in named:
            variant_path(var, message).unlink(missing_ok=True)
    return len(old)


def _build(row: tuple[Any, ...]) -> StoredLetter:
    number, kind, state, sealed, created, due, rested, code, reply = row
    rested_at = None if rested is None else from_seconds(rested)
    return StoredLetter(
        number, kind, State(state), sealed, from_seconds(created), from_seconds(due), rested_at, code, reply or ""
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
