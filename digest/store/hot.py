"""The database for what must be quick: transactions of plain sqlite3, without SQLAlchemy and Alembic.

Only a database of another schema is left to `open_store`, which brings it up to date.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path

from digest.newsroom.public import Newsroom, extend_newsroom
from digest.store.contents import Contents, open_contents
from digest.store.migrating import HEAD, create, revision
from digest.store.releases import log_end, read_lines
from digest.store.sqlite import connect, connect_to_read, transaction, translate

__all__ = ["HotStore", "open_hot"]


class HotStore:
    """An open database, for functions that work on a plain connection. Use `reading()` and `writing()`.

    Each is one transaction on a connection of its own; a writing one may be lent to SQLAlchemy by `database.widen`.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._newsroom: Newsroom | None = None

    @cached_property
    def contents(self) -> Contents:
        """The contents of items by their versions, for any thread; the same ones serve every newsroom read from here."""
        return open_contents(self.file)

    def read_newsroom(self, connection: sqlite3.Connection) -> Newsroom:
        """The newsroom as the log makes it now; a store that is used again reads only what came to the log since."""
        known = self._newsroom
        if known is None or log_end(connection) < known.end:
            known = Newsroom((), 0, None)
        self._newsroom = extend_newsroom(known, read_lines(connection, after=known.end), self.contents)
        return self._newsroom

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the data; a full disk does not keep anybody from looking."""
        with (
            translate(self.file),
            closing(connect_to_read(self.file)) as connection,
            transaction(connection, writing=False),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: everything in it becomes durable together, or nothing."""
        with translate(self.file), closing(connect(self.file)) as connection, transaction(connection):
            yield connection


def open_hot(var: Path) -> HotStore:
    """Open the database of a site; it is made when there is none, and brought up to date.

    Raises:
        StoreError: the folder or file cannot be written, is no database, or is of a newer version.
    """
    store = HotStore(var / "digest.db")
    if not _is_present(store):
        from digest.store.database import open_store

        open_store(var).close()
    return store


def _is_present(store: HotStore) -> bool:
    with translate(store.file):
        store.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with store.reading() as connection:
        present = revision(connection)
    if present is None:
        with store.writing() as connection:
            create(connection)
            present = revision(connection)
    return present == HEAD
