"""The newsroom: all items as published at a moment.

It is folded from the lines of the release log, which are light; contents stay where they are kept until one is asked for.
So a newsroom of ten thousand items is built in a moment, and who needs only ids, topics, kinds or moments never waits for
texts. What is derived from a line (moments, topics) is derived when it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from digest.items.model import Content
from digest.newsroom.log import (
    ContentSource,
    Event,
    EventType,
    Line,
    build_line,
    from_seconds,
    parse_day,
    parse_topics,
)

__all__ = ["Newsroom", "Published", "build_newsroom", "extend_newsroom", "fold_lines"]

_RELEASED, _WITHDRAWN = EventType.RELEASED.value, EventType.WITHDRAWN.value


@dataclass(frozen=True, slots=True)
class Published:
    """An item as the public sees it: the line of its newest event, that of its release, and where contents are found.

    Two are equal when these lines are, for the version tells the content.
    """

    line: Line
    release: Line
    contents: ContentSource = field(compare=False, repr=False)

    @property
    def id(self) -> str:
        """The item's id."""
        return self.line.item

    @property
    def content(self) -> Content:
        """The item's validated content in its present version; it is read when asked for, so ask only to render it.

        Raises:
            StoreError: it is kept in the database and cannot be read.
        """
        return self.contents(self.line.version)

    @property
    def entry_id(self) -> str:
        """The permanent tag: URI (RFC 4151)."""
        return self.line.entry_id

    @property
    def published_at(self) -> datetime:
        """The moment of first publication; never changes."""
        return from_seconds(self.line.published_at)

    @property
    def updated_at(self) -> datetime:
        """The moment of the last significant change; never goes back."""
        return from_seconds(self.line.updated_at)

    @property
    def number(self) -> int:
        """The log number of its newest event."""
        return self.line.number

    @property
    def at(self) -> datetime:
        """The moment of its newest event."""
        return from_seconds(self.line.at)

    @property
    def type(self) -> EventType:
        """What its newest event was."""
        return EventType(self.line.type)

    @property
    def released(self) -> int:
        """The log number of its release."""
        return self.release.number

    @property
    def released_at(self) -> datetime:
        """The moment of its release; never before that of an item with a lower `released`."""
        return from_seconds(self.release.at)

    @property
    def backfill(self) -> bool:
        """Whether it was released as history."""
        return bool(self.release.backfill)

    @property
    def version(self) -> str:
        """The SHA-256 (hexadecimal) that names its present content."""
        return self.line.version

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that its file names."""
        return parse_topics(self.line.topics)

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.line.kind

    @property
    def language(self) -> str:
        """The tag of its language."""
        return self.line.language

    @property
    def root(self) -> str:
        """The id of its translation group."""
        return self.line.root

    @property
    def day(self) -> date:
        """Its day on the newsroom's calendar."""
        return parse_day(self.line.day)

    @property
    def photo(self) -> str | None:
        """The SHA-256 (hexadecimal) of its photo file as it was given."""
        return self.line.photo

    @property
    def corrections(self) -> int:
        """How often it was corrected."""
        return self.line.corrections

    @property
    def is_withdrawn(self) -> bool:
        """Whether only a notice of it is left."""
        return self.line.type == _WITHDRAWN


@dataclass(frozen=True)
class Newsroom:
    """All items that are public, newest first: by published moment, then by log number.

    `end` is the log's last number, `at` the moment of its last event (None while nothing was published). `left` tells when
    an item last left a topic, a kind or a language, because staff gave it another one: seconds since 1970, by the id that
    it left.
    """

    items: tuple[Published, ...]
    end: int
    at: datetime | None
    left: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Published]:
        """Each item by its id."""
        return {item.id: item for item in self.items}

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """Each item's place, 0 for the newest published, by its id."""
        return {item.id: place for place, item in enumerate(self.items)}

    def select(
        self, topic: str | Collection[str] | None = None, kind: str | None = None, language: str | None = None
    ) -> tuple[Published, ...]:
        """The items of a topic, kind and language, newest first; None means any.

        Several topics mean the items of at least one of them, each once: with `topics_into(topic, settings)` the items of a
        topic and of those that moved to it. Cheap to ask for each of many topics: items are sorted by topic once.
        """
        found = self._of_topics(topic)
        if kind is not None:
            found = [item for item in found if item.kind == kind]
        if language is not None:
            found = [item for item in found if item.language == language]
        return tuple(found)

    def _of_topics(self, topic: str | Collection[str] | None) -> Sequence[Published]:
        if topic is None:
            return self.items
        if isinstance(topic, str):
            return self._by_topic.get(topic, ())
        found = {item.id: item for one in topic for item in self._by_topic.get(one, ())}
        return sorted(found.values(), key=lambda item: self.ranks[item.id]) if len(topic) > 1 else [*found.values()]

    @cached_property
    def _by_topic(self) -> Mapping[str, Sequence[Published]]:
        found: dict[str, list[Published]] = {}
        for item in self.items:
            for topic in item.topics:
                found.setdefault(topic, []).append(item)
        return found

    def __iter__(self) -> Iterator[Published]:
        return iter(self.items)


def build_newsroom(events: Iterable[Event]) -> Newsroom:
    """Fold a release log, or its first part up to a horizon, to the newsroom it makes public; contents stay in memory."""
    lines: list[Line] = []
    contents: dict[str, Content] = {}
    for event in events:
        line = build_line(event)
        lines.append(line)
        contents[line.version] = event.content
    return fold_lines(lines, contents.__getitem__)


def fold_lines(lines: Iterable[Line], contents: ContentSource) -> Newsroom:
    """Fold the lines of a release log, or of its first part, to the newsroom they make public."""
    return extend_newsroom(Newsroom((), 0, None), lines, contents)


def extend_newsroom(newsroom: Newsroom, lines: Iterable[Line], contents: ContentSource) -> Newsroom:
    """The newsroom after further lines of its log; contents of the items in these lines are found by `contents`."""
    newest: dict[str, Line] = {}
    first: dict[str, Line] = {}
    left = dict(newsroom.left)
    last: Line | None = None
    for last in lines:
        if last.type != _RELEASED:
            known = newsroom.by_id.get(last.item)
            before = newest.get(last.item) or (known.line if known else last)
            left |= dict.fromkeys(_shelves(before) - _shelves(last), last.at)
        newest[last.item] = last
        first.setdefault(last.item, last)
    if last is None:
        return newsroom
    kept = [item for item in newsroom if item.id not in newest]
    first |= {name: newsroom.by_id[name].release for name in newest.keys() & newsroom.by_id.keys()}
    changed = [Published(line, first[name], contents) for name, line in newest.items()]
    items = sorted([*kept, *changed], key=_place, reverse=True)
    return Newsroom(tuple(items), last.number, from_seconds(last.at), left)


def _shelves(line: Line) -> set[str]:
    """The ids of the topics, the kind and the language that an item stands in."""
    return {*parse_topics(line.topics), line.kind, line.language}


def _place(item: Published) -> tuple[int, int]:
    return item.line.published_at, item.release.number
