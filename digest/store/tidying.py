"""Interests and memories of a list grown old: readers move on to rows that more of them share.

The rules are `digest.editions.interests`; here each distinct row is looked at once, and one statement moves all its readers.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from digest.editions.interests import age_floors, parse_row, prune_had
from digest.store.dictionary import keep_had, keep_interest
from digest.store.facts import keep_fact, read_fact
from digest.store.releases import from_seconds
from digest.store.schema import edition, event

__all__ = ["age_interests", "find_age", "prune_memories", "read_moments", "settled_position_of"]


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


def settled_position_of(connection: Connection, list_id: str) -> int:
    """The position in the log up to which floors of a list have been set to 0: what entered there is news to nobody."""
    return int(read_fact(connection, f"settled {list_id}") or 0)


def read_moments(connection: Connection) -> list[datetime]:
    """The moment of each event of the log, in order."""
    return [from_seconds(seconds) for seconds in connection.execute(select(event.c.at).order_by(event.c.number)).scalars()]


def age_interests(connection: Connection, list_id: str, settled: int) -> int:
    """Set the floors of a list's readers that lie at or below a position to 0; how many distinct interests changed."""
    changed = {}
    for number, floors in _rows_of(connection, "interest", "floors", list_id).items():
        aged = age_floors(floors, settled)
        if aged != floors:
            changed[number] = keep_interest(connection, aged)
    _move(connection, "interest_id", list_id, changed)
    keep_fact(connection, f"settled {list_id}", str(max(settled, settled_position_of(connection, list_id))))
    return len(changed)


def prune_memories(connection: Connection, list_id: str, forgotten: Container[str]) -> int:
    """Drop items from what a list's readers had; how many distinct memories changed."""
    changed = {}
    for number, had in _rows_of(connection, "had", "sent", list_id).items():
        kept = prune_had(had, forgotten)
        if kept != had:
            changed[number] = keep_had(connection, kept)
    _move(connection, "had_id", list_id, changed)
    return len(changed)


def _rows_of(connection: Connection, table: str, column: str, list_id: str) -> dict[int, dict[str, int]]:
    query = (
        f"SELECT id, {column} AS value FROM {table} "  # noqa: S608  # all three are our own words
        f"WHERE id IN (SELECT {table}_id FROM subscription WHERE list_id = :list)"
    )
    return {row.id: parse_row(row.value) for row in connection.execute(text(query), {"list": list_id}).all()}


def _move(connection: Connection, column: str, list_id: str, changed: Mapping[int, int]) -> None:
    """Let the readers of each old row use the new one."""
    if not changed:
        return
    connection.execute(text("DROP TABLE IF EXISTS temp.tidying"))
    connection.execute(text("CREATE TEMPORARY TABLE tidying (old INTEGER PRIMARY KEY, new INTEGER)"))
    pairs = [{"old": old, "new": new} for old, new in changed.items()]
    connection.execute(text("INSERT INTO tidying VALUES (:old, :new)"), pairs)
    connection.execute(
        text(
            f"UPDATE subscription SET {column} = t.new FROM tidying t "  # noqa: S608
            f"WHERE subscription.list_id = :list AND t.old = subscription.{column}"
        ),
        {"list": list_id},
    )
    connection.execute(text("DROP TABLE temp.tidying"))
