"""Items gathered to pages: the lead and the list by day, topics, the archive by year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from digest.newsroom.public import Published
from digest.pages.views import ItemCard, Link, PageContext

__all__ = [
    "DayView",
    "FrontView",
    "TopicView",
    "YearView",
    "build_front",
    "build_topic",
    "build_years",
    "choose_versions",
]

LIST_LENGTH = 50
"""How many items a front or topic page lists; older ones are in the archive."""


@dataclass(frozen=True, slots=True)
class DayView:
    """The items of one day on the newsroom's calendar, newest first."""

    day: date
    cards: tuple[ItemCard, ...]


@dataclass(frozen=True, slots=True)
class FrontView:
    """The front page: the newest item as its lead, then the list by day; `has_older` when the archive holds more."""

    lead: ItemCard | None
    days: tuple[DayView, ...]
    has_older: bool


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic's page. `moved_to` is where an ended topic goes on."""

    id: str
    title: str
    days: tuple[DayView, ...]
    has_older: bool
    ended: bool
    moved_to: Link | None


@dataclass(frozen=True, slots=True)
class YearView:
    """A year of the archive."""

    year: int
    address: str
    cards: tuple[ItemCard, ...]


def choose_versions(items: Iterable[Published], language: str) -> tuple[Published, ...]:
    """One version of each translation group, in the order of the items: this language's, else the root's, else the newest.

    A version that is not withdrawn comes before one that is.
    """
    items = tuple(items)
    chosen: dict[str, Published] = {}
    for item in items:
        root = item.content.root
        if root not in chosen or _preference(item, language) < _preference(chosen[root], language):
            chosen[root] = item
    return tuple(item for item in items if chosen[item.content.root] is item)


def _preference(item: Published, language: str) -> tuple[bool, bool, bool]:
    content = item.content
    return item.is_withdrawn, content.language != language, content.translation_of is not None


def build_front(context: PageContext) -> FrontView:
    """The front page of the newsroom."""
    cards = _cards(context.newsroom, context)
    lead = next((card for card in cards if not card.withdrawn), None)
    rest = [card for card in cards if card is not lead]
    return FrontView(lead, _by_day(rest[:LIST_LENGTH]), len(rest) > LIST_LENGTH)


def build_topic(topic: str, context: PageContext) -> TopicView:
    """The page of one of newsroom.toml's topics."""
    settings = context.settings
    language, about = settings.newsroom.language, settings.topics[topic]
    cards = _cards(context.newsroom.select(topic), context)
    target = about.moved_to
    return TopicView(
        id=topic,
        title=about.in_language(language),
        days=_by_day(cards[:LIST_LENGTH]),
        has_older=len(cards) > LIST_LENGTH,
        ended=about.ended is not None or target is not None,
        moved_to=Link(settings.topics[target].in_language(language), context.paths.topic(target)) if target else None,
    )


def build_years(context: PageContext) -> tuple[YearView, ...]:
    """The archive, newest year first; every item is in it."""
    years: dict[int, list[ItemCard]] = {}
    for card in _cards(context.newsroom, context):
        years.setdefault(card.day.year, []).append(card)
    return tuple(
        YearView(year, f"{context.paths.front}archive/{year}/", tuple(years[year])) for year in sorted(years, reverse=True)
    )


def _cards(items: Iterable[Published], context: PageContext) -> list[ItemCard]:
    return [context.cards[item.id] for item in choose_versions(items, context.settings.newsroom.language)]


def _by_day(cards: Iterable[ItemCard]) -> tuple[DayView, ...]:
    days: dict[date, list[ItemCard]] = {}
    for card in cards:
        days.setdefault(card.day, []).append(card)
    return tuple(DayView(day, tuple(days[day])) for day in sorted(days, reverse=True))
