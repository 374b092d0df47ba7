"""What lies in an output folder: one SQLite file for each, below var/output/.

It tells of every file from which group and key it was made, its SHA-256, how it looked when it was written, and what a
server answers for it; which paths were public once and are no more; and which paths a run is moving files to, so that a run
that was killed is mended by the next. Changes are transactions: what a reader sees is what the last finished run left.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from digest.errors import StoreError
from digest.publishing.placing import Look

__all__ = ["BrokenManifestError", "Copy", "Entry", "Manifest", "ManifestWriter", "manifest_path", "open_manifest"]

_FORMAT = 1
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE groups (name TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, grp TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, status INTEGER NOT NULL, location TEXT NOT NULL, written_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_group ON files (grp);
CREATE TABLE copies (
    path TEXT PRIMARY KEY, original TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX copies_by_original ON copies (original);
CREATE TABLE gone (path TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE moving (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_FILES = "SELECT path, grp, key, sha256, size, mtime_ns, status, location, written_at FROM files"
_FIRST = """
SELECT groups.name, files.path, files.size, files.mtime_ns FROM groups
JOIN files ON files.path = (SELECT path FROM files WHERE grp = groups.name ORDER BY path LIMIT 1)
"""
_COPIES = "SELECT path, original, size, mtime_ns FROM copies"
_ROOM = -262_144
"""How much of a change SQLite may hold in memory before it writes to the file, in KiB below zero: as much as any has."""
_PATIENCE = 5.0
"""How long to wait for another process that is just committing, in seconds."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNUSABLE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Entry(NamedTuple):
    """A file that lies in the output folder.

    `group` and `key` are those it was made from; `size` is in bytes and `mtime_ns` its time of change in nanoseconds, as it
    was when it was written; `status` and `location` are what a server answers with (see `Document`); `written` is when its
    bytes last changed, in seconds since 1970.
    """

    path: str
    group: str
    key: str
    sha256: str
    size: int
    mtime_ns: int
    status: int
    location: str
    written: int

    @property
    def written_at(self) -> datetime:
        """When its bytes last changed."""
        return datetime.fromtimestamp(self.written, UTC)

    @property
    def look(self) -> Look:
        """How it looked when it was written: size in bytes, time of change in nanoseconds."""
        return self.size, self.mtime_ns


class Copy(NamedTuple):
    """A compressed copy beside a file: its path, the file's path, and how it looked when it was written."""

    path: str
    original: str
    size: int
    mtime_ns: int

    @property
    def look(self) -> Look:
        """Size in bytes, time of change in nanoseconds."""
        return self.size, self.mtime_ns


class BrokenManifestError(Exception):
    """The file is no manifest of ours, or damaged; it counts as none."""


def manifest_path(var: Path, public: Path) -> Path:
    """Where the manifest of an output folder lies: below var/output/, one for each folder that was ever written to."""
    place = os.path.relpath(public.resolve(), var.resolve())
    return var / "output" / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.db"


def open_manifest(file: Path) -> Manifest:
    """The manifest to read from, which need not exist yet."""
    return Manifest(file)


