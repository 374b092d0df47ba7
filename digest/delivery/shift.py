"""What the connections of one run share: how the relay does, whether to go on, and what has been done."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from digest.clock import real_now
from digest.delivery.ledger import Answer, Ledger, Outcome, Picked
from digest.delivery.pace import Trouble, relay_wait
from digest.delivery.transitions import OPEN, Ending, State
from digest.delivery.transport import Composer, Letter, Reply, Transport
from digest.delivery.verdicts import describe

__all__ = ["Breaker", "Progress", "Shift"]

_MENDED_SECONDS = 0.2
"""How often a connection that waits for the relay looks whether another one has got an answer."""
_LOOK_SECONDS = 1.0
"""How long it waits at most before it asks again, since something urgent may have come."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What one run has written into the ledger so far: each try counts once, by what its delivery became."""

    counts: Counter[State] = field(default_factory=Counter)

    @property
    def sent_count(self) -> int:
        """How many letters the relay has taken."""
        return self.counts[State.SENT]

    @property
    def rested_count(self) -> int:
        """How many deliveries have come to rest: sent, failed, suppressed, cancelled or held."""
        return sum(count for state, count in self.counts.items() if state not in OPEN)

    @property
    def waiting_count(self) -> int:
        """How many tries ended with the delivery back in the queue."""
        return self.counts[State.QUEUED]


class Breaker(Protocol):
    """Watches how letters of each edition end."""

    def note(self, edition: str | None, ending: Ending) -> str | None:
        """Why the edition must pause now, in a sentence for people; None as long as all is well."""
        ...


class Shift:
    """One run of a sender, as its connections see it.

    `crowded` says that the relay wants no more connections than there are. `halted` is set when no connection may begin
    another letter: by a signal, by a fault of ours (`reason`), or because something broke (`failure`). `relay` is the one
    that was called last, `proven` names those that have taken a letter.
    """

    def __init__(
        self,
        ledger: Ledger,
        transport: Transport,
        compose: Composer,
        patience: timedelta,
        on_progress: Callable[[Progress], None] | None,
        threads: Executor | None = None,
        breaker: Breaker | None = None,
        now: Callable[[], datetime] = real_now,
        keep: timedelta = timedelta(0),
    ) -> None:
        self.ledger = ledger
        self.transport = transport
        self.trouble = Trouble(patience)
        self.progress = Progress()
        self.halted = asyncio.Event()
        self.opened = asyncio.Event()
        self.door = asyncio.Lock()
        self.crowded = False
        self.reason = ""
        self.failure: Exception | None = None
        self.relay = ""
        self.proven: set[str] = set()
        self.session_count = 0
        self.worker_count = 0
        self.compose = compose
        self._threads = threads
        self._on_progress = on_progress
        self._breaker = breaker
        self._now = now
        self._keep = keep

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Count a connection among those that ask the ledger."""
        self.worker_count += 1
        self.ledger.expect(self.worker_count)
        try:
            yield
        finally:
            self.worker_count -= 1
            self.ledger.expect(self.worker_count)

    @property
    def composes_aside(self) -> bool:
        """Whether there are threads to make copies in: a signature takes a millisecond."""
        return self._threads is not None

    async def compose_aside(self, picked: Picked) -> Letter:
        """The copy of a picked delivery, made in a thread.

        Raises:
            DigestError: it cannot be made.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.compose, picked)

    def note(self, answer: Answer, outcome: Outcome | None) -> str | None:
        """Count what the ledger has written, and tell who watches; what was only put back is no news.

        Returns:
            Why the edition that the outcome is of must pause, None if it may go on.
        """
        tried = outcome is not None and outcome.ending is not Ending.RETURNED
        recorded = answer.recorded if tried else None
        refused = answer.refused if answer.refused not in OPEN else None
        for state in (recorded, refused):
            if state is not None:
                self.progress.counts[state] += 1
        if self._on_progress is not None and (recorded is not None or refused is not None):
            self._on_progress(self.progress)
        if outcome is None or outcome.picked.edition is None or self._breaker is None:
            return None
        return self._breaker.note(outcome.picked.edition, outcome.ending)

    async def is_soon_due(self) -> bool:
        """Wait a moment, if something is due so soon that an open connection is worth keeping; whether it is."""
        next_at = await self.ledger.next_due() if self._keep else None
        rest = next_at - self._now() if next_at is not None else timedelta(0)
        if not timedelta(0) < rest <= self._keep:
            return False
        await self.rest(min(rest.total_seconds(), _LOOK_SECONDS))
        return True

    async def halt(self, reason: str) -> None:
        """A fault of ours that concerns every letter: pause all editions of this run and let no connection go on."""
        if not self.reason:
            self.reason = reason
            self.halted.set()
            await self.ledger.pause(None, reason)

    async def fail(self, reply: Reply, *, connecting: bool) -> None:
        """Count a relay's trouble; halts when it goes on for too long."""
        if self.trouble.fail(time.monotonic(), connecting=connecting):
            await self.halt(describe(reply, self.transport.name))

    def break_off(self, error: Exception) -> None:
        """Something broke that no rule foresees; the first such error is the one to show."""
        if self.failure is None:
            self.failure = error
        self.halted.set()

    async def rest_from_trouble(self) -> None:
        """Wait as long as the relay's trouble asks for, or until another connection has found it mended."""
        until = time.monotonic() + relay_wait(self.trouble.failures)
        while self.trouble.failures and (left := until - time.monotonic()) > 0 and not self.halted.is_set():
            await self.rest(min(left, _MENDED_SECONDS))

    async def rest(self, seconds: float) -> None:
        """Wait, but no longer than until the run is halted."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.halted.wait(), seconds)
