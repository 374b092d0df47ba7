"""What is known of letters that wait: how many, why single ones are not due, and what has passed the gates of the pace."""

from __future__ import annotations

from digest.delivery.waiting import Part, Queue
from digest.store.sqlite import AnyConnection, driver

__all__ = ["count_passed", "read_queue"]

_ASKED = "p.not_before > ?"
_LATER = "(p.not_before IS NULL OR p.not_before <= ?) AND d.next_at > ?"


def _part(condition: str, moment: str) -> str:
    return f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END), min(CASE WHEN {condition} THEN {moment} END)"


_QUEUE = f"""
    SELECT count(*), min(d.lane), {_part(_ASKED, "p.not_before")},
        {_part(f"{_LATER} AND d.attempt_count = 0", "d.next_at")}, {_part(f"{_LATER} AND d.attempt_count > 0", "d.next_at")}
    FROM delivery d LEFT JOIN domain_pace p ON p.domain_key = d.domain_key
    WHERE d.edition_id = ? AND d.state IN ('queued', 'picked')
"""  # noqa: S608 (all of it is our own words)


def read_queue(connection: AnyConnection, edition: str, now: int) -> Queue | None:
    """The letters of an edition that wait at a moment; None when it is not being sent."""
    plain = driver(connection)
    row = plain.execute(
        "SELECT list_id, coalesce(earliest_at, 0) FROM edition WHERE id = ? AND state = 'sending'", (edition,)
    ).fetchone()
    if row is None:
        return None
    list_id, earliest_at = row
    number, lane, *parts = plain.execute(_QUEUE, (*[now] * (_QUEUE.count("?") - 1), edition)).fetchone()
    asked, paced, tried = (Part(parts[at] or 0, parts[at + 1] or 0) for at in (0, 2, 4))
    return Queue(list_id, lane or 0, number, earliest_at, asked, paced, tried)


def count_passed(connection: AnyConnection, gate: str) -> int:
    """How many letters have passed the gate of that name."""
    row = driver(connection).execute("SELECT count FROM rate WHERE name = ?", (gate,)).fetchone()
    return row[0] if row else 0
