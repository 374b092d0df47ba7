"""Staff give private feeds to people and take them back; the token is shown once and kept nowhere."""

from __future__ import annotations

import re

import pytest

from digest.desk.accrediting import NAME_LENGTH, add_press_feed, hash_token, list_press_feeds, revoke_press_feed
from digest.errors import UsageError


def add(desk, name="Example Daily"):
    """Gives somebody a feed; its token."""
    addresses = add_press_feed(desk.place, name, actor="Ada")
    (token,) = {
        re.fullmatch(r"https://news\.example\.org/press/([a-z2-7]{52})\.(?:atom|rss|json)", one)[1] for one in addresses
    }
    assert [one.rpartition(".")[2] for one in addresses] == ["atom", "rss", "json"]
    return token


def test_a_feed_has_an_address_that_nobody_can_guess(desk):
    tokens = {add(desk, name) for name in ("Example Daily", "Example Weekly", "Example Radio")}
    assert len(tokens) == 3
    assert [(feed.name, feed.created_at, feed.used_on, feed.revoked_at) for feed in list_press_feeds(desk.place)] == [
        (name, desk.now, None, None) for name in ("Example Daily", "Example Radio", "Example Weekly")
    ]


def test_the_token_is_kept_nowhere_but_as_its_hash(desk):
    desk.item("one")
    desk.publish()
    token = add(desk)
    revoke_press_feed(desk.place, "Example Daily", actor="Ada")
    again = add(desk)
    desk.publish()

    assert desk.sql("SELECT token_hash FROM press_feed") == [(hash_token(again),)]
    for path, data in desk.bytes_below("."):
        for one in (token, again):
            assert one.encode() not in data, f"{path} holds a token"


def test_the_journal_says_who_gave_and_took_a_feed(desk):
    add(desk)
    desk.at("2022-02-22T09:00")
    revoke_press_feed(desk.place, "example  DAILY", actor="Ben")
    assert [(one.actor, one.action, one.subject, one.detail) for one in desk.journal("press feed Example Daily")] == [
        ("Ada", "press feed added", "press feed Example Daily", {}),
        ("Ben", "press feed revoked", "press feed Example Daily", {}),
    ]


@pytest.mark.parametrize("name", ["Example Daily", " example daily ", "EXAMPLE\tDAILY"])
def test_nobody_is_given_two_feeds_under_one_name(desk, name):
    add(desk)
    with pytest.raises(UsageError, match="there is one of this name") as refusal:
        add(desk, name)
    assert 'digest press revoke "Example Daily"' in refusal.value.remedy


def test_a_revoked_name_may_be_given_again(desk):
    old = add(desk)
    revoke_press_feed(desk.place, "Example Daily", actor="Ada")
    desk.at("2022-03-01T09:00")
    new = add(desk, "Example daily")

    assert new != old
    (feed,) = list_press_feeds(desk.place)
    assert (feed.name, feed.created_at, feed.revoked_at) == ("Example Daily", desk.now, None)


def test_a_feed_is_revoked_once_and_only_if_it_exists(desk):
    add(desk)
    revoke_press_feed(desk.place, "Example Daily", actor="Ada")
    with pytest.raises(UsageError, match="revoked before"):
        revoke_press_feed(desk.place, "Example Daily", actor="Ada")
    with pytest.raises(UsageError, match="none of this name"):
        revoke_press_feed(desk.place, "Example Weekly", actor="Ada")


@pytest.mark.parametrize(
    "name", ["", "  ", "\u200b", "x" * (NAME_LENGTH + 1), "two\x07bells", "ada@example.org", "\u202eylid"]
)
def test_what_cannot_stand_in_a_list_is_no_name(desk, name):
    with pytest.raises(UsageError):
        add(desk, name)
    assert list_press_feeds(desk.place) == []
