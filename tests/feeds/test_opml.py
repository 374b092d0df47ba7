"""The list of all feeds."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from digest.feeds.opml import render_opml
from digest.feeds.selection import build_feed, build_feeds
from digest.newsroom.log import Event
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings
from digest.templates import Words

ENGLISH = Words("en", {}, lambda number: int(number != 1))


def _outlines(parent: Any) -> dict[str, Any]:
    """What stands below an outline, by its text: the name of a feed, or what stands below that in turn."""
    stem = "https://news.example.org/feeds/"
    return {
        outline.get("text"): outline.get("xmlUrl").removeprefix(stem) if outline.get("xmlUrl") else _outlines(outline)
        for outline in parent
    }


def test_every_feed_is_named_once_in_its_group(newsroom: Newsroom, settings: Settings) -> None:
    document = render_opml(build_feeds(newsroom, settings), settings, ENGLISH)

    assert _outlines(etree.fromstring(document).find("body")) == {
        "The Newsroom of Example": "all.atom",
        "By topic": {
            "The Newsroom: Ukraine": "ukraine.atom",
            "The Newsroom: Russia": "russia.atom",
            "The Newsroom: Nothing yet": "empty.atom",
        },
        "By kind": {"The Newsroom: Press release": "press-release.atom", "The Newsroom: Report": "report.atom"},
        "In one language": {
            "The Newsroom of Example (English)": "all.en.atom",
            "The Newsroom of Example (العربية)": "all.ar.atom",
            "The Newsroom of Example (français)": "all.fr.atom",
        },
    }


def test_combinations_stand_below_the_title_of_their_topic_or_kind(
    release: Callable[..., Event], change_settings: Callable[[str], Settings]
) -> None:
    settings = change_settings("[feeds]\ncombinations = true\n")
    newsroom = build_newsroom([release("a", topics=("russia",), kind="report", language="fr")])

    body = etree.fromstring(render_opml(build_feeds(newsroom, settings), settings, ENGLISH)).find("body")

    assert _outlines(body) == {
        "The Newsroom of Example": "all.atom",
        "By topic": {
            "The Newsroom: Ukraine": "ukraine.atom",
            "Russia": {
                "The Newsroom: Russia": "russia.atom",
                "The Newsroom: Russie (français)": "russia.fr.atom",
                "The Newsroom: Russia, Report": "russia+report.atom",
                "The Newsroom: Russie, Report (français)": "russia+report.fr.atom",
            },
            "The Newsroom: Nothing yet": "empty.atom",
        },
        "By kind": {"Report": {"The Newsroom: Report": "report.atom", "The Newsroom: Report (français)": "report.fr.atom"}},
        "In one language": {"The Newsroom of Example (français)": "all.fr.atom"},
    }


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


def test_newsboat_takes_in_every_feed_with_its_groups(
    newsroom: Newsroom, settings: Settings, tmp_path: Path, program: Callable[[str], str]
) -> None:
    newsboat, feeds = program("newsboat"), build_feeds(newsroom, settings)
    (tmp_path / "feeds.opml").write_bytes(render_opml(feeds, settings, ENGLISH))
    (tmp_path / "urls").touch()
    files = ["-u", str(tmp_path / "urls"), "-c", str(tmp_path / "cache.db"), "-C", str(tmp_path / "config")]
    (tmp_path / "config").touch()

    subprocess.run(
        [newsboat, *files, "-i", str(tmp_path / "feeds.opml")],
        check=True,
        capture_output=True,
        env={"HOME": str(tmp_path), "LANG": "C.UTF-8"},
        timeout=60,
    )

    lines = (tmp_path / "urls").read_text().splitlines()
    assert [line.split()[0] for line in lines if line] == [f"{feed.stem}.atom" for feed in feeds]
    assert 'https://news.example.org/feeds/ukraine.atom "By topic"' in lines
