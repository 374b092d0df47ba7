"""Letters that are let go by one statement for all are those that the rule for a single one lets go, whatever the facts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import digest.store
from digest.delivery.ledger import Picked
from digest.delivery.pace import Rules
from digest.delivery.transitions import Facts, Fence, Refusal, State, after_refusal, judge_fence
from digest.store.admission import Admission
from digest.store.sending import Question, Sending

ME, NOW = 1, 1000
SCHEMA = (Path(digest.store.__file__).parent / "schema.sql").read_text()
STATES = ("draft", "frozen", "sending", "paused", "finished", "cancelled")


class EditionFacts(NamedTuple):
    """An edition as it may be."""

    state: str
    approved: str | None
    frozen: str | None
    earliest_at: int | None


class LetterFacts(NamedTuple):
    """A delivery with its reader as they may be; `edition` 0 is a single letter."""

    edition: int
    state: State
    sender: int | None
    unknown_count: int
    stopped: bool
    variant_stopped: bool
    reader_state: str | None
    reader_epoch: int
    epoch: int
    suppressed: bool
    has_letter: bool
    erased: bool


editions = st.builds(
    EditionFacts,
    st.sampled_from((*STATES, "sending", "sending", "sending")),
    st.sampled_from(("h", "h", "h", "x", None)),
    st.sampled_from(("h", "h", "h", None)),
    st.sampled_from((None, None, NOW - 1, NOW, NOW + 1)),
)
letters = st.builds(
    LetterFacts,
    st.integers(0, 2),
    st.sampled_from((State.PICKED, State.PICKED, State.PICKED, *State)),
    st.sampled_from((ME, ME, ME, 2, None)),
    st.integers(0, 1),
    st.sampled_from((False, False, False, True)),
    st.sampled_from((False, False, False, True)),
    st.sampled_from(("active", "active", "active", "pending", "left", "erased", None)),
    st.sampled_from((1, 1, 1, 2)),
    st.sampled_from((1, 1, 1, 0)),
    st.sampled_from((False, False, False, True)),
    st.booleans(),
    st.sampled_from((False, False, True)),
)
groups = st.tuples(st.tuples(editions, editions), st.lists(letters, min_size=1, max_size=9))


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO interest VALUES (1, 'a', '{}')")
        connection.execute("INSERT INTO had VALUES (1, 'a', '{}')")
        yield connection


def write(connection: sqlite3.Connection, two: tuple[EditionFacts, ...], many: list[LetterFacts]) -> list[Picked]:
    for table in ("delivery", "letter", "variant", "edition", "subscription", "suppression"):
        connection.execute(f"DELETE FROM {table}")
    for number, one in enumerate(two, 1):
        connection.execute(
            "INSERT INTO edition (id, list_id, rhythm, period, state, moment, horizon, changed_by, changed_what, "
            "changed_at, approved_hash, frozen_hash, earliest_at) "
            "VALUES (?, 'list', 'weekly', ?, ?, 0, 0, '', '', 0, ?, ?, ?)",
            (f"e{number}", f"e{number}", *one),
        )
        for stopped in (0, 1):
            variant = (2 * number + stopped, f"e{number}", str(stopped), stopped)
            connection.execute("INSERT INTO variant VALUES (?, ?, ?, '', 'en', 'full', 'm', ?)", variant)
    return [_write_letter(connection, number, one) for number, one in enumerate(many, 1)]


def _write_letter(connection: sqlite3.Connection, number: int, one: LetterFacts) -> Picked:
    reader = letter = None
    if one.reader_state is not None:
        reader = number
        row = (number, str(number).encode(), one.reader_state, one.reader_epoch)
        connection.execute(
            "INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, "
            "language, form, epoch, created_at) VALUES (?, 'list', x'00', ?, x'00', ?, 1, 1, 'weekly', 'en', 'full', ?, 0)",
            row,
        )
    if one.edition == 0 and one.has_letter:
        letter = number
        sealed = None if one.erased else b"sealed"
        connection.execute("INSERT INTO letter VALUES (?, 'k', NULL, ?, ?, NULL, 'm', 0)", (number, sealed, b"l%d" % number))
    if one.suppressed and (reader or letter):
        address = str(number).encode() if reader else b"l%d" % number
        connection.execute("INSERT INTO suppression VALUES (?, 'asked', 0)", (address,))
    subject, edition = ("letter", None) if one.edition == 0 else ("edition", f"e{one.edition}")
    variant = None if one.edition == 0 else 2 * one.edition + one.variant_stopped
    values = (
        number,
        subject,
        edition,
        variant,
        reader,
        one.epoch,
        one.state,
        one.stopped,
        one.unknown_count,
        one.sender,
        letter,
    )
    connection.execute(
        "INSERT INTO delivery (id, subject, edition_id, variant_id, subscription_id, epoch, state, stopped, unknown_count, "
        "sender, letter_id, domain_key, lane, next_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'00', 0, 0, 0)",
        values,
    )
    return Picked(number, edition, "m", reader, one.epoch, b"sealed", b"\0", letter=letter)


def expect(two: tuple[EditionFacts, ...], one: LetterFacts) -> tuple[Refusal | None, State]:
    """What the rule says of a letter, from the facts as they were drawn."""
    edition = None if one.edition == 0 else two[one.edition - 1]
    stopped = one.stopped or (one.variant_stopped and edition is not None)
    with_letter = edition is None and one.has_letter
    fence = Fence(
        mine=one.state is State.PICKED and one.sender == ME,
        edition_state=None if edition is None else edition.state,
        approved=edition is not None and edition.approved is not None and edition.approved == edition.frozen,
        early=edition is not None and edition.earliest_at is not None and edition.earliest_at > NOW,
        stopped=stopped,
        reader_state=one.reader_state,
        same_epoch=one.reader_state is not None and one.reader_epoch == one.epoch,
        suppressed=one.suppressed and (one.reader_state is not None or with_letter),
        readerless=edition is None and one.reader_state is None and one.epoch == 0,
        erased=with_letter and one.erased,
    )
    refusal = judge_fence(fence)
    if refusal is None:
        return None, State.INFLIGHT
    cancelled = edition is not None and edition.state == "cancelled"
    facts = Facts(one.state, one.unknown_count, stopped=stopped or cancelled, letter=edition is None)
    return refusal, after_refusal(facts, refusal).state


@given(groups)
@hypothesis_settings(max_examples=400, deadline=None)
def test_what_is_let_go_in_bulk_is_what_the_rule_lets_go(database: sqlite3.Connection, group) -> None:
    two, many = group
    going = write(database, two, many)
    answers = Sending(database, ME, Rules(), None).exchange([Question(None, picked, False) for picked in going], NOW)
    states = dict(database.execute("SELECT id, state FROM delivery").fetchall())

    for picked, answer, one in zip(going, answers, many, strict=True):
        refusal, state = expect(two, one)
        assert (answer.allowed, answer.refusal) == (refusal is None, refusal)
        assert states[picked.id] == state
        assert answer.refused == (None if refusal is None else state)


@given(groups)
@hypothesis_settings(max_examples=200, deadline=None)
def test_a_letter_in_a_group_goes_or_not_as_it_would_alone(database: sqlite3.Connection, group) -> None:
    def run(together: bool) -> list[tuple[object, ...]]:
        going = [Question(None, picked, False) for picked in write(database, *group)]
        sending = Sending(database, ME, Rules(), None)
        for questions in [going] if together else [[question] for question in going]:
            sending.exchange(questions, NOW)
        return database.execute("SELECT * FROM delivery ORDER BY id").fetchall()

    assert run(together=True) == run(together=False)


def test_plain_letters_are_let_go_without_being_looked_at_one_by_one(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Admission, "_admit_one")
    plain = LetterFacts(1, State.PICKED, ME, 1, False, False, "active", 1, 1, False, False, False)
    going = write(database, (EditionFacts("sending", "h", "h", NOW),) * 2, [plain] * 5)
    answers = Sending(database, ME, Rules(), None).exchange([Question(None, picked, False) for picked in going], NOW)

    assert all(answer.allowed for answer in answers)
