"""Rows of readers grown old: floors that no longer matter become 0, and what nobody asks for any more is forgotten.

It changes nothing that any reader gets; it only lets settled readers share their rows.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from digest.desk.planning import read_log
from digest.editions.facts import build_facts, build_roots
from digest.editions.interests import build_forgotten, settled_position
from digest.settings import Settings
from digest.store.tidying import age_interests, find_age, prune_memories, read_moments, settled_position_of

__all__ = ["tidy_list"]


def tidy_list(connection: Connection, settings: Settings, list_id: str, now: datetime) -> None:
    """Age the interests and memories of a list's readers; may be repeated, and does nothing until more has grown old."""
    age = find_age(connection, list_id)
    if age is None:
        return
    moment = min(age, now)
    max_age = settings.lists[list_id].max_age
    settled = settled_position(read_moments(connection), moment, max_age)
    if settled <= settled_position_of(connection, list_id):
        return
    log = read_log(connection, settings)
    forgotten = build_forgotten(build_facts(log, len(log)), build_roots(log), moment, max_age)
    age_interests(connection, list_id, settled)
    prune_memories(connection, list_id, forgotten)
