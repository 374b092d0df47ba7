"""Single facts about the database."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from digest.store.schema import fact

__all__ = ["keep_fact", "read_fact"]


def read_fact(connection: Connection, name: str) -> str | None:
    """A fact's value, None while it was never kept."""
    return connection.execute(select(fact.c.value).where(fact.c.name == name)).scalar()


def keep_fact(connection: Connection, name: str, value: str) -> None:
    """Keep a fact, in place of its former value."""
    query = insert(fact).values(name=name, value=value)
    connection.execute(query.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
