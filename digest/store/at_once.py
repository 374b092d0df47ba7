"""Which lists wait for an edition at once: noted with the events that call for it, so that no crash between loses one.

The note of a list is the position in the log behind which something happened that it has had no edition for yet.
"""

from __future__ import annotations

from collections.abc import Iterable

from digest.newsroom.log import EventType, Line
from digest.store.facts import drop_fact, keep_fact, read_fact
from digest.store.releases import log_end
from digest.store.sqlite import AnyConnection, driver

__all__ = ["clear_due", "has_audience", "keep_due", "read_approved", "read_due", "read_made", "was_ever_urgent"]

_NOTE = "at once "


def keep_due(connection: AnyConnection, list_id: str, position: int) -> None:
    """Note that something happened behind a position; an earlier note stays as it is."""
    if read_fact(connection, _NOTE + list_id) is None:
        keep_fact(connection, _NOTE + list_id, str(position))


def read_due(connection: AnyConnection) -> dict[str, int]:
    """The lists that wait, in the order of their ids, each with its position."""
    rows = driver(connection).execute("SELECT name, value FROM fact WHERE name LIKE ? ORDER BY name", (_NOTE + "%",))
    return {row[0].removeprefix(_NOTE): int(row[1]) for row in rows}


def clear_due(connection: AnyConnection, list_id: str, horizon: int) -> None:
    """Take the note back for all that happened up to a horizon; what came to the log since stays noted."""
    if log_end(connection) > horizon:
        keep_fact(connection, _NOTE + list_id, str(horizon))
    else:
        drop_fact(connection, _NOTE + list_id)


def was_ever_urgent(connection: AnyConnection, lines: Iterable[Line]) -> bool:
    """Whether one of the items that these events are about is urgent, or was before one of them."""
    query = "SELECT EXISTS (SELECT 1 FROM event WHERE item = ? AND urgent = 1)"
    return any(
        line.urgent or (line.type != EventType.RELEASED and driver(connection).execute(query, (line.item,)).fetchone()[0])
        for line in lines
    )


def has_audience(connection: AnyConnection, list_id: str, *, urgent: bool) -> bool:
    """Whether anybody gets editions at once of a list; `urgent` counts those who chose urgent items at once, too."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM subscription WHERE list_id = ? AND state = 'active' "
        "AND (rhythm = 'at-once' OR (? AND urgent = 1)))"
    )
    return bool(driver(connection).execute(query, (list_id, urgent)).fetchone()[0])


def read_approved(connection: AnyConnection) -> list[str]:
    """The editions at once that are approved and not begun, the oldest first."""
    query = "SELECT id FROM edition WHERE rhythm = 'at-once' AND state IN ('approved', 'frozen') ORDER BY moment, id"
    return [row[0] for row in driver(connection).execute(query)]


def read_made(connection: AnyConnection, number: int) -> list[tuple[str, str, int | None]]:
    """The editions at once whose horizon lies at a position or behind it: id, state, and audience once they are frozen."""
    query = (
        "SELECT id, state, audience_count FROM edition WHERE rhythm = 'at-once' AND horizon >= ? AND part = 1 AND extra = 0 "
        "ORDER BY moment, id"
    )
    return driver(connection).execute(query, (number,)).fetchall()
