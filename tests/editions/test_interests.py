"""How interests begin, change and grow old, and how they become shared rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.facts import EVERYTHING, LogEvent, build_facts, build_roots
from digest.editions.interests import (
    age_floors,
    build_forgotten,
    build_interest,
    change_topics,
    parse_row,
    prune_had,
    render_row,
    row_key,
    settled_position,
)
from digest.editions.selection import WITHDRAWAL_TOLD

MOMENTS = [datetime(2022, 2, day, 22, 30, tzinfo=UTC) for day in (1, 10, 20, 20, 28)]
NOW = datetime(2022, 3, 1, 12, tzinfo=UTC)
MAX_AGE = timedelta(days=35)


def test_interest_begins_with_one_floor_for_all_its_topics():
    assert build_interest(["russia", "ukraine"], 7) == {"russia": 7, "ukraine": 7}
    assert build_interest([], 7) == {EVERYTHING: 7}


def test_topic_added_counts_from_the_last_edition_the_reader_could_have_had():
    interest = {"russia": 3}

    assert change_topics(interest, ["russia", "ukraine"], confirmed=3, last_frozen=9) == {"russia": 3, "ukraine": 9}
    assert change_topics(interest, ["russia", "ukraine"], confirmed=3, last_frozen=1) == {"russia": 3, "ukraine": 3}
    assert change_topics(interest, ["russia", "ukraine"], confirmed=3, last_frozen=None) == {"russia": 3, "ukraine": 3}


def test_topic_dropped_and_chosen_again_starts_anew():
    dropped = change_topics({"russia": 3, "ukraine": 3}, ["russia"], confirmed=3, last_frozen=9)

    assert dropped == {"russia": 3}
    assert change_topics(dropped, ["russia", "ukraine"], confirmed=3, last_frozen=9) == {"russia": 3, "ukraine": 9}


def test_narrowing_keeps_the_floor_of_everything():
    assert change_topics({EVERYTHING: 4}, ["ukraine"], confirmed=4, last_frozen=9) == {"ukraine": 4}


def test_widening_counts_as_adding_and_keeps_what_is_still_due():
    widened = change_topics({"ukraine": 4}, [], confirmed=4, last_frozen=9)

    assert widened == {"ukraine": 4, EVERYTHING: 9}
    assert change_topics(widened, [], confirmed=4, last_frozen=12) == widened
    assert change_topics(widened, ["ukraine", "russia"], confirmed=4, last_frozen=12) == {"ukraine": 4, "russia": 9}


def test_narrowing_never_raises_a_floor():
    assert change_topics({"ukraine": 8, EVERYTHING: 5}, ["ukraine"], confirmed=5, last_frozen=9) == {"ukraine": 5}


def test_floors_too_old_to_matter_become_nought():
    moment = MOMENTS[1] + MAX_AGE

    assert settled_position(MOMENTS, moment, MAX_AGE) == 1
    assert settled_position(MOMENTS, moment + timedelta(seconds=1), MAX_AGE) == 2
    assert age_floors({"russia": 2, "ukraine": 3}, 2) == {"russia": 0, "ukraine": 3}


def released(number: int, item: str, root: str, day: int) -> LogEvent:
    at = NOW - timedelta(days=day)
    return LogEvent(number, "released", item, root, "en", (), (EVERYTHING,), at, urgent=False, backfill=False)


def test_had_forgets_groups_in_which_nothing_happened_for_half_a_year():
    events = [
        released(1, "old", "old", 181),
        released(2, "original", "original", 181),
        released(3, "corrected", "corrected", 181),
        released(4, "edge", "edge", 180),
        released(5, "translation", "original", 10),
        replace(released(6, "corrected", "corrected", 9), type="corrected", entered=()),
    ]
    had = {"old": WITHDRAWAL_TOLD, "original": 0, "corrected": 0, "edge": 1}
    facts, roots = build_facts(events, 6), build_roots(events)

    kept = prune_had(had, build_forgotten(facts, roots, NOW, MAX_AGE))

    assert kept == {"original": 0, "corrected": 0, "edge": 1}
    assert prune_had(had, build_forgotten(facts, roots, NOW, timedelta(days=365))) == had


def test_equal_mappings_share_one_row():
    row = render_row({"ukraine": 3, "*": 0})

    assert row == '{"*":0,"ukraine":3}'
    assert row == render_row({"*": 0, "ukraine": 3})
    assert row_key(row) == "0e899d9c6fa694e61ebfc733bb2e39fc6ef94a4af07770265b3e65a14ea8b9e8"


@given(st.dictionaries(st.text(max_size=5), st.integers(-1, 10**9), max_size=5))
def test_row_can_be_read_back(mapping):
    assert parse_row(render_row(mapping)) == mapping


@pytest.mark.parametrize(("one", "other"), [({"a": 1}, {"a": 2}), ({"a": 1}, {"b": 1}), ({}, {"a": 0})])
def test_different_mappings_have_different_keys(one, other):
    assert row_key(render_row(one)) != row_key(render_row(other))
