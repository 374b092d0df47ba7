"""Counts that stand until a moment, by name, which limits are judged by. Once that has come, a count is worth nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from digest.store.releases import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver
from digest.subscribers.limits import Count

__all__ = ["add_counts", "forget_counts", "read_between", "read_counts", "read_untils", "sweep_counts", "take_back"]

_ADD = """
    INSERT INTO rate (name, count, until) VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN rate.until <= ? THEN 1 ELSE rate.count + 1 END, until = excluded.until
"""


def read_counts(connection: AnyConnection, names: Sequence[str], now: datetime) -> dict[str, int]:
    """The counts that stand now, of these names."""
    marks = ", ".join("?" * len(names))
    query = f"SELECT name, count FROM rate WHERE name IN ({marks}) AND until > ?"  # noqa: S608 (nothing but placeholders)
    return dict(driver(connection).execute(query, (*names, to_seconds(now))).fetchall())


def read_between(connection: AnyConnection, first: str, last: str, now: datetime) -> dict[str, int]:
    """The counts that stand now, of the names from one to another in the order of their letters."""
    query = "SELECT name, count FROM rate WHERE name BETWEEN ? AND ? AND until > ?"
    return dict(driver(connection).execute(query, (first, last, to_seconds(now))).fetchall())


def read_untils(connection: AnyConnection, names: Sequence[str], now: datetime) -> dict[str, tuple[int, datetime]]:
    """The counts that stand now, of these names, each with the moment until which it stands."""
    marks = ", ".join("?" * len(names))
    query = f"SELECT name, count, until FROM rate WHERE name IN ({marks}) AND until > ?"  # noqa: S608 (only placeholders)
    rows = driver(connection).execute(query, (*names, to_seconds(now)))
    return {name: (count, from_seconds(until)) for name, count, until in rows}


def add_counts(connection: AnyConnection, counts: Iterable[Count], now: datetime) -> None:
    """Count one more under each name."""
    seconds = to_seconds(now)
    rows = [(count.name, to_seconds(count.until), seconds) for count in counts]
    driver(connection).executemany(_ADD, rows)


def take_back(connection: AnyConnection, names: Iterable[str]) -> None:
    """Count one less under each name."""
    query = "UPDATE rate SET count = count - 1 WHERE name = ? AND count > 0"
    driver(connection).executemany(query, [(name,) for name in names])


def forget_counts(connection: AnyConnection, names: Iterable[str]) -> None:
    """Forget what was counted under these names."""
    driver(connection).executemany("DELETE FROM rate WHERE name = ?", [(name,) for name in names])


def sweep_counts(connection: AnyConnection, now: datetime) -> int:
    """Remove the counts that are worth nothing any more; how many."""
    return driver(connection).execute("DELETE FROM rate WHERE until <= ?", (to_seconds(now),)).rowcount
