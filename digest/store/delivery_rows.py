"""Single deliveries in the sender's own transaction: the facts that decide about one, and what it becomes. Plain SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from digest.delivery.transitions import OPEN, Change, Facts, Fence, State

__all__ = ["DeliveryRow", "DeliveryRows", "marks", "pad", "round_up"]

_FACTS = """
    SELECT d.id, d.state, d.sender, d.unknown_count, d.attempt_count, d.subject = 'letter', d.created_at, d.epoch,
        d.stopped OR coalesce(v.stopped, 0), d.edition_id, e.list_id, e.state, e.approved_hash, e.frozen_hash, e.earliest_at,
        d.subscription_id, s.state, s.epoch, d.letter_id, d.letter_id IS NOT NULL AND l.sealed IS NULL, d.domain_key,
        EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = s.address_hash OR x.address_hash = l.address_hash)
    FROM delivery d LEFT JOIN edition e ON e.id = d.edition_id LEFT JOIN variant v ON v.id = d.variant_id
    LEFT JOIN subscription s ON s.id = d.subscription_id LEFT JOIN letter l ON l.id = d.letter_id
"""
_CHANGE = (
    "UPDATE delivery SET state = ?, unknown_count = ?, stopped = ?, attempt_count = ?, sender = NULL, "
    "next_at = coalesce(?, next_at), code = coalesce(?, code), reply = coalesce(?, reply), outcome_at = ? WHERE id = ?"
)
_ERASE = """
    UPDATE letter SET sealed = NULL, link = NULL
    WHERE id = ? AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.letter_id = letter.id AND d.state IN ({}))
""".format(", ".join(f"'{state}'" for state in sorted(OPEN)))  # noqa: S608 (the states are our own words)


class DeliveryRow(NamedTuple):
    """One delivery with all that decides about it, as it is in the database."""

    id: int
    state: str
    sender: int | None
    unknown_count: int
    attempt_count: int
    is_letter: int
    created_at: int
    epoch: int
    stopped: int
    edition: str | None
    list_id: str | None
    edition_state: str | None
    approved_hash: str | None
    frozen_hash: str | None
    earliest_at: int | None
    subscription: int | None
    reader_state: str | None
    reader_epoch: int | None
    letter: int | None
    erased: int
    domain_key: bytes
    suppressed: int

    @property
    def facts(self) -> Facts:
        """What decides about what becomes of it."""
        return Facts(
            State(self.state),
            self.unknown_count,
            stopped=bool(self.stopped) or self.edition_state == "cancelled",
            letter=bool(self.is_letter),
        )

    def fence(self, me: int, now: int, *, full: bool = False) -> Fence:
        """What decides whether its body may leave through the sender of a place."""
        return Fence(
            mine=self.state == State.PICKED and self.sender == me,
            edition_state=self.edition_state,
            approved=self.approved_hash is not None and self.approved_hash == self.frozen_hash,
            early=self.earliest_at is not None and self.earliest_at > now,
            stopped=bool(self.stopped),
            reader_state=self.reader_state,
            same_epoch=self.reader_epoch == self.epoch,
            suppressed=bool(self.suppressed),
            # A reader's letter has their epoch, which begins with 1: so it stays theirs when they are erased.
            readerless=bool(self.is_letter) and self.subscription is None and self.epoch == 0,
            erased=bool(self.erased),
            full=full,
        )


class DeliveryRows:
    """The deliveries as rows, read and changed one by one.

    Args:
        connection: the sender's own.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self, ids: Sequence[int]) -> dict[int, DeliveryRow]:
        """Deliveries by their numbers; those that are no longer there are missing."""
        if not ids:
            return {}
        rows = self._connection.execute(f"{_FACTS} WHERE d.id IN ({marks(len(ids))})", ids)
        return {row[0]: DeliveryRow._make(row) for row in rows}

    def read_of_sender(self, sender: int) -> list[DeliveryRow]:
        """What the sender of a place has picked or in flight."""
        rows = self._connection.execute(f"{_FACTS} WHERE d.state IN ('picked', 'inflight') AND d.sender = ?", (sender,))
        return [DeliveryRow._make(row) for row in rows.fetchall()]

    def change(
        self,
        number: int,
        letter: int | None,
        change: Change,
        tries: int,
        now: int,
        *,
        next_at: int | None = None,
        code: int | None = None,
        reply: str | None = None,
    ) -> None:
        """Write what a delivery has become; a single letter that came to rest is erased."""
        rested_at = None if change.state in OPEN else now
        values = (change.state, change.unknown_count, change.stopped, tries, next_at, code, reply, rested_at, number)
        self._connection.execute(_CHANGE, values)
        if letter is not None and rested_at is not None:
            self.erase_letters([letter])

    def erase_letters(self, letters: Iterable[int]) -> None:
        """Erase addresses and links of single letters that have come to rest."""
        self._connection.executemany(_ERASE, [(letter,) for letter in letters])


@cache
def marks(count: int) -> str:
    """So many placeholders."""
    return ", ".join("?" * count)


def pad(ids: Sequence[int]) -> list[int]:
    """The same numbers, the last repeated until there are 1, 2, 4, 8 …: so few statements do for groups of any size."""
    return [*ids, *[ids[-1]] * (round_up(len(ids)) - len(ids))]


def round_up(count: int) -> int:
    """The next of 1, 2, 4, 8 …"""
    return 1 << (count - 1).bit_length()
