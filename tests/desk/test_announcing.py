"""After a publish a hub is to be told of exactly the feeds that have changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.desk.announcing import find_feed_paths, list_waiting, queue_announcements

HUB = '[feeds]\nhub = "https://hub.example.org/"\n[delivery]'
NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)


@pytest.fixture
def with_hub(desk):
    desk.settings("[delivery]", HUB)
    return desk


def queue(desk, *paths, written=()):
    with desk.place.store.writing() as connection:
        return queue_announcements(connection, paths, desk.place.site.settings, NOW, written)


def waiting(desk):
    return [row.address.removeprefix("https://news.example.org/feeds/") for row in list_waiting(desk.place).rows]


@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        "topics/ukraine/index.html",
        "feeds/all.html",
        "feeds/all.opml",
        "feeds/index.html",
        "feeds/all.atom.gz",
        "feeds/archive/all-2022-02.atom",
        "feeds/all-2022-02.atom",
        "feeds/all.2022-02.atom",
        "feeds/moon.atom",
        "feeds/all.xx.atom",
        "feeds/ukraine+moon.rss",
        "press/all.atom",
        "all.atom",
        "feeds/../all.atom",
    ],
)
def test_what_nobody_subscribes_to_is_not_announced(desk, path):
    assert find_feed_paths([path], desk.place.site.settings) == []


def test_feeds_are_announced_in_each_of_their_forms(desk):
    paths = [
        "feeds/all.atom",
        "feeds/all.rss",
        "feeds/all.json",
        "feeds/ukraine+press-release.uk.atom",
        "feeds/update.uk.rss",
    ]
    assert find_feed_paths(reversed(paths), desk.place.site.settings) == sorted(paths)


def test_each_changed_feed_waits_once(with_hub):
    assert queue(with_hub, "feeds/all.atom", "index.html", "feeds/all.atom") == 1
    assert queue(with_hub, "feeds/all.atom", "feeds/russia.json") == 2
    assert waiting(with_hub) == ["all.atom", "russia.json"]
    assert list_waiting(with_hub.place).next_at == NOW


def test_without_a_hub_nothing_waits(desk):
    assert queue(desk, "feeds/all.atom") == 0
    assert list_waiting(desk.place).next_at is None


def test_a_run_killed_between_writing_and_queueing_is_made_up_for_by_the_next(with_hub):
    queue(with_hub, "feeds/all.atom", written=[("feeds/all.atom", 100), ("feeds/russia.atom", 90)])
    with with_hub.place.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM announcement")

    assert queue(with_hub, written=[("feeds/all.atom", 100), ("feeds/russia.atom", 200), ("feeds/ukraine.rss", 90)]) == 1
    assert waiting(with_hub) == ["russia.atom"]
    assert queue(with_hub, written=[("feeds/all.atom", 100), ("feeds/russia.atom", 200)]) == 0


def test_a_hub_that_is_new_is_not_told_of_what_was_written_before(with_hub):
    assert queue(with_hub, written=[("feeds/all.atom", 100)]) == 0
    assert queue(with_hub, written=[("feeds/all.atom", 101)]) == 1
