"""A schedule does the week by itself and people decide: what waits is announced once, what is approved leaves once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from digest.desk.approving import approve
from digest.desk.correcting import withdraw
from digest.desk.editions import prepare, set_choices
from digest.desk.fencing import raise_fence
from digest.desk.lifting import lift_fence
from digest.desk.scheduling import drop_old_schedules, find_slot, follow_schedule, list_scheduled, was_late
from digest.desk.standing import approve_list
from digest.desk.steering import cancel
from digest.desk.workplace import Workplace
from digest.errors import DeliveryError, EditionError
from digest.work.sending import begin

NAME = "2022-w09-supporters"
BEFORE, LEAD, EVE = "2022-03-02T12:00", "2022-03-03T09:00", "2022-03-03T16:00"
SLOT, LATE, CLOSED = "2022-03-04T09:00", "2022-03-04T11:30", "2022-03-05T09:00"


class Staffed:
    """A site with a schedule; `follow` lets it do what is due at a moment, `lines` is what it said."""

    def __init__(self, desk) -> None:
        self.desk, self.lines = desk, []

    def follow(self, text: str) -> datetime | None:
        self.desk.at(text)
        moments = [
            follow_schedule(self.desk.place, one, begin=begin, say=self.lines.append)
            for one in list_scheduled(self.desk.place.site.settings)
        ]
        return min((moment for moment in moments if moment), default=None)

    def release(self, name: str, text: str) -> None:
        self.desk.item(name, text[:10])
        self.desk.publish(text)

    def approve(self, text: str, name: str = NAME) -> None:
        self.desk.at(text)
        approve(self.desk.place, name, actor="Ada")

    @property
    def states(self) -> dict[str, str]:
        return dict(self.desk.sql("SELECT id, state FROM edition ORDER BY moment, id"))

    @property
    def letters(self) -> list[str]:
        """The kinds of the letters to the approvers, in the order of time."""
        return [kind for (kind,) in self.desk.sql("SELECT kind FROM letter ORDER BY id")]

    def one(self, column: str, name: str = NAME):
        ((value,),) = self.desk.sql(f"SELECT {column} FROM edition WHERE id = ?", name)
        return value


@pytest.fixture
def week(desk):
    """Two readers, one approver, one item released on Monday; the digest leaves on Friday at nine."""
    desk.settings(
        'rhythms = ["weekly", "at-once"]',
        'rhythms = ["weekly", "at-once"]\nschedule.weekly = "Fri 09:00"\napprovers = ["Ada <ada@example.org>"]',
    )
    desk.item("zero", "2022-02-20")
    desk.publish("2022-02-20T10:00")
    desk.readers("olena; ben ukraine", since="2022-02-20")
    staffed = Staffed(desk)
    staffed.release("monday", "2022-02-28T10:00")
    return staffed


def test_a_draft_is_prepared_a_day_before_and_announced_once(week):
    assert week.follow(BEFORE) == datetime.fromisoformat(LEAD + "+00:00")
    assert week.states == {}
    for text in (LEAD, LEAD, EVE):
        week.follow(text)

    assert week.states == {NAME: "draft"}
    assert week.letters == ["approval-wanted"]
    assert week.lines == [
        f"{NAME} is prepared for Fri 04 Mar 2022 09:00",
        f"{NAME} waits for approval: digest edition approve {NAME} --as NAME (1 approver is told)",
    ]
    assert {entry.actor for entry in week.desk.journal(NAME)} == {"the schedule"}


def test_an_approved_edition_leaves_at_its_moment_and_once(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.follow("2022-03-04T08:59")
    assert week.states == {NAME: "approved"}
    for text in (SLOT, SLOT, LATE, CLOSED):
        week.follow(text)

    assert week.states == {NAME: "sending"}
    assert week.letters == ["approval-wanted"]
    assert week.lines[-1] == f"{NAME} is being sent to 2 readers"
    (entry,) = (one for one in week.desk.journal(NAME) if one.action == "sending begun")
    assert (entry.actor, entry.detail["late"]) == ("the schedule", False)


def test_a_release_moves_the_draft_on_and_keeps_what_staff_chose(week):
    week.follow(LEAD)
    set_choices(week.desk.place, NAME, {"title": "Our title", "lead": "monday"}, actor="Ben")
    week.release("thursday", "2022-03-03T14:00")
    week.follow(EVE)

    assert week.one("horizon") == 3
    choices = prepare(week.desk.place, "supporters").edition.choices
    assert (choices.title, choices.lead) == ("Our title", "monday")
    assert week.letters == ["approval-wanted"]


def test_what_is_released_after_the_approval_is_told_and_changes_nothing(week):
    week.follow(LEAD)
    week.approve("2022-03-03T12:00")
    signed = week.one("approved_hash")
    week.release("thursday", "2022-03-03T14:00")
    week.release("elsewhere", "2022-03-03T14:30")
    for text in (EVE, EVE, "2022-03-03T17:00"):
        week.follow(text)

    assert week.letters == ["approval-wanted", "released-since"]
    assert "released since: Title of thursday; Title of elsewhere" in week.lines[-1]
    week.follow(SLOT)
    assert (week.one("approved_hash"), week.one("horizon")) == (signed, 2)


def test_what_the_list_will_never_carry_is_not_told(week):
    week.follow(LEAD)
    week.approve("2022-03-03T12:00")
    week.desk.item("history", "2021-03-03")
    week.desk.publish("2022-03-03T14:00", backfill=True)
    week.follow(EVE)

    assert week.letters == ["approval-wanted"]


@pytest.mark.parametrize("is_seen", [True, False])
def test_an_approval_that_a_correction_took_away_is_asked_for_again_before_the_slot(week, is_seen):
    week.follow(LEAD)
    week.approve("2022-03-03T12:00")
    if is_seen:
        week.follow("2022-03-03T12:01")
    week.desk.item("monday", "2022-02-28", body="Other words.", corrections="[{date: 2022-03-03, note: Mended.}]")
    week.desk.publish("2022-03-03T14:00")
    week.follow(EVE)

    assert week.states == {NAME: "draft"}
    assert week.letters == ["approval-wanted", "approval-wanted"]


def test_an_unapproved_slot_is_told_once_and_a_late_approval_leaves_at_once_and_marked(week):
    week.follow(LEAD)
    for text in (SLOT, SLOT, "2022-03-04T10:00"):
        week.follow(text)
    assert week.states == {NAME: "draft"}
    assert week.letters == ["approval-wanted", "slot-unapproved"]
    assert "Approved before Sat 05 Mar 2022 09:00, it leaves at once" in week.lines[-1]

    week.approve("2022-03-04T11:00")
    week.follow(LATE)

    assert week.states == {NAME: "sending"}
    assert week.lines[-1] == f"{NAME} is being sent to 2 readers, late: its moment was Fri 04 Mar 2022 09:00"
    (entry,) = (one for one in week.desk.journal(NAME) if one.action == "sending begun")
    assert entry.detail["late"] is True


def test_staff_see_when_it_leaves_and_that_it_was_late(week):
    week.follow(LEAD)
    edition = prepare(week.desk.place, "supporters").edition
    extra = prepare(week.desk.place, "supporters", extra=True).edition
    assert find_slot(week.desk.place, edition) == datetime.fromisoformat(SLOT + "+00:00")
    assert find_slot(week.desk.place, extra) is None
    week.approve(EVE)
    week.follow(LATE)

    assert was_late(week.desk.place, NAME)
    week.desk.at(CLOSED)
    assert find_slot(week.desk.place, edition) is None


def test_a_slot_missed_by_less_than_a_day_is_made_up_for_and_marked(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.follow("2022-03-05T08:59")

    assert week.states == {NAME: "sending"}
    assert ", late" in week.lines[-1]


def test_a_slot_missed_by_a_day_is_asked_about_and_nothing_leaves(week):
    week.follow(LEAD)
    week.approve(EVE)
    for text in (CLOSED, "2022-03-06T12:00", "2022-03-09T09:00"):
        week.follow(text)

    assert week.states == {NAME: "approved"}
    assert week.letters == ["approval-wanted", "slot-missed"]
    assert week.lines[-1].startswith(f"{NAME} missed its moment, and no longer leaves by itself: digest send {NAME}")
    assert week.desk.send(NAME).edition.state == "finished"


def test_after_days_without_a_server_there_is_a_draft_to_decide_about(week):
    week.follow(BEFORE)
    for text in ("2022-03-06T12:00", "2022-03-06T12:01"):
        week.follow(text)

    assert week.states == {NAME: "draft"}
    assert week.letters == ["slot-missed"]
    week.approve("2022-03-06T13:00")
    week.follow("2022-03-06T13:01")
    assert week.states == {NAME: "approved"}
    assert week.letters == ["slot-missed"]


def test_a_server_that_starts_hours_after_the_slot_prepares_asks_and_sends_late(week):
    week.follow(BEFORE)
    week.follow("2022-03-04T15:00")
    assert week.states == {NAME: "draft"}
    assert week.letters == ["slot-unapproved"]
    week.approve("2022-03-04T15:10")
    week.follow("2022-03-04T15:11")
    assert week.states == {NAME: "sending"}


def test_nothing_to_carry_is_silent_until_something_is_released(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.follow(SLOT)
    week.desk.send(NAME)
    for text in ("2022-03-10T09:00", "2022-03-10T20:00"):
        week.follow(text)
    assert list(week.states) == [NAME]
    week.release("friday", "2022-03-11T07:00")
    week.follow("2022-03-11T07:01")
    assert week.letters == ["approval-wanted", "approval-wanted"]

    second = "2022-w10-supporters"
    week.approve("2022-03-11T08:00", second)
    week.follow("2022-03-11T09:00")
    week.desk.send(second)
    assert week.letters == ["approval-wanted", "approval-wanted"]
    for text in ("2022-03-17T09:00", "2022-03-18T09:00", "2022-03-19T09:00"):
        week.follow(text)
    assert list(week.states) == [NAME, second]
    assert len(week.letters) == 2


def test_a_draft_of_staff_that_has_become_empty_stays_silent(week):
    week.desk.at("2022-03-01T10:00")
    week.desk.prepare()
    withdraw(week.desk.place, "monday", "It was wrong.")
    for text in (LEAD, SLOT, CLOSED):
        week.follow(text)

    assert week.states == {NAME: "draft"}
    assert week.letters == []


@pytest.mark.parametrize("moment", ["2022-03-02T15:00", "2022-03-03T15:00"])
def test_what_was_sent_by_hand_is_not_sent_again(week, moment):
    week.follow("2022-03-02T10:00")
    week.desk.at(moment)
    week.follow(moment)
    week.desk.send()
    week.release("later", "2022-03-03T18:00")
    for text in ("2022-03-03T19:00", SLOT, CLOSED, "2022-03-10T08:00"):
        week.follow(text)

    assert week.states == {NAME: "finished"}
    assert week.letters.count("slot-unapproved") == 0


def test_a_cancelled_week_is_skipped_and_its_items_come_with_the_next(week):
    week.follow(LEAD)
    cancel(week.desk.place, NAME, actor="Ada")
    week.release("thursday", "2022-03-03T14:00")
    for text in (EVE, SLOT, CLOSED):
        week.follow(text)
    assert week.states == {NAME: "cancelled"}
    week.follow("2022-03-10T09:00")

    assert week.states == {NAME: "cancelled", "2022-w10-supporters": "draft"}
    assert week.letters == ["approval-wanted", "approval-wanted"]
    carried = prepare(week.desk.place, "supporters").plan.events.items
    assert carried == {"monday", "thursday"}


def test_a_holiday_is_cancelled_weeks_ahead(week):
    week.desk.at("2022-02-21T12:00")
    name = week.desk.prepare(at=datetime.fromisoformat(SLOT + "+00:00")).id
    cancel(week.desk.place, name, actor="Ada")
    for text in (BEFORE, LEAD, SLOT, CLOSED):
        week.follow(text)
    assert (week.states, week.letters) == ({NAME: "cancelled"}, [])


def test_a_cancelled_edition_that_staff_prepare_again_goes_on(week):
    week.follow(LEAD)
    cancel(week.desk.place, NAME, actor="Ada")
    week.follow("2022-03-03T10:00")
    week.desk.at("2022-03-03T11:00")
    week.desk.approve()
    week.follow(SLOT)
    assert week.states == {NAME: "sending"}


def test_a_pause_and_extra_editions_are_left_to_staff(week):
    week.desk.at(BEFORE)
    extra = prepare(week.desk.place, "supporters", extra=True).edition.id
    approve(week.desk.place, extra, actor="Ada")
    week.release("tuesday", "2022-03-02T13:00")
    week.follow(LEAD)
    week.approve(EVE)
    week.follow(SLOT)
    week.desk.sql("UPDATE edition SET state = 'paused', paused_by = 'staff' WHERE id = ?", NAME)
    for text in (LATE, CLOSED):
        week.follow(text)

    assert week.states == {extra: "approved", NAME: "paused"}
    assert "slot-missed" not in week.letters


def test_an_edition_frozen_by_a_run_that_was_killed_leaves_at_its_moment(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.desk.sql("UPDATE edition SET state = 'frozen', frozen_hash = approved_hash, audience_count = 0 WHERE id = ?", NAME)
    week.follow(SLOT)

    assert week.states == {NAME: "sending"}


def test_a_fenced_site_does_nothing_until_the_fence_is_lifted(week):
    week.follow(BEFORE)
    raise_fence(week.desk.place, actor="Ben")
    assert week.follow("2022-03-02T13:00"), "as long as nothing is due, nothing is wrong"
    with pytest.raises(DeliveryError, match="stands still"):
        week.follow(LEAD)
    assert week.states == {}
    lift_fence(week.desk.place, actor="Ben")
    week.follow(LEAD)
    assert week.states == {NAME: "draft"}


def test_a_standing_approval_lets_it_leave_without_a_letter(week):
    week.desk.settings('at_once = "urgent"', 'at_once = "urgent"\napproval = "standing"')
    week.desk.at(BEFORE)
    approve_list(week.desk.place, "supporters", rhythm="weekly", actor="Carla")
    week.follow(LEAD)
    assert week.states == {NAME: "draft"}
    week.follow(SLOT)

    assert week.states == {NAME: "sending"}
    assert week.letters == []
    (entry,) = (one for one in week.desk.journal(NAME) if one.action == "sending begun")
    assert entry.detail["late"] is False


def test_a_standing_approval_that_no_longer_fits_waits_and_a_new_one_sends_late(week):
    week.desk.settings('at_once = "urgent"', 'at_once = "urgent"\napproval = "standing"')
    week.desk.at(BEFORE)
    approve_list(week.desk.place, "supporters", rhythm="weekly", actor="Carla")
    week.desk.settings('postal_address = "1', 'postal_address = "2')
    week.follow(LEAD)
    for text in (SLOT, "2022-03-04T09:05"):
        week.follow(text)
    assert week.states == {NAME: "draft"}
    assert week.letters == ["slot-unapproved"]
    week.desk.at(LATE)
    approve_list(week.desk.place, "supporters", rhythm="weekly", actor="Carla")
    week.follow(LATE)

    assert week.states == {NAME: "sending"}


def test_what_changed_since_the_approval_keeps_it_back_and_is_told(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.desk.settings('postal_address = "1', 'postal_address = "2')
    with pytest.raises(EditionError, match="no longer what Ada approved"):
        week.follow(SLOT)
    week.follow(SLOT)

    assert week.states == {NAME: "draft"}
    assert week.letters == ["approval-wanted", "slot-unapproved"]


def test_a_list_without_approvers_is_told_of_in_a_line(week):
    week.desk.settings('approvers = ["Ada <ada@example.org>"]', "")
    for text in (LEAD, LEAD, SLOT, SLOT):
        week.follow(text)

    assert week.letters == []
    assert len(week.lines) == 3
    assert all("nobody is told by mail" in line for line in week.lines[1:])


def test_a_daily_edition_is_prepared_three_hours_before(week):
    week.desk.settings('rhythms = ["at-once", "daily"]', 'rhythms = ["at-once", "daily"]\nschedule.daily = "08:00"')
    week.desk.readers("ivan - - daily", "press", since="2022-02-20")
    week.follow("2022-03-01T04:59")
    assert week.states == {}
    week.follow("2022-03-01T05:00")
    assert week.states == {"2022-03-01-press-daily": "draft"}
    week.follow("2022-03-01T08:00")
    assert "Approved before Wed 02 Mar 2022 05:00" in week.lines[-1]
    week.approve("2022-03-01T20:00", "2022-03-01-press-daily")
    week.follow("2022-03-01T20:01")
    assert week.states == {"2022-03-01-press-daily": "sending"}


def test_a_schedule_moved_in_mid_week_moves_the_week_with_it(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.desk.settings('"Fri 09:00"', '"Fri 14:00"')
    week.desk.approve(refresh=True)
    week.follow(SLOT)
    assert week.states == {NAME: "approved"}
    week.follow("2022-03-04T14:00")
    assert week.states == {NAME: "sending"}


def test_a_schedule_moved_to_a_day_that_has_passed_leaves_this_week_as_it_is(week):
    week.follow(LEAD)
    week.desk.settings('"Fri 09:00"', '"Wed 09:00"')
    week.follow(EVE)
    week.approve("2022-03-03T17:00")
    week.follow("2022-03-03T17:01")
    assert week.states == {NAME: "approved"}, "another schedule makes nothing leave at once"
    week.follow(SLOT)
    assert week.states == {NAME: "sending"}
    week.release("next", "2022-03-07T09:00")
    week.follow("2022-03-08T09:00")
    assert list(week.states) == [NAME, "2022-w10-supporters"]


def test_a_schedule_that_is_taken_away_does_nothing_and_begins_anew_when_it_comes_back(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.desk.settings('schedule.weekly = "Fri 09:00"\n', "")
    drop_old_schedules(week.desk.place)
    week.follow(SLOT)
    assert week.states == {NAME: "approved"}
    week.desk.settings("approvers =", 'schedule.weekly = "Fri 09:00"\napprovers =')
    week.desk.at("2022-03-04T12:00")
    week.desk.sql("UPDATE edition SET state = 'cancelled' WHERE id = ?", NAME)
    assert week.follow("2022-03-04T12:00") == datetime.fromisoformat("2022-03-10T09:00+00:00")


def test_the_first_server_of_a_site_sends_what_was_approved_less_than_a_day_ago(week):
    week.desk.at("2022-03-03T15:00")
    week.desk.approve()
    week.follow(LATE)

    assert week.states == {NAME: "sending"}
    assert ", late" in week.lines[-1]


def test_the_first_server_of_a_site_asks_about_what_was_approved_longer_ago(week):
    week.desk.at("2022-03-03T15:00")
    week.desk.approve()
    for text in ("2022-03-05T12:00", "2022-03-06T12:00"):
        week.follow(text)

    assert week.states == {NAME: "approved"}
    assert week.letters == ["slot-missed"]


def test_the_first_server_of_a_site_leaves_a_week_alone_that_nobody_prepared(week):
    for text in (LATE, "2022-03-06T12:00"):
        week.follow(text)

    assert week.states == {}
    assert week.letters == []


def test_two_servers_on_one_site_do_each_thing_once(week):
    """Both look at the same moments, each in threads of its own, with connections of their own."""
    for text, before in ((LEAD, None), (SLOT, EVE)):
        if before:
            week.approve(before)
        week.desk.at(text)
        faults: list[Exception] = []

        def serve(faults: list[Exception] = faults) -> None:
            place = Workplace(week.desk.place.site, week.desk.now, "serve")
            try:
                for one in list_scheduled(place.site.settings):
                    follow_schedule(place, one, begin=begin, say=week.lines.append)
            except Exception as error:  # noqa: BLE001
                faults.append(error)
            finally:
                place.close()

        threads = [threading.Thread(target=serve) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert faults == []

    assert week.states == {NAME: "sending"}
    assert week.letters == ["approval-wanted"]
    actions = [entry.action for entry in week.desk.journal(NAME)]
    assert [actions.count(one) for one in ("edition prepared", "edition frozen", "sending begun")] == [1, 1, 1]
    assert week.desk.sql("SELECT count(*) FROM delivery WHERE edition_id = ?", NAME) == [(2,)]


def test_a_clock_that_steps_by_minutes_changes_nothing(week):
    week.follow(LEAD)
    week.approve(EVE)
    week.follow(SLOT)
    back = datetime.fromisoformat(SLOT) - timedelta(minutes=4)
    for text in (back.isoformat()[:16], SLOT, CLOSED):
        week.follow(text)

    assert week.states == {NAME: "sending"}
    assert week.letters == ["approval-wanted"]


def test_a_clock_that_was_wrong_for_years_does_not_keep_the_schedule_asleep(week):
    week.follow("2031-01-01T12:00")
    week.follow("2031-01-09T12:00")
    week.desk.sql("DELETE FROM edition")
    week.follow(LEAD)

    assert NAME in week.states
