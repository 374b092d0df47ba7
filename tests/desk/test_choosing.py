"""Choosing by the link that lasts an hour: what changes, what comes of it, and that it is the person's own."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from digest.desk import choosing, leaving
from digest.errors import EditionError, SubscriberError
from digest.subscribers.requests import Wish

BROKEN = pytest.raises(SubscriberError, match=r"^link: it does not work")
WISH = Wish("supporters", "weekly", "en")


def later(desk, **span):
    desk.now = desk.place.now = desk.now + timedelta(**span)


def carried(desk, day):
    """What an edition of that day brings, by reader."""
    desk.at(f"{day}T12:00")
    try:
        edition = desk.approve()
    except EditionError as error:
        assert "carries nothing" in str(error)
        return {}
    desk.send(edition.id)
    return {name: new for name, (new, _, _) in desk.carried(edition.id).items()}


def test_the_page_shows_all_lists_of_a_person_and_no_address(visitors, desk):
    visitors.subscribe("ada", topics=("ukraine",), language="uk", form="discreet")
    token = visitors.link("ada")
    before = visitors.rows()
    found = choosing.look(desk.place, token)

    assert visitors.rows() == before
    (one,) = found.standing
    assert (one.list_id, one.wish.topics, one.confirmed_at, one.paused_until) == (
        "supporters", ("ukraine",), desk.now, None
    )  # fmt: skip
    assert (found.joinable, found.language, found.form) == (("press",), "uk", "discreet")
    assert "ada" not in repr(found)


def test_the_link_lasts_an_hour(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    later(desk, minutes=59)
    choosing.look(desk.place, token)
    later(desk, minutes=1)

    with BROKEN:
        choosing.look(desk.place, token)
    with BROKEN:
        choosing.change(desk.place, token, "supporters", WISH)


def test_everything_can_be_changed_but_the_list(visitors, desk):
    visitors.subscribe("ada")
    wish = Wish("press", "at-once", "uk", ("russia", "ukraine"), urgent=True, form="discreet")
    choosing.change(desk.place, visitors.link("ada"), "supporters", wish)

    expected = Wish("supporters", "at-once", "uk", ("russia", "ukraine"), urgent=False, form="discreet")
    assert visitors.standing("ada") == {"supporters": expected}


@pytest.mark.parametrize("wish", [Wish("supporters", "weekly", "en", ("nowhere",))])
def test_what_is_not_offered_is_refused_or_mended(visitors, desk, wish):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    with pytest.raises(SubscriberError, match=r"^choice"):
        choosing.change(desk.place, token, "supporters", wish)
    with pytest.raises(SubscriberError, match=r"^choice"):
        choosing.change(desk.place, token, "press", WISH)
    with pytest.raises(SubscriberError, match=r"^choice"):
        choosing.join(desk.place, token, Wish("gone", "weekly", "en"), "words")
    choosing.change(desk.place, token, "supporters", Wish("supporters", "daily", "xx", ("ukraine", "nowhere")))

    assert visitors.standing("ada")["supporters"] == Wish("supporters", "weekly", "en", ("ukraine",))


def test_unfollowing_and_following_again_brings_nothing_twice_and_loses_nothing_of_the_week(visitors, desk):
    visitors.subscribe("ada", topics=("ukraine", "russia"))
    desk.item("first", topics="ukraine")
    desk.publish("2022-02-21T10:00")
    assert carried(desk, "2022-02-21") == {"reader 1": {"first"}}
    desk.item("second", day="2022-02-22", topics="ukraine")
    desk.publish("2022-02-22T10:00")
    token = visitors.link("ada")
    for topics in (("russia",), ("russia", "ukraine"), (), ("ukraine",), ("russia",), ()):
        choosing.change(desk.place, token, "supporters", Wish("supporters", "weekly", "en", topics))

    assert carried(desk, "2022-02-28") == {"reader 1": {"second"}}


def test_a_wider_choice_is_shown_as_all_topics(visitors, desk):
    visitors.subscribe("ada", topics=("ukraine",))
    choosing.change(desk.place, visitors.link("ada"), "supporters", WISH)

    assert visitors.standing("ada")["supporters"].topics == ()


def test_joining_another_list_needs_no_letter_and_keeps_its_own_consent(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    before = len(visitors.mail())
    choosing.join(desk.place, token, Wish("press", "daily", "en"), "Yes, the press list too.")

    assert set(visitors.standing("ada")) == {"supporters", "press"}
    assert len(visitors.mail()) == before
    assert visitors.sql("SELECT form, words FROM consent WHERE subscription_id = 2") == [
        ("preferences", "Yes, the press list too.")
    ]
    assert choosing.look(desk.place, token).joinable == ()


def test_a_pause_leaves_editions_out_and_the_next_one_makes_up_for_it(visitors, desk):
    visitors.subscribe("ada")
    visitors.subscribe("bob")
    choosing.pause(desk.place, visitors.link("ada"), "supporters", desk.now + timedelta(days=12))
    desk.item("one", day="2022-02-22")
    desk.publish("2022-02-22T10:00")
    assert carried(desk, "2022-02-22") == {"reader 2": {"one"}}
    desk.item("two", day="2022-03-05")
    desk.publish("2022-03-05T10:00")

    assert carried(desk, "2022-03-07") == {"reader 1": {"one", "two"}, "reader 2": {"two"}}


def test_a_pause_can_be_ended_and_has_its_bounds(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    choosing.pause(desk.place, token, "supporters", desk.now + timedelta(days=7))
    assert choosing.look(desk.place, token).standing[0].paused_until == desk.now + timedelta(days=7)
    choosing.pause(desk.place, token, "supporters", None)
    assert choosing.look(desk.place, token).standing[0].paused_until is None
    for until in (desk.now, desk.now - timedelta(days=1), desk.now + timedelta(days=400)):
        with pytest.raises(SubscriberError, match=r"^pause"):
            choosing.pause(desk.place, token, "supporters", until)


def test_leaving_all_lists_is_one_act_with_one_letter_and_one_way_back(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    choosing.join(desk.place, token, Wish("press", "daily", "en"), "words")
    left = choosing.leave_lists(desk.place, token, ["press", "supporters"])

    assert visitors.standing("ada") == {}
    assert len([one for one in visitors.mail() if one.kind == "goodbye"]) == 1
    assert choosing.look(desk.place, token).standing == ()
    assert choosing.leave_lists(desk.place, token, ["press"]).undo_token == ""
    leaving.undo(desk.place, left.undo_token)
    assert set(visitors.standing("ada")) == {"press", "supporters"}


def test_undo_brings_back_only_what_was_left_in_that_act(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    choosing.join(desk.place, token, Wish("press", "daily", "en"), "words")
    choosing.leave_lists(desk.place, token, ["press"])
    later(desk, minutes=5)
    left = choosing.leave_lists(desk.place, token, ["supporters"])
    leaving.undo(desk.place, left.undo_token)

    assert set(visitors.standing("ada")) == {"supporters"}


def test_the_file_of_what_is_stored_has_everything_but_the_address(visitors, desk):
    visitors.subscribe("canary", topics=("ukraine",))
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    desk.send(desk.approve().id)
    data = choosing.export(desk.place, visitors.link("canary"))
    found = json.loads(data)

    assert b"canary" not in data
    (subscription,) = found["subscriptions"]
    assert subscription["topics"] == ["ukraine"]
    assert subscription["consent"][0]["words"] == "Yes, send me the digest to this address."
    assert [one["state"] for one in subscription["letters with editions"]] == ["sent"]
    assert {one["kind"] for one in found["letters"]} == {"confirmation", "preferences"}
    assert {one["kind"] for one in found["requests"]} == {"subscribe", "preferences"}
    assert found["never mailed again"] is False


def test_who_is_suppressed_can_join_nothing(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    visitors.suppress("ada")

    assert choosing.look(desk.place, token).joinable == ()
    with pytest.raises(SubscriberError, match=r"^choice"):
        choosing.join(desk.place, token, Wish("press", "daily", "en"), "words")


def test_a_list_that_newsroom_toml_gave_up_is_not_shown_and_can_be_left(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    choosing.join(desk.place, token, Wish("press", "daily", "en"), "words")
    desk.settings("[lists.press]", "[lists.media]")
    visitors.place = desk.place

    assert [one.list_id for one in choosing.look(desk.place, token).standing] == ["supporters"]
    choosing.leave_lists(desk.place, token, ["press"])
    assert set(visitors.standing("ada")) == {"supporters"}
