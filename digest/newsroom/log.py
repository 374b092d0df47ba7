"""The events of the release log: append-only, numbered from 1, each with the item's validated content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.items.model import Content

__all__ = ["ALL_TOPICS", "Event", "EventType"]

ALL_TOPICS = "*"
"""What every item enters when it is released: readers who follow everything follow this."""


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
