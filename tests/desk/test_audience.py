"""How feeds are read is counted by feed and day, and nothing of it tells one person from another."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from digest.desk.audience import KEPT_FOR, FeedReaders, keep_counts, read_feed_readers


@pytest.fixture
def count(desk):
    """Keeps what was counted at the desk's moment."""

    def keep(full=None, unchanged=None, audience=None):
        counts = SimpleNamespace(full=full or {}, unchanged=unchanged or {}, audience=audience or {})
        keep_counts(desk.place.hot, counts, desk.now)

    return keep


def test_counts_of_a_day_add_up(desk, count):
    count({"/feeds/all.atom": 2, "/feeds/ukraine.rss": 1}, {"/feeds/all.atom": 5})
    count({"/feeds/all.atom": 1}, {"/feeds/all.atom": 2, "/feeds/russia.json": 4})

    assert read_feed_readers(desk.place) == [
        FeedReaders("all.atom", None, 10, 7),
        FeedReaders("russia.json", None, 4, 4),
        FeedReaders("ukraine.rss", None, 1, 0),
    ]
    assert read_feed_readers(desk.place)[0].unchanged_share == 0.7


def test_each_aggregator_counts_with_its_newest_word(desk, count):
    count({"/feeds/all.atom": 1}, audience={("/feeds/all.atom", "Feedly"): 100, ("/feeds/all.atom", "Inoreader"): 20})
    desk.at("2022-02-22T09:00")
    count({"/feeds/all.atom": 2}, audience={("/feeds/all.atom", "Feedly"): 90})
    count({"/feeds/all.atom": 1}, audience={("/feeds/all.atom", "Feedly"): 95})

    assert read_feed_readers(desk.place) == [FeedReaders("all.atom", 115, 4, 0)]


def test_seven_days_are_summed_and_a_day_can_be_asked_for_alone(desk, count):
    for day in range(20, 29):
        desk.at(f"2022-02-{day}T23:59")
        count({"/feeds/all.atom": day}, audience={("/feeds/all.atom", "Feedly"): day})

    (week,) = read_feed_readers(desk.place)
    assert (week.fetches, week.subscribers) == (sum(range(22, 29)), 28)
    (one,) = read_feed_readers(desk.place, date(2022, 2, 21))
    assert (one.fetches, one.subscribers) == (21, 21)
    assert read_feed_readers(desk.place, date(2022, 2, 1)) == []


def test_an_aggregator_that_has_not_come_for_a_week_counts_no_more(desk, count):
    count({"/feeds/all.atom": 1}, audience={("/feeds/all.atom", "Feedly"): 100})
    desk.now = desk.place.now = desk.now + timedelta(days=7)
    count({"/feeds/all.atom": 1})
    assert read_feed_readers(desk.place) == [FeedReaders("all.atom", None, 1, 0)]


def test_counts_are_forgotten_after_four_hundred_days(desk, count):
    count({"/feeds/all.atom": 1}, audience={("/feeds/all.atom", "Feedly"): 100})
    desk.now += KEPT_FOR
    count({"/feeds/all.atom": 1})
    assert desk.sql("SELECT count(*) FROM feed_count") == [(2,)]
    desk.now += timedelta(days=1)
    count({"/feeds/all.atom": 1})
    assert desk.sql("SELECT count(*) FROM feed_count") == [(2,)]
    assert desk.sql("SELECT count(*) FROM feed_audience") == [(0,)]


@pytest.mark.parametrize(
    "path", ["/press/secrettoken.atom", "/feeds/all.html", "/feeds/all/2022-02.atom", "/items/one/", "x"]
)
def test_what_is_no_public_feed_is_not_counted(desk, count, path):
    count({path: 1}, {path: 1}, {(path, "Feedly"): 3})
    assert desk.sql("SELECT * FROM feed_count") == desk.sql("SELECT * FROM feed_audience") == []


def test_feeds_with_most_subscribers_come_first(desk, count):
    count(
        {"/feeds/all.atom": 5, "/feeds/all.rss": 1, "/feeds/all.json": 9},
        audience={("/feeds/all.rss", "Feedly"): 3, ("/feeds/all.atom", "Feedly"): 2},
    )
    assert [one.feed for one in read_feed_readers(desk.place)] == ["all.rss", "all.atom", "all.json"]
