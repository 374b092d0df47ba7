"""Sessions: how long one counts, and what a browser holds of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.staff.members import Member
from digest.staff.roles import Role
from digest.staff.sessions import (
    Session,
    form_token,
    hash_cookie,
    is_proved,
    judge,
    name_device,
    name_session,
    new_cookie,
    wants_touch,
)

NOW = datetime(2022, 2, 21, 9, 0, tzinfo=UTC)
ADA = Member(1, "Ada", frozenset({Role.EDITOR}), "active", 3, False, NOW)
SESSION = Session(1, 3, "Firefox on Linux", NOW, NOW, NOW)
IDLE, ABSOLUTE = timedelta(hours=1), timedelta(hours=12)
_spans = st.integers(0, 14 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@given(_spans, _spans)
def test_a_session_counts_until_idle_or_absolute_limit_whichever_comes_first(
    since_seen: timedelta, before: timedelta
) -> None:
    session = replace(SESSION, created_at=NOW - since_seen - before, seen_at=NOW - since_seen)
    counts = judge(session, ADA, NOW, IDLE, ABSOLUTE) is None
    assert counts is (since_seen < IDLE and since_seen + before < ABSOLUTE)


@given(st.integers(0, 6))
def test_only_the_epoch_that_a_session_began_under_keeps_it(epoch: int) -> None:
    assert (judge(SESSION, replace(ADA, epoch=epoch), NOW, IDLE, ABSOLUTE) is None) is (epoch == 3)


@pytest.mark.parametrize("state", ["invited", "removed"])
def test_who_is_not_active_has_no_session(state: str) -> None:
    assert judge(SESSION, replace(ADA, state=state), NOW, IDLE, ABSOLUTE)  # type: ignore[arg-type]


def test_nobody_uses_the_session_of_another_member() -> None:
    assert judge(SESSION, replace(ADA, id=2), NOW, IDLE, ABSOLUTE)


@given(st.integers(-3600, 3600))
def test_a_proof_lasts_ten_minutes_and_never_by_a_clock_that_went_backwards(seconds: int) -> None:
    assert is_proved(SESSION, NOW + timedelta(seconds=seconds)) is (0 <= seconds < 600)


def test_use_is_written_down_at_most_once_a_minute() -> None:
    assert not wants_touch(SESSION, NOW + timedelta(seconds=59))
    assert wants_touch(SESSION, NOW + timedelta(seconds=60))
    assert wants_touch(SESSION, NOW - timedelta(hours=1))  # the clock was put back: else it would never be again


def test_cookies_are_long_and_never_the_same_and_nothing_kept_holds_one() -> None:
    cookie = new_cookie()
    assert len(cookie) >= 43 and cookie != new_cookie()
    kept = hash_cookie(cookie)
    for made in (kept.hex(), form_token(cookie), name_session(kept)):
        assert cookie not in made and made not in cookie
    assert name_session(kept) not in form_token(cookie)


@given(st.text(), st.text())
def test_each_cookie_has_its_own_form_token(one: str, other: str) -> None:
    assert (form_token(one) == form_token(other)) is (one == other)
    assert form_token(one).isascii() and not set(form_token(one)) & set("+/=&")


_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_BROWSERS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0": "Edge on Windows",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Version/18.0 Safari/605.1.15": "Safari on Mac",
    f"Mozilla/5.0 (Linux; Android 15) {_WEBKIT} Chrome/139.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {_WEBKIT} Version/18.0 Safari/604.1": "Safari on iPhone",
    "curl/8.5": "an unknown browser",
    "": "an unknown browser",
}
_WORDS = frozenset(" ".join(_BROWSERS.values()).split()) | {
    "Opera",
    "Samsung",
    "Internet",
    "Chromium",
    "iPad",
    "ChromeOS",
    "BSD",
    "a",
}


@pytest.mark.parametrize(("said", "shown"), _BROWSERS.items())
def test_a_device_is_told_apart_as_coarsely_as_serves(said: str, shown: str) -> None:
    assert name_device(said) == shown


@given(st.text(max_size=300))
def test_nothing_that_a_browser_says_is_shown_as_it_came(said: str) -> None:
    assert set(name_device(said).split()) <= _WORDS
