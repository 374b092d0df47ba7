"""Senders with one rule of the protocol broken. The judge must notice each of them, or it would notice nothing."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import killable_sender
import ledger_world

from digest.delivery.ledger import Answer, Ledger, Outcome, Overview, Picked
from digest.delivery.transitions import Ending, State
from digest.delivery.transport import Composer, Letter

__all__ = ["VARIANTS", "Variant", "killable_sender", "ledger_world"]


def _nothing() -> None:
    """Leave everything as it is."""


@dataclass(frozen=True)
class Variant:
    """A way to send: how the ledger and the copies are changed, what is done to the process before, which promises it
    breaks, one of them at least, and at what relay."""

    change: Callable[[Ledger], Ledger] = killable_sender.unchanged
    compose: Composer = ledger_world.compose
    prepare: Callable[[], None] = _nothing
    breaks: tuple[str, ...] = ()
    preset: str = "nasty"


class _Passing:
    """A ledger that passes everything on."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        return await self._ledger.ask(outcome, go, want, relay)

    def expect(self, connections: int) -> None:
        self._ledger.expect(connections)

    async def pause(self, edition: str | None, reason: str) -> None:
        await self._ledger.pause(edition, reason)

    async def next_due(self) -> datetime | None:
        return await self._ledger.next_due()

    async def review(self) -> Overview:
        return await self._ledger.review()

    async def close(self) -> None:
        await self._ledger.close()


class _WithoutIntent(_Passing):
    """Lets bodies go at once and writes down that they went when their answer has come."""

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        if outcome is not None and outcome.ending is not Ending.RETURNED:
            await self._ledger.ask(None, outcome.picked, want=False, relay=relay)
        answer = await self._ledger.ask(outcome, None, want, relay)
        return Answer(answer.recorded, go is not None, None, None, answer.next)


class _Hasty(_Passing):
    """Writes `sent` when a body is about to leave."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._done: set[int] = set()

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        known = outcome is not None and outcome.picked.id in self._done
        answer = await self._ledger.ask(None if known else outcome, go, want, relay)
        if go is not None and answer.allowed:
            self._done.add(go.id)
            await self._ledger.ask(Outcome(go, Ending.SENT, 250), None, want=False)
        recorded = State.SENT if known else answer.recorded
        return Answer(recorded, answer.allowed, answer.refusal, answer.refused, answer.next)


class _Forgetful(_Passing):
    """Forgets each twentieth letter that was taken."""

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        forgotten = outcome is not None and outcome.ending is Ending.SENT and outcome.picked.id % 20 == 0
        return await self._ledger.ask(None if forgotten else outcome, go, want, relay)


class _WithoutFence(_Passing):
    """Does not mind what the ledger refuses."""

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        answer = await self._ledger.ask(outcome, go, want, relay)
        return Answer(answer.recorded, go is not None, None, None, answer.next)


class _Doubtless(_Passing):
    """Takes a lost answer for a refusal, so that the next copy goes without a mark."""

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        if outcome is not None and outcome.ending is Ending.UNKNOWN:
            outcome = Outcome(outcome.picked, Ending.DEFERRED, outcome.code, outcome.reply)
        return await self._ledger.ask(outcome, go, want, relay)


def _scribble(picked: Picked) -> Letter:
    return ledger_world.compose(picked, f"It is {time.time_ns()}.\r\n".encode())


def _break_locks() -> None:
    fcntl.flock = lambda *_: None


_NO_INTENT = "a body began without an intent"
_CROWD = "more letters in flight than connections"

VARIANTS: Mapping[str, Variant] = {
    "": Variant(),
    "without intent": Variant(_WithoutIntent, breaks=(_NO_INTENT,)),
    "sent before the reply": Variant(_Hasty, breaks=("somebody was missed: sent, and never taken",), preset="unknowable"),
    "forgets outcomes": Variant(_Forgetful, breaks=(_CROWD, "a doubt that could be known", "a delivery was left inflight")),
    "without the fence": Variant(_WithoutFence, breaks=(_NO_INTENT, "a copy was taken, and the ledger says suppressed")),
    "doubt taken for refusal": Variant(_Doubtless, breaks=("a second copy without a mark before it",), preset="unknowable"),
    "other bytes each time": Variant(compose=_scribble, breaks=("a letter was not the one that was approved",)),
    "without locks": Variant(prepare=_break_locks, breaks=("two senders at one place", _CROWD)),
}
"""The sender as it is under the empty name, and the broken ones under the rule that they break."""
