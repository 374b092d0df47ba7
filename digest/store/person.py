"""What an address by itself has in the database, by its keyed hash: requests, and the word never to mail it again."""

from __future__ import annotations

from datetime import datetime

from digest.store.releases import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["add_suppression", "count_own_letters", "count_own_requests", "drop_suppression", "read_suppression"]


def add_suppression(connection: AnyConnection, address_hash: bytes, reason: str, now: datetime) -> bool:
    """Put an address among them; False when it was there already, and then the first reason stays."""
    query = "INSERT INTO suppression (address_hash, reason, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    return driver(connection).execute(query, (address_hash, reason, to_seconds(now))).rowcount == 1


def read_suppression(connection: AnyConnection, address_hash: bytes) -> tuple[str, datetime] | None:
    """Why an address is among them, and since when; None when it is not."""
    query = "SELECT reason, at FROM suppression WHERE address_hash = ?"
    row = driver(connection).execute(query, (address_hash,)).fetchone()
    return None if row is None else (row[0], from_seconds(row[1]))


def drop_suppression(connection: AnyConnection, address_hash: bytes) -> str | None:
    """Take an address out; the reason that it was there for, None when it was not."""
    query = "DELETE FROM suppression WHERE address_hash = ? RETURNING reason"
    row = driver(connection).execute(query, (address_hash,)).fetchone()
    return None if row is None else str(row[0])


def count_own_letters(connection: AnyConnection, address_hash: bytes) -> int:
    """How many single letters were to an address, or are on their way to it, as far as that is still kept."""
    query = "SELECT count(*) FROM letter WHERE address_hash = ?"
    return int(driver(connection).execute(query, (address_hash,)).fetchone()[0])


def count_own_requests(connection: AnyConnection, address_hash: bytes) -> int:
    """How many requests name an address, those that were done included, as long as they are kept."""
    query = "SELECT count(*) FROM request WHERE address_hash = ?"
    return int(driver(connection).execute(query, (address_hash,)).fetchone()[0])
