"""Settling: what was sent is written into what readers had, edition by edition, reader after reader.

A whole list is settled in many short transactions, so that senders, who write to the same database, never wait for long.
It may stop and begin again anywhere: what is not settled yet counts as sent all the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from digest.editions.memories import Addition, Places
from digest.store.dictionary import keep_memory, read_places
from digest.store.pausing import Pausing
from digest.store.sqlite import AnyConnection, connect, driver, transaction, translate
from digest.store.variants import read_contents

__all__ = ["settle", "settle_in_steps"]

_OVER = "('sent', 'failed', 'cancelled', 'suppressed')"
_STEP = f"""
    SELECT max(reader), sum(over) FROM (SELECT subscription_id AS reader, state IN {_OVER} AS over
    FROM delivery INDEXED BY delivery_claims WHERE settled = 0 AND subscription_id > ? ORDER BY subscription_id LIMIT ?)
"""  # noqa: S608 (all of it is our own words)
_THOSE = "d.settled = 0 AND d.state = 'sent' AND d.subscription_id > ? AND d.subscription_id <= ?"
_EDITIONS = f"""
    SELECT DISTINCT edition_id FROM delivery d INDEXED BY delivery_claims WHERE {_THOSE} AND edition_id IS NOT NULL
"""  # noqa: S608
_PAIRS = f"""
    SELECT DISTINCT s.had_id, d.variant_id FROM delivery d INDEXED BY delivery_claims
    JOIN subscription s ON s.id = d.subscription_id AND s.epoch = d.epoch
    LEFT JOIN temp.settling t ON t.old = s.had_id AND t.variant_id = d.variant_id
    WHERE {_THOSE} AND d.edition_id = ? AND t.old IS NULL
"""  # noqa: S608
_MOVE = f"""
    UPDATE subscription SET had_id = t.new FROM delivery d INDEXED BY delivery_claims, temp.settling t
    WHERE {_THOSE} AND d.edition_id = ? AND d.subscription_id = subscription.id AND d.epoch = subscription.epoch
    AND t.variant_id = d.variant_id AND t.old = subscription.had_id
"""  # noqa: S608
_CLOSE = f"""
    UPDATE delivery SET settled = 1
    WHERE settled = 0 AND state IN {_OVER} AND subscription_id > ? AND subscription_id <= ?
"""  # noqa: S608
_CLOSE_REST = f"UPDATE delivery SET settled = 1 WHERE settled = 0 AND state IN {_OVER} AND subscription_id IS NULL"  # noqa: S608
_LAST = (1 << 63) - 1


def settle(connection: AnyConnection) -> int:
    """Write all that was sent into `had`; may be repeated. How many deliveries were settled.

    Deliveries that ended without reaching anyone are settled as they are: they add nothing, and the next edition carries
    their items.
    """
    settling = _Settling(driver(connection))
    return settling.settle(-1, _LAST) + settling.settle_rest()


def settle_in_steps(file: Path) -> int:
    """The same in transactions that last some hundredths of a second each, with a pause after each.

    Raises:
        StoreError: the database cannot be written; what was settled until then stays so.
    """
    with translate(file), closing(connect(file)) as connection:
        settling, pausing, count, reader = _Settling(connection), Pausing(), 0, -1
        while True:
            last, over = connection.execute(_STEP, (reader, pausing.size)).fetchone()
            if last is None:
                break
            if over:
                with pausing.step(connection):
                    count += settling.settle(reader, last)
            reader = last
        with transaction(connection):
            return count + settling.settle_rest()


class _Settling:
    """Settles on one connection, and knows which memory came of which by a variant: equal pairs are worked out once."""

    def __init__(self, plain: sqlite3.Connection) -> None:
        self._plain = plain
        self._find_addition = lru_cache(maxsize=500)(self._build_addition)
        self._places: Places | None = None
        plain.execute("DROP TABLE IF EXISTS temp.settling")
        plain.execute(
            "CREATE TEMPORARY TABLE settling (old INTEGER, variant_id INTEGER, new INTEGER, PRIMARY KEY (old, variant_id)) "
            "WITHOUT ROWID"
        )

    def settle(self, after: int, last: int) -> int:
        """Settle the deliveries of readers behind one number and up to another; how many."""
        for (edition,) in self._plain.execute(_EDITIONS, (after, last)).fetchall():
            pairs = self._plain.execute(_PAIRS, (after, last, edition)).fetchall()
            self._plain.executemany("INSERT INTO temp.settling VALUES (?, ?, ?)", self._add_up(pairs))
            self._plain.execute(_MOVE, (after, last, edition))
        return self._plain.execute(_CLOSE, (after, last)).rowcount

    def settle_rest(self) -> int:
        """Settle what belongs to nobody any longer; how many."""
        return self._plain.execute(_CLOSE_REST).rowcount

    def _add_up(self, pairs: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int, int]]:
        for old, variant in pairs:
            text = self._plain.execute("SELECT sent FROM had WHERE id = ?", (old,)).fetchone()[0]
            yield old, variant, keep_memory(self._plain, self._find_addition(variant).to(text))

    def _build_addition(self, variant: int) -> Addition:
        if self._places is None:
            self._places = read_places(self._plain)
        return Addition(read_contents(self._plain, [variant])[variant].selection, self._places)
