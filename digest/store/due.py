"""What waits for a sender, by plain SQL that costs next to nothing: so that a server may look every second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.newsroom.log import to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["Due", "count_letters", "read_addresses", "read_due", "read_ended"]

_SENDING = "SELECT id FROM edition WHERE state = 'sending' AND (earliest_at IS NULL OR earliest_at <= ?)"
_QUEUED = "SELECT min(next_at) FROM delivery WHERE state = 'queued' AND edition_id = ? AND lane = ?"
_LETTER = "SELECT max(id) FROM delivery WHERE state = 'queued' AND edition_id IS NULL AND lane = 0 AND next_at <= ?"
_LEFT = "SELECT EXISTS (SELECT 1 FROM delivery WHERE state IN ('picked', 'inflight') AND edition_id IS NULL)"

_ADDRESSES = """
    SELECT s.sealed FROM edition e
    JOIN delivery d ON d.edition_id = e.id AND d.state IN ('queued', 'picked', 'inflight')
    JOIN subscription s ON s.id = d.subscription_id WHERE e.state = 'sending'
    UNION ALL
    SELECT l.sealed FROM delivery d JOIN letter l ON l.id = d.letter_id
    WHERE d.edition_id IS NULL AND d.state IN ('queued', 'picked', 'inflight') AND l.sealed IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Due:
    """What a sender would find now. Two looks that are equal have found nothing new.

    `editions` are being sent and have letters that are due; `letter` is the newest single letter that is. `is_unfinished`
    says that something is with senders or is to be finished: only what a dead one left stays so.
    """

    editions: frozenset[str] = frozenset()
    letter: int | None = None
    is_unfinished: bool = False

    def __bool__(self) -> bool:
        return bool(self.editions) or self.letter is not None


def read_due(connection: AnyConnection, now: datetime) -> Due:
    """What is due at a moment of the machine's clock."""
    plain, seconds = driver(connection), to_seconds(now)
    editions, is_unfinished = set(), bool(plain.execute(_LEFT).fetchone()[0])
    for (name,) in plain.execute(_SENDING, (seconds,)).fetchall():
        queued = [plain.execute(_QUEUED, (name, lane)).fetchone()[0] for lane in (0, 1)]
        moments = [moment for moment in queued if moment is not None]
        if any(moment <= seconds for moment in moments):
            editions.add(name)
        is_unfinished = is_unfinished or not moments
    letter = plain.execute(_LETTER, (seconds,)).fetchone()[0]
    return Due(frozenset(editions), letter, is_unfinished)


def count_letters(connection: AnyConnection) -> Mapping[str, int]:
    """How many single letters are in each state, of those that are remembered."""
    query = "SELECT state, count(*) FROM delivery WHERE edition_id IS NULL GROUP BY state ORDER BY state"
    return dict(driver(connection).execute(query).fetchall())


def read_ended(connection: AnyConnection, since: datetime) -> list[str]:
    """The editions that were finished, or paused themselves, at a moment or later."""
    query = (
        "SELECT id FROM edition WHERE (state = 'finished' AND finished_at >= ?) "
        "OR (state = 'paused' AND paused_by = 'self' AND changed_at >= ?) ORDER BY id"
    )
    return [row[0] for row in driver(connection).execute(query, (to_seconds(since), to_seconds(since)))]


def read_addresses(connection: AnyConnection) -> Iterator[bytes]:
    """The sealed addresses of all letters that are on their way, one after the other."""
    return (row[0] for row in driver(connection).execute(_ADDRESSES))
