"""A correction stops just the copies that hold what it corrects, and their readers get a part of their own."""

from __future__ import annotations

import pytest

from digest.delivery.transitions import Decision
from digest.desk.approving import approve, freeze_edition
from digest.desk.editions import prepare, show
from digest.desk.steering import decide
from digest.store.settling import settle
from digest.work.sending import send

WRONG = {"corrections": "[{date: 2022-02-22, note: It was Tuesday.}]"}
TAKEN = {"withdrawn": "{date: 2022-02-22, reason: It was wrong.}"}
READERS = {1: "both", 2: "ukraine", 3: "russia", 4: "ukraine again"}


@pytest.fixture
def sending(desk):
    """An edition on its way: two variants hold `one`, one holds only `two`; nothing has left yet."""
    desk.readers("both; ukraine ukraine; russia russia; again ukraine uk", since="2022-02-20")
    desk.item("one")
    desk.item("two", topics="russia")
    desk.publish("2022-02-21T10:00")
    edition = desk.approve()
    freeze_edition(desk.place, edition.id, actor="Ada")
    desk.sql("UPDATE edition SET state = 'sending', started_at = 0")
    desk.name = edition.id
    return desk


def states(desk, name=None):
    return dict(desk.sql("SELECT subscription_id, state FROM delivery WHERE edition_id = ?", name or desk.name))


def rest(desk, **outcomes):
    """Give deliveries of the edition an outcome, by the number of the reader."""
    for reader, state in outcomes.items():
        desk.sql("UPDATE delivery SET state = ? WHERE subscription_id = ?", state, int(reader.removeprefix("r")))


def change(desk, name="one", **fields):
    topics = "ukraine" if name == "one" else "russia"
    desk.item(name, topics=topics, **(fields or WRONG))
    return desk.publish("2022-02-22T10:00")


@pytest.mark.parametrize("fields", [WRONG, TAKEN])
def test_only_the_variants_that_hold_the_item_are_stopped(sending, fields):
    (stopped,) = change(sending, **fields).stopped

    assert (stopped.edition, stopped.copies, stopped.part) == (sending.name, 3, f"{sending.name}-part-2")
    assert states(sending) == {1: "cancelled", 2: "cancelled", 3: "queued", 4: "cancelled"}
    assert sending.sql("SELECT count(*), sum(stopped) FROM variant") == [(4, 3)]
    assert sending.sql("SELECT state FROM edition WHERE id = ?", sending.name) == [("sending",)]
    entry = sending.journal(sending.name)[-1]
    assert (entry.action, entry.detail) == (
        "copies stopped",
        {"items": ["one"], "copies": 3, "part": f"{sending.name}-part-2"},
    )


def test_the_part_is_a_draft_for_exactly_those_readers_with_the_newest_text(sending):
    part = change(sending).stopped[0].part
    shown = show(sending.place, part)

    assert (shown.edition.state, shown.edition.part, shown.edition.horizon) == ("draft", 2, 3)
    assert shown.edition.moment == sending.now
    assert shown.plan.reader_count == 3
    assert {pair for variant in shown.plan.variants for pair in variant.content.selection.new} == {("one", 1), ("two", 0)}
    assert not any(variant.content.selection.corrected for variant in shown.plan.variants), "who had nothing needs no box"

    approve(sending.place, part, actor="Ada")
    assert send(sending.place, part).counts == {"sent": 3}
    assert send(sending.place, sending.name).edition.state == "finished"
    assert sending.letters().keys() == {"both", "ukraine", "russia", "again"}
    sending.at("2022-02-28T10:00")
    assert prepare(sending.place, "supporters").plan.variants == (), "everybody has everything"


def test_a_part_that_nobody_approves_leaves_its_items_to_the_next_edition(sending):
    change(sending)
    send(sending.place, sending.name)
    sending.at("2022-02-28T10:00")
    made = prepare(sending.place, "supporters")
    assert made.edition.id == "2022-w09-supporters"
    assert made.plan.reader_count == 3
    assert {item for variant in made.plan.variants for item, _ in variant.content.selection.new} == {"one", "two"}


