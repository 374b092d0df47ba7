"""Limits: never more than was said, in whichever span one looks; and an alarm that sounds when it should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.subscribers.limits import (
    CONFIRMATIONS,
    GOODBYES,
    LINKS,
    NETWORK_LIMIT,
    WEEK_HOURS,
    Hours,
    find_network,
    hash_network,
    hour_count,
    hour_names,
    is_flood,
    network_count,
    network_names,
    place_names,
    read_hours,
    take_places,
)

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
ADDRESS = b"a" * 32


class Counted:
    """Counts by name, as the store keeps them."""

    def __init__(self):
        self.rows = {}

    def add(self, counts, now):
        for count in counts:
            known, until = self.rows.get(count.name, (0, now))
            self.rows[count.name] = (known + 1 if until > now else 1, count.until)

    def standing(self, now):
        return {name: count for name, (count, until) in self.rows.items() if until > now}


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.integers(0, 3 * 86400), min_size=1, max_size=60),
    budget=st.sampled_from([CONFIRMATIONS, LINKS, GOODBYES]),
)
def test_in_no_span_are_there_more_letters_than_the_budget_says(steps, budget):
    counted, now, sent = Counted(), NOW, []
    for step in steps:
        now += timedelta(seconds=step)
        places = take_places(budget, ADDRESS, counted.standing(now), now)
        if places is not None:
            counted.add(places, now)
            sent.append(now)
        else:  # and it was refused for a reason
            assert any(len([one for one in sent if one > now - span.length]) == span.count for span in budget.spans)
    for start in sent:
        for span in budget.spans:
            assert len([one for one in sent if start <= one < start + span.length]) <= span.count


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.integers(0, 900), min_size=30, max_size=90))
def test_in_no_hour_has_a_network_more_requests(steps):
    counted, now, passed = Counted(), NOW, []
    network = b"n" * 16
    for step in steps:
        now += timedelta(seconds=step)
        standing = counted.standing(now)
        if sum(standing.get(name, 0) for name in network_names(network, now)) < NETWORK_LIMIT:
            counted.add([network_count(network, now)], now)
            passed.append(now)
    for start in passed:
        assert len([one for one in passed if start <= one < start + timedelta(hours=1)]) <= NETWORK_LIMIT


def test_sorts_of_letters_have_budgets_of_their_own():
    """Who floods somebody with questions must not keep them from the link to their choices."""
    names = [name for budget in (CONFIRMATIONS, LINKS, GOODBYES) for span in place_names(budget, ADDRESS) for name in span]

    assert len(set(names)) == len(names) == 4 + 13 + 4


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_networks(address, network):
    assert find_network(address) == network


def test_a_networks_hash_needs_both_key_and_the_days_salt():
    here = hash_network(b"key", b"salt", "192.0.2.7")

    assert here == hash_network(b"key", b"salt", "192.0.2.200")
    assert len(here) == 16
    others = {
        hash_network(b"key", b"salt", "192.0.3.7"), hash_network(b"key", b"other", "192.0.2.7"),
        hash_network(b"other", b"salt", "192.0.2.7"),
    }  # fmt: skip
    assert len(others | {here}) == 4


@pytest.mark.parametrize(
    ("present", "last", "usual", "flood"),
    [
        (199, 0, 0, False),
        (200, 0, 0, True),
        (0, 200, 0, False),
        (0, 201, 0, True),
        (499, 0, 50, False),
        (500, 0, 50, True),
        (0, 501, 50, True),
        (200, 0, 19, True),
    ],
)
def test_the_alarm_sounds_at_ten_times_the_usual_and_ends_after_an_hour_that_is_calm(present, last, usual, flood):
    week = (last, *[usual] * (WEEK_HOURS - 1))

    assert is_flood(Hours(present, last, week)) is flood


def test_hours_are_read_from_what_was_counted():
    counted = Counted()
    for hour in range(200):
        now = NOW + timedelta(hours=hour)
        for _ in range(hour):
            counted.add([hour_count(now)], now)
    now = NOW + timedelta(hours=199, minutes=30)
    first, last = hour_names(now)
    standing = {name: count for name, count in counted.standing(now).items() if first <= name <= last}
    hours = read_hours(standing, now)

    assert (hours.present, hours.last) == (199, 198)
    assert hours.week == tuple(range(198, 198 - WEEK_HOURS, -1))
    assert len(standing) == WEEK_HOURS + 1
