"""When a topic goes on in another one, its readers go with it: from newsroom.toml to the letters."""

from __future__ import annotations

import pytest

from digest.desk.moves import record_moves

MOVED = '[topics.russia]\ntitle = "Russia"\nmoved_to = "ukraine"'


def move(desk, text="2022-02-23T09:00"):
    """Russia goes on in Ukraine, as the next publish notes it."""
    desk.at(text)
    desk.settings('[topics.russia]\ntitle = "Russia"', MOVED)
    note(desk)


def note(desk):
    with desk.place.hot.writing() as connection:
        record_moves(connection, desk.place.site.settings, desk.now, "Ada")


def carried(desk, text):
    """What the present edition of supporters carries as new to each reader."""
    desk.at(text)
    edition = desk.approve()
    desk.send(edition.id)
    return {name: new for name, (new, _, _) in desk.carried(edition.id).items()}


@pytest.fixture
def readership(desk):
    """Items of both topics, and readers: 1 of russia, 2 of ukraine, 3 of both, 4 of everything."""
    desk.publish()
    desk.readers("one russia;two ukraine;three russia+ukraine;four -", since="2022-02-20")
    for name in ("russia", "ukraine"):
        desk.item(f"{name}-before", "2022-02-22", name)
    desk.publish("2022-02-22T09:00")
    return desk


def test_readers_go_with_their_topic_and_get_each_item_once(readership):
    desk = readership
    move(desk)
    desk.item("names-russia", "2022-02-24", "russia")
    desk.item("names-ukraine", "2022-02-24", "ukraine")
    desk.item("names-both", "2022-02-24", "russia, ukraine")
    desk.publish("2022-02-24T09:00")
    after = {"names-russia", "names-ukraine", "names-both"}

    assert carried(desk, "2022-02-25T09:00") == {
        "reader 1": {"russia-before", *after},
        "reader 2": {"ukraine-before", *after},
        "reader 3": {"russia-before", "ukraine-before", *after},
        "reader 4": {"russia-before", "ukraine-before", *after},
    }
    desk.item("last", "2022-03-03", "ukraine")
    desk.publish("2022-03-03T09:00")
    assert carried(desk, "2022-03-04T09:00") == {f"reader {number}": {"last"} for number in (1, 2, 3, 4)}


def test_letters_show_what_moved_under_the_heading_where_it_goes_on(readership):
    desk = readership
    move(desk)
    desk.item("names-russia", "2022-02-24", "russia")
    desk.publish("2022-02-24T09:00")
    carried(desk, "2022-02-25T09:00")

    rows = desk.sql("SELECT content FROM variant")
    assert rows
    assert not any('"russia"' in text for (text,) in rows)


def test_what_was_corrected_after_the_move_still_comes_to_readers_of_the_target(readership):
    desk = readership
    move(desk)
    desk.item("names-russia", "2022-02-24", "russia")
    desk.publish("2022-02-24T09:00")
    desk.item("names-russia", "2022-02-24", "russia", corrections="[{date: 2022-02-24, note: A number was wrong.}]")
    desk.publish("2022-02-24T10:00")
    assert "names-russia" in carried(desk, "2022-02-25T09:00")["reader 2"]


def test_an_older_item_that_is_edited_after_the_move_is_no_news_to_readers_of_the_target(readership):
    desk = readership
    move(desk)
    desk.item("russia-before", "2022-02-22", "russia", body="Other words.")
    desk.publish("2022-02-24T09:00")
    assert "russia-before" not in carried(desk, "2022-02-25T09:00")["reader 2"]


def test_a_move_is_noted_once_with_the_position_before_it(readership):
    desk = readership
    move(desk)
    desk.item("later", "2022-02-24", "ukraine")
    desk.publish("2022-02-24T09:00")
    note(desk)
    assert desk.sql("SELECT topic, target, position FROM topic_move") == [("russia", "ukraine", 2)]
    assert [(one.actor, one.action, one.detail["target"]) for one in desk.journal("topic russia")] == [
        ("Ada", "topic moved", "ukraine")
    ]


def test_a_move_that_is_undone_ends_there_and_readers_keep_their_topic(readership):
    desk = readership
    move(desk)
    desk.settings(MOVED, '[topics.russia]\ntitle = "Russia"')
    note(desk)
    desk.item("names-ukraine", "2022-02-24", "ukraine")
    desk.item("names-russia", "2022-02-24", "russia")
    desk.publish("2022-02-24T09:00")
    found = carried(desk, "2022-02-25T09:00")
    assert found["reader 1"] == {"russia-before", "names-russia"}
    assert found["reader 2"] == {"ukraine-before", "names-ukraine"}
    assert [one.action for one in desk.journal("topic russia")] == ["topic moved", "topic moved back"]


def test_an_import_says_where_a_topic_goes_on_and_its_readers_follow_it(readership):
    desk = readership
    move(desk)
    desk.item("names-ukraine", "2022-02-24", "ukraine")
    desk.publish("2022-02-24T09:00")
    report = desk.readers("five russia;six ukraine", since="2022-02-20")

    assert report.counts == {"added": 2}
    assert [str(problem) for problem in report.problems] == [
        "readers.csv:2: topics: warning: russia goes on as ukraine; the reader follows that"
    ]
    assert "Title of names-ukraine" in report.carries
    found = carried(desk, "2022-02-25T09:00")
    assert found["reader 5"] == {"russia-before", "names-ukraine"}
    assert found["reader 6"] == {"ukraine-before", "names-ukraine"}


def test_an_import_says_when_a_topic_has_ended(readership):
    desk = readership
    desk.settings('[topics.russia]\ntitle = "Russia"', '[topics.russia]\ntitle = "Russia"\nended = 2022-02-22')
    assert desk.readers("five russia").problems[0].text == "russia has ended; nothing new comes under it"
    desk.settings("ended = 2022-02-22", "ended = 2022-12-31")
    assert desk.readers("six russia").problems == []
