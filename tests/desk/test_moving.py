"""Another address: both agree, each by its own letter, and then everything follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.desk import choosing, confirming, leaving
from digest.desk.moving import agree_to_move, ask_for_address, look_at_move
from digest.errors import SubscriberError

BROKEN = pytest.raises(SubscriberError, match=r"^link: it does not work")


@pytest.fixture
def asked(visitors, desk):
    """Asks for another address; the tokens of the letters to the old and the new one."""

    def ask(new="new", old="old"):
        ask_for_address(desk.place, visitors.link(old), f"{new}@example.org")
        letters = {one.kind: one for one in visitors.work()}
        assert {kind: (one.to, one.goes) for kind, one in letters.items()} == {
            "move": (f"{old}@example.org", True), "confirmation": (f"{new}@example.org", True)
        }  # fmt: skip
        return letters["move"].token, letters["confirmation"].token

    return ask


@pytest.mark.parametrize("first", ["old", "new"])
def test_letters_go_there_once_both_have_agreed(visitors, desk, asked, first):
    number = visitors.subscribe("old", topics=("ukraine",))
    old, new = asked()
    doors = {"old": lambda: agree_to_move(desk.place, old), "new": lambda: confirming.confirm(desk.place, new)}
    doors.pop(first)()
    assert set(visitors.standing("old")) == {"supporters"}
    doors.popitem()[1]()

    assert visitors.standing("old") == {}
    assert visitors.standing("new")["supporters"].topics == ("ukraine",)
    assert visitors.number("new") == number
    ((sealed,),) = visitors.sql("SELECT sealed FROM subscription")
    assert desk.place.sealer.unseal(sealed) == "new@example.org"


def test_looking_changes_nothing_and_a_second_word_neither(visitors, desk, asked):
    visitors.subscribe("old")
    old, new = asked()
    before = visitors.rows()
    assert not look_at_move(desk.place, old).already
    assert confirming.look(desk.place, new).wish is None
    assert visitors.rows() == before
    agree_to_move(desk.place, old)
    assert look_at_move(desk.place, old).already
    assert not confirming.look(desk.place, new).already
    agree_to_move(desk.place, old)
    assert visitors.standing("new") == {}
    confirming.confirm(desk.place, new)
    before = visitors.rows()

    assert agree_to_move(desk.place, old).already
    assert confirming.confirm(desk.place, new).wish is None
    assert confirming.look(desk.place, new).already
    assert visitors.rows() == before


def test_neither_side_can_speak_for_the_other(visitors, desk, asked):
    visitors.subscribe("old")
    old, new = asked()
    with BROKEN:
        agree_to_move(desk.place, new)
    with BROKEN:
        confirming.confirm(desk.place, old)
    assert set(visitors.standing("old")) == {"supporters"}


def test_a_newer_request_makes_the_older_one_void(visitors, desk, asked):
    visitors.subscribe("old")
    old, new = asked("first")
    desk.now = desk.place.now = desk.now + timedelta(days=1)
    asked("second")

    with BROKEN:
        agree_to_move(desk.place, old)
    with BROKEN:
        confirming.confirm(desk.place, new)


@pytest.mark.parametrize("act", ["leave", "erase", "suppress"])
def test_nothing_moves_after_the_reader_has_gone_or_to_who_is_never_mailed(visitors, desk, asked, act):
    visitors.subscribe("old")
    old, new = asked()
    agree_to_move(desk.place, old)
    if act == "leave":
        visitors.leave("old")
    elif act == "erase":
        visitors.erase("old")
    else:
        visitors.suppress("new")

    with BROKEN:
        confirming.confirm(desk.place, new)
    assert visitors.standing("new") == {}


def test_all_lists_follow_and_what_the_other_address_gets_already_stays(visitors, desk, asked):
    visitors.subscribe("old", topics=("ukraine",))
    from digest.subscribers.requests import Wish

    choosing.join(desk.place, visitors.link("old"), Wish("press", "daily", "en"), "words")
    visitors.subscribe("new", topics=("russia",))
    desk.now = desk.place.now = desk.now + timedelta(days=2)
    old, new = asked()
    agree_to_move(desk.place, old)
    confirming.confirm(desk.place, new)

    assert visitors.standing("old") == {}
    standing = visitors.standing("new")
    assert set(standing) == {"supporters", "press"}
    assert standing["supporters"].topics == ("russia",)


def test_a_list_that_the_other_address_left_is_taken_up_again(visitors, desk, asked):
    visitors.subscribe("new")
    visitors.leave("new")
    visitors.subscribe("old", topics=("ukraine",))
    desk.now = desk.place.now = desk.now + timedelta(days=2)
    old, new = asked()
    agree_to_move(desk.place, old)
    confirming.confirm(desk.place, new)

    assert visitors.standing("new")["supporters"].topics == ("ukraine",)


def test_another_spelling_of_the_same_address(visitors, desk):
    visitors.subscribe("old")
    desk.now = desk.place.now = desk.now + timedelta(days=1)
    ask_for_address(desk.place, visitors.link("old"), "OLD@example.org")
    letters = {one.kind: one.token for one in visitors.work()}
    agree_to_move(desk.place, letters["move"])
    confirming.confirm(desk.place, letters["confirmation"])

    ((sealed,),) = visitors.sql("SELECT sealed FROM subscription")
    assert desk.place.sealer.unseal(sealed) == "OLD@example.org"
    assert set(visitors.standing("old")) == {"supporters"}


def test_whoever_gets_the_other_address_is_not_told(visitors, desk):
    """The same two letters are written whether the other address is known here or not."""
    written = []
    for name, other in (("one", "unknown"), ("two", "known")):
        visitors.subscribe(name)
        if other == "known":
            visitors.subscribe(other)
            desk.now = desk.place.now = desk.now + timedelta(days=1)
        ask_for_address(desk.place, visitors.link(name), f"{other}@example.org")
        written.append([(one.kind, one.goes) for one in visitors.work()])

    assert written[0] == written[1]


def test_the_way_out_of_letters_to_the_old_address_still_works(visitors, desk, asked):
    visitors.subscribe("old")
    token = visitors.way_out("old")
    old, new = asked()
    agree_to_move(desk.place, old)
    confirming.confirm(desk.place, new)
    leaving.leave(desk.place, token, "one-click")

    assert visitors.standing("new") == {}
