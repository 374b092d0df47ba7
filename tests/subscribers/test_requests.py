"""Requests, purely: what is kept of a wish, how it is fulfilled by a newsroom that changed, and which letter answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.settings.reading import read_settings
from digest.subscribers.requests import (
    Answer,
    RequestKind,
    Side,
    Wish,
    agree,
    build_mark,
    choose_answer,
    mend_wish,
    next_epoch,
    parse_sides,
    parse_wish,
    render_wish,
    wish_of,
)
from digest.subscribers.subscriptions import Subscription

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
SETTINGS = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
moved_to = "ukraine"
[topics.belarus]
title = "Belarus"
ended = 2022-01-01
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@newsroom.example.org>"
rhythms = ["weekly", "at-once"]
at_once = "urgent"
"""
WISH = Wish("supporters", "weekly", "en", ("ukraine",))


@pytest.fixture
def newsroom(tmp_path: Path):
    (tmp_path / "newsroom.toml").write_text(SETTINGS, "utf-8")
    return read_settings(tmp_path / "newsroom.toml", {})


@given(
    st.builds(
        Wish,
        st.text(max_size=20),
        st.sampled_from(["weekly", "daily", "at-once"]),
        st.sampled_from(["en", "uk"]),
        st.lists(st.text(min_size=1, max_size=9), max_size=5).map(tuple),
        st.booleans(),
        st.sampled_from(["full", "discreet"]),
    )
)
def test_a_wish_is_kept_as_it_is(wish):
    assert parse_wish(render_wish(wish)) == wish


@pytest.mark.parametrize(
    ("changes", "mended"),
    [
        ({}, {}),
        ({"list_id": "gone"}, None),
        ({"topics": ("russia",)}, {"topics": ("ukraine",)}),
        ({"topics": ("russia", "ukraine")}, {"topics": ("ukraine",)}),
        ({"topics": ("belarus",)}, {"topics": ("belarus",)}),
        ({"topics": ("gone", "ukraine")}, {"topics": ("ukraine",)}),
        ({"topics": ("gone",)}, None),
        ({"topics": ()}, {"topics": ()}),
        ({"rhythm": "daily"}, {"rhythm": "weekly"}),
        ({"rhythm": "at-once", "urgent": True}, {"rhythm": "at-once", "urgent": False}),
        ({"urgent": True, "form": "discreet"}, {"urgent": True, "form": "discreet"}),
        ({"language": "fr"}, {"language": "en"}),
    ],
)
def test_a_newsroom_that_changed_fulfils_what_is_left_and_never_more(newsroom, changes, mended):
    expected = None if mended is None else replace(WISH, **mended)

    assert mend_wish(replace(WISH, **changes), newsroom) == expected


def test_who_follows_a_topic_already_can_keep_it(newsroom):
    wish = replace(WISH, topics=("gone", "russia", "ukraine"))

    assert mend_wish(wish, newsroom, kept=("gone", "russia")) == wish


def test_exactly_one_letter_answers():
    present = Subscription("supporters", "weekly", "en", confirmed_at=NOW)

    assert choose_answer(RequestKind.SUBSCRIBE, None) is Answer.CONFIRMATION
    assert choose_answer(RequestKind.SUBSCRIBE, present) is Answer.PRESENT
    assert choose_answer(RequestKind.PREFERENCES, None) is Answer.NOBODY
    assert choose_answer(RequestKind.PREFERENCES, present) is Answer.LINK
    assert choose_answer(RequestKind.ADDRESS, None) is choose_answer(RequestKind.ADDRESS, present) is Answer.CONFIRMATION


def test_an_epoch_grows_by_each_return_and_by_nothing_else():
    known = Subscription("supporters", "weekly", "en", confirmed_at=NOW, epoch=3)

    assert next_epoch(None) == 1
    assert next_epoch(known) == 3
    assert next_epoch(replace(known, left_at=NOW)) == 4


def test_a_subscription_is_a_wish_fulfilled():
    known = Subscription("supporters", "weekly", "uk", ("ukraine",), urgent=True, form="discreet")

    assert wish_of(known) == Wish("supporters", "weekly", "uk", ("ukraine",), urgent=True, form="discreet")


def test_marks_of_different_requests_differ():
    text = render_wish(WISH)
    marks = {
        build_mark(RequestKind.SUBSCRIBE, b"a", text, 1),
        build_mark(RequestKind.ADDRESS, b"a", text, 1),
        build_mark(RequestKind.SUBSCRIBE, b"b", text, 1),
        build_mark(RequestKind.SUBSCRIBE, b"a", render_wish(replace(WISH, urgent=True)), 1),
        build_mark(RequestKind.SUBSCRIBE, b"a", text, 2),
    }

    assert len(marks) == 5
    assert all(0 <= mark < 2**32 for mark in marks)


def test_sides_agree_in_any_order_and_as_often_as_they_like():
    assert parse_sides("") == frozenset()
    both = agree(agree(agree("", Side.OLD), Side.OLD), Side.NEW)
    assert both == agree(agree("", Side.NEW), Side.OLD)
    assert parse_sides(both) == frozenset(Side)
