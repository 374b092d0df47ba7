"""Standing approvals in the database: what staff approved once for all editions of a list and rhythm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.newsroom.log import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["StandingApproval", "drop_standing", "keep_standing", "read_standing"]


@dataclass(frozen=True, slots=True)
class StandingApproval:
    """A person's word for all editions of a list and rhythm, as long as the parts of the manifest stay as they are."""

    list_id: str
    rhythm: str
    manifest: Mapping[str, str]
    approved_by: str
    approved_at: datetime


def read_standing(connection: AnyConnection) -> list[StandingApproval]:
    """All of them, by list and rhythm."""
    query = "SELECT list_id, rhythm, manifest, approved_by, approved_at FROM standing_approval ORDER BY list_id, rhythm"
    return [
        StandingApproval(list_id, rhythm, json.loads(manifest), approved_by, from_seconds(approved_at))
        for list_id, rhythm, manifest, approved_by, approved_at in driver(connection).execute(query)
    ]


def keep_standing(connection: AnyConnection, approval: StandingApproval) -> None:
    """Keep one, in place of the former one of that list and rhythm."""
    drop_standing(connection, approval.list_id, approval.rhythm)
    driver(connection).execute(
        "INSERT INTO standing_approval (list_id, rhythm, manifest, approved_by, approved_at) VALUES (?, ?, ?, ?, ?)",
        (
            approval.list_id,
            approval.rhythm,
            json.dumps(dict(approval.manifest), sort_keys=True),
            approval.approved_by,
            to_seconds(approval.approved_at),
        ),
    )


def drop_standing(connection: AnyConnection, list_id: str, rhythm: str) -> bool:
    """Forget one; whether there was one."""
    query = "DELETE FROM standing_approval WHERE list_id = ? AND rhythm = ?"
    return driver(connection).execute(query, (list_id, rhythm)).rowcount == 1
