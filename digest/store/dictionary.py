"""Interests and memories as shared rows: equal content, one row, found by its hash."""

from __future__ import annotations

from collections.abc import Mapping

from digest.editions.interests import render_row, row_key
from digest.editions.memories import Places, parse_memory, render_memory
from digest.store.sqlite import AnyConnection, driver

__all__ = ["keep_had", "keep_interest", "keep_memory", "keep_row", "read_had", "read_places"]

_KEEP_INTEREST = "INSERT INTO interest (hash, floors) VALUES (?, ?) ON CONFLICT DO NOTHING"
_KEEP_HAD = "INSERT INTO had (hash, sent) VALUES (?, ?) ON CONFLICT DO NOTHING"


def keep_interest(connection: AnyConnection, floors: Mapping[str, int]) -> int:
    """The number of the row of this interest; the row is made when it is new."""
    return keep_row(connection, render_row(floors))


def keep_row(connection: AnyConnection, text: str) -> int:
    """The number of the row of an interest, by its text; the row is made when it is new."""
    return _keep(connection, "interest", _KEEP_INTEREST, text)


def keep_had(connection: AnyConnection, sent: Mapping[str, int]) -> int:
    """The number of the row of this memory of what was sent; the row is made when it is new."""
    return keep_memory(connection, render_memory(sent, read_places(connection)))


def keep_memory(connection: AnyConnection, text: str) -> int:
    """The number of the row of a memory, by its text; the row is made when it is new."""
    return _keep(connection, "had", _KEEP_HAD, text)


def read_had(connection: AnyConnection, number: int) -> dict[str, int]:
    """What the readers who share this row were sent."""
    text = driver(connection).execute("SELECT sent FROM had WHERE id = ?", (number,)).fetchone()[0]
    return parse_memory(text, read_places(connection))


def read_places(connection: AnyConnection) -> Places:
    """Where in the log each item was released."""
    rows = driver(connection).execute("SELECT item, min(number) FROM event GROUP BY item")
    return Places.of(dict(rows.fetchall()))


def _keep(connection: AnyConnection, table: str, insert: str, text: str) -> int:
    plain, name = driver(connection), row_key(text)
    plain.execute(insert, (name, text))
    return int(plain.execute(f"SELECT id FROM {table} WHERE hash = ?", (name,)).fetchone()[0])  # noqa: S608 (our own word)
