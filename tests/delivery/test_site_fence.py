"""A site knows itself again, and a copy of it as another one; a clock that cannot be right is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.site_fence import TOLERANCE, Cause, Home, SiteFence, describe_span, judge_clock, judge_home

KNOWN = Home("m", 17, 5)
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_a_site_that_lives_where_it_did_goes_on():
    assert judge_home(KNOWN, KNOWN) is None


@pytest.mark.parametrize(
    ("present", "cause"),
    [
        (Home("other", 17, 5), Cause.MOVED),
        (Home("m", 18, 5), Cause.MOVED),
        (Home("m", 17, 6), Cause.RESTORED),
        (Home("m", 17, 900), Cause.RESTORED),
        (Home("m", 17, -1), Cause.RESTORED),
    ],
)
def test_a_copy_and_a_restored_database_are_seen(present: Home, cause: Cause):
    found = judge_home(KNOWN, present)
    assert found is not None and found[0] is cause


def test_a_crash_between_database_and_file_is_no_restored_database():
    assert judge_home(KNOWN, Home("m", 17, 4)) is None


def test_a_site_that_has_never_sent_needs_no_count():
    assert judge_home(Home("m", 17, 0), Home("m", 17, -1)) is None


@given(drift=st.timedeltas(-TOLERANCE, TOLERANCE), behind=st.timedeltas(-timedelta(days=9), TOLERANCE))
def test_a_clock_that_is_corrected_a_little_is_believed(drift: timedelta, behind: timedelta):
    assert judge_clock(NOON - behind, NOON, drift) is None


@pytest.mark.parametrize("drift", [timedelta(minutes=5, seconds=1), -timedelta(hours=1)])
def test_a_clock_that_was_set_while_digest_ran_is_not(drift: timedelta):
    found = judge_clock(NOON, None, drift)
    assert found is not None and found[0] is Cause.CLOCK_MOVED
    assert ("forward" in found[1]) == (drift > timedelta())


def test_a_clock_behind_what_it_wrote_is_not():
    found = judge_clock(NOON - timedelta(days=2), NOON, timedelta())
    assert found is not None and found[0] is Cause.CLOCK_BACK and "2 days behind" in found[1]


def test_only_a_doubtful_clock_stops_releases():
    stopping = {cause for cause in Cause if SiteFence(cause, "", NOON).stops_releases}
    assert stopping == {Cause.CLOCK_BACK, Cause.CLOCK_MOVED}


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=3, minutes=50), "3 hours"),
        (timedelta(days=40), "40 days"),
    ],
)
def test_spans_are_told_in_whole_units(span: timedelta, words: str):
    assert describe_span(span) == words
