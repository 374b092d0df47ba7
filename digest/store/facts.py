"""Single facts about the database."""

from __future__ import annotations

from digest.store.sqlite import AnyConnection, driver

__all__ = ["drop_fact", "keep_fact", "read_fact"]


def read_fact(connection: AnyConnection, name: str) -> str | None:
    """A fact's value, None while it was never kept."""
    row = driver(connection).execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def keep_fact(connection: AnyConnection, name: str, value: str) -> None:
    """Keep a fact, in place of its former value."""
    driver(connection).execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, value))


def drop_fact(connection: AnyConnection, name: str) -> None:
    """Forget a fact."""
    driver(connection).execute("DELETE FROM fact WHERE name = ?", (name,))
