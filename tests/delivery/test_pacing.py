"""How fast letters may leave: gates that hold in any span and end, warm-up by days, quiet hours on the newsroom's clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.clock import day_start
from digest.delivery.pacing import FREE, Allowance, Gate, Pacing, WarmUp, spread
from digest.delivery.relay import parse_smtp_urls
from digest.settings import Hours, build_settings

HOUR = 3600
NOW = 1_646_067_661  # 2022-02-28T17:01:01Z
ZONES = (
    "UTC", "Europe/London", "Europe/Kyiv", "America/New_York", "America/St_Johns", "America/Havana", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Asia/Tehran", "Asia/Kathmandu", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
    "Pacific/Apia", "Pacific/Chatham", "Antarctica/Troll", "America/Asuncion", "Asia/Gaza",
)  # fmt: skip
SETTINGS = """
[newsroom]
name = "N"
title = "N"
zone = "Europe/Kyiv"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "news.example.org,2026"
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "N <news@new.example.org>"
quiet_hours = "22:00-07:00"
[lists.press]
title = "Press"
sender = "N <press@old.example.org>"
[delivery]
per_second = 10
per_hour = 200
warm_up_plan = [50, 100]
[delivery.domains."gmail.com"]
per_hour = 20
[delivery.domains."*"]
per_second = 2
[delivery.warm_up]
"new.example.org" = 2026-12-01
"""

counts = st.integers(2, 5000) | st.sampled_from([2, 3, 59, 60, 61, 200, 3600, 7200, 10**6])
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.integers(0, int(datetime(2037, 1, 1, tzinfo=UTC).timestamp()))
hours = (
    st.tuples(st.integers(0, 1439), st.integers(0, 1439))
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: Hours(*pair))
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def key(domain: str) -> bytes:
    return f"key of {domain}".encode()


# -- gates


@given(counts, st.integers(0, 10**6), st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 2000)), max_size=60))
def test_never_more_than_the_limit_leave_in_any_hour_wherever_it_begins(
    limit: int, begin: int, wishes: list[tuple[int, int]]
) -> None:
    pacing = Pacing(relays={"a:25": (spread(limit, HOUR),)})
    passed: Counter[str] = Counter()
    left: list[int] = []
    now = begin
    for pause, wanted in wishes:
        now += pause
        (gate,) = pacing.relay_gates("a:25", now)
        number = min(wanted, gate.limit - passed[gate.name])
        passed[gate.name] += number
        left += [now] * number
    for number, moment in enumerate(left):
        in_this_hour = sum(1 for other in left[number:] if other < moment + HOUR)
        assert in_this_hour <= limit


@given(counts)
def test_an_hour_in_which_letters_always_wait_lets_most_of_the_limit_pass(limit: int) -> None:
    allowance = spread(limit, HOUR)

    assert allowance.count * HOUR / allowance.seconds >= 0.45 * limit
    if limit >= 50:
        assert allowance.count * HOUR / allowance.seconds >= 0.85 * limit


@pytest.mark.parametrize(
    ("limit", "wanted"), [(1, Allowance(1, 3600)), (2, Allowance(1, 3600)), (200, Allowance(2, 37)), (60, Allowance(1, 62))]
)
def test_letters_leave_evenly_over_the_hour(limit: int, wanted: Allowance) -> None:
    assert spread(limit, HOUR) == wanted


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(0, 10**10))
def test_a_gate_ends_and_the_next_one_has_another_name(count: int, seconds: int, now: int) -> None:
    pacing = Pacing(relays={"a:25": (Allowance(count, seconds),)}, other_domains=(Allowance(count, seconds),))

    for gates in (lambda now: pacing.relay_gates("a:25", now), lambda now: pacing.domain_gates(b"x", now)):
        (gate,) = gates(now)
        assert now < gate.until <= now + seconds and gate.limit == count
        assert gates(gate.until - 1) == (gate,)
        (later,) = gates(gate.until)
        assert later.name != gate.name


def test_no_two_things_that_are_paced_share_a_gate() -> None:
    each = (Allowance(5, 1), Allowance(5, 60))
    pacing = Pacing(relays={"a:25": each, "b:25": each}, domains={b"x": each}, other_domains=each)
    gates = [pacing.relay_gates(relay, NOW) for relay in ("a:25", "b:25")]
    gates += [pacing.domain_gates(domain, NOW) for domain in (b"x", b"y", b"z")]

    names = [gate.name for some in gates for gate in some]
    assert len(set(names)) == len(names) == 10


def test_without_settings_nothing_is_counted_and_nothing_waits() -> None:
    free = Pacing.of(build_settings(SETTINGS.split("[delivery]")[0].replace('quiet_hours = "22:00-07:00"', ""), {}), (), key)

    for pacing in (FREE, free):
        assert (
            pacing.relay_gates("a:25", NOW) == pacing.domain_gates(b"x", NOW) == pacing.list_gates("supporters", NOW) == ()
        )
        assert pacing.quiet_until("supporters", NOW) is None


def test_the_pace_comes_from_newsroom_toml_and_a_relay_may_have_its_own() -> None:
    relays = parse_smtp_urls("smtp://127.0.0.1:1 smtp://127.0.0.1:2?per_second=0&per_hour=60").chosen
    pacing = Pacing.of(build_settings(SETTINGS, {}), relays, key)

    assert pacing.relays == {"127.0.0.1:1": (Allowance(10, 1), Allowance(2, 37)), "127.0.0.1:2": (Allowance(1, 62),)}
    assert pacing.domains == {key("gmail.com"): (spread(20, HOUR),)}
    assert pacing.other_domains == (Allowance(2, 1),)
    assert pacing.warm_ups == {"supporters": WarmUp("new.example.org", date(2026, 12, 1), (50, 100))}
    assert pacing.quiet_hours == {"supporters": Hours(22 * 60, 7 * 60)}
    assert pacing.where == ZoneInfo("Europe/Kyiv")


def test_a_receiving_domain_with_a_pace_of_its_own_is_not_held_to_that_of_the_others() -> None:
    pacing = Pacing.of(build_settings(SETTINGS, {}), (), key)

    assert [gate.limit for gate in pacing.domain_gates(key("gmail.com"), NOW)] == [spread(20, HOUR).count]
    assert [gate.limit for gate in pacing.domain_gates(key("example.org"), NOW)] == [2]


# -- warm-up


@pytest.mark.parametrize(
    ("moment", "gate"),
    [
        ("2026-11-20T12:00+02:00", Gate("from new.example.org 2026-11-20", 50, at("2026-11-21T00:00+02:00"))),
        ("2026-12-01T00:00+02:00", Gate("from new.example.org 2026-12-01", 50, at("2026-12-02T00:00+02:00"))),
        ("2026-12-01T23:59+02:00", Gate("from new.example.org 2026-12-01", 50, at("2026-12-02T00:00+02:00"))),
        ("2026-12-02T00:00+02:00", Gate("from new.example.org 2026-12-02", 100, at("2026-12-03T00:00+02:00"))),
        ("2026-12-03T00:00+02:00", None),
    ],
)
def test_a_new_domain_sends_more_each_day_of_the_newsroom_and_then_without_limit(moment: str, gate: Gate | None) -> None:
    pacing = Pacing.of(build_settings(SETTINGS, {}), (), key)

    assert pacing.list_gates("supporters", at(moment)) == ((gate,) if gate else ())
    assert pacing.list_gates("press", at(moment)) == ()


def test_lists_with_senders_of_one_domain_share_its_warm_up() -> None:
    pacing = Pacing.of(build_settings(SETTINGS.replace("press@old.", "press@new."), {}), (), key)

    assert pacing.list_gates("press", NOW) == pacing.list_gates("supporters", NOW) != ()


@given(zones, moments, st.integers(1, 40))
def test_each_day_of_a_warm_up_is_one_gate_from_its_first_second_to_its_last(where: ZoneInfo, now: int, length: int) -> None:
    first_day = datetime.fromtimestamp(now, where).date() - timedelta(days=1)
    pacing = Pacing(warm_ups={"a": WarmUp("x.org", first_day, tuple(range(1, length + 1)))}, where=where)
    seen = []
    while gates := pacing.list_gates("a", now):
        (gate,) = gates
        assert now < gate.until <= now + 50 * HOUR
        assert pacing.list_gates("a", gate.until - 1) == gates
        seen.append(gate)
        now = gate.until
    assert len({gate.name for gate in seen}) == len(seen)
    assert [gate.limit for gate in seen] == sorted(gate.limit for gate in seen)
    assert now >= int(day_start(first_day + timedelta(days=length), where).timestamp())


def test_a_clock_that_goes_back_over_midnight_begins_no_day_twice() -> None:
    where = ZoneInfo("America/St_Johns")  # 2010-11-07 00:01 became 2010-11-06 23:01
    pacing = Pacing(warm_ups={"a": WarmUp("x.org", date(2010, 11, 6), (10, 20, 30))}, where=where)
    begin = int(day_start(date(2010, 11, 7), where).timestamp())

    names = [pacing.list_gates("a", begin + second)[0].name for second in (-1, 0, 59, 60, 600, 3659, 3660)]
    assert names == ["from x.org 2010-11-06"] + ["from x.org 2010-11-07"] * 6


# -- quiet hours


def quiet(hours: Hours, where: ZoneInfo, now: int) -> int | None:
    return Pacing(quiet_hours={"a": hours}, where=where).quiet_until("a", now)


def shows(where: ZoneInfo, now: int) -> int:
    shown = datetime.fromtimestamp(now, where)
    return shown.hour * 60 + shown.minute


def lies_in(hours: Hours, minute: int) -> bool:
    return hours.start <= minute < hours.end if hours.start < hours.end else minute >= hours.start or minute < hours.end


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2022-02-28T21:59:59+00:00", None),
        ("2022-02-28T22:00:00+00:00", "2022-03-01T07:00:00+00:00"),
        ("2022-03-01T06:59:59+00:00", "2022-03-01T07:00:00+00:00"),
        ("2022-03-01T07:00:00+00:00", None),
        ("2022-03-26T23:00:00+00:00", "2022-03-27T07:00:00+01:00"),
        ("2022-10-29T22:00:00+01:00", "2022-10-30T07:00:00+00:00"),
    ],
)
def test_quiet_hours_go_over_midnight_and_through_changes_of_the_clocks(moment: str, until: str | None) -> None:
    assert quiet(Hours(22 * 60, 7 * 60), ZoneInfo("Europe/London"), at(moment)) == (at(until) if until else None)


def test_quiet_hours_within_a_day_leave_the_night_alone() -> None:
    lunch = Hours(12 * 60, 13 * 60)

    assert quiet(lunch, ZoneInfo("UTC"), at("2022-02-28T12:30+00:00")) == at("2022-02-28T13:00+00:00")
    assert quiet(lunch, ZoneInfo("UTC"), at("2022-02-28T23:00+00:00")) is None


@pytest.mark.parametrize(
    ("hours", "moment", "until"),
    [
        (Hours(0, 90), "2022-10-30T00:30+01:00", "2022-10-30T01:30+00:00"),  # 01:30 comes twice: the second one counts
        (Hours(0, 90), "2022-10-30T01:45+01:00", "2022-10-30T01:30+00:00"),
        (Hours(90, 300), "2022-10-30T01:30+01:00", "2022-10-30T05:00+00:00"),  # the first one counts
        (Hours(90, 300), "2022-10-30T01:10+00:00", "2022-10-30T05:00+00:00"),
        (Hours(0, 90), "2022-03-27T00:30+00:00", "2022-03-27T02:00+01:00"),  # 01:30 never comes: the jump counts
        (Hours(90, 300), "2022-03-27T02:00+01:00", "2022-03-27T05:00+01:00"),
        (Hours(90, 300), "2022-03-27T00:59+00:00", None),
    ],
)
def test_a_minute_that_comes_twice_or_never_wakes_nobody(hours: Hours, moment: str, until: str | None) -> None:
    assert quiet(hours, ZoneInfo("Europe/London"), at(moment)) == (at(until) if until else None)


@given(zones, hours, moments)
def test_quiet_hours_hold_while_the_clock_shows_them_and_end(where: ZoneInfo, hours: Hours, now: int) -> None:
    until = quiet(hours, where, now)

    if lies_in(hours, shows(where, now)):
        assert until is not None
    if until is not None:
        assert now < until <= now + 50 * HOUR
        assert not lies_in(hours, shows(where, until)) or quiet(hours, where, until) is None
        assert quiet(hours, where, until) is None
        assert quiet(hours, where, until - 1) == until


def days(where: ZoneInfo, first: date, number: int) -> Iterator[int]:
    for offset in range(number):
        yield int(day_start(first + timedelta(days=offset), where).timestamp())


@pytest.mark.parametrize("name", ZONES)
def test_over_thousands_of_days_the_night_is_quiet_and_the_day_is_not(name: str) -> None:
    where, night = ZoneInfo(name), Hours(22 * 60, 7 * 60)
    pacing = Pacing(quiet_hours={"a": night}, where=where)
    for midnight in days(where, date(2010, 1, 1), 3000):
        for offset in (0, 3 * HOUR, 6 * HOUR + 1800, 12 * HOUR, 20 * HOUR, 22 * HOUR + 60):
            until = pacing.quiet_until("a", midnight + offset)
            assert (until is not None) == lies_in(night, shows(where, midnight + offset))
            if until is not None:
                assert (shows(where, until), until % 60) == (7 * 60, 0)
