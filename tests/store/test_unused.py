"""What nobody chose or was sent any more is not kept; what anybody uses is never lost, whoever comes in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.store.dictionary import keep_had, keep_interest, keep_row
from digest.store.hot import open_hot
from digest.store.unused import forget_unused_rows

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def hot(tmp_path):
    return open_hot(tmp_path)


def subscribe(connection, number, interest, had):
    connection.execute("DELETE FROM subscription WHERE id = ?", (number,))
    connection.execute(
        "INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, "
        "language, form, created_at) VALUES (?, 'a', x'', ?, x'', 'active', ?, ?, 'weekly', 'en', 'full', 0)",
        (number, number.to_bytes(4, "big"), interest, had),
    )


def count(hot, table):
    with hot.reading() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_choice_goes_a_day_after_its_last_reader(hot):
    with hot.writing() as connection:
        subscribe(connection, 1, keep_interest(connection, {"russia": 3}), keep_had(connection, {}))
        keep_interest(connection, {"ukraine": 5})
    assert forget_unused_rows(hot.file, NOW) == 0
    assert forget_unused_rows(hot.file, NOW + timedelta(hours=1)) == 0
    assert forget_unused_rows(hot.file, NOW + DAY) == 1
    with hot.reading() as connection:
        assert connection.execute("SELECT floors FROM interest").fetchall() == [('{"russia":3}',)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_who_found_a_row_just_before_keeps_it(hot):
    with hot.writing() as connection:
        first, empty = keep_interest(connection, {"russia": 3}), keep_had(connection, {})
    forget_unused_rows(hot.file, NOW)
    with hot.writing() as connection:
        subscribe(connection, 1, first, empty)  # the number was known to somebody who was at work meanwhile
        assert keep_interest(connection, {"russia": 3}) != first  # nobody else finds it
    assert forget_unused_rows(hot.file, NOW + DAY) == 0
    assert forget_unused_rows(hot.file, NOW + 2 * DAY) == 1
    with hot.reading() as connection:
        assert connection.execute("SELECT id FROM interest").fetchall() == [(first,)]
    forget_unused_rows(hot.file, NOW + 3 * DAY)
    with hot.writing() as connection:
        assert keep_interest(connection, {"russia": 3}) == first


@settings(max_examples=12)
@given(st.lists(st.tuples(st.sampled_from(["choose", "leave", "sweep"]), st.integers(1, 4), st.integers(0, 3)), max_size=25))
def test_whatever_happens_every_reader_has_the_row_that_was_chosen(tmp_path_factory, acts):
    hot, chosen, now = open_hot(tmp_path_factory.mktemp("unused")), {}, NOW
    for act, number, choice in acts:
        if act == "sweep":
            now += DAY
            forget_unused_rows(hot.file, now)
            continue
        with hot.writing() as connection:
            if act == "choose":
                row = keep_row(connection, f'{{"topic":{choice}}}')
                subscribe(connection, number, row, keep_had(connection, {}))
                chosen[number] = choice
            elif chosen.pop(number, None) is not None:
                connection.execute("DELETE FROM subscription WHERE id = ?", (number,))
    query = "SELECT s.id, i.floors FROM subscription s JOIN interest i ON i.id = s.interest_id"
    with hot.reading() as connection:
        assert dict(connection.execute(query)) == {number: f'{{"topic":{choice}}}' for number, choice in chosen.items()}
    for _ in range(2):
        now += DAY
        forget_unused_rows(hot.file, now)
    assert count(hot, "interest") == len(set(chosen.values()))
    assert count(hot, "had") == (1 if chosen else 0)
