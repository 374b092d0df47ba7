"""Item contents, read from the database one by one when asked for; the last used stay in memory."""

from __future__ import annotations

import sqlite3
import threading
from functools import lru_cache
from pathlib import Path

from digest.errors import StoreError
from digest.items.model import Content
from digest.newsroom.log import ContentSource
from digest.store.sqlite import connect, translate

__all__ = ["KEPT", "open_contents"]

KEPT = 2_000
"""How many contents stay in memory: some 15 MB when each is as long as a press release."""


def open_contents(file: Path) -> ContentSource:
    """Finds the contents of a database by their versions.

    It may be asked from any thread, during a transaction and after it, for what a version names never changes. The file is
    opened at the first question and closed when nobody holds the source any longer.
    """
    return lru_cache(maxsize=KEPT)(_Reader(file).read)


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
