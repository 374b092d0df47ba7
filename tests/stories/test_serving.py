"""`digest serve` as journalists, browsers, hubs and staff meet it: a process of its own, asked over sockets."""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import brotli
import feedparser
import pytest
from lxml import etree

MOVED = '[topics.russia]\ntitle = "Russia"\nmoved_to = "ukraine"'


def _entries(body: bytes) -> dict[str, str]:
    """The titles of a feed's entries by the last part of their ids."""
    if body.startswith(b"{"):
        found = [(item["id"], item["title"]) for item in json.loads(body)["items"]]
    else:
        parsed = feedparser.parse(body)
        assert not parsed.bozo
        found = [(entry.id, entry.title) for entry in parsed.entries]
    return {name.rpartition("/")[2]: title for name, title in found}


def _wait_for(happens: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def site(terminal, server):
    """A person at a site with an item of Ukraine and one of Russia; `server` serves it once it is started."""
    terminal.item("ukraine-news", "News of Ukraine", "2022-02-21", body="Words of the first item. " * 60)
    terminal.item("russia-news", "News of Russia", "2022-02-22", "russia", body="Words of the second item. " * 60)
    return terminal


# What can be read.


def test_a_feed_is_the_same_in_every_coding_and_costs_nothing_when_it_has_not_changed(site, server):
    server.start()
    for name in ("all.atom", "all.rss", "all.json", "all.opml", "ukraine+press-release.atom"):
        path = f"/feeds/{name}"
        plain = server.ask(path)
        answers = {"identity": plain}
        for asked, coding, decode in (
            ("gzip, deflate", "gzip", gzip.decompress),
            ("gzip;q=0.5, br", "br", brotli.decompress),
        ):
            answer = answers[asked] = server.ask(path, {"Accept-Encoding": asked})
            assert (answer.status, answer.headers["content-encoding"]) == (200, coding)
            assert decode(answer.body) == plain.body
            assert len(answer.body) < len(plain.body)
        assert len({answer.headers["etag"] for answer in answers.values()}) == 3
        for asked, answer in answers.items():
            _check_what_costs_nothing(server, path, {"Accept-Encoding": asked}, answer)


def _check_what_costs_nothing(server, path, asked, whole) -> None:
    head = server.ask(path, asked, "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(whole.body)))
    assert "set-cookie" not in head.headers
    for condition in (
        {"If-None-Match": whole.headers["etag"]},
        {"If-None-Match": f'"older", W/{whole.headers["etag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": whole.headers["last-modified"]},
    ):
        unchanged = server.ask(path, {**asked, **condition})
        assert (unchanged.status, unchanged.body) == (304, b""), (path, asked, condition)
        for name in ("etag", "cache-control", "vary"):
            assert unchanged.headers[name] == whole.headers[name]
    older = {"If-None-Match": '"older"', "If-Modified-Since": whole.headers["last-modified"]}
    assert server.ask(path, {**asked, **older}).body == whole.body


@pytest.mark.parametrize("name", ["ukraine", "ukraine+press-release"])
def test_a_person_who_opens_a_feed_gets_its_page_and_programs_get_the_feed(site, server, name):
    server.start()
    for form in ("atom", "rss", "json"):
        path = f"/feeds/{name}.{form}"
        page = server.ask(path, {"Sec-Fetch-Dest": "document"})
        feed = server.ask(path, {"Sec-Fetch-Dest": "empty"})

        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.text == server.ask(f"/feeds/{name}.html").text
        assert "News of Ukraine" in page.text
        assert _entries(feed.body) == {"ukraine-news": "News of Ukraine"}
        assert page.headers["etag"] != feed.headers["etag"]
        assert "Sec-Fetch-Dest" in page.headers["vary"] == feed.headers["vary"]


def test_feeds_of_a_topic_and_a_kind_are_made_when_somebody_asks(site, server):
    site.item("in-ukrainian", "Новини", "2022-02-23", language="uk")
    server.start()
    for name, expected in (
        ("ukraine+press-release", {"in-ukrainian", "ukraine-news"}),
        ("ukraine+press-release.uk", {"in-ukrainian"}),
        ("russia+press-release", {"russia-news"}),
    ):
        for form in ("atom", "rss", "json"):
            answer = server.ask(f"/feeds/{name}.{form}")
            assert (answer.status, set(_entries(answer.body))) == (200, expected), name
            assert f"{server.address}/feeds/{name}.{form}" in answer.text
            assert not (site.folder / "public" / "feeds" / f"{name}.{form}").exists()
    for name in ("russia+press-release.uk", "ukraine+update", "press-release+ukraine", "ukraine+nothing", "ukraine+"):
        assert server.ask(f"/feeds/{name}.atom").status == 404, name

    before = server.ask("/feeds/russia+press-release.rss")
    site.run("correct", "russia-news", "--note", "It was Tuesday.")
    after = server.ask("/feeds/russia+press-release.rss")
    assert after.headers["etag"] != before.headers["etag"]
    assert "It was Tuesday." in after.text


# What changes.


def test_a_correction_is_served_within_a_second(site, server):
    server.start()
    paths = ("/feeds/all.atom", "/feeds/ukraine.rss", "/feeds/all.json", "/items/ukraine-news/")
    before = {path: server.ask(path) for path in paths}
    untouched = server.ask("/feeds/russia.atom").headers["etag"]

    site.run("correct", "ukraine-news", "--note", "It was ten, not nine.")
    time.sleep(1)

    for path in paths:
        after = server.ask(path, {"If-None-Match": before[path].headers["etag"]})
        assert after.status == 200, path
        assert after.headers["etag"] != before[path].headers["etag"]
        assert parsedate_to_datetime(after.headers["last-modified"]) >= parsedate_to_datetime(
            before[path].headers["last-modified"]
        )
        assert "Correction" in after.text
        assert "It was ten, not nine." in after.text
    assert server.ask("/feeds/russia.atom", {"If-None-Match": untouched}).status == 304


def test_what_was_withdrawn_is_gone_and_says_so(site, server):
    server.start()
    assert server.ask("/items/ukraine-news/").status == 200

    site.run("withdraw", "ukraine-news", "--reason", "The source was mistaken.")
    time.sleep(0.3)

    page = server.ask("/items/ukraine-news/")
    assert page.status == 410
    assert "The source was mistaken." in page.text
    assert "Words of the first item" not in page.text
    for form in ("atom", "rss", "json"):
        feed = server.ask(f"/feeds/ukraine.{form}")
        assert set(_entries(feed.body)) == {"ukraine-news"}
        assert "The source was mistaken." in feed.text
        assert "Words of the first item" not in feed.text
    assert server.ask("/items/russia-news/").status == 200
    assert server.ask("/items/never-there/").status == 404


def test_who_reads_a_topic_that_moved_is_led_to_where_it_goes_on(site, server):
    server.start()
    before = server.ask("/feeds/russia.atom")
    text = (site.folder / "newsroom.toml").read_text("utf-8")
    site.write("newsroom.toml", text.replace('[topics.russia]\ntitle = "Russia"', MOVED))
    site.run("publish")
    time.sleep(0.3)

    for old, new in (
        ("/topics/russia/", "/topics/ukraine/"),
        *((f"/feeds/russia.{form}", f"/feeds/ukraine.{form}") for form in ("atom", "rss", "json", "html")),
        ("/feeds/russia+press-release.atom", "/feeds/ukraine+press-release.atom"),
    ):
        answer = server.ask(old, {"If-None-Match": before.headers["etag"]})
        assert answer.status == 301, old
        assert re.sub(r"^(https?://[^/]*)?", "", answer.headers["location"]) == new
        assert server.ask(new).status == 200
    assert set(_entries(server.ask("/feeds/ukraine.atom").body)) == {"ukraine-news", "russia-news"}


# Embargoes.


def test_only_accredited_press_reads_what_is_under_embargo_and_only_as_long_as_it_is_accredited(site, server):
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    site.item("secret-plan", "A secret plan", "2022-02-23", body="Nobody may know.", embargo=ahead.isoformat())
    server.start()
    addresses = [line for line in site.run("press", "add", "Example Daily").splitlines() if line.startswith("http")]

    for address in addresses:
        private = server.ask(address)
        assert (private.status, private.headers["cache-control"]) == (200, "private, no-store")
        assert set(_entries(private.body)) == {"secret-plan", "russia-news", "ukraine-news"}
        assert _entries(private.body)["secret-plan"].startswith("EMBARGOED until ")
        assert "Nobody may know." in private.text
        assert "etag" not in private.headers
    for path in ("/", "/topics/ukraine/", "/feeds/", "/sitemap.xml", "/feeds/all.opml", "/feeds/ukraine+press-release.atom"):
        assert "secret" not in server.ask(path).text.lower(), path
    for form in ("atom", "rss", "json", "html"):
        assert "secret" not in server.ask(f"/feeds/all.{form}").text.lower()
    assert server.ask("/items/secret-plan/").status == 404
    public = [path.read_bytes() for path in (site.folder / "public").rglob("*") if path.is_file()]
    assert not [True for written in public if b"secret" in written.lower()]

    site.run("press", "revoke", "Example Daily")
    for address in addresses:
        refused, unknown = server.ask(address), server.ask("/press/never-given.atom")
        assert (refused.status, refused.body) == (404, unknown.body)


def test_at_its_moment_an_item_appears_by_itself_and_the_hub_hears_of_it(site, server, hub):
    site.write("newsroom.toml", f'{(site.folder / "newsroom.toml").read_text("utf-8")}\n[feeds]\nhub = "{hub.address}"\n')
    hub.fetches = False  # until there is a server to fetch from
    server.start()
    _wait_for(lambda: "has been told of all changes" in site.run("feeds"))
    hub.took.clear()
    hub.fetches = True
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    site.item("awaited", "What everybody waits for", "2022-02-23", embargo=moment.isoformat())

    feeds = {
        f"{server.address}/feeds/{name}.{form}"
        for name in ("all", "ukraine", "press-release")
        for form in ("atom", "rss", "json")
    }
    _wait_for(lambda: feeds <= set(hub.took))
    assert datetime.now(UTC) >= moment
    assert hub.faults == []
    assert not [address for address in hub.took if "russia" in address]
    for address in feeds:
        head = server.ask(address, method="HEAD")
        assert head.headers["link"] == f'<{hub.address}>; rel="hub", <{address}>; rel="self"'
        assert _entries(server.ask(address).body)["awaited"] == "What everybody waits for"
    assert server.ask("/items/awaited/").status == 200
    assert server.end() == ["released: What everybody waits for"]


# Staff.


def test_staff_see_how_feeds_were_read_and_nothing_of_who_read_them(site, server):
    server.start()
    aggregator = {
        "User-Agent": "Examplebot/2.0 (+https://bot.example.org; 42 subscribers; id=77)",
        "X-Forwarded-For": "192.0.2.7",
    }
    first = server.ask("/feeds/all.atom", aggregator)
    for _ in range(3):
        assert server.ask("/feeds/all.atom", {**aggregator, "If-None-Match": first.headers["etag"]}).status == 304
    server.ask("/feeds/ukraine+press-release.rss")
    server.ask("/feeds/nothing.atom")
    server.ask("/")
    server.end()

    counted = {feed.pop("feed"): feed for feed in json.loads(site.run("feeds", "--json"))["feeds"]}
    assert counted == {
        "all.atom": {"subscribers": 42, "fetches": 4, "unchanged": 3},
        "ukraine+press-release.rss": {"subscribers": None, "fetches": 1, "unchanged": 0},
    }
    kept = [path.read_bytes() for path in (site.folder / "var").rglob("*") if path.is_file()]
    assert not [True for written in kept if b"192.0.2.7" in written or b"bot.example.org" in written]


def test_a_signal_ends_it_even_while_readers_keep_their_connections(site, server):
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        server.end()
        assert time.monotonic() - began < 10
    with pytest.raises(ConnectionRefusedError):
        server.ask("/")


def test_all_addresses_that_the_site_names_are_answered(site, server):
    server.start()
    sitemap = etree.fromstring(server.ask("/sitemap.xml").body)
    outlines = etree.fromstring(server.ask("/feeds/all.opml").body).iter("outline")
    named = [*sitemap.itertext("{*}loc"), *(address for one in outlines if (address := one.get("xmlUrl")))]
    assert len(named) > 10
    for address in named:
        assert address.startswith(f"{server.address}/")
        assert server.ask(address).status == 200, address
