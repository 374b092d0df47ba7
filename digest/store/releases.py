"""The release log in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from digest.items.model import Content
from digest.newsroom.log import Event, EventType
from digest.store.schema import event as event_table
from digest.store.schema import version as version_table

__all__ = ["append_events", "from_seconds", "log_end", "log_position", "newest_moment", "read_events", "to_seconds"]


def to_seconds(moment: datetime) -> int:
    """A moment as the database keeps it."""
    return int(moment.timestamp())


def from_seconds(seconds: int) -> datetime:
    """A moment from the database, aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def read_events(connection: Connection, horizon: int | None = None) -> Iterator[Event]:
    """The log in order, up to a horizon."""
    query = (
        select(event_table, version_table.c.content)
        .join(version_table, version_table.c.hash == event_table.c.version)
        .order_by(event_table.c.number)
    )
    if horizon is not None:
        query = query.where(event_table.c.number <= horizon)
    contents: dict[str, Content] = {}
    for row in connection.execute(query):
        content = contents.get(row.version)
        if content is None:
            content = contents[row.version] = Content.model_validate_json(row.content)
        yield Event(
            type=EventType(row.type),
            item=row.item,
            at=from_seconds(row.at),
            entry_id=row.entry_id,
            content=content,
            published_at=from_seconds(row.published_at),
            updated_at=from_seconds(row.updated_at),
            entered=tuple(json.loads(row.entered)),
            corrections=row.corrections,
            photo=row.photo,
            backfill=bool(row.backfill),
            number=row.number,
        )


def append_events(connection: Connection, events: Sequence[Event]) -> tuple[Event, ...]:
    """Append planned events at the log's end, in this order; the same events with their numbers."""
    if not events:
        return ()
    end = log_end(connection)
    numbered = tuple(replace(planned, number=end + place) for place, planned in enumerate(events, 1))
    contents = {event.content.version: event.content for event in numbered}
    rows = [_version_row(content) for content in contents.values()]
    connection.execute(insert(version_table).on_conflict_do_nothing(), rows)
    connection.execute(event_table.insert(), [_row(event) for event in numbered])
    return numbered


def log_end(connection: Connection) -> int:
    """The number of the newest event, 0 for an empty log."""
    return connection.execute(select(func.max(event_table.c.number))).scalar() or 0


def log_position(connection: Connection, moment: datetime) -> int:
    """The number of the last event at or before a moment, 0 when there is none."""
    query = select(func.max(event_table.c.number)).where(event_table.c.at <= to_seconds(moment))
    return connection.execute(query).scalar() or 0


def newest_moment(connection: Connection) -> datetime | None:
    """The moment of the newest event."""
    seconds = connection.execute(select(func.max(event_table.c.at))).scalar()
    return None if seconds is None else from_seconds(seconds)


def _version_row(content: Content) -> dict[str, object]:
    return {
        "hash": content.version,
        "content": content.canonical,
        "kind": content.kind,
        "language": content.language,
        "root": content.root,
        "day": content.date.isoformat(),
        "topics": json.dumps(content.topics),
    }


def _row(event: Event) -> dict[str, object]:
    return {
        "number": event.number,
        "type": event.type.value,
        "item": event.item,
        "at": to_seconds(event.at),
        "version": event.content.version,
        "entry_id": event.entry_id,
        "published_at": to_seconds(event.published_at),
        "updated_at": to_seconds(event.updated_at),
        "entered": json.dumps(event.entered),
        "corrections": event.corrections,
        "photo": event.photo,
        "backfill": int(event.backfill),
    }
