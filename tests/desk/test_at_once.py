"""Editions at once: whatever is released, corrected or withdrawn goes out at once, once, to those who asked for that."""

from __future__ import annotations

import pytest

from digest.desk.approving import approve
from digest.desk.correcting import correct, withdraw
from digest.desk.standing import approve_list
from digest.work.at_once import describe, send_at_once
from digest.work.sending import send, send_all


@pytest.fixture
def press(desk):
    """A press list with two readers whose editions are approved once for all, and one old item that they have."""
    desk.settings('at_once = "all"', 'at_once = "all"\napproval = "standing"')
    desk.item("zero")
    desk.publish("2022-02-21T10:00")
    desk.readers("ada; ben", "press")
    approve_list(desk.place, "press", actor="Carla")
    return desk


def _names(desk) -> list[tuple[str, str]]:
    return desk.sql("SELECT id, state FROM edition ORDER BY moment, id")


def _go(desk) -> list[str]:
    return [describe(one) for one in send_at_once(desk.place)]


def test_a_release_is_an_edition_of_its_own_and_reaches_each_reader_once(press):
    assert _go(press) == [], "what was released before there were readers is no news"
    press.item("one")
    press.publish("2022-02-21T11:00")

    assert _go(press) == ["2022-02-21-press-at-once-1: 2 letters are on their way"]
    assert _go(press) == []
    report = send_all(press.place)

    assert [(one.edition.id, one.counts) for one in report.editions] == [("2022-02-21-press-at-once-1", {"sent": 2})]
    assert press.carried("2022-02-21-press-at-once-1") == {
        "reader 1": ({"one"}, set(), set()),
        "reader 2": ({"one"}, set(), set()),
    }
    assert send_all(press.place).editions == ()


def test_corrections_and_withdrawals_follow_at_once_to_those_who_had_the_item(press):
    press.item("one")
    press.publish("2022-02-21T11:00")
    _go(press)
    send_all(press.place)

    press.at("2022-02-21T12:00")
    correct(press.place, "one", "It was ten.")
    assert _go(press) == ["2022-02-21-press-at-once-2: 2 letters are on their way"]
    send_all(press.place)
    press.at("2022-02-21T13:00")
    withdraw(press.place, "one", "A source took it back.")
    assert _go(press) == ["2022-02-21-press-at-once-3: 2 letters are on their way"]

    assert press.carried("2022-02-21-press-at-once-2")["reader 1"] == (set(), {"one"}, set())
    assert press.carried("2022-02-21-press-at-once-3")["reader 1"] == (set(), set(), {"one"})
    press.at("2022-02-21T14:00")
    withdraw(press.place, "zero", "Nobody had it by mail.")
    assert _go(press) == [], "there is nobody to tell"


def test_what_a_crash_left_undone_is_made_by_the_next_run(press):
    press.item("one")
    press.publish("2022-02-21T11:00")  # and stopped before the edition was made
    press.reopen()
    press.at("2022-02-21T11:05")

    assert _go(press) == ["2022-02-21-press-at-once-1: 2 letters are on their way"]


def test_an_edition_that_was_approved_or_frozen_when_all_stopped_goes_on_and_is_not_made_twice(press):
    for state in ("approved", "frozen"):
        press.item(state)
        press.publish()
        name = press.prepare("press").id
        approve(press.place, name, actor="Ada")
        if state == "frozen":
            from digest.desk.approving import freeze_edition

            freeze_edition(press.place, name, actor="Ada")

        assert _go(press) == [f"{name}: 2 letters are on their way"]
        assert _go(press) == []
    assert [state for _, state in _names(press)] == ["sending", "sending"]


def test_history_and_what_is_published_as_of_another_moment_make_no_edition(press):
    press.item("older", "2022-02-01")
    press.publish("2022-02-21T11:00", backfill=True)
    assert _go(press) == []
    press.item("one")
    press.at("2022-02-21T12:00")
    from digest.desk.publishing import publish

    publish(press.place, at=press.now.replace(hour=11, minute=30))

    assert _go(press) == []
    press.item("two")
    press.publish("2022-02-21T13:00")
    assert _go(press) == ["2022-02-21-press-at-once-1: 2 letters are on their way"]
    assert press.carried("2022-02-21-press-at-once-1")["reader 1"][0] == {"one", "two"}, "it comes with the next one"


def test_a_silent_fix_makes_no_edition(press):
    press.item("zero", body="Other words.")
    press.publish("2022-02-21T11:00")

    assert press.sql("SELECT type FROM event ORDER BY number")[-1] == ("refiled",)
    assert _go(press) == []


