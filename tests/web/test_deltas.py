"""Parts of feeds: what is new or changed since the version that a reader has (RFC 3229)."""

from __future__ import annotations

from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from digest.web.deltas import Versions, wants_part

TEXT = "Words that make an entry long enough. " * 10


def _atom(*entries: str) -> str:
    made = "".join(
        f"<entry><id>tag:x:{entry}</id><title>{entry}</title><content>{TEXT}</content></entry>" for entry in entries
    )
    return f'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title>{made}</feed>'


def _rss(*entries: str) -> str:
    made = "".join(
        f"<item><guid>{entry}</guid><description><![CDATA[<b>{TEXT}</b>]]></description></item>" for entry in entries
    )
    return f"<?xml version='1.0'?>\n<rss version='2.0'><channel><title>Feed</title>{made}</channel></rss>"


def _ids(body: bytes) -> list[str]:
    return [entry.id.removeprefix("tag:x:") for entry in feedparser.parse(body).entries]


@pytest.mark.parametrize(("form", "write"), [("atom", _atom), ("rss", _rss)])
def test_a_reader_gets_what_is_new_or_changed_since_its_version(world: Any, form: str, write: Any) -> None:
    path = f"/feeds/all.{form}"
    world.write(f"feeds/all.{form}", write("c", "b", "a"))
    first = world.ask(path).headers["etag"]
    world.write(f"feeds/all.{form}", write("e", "d", "c", "b!", "a"), written=1_700_000_100)

    part = world.ask(path, {"a-im": "feed", "if-none-match": first})

    whole = world.ask(path)
    assert (part.status, part.headers["im"], part.headers["delta-base"]) == (226, "feed", first)
    assert _ids(part.body) == ["e", "d", "b!"]
    assert part.headers["etag"] == whole.headers["etag"]
    assert part.headers["content-type"] == whole.headers["content-type"]
    assert "A-IM" in part.headers["vary"] == whole.headers["vary"]
    assert part.headers["cache-control"] == "no-store, im"
    assert _ids(whole.body) == ["e", "d", "c", "b!", "a"]
    again = {"a-im": "feed", "if-none-match": part.headers["etag"]}
    assert world.ask(path, again).status == 304


def test_a_part_is_a_valid_feed_in_any_coding(world: Any) -> None:
    world.write("feeds/all.atom", _atom("c", "b", "a"))
    first = world.ask("/feeds/all.atom", {"accept-encoding": "gzip"}).headers["etag"]
    world.write("feeds/all.atom", _atom("d", "c", "b", "a"))
    asked = {"a-im": "feed", "accept-encoding": "br", "if-none-match": f'"other", W/{first}'}

    part = world.ask("/feeds/all.atom", asked)

    import brotli

    assert (part.status, part.headers["content-encoding"]) == (226, "br")
    body = brotli.decompress(part.body)
    root = etree.fromstring(body)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert root.findtext("{*}title") == "Feed"
    assert _ids(body) == ["d"]


def test_who_has_an_unknown_version_or_asks_otherwise_gets_the_whole(world: Any) -> None:
    world.write("feeds/all.atom", _atom("b", "a"))
    world.write("feeds/all.json", '{"version": 1}')
    first = world.ask("/feeds/all.atom").headers["etag"]
    first_json = world.ask("/feeds/all.json").headers["etag"]
    world.write("feeds/all.atom", _atom("c", "b", "a"))
    world.write("feeds/all.json", '{"version": 2}')

    for asked in (
        {"a-im": "feed"},
        {"a-im": "feed", "if-none-match": '"unknown"'},
        {"a-im": "vcdiff", "if-none-match": first},
        {"a-im": "feed;q=0", "if-none-match": first},
        {"if-none-match": first},
    ):
        assert world.ask("/feeds/all.atom", asked).status == 200
    assert world.ask("/feeds/all.json", {"a-im": "feed", "if-none-match": first_json}).status == 200
    assert world.ask("/feeds/all.atom", {"a-im": "feed", "if-none-match": first}, method="HEAD").status == 200


def test_a_part_that_is_hardly_shorter_is_not_made(world: Any) -> None:
    world.write("feeds/all.atom", _atom("b", "a"))
    first = world.ask("/feeds/all.atom").headers["etag"]
    world.write("feeds/all.atom", _atom(*"zyxwvutsrqponmlkjihgfedc"))

    assert world.ask("/feeds/all.atom", {"a-im": "feed", "if-none-match": first}).status == 200


def test_a_part_is_cut_once_for_all_who_have_that_version(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("feeds/all.atom", _atom("b", "a"))
    asked = {"a-im": "feed", "if-none-match": world.ask("/feeds/all.atom").headers["etag"]}
    world.write("feeds/all.atom", _atom("c", "b", "a"))
    first = world.ask("/feeds/all.atom", asked)
    monkeypatch.setattr(Versions, "cut", lambda *_: pytest.fail("it was cut again"))

    assert world.ask("/feeds/all.atom", asked) == first


def test_a_later_version_is_cut_anew(world: Any) -> None:
    world.write("feeds/all.atom", _atom("b", "a"))
    asked = {"a-im": "feed", "if-none-match": world.ask("/feeds/all.atom").headers["etag"]}
    world.write("feeds/all.atom", _atom("c", "b", "a"))
    world.ask("/feeds/all.atom", asked)
    world.write("feeds/all.atom", _atom("d", "c", "b", "a"))

    assert _ids(world.ask("/feeds/all.atom", asked).body) == ["d", "c"]


@given(st.lists(st.lists(st.integers(0, 9), max_size=8, unique=True), min_size=1, max_size=6))
def test_who_follows_by_parts_has_all_that_was_ever_in_the_feed(contents: list[list[int]]) -> None:
    versions, known, has = Versions(), "", set[str]()
    for number, content in enumerate(contents):
        body = _atom(*map(str, content)).encode()
        versions.keep("feed", f"{number:064}", "atom", body)
        part = versions.cut("feed", known, "atom", body)
        got = set(_ids(part)) if part is not None else set(map(str, content))
        assert part is None or not got & has or number > 1
        has |= got
        known = f"{number:064}"

    assert has == {str(entry) for content in contents for entry in content}


@pytest.mark.parametrize(
    "body", [b"", b"no feed", b"<feed>", b"\xff\xfe", b'<!DOCTYPE x [<!ENTITY a "b">]><feed>&a;</feed>']
)
def test_what_cannot_be_read_has_no_parts(body: bytes) -> None:
    versions = Versions()
    versions.keep("feed", "1" * 64, "atom", body)

    assert versions.cut("feed", "2" * 64, "atom", body) is None


def test_only_the_last_versions_of_so_many_feeds_are_remembered() -> None:
    versions = Versions()
    for feed in range(500):
        for number in range(12):
            versions.keep(f"feed {feed}", f"{number:064}", "atom", b"<feed/>")

    assert len(versions._feeds) == 400
    assert all(len(known) == 8 for known in versions._feeds.values())
    assert versions.find("feed 499", [b'"' + b"0" * 31 + b'1"']) is None


@pytest.mark.parametrize("field", [b"feed", b"vcdiff, feed", b"feed;q=0.5", b" Feed ", b"gzip , feed ; q=1"])
def test_parts_are_wanted(field: bytes) -> None:
    assert wants_part(field)


@pytest.mark.parametrize("field", [b"", b"feeds", b"vcdiff", b"feed;q=0", b"feed; q=0.000", b"x;feed"])
def test_parts_are_not_wanted(field: bytes) -> None:
    assert not wants_part(field)
