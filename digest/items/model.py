"""An item: one thing the newsroom publishes.

`Content` is what becomes public and what the release log keeps; `Item` adds what only decides *when* it becomes public, and
is light: it knows the few `Facts` that rules ask of all items, and reads its content when somebody asks for it. All moments
are aware UTC with whole seconds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict

__all__ = [
    "ID",
    "Attachment",
    "Content",
    "Correction",
    "Facts",
    "Item",
    "KnownItem",
    "Photo",
    "Status",
    "Withdrawal",
    "to_moment",
]

ID = re.compile(r"[a-z0-9-]{1,80}")
"""What an item's id may be."""

Status = Literal["draft", "ready"]
_SECOND = 1_000_000_000
_LAST = 253402300799  # the last second of the year 9999


class Value(BaseModel):
    """A frozen value; unknown fields are refused. What checks them is built when the first value is."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Photo(Value):
    """A picture: a file below items/photos/ or an https address, who made it and what it shows."""

    alt: str
    caption: str = ""
    credit: str
    src: str

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
    moment when a time was given: then `precise` is true). `body` is Markdown. The fields stand in the order of the
    alphabet, as they do in the canonical form.
    """

    attachments: tuple[Attachment, ...] = ()
    body: str = ""
    contact: str | None = None
    corrections: tuple[Correction, ...] = ()
    date: date
    date_at: datetime
    id: str
    issuer: str | None = None
    kind: str
    language: str
    photo: Photo | None = None
    precise: bool = False
    shortened: bool = False
    summary: str
    title: str
    topics: tuple[str, ...] = ()
    translation_of: str | None = None
    updated_at: datetime | None = None
    urgent: bool = False
    url: str | None = None
    withdrawn: Withdrawal | None = None

    @property
    def root(self) -> str:
        """The id of its translation group: the item it translates, else its own."""
        return self.translation_of or self.id

    @property
    def canonical(self) -> str:
        """JSON with sorted keys and no blanks: equal content, equal text, on every machine."""
        return self.model_dump_json(exclude_defaults=True)

    @cached_property
    def version(self) -> str:
        """The SHA-256 of the canonical JSON, in hexadecimal: the name of this version of the item."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


class Facts(NamedTuple):
    """What rules ask of every item, as values that a database keeps: moments in seconds since 1970.

    `photo` is the name of its local photo, `review` what is left to look at, with blanks between; the other names are those
    of `Item` and `Content`.
    """

    id: str
    version: str
    status: str
    date_at: int
    embargo_at: int | None
    language: str
    translation_of: str | None
    photo: str | None
    review: str


def to_moment(changed_ns: int) -> datetime:
    """When a file was changed, from nanoseconds since 1970; what lies outside the calendar is taken as its end."""
    return datetime.fromtimestamp(min(max(changed_ns // _SECOND, 0), _LAST), UTC)


def _build_facts(content: Content, status: Status, embargo_at: datetime | None, review: tuple[str, ...]) -> Facts:
    photo = content.photo
    return Facts(
        id=content.id,
        version=content.version,
        status=status,
        date_at=int(content.date_at.timestamp()),
        embargo_at=None if embargo_at is None else int(embargo_at.timestamp()),
        language=content.language,
        translation_of=content.translation_of,
        photo=photo.src if photo is not None and not photo.is_remote else None,
        review=" ".join(review),
    )


class Item:
    """An item file as read: its content, and what decides when it may be seen.

    `file` is its path as problems name it; `changed_at` the moment of the file's last change, as far as its reader knew it.
    Two items are equal when they are the same file and say the same.
    """

    __slots__ = ("_changed_ns", "_content", "_read", "facts", "file")

    def __init__(
        self,
        content: Content,
        file: str,
        status: Status = "ready",
        embargo_at: datetime | None = None,
        review: tuple[str, ...] = (),
        changed_at: datetime | None = None,
    ) -> None:
        self.file = file
        self.facts = _build_facts(content, status, embargo_at, review)
        self._content: Content | None = content
        self._changed_ns = None if changed_at is None else int(changed_at.timestamp()) * _SECOND
        self._read: Callable[[Item], Content] | None = None

    @property
    def content(self) -> Content:
        """All that readers can see of it.

        Raises:
            ContentError: the file was changed since the facts were read.
        """
        if self._content is None:
            assert self._read is not None
            return self._read(self)
        return self._content

    @property
    def id(self) -> str:
        """The item's permanent id."""
        return self.facts.id

    @property
    def version(self) -> str:
        """The SHA-256 (hexadecimal) that names its content."""
        return self.facts.version

    @property
    def status(self) -> Status:
        """Whether it is a draft, or ready."""
        return cast("Status", self.facts.status)

    @property
    def review(self) -> tuple[str, ...]:
        """What a person must still look at."""
        return tuple(self.facts.review.split())

    @property
    def language(self) -> str:
        """The tag of its language."""
        return self.facts.language

    @property
    def translation_of(self) -> str | None:
        """The id of the item that it translates."""
        return self.facts.translation_of

    @property
    def root(self) -> str:
        """The id of its translation group: the item it translates, else its own."""
        return self.facts.translation_of or self.facts.id

    @property
    def photo_src(self) -> str | None:
        """The name of its photo below items/photos/; None when it has none, or one on another host."""
        return self.facts.photo

    @property
    def embargo_at(self) -> datetime | None:
        """The moment before which nobody may see it."""
        moment = self.facts.embargo_at
        return None if moment is None else datetime.fromtimestamp(moment, UTC)

    @property
    def due_at(self) -> datetime:
        """The moment from which it may be public: its date and its embargo have both passed."""
        return datetime.fromtimestamp(max(self.facts.date_at, self.facts.embargo_at or self.facts.date_at), UTC)

    @property
    def changed_at(self) -> datetime | None:
        """When its file was last changed; None when it was not read from a file."""
        return None if self._changed_ns is None else to_moment(self._changed_ns)

    def is_due(self, now: datetime) -> bool:
        """Whether it is ready and its moment has come."""
        return self.facts.status == "ready" and self.due_at <= now

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Item) and (self.file, self.facts) == (other.file, other.facts)

    def __hash__(self) -> int:
        return hash((self.file, self.facts.version))

    def __repr__(self) -> str:
        return f"Item(file={self.file!r}, {', '.join(f'{name}={value!r}' for name, value in self.facts._asdict().items())})"


class KnownItem(Item):
    """An item of which only the facts are at hand.

    Args:
        changed_ns: when the file was last changed, in nanoseconds since 1970.
        read: reads the content when it is asked for.
    """

    __slots__ = ()

    def __init__(self, facts: Facts, file: str, changed_ns: int, read: Callable[[Item], Content]) -> None:
        self.file = file
        self.facts = facts
        self._content = None
        self._changed_ns = changed_ns
        self._read = read
