"""The newsroom is the log folded: each item once, in its newest version, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.newsroom.public import build_newsroom


def test_nothing_is_public_before_the_first_event():
    newsroom = build_newsroom([])
    assert (newsroom.items, newsroom.end, newsroom.at) == ((), 0, None)
    assert list(newsroom) == []


def test_each_item_stands_once_in_its_newest_version(house, correction, withdrawal):
    house.file("one")
    house.file("two")
    house.publish("2022-02-28T12:00")
    house.file("one", corrections=(correction(),))
    house.file("two", withdrawn=withdrawal())
    house.publish("2022-03-01T12:00")
    newsroom = house.newsroom

    assert {item.id: (item.event.number, item.released, item.is_withdrawn) for item in newsroom} == {
        "one": (3, 1, False),
        "two": (4, 2, True),
    }
    assert newsroom.by_id["one"].content.corrections
    assert (newsroom.end, newsroom.at) == (4, datetime(2022, 3, 1, 12, tzinfo=UTC))


def test_the_newest_published_comes_first_then_the_higher_number(house):
    house.file("backdated", "2022-02-01")
    house.file("a", "2022-02-28T10:00")
    house.file("b", "2022-02-28T10:00")
    house.publish("2022-02-28T12:00")
    house.file("later", "2022-02-02")
    house.publish("2022-03-01T12:00")

    assert [item.id for item in house.newsroom] == ["b", "a", "later", "backdated"]
    assert house.newsroom.ranks == {"b": 0, "a": 1, "later": 2, "backdated": 3}


def test_a_change_does_not_move_an_item_up(house, correction):
    house.file("old", "2022-02-27T10:00")
    house.file("new", "2022-02-28T10:00")
    house.publish("2022-02-28T12:00")
    house.file("old", "2022-02-27T10:00", corrections=(correction(),))
    house.publish("2022-03-01T12:00")
    assert [item.id for item in house.newsroom] == ["new", "old"]


def test_a_part_of_the_log_is_the_newsroom_of_that_time(house):
    house.file("one")
    house.publish("2022-02-28T12:00")
    house.file("one", title="Changed")
    house.file("two")
    house.publish("2022-03-01T12:00")

    then = build_newsroom(event for event in house.log if event.number <= 1)
    assert [item.content.title for item in then] == ["Title of one"]
    assert then.end == 1


def test_items_are_chosen_by_topic_kind_and_language(house):
    house.file("one", topics=("ukraine", "russia"))
    house.file("two", topics=("russia",), language="uk")
    house.file("three", topics=())
    house.publish("2022-02-28T12:00")

    def ids(**wanted):
        return {item.id for item in house.newsroom.select(**wanted)}

    assert ids() == {"one", "two", "three"}
    assert ids(topic="russia") == {"one", "two"}
    assert ids(topic="russia", language="uk") == {"two"}
    assert ids(kind="update", language="en") == {"one", "three"}
    assert ids(kind="report") == set()
