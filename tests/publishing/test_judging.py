"""What does not get out, whatever made it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from digest.newsroom.public import Newsroom
from digest.publishing.build import plan_public
from digest.publishing.judging import FEED_LIMIT, PublicJudge
from digest.settings import Site
from digest.templates import Templates

FEEDS = ["feeds/all.atom", "feeds/all.rss", "feeds/all.json"]


@pytest.fixture
def judge(newsroom: Newsroom, site: Site) -> PublicJudge:
    return PublicJudge(newsroom, site.settings)


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates()


@pytest.fixture
def files(newsroom: Newsroom, site: Site, templates: Templates) -> Mapping[str, bytes]:
    groups = plan_public(newsroom, site.settings, {}, templates, datetime(2022, 2, 12, tzinfo=UTC))
    return {document.path: document.render() for group in groups for document in group.list()}


@pytest.mark.parametrize("path", FEEDS)
def test_what_is_not_public_is_found_in_a_feed(
    newsroom: Newsroom, site: Site, files: Mapping[str, bytes], path: str
) -> None:
    without = replace(newsroom, items=tuple(item for item in newsroom if item.id != "last"))
    judge = PublicJudge(without, site.settings)

    assert judge(path, files[path]) == "it holds tag:news.example.org,2021:items/last, which is not public"


def test_a_tombstone_may_stand_only_for_what_was_public(newsroom: Newsroom, site: Site, templates: Templates) -> None:
    later = datetime(2023, 1, 1, tzinfo=UTC)
    groups = plan_public(newsroom, site.settings, {}, templates, later)
    files = {document.path: document.render for group in groups for document in group.list()}
    data = files["feeds/ukraine.atom"]()
    without = replace(newsroom, items=tuple(item for item in newsroom if item.id != "taken"))

    assert b"deleted-entry" in data
    assert PublicJudge(newsroom, site.settings)("feeds/ukraine.atom", data) == ""
    assert PublicJudge(without, site.settings)("feeds/ukraine.atom", data).endswith("items/taken, which is not public")


@pytest.mark.parametrize("path", FEEDS)
def test_one_item_twice_is_found(judge: PublicJudge, files: Mapping[str, bytes], path: str) -> None:
    other, again = b"tag:news.example.org,2021:items/taken", b"tag:news.example.org,2021:items/last"
    data = files[path]
    assert other in data

    assert judge(path, data.replace(other, again)) == f"it holds {again.decode()} twice"


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda data: b"", "it is empty"),
        (lambda data: data[:-9], "it is n"),
        (lambda data: b"<html></html>", "it is no"),
        (lambda data: b'{"version": "https://jsonfeed.org/version/1.1"}', "it is no"),
        (lambda data: b"[]", "it is no"),
        (lambda data: data + b" " * FEED_LIMIT, "it is longer than 5,000,000 bytes"),
        (lambda data: data.replace(b"feeds/all.", b"feeds/ukraine."), "it names another address than its own"),
    ],
)
def test_a_feed_that_readers_could_not_use_is_found(
    judge: PublicJudge, files: Mapping[str, bytes], path: str, spoil: Callable[[bytes], bytes], cause: str
) -> None:
    assert judge(path, spoil(files[path])).startswith(cause)


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_under_another_address_is_found(judge: PublicJudge, files: Mapping[str, bytes], path: str) -> None:
    assert judge(path.replace("all", "russia"), files[path]).startswith("it names another address than its own, https://")


def test_a_document_type_is_found(judge: PublicJudge, files: Mapping[str, bytes]) -> None:
    data = files["feeds/all.atom"].replace(b"<feed", b'<!DOCTYPE feed [<!ENTITY e "x">]><feed', 1)

    assert judge("feeds/all.atom", data) == "it has a document type"


@pytest.mark.parametrize("name", [None, "", 7, ["x"], "tag:news.example.org,2021:items/"])
def test_an_entry_without_an_id_is_found(judge: PublicJudge, files: Mapping[str, bytes], name: object) -> None:
    feed = json.loads(files["feeds/all.json"])
    feed["items"][0]["id"] = name

    assert judge("feeds/all.json", json.dumps(feed).encode()) == f"it holds {name}, which is not public"


def test_a_page_that_breaks_off_is_found(judge: PublicJudge, files: Mapping[str, bytes]) -> None:
    assert judge("index.html", files["index.html"]) == ""
    assert judge("index.html", files["index.html"][:-30]) == "it breaks off before its end"


def test_a_page_of_what_is_not_public_is_found(judge: PublicJudge, files: Mapping[str, bytes]) -> None:
    page = files["items/last/index.html"]

    assert judge("items/taken/index.html", page) == ""
    assert judge("items/under-embargo/index.html", page) == "its item is not public"


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("https://news.example.org/items/under-embargo/", "which is not public"),
        ("https://news.example.org/items/taken/", "which is not public"),
        ("https://elsewhere.example.com/", "which is no page of this site"),
    ],
)
def test_a_sitemap_names_only_what_is_public(
    judge: PublicJudge, files: Mapping[str, bytes], address: str, cause: str
) -> None:
    data = files["sitemap.xml"]
    assert b"/items/last/" in data
    assert judge("sitemap.xml", data) == ""

    assert judge("sitemap.xml", data.replace(b"https://news.example.org/items/last/", address.encode())) == (
        f"it names {address}, {cause}"
    )


def test_a_list_of_feeds_names_only_feeds_of_the_site(judge: PublicJudge, files: Mapping[str, bytes]) -> None:
    data = files["feeds/all.opml"]

    assert judge("feeds/all.opml", data) == ""
    assert judge("feeds/all.opml", data[:-3]).startswith("it is not well-formed")
    assert judge("feeds/all.opml", data.replace(b'xmlUrl="https://news', b'xmlUrl="https://old')).startswith("it names")


def test_a_photo_has_the_bytes_that_it_is_named_by(judge: PublicJudge) -> None:
    name = f"photos/{sha256(b'picture').hexdigest()[:16]}-400.jpg"

    assert judge(name, b"picture") == ""
    assert judge(name, b"another") == "its bytes are not those that it is named by"
