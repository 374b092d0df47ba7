"""Interests and memories of a list grown old: readers move on to rows that more of them share.

The rules are `digest.editions.interests`; here each distinct row is looked at once, and readers are moved many at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Container
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from digest.editions.interests import age_floors, parse_row, prune_had, render_row
from digest.editions.memories import parse_memory, render_memory
from digest.store.dictionary import keep_memory, keep_row, read_places
from digest.store.facts import keep_fact, read_fact
from digest.store.pausing import Pausing
from digest.store.releases import from_seconds
from digest.store.schema import edition, event
from digest.store.sqlite import AnyConnection, connect, translate

__all__ = ["find_age", "read_moments", "settled_position_of", "tidy_rows"]

_USED = "INSERT INTO temp.used_{table} SELECT DISTINCT {table}_id FROM subscription WHERE list_id = ?"
_ROWS = "SELECT id, {column} FROM {table} WHERE id IN (SELECT id FROM temp.used_{table} WHERE id > ? ORDER BY id LIMIT ?)"
_STEP = "SELECT max(id) FROM (SELECT id FROM subscription WHERE id > ? ORDER BY id LIMIT ?)"
_MOVE = """
    UPDATE subscription NOT INDEXED SET
    interest_id = coalesce((SELECT new FROM temp.new_interest WHERE old = interest_id), interest_id),
    had_id = coalesce((SELECT new FROM temp.new_had WHERE old = had_id), had_id)
    WHERE id > :after AND id <= :last AND list_id = :list AND (
        EXISTS (SELECT 1 FROM temp.new_interest WHERE old = interest_id)
        OR EXISTS (SELECT 1 FROM temp.new_had WHERE old = had_id))
"""


def find_age(connection: Connection, list_id: str) -> datetime | None:
    """The moment to which ages may be counted when a list's rows are tidied; None before its first frozen edition.

    It is the newest moment of its frozen editions, but never later than that of one still to be frozen, which may look back
    further.
    """
    of_list = edition.c.list_id == list_id
    newest = select(func.max(edition.c.moment)).where(of_list, edition.c.frozen_hash.is_not(None))
    waiting = select(func.min(edition.c.moment)).where(of_list, edition.c.state.in_(("draft", "approved")))
    frozen, unfrozen = connection.execute(newest).scalar(), connection.execute(waiting).scalar()
    if frozen is None:
        return None
    return from_seconds(frozen if unfrozen is None else min(frozen, unfrozen))


def settled_position_of(connection: AnyConnection, list_id: str) -> int:
    """The position in the log up to which floors of a list have been set to 0: what entered there is news to nobody."""
    return int(read_fact(connection, f"settled {list_id}") or 0)


def read_moments(connection: Connection) -> list[datetime]:
    """The moment of each event of the log, in order."""
    return [from_seconds(seconds) for seconds in connection.execute(select(event.c.at).order_by(event.c.number)).scalars()]


def tidy_rows(file: Path, list_id: str, settled: int, forgotten: Container[str]) -> int:
    """Set floors that lie at or below a position to 0, and drop items from what readers had; how many readers moved.

    In many short transactions, see `Pausing`; one that was interrupted may be repeated. From the first on, nothing that
    entered at or below the position is news to anyone of this list.

    Args:
        file: the database.
        list_id: whose readers.
        settled: the position in the log.
        forgotten: the items.

    Raises:
        StoreError: the database cannot be written; what was tidied until then stays so.
    """
    with translate(file), closing(connect(file)) as connection:
        pausing = Pausing()
        with pausing.step(connection):
            keep_fact(connection, f"settled {list_id}", str(max(settled, settled_position_of(connection, list_id))))
        places = read_places(connection)

        def age(row: str) -> str:
            return render_row(age_floors(parse_row(row), settled))

        def prune(row: str) -> str:
            return render_memory(prune_had(parse_memory(row, places), forgotten), places)

        _renew(connection, pausing, "interest", "floors", list_id, age, keep_row)
        _renew(connection, pausing, "had", "sent", list_id, prune, keep_memory)
        return _move(connection, pausing, list_id)


def _renew(
    connection: sqlite3.Connection,
    pausing: Pausing,
    table: str,
    column: str,
    list_id: str,
    change: Callable[[str], str],
    keep: Callable[[sqlite3.Connection, str], int],
) -> None:
    """Make the rows that those of a list's readers change to, and keep in a temporary table which comes of which."""
    connection.execute(f"CREATE TEMPORARY TABLE new_{table} (old INTEGER PRIMARY KEY, new INTEGER)")
    connection.execute(f"CREATE TEMPORARY TABLE used_{table} (id INTEGER PRIMARY KEY)")
    connection.execute(_USED.format(table=table), (list_id,))
    query = _ROWS.format(table=table, column=column)
    last = 0
    while rows := connection.execute(query, (last, pausing.size)).fetchall():
        changed = [(old, new) for old, text in rows if (new := change(text)) != text]
        if changed:
            with pausing.step(connection):
                pairs = [(old, keep(connection, new)) for old, new in changed]
                connection.executemany(f"INSERT INTO temp.new_{table} VALUES (?, ?)", pairs)  # noqa: S608 (our own word)
        last = max(old for old, _ in rows)


def _move(connection: sqlite3.Connection, pausing: Pausing, list_id: str) -> int:
    """Let the readers of each old row use the new one; how many."""
    if not connection.execute("SELECT 1 FROM temp.new_interest UNION ALL SELECT 1 FROM temp.new_had LIMIT 1").fetchone():
        return 0
    count = last = 0
    while (end := connection.execute(_STEP, (last, pausing.size)).fetchone()[0]) is not None:
        with pausing.step(connection):
            count += connection.execute(_MOVE, {"list": list_id, "after": last, "last": end}).rowcount
        last = end
    return count
