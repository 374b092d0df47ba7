"""Sealed values in the database by the number of their key, so that all can be sealed anew while others read and write.

The second octet of each sealed value is that number; see `digest.subscribers.sealing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from digest.store.sqlite import AnyConnection, driver

__all__ = ["PLACES", "Place", "count_sealed", "read_older", "write_resealed"]


@dataclass(frozen=True, slots=True)
class Place:
    """A column of sealed values, and what they are."""

    table: str
    column: str
    sort: Literal["address", "link", "secret"] = "address"


PLACES = (
    Place("subscription", "sealed"),
    Place("request", "sealed"),
    Place("letter", "sealed"),
    Place("letter", "link", "link"),
    Place("staff", "code_key", "secret"),
)
"""Where sealed values stand."""


def count_sealed(connection: AnyConnection) -> Mapping[int, int]:
    """How many values are sealed under each key."""
    counts: dict[int, int] = {}
    for place in PLACES:
        query = (
            f"SELECT substr({place.column}, 2, 1), count(*) FROM {place.table} "  # noqa: S608 (our own words)
            f"WHERE length({place.column}) > 1 GROUP BY 1"
        )
        for number, count in driver(connection).execute(query):
            counts[number[0]] = counts.get(number[0], 0) + count
    return counts


def read_older(connection: AnyConnection, place: Place, number: int, after: int, most: int) -> list[tuple[int, bytes]]:
    """Up to so many rows behind the row `after` whose value is sealed under another key than that one: id and value."""
    query = (
        f"SELECT id, {place.column} FROM {place.table} WHERE id > ? AND length({place.column}) > 1 "  # noqa: S608 (our words)
        f"AND substr({place.column}, 2, 1) <> ? ORDER BY id LIMIT ?"
    )
    return driver(connection).execute(query, (after, bytes((number,)), most)).fetchall()


def write_resealed(connection: AnyConnection, place: Place, rows: Iterable[tuple[bytes, int, bytes]]) -> int:
    """Put new values in the place of those that are still as they were read: new value, id, old value. How many."""
    query = f"UPDATE {place.table} SET {place.column} = ? WHERE id = ? AND {place.column} = ?"  # noqa: S608 (our own words)
    return driver(connection).executemany(query, rows).rowcount
