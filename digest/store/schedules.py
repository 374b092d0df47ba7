"""What schedules keep between two looks, and the few facts that they decide by: plain SQL, cheap enough to ask every second.

The record of a schedule is a fact of the database, so it is written in the same transaction as what was done.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from digest.editions.schedule import EditionFacts, Facts, Record, Turn
from digest.newsroom.log import from_seconds, to_seconds
from digest.store.facts import drop_fact, keep_fact, read_fact
from digest.store.releases import log_position
from digest.store.sqlite import AnyConnection, driver

__all__ = ["drop_records", "keep_record", "read_facts", "read_open_periods", "read_record", "read_record_names"]

_NOTE = "schedule "
_MOMENTS = ("prepare_at", "slot_at", "closes_at")
_REGULAR = "list_id = ? AND rhythm = ? AND part = 1 AND extra = 0"
_PRESENT = f"SELECT id, state, revision, horizon FROM edition WHERE {_REGULAR} AND period = ?"  # noqa: S608 (our own words)
_LEFT = (
    f"SELECT id FROM edition WHERE {_REGULAR} AND period < ? "  # noqa: S608 (our own words)
    "AND state IN ('approved', 'frozen') ORDER BY period"
)
_OPEN = f"SELECT period FROM edition WHERE {_REGULAR} AND state IN ('draft', 'approved', 'frozen')"  # noqa: S608
_STANDING = "SELECT approved_at FROM standing_approval WHERE list_id = ? AND rhythm = ?"


def read_record(connection: AnyConnection, list_id: str, rhythm: str) -> Record | None:
    """What the schedule of a list and rhythm keeps; None while it has kept nothing."""
    text = read_fact(connection, _name(list_id, rhythm))
    if text is None:
        return None
    values: dict[str, Any] = json.loads(text)
    values |= {name: from_seconds(values[name]) for name in _MOMENTS}
    values["weighed"] = tuple(values["weighed"])
    return Record(values.pop("schedule"), asked=tuple(values.pop("asked")), turn=Turn(**values))


def keep_record(connection: AnyConnection, list_id: str, rhythm: str, record: Record) -> None:
    """Keep a record, in place of the former one."""
    values: dict[str, Any] = {"schedule": record.schedule, "asked": record.asked, **asdict(record.turn)}
    values |= {name: to_seconds(values[name]) for name in _MOMENTS}
    keep_fact(connection, _name(list_id, rhythm), json.dumps(values))


def read_record_names(connection: AnyConnection) -> list[tuple[str, str]]:
    """The lists and rhythms of which there are records."""
    rows = driver(connection).execute("SELECT name FROM fact WHERE name LIKE ?", (_NOTE + "%",))
    return [(name.split(" ")[1], name.split(" ")[2]) for (name,) in rows]


def drop_records(connection: AnyConnection, names: Sequence[tuple[str, str]]) -> None:
    """Forget the records of these lists and rhythms."""
    for list_id, rhythm in names:
        drop_fact(connection, _name(list_id, rhythm))


def read_facts(connection: AnyConnection, list_id: str, rhythm: str, period: str, now: datetime) -> Facts:
    """What is so now; `standing` is the moment of the standing approval for that list and rhythm, empty without one."""
    plain = driver(connection)
    row = plain.execute(_PRESENT, (list_id, rhythm, period)).fetchone()
    left = plain.execute(_LEFT, (list_id, rhythm, period)).fetchall()
    standing = plain.execute(_STANDING, (list_id, rhythm)).fetchone()
    return Facts(
        edition=EditionFacts(*row) if row else None,
        log_end=log_position(connection, now),
        standing=str(standing[0]) if standing else "",
        left=tuple(name for (name,) in left),
    )


def read_open_periods(connection: AnyConnection, list_id: str, rhythm: str) -> frozenset[str]:
    """The periods of a list and rhythm of which there are editions that are not sent yet."""
    return frozenset(period for (period,) in driver(connection).execute(_OPEN, (list_id, rhythm)))


def _name(list_id: str, rhythm: str) -> str:
    return f"{_NOTE}{list_id} {rhythm}"
