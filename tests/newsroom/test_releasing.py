"""Which events a publish appends: what is due comes out once, what is out stays out, and every change has its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.items.model import KnownItem
from digest.newsroom import releasing
from digest.newsroom.log import EventType, build_line
from digest.newsroom.public import build_newsroom, extend_newsroom, fold_lines
from digest.newsroom.releasing import BACKFILL_AGE

BEFORE, DAY, LATER = "2022-02-28T04:59:59", "2022-02-28T12:00", "2022-03-01T12:00"


def summary(events):
    return [(event.number, event.type.value, event.item) for event in events]


def remarks(plan):
    return [f"{problem.file}: {problem.text}" for problem in plan.remarks]


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# What is due.


def test_a_bare_date_is_due_at_midnight_on_the_newsrooms_clock(house):
    house.file("one")
    assert house.publish(BEFORE) == []
    assert summary(house.publish("2022-02-28T05:00")) == [(1, "released", "one")]
    assert house.publish(DAY) == []


def test_a_moment_is_due_when_it_has_come(house):
    house.file("one", "2022-02-28T12:00")
    assert house.publish("2022-02-28T11:59:59") == []
    assert len(house.publish(DAY)) == 1


def test_an_embargo_holds_back_to_the_second(house):
    house.file("one", embargo_at=at("2022-02-28T15:00"))
    assert house.publish("2022-02-28T14:59:59") == []
    assert len(house.publish("2022-02-28T15:00")) == 1


def test_an_embargo_in_the_past_does_not_bring_a_date_forward(house):
    house.file("one", "2022-03-05", embargo_at=at("2022-02-01T00:00"))
    assert house.publish(LATER) == []


def test_a_draft_is_never_due(house):
    house.file("one", status="draft")
    assert house.publish(DAY) == []


def test_what_was_withdrawn_before_its_release_never_comes_out(house, withdrawal):
    house.file("one", withdrawn=withdrawal())
    assert house.publish(LATER) == []
    house.file("one")
    assert len(house.publish(LATER)) == 1


# The entry's facts.


def test_a_release_records_all_that_outputs_need(house, photo):
    house.photos["square.jpg"] = "ab" * 32
    house.file("one", topics=("russia", "ukraine"), photo=photo)
    (event,) = house.publish(DAY)

    assert event.entry_id == "tag:news.example.org,2020:items/one"
    assert event.entered == ("*", "russia", "ukraine")
    assert event.photo == "ab" * 32
    assert (event.at, event.corrections, event.backfill) == (at(DAY), 0, False)


@pytest.mark.parametrize(
    ("day", "released", "published"),
    [
        ("2022-02-28", "2022-02-28T12:00", "2022-02-28T12:00"),
        ("2022-02-28", "2022-03-01T04:59:59", "2022-03-01T04:59:59"),  # the day's last second in New York
        ("2022-02-28", "2022-03-01T05:00", "2022-02-28T05:00"),
        ("2022-02-28", "2022-03-09T12:00", "2022-02-28T05:00"),
        ("2022-02-28T09:30", "2022-02-28T12:00", "2022-02-28T09:30"),
        ("2022-02-28T09:30", "2022-03-09T12:00", "2022-02-28T09:30"),
    ],
)
def test_published_is_the_moment_of_release_on_the_items_own_day_else_what_its_date_says(house, day, released, published):
    house.file("one", day)
    (event,) = house.publish(released)
    assert event.published_at == at(published)


def test_a_moment_under_embargo_was_published_when_the_embargo_ended(house):
    house.file("one", "2022-02-28T09:30", embargo_at=at("2022-02-28T15:00"))
    (event,) = house.publish(LATER)
    assert event.published_at == at("2022-02-28T15:00")


@pytest.mark.parametrize(
    ("updated", "wanted"),
    [(None, "2022-02-28T05:00"), ("2022-02-28T20:00", "2022-02-28T20:00"), ("2022-02-01T00:00", "2022-02-28T05:00"),
     ("2022-03-09T12:00", "2022-03-09T12:00")],
)  # fmt: skip
def test_updated_lies_between_publication_and_release(house, updated, wanted):
    house.file("one", updated_at=updated and at(updated))
    (event,) = house.publish("2022-03-09T12:00")
    assert event.updated_at == at(wanted)


def test_the_oldest_item_gets_the_lowest_number_and_equal_dates_follow_their_ids(house):
    house.file("b", "2022-02-27")
    house.file("c", "2022-02-20")
    house.file("a", "2022-02-27")
    house.file("d", "2022-02-20T05:00:01")
    assert [event.item for event in house.publish(DAY)] == ["c", "d", "a", "b"]
    assert [event.number for event in house.log] == [1, 2, 3, 4]


# Backfill.


def test_only_the_first_publish_takes_old_items_for_history(house):
    edge = at(DAY) - BACKFILL_AGE
    house.file("older", (edge - timedelta(seconds=1)).isoformat()[:19])
    house.file("edge", edge.isoformat()[:19])
    house.file("today")
    assert {event.item: event.backfill for event in house.publish(DAY)} == {"older": True, "edge": False, "today": False}

    house.file("backdated", "2001-01-01")
    assert [event.backfill for event in house.publish(LATER)] == [False]


def test_staff_can_say_that_what_they_publish_now_is_history(house, correction):
    house.file("one")
    house.publish(DAY)
    house.file("two")
    house.file("one", corrections=(correction(),))
    assert [event.backfill for event in house.publish(LATER, backfill=True)] == [True, True]


# Changes.


def test_a_silent_fix_is_a_refile_and_changes_no_moment(house):
    house.file("one")
    (release,) = house.publish(DAY)
    house.file("one", title="A better title")
    (refile,) = house.publish(LATER)

    assert (refile.type, refile.content.title, refile.at) == (EventType.REFILED, "A better title", at(LATER))
    assert (refile.published_at, refile.updated_at, refile.entry_id) == (
        release.published_at, release.updated_at, release.entry_id,
    )  # fmt: skip
    assert refile.corrections == 0


@pytest.mark.parametrize("how", ["note", "updated", "both"])
def test_a_note_or_a_later_updated_is_a_correction(house, correction, how):
    house.file("one")
    house.publish(DAY)
    notes = (correction(),) if how in ("note", "both") else ()
    house.file("one", corrections=notes, updated_at=at("2022-03-01T10:00") if how != "note" else None)
    (event,) = house.publish(LATER)

    assert (event.type, event.corrections) == (EventType.CORRECTED, 1)
    assert event.updated_at == at(LATER if how == "note" else "2022-03-01T10:00")


def test_another_wording_of_a_note_is_a_refile(house, correction):
    house.file("one", corrections=(correction("It was Tuesdy.", date(2022, 2, 28)),))
    house.publish(DAY)
    house.file("one", corrections=(correction("It was Tuesday.", date(2022, 2, 28)),))
    assert [event.type for event in house.publish(LATER)] == [EventType.REFILED]


@pytest.mark.parametrize("updated", ["2022-02-27T00:00", "2022-02-28T12:00"])
def test_updated_never_goes_back_and_never_stays(house, correction, updated):
    house.file("one", updated_at=at("2022-02-28T12:00"))
    (release,) = house.publish(DAY)
    house.file("one", updated_at=at(updated), corrections=(correction(),))
    (event,) = house.publish(LATER)

    assert event.type is EventType.CORRECTED
    assert release.updated_at < event.updated_at == at(LATER)


def test_a_correction_in_the_second_of_the_release_still_moves_updated(house, correction):
    house.file("one", "2022-02-28T12:00")
    house.publish(DAY)
    house.file("one", "2022-02-28T12:00", corrections=(correction(day=date(2022, 2, 28)),))
    (event,) = house.publish(DAY)
    assert event.updated_at == at(DAY) + timedelta(seconds=1)


def test_corrections_are_counted(house, correction):
    house.file("one")
    house.publish(DAY)
    for count in (1, 2, 3):
        house.file("one", corrections=tuple(correction(f"Note {n}.") for n in range(count)))
        assert [event.corrections for event in house.publish(at(LATER) + timedelta(days=count))] == [count]
    house.file("one", title="New")
    house.file("one", title="New", corrections=tuple(correction(f"Note {n}.") for n in range(3)))
    (refile,) = house.publish("2022-03-20T00:00")
    assert (refile.type, refile.corrections) == (EventType.REFILED, 3)


def test_topics_gained_are_entered_and_everything_only_once(house):
    house.file("one", topics=("ukraine",))
    house.publish(DAY)
    house.file("one", topics=("russia", "ukraine"))
    assert [event.entered for event in house.publish(LATER)] == [("russia",)]
    house.file("one", topics=("russia",))
    assert [event.entered for event in house.publish("2022-03-02T12:00")] == [()]
    house.file("one", topics=("russia", "ukraine"))
    assert [event.entered for event in house.publish("2022-03-03T12:00")] == [("ukraine",)]


def test_another_picture_under_the_same_name_is_a_refile(house, photo):
    house.photos["square.jpg"] = "ab" * 32
    house.file("one", photo=photo)
    house.publish(DAY)
    house.photos["square.jpg"] = "cd" * 32
    (event,) = house.publish(LATER)
    assert (event.type, event.photo) == (EventType.REFILED, "cd" * 32)


def test_a_picture_on_another_host_has_no_file(house, photo):
    house.photos[photo.src] = "ab" * 32
    house.file("one", photo=photo.model_copy(update={"src": "https://pictures.example.org/a.jpg"}))
    assert [event.photo for event in house.publish(DAY)] == [None]


def test_an_earlier_date_changes_what_is_shown_but_not_when_it_was_published(house):
    house.file("one")
    (release,) = house.publish(DAY)
    house.file("one", "2022-02-20")
    (event,) = house.publish(LATER)
    assert (event.type, event.published_at) == (EventType.REFILED, release.published_at)


# Withdrawal.


def test_a_withdrawal_is_one_event_and_moves_updated(house, withdrawal):
    house.file("one")
    house.publish(DAY)
    house.file("one", withdrawn=withdrawal())
    (event,) = house.publish(LATER)

    assert (event.type, event.updated_at) == (EventType.WITHDRAWN, at(LATER))
    assert house.publish("2022-03-02T12:00") == []
    assert house.newsroom.by_id["one"].is_withdrawn


def test_a_withdrawal_wins_over_a_correction_in_the_same_change(house, correction, withdrawal):
    house.file("one")
    house.publish(DAY)
    house.file("one", corrections=(correction(),), withdrawn=withdrawal())
    assert [(event.type, event.corrections) for event in house.publish(LATER)] == [(EventType.WITHDRAWN, 0)]


def test_another_reason_keeps_the_item_withdrawn(house, withdrawal):
    house.file("one", "2022-02-28")
    house.publish(DAY)
    house.file("one", withdrawn=withdrawal())
    house.publish(LATER)
    house.file("one", withdrawn=withdrawal("The witness asked for it."))
    house.publish("2022-03-02T12:00")
    assert house.newsroom.by_id["one"].is_withdrawn
    assert house.newsroom.by_id["one"].content.withdrawn.reason == "The witness asked for it."


def test_a_withdrawal_cannot_be_undone(house, withdrawal):
    house.file("one")
    house.publish(DAY)
    house.file("one", withdrawn=withdrawal())
    house.publish(LATER)
    house.file("one", title="Back again")
    plan = house.plan("2022-03-02T12:00")

    assert plan.events == ()
    written = 'withdrawn: {date: 2022-03-01, reason: "It could not be confirmed."}'
    assert remarks(plan) == [f"items/one.md: a withdrawal cannot be undone; write `{written}` into the file"]


# What is dated ahead.

AHEAD = {
    "corrections[1].date": "2022-03-03",
    "withdrawn.date": "2022-03-03",
    "updated": "2022-03-02 19:00",
}


def dated_ahead(field, correction, withdrawal):
    """The changes of a file, one of them of the third of March in New York, or of midnight that day in UTC."""
    day = date(2022, 3, 3)
    return {
        "corrections[1].date": {"corrections": (correction(day=date(2022, 3, 1)), correction("Later.", day))},
        "withdrawn.date": {"withdrawn": withdrawal(day=day)},
        "updated": {"updated_at": at("2022-03-03T00:00")},
    }[field]


@pytest.mark.parametrize("field", AHEAD)
def test_a_change_dated_ahead_waits_for_its_moment(house, correction, withdrawal, field):
    comes = at("2022-03-03T00:00") if field == "updated" else at("2022-03-03T05:00")  # midnight in New York
    house.file("one")
    house.publish(DAY)
    house.file("one", title="Changed", **dated_ahead(field, correction, withdrawal))
    plan = house.plan(comes - timedelta(seconds=1))
    until = "moment" if field == "updated" else "day"

    assert plan.events == ()
    (remark,) = plan.remarks
    assert str(remark) == (
        f"items/one.md: {field}: warning: it is dated ahead ({AHEAD[field]}); "
        f"the item keeps its published state until that {until}"
    )
    assert [event.content.title for event in house.publish(comes)] == ["Changed"]
    assert house.plan(comes).remarks == ()


@pytest.mark.parametrize("field", ["corrections[1].date", "updated"])
def test_an_item_that_is_corrected_only_later_is_not_released_before(house, correction, withdrawal, field):
    comes = at("2022-03-03T00:00") if field == "updated" else at("2022-03-03T05:00")
    house.file("one", **dated_ahead(field, correction, withdrawal))
    plan = house.plan(comes - timedelta(seconds=1))

    assert plan.events == ()
    assert [(problem.field, problem.severity) for problem in plan.remarks] == [(field, "warning")]
    assert f"it is dated ahead ({AHEAD[field]}); the item is not published before that" in remarks(plan)[0]
    assert [event.type for event in house.publish(comes)] == [EventType.RELEASED]


def test_of_several_dates_ahead_the_last_is_named(house, correction):
    house.file("one")
    house.publish(DAY)
    notes = (correction(day=date(2022, 3, 9)), correction("Later.", date(2022, 3, 5)))
    house.file("one", corrections=notes, updated_at=at("2022-03-04T00:00"))
    (problem,) = house.plan(LATER).remarks
    assert (problem.field, "(2022-03-09)" in problem.text) == ("corrections[0].date", True)


def test_a_draft_and_what_is_not_due_are_not_called_dated_ahead(house):
    house.file("one", status="draft", updated_at=at("2022-09-01T00:00"))
    house.file("two", "2022-03-05", updated_at=at("2022-09-01T00:00"))
    assert house.plan(LATER).remarks == ()


# A published file under another name.


def test_a_renamed_file_without_its_id_releases_no_second_item(house):
    house.file("one")
    house.publish(DAY)
    house.files.clear()
    house.file("renamed", title="Title of one")
    plan = house.plan(LATER)

    assert plan.events == ()
    (error,) = (problem for problem in plan.remarks if problem.severity == "error")
    assert str(error) == (
        "items/renamed.md: it has the title and day of the published item one, whose file is gone; "
        "write `id: one` into it if it is that item, or change the title"
    )


@pytest.mark.parametrize("how", ["title", "day", "file kept", "file broken", "withdrawn"])
def test_what_only_resembles_a_published_item_is_released(house, withdrawal, how):
    house.file("one")
    house.publish(DAY)
    if how == "withdrawn":
        house.file("one", withdrawn=withdrawal())
        house.publish(LATER)
    if how != "file kept":
        house.files.clear()
    house.file("two", "2022-02-27" if how == "day" else "2022-02-28", title="Other" if how == "title" else "Title of one")
    events = house.publish("2022-03-02T12:00", broken={"one"} if how == "file broken" else ())
    assert [(event.type, event.item) for event in events] == [(EventType.RELEASED, "two")]


# A correction that is gone.


def test_a_removed_correction_is_a_refile_with_a_warning(house, correction):
    house.file("one", corrections=(correction(day=date(2022, 2, 28)),))
    house.publish(DAY)
    house.file("one")
    plan = house.plan(LATER)

    assert [event.type for event in plan.events] == [EventType.REFILED]
    assert [str(problem) for problem in plan.remarks] == [
        "items/one.md: corrections: warning: a published correction was removed; its label is gone from the item"
    ]
    house.publish(LATER)
    assert house.plan(LATER).remarks == ()


# What keeps its published state.


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"status": "draft"}, "it is published but is a draft again"),
        ({"day": "2022-03-02"}, "it is published but claims a later moment"),
        ({"embargo_at": at("2022-03-02T00:00")}, "it is published but claims a later moment"),
    ],
)
def test_what_would_not_be_due_any_more_stays_as_it_is_and_is_named(house, change, what):
    house.file("one")
    house.publish(DAY)
    house.file("one", title="Changed", **change)
    plan = house.plan(LATER)

    assert plan.events == ()
    (remark,) = remarks(plan)
    assert remark.startswith(f"items/one.md: {what}; it keeps its published state")
    assert [problem.severity for problem in plan.remarks] == ["warning"]


def test_a_file_that_is_gone_is_named_with_the_remedies(house):
    house.file("one")
    house.publish(DAY)
    house.files.clear()
    plan = house.plan(LATER)

    assert plan.events == ()
    (remark,) = remarks(plan)
    assert "item one: it is published but its file is gone" in remark
    assert "Restore the file, write `id: one` in the renamed file, or withdraw it" in remark


def test_a_file_at_fault_is_named_as_that(house):
    house.file("one")
    house.publish(DAY)
    house.files.clear()
    assert remarks(house.plan(LATER, broken={"one"})) == [
        "item one: its file is at fault; the item keeps its published state until the file is mended"
    ]


def test_nobody_misses_the_file_of_what_was_withdrawn(house, withdrawal):
    house.file("one")
    house.publish(DAY)
    house.file("one", withdrawn=withdrawal())
    house.publish(LATER)
    house.files.clear()
    assert house.plan("2022-03-02T12:00").remarks == ()


def test_the_entry_keeps_its_id_when_the_authority_moves(house, newsroom_settings):
    house.file("one")
    house.publish(DAY)
    own = newsroom_settings.newsroom.model_copy(update={"tag_authority": "elsewhere.example.org,2022"})
    house.settings = newsroom_settings.model_copy(update={"newsroom": own})
    house.file("one", title="Changed")
    house.file("two")
    assert {event.item: event.entry_id for event in house.publish(LATER)} == {
        "one": "tag:news.example.org,2020:items/one",
        "two": "tag:elsewhere.example.org,2022:items/two",
    }


# Only some items.


def test_only_the_items_named_are_published_and_spoken_of(house):
    house.file("one")
    house.file("two")
    house.file("gone")
    house.publish(DAY)
    house.files.pop("gone")
    house.file("one", title="Changed")
    house.file("two", status="draft")
    house.file("three")
    plan = house.plan(LATER, only={"one"})
    assert [(event.type.value, event.item) for event in plan.events] == [("refiled", "one")]
    assert plan.remarks == ()
    assert [event.item for event in house.plan(LATER, only={"three", "two"}).events] == ["three"]
    assert len(house.plan(LATER, only={"two"}).remarks) == len(house.plan(LATER, only={"gone"}).remarks) == 1
    assert house.plan(LATER, only=()).events == ()


def test_a_twin_is_noticed_among_the_items_that_are_not_named(house):
    house.file("one")
    house.publish(DAY)
    house.files.clear()
    house.file("renamed", title="Title of one")
    plan = house.plan(LATER, only={"renamed"})
    assert (plan.events, [problem.severity for problem in plan.remarks]) == ((), ["error"])


# What the clock alone releases.


@pytest.mark.parametrize(
    ("changed", "released"), [("2022-02-28T14:59", True), ("2022-02-28T15:00", True), ("2022-02-28T15:01", False)]
)
def test_the_clock_releases_what_was_ready_before_its_moment(house, changed, released):
    house.file("one", embargo_at=at("2022-02-28T15:00"), changed_at=at(changed))
    assert house.plan("2022-02-28T14:59:59", timed=True).events == ()
    assert len(house.plan("2022-02-28T15:00", timed=True).events) == released
    assert len(house.plan("2022-02-28T15:00").events) == 1, "a person releases it all the same"


def test_the_clock_changes_nothing_that_is_public_and_has_no_remarks_of_it(house, correction, withdrawal):
    for name in ("one", "two", "three", "gone", "draft"):
        house.file(name, changed_at=at("2022-02-01T00:00"))
    house.publish(DAY)
    house.files.pop("gone")
    early = {"changed_at": at("2022-02-01T00:00")}
    house.file("one", title="Changed", **early)
    house.file("two", corrections=(correction(),), **early)
    house.file("three", withdrawn=withdrawal(), **early)
    house.file("draft", status="draft", **early)
    plan = house.plan(LATER, timed=True)
    assert (plan.events, plan.remarks) == ((), ())
    assert len(house.plan(LATER).events) == 3


def test_the_next_moment_is_that_of_the_first_item_that_waits_for_its_own(house):
    early = {"changed_at": at("2022-02-01T00:00")}

    def next_due(now):
        return releasing.next_due(house.files.values(), house.newsroom, at(now))

    assert next_due(DAY) is None
    house.file("public", **early)
    house.publish(DAY)
    house.file("draft", "2022-03-01T01:00", status="draft", **early)
    house.file("late", "2022-03-04T09:00", embargo_at=at("2022-03-05T00:00"), **early)
    house.file("soon", "2022-03-02T09:00", **early)
    assert next_due(DAY) == at("2022-03-02T09:00")
    assert next_due("2022-03-02T08:59:59") == at("2022-03-02T09:00")
    assert next_due("2022-03-02T09:00") == at("2022-03-05T00:00")
    assert next_due("2022-03-05T00:00") is None


# Nothing is read for nothing.


def test_items_that_have_not_changed_are_not_looked_into(house, photo):
    house.photos["square.jpg"] = "ab" * 32
    house.file("one", photo=photo)
    house.file("two")
    house.file("later", "2022-09-01")
    house.publish(DAY)

    def refuse(version):
        raise AssertionError(version)

    newsroom = fold_lines(map(build_line, house.log), refuse)
    items = [KnownItem(item.facts, item.file, 0, refuse) for item in house.files.values()]
    plan = releasing.plan_release(items, newsroom, house.photos, house.settings, at(LATER))
    assert (plan.lines, plan.remarks) == ((), ())


def test_the_lines_of_a_plan_go_on_from_the_end_of_the_log(house):
    house.file("one")
    house.publish(DAY)
    house.file("b", "2022-02-27")
    house.file("a", "2022-02-27")
    house.file("one", title="Changed")
    plan = house.plan(LATER)
    assert [(line.number, line.item) for line in plan.lines] == [(2, "a"), (3, "b"), (4, "one")]
    ahead = extend_newsroom(house.newsroom, plan.lines, plan.contents)
    house.publish(LATER)
    assert ahead == house.newsroom
    assert ahead.by_id["one"].content.title == "Changed"


# Whatever happens to files.

_changes = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["One", "Two", "Three"]),
        "topics": st.sampled_from([(), ("ukraine",), ("ukraine", "russia")]),
        "status": st.sampled_from(["draft", "ready"]),
        "day": st.sampled_from(["2022-02-26", "2022-02-28", "2022-03-02T09:00", "2022-03-04", "2022-03-09"]),
        "embargo_at": st.sampled_from([at("2022-02-27T12:00"), at("2022-03-01T12:00"), at("2022-03-06T00:00")]),
        "updated_at": st.sampled_from([at(f"2022-{day}T00:00") for day in ("02-01", "03-01", "03-03", "12-01")]),
        "notes": st.integers(0, 3),
        "withdrawn": st.booleans(),
    },
)  # fmt: skip
_steps = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.none() | _changes, st.integers(0, 40)), min_size=1, max_size=12
)


@settings(max_examples=200)
@given(steps=_steps)
def test_no_history_of_files_breaks_what_was_published(steps, newsroom_settings, house_of, correction, withdrawal):
    house, now = house_of(newsroom_settings), at("2022-02-27T00:00")
    for name, change, hours in steps:
        now += timedelta(hours=hours)
        if change is None:
            house.files.pop(name, None)
        else:
            change = dict(change)
            notes = tuple(correction(f"Note {n}.") for n in range(change.pop("notes", 0)))
            taken = withdrawal() if change.pop("withdrawn", False) else None
            house.file(name, corrections=notes, withdrawn=taken, **change)
        before, files = house.newsroom, dict(house.files)
        events = house.publish(now)
        after = house.newsroom

        assert [event.number for event in house.log] == list(range(1, len(house.log) + 1))
        for event in events:
            file = files[event.item]
            assert file.status == "ready"
            assert (file.embargo_at or now) <= now
            assert file.content.date_at <= now
            assert (file.content.updated_at or now) <= now
            dates = [note.date for note in file.content.corrections]
            dates += [file.content.withdrawn.date] if file.content.withdrawn else []
            assert all(day <= now.astimezone(newsroom_settings.zone).date() for day in dates)
            assert (event.type is EventType.RELEASED) == (event.item not in before.by_id)
            assert event.published_at <= now
            # several changes in one second follow each other by a second each
            assert event.published_at <= event.updated_at <= now + timedelta(seconds=len(house.log))
        for old in before:
            new = after.by_id[old.id]
            assert (new.published_at, new.entry_id, new.released) == (old.published_at, old.entry_id, old.released)
            assert new.updated_at >= old.updated_at
            assert new.corrections >= old.corrections
            assert new.is_withdrawn or not old.is_withdrawn
        assert house.publish(now) == [], "the same files again are no news"
        assert build_newsroom(replace(event) for event in house.log) == after
