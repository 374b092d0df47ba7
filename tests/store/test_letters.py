"""Single letters in the database: once for each occasion, due at once, and forgotten when they are old."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.delivery.transitions import State
from digest.store.database import open_store
from digest.store.files import variant_path, write_variant
from digest.store.hot import open_hot
from digest.store.letters import (
    KEPT,
    NewLetter,
    cancel_letter,
    forget_letters,
    has_letter,
    is_suppressed,
    queue_letter,
    read_letters,
)

NOW = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
LETTER = NewLetter("press-feed", "ab" * 32, b"sealed", b"hash", b"domain", link=b"link", occasion="one")


@pytest.fixture
def var(worlds, tmp_path: Path) -> Path:
    """The folder of an empty database."""
    return worlds.World(tmp_path / "var").var


@pytest.fixture
def writing(var: Path):
    """Transactions that write."""
    return open_hot(var).writing


@pytest.fixture(params=["plain", "sqlalchemy"])
def either(request: pytest.FixtureRequest, var: Path) -> Iterator[Callable]:
    """Transactions that write, on either sort of connection."""
    if request.param == "plain":
        yield open_hot(var).writing
    else:
        with closing(open_store(var)) as store:
            yield store.writing


def _rows(var: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(var / "digest.db")) as connection:
        return connection.execute(query).fetchall()


def _rest(connection: sqlite3.Connection, state: str, at: datetime) -> None:
    connection.execute("UPDATE delivery SET state = ?, outcome_at = ?", (state, int(at.timestamp())))


def test_a_letter_waits_in_the_urgent_lane_and_is_due_at_once(either, var):
    with either() as connection:
        number = queue_letter(connection, replace(LETTER, subscription=None), NOW)

    seconds = int(NOW.timestamp())
    assert _rows(
        var,
        "SELECT id, subject, edition_id, variant_id, subscription_id, epoch, domain_key, lane, state, next_at, settled, "
        "created_at, letter_id FROM delivery",
    ) == [(number, "letter", None, None, None, 0, b"domain", 0, "queued", seconds, 1, seconds, 1)]
    assert _rows(var, "SELECT * FROM letter") == [(1, "press-feed", "one", b"sealed", b"hash", b"link", "ab" * 32, seconds)]


def test_an_occasion_is_told_once_and_letters_without_one_come_again(either):
    with either() as connection:
        assert not has_letter(connection, "one")
        assert queue_letter(connection, LETTER, NOW) is not None
        assert has_letter(connection, "one")
        assert queue_letter(connection, replace(LETTER, address_hash=b"other"), NOW) is None
        again = [queue_letter(connection, replace(LETTER, occasion=None), NOW) for _ in range(2)]
        assert len(set(again)) == 2 and None not in again
        assert len(read_letters(connection, State.QUEUED)) == 3


def test_a_letter_is_queued_with_all_else_or_not_at_all(writing):
    with pytest.raises(RuntimeError), writing() as connection:
        queue_letter(connection, LETTER, NOW)
        raise RuntimeError

    with writing() as connection:
        assert not has_letter(connection, "one")
        assert read_letters(connection, *State) == []


def test_staff_see_kinds_and_states_and_no_address(either):
    with either() as connection:
        queue_letter(connection, LETTER, NOW)
        queue_letter(connection, replace(LETTER, kind="slot-missed", occasion="two"), NOW)
        first, second = read_letters(connection, State.QUEUED, State.FAILED)

        assert (first.kind, first.state, first.sealed, first.created_at, first.next_at) == (
            "press-feed", State.QUEUED, b"sealed", NOW, NOW
        )  # fmt: skip
        assert second.kind == "slot-missed"
        assert (second.rested_at, second.code, second.reply) == (None, None, "")
        assert "sealed'" not in repr(first)
        assert read_letters(connection, State.SENT) == []


def test_a_letter_that_waits_can_be_cancelled_and_is_erased(either, var):
    with either() as connection:
        queue_letter(connection, LETTER, NOW)
        assert cancel_letter(connection, "one", NOW)
        assert not cancel_letter(connection, "one", NOW)
        assert not cancel_letter(connection, "never said", NOW)
        assert [letter.sealed for letter in read_letters(connection, State.CANCELLED)] == [None]

    assert _rows(var, "SELECT sealed, link FROM letter") == [(None, None)]


@pytest.mark.parametrize("state", ["inflight", "sent", "failed"])
def test_what_has_left_or_ended_is_not_cancelled(state, writing):
    with writing() as connection:
        queue_letter(connection, LETTER, NOW)
        _rest(connection, state, NOW)
        assert not cancel_letter(connection, "one", NOW)
        assert [letter.state for letter in read_letters(connection, *State)] == [state]


def test_suppression_can_be_asked(either, var):
    with closing(sqlite3.connect(var / "digest.db")) as connection, connection:
        connection.execute("INSERT INTO suppression VALUES (?, 'asked', 0)", (b"hash",))
    with either() as connection:
        assert is_suppressed(connection, b"hash")
        assert not is_suppressed(connection, b"other")


@pytest.mark.parametrize("state", ["sent", "failed", "suppressed", "cancelled"])
def test_letters_at_rest_for_long_are_forgotten_with_their_messages(state, writing, var):
    write_variant(var, LETTER.message_hash, b"message")
    with writing() as connection:
        queue_letter(connection, LETTER, NOW)
        _rest(connection, state, NOW)
        newest = queue_letter(connection, replace(LETTER, occasion="two", message_hash="cd" * 32), NOW)

    with writing() as connection:
        assert forget_letters(connection, var, NOW + KEPT) == 0
        assert has_letter(connection, "one")
        assert forget_letters(connection, var, NOW + KEPT + timedelta(seconds=1)) == 1
        assert not has_letter(connection, "one")

    assert _rows(var, "SELECT id FROM delivery") == [(newest,)]
    assert not variant_path(var, LETTER.message_hash).exists()


@pytest.mark.parametrize("state", ["queued", "picked", "inflight", "held"])
def test_what_is_not_at_rest_is_never_forgotten(state, writing, var):
    write_variant(var, LETTER.message_hash, b"message")
    with writing() as connection:
        queue_letter(connection, LETTER, NOW)
        queue_letter(connection, replace(LETTER, occasion="two"), NOW)
        _rest(connection, state, NOW)
        assert forget_letters(connection, var, NOW + 10 * KEPT) == 0

    assert variant_path(var, LETTER.message_hash).exists()


def test_a_message_that_an_edition_or_another_letter_names_stays(writing, var, worlds):
    world = worlds.World(var)
    world.add_edition()
    with writing() as connection:
        shared = connection.execute("SELECT message_hash FROM variant").fetchone()[0]
        for number, message in enumerate([shared, "ab" * 32, "ab" * 32, "cd" * 32]):
            write_variant(var, message, b"message")
            queue_letter(connection, replace(LETTER, occasion=str(number), message_hash=message), NOW)
        _rest(connection, "sent", NOW)
        connection.execute("UPDATE delivery SET state = 'queued', outcome_at = NULL WHERE id = 3")
        queue_letter(connection, replace(LETTER, occasion="newest"), NOW)
        assert forget_letters(connection, var, NOW + 2 * KEPT) == 3

    assert variant_path(var, shared).exists()
    assert variant_path(var, "ab" * 32).exists()
    assert not variant_path(var, "cd" * 32).exists()


def test_the_newest_delivery_stays_so_that_no_number_comes_twice(writing, var):
    """The Message-ID follows from the number: a letter with that of another would be dropped as seen already."""
    seen = set()
    for day in range(3):
        now = NOW + day * 2 * KEPT
        with writing() as connection:
            forget_letters(connection, var, now)
            seen.add(queue_letter(connection, replace(LETTER, occasion=None), now))
            connection.execute("UPDATE delivery SET state = 'sent', outcome_at = ?", (int(now.timestamp()),))

    assert len(seen) == 3
    assert len(_rows(var, "SELECT id FROM delivery")) == 2


def test_no_more_than_asked_are_forgotten_at_once(writing, var):
    with writing() as connection:
        for number in range(6):
            queue_letter(connection, replace(LETTER, occasion=str(number)), NOW)
        _rest(connection, "sent", NOW)
        assert [forget_letters(connection, var, NOW + 2 * KEPT, most=3) for _ in range(3)] == [3, 2, 0]


def test_forgetting_costs_the_same_however_many_deliveries_there_are(worlds, tmp_path):
    """Neither the search nor the check that nothing names a letter any more reads the rows of editions."""
    steps = {}
    for readers in (1, 3_000):
        world = worlds.World(tmp_path / str(readers))
        world.add_edition()
        with open_hot(world.var).writing() as connection:
            for number in range(20):
                queue_letter(connection, replace(LETTER, occasion=str(number)), NOW)
            _rest(connection, "sent", NOW)
        world.add_readers(readers)
        with open_hot(world.var).writing() as connection:
            ticks = []
            connection.set_progress_handler(lambda ticks=ticks: ticks.append(1), 10)
            assert forget_letters(connection, world.var, NOW + 2 * KEPT) == 20
            connection.set_progress_handler(None, 0)
            steps[readers] = len(ticks)

    assert steps[3_000] < 1.5 * steps[1]
