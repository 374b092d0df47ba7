"""Editions as lists show them: where each stands and what became of it, without what it holds.

The numbers of those that were sent come from what is kept (`tally`), so a list of hundreds costs as much as it is long.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from digest.editions.edition import Edition, State
from digest.newsroom.log import from_seconds, to_seconds
from digest.store.schema import edition, tally

__all__ = ["EditionHead", "Tally", "keep_tally", "name_tally", "read_heads", "read_last_head", "read_tally"]

_COLUMNS = (
    "id", "list_id", "rhythm", "state", "moment", "changed_by", "changed_what", "changed_at", "approved_by", "approved_at",
    "earliest_at", "started_at", "finished_at", "paused_by", "paused_reason", "audience_count",
)  # fmt: skip
_MOMENTS = frozenset(name for name in _COLUMNS if name.endswith("_at") or name == "moment")


@dataclass(frozen=True, slots=True)
class EditionHead:
    """An edition without its content; see `digest.editions.edition.Edition` for the fields."""

    id: str
    list_id: str
    rhythm: str
    state: State
    moment: datetime
    changed_by: str
    changed_what: str
    changed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    earliest_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    paused_by: str | None
    paused_reason: str | None
    audience_count: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers that were counted at a moment; `trail` is how one of them grew: moments and values, the oldest first."""

    counts: Mapping[str, int]
    at: datetime
    trail: tuple[tuple[datetime, int], ...] = ()


def read_heads(
    connection: Connection, *, states: Sequence[State] = (), before: tuple[datetime, str] | None = None, limit: int = 50
) -> list[EditionHead]:
    """Editions, the newest moment first.

    Args:
        states: only those in one of these states; all when empty.
        before: moment and id of the last one that was shown: only older ones.
        limit: no more than that.
    """
    query = select(*(edition.c[name] for name in _COLUMNS))
    if states:
        query = query.where(edition.c.state.in_(states))
    if before is not None:
        at, name = to_seconds(before[0]), before[1]
        query = query.where((edition.c.moment < at) | ((edition.c.moment == at) & (edition.c.id < name)))
    query = query.order_by(edition.c.moment.desc(), edition.c.id.desc()).limit(limit)
    return [_build(row) for row in connection.execute(query)]


def read_last_head(connection: Connection, one: Edition) -> EditionHead | None:
    """The regular edition of the same list and rhythm that was sent before this one."""
    query = select(*(edition.c[name] for name in _COLUMNS)).where(
        edition.c.list_id == one.list_id,
        edition.c.rhythm == one.rhythm,
        edition.c.part == 1,
        edition.c.extra == 0,
        edition.c.frozen_hash.is_not(None),
        edition.c.state != "cancelled",
        edition.c.moment < to_seconds(one.moment),
        edition.c.id != one.id,
    )
    row = connection.execute(query.order_by(edition.c.moment.desc(), edition.c.id.desc()).limit(1)).first()
    return None if row is None else _build(row)


def name_tally(name: str) -> str:
    """Under which name an edition's numbers are kept."""
    return f"edition {name}"


def keep_tally(connection: Connection, name: str, one: Tally) -> None:
    """Keep numbers under a name, in place of older ones."""
    data = {"counts": dict(one.counts), "trail": [[to_seconds(at), value] for at, value in one.trail]}
    values = {"value": json.dumps(data, sort_keys=True), "at": to_seconds(one.at)}
    changed = connection.execute(tally.update().where(tally.c.name == name).values(**values))
    if not changed.rowcount:
        connection.execute(tally.insert().values(name=name, **values))


def read_tally(connection: Connection, name: str) -> Tally | None:
    """The numbers that are kept under a name; None when nothing was counted yet."""
    row = connection.execute(select(tally.c.value, tally.c.at).where(tally.c.name == name)).first()
    if row is None:
        return None
    data = json.loads(row.value)
    trail = tuple((from_seconds(at), value) for at, value in data["trail"])
    return Tally(data["counts"], from_seconds(row.at), trail)


def _build(row: Any) -> EditionHead:
    values = {name: getattr(row, name) for name in _COLUMNS}
    for name in _MOMENTS:
        values[name] = None if values[name] is None else from_seconds(values[name])
    return EditionHead(**values)
