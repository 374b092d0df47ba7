"""Names and titles of feeds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from digest.feeds.naming import Choice, Titles, parse_feed_name
from digest.settings import Settings

Change = Callable[[str], Settings]
TWINS = """
[topics.war]
title = "Ukraine"
moved_to = "ukraine"
[topics.first]
title = "Twin"
[topics.second]
title = "Twin"
[kinds.twin]
title = "Twin"
"""


def _choices(settings: Settings) -> list[Choice]:
    return [
        Choice(*parts) for parts in product([None, *settings.topics], [None, *settings.kinds], [None, *settings.languages])
    ]


def test_every_feed_is_found_by_its_name(settings: Settings) -> None:
    for choice in _choices(settings):
        assert parse_feed_name(choice.name, settings) == choice


@pytest.mark.parametrize(
    "name",
    [
        "", "ALL", "all.", "all.de", "all.en.fr", "all+report", "report+ukraine", "ukraine+russia", "ukraine+", "+report",
        "ukraine+report+victory", "unknown", "ukraine+unknown", "unknown+report", ".en", "en", "ukraine .en", "ukraine.EN",
        "all.atom", "../all", "ukraine/2022-02", "report+report",
    ],
)  # fmt: skip
def test_no_feed_has_any_other_name(settings: Settings, name: str) -> None:
    assert parse_feed_name(name, settings) is None


PARTS = st.sampled_from(["all", "ukraine", "russia", "report", "en", "fr", "+", ".", "/", " ", "x", ""])


@limits(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.lists(PARTS, max_size=6).map("".join))
def test_a_feed_has_one_name_only(settings: Settings, name: str) -> None:
    choice = parse_feed_name(name, settings)

    assert choice is None or choice.name == name


def test_a_newsroom_of_one_language_has_no_feeds_of_languages(settings: Settings) -> None:
    newsroom = settings.newsroom.model_copy(update={"languages": ()})

    assert parse_feed_name("all.en", settings.model_copy(update={"newsroom": newsroom})) is None


def test_no_two_feeds_have_one_title(change_settings: Change) -> None:
    settings = change_settings(TWINS)
    titles = Titles(settings)

    choices = _choices(settings)

    assert len({titles.title(choice) for choice in choices}) == len(choices)


def test_of_two_topics_with_one_title_the_open_one_keeps_it(change_settings: Change) -> None:
    titles = Titles(change_settings(TWINS))

    assert titles.title(Choice("ukraine")) == "The Newsroom: Ukraine"
    assert titles.title(Choice("war")) == "The Newsroom: Ukraine (war)"
    assert titles.title(Choice("first")) == "The Newsroom: Twin"
    assert titles.title(Choice("second")) == "The Newsroom: Twin (second)"
    assert titles.title(Choice(kind="twin")) == "The Newsroom: Twin (twin)"


def test_a_topic_called_like_the_newsroom_tells_itself_from_the_feed_of_everything(change_settings: Change) -> None:
    settings = change_settings('[topics.site]\ntitle = "Site"\n')
    newsroom = settings.newsroom.model_copy(update={"title": "The Newsroom: Site"})

    assert Titles(settings).title(Choice("site")) == "The Newsroom: Site"
    assert Titles(settings.model_copy(update={"newsroom": newsroom})).title(Choice("site")) == "The Newsroom: Site (site)"


def test_a_restricted_feed_is_titled_in_its_own_language(settings: Settings) -> None:
    title = Titles(settings).title(Choice("russia", "press-release", "fr"))

    assert title == "The Newsroom: Russie, Communiqué (français)"
