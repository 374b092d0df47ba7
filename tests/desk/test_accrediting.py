"""Staff give private feeds to people and take them back; the token is shown once and kept nowhere."""

from __future__ import annotations

import re

import pytest

from digest.delivery.transitions import State
from digest.desk.accrediting import NAME_LENGTH, add_press_feed, hash_token, list_press_feeds, revoke_press_feed
from digest.errors import SubscriberError, UsageError
from digest.store.letters import read_letters


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


TO = "canary@daily.example"


def mail(desk, name="Example Daily", to=TO, **options):
    """Gives somebody a feed by mail; its addresses."""
    return add_press_feed(desk.place, name, actor="Ada", to=to, **options)


def waiting(desk, *states):
    """The letters in these states."""
    with desk.place.hot.reading() as connection:
        return read_letters(connection, *states)


def test_a_feed_can_be_given_by_mail(desk):
    addresses = mail(desk)

    (letter,) = waiting(desk, State.QUEUED)
    assert letter.kind == "press-feed"
    assert desk.place.sealer.unseal(letter.sealed) == TO
    ((link,),) = desk.sql("SELECT link FROM letter")
    assert desk.place.sealer.unseal_link(link) == addresses[0]
    assert addresses[0].endswith(".atom")
    assert [feed.name for feed in list_press_feeds(desk.place)] == ["Example Daily"]


def test_whom_it_was_mailed_to_stands_nowhere_in_clear(desk):
    """Nor does the token: not in the journal, the database, the ready message or its name."""
    token = mail(desk)[0].rpartition("/")[2].removesuffix(".atom")

    (entry,) = desk.journal("press feed Example Daily")
    assert entry.detail == {"by": "mail"}
    for path, data in desk.bytes_below("."):
        for secret in (TO, "canary", token):
            assert secret.encode() not in data, f"{path} holds {secret}"


@pytest.mark.parametrize("to", ["", "nobody", "ві́ра@example.org", "a@b.example, c@d.example"])
def test_an_address_that_cannot_be_mailed_is_refused_before_anything_is_made(desk, to):
    with pytest.raises(SubscriberError):
        mail(desk, to=to)

    assert list_press_feeds(desk.place) == []
    assert desk.journal() == []


def test_somebody_who_is_never_to_be_mailed_is_refused_before_anything_is_made(desk):
    mail(desk, "Another", to="first@daily.example")
    desk.sql("INSERT INTO suppression VALUES (?, 'asked', 0)", desk.place.sealer.index(TO))

    with pytest.raises(SubscriberError, match="never to be mailed"):
        mail(desk)

    assert [feed.name for feed in list_press_feeds(desk.place)] == ["Another"]
    assert len(waiting(desk, State.QUEUED)) == 1


def test_a_language_that_the_newsroom_does_not_write_is_refused(desk):
    with pytest.raises(UsageError, match="does not write in fr"):
        mail(desk, language="fr")
    assert list_press_feeds(desk.place) == []

    mail(desk, language="uk")
    assert len(waiting(desk, State.QUEUED)) == 1


def test_a_letter_that_has_not_left_does_not_leave_once_its_feed_is_revoked(desk):
    mail(desk)
    mail(desk, "Another")

    revoke_press_feed(desk.place, "Example Daily", actor="Ada")

    (cancelled,) = waiting(desk, State.CANCELLED)
    assert cancelled.sealed is None
    assert desk.sql("SELECT count(*) FROM letter WHERE link IS NULL") == [(1,)]
    assert len(waiting(desk, State.QUEUED)) == 1


def test_a_name_given_again_within_the_same_second_is_mailed_again(desk):
    mail(desk)
    revoke_press_feed(desk.place, "Example Daily", actor="Ada")
    mail(desk)

    assert len(waiting(desk, State.QUEUED)) == len(waiting(desk, State.CANCELLED)) == 1
