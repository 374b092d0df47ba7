"""Counts by name: they stand until their moment, and begin anew after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.store.hot import open_hot
from digest.store.rates import add_counts, forget_counts, read_between, read_counts, sweep_counts
from digest.subscribers.limits import Count

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def connection(tmp_path):
    with open_hot(tmp_path / "var").writing() as opened:
        yield opened


def test_what_is_counted_stands_until_its_moment(connection):
    add_counts(connection, [Count("a", NOW + HOUR), Count("b", NOW + 2 * HOUR)], NOW)
    add_counts(connection, [Count("a", NOW + HOUR)], NOW)

    assert read_counts(connection, ["a", "b", "c"], NOW) == {"a": 2, "b": 1}
    assert read_counts(connection, ["a", "b", "c"], NOW + HOUR) == {"b": 1}


def test_after_its_moment_a_count_begins_anew(connection):
    add_counts(connection, [Count("a", NOW + HOUR)] * 3, NOW)
    add_counts(connection, [Count("a", NOW + 3 * HOUR)], NOW + HOUR)

    assert read_counts(connection, ["a"], NOW + 2 * HOUR) == {"a": 1}


def test_names_in_their_order(connection):
    add_counts(connection, [Count(f"hour {number:03}", NOW + HOUR) for number in range(10)], NOW)

    assert set(read_between(connection, "hour 003", "hour 005", NOW)) == {"hour 003", "hour 004", "hour 005"}
    assert read_between(connection, "hour 003", "hour 005", NOW + HOUR) == {}


def test_forgetting(connection):
    add_counts(connection, [Count("a", NOW + HOUR), Count("b", NOW + HOUR), Count("c", NOW)], NOW - HOUR)
    forget_counts(connection, ["a"])

    assert sweep_counts(connection, NOW) == 1
    assert connection.execute("SELECT name FROM rate").fetchall() == [("b",)]
