"""Every moment belongs to one period, every slot has its own, and a late hand still finds this week's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.periods import edition_id, next_strike, period_at
from digest.settings import Slot

LONDON = ZoneInfo("Europe/London")
FRIDAY = Slot(4, 9, 0)
MORNING = Slot(None, 7, 30)
WEEKS = 2_000


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ["Europe/London", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    ("slot", "grace"), [(FRIDAY, timedelta(days=1)), (Slot(6, 2, 30), timedelta(days=1)), (Slot(0, 0, 0), timedelta(days=1))]
)
def test_two_thousand_weeks_have_one_period_each(slot, grace, name):
    """Whoever prepares as the slot strikes, a day late or days early, gets that week's, and each week has its own."""
    where, day = ZoneInfo(name), datetime(2012, 1, 16, tzinfo=UTC).date() + timedelta(days=slot.weekday)
    seen = []
    for _ in range(WEEKS):
        strikes = datetime(day.year, day.month, day.day, slot.hour, slot.minute, tzinfo=where).astimezone(UTC)
        period = period_at(strikes, "weekly", slot, where)
        assert period_at(strikes + grace, "weekly", slot, where) == period
        assert period_at(strikes - timedelta(days=5), "weekly", slot, where) == period
        seen.append(period)
        day += timedelta(days=7)
    assert len(set(seen)) == WEEKS
    assert seen == sorted(seen)


@pytest.mark.parametrize("name", ["Europe/London", "America/Santiago", "Australia/Lord_Howe"])
def test_each_day_has_one_daily_period(name):
    where, day = ZoneInfo(name), datetime(2020, 1, 1).date()
    seen = []
    for _ in range(1_500):
        strikes = datetime(day.year, day.month, day.day, 0, 15, tzinfo=where).astimezone(UTC)
        period = period_at(strikes, "daily", Slot(None, 0, 15), where)
        assert period_at(strikes + timedelta(hours=3), "daily", Slot(None, 0, 15), where) == period
        seen.append(period)
        day += timedelta(days=1)
    assert len(set(seen)) == len(seen)


@settings(max_examples=200)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["Europe/London", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
    st.sampled_from([("weekly", FRIDAY), ("weekly", None), ("daily", MORNING), ("daily", None), ("at-once", None)]),
    st.integers(1, 7 * 24 * 60),
)
def test_a_later_moment_never_has_an_earlier_period(moment, name, rhythm, minutes):
    """Neither does the period leap: within a week it is the same or the next one."""
    word, slot = rhythm
    first = period_at(moment, word, slot, ZoneInfo(name))
    later = period_at(moment + timedelta(minutes=minutes), word, slot, ZoneInfo(name))
    assert first <= later
    if word == "weekly":
        assert later in {first, period_at(moment + timedelta(days=7), word, slot, ZoneInfo(name))}


@pytest.mark.parametrize(
    ("moment", "period"),
    [
        ("2022-03-04T09:00", "2022-w09"),  # Friday, on the stroke
        ("2022-03-05T09:00", "2022-w09"),  # a day late, by hand
        ("2022-03-05T09:00:01", "2022-w10"),
        ("2022-02-27T12:00", "2022-w09"),
        ("2022-02-26T09:00", "2022-w08"),
        ("2022-12-31T12:00", "2023-w01"),
        ("2027-01-01T09:00", "2026-w53"),
    ],
)
def test_a_weekly_edition_belongs_to_the_week_of_its_slot(moment, period):
    assert period_at(at(moment), "weekly", FRIDAY, LONDON) == period


@pytest.mark.parametrize(
    ("moment", "period"),
    [
        ("2022-02-28T07:30", "2022-02-28"),
        ("2022-02-28T10:30", "2022-02-28"),
        ("2022-02-28T10:30:01", "2022-03-01"),
        ("2022-06-28T09:30", "2022-06-28"),  # 10:30 on London's clock in summer
    ],
)
def test_a_daily_edition_belongs_to_the_day_of_its_slot(moment, period):
    assert period_at(at(moment), "daily", MORNING, LONDON) == period


