"""Item contents, read from the database one by one when asked for; the last used stay in memory."""

from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path

from digest.errors import StoreError
from digest.items.model import Content
from digest.newsroom.log import ContentSource
from digest.remembering import Memory
from digest.store.sqlite import connect, translate

__all__ = ["Contents", "open_contents"]

MEMORY_BYTES = 128_000_000
"""How much of contents stays in memory: some 10,000 when each is as long as a press release."""
FIELD_BYTES = 2_000
"""How much a content takes besides its text, as a rule."""


class Contents:
    """Finds the contents of a database by their versions.

    It may be asked from any thread, during a transaction and after it, for what a version names never changes. The file is
    opened at the first question and closed when nobody holds the source any longer.
    """

    def __init__(self, file: Path) -> None:
        self._reader = _Reader(file)
        self._memory = Memory[str, Content](MEMORY_BYTES, _weigh)

    def __call__(self, version: str) -> Content:
        """The content of a version.

        Raises:
            StoreError: the database cannot be read, or lacks it.
        """
        content = self._memory.find(version)
        if content is None:
            content = self._reader.read(version)
            self._memory.keep(version, content)
        return content

    def keeping(self, others: ContentSource) -> ContentSource:
        """What the other source gives, kept on the way: what is about to be stored need not be read from there again."""

        def find(version: str) -> Content:
            content = others(version)
            self._memory.keep(content.version, content)
            return content

        return find


def open_contents(file: Path) -> Contents:
    """The contents of a database, whose last used ones stay in memory."""
    return Contents(file)


def _weigh(content: Content) -> int:
    return sys.getsizeof(content.body) + FIELD_BYTES


class _Reader:
    """One connection for all threads that ask."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def read(self, version: str) -> Content:
        """The content of a version.

        Raises:
            StoreError: the database cannot be read, or lacks it.
        """
        with translate(self._file), self._lock:
            if self._connection is None:
                self._connection = connect(self._file)
            row = self._connection.execute("SELECT content FROM version WHERE hash = ?", (version,)).fetchone()
        if row is None:
            raise StoreError(str(self._file), f"it lacks the item version {version}", "Restore the file from a backup.")
        return Content.model_validate_json(row[0])

    def __del__(self) -> None:
        if self._connection is not None:
            self._connection.close()
