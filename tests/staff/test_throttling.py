"""Throttling: guessing is slow for everybody, and nobody can lock a member out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.staff.throttling import MEMORY, MINUTE_LIMIT, Gate, Gates, Tried, build_gates, find_wait, find_wait_of

KEY = b"k" * 32
NOW = datetime(2022, 2, 21, 9, 0, tzinfo=UTC)
HOME, AWAY = "192.0.2.0/24", "198.51.100.0/24"


class Book:
    """Counts as the store keeps them."""

    def __init__(self) -> None:
        self.counts: dict[str, Tried] = {}
        self.tried = 0

    def wait(self, gates: Gates, now: datetime) -> timedelta:
        standing = {name: one for name, one in self.counts.items() if one.last_at + MEMORY > now or "known" in name}
        return find_wait(gates, standing, now)

    def fail(self, name: str, network: str, now: datetime) -> bool:
        """Try a wrong password; whether it was looked at."""
        gates = build_gates(KEY, name, network, now)
        if self.wait(gates, now) > timedelta(0):
            return False
        self.tried += 1
        for count in (*gates.failures, gates.minute):
            before = self.counts.get(count)
            kept = before.count if before and before.last_at + MEMORY > now else 0
            self.counts[count] = Tried(kept + 1, now)
        return True


def test_five_tries_are_free_and_then_each_waits_twice_as_long_up_to_an_hour() -> None:
    gate = build_gates(KEY, "ada", HOME, NOW).pair
    waits = [find_wait_of(gate, Tried(count, NOW), NOW) // timedelta(minutes=1) for count in range(14)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.integers(0, 10_000), st.integers(-7200, 7200))
def test_no_wait_is_longer_than_the_longest_whatever_the_clock_does(count: int, seconds: int) -> None:
    gate = Gate("any", 5, timedelta(hours=1))
    wait = find_wait_of(gate, Tried(count, NOW), NOW + timedelta(seconds=seconds))
    assert timedelta(0) <= wait <= timedelta(hours=1)
    assert count >= 5 or wait == timedelta(0)


@given(st.integers(5, 40), st.integers(0, 3600))
def test_a_wait_ends_when_it_says(count: int, seconds: int) -> None:
    gate = Gate("any", 5, timedelta(hours=1))
    now = NOW + timedelta(seconds=seconds)
    wait = find_wait_of(gate, Tried(count, NOW), now)
    assert find_wait_of(gate, Tried(count, NOW), now + wait) == timedelta(0)


def test_ten_thousand_guesses_from_one_place_in_an_hour_are_hardly_looked_at() -> None:
    book = Book()
    for number in range(10_000):
        book.fail("ada", HOME, NOW + timedelta(seconds=number * 0.36))
    assert book.tried <= 12


def test_ten_thousand_guesses_from_ten_thousand_networks_are_hardly_looked_at() -> None:
    book = Book()
    for number in range(10_000):
        book.fail("ada", f"network {number}", NOW + timedelta(seconds=number * 0.36))
    assert book.tried <= 60


def test_one_network_that_tries_every_name_is_slowed_too() -> None:
    book = Book()
    for number in range(10_000):
        book.fail(f"name {number}", HOME, NOW + timedelta(seconds=number * 0.36))
    assert book.tried <= 60


def test_all_together_make_no_more_tries_in_a_minute_than_the_site_can_bear() -> None:
    book = Book()
    for number in range(1000):
        book.fail(f"name {number}", f"network {number}", NOW + timedelta(seconds=number * 0.05))
    assert book.tried == MINUTE_LIMIT
    assert book.fail("another", "elsewhere", NOW + timedelta(seconds=60))


@given(st.integers(0, 5000))
def test_whatever_others_try_elsewhere_a_member_comes_in_where_they_came_in_before(tries: int) -> None:
    gates = build_gates(KEY, "ada", HOME, NOW)
    counts = {name: Tried(tries, NOW) for name in (gates.name.name, gates.network.name, gates.minute)}
    known = {gates.known: Tried(1, NOW - timedelta(days=20))}
    assert find_wait(gates, counts | known, NOW) == timedelta(0)
    assert tries < 20 or find_wait(gates, counts, NOW) > timedelta(0)


@given(st.integers(5, 5000))
def test_where_a_member_came_in_before_guessing_is_slow_all_the_same(tries: int) -> None:
    gates = build_gates(KEY, "ada", HOME, NOW)
    counts = {gates.pair.name: Tried(tries, NOW), gates.known: Tried(1, NOW)}
    assert find_wait(gates, counts, NOW) >= timedelta(minutes=1)


@given(st.integers(0, 5000))
def test_a_member_who_comes_from_elsewhere_waits_a_quarter_of_an_hour_at_most(tries: int) -> None:
    gates = build_gates(KEY, "ada", AWAY, NOW)
    assert find_wait(gates, {gates.name.name: Tried(tries, NOW)}, NOW) <= timedelta(minutes=15)


def test_what_was_tried_with_one_name_makes_no_other_name_wait() -> None:
    book = Book()
    for number in range(30):
        book.fail("ada", HOME, NOW + timedelta(seconds=number))
    assert not book.fail("ada", HOME, NOW + timedelta(seconds=40))
    assert book.fail("ben", HOME, NOW + timedelta(seconds=40))
    assert book.fail("ada", AWAY, NOW + timedelta(seconds=40))


def test_after_a_quiet_day_everything_is_forgotten() -> None:
    book = Book()
    for number in range(200):
        book.fail("ada", HOME, NOW + timedelta(seconds=number))
    later = NOW + MEMORY + timedelta(hours=1)
    assert all(book.fail("ada", HOME, later + timedelta(seconds=number)) for number in range(5))


@given(st.text(), st.text(), st.text(), st.text())
def test_counts_tell_pairs_apart_and_name_nobody(name: str, network: str, other: str, further: str) -> None:
    one, two = build_gates(KEY, name, network, NOW), build_gates(KEY, other, further, NOW)
    assert (one.pair == two.pair) is ((name, network) == (other, further))
    for count in one.counts:
        assert count.isascii() and len(count) < 60
        assert len(name) < 4 or name not in count.partition(" ")[2].partition(" ")[2]
        assert len(network) < 4 or network not in count.partition(" ")[2].partition(" ")[2]


def test_without_the_key_no_count_can_be_recomputed() -> None:
    assert not set(build_gates(KEY, "ada", HOME, NOW).failures) & set(build_gates(b"x" * 32, "ada", HOME, NOW).failures)
