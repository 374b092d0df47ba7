"""What the ledger's contract is tried on: each store has its way to be filled, opened, killed and looked into.

A second store joins the contract by one more class of `Senders` in STORES; test_sqlite.py alone is about SQLite.
"""

from __future__ import annotations

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from digest.delivery.ledger import Answer, Ledger, Outcome, Picked
from digest.delivery.pace import Rules
from digest.delivery.transitions import Ending
from digest.errors import StoreError
from digest.store.ledger import SqliteLedger, open_ledger

RULES = Rules(retry_after=300, retry_for=48 * 3600)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


class Senders(ABC):
    """Opens ledgers on one database and does what a connection does with them, step by step."""

    rules = RULES

    def __init__(self, world: Any, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    # -- what each store does in its way

    @staticmethod
    @abstractmethod
    def make_world(worlds: ModuleType, folder: Path) -> Any:
        """An empty database, to be filled and read as `World` in tests/fakes/ledger_world.py is."""

    @abstractmethod
    async def open(self, rules: Rules = RULES, **options: Any) -> Any:
        """One more sender."""

    @abstractmethod
    async def open_mortal(self, statement_count: int, **options: Any) -> Any:
        """One more sender, which is killed behind its Nth statement; None when that comes while it is opened.

        It raises StoreError when it is asked anything from then on.
        """

    @abstractmethod
    async def crash(self, ledger: Any) -> None:
        """What a kill does: nothing more is written, and the kernel frees the lock."""

    @abstractmethod
    async def close(self) -> None:
        """End all that live."""

    # -- what a connection does

    async def pick(self, ledger: Ledger, relay: str = "") -> Picked:
        """A delivery that is picked; there must be one."""
        answer = await ledger.ask(None, None, True, relay)
        assert answer.next is not None
        return answer.next

    async def pick_all(self, ledger: Ledger, relay: str = "") -> list[Picked]:
        """All that can be picked now."""
        picks = []
        while (answer := await ledger.ask(None, None, True, relay)).next is not None:
            picks.append(answer.next)
        return picks

    async def let_go(self, ledger: Ledger, relay: str = "") -> Picked:
        """A delivery whose body may leave now."""
        picked = await self.pick(ledger, relay)
        answer = await ledger.ask(None, picked, False, relay)
        assert answer.allowed
        return picked

    async def end(self, ledger: Ledger, ending: Ending, **details: Any) -> tuple[Picked, Answer]:
        """A delivery that went out and ended so."""
        picked = await self.let_go(ledger)
        return picked, await ledger.ask(Outcome(picked, ending, **details), None, False)


class _Mortal(sqlite3.Connection):
    """A connection of a process that is killed behind its Nth statement: what is not committed by then is lost."""

    left = 0

    def execute(self, *args: Any) -> sqlite3.Cursor:
        return self._live(super().execute(*args))

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        return self._live(super().executemany(*args))

    def _live(self, cursor: sqlite3.Cursor) -> sqlite3.Cursor:
        type(self).left -= 1
        if type(self).left == 0:
            if self.in_transaction:  # as the next one to open the file does; a statement half read would keep the lock
                super().execute("ROLLBACK")
            self.close()
        return cursor


class SqliteSenders(Senders):
    """On SQLite."""

    def __init__(self, world: Any, clock: Clock) -> None:
        super().__init__(world, clock)
        self._opened: list[SqliteLedger] = []

    @staticmethod
    def make_world(worlds: ModuleType, folder: Path) -> Any:
        return worlds.World(folder)

    async def open(self, rules: Rules = RULES, **options: Any) -> SqliteLedger:
        ledger = await asyncio.to_thread(open_ledger, self._world.file, rules, now=self._clock, **options)
        self._opened.append(ledger)
        return ledger

    async def open_mortal(self, statement_count: int, **options: Any) -> SqliteLedger | None:
        connect = sqlite3.connect
        _Mortal.left = statement_count
        with patch("sqlite3.connect", lambda *args, **more: connect(*args, factory=_Mortal, **more)), suppress(StoreError):
            return await self.open(**options)
        return None

    async def crash(self, ledger: SqliteLedger) -> None:
        ledger._queue.put(None)
        await asyncio.to_thread(ledger._thread.join)
        ledger._slot.release()

    async def close(self) -> None:
        for ledger in self._opened:
            if ledger._thread.is_alive():
                await ledger.close()


STORES = {"sqlite": SqliteSenders}


@pytest.fixture(params=list(STORES))
def store(request: pytest.FixtureRequest) -> type[Senders]:
    """One store after the other."""
    return STORES[request.param]


@pytest.fixture
def world(store: type[Senders], worlds: ModuleType, tmp_path: Path) -> Any:
    """A database of that store without readers."""
    return store.make_world(worlds, tmp_path / "var")


@pytest.fixture
def clock(worlds: ModuleType) -> Clock:
    return Clock(worlds.START + 60)


@pytest.fixture
async def senders(store: type[Senders], world: Any, clock: Clock) -> AsyncIterator[Senders]:
    """Opens ledgers on one database; what is still open at the end is closed."""
    made = store(world, clock)
    yield made
    await made.close()


@pytest.fixture
async def ledger(senders: Senders, world: Any) -> Any:
    """A ledger with ten readers of an edition that is being sent."""
    world.add_edition()
    world.add_readers(10)
    return await senders.open()
