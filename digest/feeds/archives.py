"""Archived feeds (RFC 5005 section 4): the items of a feed month by month, in documents whose items never change.

An item stands in the month of its release; history that came with the first publish in the month of its own date. Items
released later never stand in an earlier month than those released before them, so all that is released from now on comes
into the newest month or a later one. A month has pages of at most `[feeds] entries` items in the order of their release. A
page is sealed when it is full or its month is not the newest. From its second sealed page on a feed has an archive, so that
the oldest page can name the one that follows; no page ever changes but for the texts of its items. What stands in no page
stands in the current document. Only staff who give a released item other topics change what a page of a topic holds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from operator import attrgetter

from digest.clock import day_start
from digest.feeds.catalogue import Catalogue
from digest.feeds.naming import Choice
from digest.newsroom.public import Published
from digest.settings import Settings

__all__ = ["Archives", "Page"]

_RELEASED = attrgetter("release.number")


@dataclass(frozen=True, slots=True)
class Page:
    """A sealed page of a feed's archive.

    `name` is its month (`2022-02`), with a number from the second page on (`2022-02-2`); `previous` the name of the page
    before it, "" for the oldest; `following` is "" but for the oldest, where it names the page after it; `items` are in the
    order of their release.
    """

    name: str
    previous: str
    following: str
    items: Sequence[Published]


class Archives:
    """The archives of all feeds of a newsroom: those of everything and of each topic have one."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue = catalogue
        self._size = settings.feeds.entries
        self._ordered: dict[str | None, Sequence[Published]] = {}
        self._oldest: dict[str | None, tuple[str, str] | None] = {}
        months = list(_find_months(self._order(None), settings.zone))
        self.months: tuple[str, ...] = tuple(name for name, _ in months)
        self._starts = [start for _, start in months]

    def of_month(self, month: int) -> Sequence[Published]:
        """The items of a month, by its place in `months`, in the order of their release."""
        start, end = self._range(self._order(None), month)
        return self._order(None)[start:end]

    def oldest(self, topic: str | None) -> tuple[str, str] | None:
        """The names of a feed's two oldest pages; None while it has no archive. `topic` None is the feed of everything."""
        if topic not in self._oldest:
            self._oldest[topic] = self._find_oldest(topic)
        return self._oldest[topic]

    def _find_oldest(self, topic: str | None) -> tuple[str, str] | None:
        names: list[str] = []
        items, end = self._order(topic), 0
        while end < len(items) and len(names) < 2:
            month = self._month(items[end])
            start, end = end, self._range(items, month)[1]
            names += [self._name(month, place) for place in range(min(2, self._count_sealed(end - start, month)))]
        return (names[0], names[1]) if len(names) > 1 else None

    def pages(self, topic: str | None, month: int) -> Iterator[Page]:
        """The pages of a feed in a month, by its place in `months`."""
        oldest = self.oldest(topic)
        if oldest is None:
            return
        items = self._order(topic)
        start, end = self._range(items, month)
        previous = self._last_page(items, start)
        for place in range(self._count_sealed(end - start, month)):
            name, first = self._name(month, place), start + place * self._size
            following = oldest[1] if name == oldest[0] else ""
            yield Page(name, previous, following, items[first : min(first + self._size, end)])
            previous = name

    def standing(self, topic: str | None) -> tuple[str, Sequence[Published]]:
        """The name of a feed's newest page, "" when there is none, and the items that stand in no page yet."""
        items, newest = self._order(topic), len(self.months) - 1
        if self.oldest(topic) is None:
            return "", items
        start, end = self._range(items, newest)
        sealed = self._count_sealed(end - start, newest)
        name = self._name(newest, sealed - 1) if sealed else self._last_page(items, start)
        return name, items[start + sealed * self._size :]

    def _order(self, topic: str | None) -> Sequence[Published]:
        """A feed's items in the order of their release."""
        if topic not in self._ordered:
            self._ordered[topic] = sorted(self._catalogue.select(Choice(topic)), key=_RELEASED)
        return self._ordered[topic]

    def _month(self, item: Published) -> int:
        return bisect_right(self._starts, item.released) - 1

    def _range(self, items: Sequence[Published], month: int) -> tuple[int, int]:
        starts = self._starts
        start = bisect_left(items, starts[month], key=_RELEASED)
        if month + 1 == len(starts):
            return start, len(items)
        return start, bisect_left(items, starts[month + 1], start, key=_RELEASED)

    def _count_sealed(self, item_count: int, month: int) -> int:
        is_newest = month + 1 == len(self.months)
        return item_count // self._size if is_newest else -(-item_count // self._size)

    def _last_page(self, items: Sequence[Published], end: int) -> str:
        """The last page that holds any of the items before a place where a month begins."""
        if not end:
            return ""
        month = self._month(items[end - 1])
        start, _ = self._range(items, month)
        return self._name(month, self._count_sealed(end - start, month) - 1)

    def _name(self, month: int, place: int) -> str:
        return f"{self.months[month]}-{place + 1}" if place else self.months[month]


def _find_months(items: Sequence[Published], zone: tzinfo) -> Iterator[tuple[str, int]]:
    """The months that have items, oldest first, each with the number of the first release in it."""
    end: float = float("-inf")
    for item in items:
        release = item.release
        moment = release.published_at if release.backfill else release.at
        if moment >= end:
            day = datetime.fromtimestamp(moment, UTC).astimezone(zone).date().replace(day=1)
            after = day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
            end = day_start(after, zone).timestamp()
            yield day.isoformat()[:7], release.number
