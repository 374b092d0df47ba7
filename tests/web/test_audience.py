"""How feeds are read, without anything about persons."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.audience import Counter, read_audience


@pytest.mark.parametrize(
    ("user_agent", "audience"),
    [
        ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 462 subscribers; )", ("Feedly", 462)),
        ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google; 42 subscribers)", ("Feedly", 42)),
        (
            'NewsBlur Feed Fetcher - 12 subscribers - https://www.newsblur.com/site/1/x ("Mozilla/5.0 (Macintosh)")',
            ("NewsBlur Feed Fetcher", 12),
        ),
        ("Feedbin feed-id:1697787 - 15 subscribers", ("Feedbin", 15)),
        ("Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 5 subscribers; )", ("Inoreader", 5)),
        ("Mozilla/5.0 (compatible; inoreader.com; 114 subscribers)", ("inoreader.com", 114)),
        ("Mozilla/5.0 (compatible; theoldreader.com; 3 subscribers; feed-id=cead6c3a83)", ("theoldreader.com", 3)),
        ("theoldreader.com; 3 subscribers", ("theoldreader.com", 3)),
        ("Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 1 subscribers)", ("BazQux", 1)),
        (
            "Dreamwidth Studios (webmaster@dreamwidth.org; for https://www.dreamwidth.org/users/x_feed/; 2 readers)",
            ("Dreamwidth Studios", 2),
        ),
        ("YahooFeedSeeker/1.0 (compatible; Mozilla 4.0; http://my.yahoo.com/; users 2; views 169)", ("YahooFeedSeeker", 2)),
    ],
)
def test_what_aggregators_say_of_themselves_is_understood(user_agent: str, audience: tuple[str, int]) -> None:
    assert read_audience(user_agent) == audience


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        "curl/8.5.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "Mozilla/5.0 (X11; Aggregating on behalf of 3 subscribers)",
        "ada@example.org 3 subscribers",
        "0 subscribers",
        "Reader/1.0 (0 subscribers)",
        "Reader/1.0 (99999999 subscribers)",
        "Reader/1.0 (1234567890123 subscribers)",
        "x" * 1000 + " 5 subscribers",
    ],
)
def test_others_say_nothing(user_agent: str) -> None:
    assert read_audience(user_agent) is None


@given(st.text(max_size=80), st.text(max_size=200))
def test_nothing_hostile_is_ever_kept(before: str, after: str) -> None:
    for text in (f"{before}12 subscribers{after}", f"{before} 7 readers {after}", after):
        audience = read_audience(text)
        if audience is not None:
            name, count = audience
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9. -]{0,39}", name)
            assert 0 < count <= 10_000_000


def test_answers_and_audiences_are_counted_until_they_are_taken() -> None:
    counter = Counter()
    counter.note("/feeds/all.atom", 200, "Feedly/1.0 (+http://x; 42 subscribers)")
    counter.note("/feeds/all.atom", 304, "Feedly/1.0 (+http://x; 43 subscribers)")
    counter.note("/feeds/all.atom", 304, "curl/8")
    counter.note("/feeds/all.rss", 226, "newsboat/2.21")

    counts = counter.take()

    assert counts.full == {"/feeds/all.atom": 1, "/feeds/all.rss": 1}
    assert counts.unchanged == {"/feeds/all.atom": 2}
    assert counts.audience == {("/feeds/all.atom", "Feedly"): 43}
    again = counter.take()
    assert (again.full, again.unchanged, again.audience) == ({}, {}, {})


def test_however_many_names_are_invented_memory_is_bounded() -> None:
    counter = Counter()
    for number in range(30_000):
        counter.note(f"/feeds/{number}.atom", 200, f"R{number}/1 ({number + 1} subscribers)")

    counts = counter.take()

    assert len(counts.full) <= 20_000
    assert len(counts.audience) <= 20_000
