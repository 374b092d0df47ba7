"""What becomes of a delivery: every step from state to state, as pure functions over one small set of facts.

    queued -> picked -> inflight -> sent | failed | queued (later, or once more when the answer was lost) | held
    queued -> suppressed | cancelled | held       picked -> queued | suppressed | cancelled | failed | held
    held -> sent | queued | failed, by staff alone

A delivery is *in doubt* once an answer was lost after its body left: a copy may have arrived. Doubt never becomes
cancelled, suppressed or failed by itself; a person decides (held). A single letter is another matter: it goes at most once,
its doubt is noted and it is failed, for whoever misses it can ask again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "OPEN",
    "Change",
    "Decision",
    "Ending",
    "Facts",
    "Fence",
    "Refusal",
    "State",
    "after_attempt",
    "after_crash",
    "after_decision",
    "after_expiry",
    "after_refusal",
    "after_stop",
    "judge_fence",
]


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    PICKED = "picked"  # a connection chose it; at most its envelope has left
    INFLIGHT = "inflight"  # its body may leave, or has left
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    HELD = "held"


OPEN = frozenset({State.QUEUED, State.PICKED, State.INFLIGHT})
"""The states that a sender still works on; an edition is finished when none is left."""


class Ending(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    FAILED = "failed"
    DEFERRED = "deferred"
    """The relay said: not now. Or the connection was lost before the body."""
    UNKNOWN = "unknown"
    """The body left and no answer came: a copy may have arrived."""
    RETURNED = "returned"
    """Nothing left, through a fault of ours or because the sender stops; the attempt does not count."""


class Refusal(StrEnum):
    """Why the fence lets a picked delivery not go."""

    GONE = "gone"  # it is no longer this sender's: stopped, cancelled or erased meanwhile
    CANCELLED = "cancelled"  # the edition was cancelled
    STOPPED = "stopped"  # a correction or withdrawal stopped its variant
    LEFT = "left"  # the reader left, was erased, or left and came back
    SUPPRESSED = "suppressed"  # the address is never to be mailed
    UNAPPROVED = "unapproved"  # what was frozen is not what is approved
    PAUSED = "paused"  # the edition is not being sent now
    EARLY = "early"  # the edition's earliest moment has not come
    FULL = "full"  # as many have passed a gate of the pace as may in this span


class Decision(StrEnum):
    """What staff say of a held delivery."""

    RECEIVED = "received"
    AGAIN = "again"
    GIVE_UP = "give-up"


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about one delivery.

    `stopped`: its variant was stopped or its edition cancelled. `letter`: a single letter (a confirmation, a link), which
    is sent at most once because the person can ask again.
    """

    state: State
    unknown_count: int = 0
    stopped: bool = False
    letter: bool = False

    @property
    def in_doubt(self) -> bool:
        """Whether a copy may have arrived already."""
        return self.unknown_count > 0


@dataclass(frozen=True, slots=True)
class Change:
    """What a delivery becomes; `stopped` marks one in flight whose next refusal by the relay ends it."""

    state: State
    unknown_count: int
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Fence:
    """What is asked in the transaction that lets a body go.

    `mine`: it is picked by this very sender. `edition_state` is None for a single letter. `reader_state` is None once the
    subscription is erased; `same_epoch` is False when the reader left and came back since. `readerless`: a single letter to
    somebody who is no reader of a list; `erased`: a single letter whose address is erased. `full`: a gate of the pace is.
    """

    mine: bool
    edition_state: str | None
    approved: bool
    early: bool
    stopped: bool
    reader_state: str | None
    same_epoch: bool
    suppressed: bool
    readerless: bool = False
    erased: bool = False
    full: bool = False

    @property
    def left(self) -> bool:
        """Whether the person is no longer to be written to."""
        wanted = ("active", "pending") if self.edition_state is None else ("active",)
        return self.erased or (not self.readerless and (self.reader_state not in wanted or not self.same_epoch))


