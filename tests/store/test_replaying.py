"""What is on record is done again as it was meant, however its lines are mixed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.store.database import open_store
from digest.store.dictionary import keep_had, keep_interest
from digest.store.erasures import Erasure, Farewell, Record, Suppression
from digest.store.replaying import Replayed, replay
from digest.store.sqlite import connect

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
HASH = b"h" * 32


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with the readers 1 and 2, a month old."""
    open_store(tmp_path).close()
    with closing(connect(tmp_path / "digest.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for number in (1, 2):
            add(connection, number, NOW - timedelta(days=30))
        yield connection


def add(connection: sqlite3.Connection, number: int, created_at: datetime) -> None:
    """A reader who has confirmed."""
    row = (number, bytes([number]), keep_interest(connection, {"*": 0}), keep_had(connection, {}), created_at.timestamp())
    connection.execute(
        "INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, "
        "language, form, confirmed_at, created_at, epoch) "
        "VALUES (?1, 'a', 's', ?2, '', 'active', ?3, ?4, 'weekly', 'en', 'full', ?5, ?5, 1)",
        row,
    )


def states(connection: sqlite3.Connection) -> dict[int, str]:
    return dict(connection.execute("SELECT id, state FROM subscription ORDER BY id").fetchall())


def test_a_second_time_nothing_changes(database: sqlite3.Connection):
    records = [Farewell(NOW, 1), Erasure(NOW, 2), Suppression(NOW, HASH)]
    assert replay(database, records, NOW) == Replayed(1, 1, 1)
    assert replay(database, records, NOW) == Replayed()
    assert states(database) == {1: "left", 2: "erased"}


def test_who_left_did_so_when_they_did(database: sqlite3.Connection):
    replay(database, [Farewell(NOW - timedelta(hours=3), 1)], NOW)
    assert database.execute("SELECT left_at FROM subscription WHERE id = 1").fetchone()[0] == int(NOW.timestamp()) - 10800


def test_a_subscription_of_after_the_record_is_another_one(database: sqlite3.Connection):
    add(database, 3, NOW + timedelta(minutes=6))
    add(database, 4, NOW + timedelta(minutes=4))
    assert replay(database, [Farewell(NOW, 3), Erasure(NOW, 3), Farewell(NOW, 4)], NOW) == Replayed(left_count=1)
    assert states(database) == {1: "active", 2: "active", 3: "active", 4: "left"}


def test_it_lets_nobody_in_who_is_out(database: sqlite3.Connection):
    database.execute("UPDATE subscription SET state = 'left', left_at = 7 WHERE id = 1")
    database.execute("INSERT INTO suppression VALUES (?, 'asked', 7)", (HASH,))
    records = [Farewell(NOW, 1, came_back=True), Suppression(NOW, HASH, is_over=True)]
    assert not replay(database, records, NOW)
    assert states(database)[1] == "left"
    assert database.execute("SELECT reason FROM suppression").fetchall() == [("asked",)]


RECORDS = st.lists(
    st.one_of(
        st.builds(
            lambda day, back: Farewell(NOW + timedelta(days=day), 1, came_back=back), st.integers(0, 9), st.booleans()
        ),
        st.builds(lambda day, over: Suppression(NOW + timedelta(days=day), HASH, over), st.integers(0, 9), st.booleans()),
    ),
    unique_by=lambda one: (type(one), one.at),
    max_size=8,
)


@given(records=RECORDS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_last_word_counts_in_whatever_order_it_is_found(database: sqlite3.Connection, records: list[Record]):
    database.execute("SAVEPOINT example")
    replay(database, records, NOW)
    farewells = sorted((one for one in records if isinstance(one, Farewell)), key=lambda one: one.at)
    words = sorted((one for one in records if isinstance(one, Suppression)), key=lambda one: one.at)
    assert (states(database)[1] == "left") is bool(farewells and not farewells[-1].came_back)
    assert bool(database.execute("SELECT 1 FROM suppression").fetchone()) is bool(words and not words[-1].is_over)
    database.execute("ROLLBACK TO example")
