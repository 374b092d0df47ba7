"""The ledger on SQLite: one durable transaction for all connections of a sender that ask at about the same time.

Questions are gathered as long as they follow each other closely, or until every connection waits: the cost of a synchronised
write is shared. They are answered where they were asked, since to wake a thread and to be woken by it costs more than a
quick disk takes. A thread of the ledger takes over whatever may take long: everything on a slow disk, and a database that
somebody else is writing to. So the replies of the relay are never held up for long.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from digest.clock import real_now
from digest.delivery.ledger import Answer, Outcome, Overview, Picked
from digest.delivery.pace import Rules
from digest.delivery.pacing import FREE, Pacing
from digest.store.releases import from_seconds, to_seconds
from digest.store.scope import Scope
from digest.store.sending import Question, Sending
from digest.store.slots import Slot, take_slot
from digest.store.sqlite import PATIENT, PRAGMAS, transaction, translate

__all__ = ["GATHER_SECONDS", "SqliteLedger", "open_ledger"]

GATHER_SECONDS = 0.004
"""How long questions wait for another one, so that all share one synchronised write."""
_LONGEST_GATHERING = 5
"""So many times that at most, however closely they follow each other."""
_QUICK_SECONDS = 0.01
"""A commit that takes longer is one for the thread, as are those that follow it."""
_ASIDE_COUNT = 50
"""So many of them; then the disk may have become quick again."""

_T = TypeVar("_T")


_Asked = list[tuple[Question, asyncio.Future[Answer]]]


@dataclass(frozen=True, slots=True)
class _Job:
    run: Callable[[], Any]
    done: asyncio.Future[Any]


class SqliteLedger:
    """The deliveries as one sender sees them; see `digest.delivery.ledger.Ledger`. Bound to one event loop."""

    def __init__(
        self,
        file: Path,
        slot: Slot,
        rules: Rules,
        only: str | None,
        urgent: bool,
        pacing: Pacing,
        now: Callable[[], datetime],
    ) -> None:
        self._file = file
        self._slot = slot
        self._rules = rules
        self._only = only
        self._urgent = urgent
        self._pacing = pacing
        self._clock = now
        self._expected = 1
        self._given_count = 0  # what the thread was given and has not answered yet; meanwhile the connection is its own
        self._aside_count = 0  # how many more commits are for the thread, because one took long
        self._is_patient = True  # whether a statement waits for others who are writing
        self._asked: _Asked = []
        self._timer: asyncio.TimerHandle | None = None
        self._queue: queue.SimpleQueue[_Asked | _Job | None] = queue.SimpleQueue()
        self._behind: deque[_Job | None] = deque()
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
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._asked.append((Question(outcome, go, want, relay), answer))
        if len(self._asked) >= self._expected:
            self._hand_over()
        elif self._timer is None:
            self._wait_for_others(_LONGEST_GATHERING)
        return await answer

    def expect(self, connections: int) -> None:
        """How many connections are asking now."""
        self._expected = connections
        if self._asked and len(self._asked) >= connections:
            self._hand_over()

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
            self._hand_over()
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._slot.release()

    def _wait_for_others(self, left: int) -> None:
        """Hand over what was asked as soon as nothing more comes, or that was looked at often enough."""
        assert self._loop is not None
        known = len(self._asked)

        def look() -> None:
            if left > 1 and len(self._asked) > known:
                self._wait_for_others(left - 1)
            else:
                self._hand_over()

        self._timer = self._loop.call_later(GATHER_SECONDS, look)

    def _hand_over(self) -> None:
        """Let the thread have what was asked so far."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        asked, self._asked = self._asked, []
        if asked and not self._commit_here(asked):
            self._give(asked)

    def _commit_here(self, asked: _Asked) -> bool:
        """Answer in this thread; False, and nothing done, when that may take long."""
        if self._given_count or self._aside_count:
            self._aside_count = max(self._aside_count - 1, 0)
            return False
        assert self._loop is not None
        began = time.monotonic()
        answered = self._try_exchange(asked)
        if time.monotonic() - began > _QUICK_SECONDS:
            self._aside_count = _ASIDE_COUNT
        if answered is None:
            return False
        self._loop.call_soon(_resolve, [answer for _, answer in asked], *answered)
        return True

    def _try_exchange(self, asked: _Asked) -> tuple[Sequence[Answer], Exception | None] | None:
        """The answers, or what went wrong; None when somebody else is writing."""
        try:
            with translate(self._file):
                self._be_patient(patient=False)
                return self._sending.exchange([question for question, _ in asked], self._now()), None
        except Exception as error:  # noqa: BLE001 (raised again where it was asked)
            fault = error.__cause__
            if isinstance(fault, sqlite3.OperationalError) and fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return None
            return (), error

    def _be_patient(self, *, patient: bool) -> None:
        """Set whether statements wait for others who are writing."""
        if patient != self._is_patient:
            self._connection.execute(PATIENT if patient else "PRAGMA busy_timeout = 0")
            self._is_patient = patient

    def _give(self, item: _Asked | _Job) -> None:
        self._given_count += 1
        self._queue.put(item)

    async def _do(self, run: Callable[[], _T]) -> _T:
        self._loop = asyncio.get_running_loop()
        self._hand_over()
        done: asyncio.Future[_T] = self._loop.create_future()
        self._give(_Job(run, done))
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
            while (item := self._behind.popleft() if self._behind else self._queue.get()) is not None:
                self._handle(item)
        finally:
            self._connection.close()

    def _open(self) -> None:
        self._connection = sqlite3.connect(
            self._file, timeout=10, isolation_level=None, cached_statements=256, check_same_thread=False
        )
        try:
            for pragma in PRAGMAS:
                self._connection.execute(pragma)
            self._sending = Sending(
                self._connection, self.place, self._rules, self._only, urgent=self._urgent, pacing=self._pacing
            )
            self._scope = Scope(self._connection, self._sending, self._file.parent, self.place, self._only)
            self._scope.recover(self._now(), own=True)
        except BaseException:
            self._connection.close()
            raise

    def _handle(self, item: _Asked | _Job) -> None:
        if isinstance(item, _Job):
            self._answer(1, [item.done], lambda: [item.run()])
            return
        items = [item, *self._take_asked()]
        asked = [one for some in items for one in some]
        questions = [question for question, _ in asked]
        self._answer(len(items), [answer for _, answer in asked], lambda: self._sending.exchange(questions, self._now()))

    def _take_asked(self) -> Iterator[_Asked]:
        """What was asked meanwhile, up to the next thing of another sort."""
        while not self._behind and not self._queue.empty():
            item = self._queue.get()
            if isinstance(item, list):
                yield item
            else:
                self._behind.append(item)

    def _answer(self, count: int, futures: Sequence[asyncio.Future[Any]], run: Callable[[], Sequence[Any]]) -> None:
        """Do so many of the things that were given, and answer those who asked for them."""
        results: Sequence[Any] = ()
        failure: Exception | None = None
        try:
            with translate(self._file):
                self._be_patient(patient=True)
                results = run()
        except Exception as error:  # noqa: BLE001 (raised again where it was asked)
            failure = error
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: whoever asked has gone
                self._loop.call_soon_threadsafe(self._take_back, count, futures, results, failure)

    def _take_back(
        self, count: int, futures: Sequence[asyncio.Future[Any]], results: Sequence[Any], failure: Exception | None
    ) -> None:
        """In the loop again, which has the connection from here on if nothing else was given."""
        self._given_count -= count
        _resolve(futures, results, failure)

    def _put_back(self) -> None:
        with transaction(self._connection):
            self._sending.put_back()


def open_ledger(
    file: Path,
    rules: Rules,
    *,
    only: str | None = None,
    urgent: bool = False,
    pacing: Pacing = FREE,
    now: Callable[[], datetime] = real_now,
) -> SqliteLedger:
    """Take a place among the senders of a site and take back what dead ones left.

    Args:
        file: the database; the places' locks lie beside it.
        rules: when letters are tried again.
        only: the one edition to send, or None for all editions being sent and all single letters.
        urgent: with `only`, also send what is urgent of everything else: single letters, and editions at once that are being
            sent. What is said of how things stand is about the one edition all the same.
        pacing: how many letters may leave in a span of time.
        now: the clock.

    Raises:
        StoreError: the database or its folder cannot be used.
    """
    with translate(file):
        slot = take_slot(file.parent)
    ledger = SqliteLedger(file, slot, rules, only, urgent, pacing, now)
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