def judge_fence(fence: Fence) -> Refusal | None:
    """Whether a body may leave: None, or why not. What ends a delivery is named before what only delays it."""
    letter = fence.edition_state is None
    refusals = (
        (not fence.mine, Refusal.GONE),
        (fence.edition_state == "cancelled", Refusal.CANCELLED),
        (fence.stopped, Refusal.STOPPED),
        (fence.left, Refusal.LEFT),
        (fence.suppressed, Refusal.SUPPRESSED),
        (not letter and fence.edition_state != "sending", Refusal.PAUSED),
        (not letter and not fence.approved, Refusal.UNAPPROVED),
        (fence.early, Refusal.EARLY),
        (fence.full, Refusal.FULL),
    )
    return next((refusal for holds, refusal in refusals if holds), None)


def after_refusal(facts: Facts, refusal: Refusal) -> Change:
    """What a picked delivery becomes when the fence refuses it."""
    if refusal is Refusal.GONE:
        return _become(facts, facts.state)
    if refusal in (Refusal.CANCELLED, Refusal.STOPPED):
        return _end(facts, State.CANCELLED)
    if refusal in (Refusal.LEFT, Refusal.SUPPRESSED):
        return _end(facts, State.SUPPRESSED)
    return _become(facts, State.QUEUED)


def after_attempt(facts: Facts, ending: Ending, *, max_unknown: int, expired: bool = False) -> Change:
    """What a delivery becomes when an attempt has ended.

    Args:
        facts: as they are now; `state` is inflight, or picked when its envelope alone had left.
        ending: how it ended.
        max_unknown: how many lost answers may be followed by another copy; 0 gives at most one copy.
        expired: it was tried for as long as letters are tried.

    Raises:
        ValueError: it cannot have ended so, since no body had left.
    """
    if facts.state is not State.INFLIGHT and (facts.state is not State.PICKED or ending in (Ending.SENT, Ending.UNKNOWN)):
        raise ValueError(f"a delivery that is {facts.state} cannot end as {ending}")
    if ending is Ending.SENT:
        return _become(facts, State.SENT)
    if ending is Ending.UNKNOWN:
        return _doubt(facts, max_unknown)
    if ending is Ending.FAILED:
        return _end(facts, State.FAILED)
    if facts.stopped:
        return _end(facts, State.CANCELLED)
    if ending is Ending.DEFERRED and expired:
        return _end(facts, State.FAILED)
    return _become(facts, State.QUEUED)


def after_crash(facts: Facts, *, max_unknown: int) -> Change:
    """What a delivery of a sender that died becomes: without a body it is as before, in flight it is in doubt."""
    if facts.state is State.PICKED:
        return after_attempt(facts, Ending.RETURNED, max_unknown=max_unknown)
    return after_attempt(facts, Ending.UNKNOWN, max_unknown=max_unknown)


def after_expiry(facts: Facts) -> Change:
    """What a queued delivery becomes whose receiving domain has refused everything for as long as letters are tried."""
    return _end(facts, State.FAILED)


def after_stop(facts: Facts) -> Change:
    """What a delivery becomes when its variant is stopped or its edition cancelled."""
    if facts.state in (State.QUEUED, State.PICKED):
        return _end(facts, State.CANCELLED)
    if facts.state is State.INFLIGHT:
        return Change(State.INFLIGHT, facts.unknown_count, stopped=True)
    return _become(facts, facts.state)


def after_decision(facts: Facts, decision: Decision) -> Change:
    """What a held delivery becomes by the word of staff.

    Raises:
        ValueError: it is not held, as a single letter never is.
    """
    if facts.state is not State.HELD or facts.letter:
        raise ValueError(f"a delivery that is {facts.state} is not for staff to decide")
    states = {Decision.RECEIVED: State.SENT, Decision.AGAIN: State.QUEUED, Decision.GIVE_UP: State.FAILED}
    return _become(facts, states[decision])


def _become(facts: Facts, state: State) -> Change:
    return Change(state, facts.unknown_count, facts.stopped)


def _end(facts: Facts, state: State) -> Change:
    return _become(facts, State.HELD if facts.in_doubt and not facts.letter else state)


def _doubt(facts: Facts, max_unknown: int) -> Change:
    count = facts.unknown_count + 1
    if facts.letter:
        return Change(State.FAILED, count, facts.stopped)
    again = count <= max_unknown and not facts.stopped
    return Change(State.QUEUED if again else State.HELD, count, facts.stopped)
