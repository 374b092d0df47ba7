"""Whole documents: what real readers see, and how the bytes come about."""

from __future__ import annotations

import html
import json
import locale
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import pytest
import reader

from digest.errors import ContentError
from digest.feeds.documents import FEED_BYTES, FeedWriter, build_head
from digest.feeds.feed import Feed
from digest.feeds.selection import build_feed
from digest.feeds.xml_feeds import build_atom_generator, build_rss_generator
from digest.newsroom.addresses import FEED_FORMATS
from digest.newsroom.log import Event
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings
from digest.templates import Templates

Release = Callable[..., Event]


Written = list[tuple[Feed, FeedWriter]]


def test_joined_documents_equal_what_feedgen_writes_of_the_whole(written: Written) -> None:
    for feed, writer in written:
        entries = writer.entries(feed)
        seen = bool(entries), any(entry.picture for entry in entries)
        atom, rss = (build_head(feed, form, writer.settings, *seen) for form in ("atom", "rss"))

        assert build_atom_generator(atom, entries, writer.settings).atom_str() == writer.render(feed, "atom")
        assert build_rss_generator(rss, entries).rss_str() == writer.render(feed, "rss")


def test_feedparser_reads_every_atom_and_rss_feed_without_fault(written: Written) -> None:
    for feed, writer in written:
        for form, version in (("atom", "atom10"), ("rss", "rss20")):
            parsed = feedparser.parse(writer.render(feed, form))

            assert not parsed.bozo
            assert parsed.version == version
            assert len(parsed.entries) == len(writer.entries(feed))


def test_all_formats_show_the_same_entries(written: Written) -> None:
    for feed, writer in written:
        atom = [_see(entry) for entry in feedparser.parse(writer.render(feed, "atom")).entries]
        rss = [_see(entry) for entry in feedparser.parse(writer.render(feed, "rss")).entries]
        listed = [_see_json(item) for item in json.loads(writer.render(feed, "json"))["items"]]

        assert atom == rss == listed
        assert len(atom) == len(writer.entries(feed))


def _see(entry: Any) -> dict[str, Any]:
    """What feedparser makes of an entry."""
    media = entry.get("media_content", [{}])[0]
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published_parsed[:6],
        "updated": entry.updated_parsed[:6],
        "summary": html.unescape(entry.summary),
        "creator": entry.author,
        "categories": [tag.get("label") or tag.term for tag in entry.get("tags", ())],
        "image": media.get("url"),
    }


def _see_json(item: dict[str, Any]) -> dict[str, Any]:
    """The same facts of a JSON Feed item."""
    moments = {name: feedparser.datetimes._parse_date(item[name])[:6] for name in ("date_published", "date_modified")}
    return {
        "id": item["id"],
        "title": item["title"],
        "link": item["url"],
        "published": moments["date_published"],
        "updated": moments["date_modified"],
        "summary": item["summary"],
        "creator": item["authors"][0]["name"],
        "categories": item.get("tags", []),
        "image": item.get("image"),
    }


def test_the_reader_package_reads_the_same_from_each_format(
    newsroom: Newsroom, settings: Settings, writer: FeedWriter, tmp_path: Path
) -> None:
    feed = build_feed(newsroom, settings)
    seen = {}
    with reader.make_reader(":memory:", feed_root=str(tmp_path)) as program:
        for form in FEED_FORMATS:
            (tmp_path / f"all.{form}").write_bytes(writer.render(feed, form))
            program.add_feed(f"all.{form}")
            program.update_feed(f"all.{form}")
            entries = program.get_entries(feed=f"all.{form}")
            seen[form] = {(each.id, each.title, each.link, each.published, each.updated) for each in entries}

    assert seen["atom"] == seen["rss"] == seen["json"]
    assert len(seen["json"]) == len(feed.items)


def test_readers_get_credit_and_description_of_a_picture(newsroom: Newsroom, settings: Settings, writer: FeedWriter) -> None:
    for form in ("atom", "rss"):
        document = writer.render(build_feed(newsroom, settings), form).decode()

        assert (
            '<media:content url="https://news.example.org/photos/0123456789abcdef-1200.jpg" type="image/jpeg" '
            'medium="image" width="1200" height="675" fileSize="41234">'
            '<media:description type="plain">People gather</media:description>'
            "<media:credit>Photo: A. Person</media:credit></media:content>"
        ) in document
        assert '<media:content url="https://img.example.org/a.jpg?x=1&amp;y=2" medium="image"><media:desc' in document


