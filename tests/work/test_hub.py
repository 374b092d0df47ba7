"""Whatever a hub answers means something, and what it says can be shown anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.work.hub import judge_answer, wait_after

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = st.one_of(st.text(max_size=300), st.from_regex(r"[A-Z][a-z]{2}, \d\d Nov \d{1,6} \d\d:\d\d:\d\d [+-]?\w{1,5}"))


@settings(max_examples=200)
@given(st.integers(100, 599), TEXTS, st.text(max_size=300), st.text(max_size=300))
def test_any_answer_is_taken_put_off_or_waited_for_in_plain_words(status, retry_after, location, text):
    answer = judge_answer(status, retry_after, location, text, NOW)

    assert (answer.verdict == "taken") == (200 <= status < 300)
    assert timedelta(0) <= answer.wait <= timedelta(hours=24)
    assert answer.words.isprintable()
    assert len(answer.words) < 400


@pytest.mark.parametrize(
    ("retry_after", "minutes"),
    [
        ("0", 0),
        ("90", 1.5),
        ("Sun, 22 Nov 2026 12:10:00 GMT", 10),
        ("Sun, 22 Nov 2026 13:10:00 +0100", 10),
        ("Sun, 22 Nov 2026 12:10:00 -0000", 10),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 11:00:00 GMT", 24 * 60),
        ("soon", 0),
        ("-5", 0),
        ("", 0),
    ],
)
def test_a_wait_is_read_in_both_its_forms(retry_after, minutes):
    assert judge_answer(503, retry_after, "", "", NOW).wait == timedelta(minutes=minutes)


def test_a_wait_that_comes_with_any_refusal_is_respected():
    assert judge_answer(400, "600", "", "", NOW).verdict == "busy"


def test_waits_double_from_a_minute_to_six_hours():
    assert [wait_after(count) / timedelta(minutes=1) for count in range(1, 12)] == [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360,
    ]  # fmt: skip
    assert wait_after(10**6) == timedelta(hours=6)
