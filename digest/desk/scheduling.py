"""Schedules at the desk: what a list's schedule has to do now is done, each thing in one transaction with the note of it.

Whatever is due is found out anew inside that transaction. So nothing is made twice by two servers on one site, by a crash
between two steps, or with staff who do the same at the same moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from digest.desk.fencing import check_fence
from digest.desk.workplace import Workplace
from digest.editions.edition import to_draft
from digest.editions.schedule import (
    Facts,
    Record,
    Schedule,
    Step,
    Task,
    Turn,
    after,
    after_approval,
    decide,
    is_late,
    take_up,
    wake_at,
)
from digest.errors import TemplateError
from digest.settings import Settings
from digest.staff.members import Program
from digest.store.journal import read_journal, write_journal
from digest.store.schedules import (
    drop_records,
    keep_record,
    read_facts,
    read_open_periods,
    read_record,
    read_record_names,
)
from digest.store.sqlite import AnyConnection

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digest.editions.edition import Edition
    from digest.mail.single import NoticeKind

__all__ = [
    "ACTOR", "Begin", "Scheduled", "drop_old_schedules", "find_slot", "follow_schedule", "list_scheduled", "note_approval",
    "was_late",
]  # fmt: skip

ACTOR = Program("the schedule")
"""Who did it, in the journal."""
_SILENT = (Step.CLOSE, Step.TRY_STANDING)
"""Steps that end with a note."""
_MOST = 40
"""More things than this are never due one after the other."""

Say = Callable[[str], None]


class Begin(Protocol):
    """Lets an approved edition be sent; `digest.work.sending.begin` does."""

    def __call__(self, place: Workplace, name: str, *, actor: str, late: bool, say: Say) -> Edition:
        """The edition as it is then; one that was begun before stays as it is."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A list with a schedule for one of its rhythms; `is_standing` says that a standing approval may approve its drafts."""

    list_id: str
    schedule: Schedule
    is_standing: bool

    @property
    def name(self) -> tuple[str, str]:
        """List and rhythm."""
        return self.list_id, self.schedule.rhythm

    def tell(self, moment: datetime) -> str:
        """A moment on the newsroom's clock."""
        return f"{moment.astimezone(self.schedule.where):%a %d %b %Y %H:%M}"


class _Look(NamedTuple):
    """What a schedule keeps, brought up to date; what is so now; and what is due."""

    record: Record
    is_changed: bool
    facts: Facts
    task: Task | None


class _Done(NamedTuple):
    """Whether the edition carries anything, and what there is to say; empty for nothing."""

    carries: bool = True
    words: str = ""


def list_scheduled(settings: Settings) -> Iterator[Scheduled]:
    """The schedules of newsroom.toml."""
    for name, chosen in settings.lists.items():
        for rhythm, slot in chosen.schedule.items():
            yield Scheduled(name, Schedule(rhythm, slot, settings.zone), chosen.approval == "standing")


def drop_old_schedules(place: Workplace) -> None:
    """Forget what schedules kept that newsroom.toml no longer has; one that comes back begins anew."""
    present = {one.name for one in list_scheduled(place.site.settings)}
    with place.hot.reading() as connection:
        old = [name for name in read_record_names(connection) if name not in present]
    if old:
        with place.hot.writing() as connection:
            drop_records(connection, old)


def find_slot(place: Workplace, edition: Edition) -> datetime | None:
    """When the schedule sends an edition if it is approved; None for one that it does not send, or no longer."""
    if edition.part > 1 or edition.extra:
        return None
    for one in list_scheduled(place.site.settings):
        if one.name == (edition.list_id, edition.rhythm):
            with place.hot.reading() as connection:
                turn = _look(place, connection, one).record.turn
            return turn.slot_at if turn.period == edition.period and place.now < turn.closes_at else None
    return None


def note_approval(connection: AnyConnection, edition: Edition) -> None:
    """Note that an edition was approved, in the transaction that approves it: a later look may find it a draft again."""
    record = read_record(connection, edition.list_id, edition.rhythm)
    if record is not None and edition.part == 1 and not edition.extra:
        keep_record(connection, edition.list_id, edition.rhythm, after_approval(record, edition.period))


