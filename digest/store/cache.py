"""What can be made anew from the items folder at any time, kept in var/cache.db so that unchanged files need not be read.

Deleting it is harmless. A cache that is broken, locked or of another version is replaced or left aside, never an error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path

from digest.items.keeping import COLUMNS, PHOTO_COLUMNS, Row

__all__ = ["Cache", "open_cache"]

_TABLES: Mapping[str, tuple[str, ...]] = {"file": COLUMNS, "photo": PHOTO_COLUMNS}
_PATIENCE = 1.0
"""Seconds to wait for another command before going on without the cache."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def open_cache(var: Path) -> Cache | None:
    """The cache of a site; None while the site keeps nothing at all, for a cache alone is no reason to begin with it."""
    return _open(var / "cache.db") if var.is_dir() else None


@lru_cache(maxsize=4)
def _open(file: Path) -> Cache:
    """One for all that a process does: what it has read it remembers."""
    return Cache(file)


class Cache:
    """Rows by the path of the file that they were made from. It remembers what it has read; any thread may use it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, tuple[str, dict[str, Row]]] = {}

    def read_files(self, basis: str) -> Mapping[str, Row]:
        """What was kept of item files; nothing when it was kept on another basis."""
        return self._read("file", basis)

    def write_files(self, basis: str, changed: Iterable[Row], gone: Iterable[str]) -> None:
        """Keep what item files gave, and forget those that are gone."""
        self._write("file", basis, changed, gone)

    def read_photos(self, basis: str) -> Mapping[str, Row]:
        """What was kept of photos; nothing when it was kept on another basis."""
        return self._read("photo", basis)

    def write_photos(self, basis: str, changed: Iterable[Row], gone: Iterable[str]) -> None:
        """Keep what is known of photos, and forget those that are gone."""
        self._write("photo", basis, changed, gone)

    def _read(self, table: str, basis: str) -> dict[str, Row]:
        known, rows = self._known.get(table, ("", {}))
        if known != basis:
            rows = self._load(table, basis)
            self._known[table] = basis, rows
        return rows

    def _load(self, table: str, basis: str) -> dict[str, Row]:
        if not self._file.is_file():
            return {}
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._file, timeout=_PATIENCE)) as connection:
            known = connection.execute("SELECT basis FROM basis WHERE part = ?", (table,)).fetchone()
            if known == (basis,):
                query = f"SELECT {', '.join(_TABLES[table])} FROM {table}"  # noqa: S608 (names of ours)
                return {row[0]: row for row in connection.execute(query)}
        return {}

    def _write(self, table: str, basis: str, changed: Iterable[Row], gone: Iterable[str]) -> None:
        rows, lost = {row[0]: row for row in changed}, tuple(gone)
        remembered = self._read(table, basis) | rows  # a new one, for others may be going over the old one
        for path in lost:
            remembered.pop(path, None)
        self._known[table] = basis, remembered
        try:
            self._store(table, basis, rows.values(), lost)
        except OverflowError:
            return  # a file's moment that no database can hold
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) in _BUSY:
                return
            with suppress(sqlite3.Error, OSError):
                self._file.unlink(missing_ok=True)
                self._file.with_name(f"{self._file.name}-journal").unlink(missing_ok=True)
                self._store(table, basis, remembered.values(), ())

    def _store(self, table: str, basis: str, rows: Iterable[Row], lost: Iterable[str]) -> None:
        with closing(sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)) as connection:
            for pragma in ("journal_mode = TRUNCATE", "synchronous = OFF"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE IF NOT EXISTS basis (part TEXT PRIMARY KEY, basis TEXT)")
            for name, (path, *others) in _TABLES.items():
                columns = ", ".join((f"{path} TEXT PRIMARY KEY", *others))
                connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns}) WITHOUT ROWID")
            if connection.execute("SELECT basis FROM basis WHERE part = ?", (table,)).fetchone() != (basis,):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 (a name of ours)
                connection.execute("REPLACE INTO basis VALUES (?, ?)", (table, basis))
            marks = ", ".join("?" * len(_TABLES[table]))
            connection.executemany(f"REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608
            connection.executemany(f"DELETE FROM {table} WHERE path = ?", ((path,) for path in lost))  # noqa: S608
            connection.execute("COMMIT")