class Manifest:
    """A manifest for readers, such as the web server; it follows what other processes write.

    While there is none, or none that can be read, nothing is found in it.
    """

    def __init__(self, file: Path) -> None:
        self._file = str(file)
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def version(self) -> tuple[int, int, int]:
        """Changes whenever another process has changed the manifest; costs one look at the file."""
        try:
            facts = os.lstat(self._file)
        except OSError:
            return 0, 0, 0
        return facts.st_ino, facts.st_mtime_ns, facts.st_size

    def find(self, path: str) -> Entry | None:
        """What is known of the file at a path below the output folder.

        Raises:
            StoreError: another process holds the manifest for too long.
        """
        for row in self._select(f"{_FILES} WHERE path = ?", path):
            return Entry._make(row)
        return None

    def below(self, folder: str) -> Iterator[Entry]:
        """The files below a folder, such as `feeds/`, by path.

        Raises:
            StoreError: another process holds the manifest for too long.
        """
        query = f"{_FILES} WHERE path >= ? AND path < ? ORDER BY path"
        return map(Entry._make, self._select(query, folder, f"{folder}\x7f"))

    def is_gone(self, path: str) -> bool:
        """Whether a file was public at this path and is no more.

        Raises:
            StoreError: another process holds the manifest for too long.
        """
        return bool(self._select("SELECT 1 FROM gone WHERE path = ?", path))

    def close(self) -> None:
        """Give back the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _select(self, query: str, *values: str) -> Sequence[tuple[Any, ...]]:
        inode = self.version()[0]
        if inode != self._inode:
            self.close()
        if not inode:
            return ()
        try:
            if self._connection is None:
                self._connection, self._inode = _connect(self._file), inode
            return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            self.close()
            if _code(error) in _BUSY:
                raise StoreError(self._file, "another process holds it", "Try again in a moment.") from None
            return ()


def _connect(file: str) -> sqlite3.Connection:
    """A connection that never writes, but may undo what a killed writer left half done."""
    address = f"{Path(file).absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    return connection


class ManifestWriter:
    """A manifest for the one run that holds the folder's lock; `is_new` until something was written to it.

    Raises:
        BrokenManifestError: the file is no manifest, by any method.
        StoreError: it cannot be read or written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection = sqlite3.connect(file, isolation_level=None, timeout=_PATIENCE)
        try:
            self.is_new = self._judge_new()
        except BaseException:
            self._connection.close()
            raise

    def groups(self) -> dict[str, str]:
        """The key of each group as it was last written whole."""
        return dict(self._select("SELECT name, key FROM groups"))

    def entries(self, group: str) -> dict[str, Entry]:
        """The files of a group by path."""
        return {row[0]: Entry._make(row) for row in self._select(f"{_FILES} WHERE grp = ?", group)}

    def first_looks(self) -> dict[str, tuple[str, Look]]:
        """One file of each group: its path, and how it looked when it was written."""
        return {group: (path, (size, mtime_ns)) for group, path, size, mtime_ns in self._select(_FIRST)}

    def entry(self, path: str) -> Entry | None:
        """The file at a path, whatever its group."""
        return next(map(Entry._make, self._select(f"{_FILES} WHERE path = ?", path)), None)

    def all_entries(self) -> Iterator[Entry]:
        """All files, by path."""
        return map(Entry._make, self._select(f"{_FILES} ORDER BY path"))

    def copies(self, original: str | None = None) -> list[Copy]:
        """The compressed copies of a file, or of all files."""
        if original is None:
            return [Copy._make(row) for row in self._select(_COPIES)]
        return [Copy._make(row) for row in self._select(f"{_COPIES} WHERE original = ?", original)]

    def moving(self) -> set[str]:
        """The paths to which a run that never finished was moving files."""
        return {row[0] for row in self._select("SELECT path FROM moving")}

    def meta(self, name: str) -> str:
        """A fact about the whole folder; empty when it was never kept."""
        return next((row[0] for row in self._select("SELECT value FROM meta WHERE name = ?", name)), "")

    def file_count(self) -> int:
        """How many files are known."""
        return next((int(row[0]) for row in self._select("SELECT count(*) FROM files")), 0)

    def begin(self, paths: Iterable[str]) -> None:
        """Keep, durably and before the first file moves, to which paths files are going to be moved."""
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO moving VALUES (?)", ((path,) for path in paths))

    def finish(
        self,
        *,
        entries: Iterable[Entry],
        copies: Iterable[Copy],
        removed: Sequence[str],
        removed_copies: Sequence[str],
        groups: Mapping[str, str],
        vanished: Iterable[str],
        meta: Mapping[str, str],
        at: int,
    ) -> None:
        """Keep, durably, what the folder holds now; `removed` paths are gone since `at` (seconds since 1970)."""
        with self._transaction() as connection:
            many = connection.executemany
            many("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", entries)
            many("DELETE FROM files WHERE path = ?", ((path,) for path in removed))
            many("INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)", copies)
            many("DELETE FROM copies WHERE path = ?", ((path,) for path in removed_copies))
            many("INSERT OR IGNORE INTO gone VALUES (?, ?)", ((path, at) for path in removed))
            connection.execute("DELETE FROM gone WHERE path IN (SELECT path FROM files)")
            many("INSERT OR REPLACE INTO groups VALUES (?, ?)", groups.items())
            many("DELETE FROM groups WHERE name = ?", ((name,) for name in vanished))
            many("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())
            connection.execute("DELETE FROM moving")

    def close(self) -> None:
        """Give back the file."""
        self._connection.close()

    def _judge_new(self) -> bool:
        with self._translate():
            self._connection.execute(f"PRAGMA cache_size = {_ROOM}")
            self._connection.execute("PRAGMA synchronous = FULL")
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            is_new = not found and not self._connection.execute("PRAGMA schema_version").fetchone()[0]
            if not is_new and found != _FORMAT:
                raise BrokenManifestError
            return is_new

    def _select(self, query: str, *values: str) -> Sequence[tuple[Any, ...]]:
        if self.is_new:
            return ()
        with self._translate():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        before = os.stat(self._file).st_mtime_ns if self._file.exists() else 0  # noqa: PTH116 (nanoseconds are all it is for)
        with self._translate(), closing(self._connection.cursor()):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                if self.is_new:
                    for statement in _SCHEMA.split(";"):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA user_version = {_FORMAT}")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        self.is_new = False
        self._mark(before)

    def _mark(self, before: int) -> None:
        """Make sure that the file looks changed: its file system may tell moments only by some thousandths of a second."""
        facts = self._file.stat()
        if facts.st_mtime_ns <= before:
            os.utime(self._file, ns=(facts.st_atime_ns, before + 1))

    @contextmanager
    def _translate(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if _code(error) in _UNUSABLE:
                raise BrokenManifestError from None
            if _code(error) == sqlite3.SQLITE_FULL:
                remedy = "Make room and publish again; no file is half written."
                raise StoreError(str(self._file), "the disk is full", remedy) from None
            raise StoreError(str(self._file), f"it cannot be used ({error})", "Mend the folder's rights.") from None


def _code(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary result code; 0 for a fault that SQLite was never asked about."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