def test_what_has_left_is_followed_by_the_correction_in_the_next_edition(sending):
    rest(sending, r1="sent", r2="sent", r3="sent")
    (stopped,) = change(sending).stopped
    assert stopped.copies == 1
    assert states(sending) == {1: "sent", 2: "sent", 3: "sent", 4: "cancelled"}
    assert show(sending.place, stopped.part).plan.reader_count == 1
    with sending.place.store.writing() as connection:
        settle(connection)
    sending.at("2022-02-28T10:00")
    corrected = {
        item for variant in prepare(sending.place, "supporters").plan.variants for item, _ in variant.content.corrected
    }
    assert corrected == {"one"}


def test_what_is_in_flight_is_marked_and_what_may_have_arrived_is_held(sending):
    rest(sending, r1="inflight", r2="queued")
    sending.sql("UPDATE delivery SET unknown_count = 1 WHERE subscription_id = 2")
    (stopped,) = change(sending).stopped

    assert stopped.copies == 2, "one cancelled, one in flight"
    assert states(sending) == {1: "inflight", 2: "held", 3: "queued", 4: "cancelled"}
    assert sending.sql("SELECT stopped FROM delivery WHERE subscription_id = 1") == [(1,)]
    assert show(sending.place, stopped.part).plan.reader_count == 1, "only whose copy surely did not leave"


def test_a_refile_stops_nothing(sending):
    assert change(sending, title="Another title").stopped == ()
    assert set(states(sending).values()) == {"queued"}


def test_an_item_that_no_copy_holds_stops_nothing(sending):
    sending.item("three", "2022-02-22")
    sending.publish("2022-02-22T10:00")
    sending.item("three", "2022-02-22", **WRONG)
    assert sending.publish("2022-02-22T11:00").stopped == ()
    assert set(states(sending).values()) == {"queued"}


def test_a_second_correction_uses_the_part_that_is_still_a_draft(sending):
    part = change(sending).stopped[0].part
    second = change(sending, "two").stopped
    assert {(stopped.edition, stopped.part) for stopped in second} == {(part, None), (sending.name, part)}
    shown = show(sending.place, part)
    assert (shown.edition.horizon, shown.plan.reader_count) == (4, 4)
    assert {pair for variant in shown.plan.variants for pair in variant.content.selection.new} == {("one", 1), ("two", 1)}


def test_a_correction_while_the_part_is_sent_makes_the_next_part(sending):
    part = change(sending).stopped[0].part
    approve(sending.place, part, actor="Ada")
    freeze_edition(sending.place, part, actor="Ada")
    stopped = change(sending, "two").stopped
    assert {one.part for one in stopped} == {f"{sending.name}-part-3"}
    assert show(sending.place, f"{sending.name}-part-3").plan.reader_count == 2, "who was to get `two` by either"


def test_an_approved_part_returns_to_draft_like_any_edition(sending):
    part = change(sending).stopped[0].part
    approve(sending.place, part, actor="Ada")
    sending.item("one", title="Another title", **WRONG)
    sending.publish("2022-02-22T11:00")
    assert show(sending.place, part).edition.state == "draft"


def test_a_held_letter_of_a_finished_edition_is_not_sent_again_once_it_is_wrong(sending):
    rest(sending, r1="held", r2="sent", r3="sent", r4="sent")
    sending.sql("UPDATE edition SET state = 'finished'")
    number = sending.sql("SELECT id FROM delivery WHERE subscription_id = 1")[0][0]
    change(sending)
    (decided,) = decide(sending.place, [number], Decision.AGAIN, actor="Ada")
    assert decided.state is None
    assert "corrected since" in decided.refusal


def test_another_list_is_stopped_for_its_own_copies(sending):
    sending.readers("press - en daily", "press", since="2022-02-20")
    daily = sending.approve("press", rhythm="daily")
    freeze_edition(sending.place, daily.id, actor="Ada")
    parts = {stopped.part for stopped in change(sending).stopped}
    assert parts == {f"{sending.name}-part-2", f"{daily.id}-part-2"}


def test_a_publish_as_of_a_day_makes_parts_as_of_that_day(sending):
    """So that what they carry is not too old for the list on the day on which all this is rehearsed."""
    sending.item("one", **WRONG)
    sending.at("2022-09-01T10:00")
    (stopped,) = sending.publish(at=sending.now.replace(month=2, day=22)).stopped
    shown = show(sending.place, stopped.part)
    assert shown.edition.moment == sending.now.replace(month=2, day=22)
    assert shown.plan.reader_count == 3