def test_without_a_schedule_the_newsrooms_calendar_decides():
    late = at("2022-02-28T03:00")  # still Sunday the 27th in New York
    new_york = ZoneInfo("America/New_York")
    assert period_at(late, "weekly", None, new_york) == "2022-w08"
    assert period_at(late, "daily", None, new_york) == "2022-02-27"
    assert period_at(late, "at-once", None, new_york) == "2022-02-27"
    assert period_at(late, "weekly", None, UTC) == "2022-w09"
    assert period_at(at("2022-01-01T12:00"), "weekly", None, UTC) == "2021-w52"


def test_a_slot_that_comes_twice_or_never_still_makes_one_period():
    assert period_at(at("2022-10-30T00:30"), "daily", Slot(None, 1, 30), LONDON) == "2022-10-30"
    assert period_at(at("2022-03-27T01:00"), "daily", Slot(None, 1, 30), LONDON) == "2022-03-27"


@pytest.mark.parametrize(
    ("list_id", "rhythm", "period", "part", "name"),
    [
        ("supporters", "weekly", "2022-w09", 1, "2022-w09-supporters"),
        ("supporters", "weekly", "2022-w09", 2, "2022-w09-supporters-part-2"),
        ("supporters", "weekly", "2022-w09-extra-1", 1, "2022-w09-extra-1-supporters"),
        ("press", "daily", "2022-02-28", 1, "2022-02-28-press-daily"),
        ("press", "daily", "2022-02-28", 3, "2022-02-28-press-daily-part-3"),
        ("press", "at-once", "2022-02-28-1", 1, "2022-02-28-press-at-once-1"),
        ("press", "at-once", "2022-02-28-12", 2, "2022-02-28-press-at-once-12-part-2"),
        ("press", "at-once", "2022-02-28-extra-1", 1, "2022-02-28-press-at-once-extra-1"),
    ],
)
def test_ids_are_made_of_period_list_rhythm_and_part(list_id, rhythm, period, part, name):
    assert edition_id(list_id, rhythm, period, part) == name


@settings(max_examples=300)
@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([
        "Europe/London", "America/Santiago", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Kwajalein", "Asia/Kathmandu",
        "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca", "Antarctica/Troll",
    ]),
    st.sampled_from(["weekly", "daily"]),
    st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 59)),
)  # fmt: skip
def test_the_next_slot_is_the_first_and_names_the_period_of_every_moment_before_it(moment, name, rhythm, numbers):
    where, weekday = ZoneInfo(name), numbers[0] if rhythm == "weekly" else None
    slot = Slot(weekday, numbers[1], numbers[2])
    strike = next_strike(moment, rhythm, slot, where)
    following = next_strike(strike.at + timedelta(seconds=1), rhythm, slot, where)

    assert moment <= strike.at < following.at
    assert strike.period < following.period
    assert following.at - strike.at <= timedelta(days=8 if rhythm == "weekly" else 2)
    assert next_strike(strike.at, rhythm, slot, where) == strike
    grace = timedelta(days=1) if rhythm == "weekly" else timedelta(hours=3)
    for between in (moment, moment + (strike.at - moment) / 2, strike.at):
        assert next_strike(between, rhythm, slot, where) == strike
        assert period_at(between + grace, rhythm, slot, where) == strike.period


def test_a_day_that_the_clocks_skip_has_no_slot_of_its_own():
    """Samoa went from Thursday 29 to Saturday 31 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    strikes = [next_strike(at("2011-12-28T20:00"), "daily", MORNING, apia)]
    for _ in range(3):
        strikes.append(next_strike(strikes[-1].at + timedelta(seconds=1), "daily", MORNING, apia))
    assert [strike.period for strike in strikes] == ["2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]
    friday = next_strike(at("2011-12-28T20:00"), "weekly", FRIDAY, apia)
    assert friday == ("2011-w52", at("2011-12-30T19:00"))
    assert period_at(at("2011-12-31T12:00"), "weekly", FRIDAY, apia) == "2011-w52"
