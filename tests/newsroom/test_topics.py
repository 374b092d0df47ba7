"""A topic that goes on in another one: its items are that one's too, and what names it enters both."""

from __future__ import annotations

from datetime import date

import pytest

from digest.newsroom.topics import reach_topics, topics_into
from digest.settings import Settings, build_settings

MOVED = """
[newsroom]
name = "Newsroom"
title = "Newsroom"
zone = "UTC"
base_url = "https://news.example.org"
postal_address = "1 Test Street"
tag_authority = "news.example.org,2020"
[topics.ukraine]
title = "Ukraine"
[topics.crimea]
title = "Crimea"
moved_to = "ukraine"
[topics.sevastopol]
title = "Sevastopol"
moved_to = "crimea"
[topics.russia]
title = "Russia"
ended = 2022-02-01
[kinds.update]
title = "Update"
"""


@pytest.fixture(scope="module")
def moved() -> Settings:
    return build_settings(MOVED, {})


@pytest.fixture
def house(house_of, moved):
    return house_of(moved)


def test_all_that_leads_to_a_topic_is_found_by_any_number_of_moves(moved):
    assert topics_into("ukraine", moved) == ("ukraine", "crimea", "sevastopol")
    assert topics_into("russia", moved) == ("russia",)
    assert topics_into("crimea", moved) == ("crimea",)
    assert topics_into("unknown", moved) == ("unknown",)


def test_an_item_stands_where_its_topics_go_on(moved):
    assert reach_topics(("sevastopol", "russia", "crimea"), moved) == ("sevastopol", "russia", "crimea", "ukraine")
    assert reach_topics(("ukraine",), moved) == ("ukraine",)
    assert reach_topics((), moved) == ()


def test_a_release_enters_the_target_of_a_moved_topic(house):
    house.file("one", topics=("sevastopol", "russia"))
    house.file("two", topics=("crimea", "ukraine"))
    entered = {event.item: event.entered for event in house.publish("2022-02-28T12:00")}
    assert entered == {"one": ("*", "sevastopol", "russia", "ukraine"), "two": ("*", "crimea", "ukraine")}


def test_a_change_enters_a_target_only_with_a_topic_that_is_new_to_the_item(house, correction):
    house.file("one", topics=("russia",))
    house.publish("2022-02-28T12:00")
    house.file("one", topics=("russia", "crimea"))
    assert [event.entered for event in house.publish("2022-03-01T12:00")] == [("crimea", "ukraine")]
    house.file("one", topics=("russia", "crimea", "sevastopol"), corrections=(correction(day=date(2022, 3, 1)),))
    assert [event.entered for event in house.publish("2022-03-02T12:00")] == [("sevastopol",)]


def test_a_file_that_names_the_target_in_stead_of_the_topic_is_no_news_there(house):
    house.file("one", topics=("crimea",))
    house.publish("2022-02-28T12:00")
    house.file("one", topics=("ukraine",))
    assert [(event.type.value, event.entered) for event in house.publish("2022-03-01T12:00")] == [("refiled", ())]


def test_the_items_of_a_topic_are_those_of_all_that_leads_to_it(house, moved):
    house.file("one", "2022-02-26", topics=("ukraine",))
    house.file("two", "2022-02-27", topics=("sevastopol", "crimea"))
    house.file("three", "2022-02-28", topics=("russia",))
    house.publish("2022-02-28T12:00")
    newsroom = house.newsroom
    assert [item.id for item in newsroom.select(topics_into("ukraine", moved))] == ["two", "one"]
    assert [item.id for item in newsroom.select("ukraine")] == ["one"]
