"""How feeds are read: counts of the web server are kept, and shown to staff. Nothing of any of it is about a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from digest.desk.workplace import Workplace
from digest.newsroom.addresses import FEED_FORMATS
from digest.store.feed_counts import (
    FeedCount,
    add_audience,
    add_counts,
    drop_counts_before,
    read_audience,
    read_counts,
)
from digest.store.hot import HotStore

__all__ = ["KEPT_FOR", "WEEK", "Counts", "FeedReaders", "keep_counts", "read_feed_readers"]

KEPT_FOR = timedelta(days=400)
"""How long counts are kept."""
WEEK = timedelta(days=7)
"""Over how long counts are summed unless a day is named."""


class Counts(Protocol):
    """What a web server counted since the last time: answers by the feed's path, subscribers by path and aggregator."""

    @property
    def full(self) -> Mapping[str, int]:
        """Answers in full."""

    @property
    def unchanged(self) -> Mapping[str, int]:
        """Answers with 304."""

    @property
    def audience(self) -> Mapping[tuple[str, str], int]:
        """For how many subscribers an aggregator fetches."""


@dataclass(frozen=True, slots=True)
class FeedReaders:
    """A feed (a name such as `all.atom`) over some days.

    `subscribers` are those that aggregators spoke for, None when none named any; `fetches` counts all answers, `unchanged`
    those with 304.
    """

    feed: str
    subscribers: int | None
    fetches: int
    unchanged: int

    @property
    def unchanged_share(self) -> float:
        """Which part of the answers was 304, from 0 to 1."""
        return self.unchanged / self.fetches if self.fetches else 0.0


def keep_counts(store: HotStore, counts: Counts, now: datetime) -> None:
    """Add what was counted to the day (UTC) of `now`, and forget what is too old. Only public feeds are kept.

    Raises:
        StoreError: the database cannot be written.
    """
    full, unchanged = _feeds_of(counts.full), _feeds_of(counts.unchanged)
    audience = {(name, agent): number for (path, agent), number in counts.audience.items() if (name := _feed_of(path))}
    if not full and not unchanged:
        return
    day = now.astimezone(UTC).date()
    with store.writing() as connection:
        add_counts(connection, day, full, unchanged)
        add_audience(connection, day, audience)
        drop_counts_before(connection, day - KEPT_FOR)


def _feeds_of(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: number for path, number in counts.items() if (name := _feed_of(path))}


def _feed_of(path: str) -> str:
    """A public feed's path below the site, empty for any other: private addresses are not counted."""
    folder, _, file = path.removeprefix("/").rpartition("/")
    return f"feeds/{file}" if folder == "feeds" and file.rpartition(".")[2] in FEED_FORMATS else ""


def read_feed_readers(place: Workplace, day: date | None = None) -> list[FeedReaders]:
    """Each feed that was fetched, those with the most subscribers and fetches first.

    Args:
        place: where staff work.
        day: this day (UTC) alone; without it the last seven days, today included.
    """
    last = day or place.now.astimezone(UTC).date()
    first = day or last - WEEK + timedelta(days=1)
    with place.hot.reading() as connection:
        counts = read_counts(connection, first, last)
        audience = read_audience(connection, first, last)
    spoken_for: dict[str, int] = {}
    for (path, _), subscribers in audience.items():
        spoken_for[path] = spoken_for.get(path, 0) + subscribers
    found = [_build(path, counts.get(path, FeedCount(0, 0)), spoken_for.get(path)) for path in counts.keys() | spoken_for]
    return sorted(found, key=lambda one: (-(one.subscribers or 0), -one.fetches, one.feed))


def _build(path: str, count: FeedCount, subscribers: int | None) -> FeedReaders:
    return FeedReaders(path.removeprefix("feeds/"), subscribers, count.full + count.unchanged, count.unchanged)
