"""The list of all feeds."""

from __future__ import annotations

from lxml import etree

from digest.feeds.opml import render_opml
from digest.feeds.selection import build_feed, build_feeds
from digest.newsroom.public import Newsroom
from digest.settings import Settings
from digest.templates import Words

ENGLISH = Words("en", {}, lambda number: int(number != 1))


def test_every_feed_is_named_once_in_its_group(newsroom: Newsroom, settings: Settings) -> None:
    feeds = [*build_feeds(newsroom, settings), build_feed(newsroom, settings, language="fr")]

    document = render_opml(feeds, settings, ENGLISH)

    body = etree.fromstring(document).find("body")
    names = {
        "": ["all"],
        "By topic": ["ukraine", "russia", "empty"],
        "By kind": ["press-release", "report"],
        "In one language": ["all.fr"],
    }
    seen = {"": [outline for outline in body if outline.get("xmlUrl")]}
    seen |= {outline.get("text"): list(outline) for outline in body if not outline.get("xmlUrl")}
    assert {
        group: [outline.get("xmlUrl").removeprefix("https://news.example.org/feeds/") for outline in outlines]
        for group, outlines in seen.items()
    } == {group: [f"{name}.atom" for name in listed] for group, listed in names.items()}


def test_an_outline_tells_title_home_and_language(newsroom: Newsroom, settings: Settings) -> None:
    feed = build_feed(newsroom, settings, topic="russia", language="fr")

    outline = etree.fromstring(render_opml([feed], settings, ENGLISH)).find("body/outline/outline")

    assert outline.get("text") == outline.get("title") == "The Newsroom: Russie (français)"
    assert outline.get("type") == "rss"
    assert outline.get("htmlUrl") == "https://news.example.org/feeds/russia.fr.html"
    assert outline.get("language") == "fr"


def test_the_list_is_opml_2_in_utf_8_and_the_same_every_time(newsroom: Newsroom, settings: Settings) -> None:
    feeds = build_feeds(newsroom, settings)

    document = render_opml(feeds, settings, ENGLISH)

    assert document == render_opml(feeds, settings, ENGLISH)
    root = etree.fromstring(document)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "The Newsroom of Example"
    assert document.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")


def test_groups_are_named_in_the_newsrooms_words(newsroom: Newsroom, settings: Settings) -> None:
    french = Words("fr", {"By topic": "Par sujet"}, lambda number: int(number > 1))

    root = etree.fromstring(render_opml(build_feeds(newsroom, settings), settings, french))

    assert root.find("body/outline[@text='Par sujet']") is not None
