"""Leaving and coming back: one link ends one subscription for ever, and gives away nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.desk import choosing, leaving
from digest.desk.leaving import Leaving, Left, Returned
from digest.errors import SubscriberError
from digest.subscribers.tokens import Purpose, build_expiring

BROKEN = pytest.raises(SubscriberError, match=r"^link: it does not work")


def later(desk, **span):
    desk.now = desk.place.now = desk.now + timedelta(**span)


def goodbyes(visitors):
    return [one for one in visitors.mail() if one.kind == "goodbye"]


def test_looking_changes_nothing(visitors, desk):
    visitors.subscribe("ada", language="uk", form="discreet")
    before = visitors.rows()

    assert leaving.look(desk.place, visitors.way_out("ada")) == Leaving("supporters", "uk", "discreet")
    assert visitors.rows() == before


def test_leaving_ends_that_one_list(visitors, desk):
    visitors.subscribe("ada")
    later(desk, days=1)
    visitors.subscribe("ada", "press", rhythm="daily")
    left = visitors.leave("ada")

    assert (left.list_id, left.language, left.form) == ("supporters", "en", "full")
    assert set(visitors.standing("ada")) == {"press"}
    assert leaving.look(desk.place, visitors.way_out("ada")).is_gone


def test_the_page_is_followed_by_one_letter_with_the_way_back_and_the_mail_program_by_none(visitors, desk):
    visitors.subscribe("ada")
    visitors.subscribe("bob")
    left = visitors.leave("ada")
    visitors.leave("bob", how="one-click")

    (letter,) = goodbyes(visitors)
    assert (letter.to, letter.goes, letter.token) == ("ada@example.org", True, left.undo_token)


def test_a_discreet_goodbye_names_nothing(visitors, desk):
    visitors.subscribe("ada", form="discreet")
    visitors.leave("ada")
    ((message,),) = visitors.sql("SELECT message_hash FROM letter WHERE kind = 'goodbye'")

    text = b"".join(file.read_bytes() for file in (desk.folder / "var" / "variants").rglob(f"{message}*"))
    assert text
    assert b"Supporters" not in text and b"Test Newsroom" not in text


def test_a_second_time_changes_nothing_and_gives_no_way_back(visitors, desk):
    """Whoever finds an old letter must not be able to bring back somebody who left by themselves."""
    visitors.subscribe("ada")
    visitors.leave("ada")
    before = visitors.rows()
    later(desk, days=1)

    assert visitors.leave("ada") == Left("supporters", "en", "full")
    assert visitors.leave("ada", how="one-click").undo_token == ""
    assert visitors.rows() == before


def test_leaving_works_whatever_the_templates_are_like(visitors, desk):
    visitors.subscribe("ada")
    desk.write("templates/mail/single.html", "{% if %}")
    desk.reopen()
    visitors.place = desk.place

    assert visitors.leave("ada").undo_token
    assert visitors.standing("ada") == {}
    assert goodbyes(visitors) == []


def test_leaving_works_when_newsroom_toml_no_longer_has_the_list(visitors, desk):
    visitors.subscribe("ada", "press", rhythm="daily")
    desk.settings("[lists.press]", "[lists.media]")
    visitors.place = desk.place

    assert visitors.leave("ada", "press").list_id == "press"
    assert goodbyes(visitors) == []
    assert visitors.standing("ada") == {}


def test_going_to_and_fro_brings_one_letter_a_day(visitors, desk):
    visitors.subscribe("ada")
    for _ in range(5):
        left = visitors.leave("ada")
        leaving.undo(desk.place, left.undo_token)
        later(desk, minutes=1)

    assert len(goodbyes(visitors)) == 1


def test_undo_brings_back_what_there_was(visitors, desk):
    visitors.subscribe("ada", topics=("ukraine",), urgent=True)
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    desk.send(desk.approve().id)
    before = visitors.sql("SELECT * FROM subscription")
    left = visitors.leave("ada")
    later(desk, days=29)

    assert leaving.look_at_undo(desk.place, left.undo_token) == Leaving("supporters", "en", "full", is_gone=True)
    assert leaving.undo(desk.place, left.undo_token) == Returned("supporters", "en", "full")
    assert visitors.sql("SELECT * FROM subscription") == before
    assert leaving.undo(desk.place, left.undo_token) == Returned("supporters", "en", "full")
    assert not leaving.look_at_undo(desk.place, left.undo_token).is_gone


def test_undo_ends_with_the_address(visitors, desk):
    visitors.subscribe("ada")
    left = visitors.leave("ada")
    later(desk, days=30)

    with BROKEN:
        leaving.undo(desk.place, left.undo_token)
    desk.at("2022-02-21T10:00")
    visitors.sql("UPDATE subscription SET sealed = x''")
    with BROKEN:
        leaving.undo(desk.place, left.undo_token)


def test_an_undo_is_good_for_its_own_leaving_alone(visitors, desk):
    visitors.subscribe("ada")
    first = visitors.leave("ada")
    leaving.undo(desk.place, first.undo_token)
    later(desk, days=2)
    visitors.leave("ada")

    with BROKEN:
        leaving.undo(desk.place, first.undo_token)
    assert visitors.standing("ada") == {}


@pytest.mark.parametrize("never_again", [False, True])
def test_nothing_comes_back_after_erasure(visitors, desk, never_again):
    visitors.subscribe("ada")
    visitors.subscribe("bob")
    way_out, undo = visitors.way_out("ada"), visitors.leave("ada").undo_token
    leaving.undo(desk.place, undo)
    manage = visitors.link("ada")
    visitors.erase("ada", never_again=never_again)

    for door in (leaving.undo, leaving.look_at_undo, choosing.look):
        for token in (undo, manage, way_out):
            with BROKEN:
                door(desk.place, token)
    assert leaving.look(desk.place, way_out) == Leaving("", "en", "full", is_gone=True)
    assert leaving.leave(desk.place, way_out, "one-click") == Left("", "en", "full")
    leaving.ask_for_choices(desk.place, way_out)
    assert [one for one in visitors.work() if one.to == "ada@example.org"] == []


def test_who_is_suppressed_does_not_come_back(visitors, desk):
    visitors.subscribe("ada")
    undo = visitors.leave("ada").undo_token
    visitors.suppress("ada")

    with BROKEN:
        leaving.undo(desk.place, undo)


def test_a_letter_that_was_passed_on_can_at_most_unsubscribe(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.way_out("ada")
    for door in (choosing.look, choosing.export, leaving.undo, choosing.agree_to_move, choosing.look_at_move):
        with BROKEN:
            door(desk.place, token)
    with BROKEN:
        choosing.erase(desk.place, token, False)
    with BROKEN:
        choosing.leave_lists(desk.place, token, ["supporters"])

    leaving.ask_for_choices(desk.place, token)
    (letter,) = visitors.work()
    assert (letter.kind, letter.to, letter.goes) == ("preferences", "ada@example.org", True)


def test_the_link_to_ones_choices_is_mailed_three_times_a_day_at_most(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.way_out("ada")
    for _ in range(6):
        leaving.ask_for_choices(desk.place, token)

    assert len(visitors.work()) == 3


def test_every_purpose_at_every_door(visitors, desk):
    """A token opens the door it was made for, and no other one."""
    number = visitors.subscribe("ada")
    doors = {
        Purpose.MANAGE: choosing.look,
        Purpose.MOVE: choosing.look_at_move,
        Purpose.UNDO: leaving.look_at_undo,
    }
    for purpose in (Purpose.CONFIRM, Purpose.MANAGE, Purpose.MOVE, Purpose.UNDO):
        token = build_expiring(desk.place.keys, purpose, number, 1, desk.now)
        opened = []
        for own, door in doors.items():
            try:
                door(desk.place, token)
                opened.append(own)
            except SubscriberError:
                pass
        with BROKEN:
            leaving.look(desk.place, token)
        assert opened in ([], [purpose])


def test_what_was_on_its_way_is_not_sent_to_who_left(visitors, desk):
    visitors.subscribe("ada")
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    edition = desk.approve()
    visitors.subscribe("bob")
    from digest.work.sending import begin

    begin(desk.place, edition.id, actor="Ada", late=False, say=print)
    visitors.leave("ada")
    desk.send(edition.id)

    assert desk.sql("SELECT state FROM delivery WHERE edition_id = ?", edition.id) == [("suppressed",)]
