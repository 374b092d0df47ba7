"""The newsroom: all items as published at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from digest.items.model import Content
from digest.newsroom.log import Event, EventType

__all__ = ["Newsroom", "Published", "build_newsroom"]


@dataclass(frozen=True, slots=True)
class Published:
    """An item as the public sees it: its newest event, and the number of its release."""

    event: Event
    released: int

    @property
    def id(self) -> str:
        """The item's id."""
        return self.event.item

    @property
    def content(self) -> Content:
        """The item's validated content in its present version."""
        return self.event.content

    @property
    def entry_id(self) -> str:
        """The permanent tag: URI (RFC 4151)."""
        return self.event.entry_id

    @property
    def published_at(self) -> datetime:
        """The moment of first publication; never changes."""
        return self.event.published_at

    @property
    def updated_at(self) -> datetime:
        """The moment of the last significant change; never goes back."""
        return self.event.updated_at

    @property
    def number(self) -> int:
        """The log number of its newest event."""
        return self.event.number

    @property
    def at(self) -> datetime:
        """The moment of its newest event."""
        return self.event.at

    @property
    def type(self) -> EventType:
        """What its newest event was."""
        return self.event.type

    @property
    def version(self) -> str:
        """The SHA-256 that names its present content."""
        return self.event.content.version

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that its file names."""
        return self.event.content.topics

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.event.content.kind

    @property
    def language(self) -> str:
        """The tag of its language."""
        return self.event.content.language

    @property
    def root(self) -> str:
        """The id of its translation group."""
        return self.event.content.root

    @property
    def day(self) -> date:
        """Its day on the newsroom's calendar."""
        return self.event.content.date

    @property
    def photo(self) -> str | None:
        """The SHA-256 (hexadecimal) of its photo file as it was given."""
        return self.event.photo

    @property
    def corrections(self) -> int:
        """How often it was corrected."""
        return self.event.corrections

    @property
    def is_withdrawn(self) -> bool:
        """Whether only a notice of it is left."""
        return self.event.type is EventType.WITHDRAWN


@dataclass(frozen=True)
class Newsroom:
    """All items that are public, newest first: by published moment, then by log number.

    `end` is the log's last number, `at` the moment of its last event (None while nothing was published).
    """

    items: tuple[Published, ...]
    end: int
    at: datetime | None

    @cached_property
    def by_id(self) -> Mapping[str, Published]:
        """Each item by its id."""
        return {item.id: item for item in self.items}

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """Each item's place, 0 for the newest published, by its id."""
        return {item.id: place for place, item in enumerate(self.items)}

    def select(
        self, topic: str | None = None, kind: str | None = None, language: str | None = None
    ) -> tuple[Published, ...]:
        """The items of a topic, kind and language; None means any."""
        return tuple(
            item
            for item in self.items
            if (topic is None or topic in item.topics)
            and (kind is None or item.kind == kind)
            and (language is None or item.language == language)
        )

    def __iter__(self) -> Iterator[Published]:
        return iter(self.items)


def build_newsroom(events: Iterable[Event]) -> Newsroom:
    """Fold a release log, or its first part up to a horizon, to the newsroom it makes public."""
    newest: dict[str, Event] = {}
    released: dict[str, int] = {}
    last: Event | None = None
    for event in events:
        newest[event.item] = event
        released.setdefault(event.item, event.number)
        last = event
    items = [Published(event, released[name]) for name, event in newest.items()]
    items.sort(key=lambda item: (item.published_at, item.released), reverse=True)
    return Newsroom(tuple(items), last.number if last else 0, last.at if last else None)
