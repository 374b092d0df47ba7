"""The page of one's choices: every change over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest


@pytest.fixture
def link(door: Any) -> str:
    """Where the reader of the list for supporters chooses."""
    return f"/preferences/{door.choices_token(door.enrol())}"


def test_choices_are_saved_and_shown(door: Any, link: str) -> None:
    changed = {"scope": "some", "topic": "russia", "rhythm": "at-once", "language": "uk", "form": "discreet"}
    saved = door.post(link, act="save", list="supporters", **changed)
    about = door.person()[0].subscription

    assert (about.topics, about.rhythm, about.language, about.form) == (("russia",), "at-once", "uk", "discreet")
    assert saved.status == 200 and '<html lang="uk"' in saved.text and 'role="status"' in saved.text
    assert "Example Watch" not in saved.text.partition("<main")[0]


def test_another_list_is_joined_and_left(door: Any, link: str) -> None:
    joined = door.post(link, act="join", list="press", scope="all", rhythm="daily", language="en", form="full")
    assert joined.status == 200
    assert {one.subscription.list_id: one.is_active for one in door.person()} == {"supporters": True, "press": True}
    assert door.post(link, act="leave", list="press").status == 200
    assert {one.subscription.list_id: one.is_active for one in door.person()} == {"supporters": True, "press": False}


def test_leaving_everything_shows_the_way_back(door: Any, link: str, forms: Any) -> None:
    door.enrol(list_id="press", rhythm="daily")
    (undo,) = forms(door.post(link, act="leave-all"))
    assert not any(one.is_active for one in door.person())
    door.post(undo, act="return")

    assert all(one.is_active for one in door.person())


def test_letters_pause_until_a_day_and_go_on(door: Any, link: str) -> None:
    paused = door.post(link, act="pause", list="supporters", until="2026-12-24")
    assert door.person()[0].subscription.paused_until == datetime(2026, 12, 24, tzinfo=UTC)
    assert "Paused until 24 December 2026" in paused.text
    door.post(link, act="resume", list="supporters")

    assert door.person()[0].subscription.paused_until is None


def test_what_is_stored_can_be_had_without_the_address(door: Any, link: str) -> None:
    stored = door.post(link, act="export")

    assert (stored.status, stored.headers["content-type"]) == (200, "application/json")
    assert stored.headers["content-disposition"].startswith("attachment")
    assert json.loads(stored.body)["subscriptions"][0]["consent"][0]["words"] == "I agree."
    assert b"reader@example.org" not in stored.body


def test_erasing_asks_once_more_and_erases_everything(door: Any, link: str) -> None:
    unsure = door.post(link, act="erase", never="yes")
    assert unsure.status == 422 and len(door.person()) == 1
    assert "so that no letter ever goes to it" in door.post(link, act="erase", sure="yes", never="yes").text

    assert door.person() == []
    assert door.ask(link).status == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"act": "save", "list": "press"}, 400),
        ({"act": "join", "list": "supporters"}, 400),
        ({"act": "leave", "list": "nothing"}, 400),
        ({"act": "pause", "list": "supporters", "until": "yesterday"}, 422),
        ({"act": "pause", "list": "supporters", "until": "2026-11-23"}, 422),
        ({"act": "save", "list": "supporters", "scope": "some"}, 422),
        ({"act": "move", "address": "new"}, 422),
        ({"act": "nothing"}, 400),
        ({}, 400),
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(fields: dict[str, str], status: int, door: Any, link: str) -> None:
    before = door.dump()

    assert door.post(link, **fields).status == status
    assert door.dump() == before


def test_no_page_shows_the_address(door: Any, link: str) -> None:
    pages = [door.ask(link), door.post(link, act="save", list="supporters"), door.post(link, act="leave", list="supporters")]

    assert all(
        "reader@" not in page.text and "example.org" not in page.text.replace("news.example.org", "") for page in pages
    )
