"""What a schedule has to do next, as pure rules: which period's turn it is, and the one task that is due in it now.

A turn runs from the moment at which its edition is prepared, by its slot, to the moment after which nothing leaves by itself
any more. One turn follows the other, each for a later period, and what is kept between two looks (`Record`) names it. So no
restart, no clock that steps, and no change of the schedule leaves a period out or takes one twice.

    prepare_at          slot_at                      closes_at
        | draft, letters    | approved: it is sent       | approved: staff are asked
        | of what is new    | draft: approvers are told  | draft: it stays one
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from digest.editions.edition import State
from digest.editions.periods import Strike, next_strike
from digest.settings import Rhythm, Slot

__all__ = [
    "LATE", "LEAD", "EditionFacts", "Facts", "Record", "Schedule", "Step", "Task", "Turn", "after", "after_approval",
    "decide", "is_late", "take_up", "wake_at",
]  # fmt: skip

LEAD: Mapping[str, timedelta] = {"weekly": timedelta(days=1), "daily": timedelta(hours=3)}
"""How long before its slot an edition is prepared, by rhythm."""
LATE = timedelta(days=1)
"""How long after its slot an edition still leaves by itself; less where the next one is prepared before."""
_FURTHEST: Mapping[str, timedelta] = {"weekly": timedelta(days=16), "daily": timedelta(days=4)}
_REMEMBERED = 20
"""So many editions of earlier turns are asked about no second time, though they are drafts and may be approved yet."""
_PUNCTUAL = timedelta(minutes=1)
_TICK = timedelta(seconds=1)
_READY: tuple[State, ...] = ("approved", "frozen")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A weekly or daily slot on the newsroom's clock."""

    rhythm: Rhythm
    slot: Slot
    where: tzinfo

    @property
    def text(self) -> str:
        """What differs when newsroom.toml sets another slot or zone."""
        return f"{self.slot.weekday} {self.slot.hour:02}:{self.slot.minute:02} {self.where}"

    def next_strike(self, moment: datetime) -> Strike:
        """The first slot at or after a moment."""
        return next_strike(moment, self.rhythm, self.slot, self.where)


@dataclass(frozen=True, slots=True)
class Turn:
    """A period's turn on a schedule, and what was done in it that the edition itself does not show.

    Attributes:
        period: the period of the edition.
        prepare_at, slot_at, closes_at: moments in this order, aware UTC; the last one no longer belongs to the turn.
        announced: whether the approvers know that a draft waits for them.
        warned: whether they know that the slot came and nothing was approved.
        told: position in the log up to which they know what was released after their approval.
        weighed: the edition's revision (0 for none) and the log's end with which it was found to carry nothing.
        tried: the state of the standing approval with which the draft was not approved (`Facts.standing`).
    """

    period: str
    prepare_at: datetime
    slot_at: datetime
    closes_at: datetime
    announced: bool = False
    warned: bool = False
    told: int = 0
    weighed: tuple[int, int] = (-1, -1)
    tried: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What a schedule keeps between two looks: the schedule (`Schedule.text`), whose turn it is, and the editions of
    earlier turns about which staff were asked."""

    schedule: str
    turn: Turn
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """What counts of an edition; it is the first part of its period and no extra."""

    id: str
    state: State
    revision: int
    horizon: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so now.

    Attributes:
        edition: the edition of the turn's period, None when there is none.
        log_end: the number of the newest event up to now.
        standing: the standing approval that may approve the draft, as a text that changes when it is worth another try;
            empty when there is none.
        left: the editions of earlier periods that were approved and never sent.
    """

    edition: EditionFacts | None
    log_end: int
    standing: str = ""
    left: tuple[str, ...] = ()

    @property
    def weight(self) -> tuple[int, int]:
        """What changes when the edition may carry something else than before."""
        return (self.edition.revision if self.edition else 0, self.log_end)


class Step(StrEnum):
    """What a schedule does."""

    PREPARE = "prepare"
    ANNOUNCE = "announce"
    MOVE_ON = "move on"
    TELL_RELEASED = "tell released"
    TRY_STANDING = "try standing"
    SEND = "send"
    TELL_UNAPPROVED = "tell unapproved"
    TELL_MISSED = "tell missed"
    CLOSE = "close"


class Task(NamedTuple):
    """A step, and the edition that it is about; empty when there is none."""

    step: Step
    edition: str = ""


def take_up(record: Record | None, schedule: Schedule, now: datetime, open_periods: Collection[str] = ()) -> Record:
    """The record by newsroom.toml's present schedule; the same when nothing has changed.

    A new schedule begins with its next slot, or with one less than a day ago if the edition of that is there already. A
    changed one holds for the running turn if its slot for that period is still to come; else the turn keeps its own slot,
    and the next one goes by the new schedule. So a change makes nothing leave at once, and no period is lost.

    Args:
        open_periods: the periods of which there are editions that are not sent yet.
    """
    if record is None or _is_astray(record.turn, schedule, now):
        turn = _open_turn(schedule, now)
        if turn.slot_at < now and turn.period not in open_periods:
            turn = _open_turn(schedule, now, turn)
        return Record(schedule.text, turn, record.asked if record else ())
    if record.schedule == schedule.text:
        return record
    strike = schedule.next_strike(now)
    while strike.period < record.turn.period:
        strike = schedule.next_strike(strike.at + _TICK)
    if strike.period > record.turn.period:
        return replace(record, schedule=schedule.text)
    turn = _build_turn(schedule, strike)
    moved = replace(record.turn, prepare_at=turn.prepare_at, slot_at=turn.slot_at, closes_at=turn.closes_at, warned=False)
    return replace(record, schedule=schedule.text, turn=moved)


