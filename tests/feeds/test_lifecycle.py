"""Topics that end or go on in others, and what changes by time alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import feedparser
import pytest
from lxml import etree

from digest.feeds.documents import FeedWriter
from digest.feeds.lifecycle import State, next_change, topic_state
from digest.feeds.planning import plan_feeds
from digest.feeds.selection import build_feed, build_feeds
from digest.newsroom.addresses import FEED_FORMATS
from digest.newsroom.document import Document
from digest.newsroom.log import Event, EventType
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings
from digest.templates import Templates

Release = Callable[..., Event]
Change = Callable[[str], Settings]
ENDED = datetime(2022, 3, 31, 23, tzinfo=UTC)
"""The first of April begins in London."""
TOPICS = """
[topics.war]
title = "War"
moved_to = "peace"
[topics.peace]
title = "Peace"
moved_to = "ukraine"
[topics.vote]
title = "Vote"
ended = 2022-04-01
[topics.poll]
title = "Poll"
moved_to = "vote"
ended = 2022-03-01
"""
SECOND = timedelta(seconds=1)


@pytest.fixture
def changed(change_settings: Change) -> Settings:
    return change_settings(TOPICS)


def _plan(newsroom: Newsroom, settings: Settings, now: datetime) -> dict[str, Document]:
    writer = FeedWriter(settings, {}, Templates())
    return {one.path: one for group in plan_feeds(newsroom, settings, writer, "", now) for one in group.list()}


@pytest.mark.parametrize(
    ("topic", "now", "state"),
    [
        (None, ENDED, "open"),
        ("ukraine", ENDED, "open"),
        ("unknown", ENDED, "open"),
        ("vote", ENDED - SECOND, "open"),
        ("vote", ENDED, "ended"),
        ("vote", ENDED + timedelta(days=30) - SECOND, "ended"),
        ("vote", ENDED + timedelta(days=30), "over"),
        ("war", ENDED - timedelta(days=999), "moved"),
        ("war", ENDED + timedelta(days=999), "moved"),
        ("poll", ENDED, "moved"),
        ("poll", ENDED + timedelta(days=30), "over"),
    ],
)
def test_a_topic_is_open_then_ended_then_over(changed: Settings, topic: str | None, now: datetime, state: State) -> None:
    assert topic_state(topic, changed, now) == state


def test_feeds_are_offered_until_the_notice_of_their_end_goes(changed: Settings) -> None:
    def names(now: datetime) -> set[str]:
        return {feed.name for feed in build_feeds(build_newsroom([]), changed, now)}

    assert names(ENDED - SECOND) == names(ENDED) == {"all", "ukraine", "russia", "empty", "vote"}
    assert names(ENDED + timedelta(days=30)) == {"all", "ukraine", "russia", "empty"}


def test_an_ended_feed_says_so_in_its_newest_entry(changed: Settings, release: Release) -> None:
    newsroom = build_newsroom([release("a", topics=("vote",)), release("b", topics=("vote",))])
    documents = _plan(newsroom, changed, ENDED)

    for form in ("atom", "rss"):
        parsed = feedparser.parse(documents[f"feeds/vote.{form}"].render())
        notice = parsed.entries[0]
        assert [entry.id.rpartition("/")[2] for entry in parsed.entries] == ["ended", "b", "a"]
        assert notice.id == "tag:news.example.org,2021:feeds/vote/ended"
        assert notice.title == "This feed has ended"
        assert notice.summary == "This feed ended on 1 April 2022; nothing new will come in it."
        assert 'href="https://news.example.org/feeds/"' in notice.content[0].value
        assert 'href="https://news.example.org/feeds/all.atom"' in notice.content[0].value
        assert notice.published_parsed[:6] == notice.updated_parsed[:6] == (2022, 3, 31, 23, 0, 0)
        assert parsed.feed.updated_parsed[:6] == (2022, 3, 31, 23, 0, 0)
    listed = json.loads(documents["feeds/vote.json"].render())
    assert listed["expired"] is True
    assert listed["items"][0]["url"] == "https://news.example.org/feeds/"


def test_an_ended_feeds_notice_stays_the_newest(changed: Settings, release: Release) -> None:
    late = release("late", topics=("vote",), at=ENDED + timedelta(days=3))

    feed = build_feed(build_newsroom([late]), changed, topic="vote", now=ENDED + timedelta(days=4))

    assert (feed.state, feed.notice_at) == ("ended", late.published_at)


def test_when_its_notice_has_gone_a_feed_is_made_no_more(changed: Settings, release: Release) -> None:
    newsroom, now = build_newsroom([release("a", topics=("vote",))]), ENDED + timedelta(days=30)

    feed = build_feed(newsroom, changed, topic="vote", kind="report", now=now)

    assert not [path for path in _plan(newsroom, changed, now) if "vote" in path or "poll" in path]
    assert (feed.state, feed.items) == ("over", ())


def test_a_moved_feed_leads_to_the_one_in_which_it_goes_on(changed: Settings, release: Release) -> None:
    newsroom = build_newsroom([release("a", topics=("war",)), release("b", topics=("peace",)), release("c")])
    documents = _plan(newsroom, changed, ENDED)

    for form in FEED_FORMATS:
        for name in ("war", "peace"):
            document = documents[f"feeds/{name}.{form}"]
            assert (document.status, document.location) == (301, f"https://news.example.org/feeds/ukraine.{form}")
        assert documents[f"feeds/ukraine.{form}"].status == 200
    entries = feedparser.parse(documents["feeds/war.atom"].render()).entries
    assert [entry.id for entry in entries] == ["tag:news.example.org,2021:feeds/war/moved"]
    assert entries[0].title == "This feed has moved"
    assert entries[0].link == "https://news.example.org/topics/ukraine/"
    assert "The Newsroom: Ukraine" in entries[0].summary
    assert 'href="https://news.example.org/feeds/ukraine.rss"' in entries[0].content[0].value
    assert len(feedparser.parse(documents["feeds/ukraine.atom"].render()).entries) == 3


def test_what_moved_is_offered_nowhere(changed: Settings) -> None:
    documents = _plan(build_newsroom([]), changed, ENDED - SECOND)

    addresses = etree.fromstring(documents["feeds/all.opml"].render()).xpath("//@xmlUrl")

    assert [address.rpartition("/")[2] for address in addresses] == [
        "all.atom", "ukraine.atom", "russia.atom", "empty.atom", "vote.atom",
    ]  # fmt: skip


def test_a_moved_feeds_combination_leads_to_the_same_combination(change_settings: Change, release: Release) -> None:
    settings = change_settings(TOPICS + "[feeds]\ncombinations = true\n")
    newsroom = build_newsroom([release("a", topics=("war",), language="fr"), release("c")])

    documents = _plan(newsroom, settings, ENDED)

    feed = build_feed(newsroom, settings, topic="war", kind="report", language="fr", now=ENDED)
    assert feed.target is not None
    assert feed.target.stem == "https://news.example.org/feeds/ukraine+report.fr"
    moved = {path: one.location for path, one in documents.items() if one.status == 301 and path.startswith("feeds/war")}
    assert moved["feeds/war+press-release.fr.rss"] == "https://news.example.org/feeds/ukraine+press-release.fr.rss"
    assert "feeds/war+report.rss" not in moved


def test_a_moved_feeds_notice_keeps_its_date(changed: Settings, release: Release) -> None:
    """Whatever the newsroom publishes later, and whenever it is built."""
    old = release("a", topics=("war",))
    later = [release("b"), release("c", topics=("peace",))]

    for events, now in (([old], old.at), ([old, *later], ENDED), ([old, *later], ENDED + timedelta(days=99))):
        feed = build_feed(build_newsroom(events), changed, topic="war", now=now)
        assert (feed.notice_at, feed.updated.at) == (old.at, old.at)


def test_a_move_is_dated_by_the_day_on_which_the_topic_ended(change_settings: Change, release: Release) -> None:
    settings = change_settings('[topics.war]\ntitle = "War"\nmoved_to = "ukraine"\nended = 2022-04-01\n')
    newsroom = build_newsroom([release("a", topics=("war",))])

    assert build_feed(newsroom, settings, topic="war", now=ENDED).notice_at == ENDED
    assert build_feed(newsroom, settings, topic="war", now=ENDED - SECOND).notice_at == newsroom.at


def test_no_feeds_date_goes_back_when_its_topic_ends_or_moves(
    change_settings: Change, settings: Settings, release: Release
) -> None:
    events = [release("a", topics=("russia",)), release("b", topics=("russia",), at=ENDED + timedelta(days=9))]
    newsroom, now = build_newsroom(events), ENDED + timedelta(days=10)
    before = build_feed(newsroom, settings, topic="russia", now=now).updated

    for line in ("ended = 2022-04-01", 'moved_to = "ukraine"', 'moved_to = "ukraine"\nended = 2022-01-01'):
        changed = _add_to_russia(settings, line)
        assert build_feed(newsroom, changed, topic="russia", now=now).updated >= before


def _add_to_russia(settings: Settings, lines: str) -> Settings:
    facts = {"moved_to": "ukraine"} if "moved_to" in lines else {}
    days = {"2022-04-01": date(2022, 4, 1), "2022-01-01": date(2022, 1, 1)}
    ended = next((day for text, day in days.items() if text in lines), None)
    russia = settings.topics["russia"].model_copy(update={**facts, "ended": ended})
    return settings.model_copy(update={"topics": {**settings.topics, "russia": russia}})


def test_the_next_change_is_the_next_end_or_tombstone(changed: Settings, release: Release) -> None:
    first = release("a")
    gone = release("a", type=EventType.WITHDRAWN, withdrawn={"date": "2022-02-20", "reason": "Wrong."})
    newsroom = build_newsroom([first, gone])
    tombstone, month = gone.at + timedelta(days=30), timedelta(days=30)
    moved_ended = datetime(2022, 3, 1, tzinfo=UTC)
    moments = [moved_ended, tombstone, moved_ended + month, ENDED, ENDED + month]

    seen, now = list[datetime](), gone.at
    while (following := next_change(newsroom, changed, now)) is not None:
        seen.append(following)
        now = following

    assert seen == sorted(moments)
    assert next_change(build_newsroom([first]), changed.model_copy(update={"topics": {}}), now) is None


def test_nothing_changes_between_two_turning_points(changed: Settings, release: Release) -> None:
    first = release("a", topics=("vote",))
    gone = release("a", type=EventType.WITHDRAWN, topics=("vote",), withdrawn={"date": "2022-02-20", "reason": "Wrong."})
    newsroom, now = build_newsroom([first, gone]), gone.at
    while (following := next_change(newsroom, changed, now)) is not None:
        early, late = (_plan(newsroom, changed, moment) for moment in (now, following - SECOND))
        assert {path: (one.key, one.render()) for path, one in early.items()} == {
            path: (one.key, one.render()) for path, one in late.items()
        }
        now = following
