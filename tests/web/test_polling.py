"""The limit for clients that fetch one feed over and over."""

from __future__ import annotations

import pytest

from digest.web.polling import ALLOWED, WINDOW, Pace, find_network

FEED = "/feeds/all.atom"


def test_many_fetches_are_answered_before_one_has_to_wait() -> None:
    pace = Pace()

    assert [pace.judge("192.0.2.1", FEED, 0.0) for _ in range(ALLOWED)] == [0] * ALLOWED
    assert 0 < pace.judge("192.0.2.1", FEED, 1.0) <= WINDOW


def test_others_and_other_feeds_are_not_held_up() -> None:
    pace = Pace(allowed=1)
    pace.judge("192.0.2.1", FEED, 0.0)

    assert pace.judge("192.0.2.1", FEED, 0.0) > 0
    assert pace.judge("192.0.2.2", FEED, 0.0) == 0
    assert pace.judge("192.0.2.1", "/feeds/all.rss", 0.0) == 0


def test_who_waits_as_told_is_answered() -> None:
    pace = Pace(allowed=1)
    pace.judge("192.0.2.1", FEED, 0.0)
    wait = pace.judge("192.0.2.1", FEED, 7.5)

    assert pace.judge("192.0.2.1", FEED, 7.5 + wait) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "", "testclient", "/run/socket"])
def test_clients_on_this_machine_never_wait(host: str) -> None:
    pace = Pace(allowed=0)

    assert pace.judge(host, FEED, 0.0) == 0


def test_an_ipv6_client_cannot_hide_in_its_network() -> None:
    assert find_network("2001:db8:1:2::1") == find_network("2001:db8:1:2:ffff::9") != find_network("2001:db8:1:3::1")
    assert find_network("::ffff:192.0.2.1") == find_network("192.0.2.1")


def test_however_many_come_memory_is_bounded() -> None:
    pace = Pace()
    for number in range(25_000):
        pace.judge(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", FEED, 0.0)

    assert len(pace._seen) <= 10_000
