"""Interests and memories as shared rows: equal content, one row, found by its hash."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.sqlite import insert

from digest.editions.interests import render_row, row_key
from digest.store.schema import had, interest

__all__ = ["keep_had", "keep_interest"]


def keep_interest(connection: Connection, floors: Mapping[str, int]) -> int:
    """The number of the row of this interest; the row is made when it is new."""
    return _keep(connection, interest, "floors", floors)


def keep_had(connection: Connection, sent: Mapping[str, int]) -> int:
    """The number of the row of this memory of what was sent; the row is made when it is new."""
    return _keep(connection, had, "sent", sent)


def _keep(connection: Connection, table: Table, column: str, value: Mapping[str, int]) -> int:
    text = render_row(value)
    name = row_key(text)
    connection.execute(insert(table).values({"hash": name, column: text}).on_conflict_do_nothing())
    return int(connection.execute(select(table.c.id).where(table.c.hash == name)).scalar_one())
