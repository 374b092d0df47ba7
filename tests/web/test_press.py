"""Private feeds of accredited press."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest

from digest.errors import StoreError

TOKEN = "Zm9v-bar_123"
FEED = b"<feed>EMBARGOED</feed>" * 40


@dataclass
class PressFeeds:
    """One private feed."""

    fault: Exception | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def render(self, token: str, form: str) -> bytes | None:
        self.asked.append((token, form))
        if self.fault:
            raise self.fault
        return FEED if token == TOKEN else None


@pytest.fixture
def site(world: Any) -> Any:
    world.parts["press"] = PressFeeds()
    world.write("404.html", "lost")
    return world


@pytest.mark.parametrize(("form", "media_type"), [("atom", "atom+xml"), ("rss", "rss+xml"), ("json", "feed+json")])
def test_the_token_opens_the_feed_for_nobodys_cache(site: Any, form: str, media_type: str) -> None:
    answer = site.ask(f"/press/{TOKEN}.{form}")

    assert (answer.status, answer.body) == (200, FEED)
    assert answer.headers["content-type"] == f"application/{media_type}; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert not {"etag", "last-modified", "access-control-allow-origin", "link"} & answer.headers.keys()
    assert {"content-security-policy", "x-content-type-options", "referrer-policy"} <= answer.headers.keys()


def test_nothing_of_it_is_kept_by_the_server(site: Any) -> None:
    for _ in range(3):
        site.ask(f"/press/{TOKEN}.atom", {"if-none-match": "*"})

    assert len(site.parts["press"].asked) == 3
    assert not site.app._finder._kept._held


@pytest.mark.parametrize(
    "path", ["/press/x.atom", f"/press/{TOKEN}", f"/press/{TOKEN}.html", f"/press/{TOKEN}.atom/", "/press/"]
)
def test_a_token_that_opens_nothing_is_answered_like_any_unknown_address(site: Any, path: str) -> None:
    assert site.ask(path) == site.ask("/unknown")
    assert site.ask(path, method="HEAD") == site.ask("/unknown", method="HEAD")
    assert site.ask(path, method="OPTIONS") == site.ask("/unknown", method="OPTIONS")


def test_it_is_coded_as_asked_for(site: Any) -> None:
    answer = site.ask(f"/press/{TOKEN}.atom", {"accept-encoding": "gzip"})

    assert gzip.decompress(answer.body) == FEED
    assert site.ask(f"/press/{TOKEN}.atom", {"accept-encoding": "gzip"}, method="HEAD").body == b""


def test_a_browser_that_opens_it_gets_the_feed(site: Any) -> None:
    assert site.ask(f"/press/{TOKEN}.atom", {"sec-fetch-dest": "document"}).body == FEED


@pytest.mark.parametrize("fault", [StoreError("the database", "it is locked"), ValueError(f"cannot open {TOKEN}")])
def test_no_fault_tells_the_token(site: Any, fault: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    site.parts["press"].fault = fault

    answer = site.ask(f"/press/{TOKEN}.atom")

    assert answer.status == 500
    said = capsys.readouterr()
    assert TOKEN not in said.err + said.out + answer.body.decode()
    assert said.err.startswith("digest: ")