def decide(record: Record, schedule: Schedule, facts: Facts, now: datetime) -> Task | None:
    """The one task that is due now, None when there is none. Done and noted (`after`), another one may be."""
    turn, edition = record.turn, facts.edition
    if now < turn.prepare_at:
        step = None
    elif now < turn.slot_at:
        step = _before_slot(turn, facts)
    elif now < turn.closes_at:
        step = _at_slot(turn, facts)
    else:
        step = _after_turn(record, facts, is_next_due=_open_turn(schedule, now, turn).prepare_at <= now)
    if step:
        return Task(step, edition.id if edition else "")
    return next((Task(Step.TELL_MISSED, name) for name in facts.left if name not in record.asked), None)


def after(record: Record, task: Task, schedule: Schedule, facts: Facts, now: datetime, *, carries: bool = True) -> Record:
    """The record with a task that was done.

    Args:
        carries: whether the edition turned out to carry anything to anyone; if not, nobody was told of it.
    """
    turn = record.turn
    match task.step:
        case Step.CLOSE:
            asked = tuple(name for name in record.asked if name in {*facts.left, *record.asked[-_REMEMBERED:]})
            return replace(record, turn=_open_turn(schedule, now, turn), asked=asked)
        case Step.TELL_MISSED if carries:
            return replace(record, asked=(*record.asked, task.edition))
        case Step.PREPARE | Step.ANNOUNCE | Step.TELL_UNAPPROVED | Step.TELL_MISSED if not carries:
            turn = replace(turn, weighed=facts.weight)
        case Step.ANNOUNCE:
            turn = replace(turn, announced=True)
        case Step.TELL_RELEASED:
            turn = replace(turn, told=facts.log_end)
        case Step.TELL_UNAPPROVED:
            turn = replace(turn, warned=True)
        case Step.TRY_STANDING:
            turn = replace(turn, tried=facts.standing)
    return replace(record, turn=turn)


def after_approval(record: Record, period: str) -> Record:
    """The record when the edition of a period was approved: should it become a draft again, that is announced anew."""
    turn = record.turn
    return replace(record, turn=replace(turn, announced=False)) if turn.period == period else record


def is_late(turn: Turn, now: datetime) -> bool:
    """Whether an edition that is sent now is late: more than a minute after its slot, or approved only after it."""
    return turn.warned or now > turn.slot_at + _PUNCTUAL


def wake_at(record: Record, now: datetime) -> datetime | None:
    """The next moment at which time alone makes something due; None when none is known."""
    turn = record.turn
    return min((moment for moment in (turn.prepare_at, turn.slot_at, turn.closes_at) if moment > now), default=None)


def _before_slot(turn: Turn, facts: Facts) -> Step | None:
    edition = facts.edition
    if edition is None:
        return None if turn.weighed == facts.weight else Step.PREPARE
    if edition.state == "draft":
        if facts.log_end > edition.horizon:
            return Step.MOVE_ON
        if not (turn.announced or facts.standing or turn.weighed == facts.weight):
            return Step.ANNOUNCE
    if edition.state == "approved" and facts.log_end > max(edition.horizon, turn.told):
        return Step.TELL_RELEASED
    return None


def _at_slot(turn: Turn, facts: Facts) -> Step | None:
    edition = facts.edition
    if edition is None:
        return Step.CLOSE if turn.weighed == facts.weight else Step.PREPARE
    if edition.state in _READY:
        return Step.SEND
    if edition.state != "draft":
        return Step.CLOSE
    if facts.log_end > edition.horizon:
        return Step.MOVE_ON
    if facts.standing != turn.tried and facts.standing:
        return Step.TRY_STANDING
    if turn.warned:
        return None
    return Step.CLOSE if turn.weighed == facts.weight else Step.TELL_UNAPPROVED


def _after_turn(record: Record, facts: Facts, *, is_next_due: bool) -> Step:
    turn, edition = record.turn, facts.edition
    if edition is None:
        return Step.CLOSE if is_next_due or turn.weighed == facts.weight else Step.PREPARE
    if edition.state not in ("draft", *_READY) or edition.id in record.asked:
        return Step.CLOSE
    if edition.state == "draft":
        if turn.warned or turn.weighed == facts.weight:
            return Step.CLOSE
        if facts.log_end > edition.horizon:
            return Step.MOVE_ON
    return Step.TELL_MISSED


def _open_turn(schedule: Schedule, now: datetime, last: Turn | None = None) -> Turn:
    """The first turn that is not over, of a later period than the last."""
    turn = _build_turn(schedule, schedule.next_strike(now - LATE))
    while turn.closes_at <= now or (last and turn.period <= last.period):
        turn = _build_turn(schedule, schedule.next_strike(turn.slot_at + _TICK))
    return turn


def _build_turn(schedule: Schedule, strike: Strike) -> Turn:
    lead = LEAD[schedule.rhythm]
    following = schedule.next_strike(strike.at + _TICK)
    return Turn(strike.period, strike.at - lead, strike.at, min(strike.at + LATE, following.at - lead))


def _is_astray(turn: Turn, schedule: Schedule, now: datetime) -> bool:
    """Whether a turn lies further ahead than any that could be next, because a clock was wrong for a while."""
    return turn.slot_at > now + _FURTHEST[schedule.rhythm]
