"""The sender: several connections that work through what is due, wait for what is due soon, and leave everything in order.

A signal lets letters in flight end, writes how they ended and takes leave of the relay; a second one, or half a minute,
leaves at once. A kill at any moment is safe: what was in flight then is in doubt and treated so by the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.clock import real_now
from digest.delivery.connection import Connection
from digest.delivery.ledger import EditionView, Ledger, Overview
from digest.delivery.shift import Breaker, Progress, Shift
from digest.delivery.transitions import OPEN, State
from digest.delivery.transport import Composer, Transport
from digest.errors import DigestError, Status, StoreError

__all__ = ["Limits", "Report", "Sender", "build_report"]

_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How a sender works.

    `wait`: how far ahead the next due delivery may lie for the sender to wait for it. `patience`: how long a relay may give
    no answer about any letter before everything pauses. `drain`: how long letters in flight may take after a signal.
    `threads`: how many threads make copies; 0 when they are made so quickly that a thread would cost more. `least_free`: so
    many octets must be free on the disk of var/. `is_patient`: a relay that the first connection of all cannot reach
    is waited for like one that goes away later; else everything pauses at once, for a person is looking. `keep`: an open
    connection is kept for what is due within so long, as where so many letters a second may leave.
    """

    connections: int = 8
    wait: timedelta = timedelta(minutes=15)
    patience: timedelta = timedelta(minutes=5)
    drain: timedelta = timedelta(seconds=30)
    threads: int = 0
    least_free: int = 200 * 1024 * 1024
    is_patient: bool = False
    keep: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended: the exit status, what this run did, where its editions stand, and when the next letter is due.

    `reason` is a sentence about why it paused or stopped; empty when there is nothing to explain.
    """

    status: Status
    progress: Progress
    editions: tuple[EditionView, ...] = ()
    next_at: datetime | None = None
    reason: str = ""


@dataclass
class Sender:
    """Works through the deliveries that its ledger shows it.

    Args:
        ledger: the deliveries; it stays open, whoever opened it closes it.
        transport: the way letters leave.
        compose: makes the copy of a picked delivery.
        limits: how to work.
        on_progress: called after each commit that changed something, with what this run did so far.
        now: the clock that the ledger uses too.
        breaker: says when an edition must pause because of how its letters end.
        find_free: how many octets are free where the ledger lies; below `Limits.least_free` everything pauses.
        on_stop: called when a signal has come and letters that are leaving are waited for.
    """

    ledger: Ledger
    transport: Transport
    compose: Composer
    limits: Limits = field(default_factory=Limits)
    on_progress: Callable[[Progress], None] | None = None
    now: Callable[[], datetime] = real_now
    breaker: Breaker | None = None
    find_free: Callable[[], int] | None = None
    on_stop: Callable[[], None] | None = None
    _shift: Shift | None = field(default=None, init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _stopped: bool = field(default=False, init=False)

    async def run(self) -> Report:
        """Send what is due until nothing is, or nothing will be within the wait.

        Raises:
            StoreError: the ledger cannot be written; nothing was sent that it does not know of.
        """
        with self._threads() as threads:
            return await self._run(threads)

    async def _run(self, threads: Executor | None) -> Report:
        limits = self.limits
        shift = Shift(
            self.ledger, self.transport, self.compose, limits.patience, self.on_progress, threads, self.breaker, self.now,
            limits.keep,
        )  # fmt: skip
        shift.trouble.ever_connected = limits.is_patient
        self._shift = shift
        if self._stopped:
            shift.halted.set()
        watching = asyncio.create_task(self._watch_disk(shift))
        try:
            return await self._work(shift)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _work(self, shift: Shift) -> Report:
        others_until: datetime | None = None
        while True:
            await self._round(shift)
            if shift.failure is not None:
                await self._give_up(shift.failure)
            view = await self.ledger.review()
            if view.next_at is not None or not view.elsewhere_count:
                others_until = None
            elif others_until is None:
                others_until = self.now() + self.limits.wait
            if shift.halted.is_set() or not await self._is_more_due(shift, view.next_at, others_until):
                # looked at again, for staff may have paused or cancelled while we waited
                return build_report(await self.ledger.review(), shift.progress, reason=shift.reason)

    async def _watch_disk(self, shift: Shift) -> None:
        """Stop in time: a ledger that cannot be written stops everything too, but leaves letters in doubt."""
        while self.find_free is not None and not shift.halted.is_set():
            free = self.find_free()
            if free < self.limits.least_free:
                await shift.halt(f"only {free // 2**20} MiB are free on the disk of var/")
            await shift.rest(_LOOK_EVERY)

    @contextlib.contextmanager
    def _threads(self) -> Iterator[Executor | None]:
        if not self.limits.threads:
            yield None
            return
        with ThreadPoolExecutor(self.limits.threads, "composing") as threads:
            yield threads

    def stop(self) -> None:
        """Let letters in flight end; called again, or when they take too long, leave at once."""
        if self._stopped:
            self._leave()
            return
        self._stopped = True
        if self._shift is not None:
            self._shift.halted.set()
            if self._shift.session_count and self.on_stop is not None:
                self.on_stop()
        asyncio.get_running_loop().call_later(self.limits.drain.total_seconds(), self._leave)

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """While this is entered, SIGTERM and SIGINT call `stop`."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _round(self, shift: Shift) -> None:
        """All connections until nothing is due; the first goes ahead alone, to see whether the relay answers."""
        shift.opened.clear()
        shift.crowded = False
        self._tasks = []
        self._add_connections(shift, 1)
        opened = asyncio.create_task(shift.opened.wait())
        try:
            await asyncio.wait((self._tasks[0], opened), return_when=asyncio.FIRST_COMPLETED)
            if not self._tasks[0].done():
                self._add_connections(shift, self.limits.connections - 1)
            while waiting := [task for task in self._tasks if not task.done()]:
                await asyncio.wait(waiting, timeout=_LOOK_EVERY)
                await self._fill_up(shift)
        except asyncio.CancelledError:
            self._leave()
            await asyncio.wait(self._tasks)
            raise
        finally:
            opened.cancel()
        for task in self._tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
        self._tasks = []

    def _add_connections(self, shift: Shift, number: int) -> None:
        if not shift.halted.is_set():
            self._tasks += [asyncio.create_task(Connection(shift).run()) for _ in range(number)]

    async def _fill_up(self, shift: Shift) -> None:
        """Begin again with connections that had nothing to do: one that waits for a slow relay must not hold up news."""
        busy = sum(not task.done() for task in self._tasks)
        if not busy or busy == self.limits.connections or shift.crowded or shift.halted.is_set() or shift.trouble.failures:
            return
        next_at = await self.ledger.next_due()
        if next_at is not None and next_at <= self.now():
            self._add_connections(shift, self.limits.connections - busy)

    async def _is_more_due(self, shift: Shift, next_at: datetime | None, others_until: datetime | None) -> bool:
        """Wait for what is due soon, or for other senders to end; False when there is nothing to wait for."""
        until = self.now() + self.limits.wait
        while next_at is not None and next_at <= until and not shift.halted.is_set():
            if next_at <= self.now():
                return True
            await shift.rest(min((next_at - self.now()).total_seconds(), _LOOK_EVERY))
            next_at = await self.ledger.next_due()
        if next_at is None and others_until is not None and self.now() < others_until:
            await shift.rest(_LOOK_EVERY)
            return True
        return False

    async def _give_up(self, failure: Exception) -> None:
        """Pause as far as that can be written, and raise what broke."""
        if isinstance(failure, StoreError):
            with contextlib.suppress(StoreError):
                await self.ledger.pause(None, str(failure))
        elif isinstance(failure, DigestError):
            await self.ledger.pause(None, str(failure))
        raise failure


def build_report(view: Overview, progress: Progress, *, reason: str = "") -> Report:
    """What to say about a run, from where its editions stand now."""
    paused = [edition for edition in view.editions if edition.state == "paused"]
    cancelled = [edition for edition in view.editions if edition.state == "cancelled"]
    left = sum(edition.count(*OPEN) for edition in view.editions) or view.next_at is not None or view.elsewhere_count
    held = sum(edition.count(State.HELD) for edition in view.editions)
    if reason or paused:
        status = Status.PAUSED
        reason = reason or next((edition.paused_reason for edition in paused if edition.paused_reason), "")
    elif cancelled:
        status, reason = Status.REFUSED, "it was cancelled"
    elif left:
        status = Status.WAITING
    else:
        status = Status.HELD if held else Status.FINISHED
    return Report(status, progress, view.editions, view.next_at, reason)
