"""What was erased stands in no corner of the database a day later, and nobody waits for that."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from digest.store import cleaning
from digest.store.cleaning import note_traces, write_anew
from digest.store.facts import keep_fact
from digest.store.forgetting import truncate_log
from digest.store.hot import open_hot
from digest.store.sqlite import connect

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
CORNER = b"left in a corner"


@pytest.fixture
def hot(tmp_path):
    """A database in one of whose pages something is left."""
    hot = open_hot(tmp_path)
    with closing(connect(hot.file)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("INSERT INTO fact VALUES ('x', ?)", (CORNER.decode() * 20,))
        connection.execute("DELETE FROM fact WHERE name = 'x'")
    return hot


def is_left(hot):
    with closing(connect(hot.file)) as connection:
        assert truncate_log(connection)
    return CORNER in hot.file.read_bytes()


def erase(hot):
    with hot.writing() as connection:
        note_traces(connection)


def test_it_is_written_anew_once_something_was_erased_and_once_a_day(hot):
    assert not write_anew(hot.file, NOW)
    assert is_left(hot)
    erase(hot)
    assert write_anew(hot.file, NOW)
    assert not is_left(hot)
    erase(hot)
    assert not write_anew(hot.file, NOW + timedelta(hours=1))
    assert write_anew(hot.file, NOW + timedelta(hours=21))
    assert not write_anew(hot.file, NOW + timedelta(hours=42))


def test_a_clock_that_once_ran_ahead_does_not_end_it(hot):
    erase(hot)
    assert write_anew(hot.file, NOW + timedelta(days=9000))
    erase(hot)
    assert write_anew(hot.file, NOW)


def test_where_others_write_it_is_left_for_another_time(hot):
    erase(hot)
    with hot.writing() as connection:
        keep_fact(connection, "busy", "1")
        assert not write_anew(hot.file, NOW)
    with closing(connect(hot.file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM fact").fetchall()
        assert write_anew(hot.file, NOW)
    assert not is_left(hot)


def test_a_large_database_is_left_as_it_is(hot, monkeypatch):
    erase(hot)
    monkeypatch.setattr(cleaning, "LARGEST", 1000)
    assert not write_anew(hot.file, NOW)


def test_who_works_at_it_goes_on(hot):
    """The ledger's prepared statements, and rows by their numbers."""
    erase(hot)
    with closing(sqlite3.connect(hot.file, isolation_level=None)) as connection:
        query = "SELECT value FROM fact WHERE name = ?"
        connection.execute(query, ("x",)).fetchall()
        assert write_anew(hot.file, NOW)
        connection.execute("INSERT INTO fact VALUES ('y', 'z')")
        assert connection.execute(query, ("y",)).fetchall() == [("z",)]
