"""Rules of the formats, as validators hold feeds to them: RFC 4287, RSS 2.0 and its best practices, JSON Feed 1.1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from digest.clock import parse_utc
from digest.feeds.documents import FeedWriter
from digest.feeds.feed import Feed
from digest.newsroom.public import Newsroom

ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
HISTORY = "{http://purl.org/syndication/history/1.0}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
MONTHS_LATER = datetime(2022, 5, 20, tzinfo=UTC)

Documents = list[tuple[Feed, Any]]


@pytest.fixture
def feeds(written: list[tuple[Feed, FeedWriter]]) -> list[Feed]:
    return [feed for feed, _ in written]


@pytest.fixture
def atom(written: list[tuple[Feed, FeedWriter]]) -> Documents:
    return [(feed, etree.fromstring(writer.render(feed, "atom"))) for feed, writer in written]


@pytest.fixture
def rss(written: list[tuple[Feed, FeedWriter]]) -> Documents:
    return [(feed, etree.fromstring(writer.render(feed, "rss")).find("channel")) for feed, writer in written]


@pytest.fixture
def listed(written: list[tuple[Feed, FeedWriter]]) -> Documents:
    return [(feed, json.loads(writer.render(feed, "json"))) for feed, writer in written]


def test_every_sort_of_feed_is_looked_at(feeds: list[Feed]) -> None:
    assert {feed.state for feed in feeds} == {"open", "ended", "moved"}
    assert any(feed.page for feed in feeds)
    assert any(feed.following for feed in feeds)
    assert any(feed.tombstones for feed in feeds)
    assert any(feed.hub for feed in feeds)
    assert any(feed.embargoed for feed in feeds)
    assert any(not feed.items for feed in feeds)


@pytest.fixture
def trees(atom: Documents, rss: Documents) -> list[Any]:
    return [tree.getroottree().getroot() for _, tree in (*atom, *rss)]


def test_each_feed_names_its_own_address_once(atom: Documents, rss: Documents, listed: Documents) -> None:
    for form, documents in (("atom", atom), ("rss", rss)):
        for feed, tree in documents:
            links = tree.findall(f"{ATOM}link[@rel='self']")
            assert [link.get("href") for link in links] == [f"{feed.stem}.{form}"]
            assert links[0].get("type") == f"application/{form}+xml"
    assert [document["feed_url"] for _, document in listed] == [f"{feed.stem}.json" for feed, _ in listed]


def test_each_feed_links_to_its_home_page(atom: Documents, rss: Documents, listed: Documents) -> None:
    homes = [feed.home for feed, _ in atom]

    assert [tree.find(f"{ATOM}link[@rel='alternate']").get("href") for _, tree in atom] == homes
    assert [tree.findtext("link") for _, tree in rss] == homes
    assert [document["home_page_url"] for _, document in listed] == homes


def test_ids_are_unique_and_lead_nowhere(atom: Documents, rss: Documents, listed: Documents) -> None:
    for (_, tree), (_, channel), (_, document) in zip(atom, rss, listed, strict=True):
        ids = [element.text for element in tree.iter(f"{ATOM}id")]
        assert len(set(ids)) == len(ids)
        assert all(name.startswith("tag:news.example.org,2021:") for name in ids)
        assert [element.text for element in channel.iter("guid")] == ids[1:] == [item["id"] for item in document["items"]]
        assert {element.get("isPermaLink") for element in channel.iter("guid")} <= {"false"}


def test_moments_of_atom_and_json_are_utc_and_none_is_twice_the_same(atom: Documents, listed: Documents) -> None:
    """RFC 4287 section 3.3; validators warn of entries with an equal `updated`."""
    for _, tree in atom:
        updated = [element.text for element in tree.iterfind(f"{ATOM}entry/{ATOM}updated")]
        assert len(set(updated)) == len(updated)
        moments = [element.text for name in ("updated", "published") for element in tree.iter(f"{ATOM}{name}")]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z", text) for text in moments)
    for _, document in listed:
        for item in document["items"]:
            assert parse_utc(item["date_published"]) <= parse_utc(item["date_modified"])
            assert item["date_modified"].endswith("Z")


def test_a_feed_was_updated_when_its_last_entry_was(atom: Documents) -> None:
    """Or when its last tombstone was set: never earlier, and never at the moment of building."""
    for feed, tree in atom:
        moments = [element.text for element in tree.iterfind(f"{ATOM}entry/{ATOM}updated")]
        moments += [element.get("when").replace("Z", ".000Z") for element in tree.iter(DELETED)]
        if moments and feed.state == "open":
            assert tree.findtext(f"{ATOM}updated") == max(moments)
        elif moments:
            assert tree.findtext(f"{ATOM}updated") >= max(moments)


def test_dates_of_rss_are_rfc_822(rss: Documents) -> None:
    for _, channel in rss:
        for element in (*channel.iter("pubDate"), *channel.iter("lastBuildDate")):
            assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", element.text)
            assert parsedate_to_datetime(element.text).strftime("%a") == element.text[:3]


def test_rss_items_carry_the_date_of_their_last_change(newsroom: Newsroom, rss: Documents) -> None:
    channel = rss[0][1]

    updates = [parse_utc(element.text) for element in channel.iterfind(f"item/{ATOM}updated")]

    assert updates == [item.updated_at for item in newsroom]


def test_every_address_is_absolute(trees: list[Any], listed: Documents) -> None:
    documents = [etree.tostring(tree, encoding="unicode") for tree in trees]
    for text in documents:
        assert not re.search(r'(?:href|src|url|domain|scheme|uri)=(?:"|&quot;)(?:"|&quot;)', text)
        for address in re.findall(r'(?:href|src|url|domain|scheme|uri)=(?:"|&quot;)([^"&]+)', text):
            assert urlsplit(address).scheme in ("http", "https", "mailto")
            assert urlsplit(address).netloc
    for _, document in listed:
        for item in document["items"]:
            assert urlsplit(item["url"]).netloc


def test_nothing_is_empty(trees: list[Any], listed: Documents) -> None:
    for tree in trees:
        for element in tree.iter():
            assert (element.text or "").strip() or len(element) or element.attrib or element.tag == f"{HISTORY}archive"
            assert all(value.strip() for value in element.attrib.values())
    for _, document in listed:
        assert all(value for item in (document, *document["items"]) for key, value in item.items() if key != "items")


def test_declared_namespaces_are_used(trees: list[Any]) -> None:
    """Validators warn of namespaces that are declared for nothing."""
    for tree in trees:
        used = {etree.QName(element).namespace for element in tree.iter()}
        assert set(tree.nsmap.values()) <= used
        assert all(element.nsmap == tree.nsmap for element in tree.iter())


def test_nothing_is_enclosed(trees: list[Any]) -> None:
    """Some mail programs drop the link to the item when there is an enclosure."""
    for tree in trees:
        assert not list(tree.iter("enclosure"))
        assert not tree.findall(f".//{ATOM}link[@rel='enclosure']")


def test_each_element_that_may_stand_once_stands_once(atom: Documents, rss: Documents) -> None:
    repeatable = {"category", "author", "link", f"{ATOM}category", f"{ATOM}author", f"{ATOM}link"}
    for element in _entries(atom, rss):
        names = [child.tag for child in element]
        assert all(names.count(name) == 1 for name in names if name not in repeatable)


def test_content_is_html_in_full_beside_a_plain_summary(atom: Documents, rss: Documents) -> None:
    for element in _entries(atom, rss):
        content = element.find(f"{ATOM}content") if element.tag == f"{ATOM}entry" else element.find(ENCODED)
        summary = element.findtext(f"{ATOM}summary") or element.findtext("description")
        assert content.get("type") == ("html" if element.tag == f"{ATOM}entry" else None)
        assert content.text.startswith("<")
        assert "<" not in summary


def test_names_never_stand_where_an_e_mail_address_is_due(rss: Documents) -> None:
    for _, channel in rss:
        assert not list(channel.iter("author", "managingEditor", "webMaster"))
        for item in channel.iter("item"):
            assert item.findtext("{http://purl.org/dc/elements/1.1/}creator")


def test_language_is_told(atom: Documents, rss: Documents, listed: Documents) -> None:
    tags = [feed.language_tag for feed, _ in atom]

    assert [tree.get("{http://www.w3.org/XML/1998/namespace}lang") for _, tree in atom] == tags
    assert [channel.findtext("language") for _, channel in rss] == tags
    assert [document["language"] for _, document in listed] == tags


def test_readers_are_told_when_to_look_and_never_when_not_to(rss: Documents) -> None:
    syndication = "{http://purl.org/rss/1.0/modules/syndication/}"
    for _, channel in rss:
        assert channel.findtext(f"{syndication}updatePeriod") == "hourly"
        assert int(channel.findtext(f"{syndication}updateFrequency")) * int(channel.findtext("ttl")) == 60
        assert not list(channel.iter("skipDays", "skipHours"))


def test_json_feeds_keep_to_version_1_1(listed: Documents) -> None:
    for feed, document in listed:
        told = {"hubs": feed.hub, "next_url": feed.previous, "expired": feed.state != "open"}
        assert document["version"] == "https://jsonfeed.org/version/1.1"
        assert set(document) == {
            "version", "title", "home_page_url", "feed_url", "description", "favicon", "authors", "language", "items",
            *(name for name, value in told.items() if value),
        }  # fmt: skip
        for item in document["items"]:
            assert {"id", "url", "title", "summary", "content_html", "date_published", "date_modified"} <= set(item)
            assert all(isinstance(tag, str) for tag in item.get("tags", ()))
            assert all(set(author) == {"name"} for author in item["authors"])


def _entries(*groups: Documents) -> Iterator[Any]:
    for documents in groups:
        for _, tree in documents:
            yield from tree.iter(f"{ATOM}entry", "item")


def test_atom_links_are_of_known_relations_and_none_stands_twice(atom: Documents, rss: Documents) -> None:
    for _, tree in (*atom, *rss):
        links = [(link.get("rel"), link.get("href")) for link in tree.findall(f"{ATOM}link")]
        assert len({rel for rel, _ in links}) == len(links)
        assert {rel for rel, _ in links} <= {"self", "alternate", "hub", "current", "prev-archive", "next-archive"}


def test_pages_of_archives_say_so_and_lead_on(atom: Documents, rss: Documents) -> None:
    """RFC 5005 section 4: an archive names its current document and has a neighbour."""
    for feed, tree in (*atom, *rss):
        rels = {link.get("rel") for link in tree.findall(f"{ATOM}link")}
        assert (tree.find(f"{HISTORY}archive") is not None) == ("current" in rels) == bool(feed.page)
        if feed.page:
            assert rels & {"prev-archive", "next-archive"}
            assert "hub" not in rels


def test_hubs_are_named_in_each_format(atom: Documents, rss: Documents, listed: Documents) -> None:
    for documents in (atom, rss):
        for feed, tree in documents:
            assert [link.get("href") for link in tree.findall(f"{ATOM}link[@rel='hub']")] == ([feed.hub] if feed.hub else [])
    for feed, document in listed:
        assert document.get("hubs", []) == ([{"type": "WebSub", "url": feed.hub}] if feed.hub else [])


def test_tombstones_say_what_is_gone_since_when_and_why(atom: Documents, rss: Documents, listed: Documents) -> None:
    """RFC 6721; in RSS and JSON Feed the entry is just gone, and its place stays empty."""
    for (feed, tree), (_, channel), (_, document) in zip(atom, rss, listed, strict=True):
        deleted = list(tree.iter(DELETED))
        names = [element.get("ref") for element in deleted]
        assert names == [stone.item.entry_id for stone in feed.tombstones]
        assert len(set(names)) == len(names)
        assert not {*names} & {element.text for element in tree.iter(f"{ATOM}id")}
        assert not {*names} & {element.text for element in channel.iter("guid")}
        assert not {*names} & {item["id"] for item in document["items"]}
        for element in deleted:
            assert parse_utc(element.get("when")) <= MONTHS_LATER
            assert [child.text for child in element] == ["It was untrue."]
            assert element.getparent() is tree


def test_entries_stand_newest_first(atom: Documents) -> None:
    for feed, tree in atom:
        dates = [element.text for element in tree.iterfind(f"{ATOM}entry/{ATOM}published")]
        rest = dates[len(feed.embargoed) :]
        assert rest == sorted(rest, reverse=True)
