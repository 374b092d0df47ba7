"""Private feeds of accredited press: embargoed items, marked as such, before what is public."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest

from digest.feeds.documents import FeedWriter
from digest.feeds.feed import Embargoed, Feed
from digest.feeds.press import build_press_feed
from digest.feeds.selection import build_feed
from digest.newsroom.log import Event
from digest.newsroom.pictures import Picture
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings
from digest.templates import Templates

Release = Callable[..., Event]
Change = Callable[[str], Settings]
NOW = datetime(2022, 2, 27, 9, tzinfo=UTC)
DUE = datetime(2022, 2, 28, 12, tzinfo=UTC)
STEM = "https://news.example.org/press/secret-token/feed"
LOCAL = {"src": "crowd.jpg", "alt": "A crowd", "caption": "People gather", "credit": "Photo: A. Person"}


@pytest.fixture
def embargoed(release: Release) -> Callable[..., Embargoed]:
    def make(name: str, due_at: datetime = DUE, **changes: Any) -> Embargoed:
        return Embargoed(release(name, **changes).content, due_at, NOW - timedelta(days=1))

    return make


@pytest.fixture
def press(settings: Settings, templates: Templates) -> Callable[..., Feed]:
    def build(newsroom: Newsroom, *waiting: Embargoed) -> Feed:
        return build_press_feed(newsroom, waiting, settings, templates.words("en"), STEM, NOW)

    return build


def test_embargoed_items_stand_before_all_that_is_public(
    newsroom: Newsroom, press: Callable[..., Feed], embargoed: Callable[..., Embargoed], writer: FeedWriter
) -> None:
    feed = press(newsroom, embargoed("soon"), embargoed("later", DUE + timedelta(days=3)))

    seen = {
        "atom": [entry.id for entry in feedparser.parse(writer.render(feed, "atom")).entries],
        "rss": [entry.id for entry in feedparser.parse(writer.render(feed, "rss")).entries],
        "json": [item["id"] for item in json.loads(writer.render(feed, "json"))["items"]],
    }

    assert seen["atom"] == seen["rss"] == seen["json"]
    assert [name.rpartition("/")[2] for name in seen["atom"]] == ["later", "soon", *(item.id for item in newsroom)]


@pytest.mark.parametrize(
    ("zone", "due_at", "moment"),
    [
        ("America/New_York", DUE, "28 February 2022, 12:00 UTC (07:00 America/New_York)"),
        ("Asia/Tokyo", DUE + timedelta(hours=6), "28 February 2022, 18:00 UTC (1 March 2022, 03:00 Asia/Tokyo)"),
    ],
)
def test_every_title_says_until_when_in_utc_and_on_the_newsrooms_clock(
    press: Callable[..., Feed],
    embargoed: Callable[..., Embargoed],
    settings: Settings,
    templates: Templates,
    zone: str,
    due_at: datetime,
    moment: str,
) -> None:
    settings = settings.model_copy(update={"newsroom": settings.newsroom.model_copy(update={"zone": zone})})
    settings.__dict__.pop("zone", None)
    feed = press(build_newsroom([]), embargoed("soon", due_at))
    writer = FeedWriter(settings, {}, templates)

    for form in ("atom", "rss"):
        entry = feedparser.parse(writer.render(feed, form)).entries[0]
        assert entry.title == f"EMBARGOED until {moment}: Title of soon"
        assert entry.content[0].value.startswith(
            f"<p><strong>Embargoed until {moment}. Not for publication before.</strong></p>\n<p>Body of"
        )
    assert json.loads(writer.render(feed, "json"))["items"][0]["title"] == f"EMBARGOED until {moment}: Title of soon"


def test_the_mark_is_in_the_items_language(
    press: Callable[..., Feed], embargoed: Callable[..., Embargoed], writer: FeedWriter
) -> None:
    feed = press(build_newsroom([]), embargoed("soon", language="fr"))

    assert writer.entries(feed)[0].title == (
        "SOUS EMBARGO jusqu’au 28 février 2022, 12:00 UTC (12:00 Europe/London) : Title of soon"
    )


def test_the_photo_stays_at_home(
    press: Callable[..., Feed], release: Release, settings: Settings, pictures: Mapping[str, Picture], templates: Templates
) -> None:
    """Its file is not public, and its address would tell of it."""
    event = release("soon", photo=LOCAL, photo_hash="a" * 64, body="Whole text")
    feed = press(build_newsroom([]), Embargoed(event.content, DUE, NOW))

    document = FeedWriter(settings, pictures, templates).render(feed, "rss")

    assert b"Whole text" in document
    assert b"photos/" not in document
    assert b"media" not in document


def test_the_release_is_an_update_of_the_same_entry(
    press: Callable[..., Feed], embargoed: Callable[..., Embargoed], release: Release, writer: FeedWriter
) -> None:
    """Its id stays and its date moves on; a date ahead would hide it in some programs until then."""
    before = writer.entries(press(build_newsroom([]), embargoed("soon")))[0]
    released = release("soon", at=DUE)
    after = writer.entries(press(build_newsroom([released]), embargoed("soon")))

    assert [entry.id for entry in after] == [before.id]
    assert before.published_at == before.updated_at < NOW
    assert after[0].updated_at == DUE > before.updated_at
    assert after[0].title == "Title of soon"
    assert after[0].link == before.link


def test_a_change_of_an_embargoed_text_moves_the_feeds_date(
    press: Callable[..., Feed], embargoed: Callable[..., Embargoed]
) -> None:
    feed = press(build_newsroom([]), embargoed("soon"))

    assert feed.updated.at == NOW - timedelta(days=1)


def test_a_press_feed_names_its_own_address_and_no_hub_or_archive(
    release: Release, embargoed: Callable[..., Embargoed], change_settings: Change, templates: Templates
) -> None:
    settings = change_settings('[feeds]\nentries = 1\nhub = "https://hub.example.org/"\n')
    newsroom = build_newsroom([release(str(month), at=datetime(2022, month, 1, tzinfo=UTC)) for month in (1, 2, 3, 4)])
    assert build_feed(newsroom, settings).previous
    feed = build_press_feed(newsroom, [embargoed("soon")], settings, templates.words("en"), STEM, NOW)
    writer = FeedWriter(settings, {}, templates)

    for form in ("atom", "rss"):
        document = writer.render(feed, form)
        assert f'href="{STEM}.{form}" rel="self"'.encode() in document
        assert b"hub" not in document
        assert b"archive" not in document
    listed = json.loads(writer.render(feed, "json"))
    assert listed["feed_url"] == f"{STEM}.json"
    assert not {"hubs", "next_url"} & set(listed)
    assert "secret-token" not in feed.id + feed.title
    assert feed.id != build_feed(newsroom, settings).id
    assert feed.title != build_feed(newsroom, settings).title


def test_nothing_embargoed_is_kept_for_the_next_run(
    press: Callable[..., Feed],
    embargoed: Callable[..., Embargoed],
    newsroom: Newsroom,
    settings: Settings,
    templates: Templates,
) -> None:
    kept: dict[str, bytes] = {}

    class Kept:
        def get_many(self, keys: Any) -> dict[str, bytes]:
            return {}

        def put_many(self, entries: Mapping[str, bytes]) -> None:
            kept.update(entries)

    writer = FeedWriter(settings, {}, templates, "key", Kept())
    writer.render(press(newsroom, embargoed("soon", body="SECRET")), "atom")

    assert len(kept) == len(newsroom.items)
    assert b"SECRET" not in b"".join(kept.values())
    assert b"items/soon" not in b"".join(kept.values())
