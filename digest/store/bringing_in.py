"""Readers by the million: laid aside sealed, sorted by their keyed hashes, and stored in lots by statements over many rows.

A keyed hash stands anywhere, and two indexes hold it. Row by row, each would touch two pages of its own; sorted, a lot
touches a few. What is laid aside lies in a temporary table of this connection, sealed as it will be stored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.store.releases import from_seconds, to_seconds
from digest.subscribers.subscriptions import Subscription

__all__ = ["LOT", "Intake", "Known"]

LOT = 4_000
"""How many rows one transaction stores: some hundredths of a second, so that a sender beside it hardly waits."""

_COLUMNS = "address_hash BLOB, sealed BLOB, domain_key BLOB, choice INTEGER, line INTEGER"
_LAY = "INSERT INTO temp.aside VALUES (?, ?, ?, ?, ?)"
_SORT = "INSERT INTO temp.incoming SELECT NULL, *, NULL FROM temp.aside ORDER BY address_hash"
_SLICE = "i.place > :after AND i.place <= :upto"
_SUPPRESSED = f"""
    DELETE FROM temp.incoming AS i WHERE {_SLICE}
    AND EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = i.address_hash)
"""  # noqa: S608 (our own words)
_KNOWN = f"""
    SELECT i.place, s.id, s.confirmed_at, s.left_at FROM temp.incoming i
    CROSS JOIN subscription s ON s.list_id = :list_id AND s.address_hash = i.address_hash
    WHERE {_SLICE} ORDER BY i.line
"""  # noqa: S608 (our own words)
_COUNTS = f"SELECT i.choice, count(*) FROM temp.incoming i WHERE {_SLICE} GROUP BY i.choice ORDER BY i.choice"  # noqa: S608
_LINES = f"SELECT i.line FROM temp.incoming i WHERE {_SLICE} AND i.choice = :choice ORDER BY i.line"  # noqa: S608
_ADD = f"""
    INSERT INTO subscription (list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, language, form,
        confirmed_at, confirmed_position, created_at)
    SELECT :list_id, i.sealed, i.address_hash, i.domain_key, 'active', c.interest_id, :had_id, c.rhythm, c.language, 'full',
        :at, :position, :at
    FROM temp.incoming i JOIN temp.choice c ON c.id = i.choice WHERE {_SLICE} AND i.number IS NULL ORDER BY i.line
"""  # noqa: S608 (our own words)
_CONFIRM = f"""
    UPDATE subscription SET sealed = i.sealed, domain_key = i.domain_key, state = 'active', interest_id = c.interest_id,
        had_id = :had_id, rhythm = c.rhythm, language = c.language, urgent = 0, form = 'full', confirmed_at = :at,
        confirmed_position = :position, paused_until = NULL, left_at = NULL, created_at = :at
    FROM temp.incoming i JOIN temp.choice c ON c.id = i.choice
    WHERE {_SLICE} AND i.number = subscription.id
"""  # noqa: S608 (our own words)
_CONSENT = f"""
    INSERT INTO consent (subscription_id, epoch, form, words, language, at)
    SELECT s.id, s.epoch, 'import', :evidence, c.language, :at FROM temp.incoming i
    JOIN temp.choice c ON c.id = i.choice
    CROSS JOIN subscription s ON s.list_id = :list_id AND s.address_hash = i.address_hash WHERE {_SLICE} ORDER BY i.line
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class Known:
    """A row whose address has a subscription to the list already."""

    place: int
    number: int
    subscription: Subscription
    """As far as an import is concerned: whether it was confirmed, and left."""


class Intake:
    """What one import lays aside and then stores.

    Args:
        plain: a connection of its own, in no transaction.
        list_id: the list.
    """

    def __init__(self, plain: sqlite3.Connection, list_id: str) -> None:
        self._plain, self._list_id = plain, list_id
        plain.execute("PRAGMA cache_size = -16384")
        plain.execute("PRAGMA temp.cache_size = -16384")
        plain.execute(f"CREATE TEMPORARY TABLE aside ({_COLUMNS})")
        plain.execute(f"CREATE TEMPORARY TABLE incoming (place INTEGER PRIMARY KEY, {_COLUMNS}, number INTEGER)")
        plain.execute(
            "CREATE TEMPORARY TABLE choice (id INTEGER PRIMARY KEY, interest_id INTEGER, rhythm TEXT, language TEXT)"
        )

    def lay_aside(self, rows: Iterable[tuple[bytes, bytes, bytes, int, int]]) -> None:
        """Lay rows aside: keyed hash, sealed address, keyed domain, the number of the choice, the line. No address twice."""
        self._plain.execute("BEGIN")
        self._plain.executemany(_LAY, rows)
        self._plain.execute("COMMIT")

    def sort(self) -> Iterator[tuple[int, int]]:
        """Sort what was laid aside; the slices to be stored, one transaction each, to be named to all that follows."""
        self._plain.execute("BEGIN")
        count = self._plain.execute(_SORT).rowcount
        self._plain.execute("DROP TABLE temp.aside")
        self._plain.execute("COMMIT")
        return ((start, min(start + LOT, count)) for start in range(0, count, LOT))

    def drop_suppressed(self, piece: tuple[int, int]) -> int:
        """Put away the rows whose address is never to be mailed; how many."""
        return self._plain.execute(_SUPPRESSED, self._values(piece)).rowcount

    def find_known(self, piece: tuple[int, int]) -> list[Known]:
        """The rows whose address has a subscription to the list."""
        rows = self._plain.execute(_KNOWN, self._values(piece)).fetchall()
        return [
            Known(place, number, Subscription(self._list_id, "", "", confirmed_at=_moment(confirmed), left_at=_moment(left)))
            for place, number, confirmed, left in rows
        ]

    def drop(self, rows: Iterable[Known]) -> None:
        """Put rows away that are not to be stored."""
        self._plain.executemany("DELETE FROM temp.incoming WHERE place = ?", [(one.place,) for one in rows])

    def confirm(self, rows: Iterable[Known]) -> None:
        """Let rows be stored in the place of subscriptions that were never confirmed."""
        self._plain.executemany(
            "UPDATE temp.incoming SET number = ? WHERE place = ?", [(one.number, one.place) for one in rows]
        )

    def count_choices(self, piece: tuple[int, int]) -> Mapping[int, int]:
        """How many of the rows that are left made each choice."""
        return dict(self._plain.execute(_COUNTS, self._values(piece)).fetchall())

    def read_lines(self, piece: tuple[int, int], choice: int) -> list[int]:
        """The lines of those that made a choice."""
        return [row[0] for row in self._plain.execute(_LINES, {**self._values(piece), "choice": choice})]

    def keep_choice(self, choice: int, interest_id: int, rhythm: str, language: str) -> None:
        """Say what a choice is."""
        self._plain.execute("INSERT INTO temp.choice VALUES (?, ?, ?, ?)", (choice, interest_id, rhythm, language))

    def store(self, piece: tuple[int, int], had_id: int, position: int, evidence: str, now: datetime) -> None:
        """Store the rows that are left, with the record of their consent, in the caller's transaction.

        Args:
            had_id: the row of an empty memory.
            position: the log's end.
            evidence: how it is known that they agreed.
        """
        values = {**self._values(piece), "had_id": had_id, "position": position, "evidence": evidence, "at": to_seconds(now)}
        for statement in (_ADD, _CONFIRM, _CONSENT):
            self._plain.execute(statement, values)

    def _values(self, piece: tuple[int, int]) -> dict[str, object]:
        return {"after": piece[0], "upto": piece[1], "list_id": self._list_id}


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_seconds(seconds)
