"""Opening the database: SQLite with a write-ahead log and full synchronisation, one writer at a time.

A transaction that writes begins with `BEGIN IMMEDIATE`, so it never fails half-way for a lock; a reader never waits for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import OperationalError

from digest.store.migrating import HEAD, create, migrate, revision
from digest.store.sqlite import connect_without_room, prepare, transaction, translate

__all__ = ["Store", "open_store", "widen"]

_WRITING = "digest_writing"
_UNCHECKED = "digest_unchecked"


class Store:
    """An open database. Use `reading()` and `writing()`; each is one transaction."""

    def __init__(self, file: Path, engine: Engine) -> None:
        self.file = file
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the data; a full disk does not keep anybody from looking."""
        with translate(self.file), self._connect_to_read() as connection:
            yield connection

    @contextmanager
    def _connect_to_read(self) -> Iterator[Connection]:
        try:
            connected = self._engine.connect()
        except OperationalError as error:
            still = closing(connect_without_room(self.file, error.orig or error))
            with still as plain, transaction(plain, writing=False), widen(plain) as wide:
                yield wide
            return
        with connected as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, references: bool = True) -> Iterator[Connection]:
        """One transaction: everything in it becomes durable together, or nothing.

        Args:
            references: whether SQLite checks, row by row, that what a row refers to is there. Without, a million rows are
                written in half the time; only for rows that are made of those which they refer to, and to delete nothing.
        """
        with (
            translate(self.file),
            self._engine.connect().execution_options(**{_WRITING: True, _UNCHECKED: not references}) as connection,
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
            create(connection)
            migrate(connection)
    return store


@contextmanager
def widen(connection: sqlite3.Connection) -> Iterator[Connection]:
    """SQLAlchemy's view of a plain connection: what is done by it is part of the transaction that is open there.

    It neither begins nor ends anything; whoever opened the transaction makes it durable.
    """
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool, skip_autocommit_rollback=True)
    with engine.connect() as wide:
        yield wide


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    prepare(connection)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {'OFF' if options.get(_UNCHECKED) else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITING) else "BEGIN")
