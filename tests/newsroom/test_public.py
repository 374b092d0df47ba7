"""The newsroom is the log folded: each item once, in its newest version, the newest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from digest.newsroom.log import ALL_TOPICS, Event, EventType, build_event, build_line
from digest.newsroom.public import build_newsroom, extend_newsroom, fold_lines


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

    assert {item.id: (item.number, item.released, item.is_withdrawn) for item in newsroom} == {
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


def test_the_newsroom_knows_when_an_item_left_a_topic_kind_or_language(house):
    house.file("one", topics=("ukraine", "russia"))
    house.publish("2022-02-28T12:00")
    assert house.newsroom.left == {}
    house.file("one", topics=("russia",), language="uk")
    house.publish("2022-03-01T12:00")
    house.file("one", topics=("russia", "ukraine"), language="uk", title="Changed")
    house.publish("2022-03-02T12:00")

    assert house.newsroom.left == dict.fromkeys(("ukraine", "en"), int(datetime(2022, 3, 1, 12, tzinfo=UTC).timestamp()))


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


def test_an_item_tells_what_stands_in_its_newest_event_and_in_its_release(house, correction):
    house.photos["square.jpg"] = "ab" * 32
    house.file("one", topics=("ukraine", "russia"), language="uk", translation_of="two")
    (release,) = house.publish("2022-02-28T12:00", backfill=True)
    house.file("one", topics=("russia",), language="uk", translation_of="two", corrections=(correction(),))
    (event,) = house.publish("2022-03-01T12:00")
    (item,) = house.newsroom

    assert (item.id, item.type, item.number, item.at) == ("one", EventType.CORRECTED, 2, event.at)
    assert (item.released, item.released_at, item.backfill) == (1, release.at, True)
    assert (item.published_at, item.updated_at, item.entry_id) == (event.published_at, event.updated_at, event.entry_id)
    assert (item.content, item.version, item.corrections, item.photo) == (event.content, event.content.version, 1, None)
    assert (item.topics, item.kind, item.language, item.root) == (("russia",), "update", "uk", "two")
    assert (item.day, item.is_withdrawn) == (date(2022, 2, 28), False)


def test_no_content_is_asked_for_until_somebody_wants_it(house):
    house.file("one")
    house.file("two", topics=("russia",))
    house.publish("2022-02-28T12:00")
    asked = []

    def find(version):
        asked.append(version)
        return house.files["two"].content

    newsroom = fold_lines(map(build_line, house.log), find)
    (item,) = newsroom.select("russia", "update", "en")
    assert (newsroom.ranks[item.id], item.day, asked) == (0, date(2022, 2, 28), [])
    assert item.content.id == "two"
    assert asked == [item.version]


# Any log.

_topics = st.lists(st.sampled_from(["ukraine", "russia", "syria", "moved"]), max_size=3, unique=True).map(tuple)
_changes = st.fixed_dictionaries(
    {
        "topics": _topics,
        "kind": st.sampled_from(["update", "report"]),
        "language": st.sampled_from(["en", "uk", "fr"]),
        "title": st.sampled_from(["One", "Two"]),
        "urgent": st.booleans(),
    }
)
_steps = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(EventType), st.integers(0, 9), st.integers(0, 9), _changes),
    max_size=20,
)


@pytest.fixture(scope="module")
def log_of(house_of, newsroom_settings):
    """A log of any events, of which only the order of their numbers can be relied on."""

    def build(steps):
        house = house_of(newsroom_settings)
        events = []
        for number, (name, event_type, published, updated, changes) in enumerate(steps, 1):
            house.file(name, **changes)
            moment = datetime(2022, 2, 1, tzinfo=UTC)
            content = house.files[name].content
            entered = (ALL_TOPICS, *content.topics)
            event = Event(event_type, name, moment, f"tag:{name}", content, moment, moment, entered, number=number)
            events.append(
                replace(
                    event,
                    published_at=moment.replace(day=1 + published),
                    updated_at=moment.replace(day=1 + updated),
                    corrections=number,
                    photo="ab" * 32 if updated else None,
                    backfill=published == 3,
                )
            )
        return events

    return build


@hypothesis_settings(max_examples=60)
@given(_steps, st.integers(0, 20))
def test_a_newsroom_goes_on_where_it_stood(log_of, steps, position):
    events = log_of(steps)
    contents = {event.content.version: event.content for event in events}
    whole = build_newsroom(events)
    grown = extend_newsroom(build_newsroom(events[:position]), map(build_line, events[position:]), contents.__getitem__)

    assert grown == whole
    assert [item.content for item in grown] == [item.content for item in whole]
    assert [build_event(build_line(event), event.content) for event in events] == events


@hypothesis_settings(max_examples=60)
@given(
    _steps,
    st.none() | st.sampled_from(["ukraine", "nowhere"]) | _topics,
    st.none() | st.sampled_from(["update", "report", "nothing"]),
    st.none() | st.sampled_from(["en", "uk"]),
)
def test_select_finds_what_looking_at_every_item_finds(log_of, steps, topic, kind, language):
    newsroom = build_newsroom(log_of(steps))
    wanted = (topic,) if isinstance(topic, str) else topic
    naive = [
        item
        for item in newsroom.items
        if (wanted is None or any(one in item.content.topics for one in wanted))
        and (kind is None or item.content.kind == kind)
        and (language is None or item.content.language == language)
    ]
    assert list(newsroom.select(topic, kind, language)) == naive
