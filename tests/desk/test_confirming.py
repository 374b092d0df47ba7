"""Confirming: nobody is subscribed before, once is enough, and what has changed meanwhile decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.desk import choosing, leaving
from digest.desk.confirming import Title, confirm, look
from digest.errors import EditionError, SubscriberError
from digest.subscribers.requests import Wish
from digest.subscribers.tokens import Purpose, build_expiring

BROKEN = pytest.raises(SubscriberError, match=r"^link: it does not work")


def ask(visitors, name="ada", **wish):
    visitors.ask(name, **wish)
    (letter,) = [one for one in visitors.work() if one.kind == "confirmation"]
    return letter.token


def later(desk, **span):
    desk.now = desk.place.now = desk.now + timedelta(**span)


def test_nobody_is_subscribed_before_the_answer(visitors, desk):
    token = ask(visitors)
    before = visitors.rows()
    for _ in range(3):
        look(desk.place, token)

    assert visitors.rows() == before
    assert visitors.sql("SELECT * FROM subscription") == []


def test_what_was_asked_is_what_is_confirmed_whatever_others_ask_meanwhile(visitors, desk):
    token = ask(visitors, topics=("ukraine",), form="discreet", language="uk", urgent=True)
    visitors.ask("ada", topics=("russia",), network="198.51.100.1")
    visitors.work()
    welcome = confirm(desk.place, token)

    wish = Wish("supporters", "weekly", "uk", ("ukraine",), urgent=True, form="discreet")
    assert welcome.wish == wish
    assert visitors.standing("ada") == {"supporters": wish}


def test_consent_keeps_the_words_shown_where_when_and_in_which_language(visitors, desk):
    token = ask(visitors, language="uk")
    later(desk, hours=5)
    confirm(desk.place, token)

    moment = int(desk.now.timestamp())
    (row,) = visitors.sql("SELECT form, words, language, at, epoch FROM consent")
    assert row == ("subscribe/supporters", "Yes, send me the digest to this address.", "uk", moment, 1)


def test_a_second_time_nothing_changes_and_the_answer_is_the_same(visitors, desk):
    token = ask(visitors)
    first = confirm(desk.place, token)
    before = visitors.rows()
    later(desk, hours=3)

    assert confirm(desk.place, token) == first
    assert look(desk.place, token).already
    assert visitors.rows() == before
    assert visitors.sql("SELECT sealed FROM request") == [(b"",)]


def test_news_count_from_the_moment_of_the_answer(visitors, desk):
    desk.item("before")
    token = ask(visitors)
    desk.publish("2022-02-21T10:00")
    confirm(desk.place, token)
    desk.item("after", day="2022-02-22")
    desk.publish("2022-02-22T10:00")

    edition = desk.approve()
    desk.send(edition.id)
    assert desk.carried(edition.id) == {"reader 1": ({"after"}, set(), set())}


def test_the_welcome_says_when_what_comes_and_what_came_last(visitors, desk):
    desk.settings('rhythms = ["weekly", "at-once"]', 'rhythms = ["weekly", "at-once"]\nschedule.weekly = "Fri 09:00"')
    visitors.place = desk.place
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    desk.readers("bob", since="2022-02-19")
    edition = desk.approve()
    desk.send(edition.id)
    token = ask(visitors)
    welcome = confirm(desk.place, token)

    assert welcome.first_at.isoformat() == "2022-02-25T09:00:00+00:00"
    assert welcome.last_edition == edition.id
    assert welcome.titles == ()
    desk.item("two", day="2022-02-22")
    desk.publish("2022-02-22T10:00")
    assert confirm(desk.place, token).titles == (Title("Title of two", "en"),)


@pytest.mark.parametrize("act", ["leave", "erase", "suppress", "left and back"])
def test_what_was_confirmed_and_is_no_more_is_not_confirmed_again(visitors, desk, act):
    token = ask(visitors)
    confirm(desk.place, token)
    later(desk, hours=25)
    if act == "erase":
        visitors.erase("ada")
    elif act == "suppress":
        visitors.suppress("ada")
    else:
        visitors.leave("ada")
    if act == "left and back":
        confirm(desk.place, ask(visitors))
    before = visitors.rows()

    for door in (look, confirm):
        with BROKEN:
            door(desk.place, token)
    assert visitors.rows() == before


@pytest.mark.parametrize("act", ["leave", "erase", "erase for good", "suppress"])
def test_an_old_letter_confirms_nothing_after_the_person_has_gone(visitors, desk, act):
    first = ask(visitors)
    later(desk, days=1)
    second = ask(visitors)
    confirm(desk.place, second)
    if act == "leave":
        visitors.leave("ada")
    elif act == "suppress":
        visitors.suppress("ada")
    else:
        visitors.erase("ada", never_again=act == "erase for good")

    for token in (first, second):
        with BROKEN:
            confirm(desk.place, token)
    assert visitors.sql("SELECT count(*) FROM subscription WHERE state = 'active'") == [(int(act == "suppress"),)]


def test_a_pending_request_does_not_outlive_leaving(visitors, desk):
    """Asked, subscribed by an import, left: the letter of before must not bring anybody back."""
    token = ask(visitors)
    desk.readers("ada")
    visitors.leave("ada")

    with BROKEN:
        confirm(desk.place, token)
    assert visitors.standing("ada") == {}


def test_who_was_imported_meanwhile_gets_what_they_confirm(visitors, desk):
    token = ask(visitors, topics=("ukraine",))
    desk.readers("ada russia")
    confirm(desk.place, token)

    assert visitors.standing("ada")["supporters"].topics == ("ukraine",)
    assert [row[0] for row in visitors.sql("SELECT form FROM consent ORDER BY id")] == ["import", "subscribe/supporters"]


def test_coming_back_by_signing_up_is_a_new_epoch_that_brings_nothing_twice(visitors, desk):
    visitors.subscribe("ada")
    old = visitors.link("ada")
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    desk.send(desk.approve().id)
    visitors.leave("ada")
    later(desk, days=2)
    confirm(desk.place, ask(visitors))

    number = visitors.number("ada")
    ((epoch, left, position, sent),) = visitors.sql(
        "SELECT s.epoch, left_at, confirmed_position, sent FROM subscription s JOIN had h ON h.id = had_id WHERE s.id = ?",
        number,
    )
    assert (epoch, left, position) == (2, None, 1)
    assert sent not in ("{}", "")
    assert visitors.sql("SELECT count(*), max(epoch) FROM consent") == [(2, 2)]
    with BROKEN:
        choosing.look(desk.place, old)
    later(desk, days=7)
    with pytest.raises(EditionError, match="carries nothing"):
        desk.approve()


def test_an_undo_of_the_time_before_is_worth_nothing_after_coming_back(visitors, desk):
    visitors.subscribe("ada")
    left = visitors.leave("ada")
    later(desk, days=2)
    confirm(desk.place, ask(visitors))
    visitors.leave("ada")

    with BROKEN:
        leaving.undo(desk.place, left.undo_token)


def test_a_list_that_is_gone_cannot_be_confirmed(visitors, desk):
    token = ask(visitors, list_id="press", rhythm="daily")
    file = desk.folder / "newsroom.toml"
    text = file.read_text("utf-8")
    start = text.index("[lists.press]")
    file.write_text(text[:start] + text[text.index("[delivery]") :], "utf-8")
    desk.reopen()

    for door in (look, confirm):
        with BROKEN:
            door(desk.place, token)


def test_topics_that_moved_or_ended_meanwhile(visitors, desk):
    token = ask(visitors, topics=("russia", "ukraine"))
    desk.settings('title = "Russia"', 'title = "Russia"\nmoved_to = "ukraine"')
    visitors.place = desk.place
    confirm(desk.place, token)
    assert visitors.standing("ada")["supporters"].topics == ("ukraine",)

    later(desk, days=1)
    token = ask(visitors, "bob", topics=("ukraine",))
    desk.settings('title = "Ukraine"', 'title = "Ukraine"\nended = 2022-02-01')
    visitors.place = desk.place
    confirm(desk.place, token)
    assert visitors.standing("bob")["supporters"].topics == ("ukraine",)


def test_the_number_of_a_request_that_is_gone_gives_its_link_to_nobody(visitors, desk):
    """SQLite gives the highest number again; the letter of the old request must not confirm the new one."""
    token = ask(visitors)
    visitors.sql("DELETE FROM request")
    bobs = ask(visitors, "bob")

    assert visitors.sql("SELECT id FROM request") == [(1,)]
    with BROKEN:
        confirm(desk.place, token)
    assert confirm(desk.place, bobs).wish is not None


def test_no_token_of_another_purpose_or_site_confirms(visitors, desk):
    number = visitors.subscribe("ada")
    visitors.ask("bob")
    visitors.work()
    for purpose in (Purpose.MANAGE, Purpose.MOVE, Purpose.UNDO):
        token = build_expiring(desk.place.keys, purpose, number, 1, desk.now)
        with BROKEN:
            confirm(desk.place, token)
    for token in ("", "x" * 48, visitors.way_out("ada"), "A" * 200):
        with BROKEN:
            look(desk.place, token)


def test_a_link_at_a_site_without_readers_makes_no_keys(desk):
    desk.publish("2022-02-20T10:00")
    with BROKEN:
        look(desk.place, "A" * 48)

    assert not (desk.folder / "keys").exists()
