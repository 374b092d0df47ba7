"""The release log in the database: plain SQL, in whichever transaction the caller is in.

The lines of the log are read without the contents that they name. Moments are whole seconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from digest.errors import ContentError
from digest.items.model import Content
from digest.newsroom.log import ContentSource, EventType, Line, from_seconds, to_seconds
from digest.newsroom.public import Newsroom, fold_lines
from digest.store.contents import open_contents
from digest.store.sqlite import AnyConnection, driver, find_file

__all__ = [
    "append_lines",
    "concerns_editions",
    "from_seconds",
    "log_end",
    "log_position",
    "newest_moment",
    "read_lines",
    "read_newsroom",
    "to_seconds",
]

_COLUMNS = ", ".join(Line._fields)
_INSERT = f"INSERT INTO event ({_COLUMNS}) VALUES ({', '.join('?' * len(Line._fields))})"  # noqa: S608 (our own names)
_END = 2**62
_OPEN_EDITIONS = """
    SELECT EXISTS (SELECT 1 FROM edition WHERE state IN ('draft', 'approved', 'frozen', 'sending', 'paused'))
    OR EXISTS (
        SELECT 1 FROM edition e WHERE e.state = 'finished'
        AND EXISTS (SELECT 1 FROM delivery d WHERE d.edition_id = e.id AND d.state = 'held')
    )
"""


def read_newsroom(connection: AnyConnection, until: int | None = None, contents: ContentSource | None = None) -> Newsroom:
    """The newsroom as the log makes it, up to a position; no content is read.

    Args:
        until: the last number that counts; all when none is named.
        contents: where contents are found when they are asked for; the connection's file when nothing else is named.
    """
    return fold_lines(read_lines(connection, until), contents or open_contents(find_file(connection)))


def read_lines(connection: AnyConnection, until: int | None = None, *, after: int = 0) -> Iterator[Line]:
    """The lines of the log in order, behind one position and up to another."""
    query = f"SELECT {_COLUMNS} FROM event WHERE number > ? AND number <= ? ORDER BY number"  # noqa: S608 (our own names)
    return map(Line._make, driver(connection).execute(query, (after, _END if until is None else until)))


def append_lines(connection: AnyConnection, lines: Sequence[Line], contents: ContentSource) -> None:
    """Append lines, numbered from the log's end on, and the contents that they name. At most one content is held at a time.

    Raises:
        ContentError: a content is not the one that a line names; nothing may be kept of the transaction then.
    """
    plain = driver(connection)
    plain.executemany(
        "INSERT INTO version (hash, content) VALUES (?, ?) ON CONFLICT DO NOTHING",
        ((line.version, _find_content(line, contents).canonical) for line in lines),
    )
    plain.executemany(_INSERT, lines)


def _find_content(line: Line, contents: ContentSource) -> Content:
    content = contents(line.version)
    if content.version != line.version:
        raise ContentError(f"item {line.item}", "it was changed while it was published", "Run the command again.")
    return content


def concerns_editions(connection: AnyConnection, lines: Iterable[Line]) -> bool:
    """Whether there are editions that these events may concern; if not, nobody need look at editions at all."""
    if all(line.type == EventType.RELEASED for line in lines):
        return False
    return bool(driver(connection).execute(_OPEN_EDITIONS).fetchone()[0])


def log_end(connection: AnyConnection) -> int:
    """The number of the newest event, 0 for an empty log."""
    return int(driver(connection).execute("SELECT coalesce(max(number), 0) FROM event").fetchone()[0])


def log_position(connection: AnyConnection, moment: datetime) -> int:
    """The number of the last event at or before a moment, 0 when there is none."""
    query = "SELECT number FROM event WHERE at <= ? ORDER BY number DESC LIMIT 1"
    row = driver(connection).execute(query, (to_seconds(moment),)).fetchone()
    return 0 if row is None else int(row[0])


def newest_moment(connection: AnyConnection) -> datetime | None:
    """The moment of the newest event."""
    row = driver(connection).execute("SELECT at FROM event ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else from_seconds(row[0])
