"""Serialised feed entries, kept in var/cache.db from one publish to the next, so that only changed ones are made anew.

Deleting the file is harmless. A cache that is broken or locked is left aside, never an error: entries are made anew then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

__all__ = ["KEPT", "StoredEntries"]

KEPT = 5_000
"""How many entries are kept, those that were put last."""
_PATIENCE = 1.0
"""Seconds to wait for another command before going on without the cache."""
_SCHEMA = "CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, packed BLOB NOT NULL)"
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class StoredEntries:
    """The kept entries during one run, in one thread (see `digest.feeds.pieces.EntryCache`).

    All that is put is one transaction, which ends with `close`. Without var/ nothing is kept.
    """

    def __init__(self, var: Path) -> None:
        self._file = var / "cache.db"
        self._connection: sqlite3.Connection | None = None
        self._is_usable = var.is_dir()

    def __enter__(self) -> StoredEntries:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def get_many(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """What is kept under these keys, as far as it is."""
        wanted = list(keys)
        if not wanted or not self._is_usable or not self._file.is_file():
            return {}
        query = f"SELECT key, packed FROM entry WHERE key IN ({','.join('?' * len(wanted))})"  # noqa: S608 (marks only)
        with suppress(sqlite3.Error):
            return dict(self._open().execute(query, wanted).fetchall())
        return {}

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        """Keep these bytes by their keys."""
        if not self._is_usable:
            return
        try:
            connection = self._open()
            if not connection.in_transaction:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(_SCHEMA)
            connection.executemany("REPLACE INTO entry (key, packed) VALUES (?, ?)", entries.items())
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        """Make durable what was put, and forget the oldest."""
        if self._connection is None:
            return
        try:
            if self._connection.in_transaction:
                self._connection.execute("DELETE FROM entry WHERE number <= (SELECT max(number) FROM entry) - ?", (KEPT,))
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)
        self._disconnect()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)
            for pragma in ("journal_mode = TRUNCATE", "synchronous = OFF"):
                self._connection.execute(f"PRAGMA {pragma}")
        return self._connection

    def _give_up(self, error: sqlite3.Error) -> None:
        """Do without the cache in this run; a broken one goes, so that the next run has a sound one."""
        self._is_usable = False
        self._disconnect()
        if getattr(error, "sqlite_errorcode", 0) not in _BUSY:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
                self._file.with_name(f"{self._file.name}-journal").unlink(missing_ok=True)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
