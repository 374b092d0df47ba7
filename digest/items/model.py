"""An item: one thing the newsroom publishes.

`Content` is what becomes public and what the release log keeps; `Item` adds what only decides *when* it becomes public.
Both are frozen. All moments are aware UTC with whole seconds.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["Attachment", "Content", "Correction", "Item", "Photo", "Withdrawal"]


class Value(BaseModel):
    """A frozen value; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Photo(Value):
    """A picture: a file below items/photos/ or an https address, who made it and what it shows."""

    src: str
    alt: str
    caption: str = ""
    credit: str

    @property
    def is_remote(self) -> bool:
        """Whether it lies on another host and is only linked or loaded from there."""
        return self.src.startswith("https://")


class Correction(Value):
    """A labelled fix of a factual error: its day on the newsroom's calendar, and what was wrong."""

    date: date
    note: str


class Withdrawal(Value):
    """An item taken back: since when, and the reason that readers are told."""

    date: date
    reason: str


class Attachment(Value):
    """A file or address that belongs to the item, with the words of its link."""

    src: str
    title: str


class Content(Value):
    """All of an item that readers can see.

    `date` is the day on the newsroom's calendar, `date_at` the first moment it stands for (00:00 of that day, or the very
    moment when a time was given: then `precise` is true). `body` is Markdown.
    """

    id: str
    title: str
    kind: str
    topics: tuple[str, ...] = ()
    summary: str
    shortened: bool = False
    language: str
    translation_of: str | None = None
    url: str | None = None
    date: date
    date_at: datetime
    precise: bool = False
    updated_at: datetime | None = None
    photo: Photo | None = None
    body: str = ""
    corrections: tuple[Correction, ...] = ()
    withdrawn: Withdrawal | None = None
    urgent: bool = False
    issuer: str | None = None
    contact: str | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def root(self) -> str:
        """The id of its translation group: the item it translates, else its own."""
        return self.translation_of or self.id

    @cached_property
    def canonical(self) -> str:
        """JSON with sorted keys and no blanks: equal content, equal text, on every machine."""
        data = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @cached_property
    def version(self) -> str:
        """The SHA-256 of the canonical JSON, in hexadecimal: the name of this version of the item."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


class Item(Value):
    """An item file as read: its content, and what decides when it may be seen."""

    content: Content
    file: str
    status: Literal["draft", "ready"] = "ready"
    embargo_at: datetime | None = None
    review: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The item's permanent id."""
        return self.content.id

    @property
    def due_at(self) -> datetime:
        """The moment from which it may be public: its date and its embargo have both passed."""
        return max(self.content.date_at, self.embargo_at) if self.embargo_at else self.content.date_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is ready and its moment has come."""
        return self.status == "ready" and self.due_at <= now
