"""Rows of the table `edition` as editions; by plain SQL those whose web views are public."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from digest.editions.edition import Choices, Edition
from digest.newsroom.log import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["build_edition", "last_finished", "read_public_editions", "read_rhythm"]

_PUBLIC = """
    SELECT * FROM edition WHERE started_at IS NOT NULL AND archive IS NOT NULL AND moment <= coalesce(?, moment)
    ORDER BY moment DESC, id DESC
"""


def read_public_editions(connection: AnyConnection, until: datetime | None = None) -> Sequence[Edition]:
    """The editions whose first copy has left, newest first; none of a later moment than `until`."""
    found = driver(connection).execute(_PUBLIC, (None if until is None else to_seconds(until),))
    row = namedtuple("row", [column[0] for column in found.description])  # type: ignore[misc]
    return [build_edition(row._make(values)) for values in found]


def read_rhythm(connection: AnyConnection, name: str) -> str:
    """The rhythm of an edition; empty when there is none of that id."""
    found = driver(connection).execute("SELECT rhythm FROM edition WHERE id = ?", (name,)).fetchone()
    return "" if found is None else str(found[0])


def last_finished(connection: AnyConnection, list_id: str, rhythm: str) -> str:
    """The id of the newest finished edition of a list and rhythm, empty when there is none; parts and extras aside."""
    query = """
        SELECT id FROM edition WHERE list_id = ? AND rhythm = ? AND state = 'finished' AND part = 1 AND extra = 0
        AND archive IS NOT NULL ORDER BY moment DESC, id DESC LIMIT 1
    """
    row = driver(connection).execute(query, (list_id, rhythm)).fetchone()
    return "" if row is None else str(row[0])


def build_edition(row: Any) -> Edition:
    """An edition from its row."""
    return Edition(
        id=row.id,
        list_id=row.list_id,
        rhythm=row.rhythm,
        period=row.period,
        part=row.part,
        extra=bool(row.extra),
        state=row.state,
        revision=row.revision,
        moment=from_seconds(row.moment),
        horizon=row.horizon,
        choices=Choices.parse(row.choices),
        changed_by=row.changed_by,
        changed_what=row.changed_what,
        changed_at=from_seconds(row.changed_at),
        approved_hash=row.approved_hash,
        approved_by=row.approved_by,
        approved_at=_moment(row.approved_at),
        manifest=json.loads(row.manifest or "{}"),
        frozen_hash=row.frozen_hash,
        earliest_at=_moment(row.earliest_at),
        started_at=_moment(row.started_at),
        finished_at=_moment(row.finished_at),
        paused_by=row.paused_by,
        paused_reason=row.paused_reason,
        audience_count=row.audience_count,
        archive=None if row.archive is None else json.loads(row.archive),
        edited_by=row.edited_by,
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_seconds(seconds)
