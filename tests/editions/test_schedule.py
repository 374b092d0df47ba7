"""What a schedule has to do at each moment of a week or a day, and how it takes up another slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.editions.periods import period_at
from digest.editions.schedule import (
    EditionFacts,
    Facts,
    Record,
    Schedule,
    Step,
    Task,
    after,
    after_approval,
    decide,
    is_late,
    take_up,
    wake_at,
)
from digest.settings import Slot

LONDON = ZoneInfo("Europe/London")
FRIDAY = Schedule("weekly", Slot(4, 9, 0), LONDON)
MORNING = Schedule("daily", Slot(None, 8, 0), LONDON)
NAME = "2022-w09-supporters"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def begin(schedule: Schedule = FRIDAY, text: str = "2022-02-28T12:00") -> Record:
    return take_up(None, schedule, at(text))


def facts(state: str | None = None, horizon: int = 5, log_end: int = 5, **more: object) -> Facts:
    edition = None if state is None else EditionFacts(NAME, state, 3, horizon)
    return Facts(edition, log_end, **more)


def step(record: Record, found: Facts, text: str, schedule: Schedule = FRIDAY) -> Step | None:
    task = decide(record, schedule, found, at(text))
    return task.step if task else None


BEFORE, LEAD, SLOT, NIGHT, OVER = (
    "2022-03-03T08:59", "2022-03-03T09:00", "2022-03-04T09:00", "2022-03-05T08:59", "2022-03-05T09:00",
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "before", "lead", "slot", "night", "over"),
    [
        (facts(), None, Step.PREPARE, Step.PREPARE, Step.PREPARE, Step.PREPARE),
        (facts("draft"), None, Step.ANNOUNCE, Step.TELL_UNAPPROVED, Step.TELL_UNAPPROVED, Step.TELL_MISSED),
        (facts("draft", 4), None, Step.MOVE_ON, Step.MOVE_ON, Step.MOVE_ON, Step.MOVE_ON),
        (facts("draft", standing="x"), None, None, Step.TRY_STANDING, Step.TRY_STANDING, Step.TELL_MISSED),
        (facts("approved"), None, None, Step.SEND, Step.SEND, Step.TELL_MISSED),
        (facts("approved", 4), None, Step.TELL_RELEASED, Step.SEND, Step.SEND, Step.TELL_MISSED),
        (facts("frozen"), None, None, Step.SEND, Step.SEND, Step.TELL_MISSED),
        (facts("sending"), None, None, Step.CLOSE, Step.CLOSE, Step.CLOSE),
        (facts("paused"), None, None, Step.CLOSE, Step.CLOSE, Step.CLOSE),
        (facts("finished"), None, None, Step.CLOSE, Step.CLOSE, Step.CLOSE),
        (facts("cancelled"), None, None, Step.CLOSE, Step.CLOSE, Step.CLOSE),
    ],
)
def test_each_state_has_one_step_at_each_time(found, before, lead, slot, night, over):
    record = begin()
    assert [step(record, found, text) for text in (BEFORE, LEAD, SLOT, NIGHT, OVER)] == [before, lead, slot, night, over]


def test_a_turn_lasts_from_a_day_before_the_slot_to_a_day_after():
    turn = begin().turn
    assert (turn.period, turn.prepare_at, turn.slot_at, turn.closes_at) == ("2022-w09", at(LEAD), at(SLOT), at(OVER))
    assert [wake_at(begin(), at(text)) for text in (BEFORE, LEAD, SLOT, OVER)] == [at(LEAD), at(SLOT), at(OVER), None]


def test_a_daily_turn_lasts_from_three_hours_before_to_the_next_one():
    turn = begin(MORNING, "2022-03-01T12:00").turn
    assert (turn.period, turn.prepare_at) == ("2022-03-02", at("2022-03-02T05:00"))
    assert (turn.slot_at, turn.closes_at) == (at("2022-03-02T08:00"), at("2022-03-03T05:00"))


@pytest.mark.parametrize("schedule", [FRIDAY, MORNING])
def test_an_edition_prepared_by_hand_while_a_draft_is_due_is_of_the_same_period(schedule):
    turn = begin(schedule).turn
    for moment in (turn.prepare_at, turn.slot_at, turn.slot_at + timedelta(hours=3)):
        assert period_at(moment, schedule.rhythm, schedule.slot, LONDON) == turn.period


def do(record: Record, found: Facts, text: str, carries: bool = True) -> Record:
    """The record with what is due at that moment done."""
    task = decide(record, FRIDAY, found, at(text))
    assert task is not None
    return after(record, task, FRIDAY, found, at(text), carries=carries)


def test_nothing_is_said_twice():
    record = do(begin(), facts("draft"), LEAD)
    assert step(record, facts("draft"), LEAD) is None
    record = do(record, facts("draft"), SLOT)
    assert step(record, facts("draft"), NIGHT) is None
    assert step(record, facts("draft"), OVER) is Step.CLOSE, "they were told at the slot"

    record = do(begin(), facts("approved", 4), LEAD)
    assert step(record, facts("approved", 4), LEAD) is None
    assert step(record, facts("approved", 4, 6), LEAD) is Step.TELL_RELEASED
    record = do(record, facts("approved"), OVER)
    assert decide(record, FRIDAY, facts("approved"), at(OVER)) == Task(Step.CLOSE, NAME)


def test_what_carries_nothing_is_weighed_again_when_something_has_changed():
    for state in (None, "draft"):
        record = do(begin(), facts(state), LEAD, carries=False)
        assert step(record, facts(state), LEAD) is None
        assert step(record, facts(state), SLOT) is Step.CLOSE
        changed = facts(state, 6, 6)
        assert step(record, changed, LEAD) is (Step.PREPARE if state is None else Step.ANNOUNCE)


def test_an_approval_that_is_lost_is_asked_for_again():
    record = do(begin(), facts("draft"), LEAD)
    assert step(record, facts("draft"), LEAD) is None
    assert after_approval(record, "2022-w08") == record, "that was another edition"
    record = after_approval(record, "2022-w09")
    assert step(record, facts("approved"), LEAD) is None
    assert step(record, facts("draft"), LEAD) is Step.ANNOUNCE


def test_a_standing_approval_is_tried_again_only_when_it_may_have_changed():
    record = do(begin(), facts("draft", standing="a"), SLOT)
    assert step(record, facts("draft", standing="a"), SLOT) is Step.TELL_UNAPPROVED
    record = do(record, facts("draft", standing="a"), SLOT)
    assert step(record, facts("draft", standing="a"), SLOT) is None
    assert step(record, facts("draft", standing="b"), SLOT) is Step.TRY_STANDING


def test_an_edition_is_late_after_a_minute_or_once_approvers_were_warned():
    turn = begin().turn
    slot = turn.slot_at
    assert [is_late(turn, slot + timedelta(seconds=late)) for late in (0, 60, 61)] == [False, False, True]
    assert is_late(replace(turn, warned=True), slot)


def test_what_was_left_of_earlier_weeks_is_asked_about_once():
    found = facts(left=("2022-w07-supporters", "2022-w08-supporters"))
    record = begin()
    for name in found.left:
        task = decide(record, FRIDAY, found, at(BEFORE))
        assert task == Task(Step.TELL_MISSED, name)
        record = after(record, task, FRIDAY, found, at(BEFORE))
    assert decide(record, FRIDAY, found, at(BEFORE)) is None


def test_the_next_turn_is_of_the_next_period_also_when_the_clock_steps_back():
    record = begin()
    for text in (SLOT, "2022-03-04T08:55"):
        closed = after(record, Task(Step.CLOSE, NAME), FRIDAY, facts("finished"), at(text))
        assert closed.turn.period == "2022-w10"
    late = after(record, Task(Step.CLOSE, NAME), FRIDAY, facts("draft"), at("2022-03-25T15:00"))
    assert late.turn.period == "2022-w12", "the newest slot that can still be made up for"


def test_a_missed_draft_is_made_only_until_the_next_one_is_due():
    assert step(begin(), facts(), "2022-03-10T08:59") is Step.PREPARE
    assert step(begin(), facts(), "2022-03-10T09:00") is Step.CLOSE


@pytest.mark.parametrize(
    ("text", "periods", "period"),
    [
        ("2022-03-04T10:00", (), "2022-w10"),
        ("2022-03-04T10:00", ("2022-w09",), "2022-w09"),
        ("2022-03-05T10:00", ("2022-w09",), "2022-w10"),
        ("2022-03-03T10:00", (), "2022-w09"),
    ],
)
def test_a_new_schedule_begins_ahead_or_with_an_edition_that_is_there(text, periods, period):
    assert take_up(None, FRIDAY, at(text), periods).turn.period == period


@pytest.mark.parametrize(
    ("slot", "text", "slot_at", "following"),
    [
        (Slot(4, 14, 0), "2022-03-04T08:00", "2022-03-04T14:00", "2022-03-11T14:00"),
        (Slot(5, 12, 0), "2022-03-04T15:00", "2022-03-05T12:00", "2022-03-12T12:00"),  # struck already, put off
        (Slot(2, 9, 0), "2022-03-01T08:00", "2022-03-02T09:00", "2022-03-09T09:00"),
        (Slot(2, 9, 0), "2022-03-03T12:00", "2022-03-04T09:00", "2022-03-09T09:00"),  # Wednesday has passed
        (Slot(0, 9, 0), "2022-03-03T12:00", "2022-03-04T09:00", "2022-03-07T09:00"),
        (Slot(4, 8, 0), "2022-03-04T08:30", "2022-03-04T09:00", "2022-03-11T08:00"),
        (Slot(6, 9, 0), "2022-03-03T12:00", "2022-03-06T09:00", "2022-03-13T09:00"),
    ],
)
def test_another_slot_holds_for_this_week_if_it_is_still_to_come(slot, text, slot_at, following):
    schedule = replace(FRIDAY, slot=slot)
    record = do(begin(), facts("draft"), LEAD) if at(text) >= at(LEAD) else begin()
    moved = take_up(record, schedule, at(text))

    assert (moved.turn.period, moved.turn.slot_at) == ("2022-w09", at(slot_at))
    assert moved.turn.announced == record.turn.announced
    assert take_up(moved, schedule, at(text)) is moved
    closed = after(moved, Task(Step.CLOSE, NAME), schedule, facts("finished"), moved.turn.slot_at)
    assert (closed.turn.period, closed.turn.slot_at) == ("2022-w10", at(following))


def test_another_slot_does_not_bring_a_week_back_that_is_over():
    record = after(begin(), Task(Step.CLOSE, NAME), FRIDAY, facts("finished"), at(SLOT))
    moved = take_up(record, replace(FRIDAY, slot=Slot(6, 9, 0)), at("2022-03-04T12:00"))
    assert (moved.turn.period, moved.turn.slot_at) == ("2022-w10", at("2022-03-13T09:00"))


def test_a_turn_that_a_wrong_clock_put_far_ahead_is_given_up():
    ahead = begin(text="2031-01-01T12:00")
    assert take_up(ahead, FRIDAY, at("2022-03-03T12:00")).turn.period == "2022-w09"
    next_week = after(begin(), Task(Step.CLOSE, NAME), FRIDAY, facts("finished"), at(SLOT))
    assert take_up(next_week, FRIDAY, at("2022-03-04T08:55")) is next_week
