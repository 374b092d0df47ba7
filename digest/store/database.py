"""Opening the database: SQLite with a write-ahead log and full synchronisation, one writer at a time.

A transaction that writes begins with `BEGIN IMMEDIATE`, so it never fails half-way for a lock; a reader never waits for it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from digest.errors import StoreError
from digest.store.migrating import HEAD, migrate, revision

__all__ = ["PRAGMAS", "Store", "open_store", "translate"]

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)
"""What every connection to the database is set to; the ledger's own connection too."""

_WRITING = "digest_writing"


class Store:
    """An open database. Use `reading()` and `writing()`; each is one transaction."""

    def __init__(self, file: Path, engine: Engine) -> None:
        self.file = file
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the data."""
        with translate(self.file), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: everything in it becomes durable together, or nothing."""
        with (
            translate(self.file),
            self._engine.connect().execution_options(**{_WRITING: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def open_store(var: Path) -> Store:
    """Open the database of a site, make it when there is none, and bring its schema up to date.

    Raises:
        StoreError: the folder or file cannot be written, is no database, or is of a newer version.
    """
    file = var / "digest.db"
    with translate(file):
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": 10})
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        store = Store(file, engine)
        with store.reading() as connection:
            if revision(connection) == HEAD:
                return store
        with store.writing() as connection:
            migrate(connection)
    return store


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the module would otherwise begin and commit by rules of its own
    for pragma in PRAGMAS:
        _run_patiently(connection, pragma)


def _run_patiently(connection: sqlite3.Connection, pragma: str) -> None:
    """Run a pragma; where others open a new database too, the change to a write-ahead log fails at once, without waiting."""
    for wait in (0.02, 0.1, 0.5, 1.0, 2.0):
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(wait)
        else:
            return
    connection.execute(pragma)


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def translate(file: Path) -> Iterator[None]:
    """Turn faults of the database and its folder into errors with a remedy."""
    try:
        yield
    except DBAPIError as error:
        raise explain(file, str(error.orig)) from error
    except sqlite3.Error as error:
        raise explain(file, str(error)) from error
    except OSError as error:
        raise StoreError(
            str(file.parent), error.strerror or str(error), "Make the folder writable, or free some space."
        ) from error


def explain(file: Path, message: str) -> StoreError:
    """The error for a message of SQLite."""
    remedies = {
        "database or disk is full": "Free some space; nothing was lost, run the command again.",
        "disk I/O error": "Free some space or mend the disk; nothing was lost, run the command again.",
        "database is locked": "Another command is writing; wait a moment and run this one again.",
        "attempt to write a readonly database": "Make the file and its folder writable for this user.",
        "unable to open database file": "Make the folder writable for this user.",
        "file is not a database": "Restore the file from a backup, or move it away to start anew.",
        "database disk image is malformed": "Restore the file from a backup.",
    }
    remedy = next((text for start, text in remedies.items() if message.startswith(start)), "")
    return StoreError(str(file), message, remedy or "Run the command again; if it stays, restore a backup.")
