"""Shared rows that nobody shares any more: what somebody once chose, or was once sent, goes when its last reader is gone.

No index tells who uses a row, so all readers are looked through, once a day. A row that none of them uses is put aside
first: nothing finds it by its hash any more. If a day later still nobody uses it, it is removed; if somebody who found it
just before does, it comes back.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from digest.editions.interests import row_key
from digest.store.facts import keep_fact, read_fact
from digest.store.pausing import Pausing
from digest.store.releases import from_seconds, to_seconds
from digest.store.sqlite import connect, transaction, translate

__all__ = ["forget_unused_rows"]

_EVERY = timedelta(hours=23)
_LOOKED = "unused rows looked for"
_TABLES = (("interest", "floors"), ("had", "sent"))
_ASIDE = "hash >= 'unused ' AND hash < 'unused!'"
_USED = "CREATE TEMPORARY TABLE used_{table} AS SELECT DISTINCT {table}_id AS id FROM subscription"
_INDEX = "CREATE UNIQUE INDEX temp.used_{table}_id ON used_{table} (id)"
_BACK = f"SELECT id, {{column}} FROM {{table}} WHERE {_ASIDE} AND id IN (SELECT id FROM temp.used_{{table}})"  # noqa: S608 (our words)
_RETURN = "UPDATE OR IGNORE {table} SET hash = ? WHERE id = ?"
_OLD = f"""
    DELETE FROM {{table}} WHERE id IN (
        SELECT id FROM {{table}} WHERE {_ASIDE} AND CAST(substr(hash, 8, 12) AS INTEGER) < ?
        AND id NOT IN (SELECT id FROM temp.used_{{table}}) LIMIT ?)
"""  # noqa: S608 (our own words)
_MARK = f"""
    UPDATE {{table}} SET hash = 'unused ' || ? || ' ' || id WHERE id IN (
        SELECT id FROM {{table}} WHERE NOT ({_ASIDE}) AND id NOT IN (SELECT id FROM temp.used_{{table}}) AND id > ?
        ORDER BY id LIMIT ?) RETURNING id
"""  # noqa: S608 (our own words)


def forget_unused_rows(file: Path, now: datetime) -> int:
    """Remove interests and memories that no reader has, a day after that was seen; how many. At most once a day.

    Raises:
        StoreError: the database cannot be written.
    """
    with translate(file), closing(connect(file)) as connection:
        looked = int(read_fact(connection, _LOOKED) or 0)
        if now - _EVERY < from_seconds(looked) <= now:
            return 0
        with transaction(connection):
            keep_fact(connection, _LOOKED, str(to_seconds(now)))
        # Each row that goes would have all readers searched for it again, as no index leads from it to them.
        connection.execute("PRAGMA foreign_keys = OFF")
        return sum(_sweep(connection, table, column, to_seconds(now)) for table, column in _TABLES)


def _sweep(connection: sqlite3.Connection, table: str, column: str, now: int) -> int:
    connection.execute(_USED.format(table=table))
    connection.execute(_INDEX.format(table=table))
    pausing, gone, last = Pausing(), 0, 0
    for number, text in connection.execute(_BACK.format(table=table, column=column)).fetchall():
        with transaction(connection):
            connection.execute(_RETURN.format(table=table), (row_key(text), number))
    while True:
        with pausing.step(connection):
            count = connection.execute(_OLD.format(table=table), (now - 86_400 // 2, pausing.size)).rowcount
        if not count:
            break
        gone += count
    while True:
        with pausing.step(connection):
            rows = connection.execute(_MARK.format(table=table), (f"{now:012d}", last, pausing.size)).fetchall()
        if not rows:
            return gone
        last = max(row[0] for row in rows)
