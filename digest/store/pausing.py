"""Long work on the database in short steps, so that others who write to it never wait for long."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from digest.store.sqlite import transaction

__all__ = ["Pausing"]

_GOAL = 0.02
"""How long, in seconds, a step may keep the database to itself."""
_LEAST, _FIRST, _MOST = 50, 200, 1_000
"""How many rows; so few that also those which take longer than the ones before are soon written."""


class Pausing:
    """How much to do in one step, by how long the steps before took.

    Attributes:
        size: how many rows the next step should look at.
    """

    def __init__(self) -> None:
        self.size = _FIRST

    @contextmanager
    def step(self, connection: sqlite3.Connection) -> Iterator[None]:
        """One writing transaction; afterwards as long a pause, in which whoever waits finds the database free."""
        with transaction(connection):
            began = time.monotonic()
            yield
        taken = time.monotonic() - began
        self.size = min(max(int(self.size * min(_GOAL / max(taken, 0.001), 2)), _LEAST), _MOST)
        time.sleep(taken)
