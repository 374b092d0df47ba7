"""How feeds are fetched, day by day: answers in full and with 304, and the subscribers that aggregators speak for.

Nothing here tells one person from another: a count belongs to a feed and a day (UTC), a number of subscribers to a feed, a
day and the name of a program that fetches for many.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from digest.store.sqlite import AnyConnection, driver

__all__ = ["FeedCount", "add_audience", "add_counts", "drop_counts_before", "read_audience", "read_counts"]


class FeedCount(NamedTuple):
    """How often a feed was answered in full, and how often with "unchanged"."""

    full: int
    unchanged: int


def add_counts(connection: AnyConnection, day: date, full: Mapping[str, int], unchanged: Mapping[str, int]) -> None:
    """Add to the counts of a day, feed by feed (a path such as `feeds/all.atom`)."""
    driver(connection).executemany(
        "INSERT INTO feed_count (day, path, full_count, unchanged_count) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (day, path) DO UPDATE SET full_count = full_count + excluded.full_count, "
        "unchanged_count = unchanged_count + excluded.unchanged_count",
        [
            (day.isoformat(), path, full.get(path, 0), unchanged.get(path, 0))
            for path in sorted(full.keys() | unchanged.keys())
        ],
    )


def add_audience(connection: AnyConnection, day: date, audience: Mapping[tuple[str, str], int]) -> None:
    """Keep what aggregators said on a day: (path, name) -> subscribers; the newest word counts."""
    driver(connection).executemany(
        "INSERT OR REPLACE INTO feed_audience (day, path, agent, subscribers) VALUES (?, ?, ?, ?)",
        [(day.isoformat(), *pair, subscribers) for pair, subscribers in sorted(audience.items())],
    )


def drop_counts_before(connection: AnyConnection, day: date) -> None:
    """Forget all that is older than a day."""
    for table in ("feed_count", "feed_audience"):
        driver(connection).execute(f"DELETE FROM {table} WHERE day < ?", (day.isoformat(),))  # noqa: S608 (words of ours)


def read_counts(connection: AnyConnection, first: date, last: date) -> dict[str, FeedCount]:
    """The counts of each feed over days, both included."""
    rows = driver(connection).execute(
        "SELECT path, sum(full_count), sum(unchanged_count) FROM feed_count WHERE day BETWEEN ? AND ? GROUP BY path",
        (first.isoformat(), last.isoformat()),
    )
    return {path: FeedCount(full, unchanged) for path, full, unchanged in rows}


def read_audience(connection: AnyConnection, first: date, last: date) -> dict[tuple[str, str], int]:
    """What aggregators said last within days, both included: (path, name) -> subscribers."""
    rows = driver(connection).execute(
        "SELECT path, agent, subscribers FROM feed_audience WHERE day BETWEEN ? AND ? ORDER BY day",
        (first.isoformat(), last.isoformat()),
    )
    return {(path, agent): subscribers for path, agent, subscribers in rows}