def test_supporters_get_at_once_only_what_is_urgent(desk):
    desk.item("zero")
    desk.publish("2022-02-21T10:00")
    desk.readers("ada - - weekly; ben - - at-once; cleo - - weekly")
    desk.sql("UPDATE subscription SET urgent = 1 WHERE id = 3")
    desk.item("calm")
    desk.publish("2022-02-21T11:00")
    assert _go(desk) == []
    assert desk.sql("SELECT count(*) FROM fact WHERE name LIKE 'at once%'") == [(0,)], "nothing is left to look at"
    desk.item("alarm", urgent="true")
    desk.publish("2022-02-21T12:00")

    assert _go(desk) == [
        (
            "2022-02-21-supporters-at-once-1: waits for approval: "
            "digest edition approve 2022-02-21-supporters-at-once-1 --as NAME"
        )
    ]

    approve(desk.place, "2022-02-21-supporters-at-once-1", actor="Ada")
    send(desk.place, "2022-02-21-supporters-at-once-1")
    assert desk.carried("2022-02-21-supporters-at-once-1") == {
        "reader 2": ({"alarm"}, set(), set()),
        "reader 3": ({"alarm"}, set(), set()),
    }
    desk.at("2022-02-21T13:00")
    correct(desk.place, "calm", "It was ten.")
    assert _go(desk) == []
    correct(desk.place, "alarm", "It was ten.")
    assert "2022-02-21-supporters-at-once-2: waits" in _go(desk)[0]


def test_a_draft_that_nobody_approved_moves_on_and_a_second_is_not_made(desk):
    desk.publish("2022-02-21T10:00")
    desk.readers("ada; ben", "press")
    for number, hour in ((1, 11), (2, 12)):
        desk.item(f"item-{number}")
        desk.publish(f"2022-02-21T{hour}:00")
        assert "waits for approval" in _go(desk)[0]

    assert _names(desk) == [("2022-02-21-press-at-once-1", "draft")]
    approve(desk.place, "2022-02-21-press-at-once-1", actor="Ada")
    assert _go(desk) == ["2022-02-21-press-at-once-1: 2 letters are on their way"]
    assert desk.carried("2022-02-21-press-at-once-1")["reader 1"][0] == {"item-1", "item-2"}


def test_approvers_are_mailed_what_waits_and_each_news_once(desk):
    desk.settings('at_once = "all"', 'at_once = "all"\napprovers = ["Ada <ada@example.org>", "Ben <ben@example.org>"]')
    desk.publish("2022-02-21T10:00")
    desk.readers("cleo", "press")
    desk.item("one")
    desk.publish("2022-02-21T11:00")
    _go(desk)
    _go(desk)
    assert desk.sql("SELECT kind, count(*) FROM letter GROUP BY kind") == [("approval-wanted", 2)]

    desk.item("two")
    desk.publish("2022-02-21T12:00")
    _go(desk)
    assert desk.sql("SELECT kind, count(*) FROM letter GROUP BY kind") == [("approval-wanted", 4)]

    desk.at("2022-02-21T13:00")
    correct(desk.place, "two", "It was ten.")
    assert "waits for approval" in _go(desk)[0]
    assert desk.sql("SELECT kind, count(*) FROM letter GROUP BY kind") == [("approval-wanted", 4)], "the same items"
    assert desk.sql("SELECT DISTINCT lane, state FROM delivery") == [(0, "queued")]


def test_several_releases_of_one_run_are_one_edition(press):
    for name in ("one", "two", "three"):
        press.item(name)
    press.publish("2022-02-21T11:00")

    assert _go(press) == ["2022-02-21-press-at-once-1: 2 letters are on their way"]
    assert press.carried("2022-02-21-press-at-once-1")["reader 2"][0] == {"one", "two", "three"}


def test_a_list_without_such_readers_is_left_alone(desk):
    desk.item("zero")
    desk.publish("2022-02-21T10:00")
    desk.readers("ada - - daily", "press")
    desk.item("one")
    desk.publish("2022-02-21T11:00")

    assert _go(desk) == []
    assert _names(desk) == []
    assert desk.sql("SELECT name FROM fact WHERE name LIKE 'at once%'") == []


def test_a_site_that_stands_still_makes_none_until_it_goes_on(press):
    from digest.desk.fencing import raise_fence
    from digest.desk.lifting import lift_fence

    raise_fence(press.place, actor="Ada")
    press.item("one")
    press.publish("2022-02-21T11:00")
    assert _go(press) == []
    assert _names(press) == []

    lift_fence(press.place, actor="Ada")
    assert _go(press) == ["2022-02-21-press-at-once-1: 2 letters are on their way"]


def test_an_edition_that_cannot_be_begun_is_named_and_tried_again(press, monkeypatch):
    press.item("one")
    press.publish("2022-02-21T11:00")
    folder = press.folder / "var" / "variants"
    folder.write_text("in the way")
    (first,) = send_at_once(press.place)
    assert (first.state, first.about) == ("failed", "press")

    folder.unlink()
    assert send_at_once(press.place, skip=["press", first.name]) == [], "it may be left for another time"
    assert _go(press) == ["2022-02-21-press-at-once-1: 2 letters are on their way"]


def test_its_web_view_is_public_before_a_letter_leaves(press):
    press.item("one")
    press.publish("2022-02-21T11:00")
    _go(press)

    assert (press.folder / "public" / "editions" / "2022-02-21-press-at-once-1" / "index.html").exists()
    assert press.sql("SELECT DISTINCT state FROM delivery") == [("queued",)]