def test_entry_links_keep_their_attributes(newsroom: Newsroom, settings: Settings, writer: FeedWriter) -> None:
    parsed = feedparser.parse(writer.render(build_feed(newsroom, settings), "atom"))

    for entry in parsed.entries:
        links = [dict(link) for link in entry.links]
        assert links == [{"href": entry.link, "rel": "alternate", "type": "text/html", "hreflang": links[0]["hreflang"]}]


def test_an_entry_in_another_language_than_the_feed_says_so(
    newsroom: Newsroom, settings: Settings, writer: FeedWriter
) -> None:
    whole, french = build_feed(newsroom, settings), build_feed(newsroom, settings, language="fr")

    for form in ("atom", "rss"):
        element = b"entry" if form == "atom" else b"item"
        marked = writer.render(whole, form)
        assert marked.count(b"<" + element + b' xml:lang="ar">') == 1
        assert marked.count(b"<" + element + b' xml:lang="fr">') == 1
        assert b"<" + element + b">" in writer.render(french, form)
    assert b'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">' in writer.render(french, "atom")


def test_a_rebuild_changes_no_byte(written: Written) -> None:
    again = {writer: FeedWriter(writer.settings, writer.pictures, Templates()) for _, writer in written}

    for feed, writer in reversed(written):
        for form in FEED_FORMATS:
            assert again[writer].render(feed, form) == writer.render(feed, form)


def test_writing_a_feed_never_touches_the_locale(
    newsroom: Newsroom, settings: Settings, writer: FeedWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locale belongs to the whole process; switching it, even for a moment, reaches every other thread."""

    def refuse(*_: object) -> str:
        raise AssertionError("the locale was touched")

    monkeypatch.setattr(locale, "setlocale", refuse)

    assert b"<pubDate>Mon, 21 Feb 2022 09:00:00 GMT</pubDate>" in writer.render(build_feed(newsroom, settings), "rss")


LONG = "some & words " * 8_000


def test_a_feed_keeps_within_its_size_in_all_formats_alike(release: Release, settings: Settings, writer: FeedWriter) -> None:
    feed = build_feed(build_newsroom([release(f"long-{number}", body=LONG) for number in range(20)]), settings, kind=KIND)

    documents = {form: writer.render(feed, form) for form in FEED_FORMATS}

    entries = writer.entries(feed)
    assert 0 < len(entries) < 20
    assert [entry.id for entry in entries] == [item.entry_id for item in feed.items[: len(entries)]]
    assert all(len(document) < FEED_BYTES + 2000 for document in documents.values())
    assert len(json.loads(documents["json"])["items"]) == len(entries)


KIND = "press-release"


def test_what_stands_nowhere_else_is_shortened_and_never_left_out(
    release: Release, settings: Settings, writer: FeedWriter
) -> None:
    """Items that are in no archive yet, and old ones that were corrected."""
    feed = build_feed(build_newsroom([release(f"long-{number}", body=LONG) for number in range(20)]), settings)

    documents = {form: writer.render(feed, form) for form in FEED_FORMATS}

    texts = [item["content_html"] for item in json.loads(documents["json"])["items"]]
    whole = [text for text in texts if len(text) > 100_000]
    assert [entry.id for entry in writer.entries(feed)] == [item.entry_id for item in feed.items]
    assert 0 < len(whole) < 20
    assert len(whole) == len(writer.entries(replace(feed, held=frozenset())))
    assert texts[: len(whole)] == whole
    assert all("Read the full text on the web" in text for text in texts[len(whole) :])
    assert all(len(document) < FEED_BYTES + 40_000 for document in documents.values())


@pytest.mark.parametrize("field", ["title", "summary"])
def test_a_character_that_xml_forbids_is_refused_by_the_items_name(
    release: Release, settings: Settings, writer: FeedWriter, field: str
) -> None:
    feed = build_feed(build_newsroom([release("bad", **{field: "a\x0cb"})]), settings)

    with pytest.raises(ContentError, match="items/bad"):
        writer.render(feed, "atom")
