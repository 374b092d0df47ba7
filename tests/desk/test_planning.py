"""An edition's plan, where a topic goes on in another one: nobody misses an item, whichever of the two its file names."""

from __future__ import annotations

import pytest

from digest.desk.editions import prepare

MOVED = '[topics.russia]\ntitle = "Russia"\nmoved_to = "ukraine"'


def carried(desk):
    """What each section of the weekly edition carries to how many readers."""
    plan = prepare(desk.place, "supporters").plan
    return {
        (carried.item, carried.section, variant.reader_count) for variant in plan.variants for carried in variant.content.new
    }


@pytest.fixture
def moved(desk):
    """A reader of each topic; the topic russia goes on in ukraine after `before` was released."""
    desk.item("zero", "2022-02-20")
    desk.publish("2022-02-20T10:00")
    desk.readers("ben ukraine; eve russia", since="2022-02-20")
    desk.item("before", topics="russia")
    desk.publish("2022-02-21T10:00")
    desk.settings('[topics.russia]\ntitle = "Russia"', MOVED)
    return desk


@pytest.mark.parametrize("topics", ["russia", "ukraine"])
def test_an_item_that_is_due_stays_due_when_its_topic_moves_and_its_file_follows(moved, topics):
    moved.item("before", topics=topics, title="Changed")
    moved.publish("2022-02-21T11:00")
    assert {(item, readers) for item, _, readers in carried(moved)} == {("before", 1)}


def test_what_names_a_moved_topic_reaches_the_readers_of_its_target_in_that_section(moved):
    moved.item("after", topics="russia")
    moved.publish("2022-02-21T11:00")
    moved.item("after", topics="russia", title="Changed")
    moved.publish("2022-02-21T11:30")
    assert ("after", "ukraine", 1) in carried(moved)
    assert {item for item, _, _ in carried(moved)} == {"before", "after"}


@pytest.mark.parametrize("topics", ["ukraine", "russia"])
def test_a_topic_that_moved_heads_no_section_though_it_comes_first_in_the_settings(desk, topics):
    desk.publish("2022-02-20T10:00")
    desk.readers("ada", since="2022-02-20")
    desk.settings('[topics.ukraine]\ntitle = "Ukraine"', '[topics.ukraine]\ntitle = "Ukraine"\nmoved_to = "russia"')
    desk.item("after", topics=topics)
    desk.publish("2022-02-21T11:00")
    assert carried(desk) == {("after", "russia", 1)}
