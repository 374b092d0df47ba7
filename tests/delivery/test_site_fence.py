"""A site knows itself again, and a copy of it as another one; a clock that cannot be right is not believed."""

from __future__ import annotations

from collections.abc import Iterator
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


def test_a_database_of_before_the_first_work_is_seen():
    found = judge_home(None, Home("m", 17, 1))
    assert found is not None and found[0] is Cause.RESTORED
    assert judge_home(None, Home("m", 17, 0)) is None
    assert judge_home(None, Home("m", 17, -1)) is None


class Counting:
    """Senders that count their work in the database and then in the file, step by step; each may be cut off at any."""

    def __init__(self, senders: int) -> None:
        self.database, self.file = 0, -1
        self._steps = [self._count() for _ in range(senders)]

    def step(self, sender: int, *, writes: bool = True) -> None:
        """Let a sender take its next step; without `writes` only if that is none in the database."""
        self._can_write = writes
        next(self._steps[sender])

    def _count(self) -> Iterator[None]:
        while True:
            self.file = max(self.file, 0)
            yield
            while not self._can_write:
                yield
            self.database = mine = self.database + 1
            yield
            self.file = max(self.file, mine)
            yield

    @property
    def known(self) -> Home | None:
        """What the database says."""
        return Home("m", 17, self.database) if self.database else None

    @property
    def present(self) -> Home:
        """What the file says."""
        return Home("m", 17, self.file)


SENDERS = st.lists(st.integers(0, 2), max_size=12)


@given(before=SENDERS, between=SENDERS, locked=SENDERS)
def test_senders_that_count_on_look_like_no_restored_database(before: list[int], between: list[int], locked: list[int]):
    site = Counting(3)
    for sender in before:
        site.step(sender)
    present = site.present
    for sender in between:
        site.step(sender)
    if judge_home(site.known, present) is not None:  # then it is looked at once more while nobody else can write
        assert present.work < 0, "only a site at its very first work can look so"
        known = site.known
        for sender in locked:
            site.step(sender, writes=False)
        assert judge_home(known, site.present) is None


def test_looked_at_the_other_way_round_they_would():
    site = Counting(1)
    for _ in range(3):
        site.step(0)
    known = site.known
    for _ in range(4):
        site.step(0)
    assert judge_home(known, site.present) is not None


def test_only_where_a_database_lives_makes_its_letters_doubtful():
    doubting = {cause for cause in Cause if SiteFence(cause, "", NOON).doubts_letters}
    assert doubting == {Cause.MOVED, Cause.RESTORED}


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
