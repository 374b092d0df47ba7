"""Days and moments mean one thing only, or are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from digest.items.moments import describe_moment, read_date, read_day, read_moment

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-02-28T12:00:00+00:00", datetime(2022, 2, 28, 12, tzinfo=UTC)),
        ("2022-02-28 12:00Z", datetime(2022, 2, 28, 12, tzinfo=UTC)),
        ("2022-02-28T12:00+0530", datetime(2022, 2, 28, 6, 30, tzinfo=UTC)),
        ("2022-07-01T12:00 Europe/London", datetime(2022, 7, 1, 11, tzinfo=UTC)),
        ("2022-07-01T12:00:59.9 UTC", datetime(2022, 7, 1, 12, 0, 59, tzinfo=UTC)),
        ("2022-10-30T01:30+01:00", datetime(2022, 10, 30, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_with_its_zone_is_utc(text: str, expected: datetime) -> None:
    assert read_moment(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2022-02-28T12:00", "no zone"),
        ("2022-02-28", "write a moment"),
        ("tomorrow", "write a moment"),
        ("2022-02-28T25:00Z", "no such time"),
        ("2022-02-28T12:00+99:00", "no such time"),
        ("2022-02-30T12:00Z", "no such day"),
        ("2022-10-30T01:30 Europe/London", "comes twice"),
        ("2022-03-27T01:30 Europe/London", "does not exist"),
        ("2022-02-28T12:00 Europe/Atlantis", "not a time zone"),
        ("0202-02-28T12:00Z", "surely a slip"),
        ("２０２２-02-28T12:00Z", "write a moment"),
    ],
)
def test_what_could_mean_two_things_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_moment(text)


def test_a_bare_day_begins_at_midnight_on_the_newsrooms_clock() -> None:
    assert read_date("2022-07-01", LONDON) == (date(2022, 7, 1), datetime(2022, 6, 30, 23, tzinfo=UTC), False)


def test_a_moments_day_is_the_newsrooms_day() -> None:
    day, moment, precise = read_date("2022-02-28T23:30-05:00", LONDON)
    assert (day, precise) == (date(2022, 3, 1), True)
    assert moment == datetime(2022, 3, 1, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["28.02.2022", "2022-2-28", "February 28, 2022", "2022-02-28T", "20220228", ""])
def test_other_ways_to_write_a_day_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="2022-02-28"):
        read_day(text)


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [(0, 0, "00:00 midnight"), (0, 1, "00:01 at night"), (12, 0, "12:00 noon"), (12, 1, "12:01 in the afternoon")],
)
def test_night_and_noon_cannot_be_mistaken(hour: int, minute: int, words: str) -> None:
    said = describe_moment(datetime(2022, 2, 28, hour, minute, tzinfo=UTC), LONDON)
    assert said.startswith(f"Monday 28 February 2022, {words}")
    assert said.endswith(f"(Europe/London), 2022-02-28 {hour:02}:{minute:02} UTC")