def was_late(place: Workplace, name: str) -> bool:
    """Whether an edition began to be sent late by its schedule."""
    with place.hot.reading() as connection:
        return any(entry.detail.get("late") for entry in read_journal(connection, name) if entry.action == "sending begun")


def follow_schedule(place: Workplace, one: Scheduled, *, begin: Begin, say: Say) -> datetime | None:
    """Do all that a schedule has to do now; the next moment at which time alone makes something due, None if none is known.

    Args:
        begin: lets an approved edition be sent.
        say: is told in a sentence what was done.

    Raises:
        DeliveryError: something is due, and the site stands still; nothing is done then.
        DigestError: something cannot be done; it stays due.
    """
    for _ in range(_MOST):
        with place.hot.reading() as connection:
            seen = _look(place, connection, one)
        if seen.task is None and not seen.is_changed:
            return wake_at(seen.record, place.now)
        check_fence(place)
        if seen.task is None:
            with place.hot.writing() as connection:
                keep_record(connection, *one.name, _look(place, connection, one).record)
        else:
            _do(place, one, seen, begin, say)
    raise AssertionError(f"the schedule of {one.list_id} goes round")


def _look(place: Workplace, connection: AnyConnection, one: Scheduled) -> _Look:
    known = read_record(connection, *one.name)
    open_periods = () if known else read_open_periods(connection, *one.name)
    record = take_up(known, one.schedule, place.now, open_periods)
    facts = read_facts(connection, *one.name, record.turn.period, place.now)
    facts = replace(facts, standing=_stamp(place, facts.standing) if one.is_standing and facts.standing else "")
    return _Look(record, record != known, facts, decide(record, one.schedule, facts, place.now))


def _stamp(place: Workplace, approved_at: str) -> str:
    """Another text whenever a standing approval may hold that did not hold before."""
    seen = repr((approved_at, place.site.settings.fingerprint, place.templates.stamp()))
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def _do(place: Workplace, one: Scheduled, seen: _Look, begin: Begin, say: Say) -> None:
    task = seen.task
    assert task is not None
    if task.step is Step.SEND:
        _send(place, one, seen.record.turn, task.edition, begin, say)
        return
    if task.step is Step.TRY_STANDING and _try_standing(place, task.edition):
        return
    if task.step in _SILENT:
        with place.hot.writing() as connection:
            _note(place, connection, one, task, lambda _look: _Done())
        return
    with place.store.writing() as wide:
        done = _note(place, wide, one, task, lambda look: _Act(place, wide, one, look).do(task))
    if done.words:
        say(done.words)


def _note(place: Workplace, connection: AnyConnection, one: Scheduled, task: Task, act: Callable[[_Look], _Done]) -> _Done:
    """Do a task and note that it was done, unless this transaction finds that it is no longer due."""
    look = _look(place, connection, one)
    if look.task != task:
        return _Done()
    done = act(look)
    record = after(look.record, task, one.schedule, look.facts, place.now, carries=done.carries)
    keep_record(connection, *one.name, record)
    return done


def _send(place: Workplace, one: Scheduled, turn: Turn, name: str, begin: Begin, say: Say) -> None:
    late = is_late(turn, place.now)
    edition = begin(place, name, actor=ACTOR, late=late, say=say)
    readers = "1 reader" if edition.audience_count == 1 else f"{edition.audience_count} readers"
    say(f"{name} is being sent to {readers}" + (f", late: its moment was {one.tell(turn.slot_at)}" if late else ""))


def _try_standing(place: Workplace, name: str) -> bool:
    from digest.desk.standing import try_standing_approval

    return try_standing_approval(place, name)


