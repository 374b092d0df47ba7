"""The events of the release log: append-only, numbered from 1, each with the item's validated content.

An event has two forms. `Event` is the whole of it; `Line` is the line that the log keeps of it, in plain values and without
the content, so that ten thousand of them are read in a moment. The content of a line is found by its version.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from digest.items.model import Content

__all__ = [
    "ALL_TOPICS",
    "ContentSource",
    "Event",
    "EventType",
    "Line",
    "build_event",
    "build_line",
    "from_seconds",
    "parse_day",
    "parse_topics",
    "to_seconds",
]

ALL_TOPICS = "*"
"""What every item enters when it is released: readers who follow everything follow this."""

ContentSource = Callable[[str], Content]
"""Finds a content by its version; it may read it from somewhere, and raise a DigestError when it is not to be had."""


class EventType(StrEnum):
    """What can happen to an item in public."""

    RELEASED = "released"
    REFILED = "refiled"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Event:
    """One event, with all that outputs need to know of the item from here on.

    `number` is the position in the log (0 while it is only planned); `at` the moment it was logged; `entry_id` the tag: URI
    (RFC 4151) made once for the item; `published_at` never changes after the release; `updated_at` moves with corrections
    and withdrawal only and never goes back; `entered` are the topics the item enters here, `*` among them at its release;
    `corrections` counts the `corrected` events so far; `photo` is the SHA-256 (hexadecimal) of the photo file as it was
    given, None without a local photo; `backfill` marks history that is mailed to nobody.
    """

    type: EventType
    item: str
    at: datetime
    entry_id: str
    content: Content
    published_at: datetime
    updated_at: datetime
    entered: tuple[str, ...] = ()
    corrections: int = 0
    photo: str | None = None
    backfill: bool = False
    number: int = 0


class Line(NamedTuple):
    """An event as the log keeps it: whole seconds since 1970 (UTC) for moments, ISO 8601 for days, JSON for lists, 0 or 1.

    `version` names the content; from `kind` on stand copies of what lists, feeds and mail choose items by.
    """

    number: int
    type: str
    item: str
    at: int
    version: str
    entry_id: str
    published_at: int
    updated_at: int
    entered: str
    corrections: int
    photo: str | None
    backfill: int
    kind: str
    language: str
    root: str
    day: str
    topics: str
    urgent: int


def build_line(event: Event) -> Line:
    """The line that the log keeps of an event."""
    content = event.content
    return Line(
        number=event.number,
        type=event.type.value,
        item=event.item,
        at=to_seconds(event.at),
        version=content.version,
        entry_id=event.entry_id,
        published_at=to_seconds(event.published_at),
        updated_at=to_seconds(event.updated_at),
        entered=_join(event.entered),
        corrections=event.corrections,
        photo=event.photo,
        backfill=int(event.backfill),
        kind=content.kind,
        language=content.language,
        root=content.root,
        day=content.date.isoformat(),
        topics=_join(content.topics),
        urgent=int(content.urgent),
    )


def _join(topics: tuple[str, ...]) -> str:
    return json.dumps(topics, separators=(",", ":"))


def build_event(line: Line, content: Content) -> Event:
    """The event that a line was made of, given its content."""
    return Event(
        type=EventType(line.type),
        item=line.item,
        at=from_seconds(line.at),
        entry_id=line.entry_id,
        content=content,
        published_at=from_seconds(line.published_at),
        updated_at=from_seconds(line.updated_at),
        entered=parse_topics(line.entered),
        corrections=line.corrections,
        photo=line.photo,
        backfill=bool(line.backfill),
        number=line.number,
    )


def to_seconds(moment: datetime) -> int:
    """A moment as the log keeps it."""
    return int(moment.timestamp())


def from_seconds(seconds: int) -> datetime:
    """A moment from the log, aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=4096)
def parse_topics(text: str) -> tuple[str, ...]:
    """Topics from a line; the same few combinations come again and again."""
    return tuple(json.loads(text))


@lru_cache(maxsize=4096)
def parse_day(text: str) -> date:
    """A day from a line."""
    return date.fromisoformat(text)
