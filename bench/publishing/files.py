"""Item files as values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/London")
WORD = re.compile(rb"zq[0-9]{5}q")
"""A word that was made for one text and occurs nowhere else."""


@dataclass(frozen=True)
class Photo:
    """A photo as an item names it."""

    src: str
    alt: str
    caption: str
    credit: str


@dataclass(frozen=True)
class Text:
    """What an item file says; `stem` is its name without the ending, `fault` a way in which it is broken.

    `date` and `updated` are written as days or as moments in UTC, `2022-02-21` or `2022-02-21T10:00Z`; corrections and
    withdrawal are days with words.
    """

    stem: str
    title: str
    body: str
    date: str
    kind: str = "press-release"
    topics: tuple[str, ...] = ("ukraine",)
    language: str = "en"
    id: str = ""
    summary: str = ""
    issuer: str = ""
    contact: str = ""
    url: str = ""
    attachment: str = ""
    photo: Photo | None = None
    embargo: str = ""
    status: str = "ready"
    updated: str = ""
    corrections: tuple[tuple[str, str], ...] = ()
    withdrawn: tuple[str, str] | None = None
    translation_of: str = ""
    urgent: bool = False
    fault: str = ""

    @property
    def name(self) -> str:
        """The item's id."""
        return self.id or self.stem

    @property
    def claim(self) -> str:
        """The id that the file is known by while it is at fault."""
        return self.stem if self.fault == "empty" else self.name

    @property
    def is_draft(self) -> bool:
        """Whether it is a draft, as far as the file tells."""
        return self.status == "draft" and self.fault != "empty"

    @property
    def content(self) -> tuple[object, ...]:
        """All that readers can see of it."""
        hidden = ("stem", "id", "embargo", "status", "fault")
        return (self.name, *(getattr(self, field.name) for field in fields(self) if field.name not in hidden))

    @property
    def words(self) -> Iterable[str]:
        """The texts that stand in public while the item does."""
        photo = self.photo
        yield from (self.title, self.body, self.summary, self.issuer, self.contact, self.url, self.attachment, self.name)
        yield from (note for _, note in self.corrections)
        yield from (photo.alt, photo.caption, photo.credit) if photo else ()

    def render(self) -> bytes:
        """The file's bytes."""
        if self.fault == "empty":
            return b""
        lines = ["---", *(f"{name}: {value}" for name, value in self._head() if value)]
        if self.fault == "yaml":
            lines.append('contact: "never closed')
        if self.fault != "unclosed":
            lines.append("---")
        text = "\n".join([*lines, self.body, ""])
        return text.encode() + (b"\xff\n" if self.fault == "bytes" else b"")

    def _head(self) -> Iterable[tuple[str, str]]:
        for name in ("title", "summary", "issuer", "contact", "url"):
            yield name, _quote(getattr(self, name))
        for name in ("date", "embargo", "id", "language", "translation_of", "status", "updated"):
            yield name, getattr(self, name)
        yield "kind", "nothing" if self.fault == "kind" else self.kind
        yield "topics", f"[{', '.join(('moon',) if self.fault == 'topic' else self.topics)}]"
        yield "urgent", "true" if self.urgent else ""
        yield "attachments", self.attachment and f"[{{src: https://files.example.org/{self.attachment}.pdf, title: A file}}]"
        if self.photo:
            pairs = (f"{name}: {_quote(getattr(self.photo, name))}" for name in ("src", "alt", "caption", "credit"))
            yield "photo", f"{{{', '.join(pairs)}}}"
        notes = "".join(f"\n  - date: {day}\n    note: {_quote(note)}" for day, note in self.corrections)
        yield "corrections", notes
        if self.withdrawn:
            yield "withdrawn", f"\n  date: {self.withdrawn[0]}\n  reason: {_quote(self.withdrawn[1])}"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""


def read_date(text: str) -> datetime:
    """The first moment that a date stands for."""
    if len(text) > len("2022-02-21"):
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    day = date.fromisoformat(text)
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def write_moment(moment: datetime) -> str:
    """A moment as items name it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def today(now: datetime) -> str:
    """A moment's day on the newsroom's calendar."""
    return now.astimezone(ZONE).date().isoformat()
