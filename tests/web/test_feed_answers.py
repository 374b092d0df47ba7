"""Feeds over HTTP: their pages in a browser, their hub, who is counted, and who asks too often."""

from __future__ import annotations

from typing import Any

import pytest

from digest.web.audience import Counter
from digest.web.polling import Pace


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_a_browser_that_opens_a_feed_sees_its_page_and_readers_see_the_feed(site: Any, form: str) -> None:
    feed = site.ask(f"/feeds/all.{form}")
    page = site.ask(f"/feeds/all.{form}", {"sec-fetch-dest": "document", "accept": "text/html"})

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.body == site.ask("/feeds/all.html").body
    assert "Sec-Fetch-Dest" in page.headers["vary"] == feed.headers["vary"]
    assert page.headers["etag"] != feed.headers["etag"]
    assert site.ask(f"/feeds/all.{form}", {"sec-fetch-dest": "empty", "accept": "text/html"}).body == feed.body
    again = {"sec-fetch-dest": "document", "if-none-match": page.headers["etag"], "accept-encoding": ""}
    unchanged = site.ask(f"/feeds/all.{form}", again)
    assert (unchanged.status, unchanged.headers["vary"]) == (304, feed.headers["vary"])


def test_a_feed_without_a_page_is_shown_as_it_is(site: Any, feed: str) -> None:
    site.write("feeds/other.atom", feed)

    assert site.ask("/feeds/other.atom", {"sec-fetch-dest": "document"}).body == feed.encode()


def test_a_feed_names_its_hub_and_its_own_address(site: Any) -> None:
    site.settings = site.settings.replace("[pictures]", '[feeds]\nhub = "https://hub.example/?x=1"\n[pictures]')
    site.write("feeds/ukraine+update.atom", "<feed/>")

    link = site.ask("/feeds/ukraine+update.atom").headers["link"]

    assert link == (
        '<https://hub.example/?x=1>; rel="hub", <https://news.example.org/feeds/ukraine+update.atom>; rel="self"'
    )
    for path in ("/", "/feeds/all.opml", "/feeds/all/2022-02.atom"):
        assert "link" not in site.ask(path).headers


def test_without_a_hub_no_link_is_sent(site: Any) -> None:
    assert "link" not in site.ask("/feeds/all.atom").headers


def test_answers_to_feeds_are_counted_and_nothing_else(site: Any) -> None:
    counter = site.parts["counter"] = Counter()
    agent = {"user-agent": "Feedly/1.0 (+http://x; 42 subscribers)"}
    etag = site.ask("/feeds/all.atom", agent).headers["etag"]
    site.ask("/feeds/all.atom", {**agent, "if-none-match": etag})
    for path in ("/", "/nothing", "/feeds/nothing.atom", "/feeds/all.html", "/feeds/all.opml", "/feeds/all/2022-02.atom"):
        site.ask(path, agent)
    site.ask("/feeds/all.atom", {"sec-fetch-dest": "document"})

    counts = counter.take()

    assert (counts.full, counts.unchanged) == ({"/feeds/all.atom": 1}, {"/feeds/all.atom": 1})
    assert counts.audience == {("/feeds/all.atom", "Feedly"): 42}


def test_who_polls_hard_without_conditions_has_to_wait(site: Any) -> None:
    site.parts["pace"] = Pace(allowed=2)
    answers = [site.ask("/feeds/all.atom", client="192.0.2.1") for _ in range(3)]
    etag, refused = answers[0].headers["etag"], answers[2]

    assert (refused.status, refused.headers["cache-control"]) == (429, "no-store")
    assert 0 < int(refused.headers["retry-after"]) <= 600
    assert site.ask("/feeds/all.atom", {"if-none-match": etag}, client="192.0.2.1").status == 304
    assert site.ask("/feeds/all.atom", {"if-none-match": '"x"'}, client="192.0.2.1").status == 200
    assert site.ask("/feeds/all.rss", client="192.0.2.1").status == 200
    assert site.ask("/feeds/all.atom", client="192.0.2.2").status == 200
    assert site.ask("/", client="192.0.2.1").status == 200


@pytest.mark.parametrize("field", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_behind_a_proxy_nobody_is_mistaken_for_the_proxy(site: Any, field: str) -> None:
    site.parts["pace"] = Pace(allowed=0)

    assert site.ask("/feeds/all.atom", {field: "192.0.2.9"}, client="10.0.0.1").status == 200
    assert site.ask("/feeds/all.atom", client="127.0.0.1").status == 200
    assert site.ask("/feeds/all.atom", client="10.0.0.1").status == 429
