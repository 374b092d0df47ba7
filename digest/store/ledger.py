"""The ledger on SQLite: one thread that commits for all connections of a sender.

Each connection's question waits in a queue; the thread gathers what comes within a few milliseconds, or until half of the
connections wait, and answers all of it with one durable transaction: the cost of a synchronised write is shared. A slow disk
holds up the questions, never the replies of the relay.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from digest.clock import real_now
from digest.delivery.ledger import Answer, Outcome, Overview, Picked
from digest.delivery.pace import Rules
from digest.store.releases import from_seconds, to_seconds
from digest.store.scope import Scope
from digest.store.sending import Question, Sending
from digest.store.slots import Slot, take_slot
from digest.store.sqlite import PRAGMAS, transaction, translate

__all__ = ["GATHER_SECONDS", "SqliteLedger", "open_ledger"]

GATHER_SECONDS = 0.004
"""How long a question waits for others, so that they share one synchronised write."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Ask:
    question: Question
    answer: asyncio.Future[Answer]


@dataclass(frozen=True, slots=True)
class _Job:
    run: Callable[[], Any]
    done: asyncio.Future[Any]


class SqliteLedger:
    """The deliveries as one sender sees them; see `digest.delivery.ledger.Ledger`. Bound to one event loop."""

    def __init__(self, file: Path, slot: Slot, rules: Rules, only: str | None, now: Callable[[], datetime]) -> None:
        self._file = file
        self._slot = slot
        self._rules = rules
        self._only = only
        self._clock = now
        self._expected = 1
        self._queue: queue.SimpleQueue[_Ask | _Job | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: sqlite3.Connection
        self._sending: Sending
        self._scope: Scope
        self._failure: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"ledger-{slot.number}", daemon=True)

    @property
    def place(self) -> int:
        """The number of this sender's place."""
        return self._slot.number

    def start(self) -> None:
        """Begin to serve: open the database and take back what dead senders left.

        Raises:
            StoreError: the database cannot be used.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            self._slot.release()
            raise self._failure

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        """Record an outcome, let a picked delivery's body go, and pick another: one durable transaction.

        Raises:
            StoreError: it could not be written; nothing of the question holds.
        """
        self._loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._queue.put(_Ask(Question(outcome, go, want, relay), answer))
        return await answer

    def expect(self, connections: int) -> None:
        """How many connections are asking now."""
        self._expected = connections

    async def pause(self, edition: str | None, reason: str) -> None:
        """Pause one edition, or all that this sender works on.

        Raises:
            StoreError: it could not be written.
        """
        await self._do(lambda: self._scope.pause(edition, reason, self._now()))

    async def next_due(self) -> datetime | None:
        """When the next delivery is due; None when none is queued that may be sent.

        Raises:
            StoreError: it could not be read.
        """
        seconds = await self._do(lambda: self._sending.next_due(self._now()))
        return None if seconds is None else from_seconds(seconds)

    async def review(self) -> Overview:
        """Take back what dead senders left, finish editions whose counts add up, and say where things stand.

        Raises:
            StoreError: it could not be read or written.
        """
        return await self._do(lambda: self._scope.review(self._now()))

    async def close(self) -> None:
        """Put back what is picked, and give up the place. What is in flight is in doubt from here on.

        Raises:
            StoreError: it could not be written; the place is given up all the same.
        """
        try:
            if self._thread.is_alive():
                await self._do(self._put_back)
        finally:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._slot.release()

    async def _do(self, run: Callable[[], _T]) -> _T:
        self._loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = self._loop.create_future()
        self._queue.put(_Job(run, done))
        return await done

    def _now(self) -> int:
        return to_seconds(self._clock())

    # -- what follows runs in the thread

    def _serve(self) -> None:
        try:
            with translate(self._file):
                self._open()
        except BaseException as error:  # noqa: BLE001 (raised again where `start` was called)
            self._failure = error
            return
        finally:
            self._ready.set()
        try:
            item = self._queue.get()
            while item is not None:
                item = self._handle(item)
        finally:
            self._connection.close()

    def _open(self) -> None:
        self._connection = sqlite3.connect(self._file, timeout=10, isolation_level=None, cached_statements=256)
        try:
            self._connection.row_factory = sqlite3.Row
            for pragma in PRAGMAS:
                self._connection.execute(pragma)
            self._sending = Sending(self._connection, self.place, self._rules, self._only)
            self._scope = Scope(self._connection, self._sending, self._file.parent, self.place, self._only)
            self._scope.recover(self._now(), own=True)
        except BaseException:
            self._connection.close()
            raise

    def _handle(self, item: _Ask | _Job) -> _Ask | _Job | None:
        """Answer an item, with all questions that can share its transaction; what comes after them."""
        if isinstance(item, _Job):
            job = item
            self._answer([job.done], lambda: [job.run()])
            return self._queue.get()
        asked = [item]
        behind = self._gather(asked)
        questions = [ask.question for ask in asked]
        self._answer([ask.answer for ask in asked], lambda: self._sending.exchange(questions, self._now()))
        return behind[0] if behind else self._queue.get()

    def _gather(self, asked: list[_Ask]) -> list[_Job | None]:
        """Add to the questions what others ask by now; whatever else was met behind them."""
        until = time.monotonic() + GATHER_SECONDS
        while True:
            rest = until - time.monotonic()
            patient = rest > 0 and len(asked) * 2 < self._expected
            try:
                item = self._queue.get(timeout=rest) if patient else self._queue.get_nowait()
            except queue.Empty:
                return []
            if not isinstance(item, _Ask):
                return [item]
            asked.append(item)

    def _answer(self, futures: Sequence[asyncio.Future[Any]], run: Callable[[], Sequence[Any]]) -> None:
        results: Sequence[Any] = ()
        failure: Exception | None = None
        try:
            with translate(self._file):
                results = run()
        except Exception as error:  # noqa: BLE001 (raised again where it was asked)
            failure = error
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: whoever asked has gone
                self._loop.call_soon_threadsafe(_resolve, futures, results, failure)

    def _put_back(self) -> None:
        with transaction(self._connection):
            self._sending.put_back()


def open_ledger(
    file: Path, rules: Rules, *, only: str | None = None, now: Callable[[], datetime] = real_now
) -> SqliteLedger:
    """Take a place among the senders of a site and take back what dead ones left.

    Args:
        file: the database; the places' locks lie beside it.
        rules: when letters are tried again.
        only: the one edition to send, or None for all editions being sent and all single letters.
        now: the clock.

    Raises:
        StoreError: the database or its folder cannot be used.
    """
    with translate(file):
        slot = take_slot(file.parent)
    ledger = SqliteLedger(file, slot, rules, only, now)
    ledger.start()
    return ledger


def _resolve(futures: Sequence[asyncio.Future[Any]], results: Sequence[Any], failure: Exception | None) -> None:
    for index, future in enumerate(futures):
        if future.done():  # whoever asked has gone
            continue
        if failure is not None:
            future.set_exception(failure)
        else:
            future.set_result(results[index])
