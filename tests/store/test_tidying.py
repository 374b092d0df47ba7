"""Rows grown old: settled readers come to share them, and nobody gets anything else for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.editions.interests import parse_row
from digest.store.tidying import find_age, settled_position_of, tidy_rows

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)


@pytest.fixture
def tidy(readership):
    """Tidies the rows of supporters; how many readers moved."""

    def tidy(settled: int, *forgotten: str) -> int:
        return tidy_rows(readership.store.file, "supporters", settled, forgotten)

    return tidy


@pytest.fixture
def floors(readership):
    """What each reader follows."""

    def floors() -> dict[int, dict[str, int]]:
        rows = readership.rows("SELECT s.id, floors FROM subscription s JOIN interest i ON i.id = interest_id")
        return {row.id: parse_row(row.floors) for row in rows}

    return floors


def settled_position(readership, list_id: str) -> int:
    with readership.store.reading() as connection:
        return settled_position_of(connection, list_id)


def test_old_floors_become_nought_so_that_readers_share_an_interest(readership, tidy, floors):
    one, other, young = (readership.reader({"ukraine": floor, "russia": 9}) for floor in (3, 5, 6))
    press = readership.reader({"ukraine": 3}, list_id="press")
    assert tidy(5) == 2
    assert floors() == {
        one: {"russia": 9, "ukraine": 0},
        other: {"russia": 9, "ukraine": 0},
        young: {"russia": 9, "ukraine": 6},
        press: {"ukraine": 3},
    }
    assert (
        len({row.interest_id for row in readership.rows(f"SELECT interest_id FROM subscription WHERE id <= {other}")}) == 1
    )
    assert (settled_position(readership, "supporters"), settled_position(readership, "press")) == (5, 0)


def test_the_settled_position_never_goes_back(readership, tidy):
    readership.reader({"ukraine": 3})
    assert (tidy(5), tidy(4)) == (1, 0)
    assert settled_position(readership, "supporters") == 5


def test_what_nobody_asks_for_any_more_is_forgotten(readership, tidy):
    readership.release("a", "b")
    one, other = readership.reader(sent={"a": 0, "b": 1}), readership.reader(sent={"b": 1})
    third, press = readership.reader(sent={"a": 0, "b": 0}), readership.reader(sent={"a": 0}, list_id="press")
    assert (tidy(0, "a"), tidy(0, "a")) == (2, 0)
    had = [readership.sent_to(reader) for reader in (one, other, third, press)]
    assert had == [{"b": 1}, {"b": 1}, {"b": 0}, {"a": 0}]


def test_interest_and_memory_of_a_reader_grow_old_together(readership, tidy, floors):
    readers = [readership.reader({"ukraine": number % 3}, {"a": 0, f"item-{number}": 1}) for number in range(30)]
    moved = tidy(2, "a")
    assert moved == 30
    assert all(floors()[reader] == {"ukraine": 0} for reader in readers)
    assert [readership.sent_to(reader) for reader in readers] == [{f"item-{number}": 1} for number in range(30)]


def test_a_run_that_was_interrupted_is_made_good_by_the_next(readership, tidy, floors):
    """As after a kill between two steps: the position stands, some readers have moved and others not."""
    one, other = readership.reader({"ukraine": 3}), readership.reader({"ukraine": 3})
    tidy(3)
    row = readership.rows("SELECT id FROM interest WHERE floors LIKE '%3%'")[0].id
    readership.change(other, interest_id=row)
    assert tidy(3) == 1
    assert floors() == {one: {"ukraine": 0}, other: {"ukraine": 0}}


def test_tidying_changes_nothing_that_anyone_gets(readership, tidy):
    readership.release("old", "a", "b")
    readers = [readership.reader({"ukraine": floor}, {"a": 0} if floor else {"long ago": 0}) for floor in (0, 1, 2)]
    edition = readership.edition()
    before = readership.carried(edition)
    tidy(0, "long ago")
    assert readership.carried(edition) == before
    assert before.keys() == set(readers)


def test_ages_are_counted_to_the_newest_frozen_edition_unless_one_waits_that_looks_back_further(readership):
    def age():
        with readership.store.reading() as connection:
            return find_age(connection, "supporters")

    day = timedelta(days=1)
    assert age() is None
    readership.edition("waiting", moment=NOW + day)
    assert age() is None
    readership.edition("sent", moment=NOW, state="finished", frozen_hash="h")
    readership.edition("sent before", moment=NOW - 7 * day, state="finished", frozen_hash="h")
    readership.edition("press", list_id="press", moment=NOW + day, state="finished", frozen_hash="h")
    assert age() == NOW
    readership.edition("late", moment=NOW - 3 * day, state="approved")
    assert age() == NOW - 3 * day
