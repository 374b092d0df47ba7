"""Moments are aware UTC with whole seconds, whoever types them; a minute that nobody can place is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.clock import LocalMinuteError, day_start, format_utc, localize, now, parse_moment, parse_utc, real_now, zone
from digest.errors import SettingsError, UsageError

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "where", "wanted"),
    [
        ("2022-02-28", LONDON, "2022-02-28T00:00:00Z"),
        ("2022-02-28", NEW_YORK, "2022-02-28T05:00:00Z"),
        ("2022-07-01", LONDON, "2022-06-30T23:00:00Z"),
        ("2022-02-28T18:00", NEW_YORK, "2022-02-28T23:00:00Z"),
        ("2022-02-28 18:00:07", NEW_YORK, "2022-02-28T23:00:07Z"),
        ("2022-02-28T18:00:07.9", NEW_YORK, "2022-02-28T23:00:07Z"),
        ("2022-02-28T18:00Z", NEW_YORK, "2022-02-28T18:00:00Z"),
        ("2022-02-28T18:00+0200", NEW_YORK, "2022-02-28T16:00:00Z"),
        (" 2022-02-28T18:00 -05:00 ", LONDON, "2022-02-28T23:00:00Z"),
        ("2022-02-28T18:00 Europe/Kyiv", LONDON, "2022-02-28T16:00:00Z"),
        ("2022-10-30T01:30+00:00", LONDON, "2022-10-30T01:30:00Z"),
    ],
)
def test_what_a_person_types_is_read_in_the_newsrooms_zone_unless_it_names_another(text, where, wanted):
    assert format_utc(parse_moment(text, where)) == wanted


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("yesterday", "cannot be read"),
        ("2022-02-30", "day is out of range"),
        ("2022-02-28T25:00", "hour must be in"),
        ("2022-02-28T18:00 Mars/Olympus", "not a time zone"),
        ("2022-10-30T01:30", "comes twice"),
        ("2022-03-27T01:30", "does not exist"),
        ("2022-03-27T02:30 Europe/Berlin", "does not exist"),
        ("0001-01-01T00:00+14:00", "outside the calendar"),
        ("28.02.2022", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_what_cannot_be_placed_is_refused_with_the_way_to_write_it(text, cause):
    with pytest.raises(UsageError, match=cause) as refusal:
        parse_moment(text, LONDON)
    assert "2022-02-28" in refusal.value.remedy


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\d([+-]\d\d:\d\d)?)?", fullmatch=True))
def test_any_text_is_a_moment_in_whole_seconds_or_a_refusal(text):
    try:
        moment = parse_moment(text, NEW_YORK)
    except UsageError:
        return
    assert moment.tzinfo is UTC
    assert moment.microsecond == 0


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31)),
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_a_local_minute_is_the_one_moment_that_shows_it_or_refused(naive, name):
    naive, where = naive.replace(microsecond=0), zone(name)
    shown = [
        guess
        for offset in range(-15 * 60, 15 * 60 + 1, 15)
        if (guess := naive.replace(tzinfo=UTC) + timedelta(minutes=offset)).astimezone(where).replace(tzinfo=None) == naive
    ]
    try:
        assert shown == [localize(naive, where)]
    except LocalMinuteError:
        assert len(shown) != 1


def test_a_day_begins_with_its_first_moment_even_where_the_clocks_skip_midnight():
    assert format_utc(day_start(date(2022, 3, 27), ZoneInfo("Asia/Beirut"))) == "2022-03-26T22:00:00Z"  # it begins at 1:00
    assert format_utc(day_start(date(2022, 9, 11), ZoneInfo("America/Santiago"))) == "2022-09-11T04:00:00Z"
    assert format_utc(day_start(date(2021, 11, 7), ZoneInfo("America/Havana"))) == "2021-11-07T04:00:00Z"  # 0:30 comes twice


@given(
    st.dates(date(1971, 1, 1), date(2037, 12, 31)), st.sampled_from(["Asia/Beirut", "America/Santiago", "America/Havana"])
)
def test_the_second_before_a_day_begins_belongs_to_the_day_before(day, name):
    first = day_start(day, zone(name))
    assert first.astimezone(zone(name)).date() == day
    assert (first - timedelta(seconds=1)).astimezone(zone(name)).date() == day - timedelta(days=1)


def test_the_environment_can_fix_the_moment_but_not_for_tokens():
    fixed = {"DIGEST_NOW": "2022-02-28T18:00:00.7-05:00"}
    assert now(fixed) == datetime(2022, 2, 28, 23, tzinfo=UTC)
    assert abs(now({}) - real_now()) <= timedelta(seconds=1)
    assert real_now().microsecond == 0


@pytest.mark.parametrize("text", ["soon", "2022-02-28", "2022-02-28T18:00"])
def test_a_fixed_moment_without_zone_is_refused(text):
    with pytest.raises(SettingsError, match="is not a moment"):
        now({"DIGEST_NOW": text})


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.timezones()))
def test_what_is_written_can_be_read_back(moment):
    assert parse_utc(format_utc(moment)) == moment.astimezone(UTC).replace(microsecond=0)


@pytest.mark.parametrize("name", ["", "Nowhere/City", "../etc/passwd", "Europe", "Europe/London\0", "ü"])
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="is not a time zone"):
        zone(name)
