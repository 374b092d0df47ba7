"""What people find who look for a feed, or open one in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.feeds.selection import build_feed, build_feeds
from digest.newsroom.addresses import FEED_FORMATS
from digest.pages.feed_pages import render_feed_page

COMBINED = "[feeds]\ncombinations = true\n"
ENDED = '[topics.nobel]\ntitle = "Nobel Prize"\nended = 2022-03-01\n'
Read = Callable[[bytes], Any]


def links_of(page: Any, start: str) -> list[str]:
    return [e.text for e in page.all("a") if e.attributes["href"].startswith(start)]


def test_all_feeds_stand_in_groups(open_house: Any, read: Read) -> None:
    house = open_house(more=ENDED + COMBINED)
    page = read(house.build(now=datetime(2022, 3, 2, tzinfo=UTC))["feeds/index.html"])

    headings = [e.text for e in page.all("h2")]
    assert headings == [
        "Everything", "By topic", "By kind", "In one language", "Narrower feeds", "Topics that ended", "All at once",
    ]  # fmt: skip
    linked = {e.attributes["href"] for e in page.all("a")}
    feeds = build_feeds(house.newsroom, house.settings, datetime(2022, 3, 2, tzinfo=UTC))
    near = [feed for feed in feeds if sum(map(bool, (feed.topic, feed.kind, feed.language))) < 3]
    assert {f"/press/feeds/{feed.name}.html" for feed in near} <= linked
    assert not [address for address in linked if "belarus" in address]


def test_a_feeds_page_gives_its_three_addresses_in_full(house: Any, read: Read) -> None:
    page = read(house.build()["feeds/ukraine.html"])

    assert [e.text for e in page.all("code")] == [
        f"https://news.example.org/press/feeds/ukraine.{form}" for form in FEED_FORMATS
    ]
    assert {e.attributes["type"] for e in page.all("a") if "type" in e.attributes} == {
        "application/atom+xml", "application/rss+xml", "application/feed+json",
    }  # fmt: skip
    assert [e.text for e in page.all("h2")] == ["How to subscribe", "Newest items", "Older items"]
    assert len(page.all("article")) == 5


def test_an_address_is_marked_by_one_click(house: Any) -> None:
    assert re.search(r"\.addresses code \{[^}]*[^-]user-select: all", house.build()["style.css"].decode())


def test_narrower_feeds_are_named_only_where_they_are_written(open_house: Any, read: Read) -> None:
    plain, combined = (open_house(more=more).build() for more in ("", COMBINED))

    assert b"Narrower feeds" not in plain["feeds/ukraine.html"] + plain["feeds/index.html"]
    page = read(combined["feeds/ukraine.html"])
    assert links_of(page, "/press/feeds/ukraine+") == ["Press release", "Update"]
    assert links_of(page, "/press/feeds/ukraine.ar.html") == ["العربية"]
    narrow = read(combined["feeds/ukraine+press-release.en.html"])
    assert links_of(narrow, "/press/feeds/ukraine+press-release.html") == ["Ukraine · Press release"]


def test_a_page_on_demand_is_the_one_that_is_written(open_house: Any) -> None:
    house = open_house(more=COMBINED)
    feeds = build_feeds(house.newsroom, house.settings)
    written = house.build()
    for feed in feeds:
        made = render_feed_page(feed, house.newsroom, house.settings, house.pictures, house.templates, feeds)
        assert made == written[f"feeds/{feed.name}.html"], feed.name


def test_a_feed_that_is_not_written_has_a_page_on_demand(house: Any, read: Read) -> None:
    feeds = build_feeds(house.newsroom, house.settings)
    feed = build_feed(house.newsroom, house.settings, topic="ukraine", kind="update")
    made = read(render_feed_page(feed, house.newsroom, house.settings, house.pictures, house.templates, feeds))

    assert made.all("h1")[0].text == "Example Watch: Ukraine, Update"
    assert links_of(made, "/press/feeds/update.html")
    assert made.all("link", rel="alternate")[0].attributes["href"].endswith("/feeds/ukraine+update.atom")
    assert "Title of hospital" in made.all("article")[0].text


def test_a_feed_of_a_topic_that_moved_leads_on_also_when_it_is_combined(house: Any, read: Read) -> None:
    feed = build_feed(house.newsroom, house.settings, topic="belarus", kind="update")
    feeds = build_feeds(house.newsroom, house.settings)
    page = read(render_feed_page(feed, house.newsroom, house.settings, house.pictures, house.templates, feeds))

    assert page.all("meta", **{"http-equiv": "refresh"})[0].attributes["content"] == "0; url=/press/feeds/russia+update.html"


def test_an_archive_is_named_once_there_is_one(open_house: Any, content: Any, event: Any) -> None:
    events = [event(content(f"n-{number}"), number) for number in range(1, 7)]
    pages = open_house(events, more="[feeds]\nentries = 2\n").build()

    assert b'href="https://news.example.org/press/feeds/ukraine/2022-02-3.atom"' in pages["feeds/ukraine.html"]
    assert b"RFC 5005" not in pages["feeds/press-release.html"]
    assert b"RFC 5005" not in open_house(events[:1]).build()["feeds/ukraine.html"]


@pytest.mark.parametrize("language", ["en", "uk", "ar"])
def test_an_empty_feed_says_that_it_waits_for_its_first_item(open_house: Any, read: Read, language: str) -> None:
    page = read(open_house([], language=language).build()["feeds/ukraine.html"])

    assert not page.all("article")
    assert len(page.all("code")) == 3
