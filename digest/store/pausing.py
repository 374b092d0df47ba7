"""Long work on the database in short steps, so that others who write to it never wait for long."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from digest.store.sqlite import transaction

__all__ = ["Pausing"]

_GOAL = 0.04
"""How long, in seconds, a step may keep the database to itself."""
_LEAST, _MOST = 50, 20_000


class Pausing:
    """How much to do in one step, by how long the steps before took.

    Attributes:
        size: how many rows the next step should look at.
    """

    def __init__(self) -> None:
        self.size = 200

    @contextmanager
    def step(self, connection: sqlite3.Connection) -> Iterator[None]:
        """One writing transaction; afterwards a pause, in which whoever waits finds the database free."""
        with transaction(connection):
            began = time.monotonic()
            yield
        taken = time.monotonic() - began
        self.size = min(max(int(self.size * min(_GOAL / max(taken, 0.001), 2)), _LEAST), _MOST)
        time.sleep(max(taken, _GOAL) / 2)  # as long as the longest of SQLite's first naps before it looks again
