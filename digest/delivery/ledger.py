"""The ledger's port: what a sender asks of whatever keeps the deliveries.

One question does it all: `ask` takes how the last letter ended, the letter whose body is to leave now, and the wish for a
next one; when it answers, all of that is durable. Nothing of a body leaves before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from digest.delivery.transitions import Ending, Refusal, State

__all__ = ["Answer", "EditionView", "Ledger", "Outcome", "Overview", "Picked"]


class Picked(NamedTuple):
    """A delivery that a connection has chosen, with all that is needed to compose its letter; the address stays sealed."""

    id: int
    edition: str | None
    message_hash: str | None
    """Names the ready message below var/variants/."""
    subscription: int | None
    """None for a single letter to somebody who is no reader of a list: staff, or accredited press."""
    epoch: int
    sealed: bytes
    domain_key: bytes
    unknown_count: int = 0
    attempt_count: int = 0
    letter: int | None = None
    """The row of a single letter, None for an edition's."""
    link: bytes | None = None
    """What stands in a single letter's place for a link, sealed like an address; None without one."""

    def __repr__(self) -> str:
        """Which one it is; nothing about its reader."""
        return f"Picked(id={self.id}, edition={self.edition!r}, letter={self.letter})"


class Outcome(NamedTuple):
    """How an attempt ended, as it goes into the ledger.

    `code` is the relay's three digits, None when none came; `reply` what it said, without addresses, 80 characters at most.
    `domain_wide` asks to leave the whole receiving domain alone for a while; `at_once` lets a first loss be mended by the
    next connection without a wait; `behind` lets one that was returned wait behind those that were not tried, so that a
    letter at which something balks stops no other.
    """

    picked: Picked
    ending: Ending
    code: int | None = None
    reply: str = ""
    domain_wide: bool = False
    at_once: bool = False
    behind: bool = False


class Answer(NamedTuple):
    """What the ledger says, once it is durable.

    `recorded` is what the last delivery has become (None: there was none, or it is no longer in the ledger); `allowed` that
    the body may leave, else `refusal` says why not and `refused` what that delivery has become; `next` is the delivery
    picked now, None when nothing is due.
    """

    recorded: State | None = None
    allowed: bool = False
    refusal: Refusal | None = None
    refused: State | None = None
    next: Picked | None = None


@dataclass(frozen=True, slots=True)
class EditionView:
    """Where an edition stands; `counts` has every state in which it has deliveries."""

    id: str
    state: str
    paused_by: str | None = None
    paused_reason: str | None = None
    audience_count: int | None = None
    counts: Mapping[State, int] = field(default_factory=dict)

    def count(self, *states: State) -> int:
        """How many deliveries are in any of those states."""
        return sum(self.counts.get(state, 0) for state in states)


@dataclass(frozen=True, slots=True)
class Overview:
    """What a sender works on: its editions, when the next letter is due, and how many are with other senders now."""

    editions: tuple[EditionView, ...] = ()
    next_at: datetime | None = None
    elsewhere_count: int = 0


class Ledger(Protocol):
    """The deliveries, seen by one sender. Every method raises StoreError when the store cannot be read or written."""

    async def ask(self, outcome: Outcome | None, go: Picked | None, want: bool, relay: str = "") -> Answer:
        """Record an outcome, let a picked delivery's body go, and pick another: one durable transaction.

        `relay` names the relay that the body would leave through, so that its pace is kept; none is picked while its
        count is full, and `next_due` says when it no longer is.
        """
        ...

    def expect(self, connections: int) -> None:
        """How many connections are asking now; when all of them wait, the ledger commits."""
        ...

    async def pause(self, edition: str | None, reason: str) -> None:
        """Pause an edition by itself, or with None all that this sender works on; the reason is one sentence for people."""
        ...

    async def next_due(self) -> datetime | None:
        """When the next delivery is due; None when none is queued that may be sent."""
        ...

    async def review(self) -> Overview:
        """Take back what dead senders left, finish editions whose counts add up, and say where things stand."""
        ...

    async def close(self) -> None:
        """Put back what is picked and give up the place among senders."""
        ...