@dataclass(frozen=True)
class _Act:
    """What a schedule does in a transaction that writes, to the edition whose turn it is."""

    place: Workplace
    connection: Connection
    one: Scheduled
    look: _Look

    def do(self, task: Task) -> _Done:
        acts = {
            Step.PREPARE: self._prepare,
            Step.MOVE_ON: self._move_on,
            Step.ANNOUNCE: self._announce,
            Step.TELL_RELEASED: self._tell_released,
            Step.TELL_UNAPPROVED: self._tell_unapproved,
        }
        return self._tell_missed(task.edition) if task.step is Step.TELL_MISSED else acts[task.step]()

    @property
    def _turn(self) -> Turn:
        return self.look.record.turn

    @cached_property
    def _edition(self) -> Edition:
        from digest.store.editions import read_edition

        assert self.look.facts.edition is not None
        return read_edition(self.connection, self.look.facts.edition.id)

    def _prepare(self) -> _Done:
        from digest.desk.editions import make_draft

        one, turn = self.one, self._turn
        plan = make_draft(self.place, self.connection, one.list_id, one.schedule.rhythm, turn.period, actor=ACTOR)
        if plan is None:
            return _Done(carries=False)
        return _Done(words=f"{plan.edition.id} is prepared for {one.tell(turn.slot_at)}")

    def _move_on(self) -> _Done:
        from digest.desk.editions import move_draft

        move_draft(self.place, self.connection, self._edition, actor=ACTOR)
        return _Done()

    def _announce(self) -> _Done:
        edition, titles = self._edition, self._list_titles(self._edition)
        if not titles:
            return _Done(carries=False)
        told = self._tell("approval-wanted", edition.id, str(edition.revision), titles, self._turn.slot_at)
        return _Done(words=f"{edition.id} waits for approval: digest edition approve {edition.id} --as NAME ({told})")

    def _tell_released(self) -> _Done:
        edition, end = self._edition, self.look.facts.log_end
        moved = replace(to_draft(edition), moment=max(edition.moment, self.place.now), horizon=end)
        titles = self._list_titles(moved, behind=edition.horizon)
        if not titles:
            return _Done()
        told = self._tell("released-since", edition.id, str(end), titles, self._turn.slot_at)
        return _Done(words=f"{edition.id} stays as it was approved; released since: {'; '.join(titles)} ({told})")

    def _tell_unapproved(self) -> _Done:
        edition, turn, titles = self._edition, self._turn, self._list_titles(self._edition)
        if not titles:
            return _Done(carries=False)
        told = self._tell("slot-unapproved", edition.id, f"{turn.slot_at:%Y%m%d%H%M}", titles, turn.slot_at)
        words = f"{edition.id} is not sent, for nobody has approved it. Approved before {self.one.tell(turn.closes_at)}, "
        return _Done(words=f"{words}it leaves at once: digest edition approve {edition.id} --as NAME ({told})")

    def _tell_missed(self, name: str) -> _Done:
        own = self.look.facts.edition
        is_own = own is not None and own.id == name
        if is_own and self._edition.state == "draft" and not self._list_titles(self._edition):
            return _Done(carries=False)
        try:
            told = self._tell("slot-missed", name, "", (), self._turn.slot_at if is_own else None)
        except TemplateError as error:  # the schedule goes on all the same; the line is what staff have then
            told = str(error)
        return _Done(words=f"{name} missed its moment, and no longer leaves by itself: digest send {name} ({told})")

    def _list_titles(self, edition: Edition, behind: int = 0) -> tuple[str, ...]:
        """What an edition carries to anyone, in the log's order; only what happened behind a position of the log."""
        from digest.desk.planning import plan_edition
        from digest.store.settling import settle

        settle(self.connection)
        plan = plan_edition(self.connection, edition, self.place.site.settings)
        found = sorted((plan.newsroom.by_id[item] for item in plan.events.items), key=lambda item: item.number)
        return tuple(item.content.title for item in found if item.number > behind)

    def _tell(self, kind: NoticeKind, edition: str, occasion: str, titles: tuple[str, ...], at: datetime | None) -> str:
        """Mail the approvers; who is told, in words."""
        from digest.desk.notices import notify_approvers

        list_id, said = self.one.list_id, f"{kind} {edition} {occasion}".rstrip()
        number = notify_approvers(
            self.place, self.connection, list_id, kind, occasion=said, edition=edition, titles=titles, at=at
        )
        write_journal(
            self.connection, self.place.now, ACTOR, "approvers told", edition, self.place.via, kind=kind, count=number
        )
        if not number and self.place.site.settings.lists[list_id].approvers:
            return "nobody more is told by mail"  # they were told of the same before, or cannot be mailed
        if not number:
            return f"nobody is told by mail: newsroom.toml names no approvers of {list_id}"
        return "1 approver is told" if number == 1 else f"{number} approvers are told"
