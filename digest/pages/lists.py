"""Items gathered to pages: the lead and the list by day, topics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal

from digest.newsroom.public import Published
from digest.pages.views import ItemCard

__all__ = [
    "LIST_LENGTH", "DayView", "FrontView", "TopicView", "choose_front", "choose_versions", "divide", "group_by_day",
]  # fmt: skip

LIST_LENGTH = 50
"""How many items a front or topic page lists; older ones are in the archive."""


@dataclass(frozen=True, slots=True)
class DayView:
    """The items of one day on the newsroom's calendar, newest first."""

    day: date
    cards: tuple[ItemCard, ...]

    @property
    def stamp(self) -> str:
        """The day for machines: 2022-02-28."""
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class FrontView:
    """The front page: the newest item as its lead, then the list by day; `has_older` when the archive holds more."""

    lead: ItemCard | None
    days: tuple[DayView, ...]
    has_older: bool


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic's page. `ended_on` is the day on which it ended, when that has come."""

    id: str
    title: str
    days: tuple[DayView, ...] = ()
    has_older: bool = False
    ended_on: date | None = None


def choose_versions(items: Iterable[Published], language: str) -> tuple[Published, ...]:
    """One version of each translation group, in the order of the items: this language's, else the root's, else the newest.

    A version that is not withdrawn comes before one that is.
    """
    items = tuple(items)
    chosen: dict[str, Published] = {}
    for item in items:
        root = item.root
        if root not in chosen or _preference(item, language) < _preference(chosen[root], language):
            chosen[root] = item
    return tuple(item for item in items if chosen[item.root] is item)


def _preference(item: Published, language: str) -> tuple[bool, bool, bool]:
    return item.is_withdrawn, item.language != language, item.root != item.id


def choose_front(items: Sequence[Published]) -> tuple[Published | None, tuple[Published, ...]]:
    """What the front page opens with, which is the newest item that stands, and the others, as many as it lists."""
    lead = next((item for item in items if not item.is_withdrawn), None)
    others = (item for item in items if item is not lead)
    return lead, tuple(islice(others, LIST_LENGTH))


def divide(items: Iterable[Published], by: Literal["year", "month", "day"]) -> tuple[tuple[str, tuple[Published, ...]], ...]:
    """Items under their years, months or days on the newsroom's calendar (2022, 2022-02, 2022-02-28), the newest first."""
    length = {"year": 4, "month": 7, "day": 10}[by]
    found: dict[str, list[Published]] = {}
    for item in items:
        found.setdefault(item.line.day[:length], []).append(item)
    return tuple((name, tuple(found[name])) for name in sorted(found, reverse=True))


def group_by_day(cards: Iterable[ItemCard]) -> tuple[DayView, ...]:
    """Cards under their days, the newest day first."""
    days: dict[date, list[ItemCard]] = {}
    for card in cards:
        days.setdefault(card.day, []).append(card)
    return tuple(DayView(day, tuple(days[day])) for day in sorted(days, reverse=True))
