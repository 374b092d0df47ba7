"""What was sent becomes what readers had: all of it, once, whether at one go or in steps beside a sender."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import update

from digest.editions.content import CarriedItem, VariantContent
from digest.editions.selection import WITHDRAWAL_TOLD, add_to_had
from digest.errors import StoreError
from digest.store import settling
from digest.store.pausing import Pausing
from digest.store.schema import delivery
from digest.store.settling import settle_in_steps

OPEN = ("queued", "picked", "inflight", "held")
OVER = ("failed", "cancelled", "suppressed")


def build(*new: str, **more) -> VariantContent:
    """What a variant carries."""
    return VariantContent(
        "en", "full", tuple(CarriedItem(item, 0, "") for item in new), more.get("corrected", ()), more.get("withdrawn", ())
    )


@pytest.fixture(params=["at one go", "in steps", "reader by reader"])
def settle(request, readership, monkeypatch):
    """Each way to settle."""
    if request.param == "at one go":
        return readership.settle
    if request.param == "reader by reader":
        monkeypatch.setattr(settling, "Pausing", _OneByOne)
    return lambda: settle_in_steps(readership.store.file)


class _OneByOne(Pausing):
    """Steps that are as small as can be."""

    @property
    def size(self) -> int:
        return 1

    @size.setter
    def size(self, _size: int) -> None:
        pass


def test_only_what_was_sent_is_settled_into_what_readers_had(readership, settle):
    edition = readership.edition()
    states = ("sent", *OPEN, *OVER)
    readers = {state: readership.reader(sent={"x": 1}) for state in states}
    for state, reader in readers.items():
        readership.deliver(edition, build("a", corrected=(("x", 2),)), reader, state)

    assert settle() == 4
    assert {state: readership.sent_to(reader) for state, reader in readers.items()} == {
        "sent": {"a": 0, "x": 2},
        **{state: {"x": 1} for state in states[1:]},
    }
    assert {row.state for row in readership.rows("SELECT state FROM delivery WHERE settled = 1")} == {"sent", *OVER}


def test_settling_may_be_repeated_and_changes_nothing_that_anyone_gets(readership, settle):
    readership.release("a", "b")
    one = readership.reader()
    readership.deliver(readership.edition("first"), build("a"), one, "sent")
    edition = readership.edition()
    before = readership.carried(edition)
    assert (settle(), settle()) == (1, 0)
    assert readership.sent_to(one) == {"a": 0}
    assert readership.carried(edition) == before != {}


def test_each_pair_of_memory_and_variant_is_settled_for_itself(readership, settle):
    readership.release("a", "b", "y")
    edition = readership.edition()
    pairs = [(sent, content) for sent in ({}, {"x": 1}, {"y": 0}) for content in (build("a"), build("a", "b"))]
    readers = [(readership.reader(sent=sent), sent, content) for sent, content in pairs for _ in range(2)]
    for reader, _, content in readers:
        readership.deliver(edition, content, reader, "sent")
    untouched = readership.reader(sent={"x": 1})
    settle()

    for reader, sent, content in readers:
        assert readership.sent_to(reader) == add_to_had(sent, content.selection)
    assert readership.sent_to(untouched) == {"x": 1}


def test_several_editions_of_one_reader_are_all_settled(readership, settle):
    one = readership.reader()
    for number, content in enumerate((build("a"), build("b"), build(withdrawn=("a",)), build(corrected=(("b", 3),)))):
        readership.deliver(readership.edition(f"edition {number}"), content, one, "sent")
    assert settle() == 4
    assert readership.sent_to(one) == {"a": WITHDRAWAL_TOLD, "b": 3}


def test_what_was_sent_before_a_reader_left_is_not_what_they_had_when_they_return(readership, settle):
    one = readership.reader(epoch=2)
    readership.deliver(readership.edition(), build("a"), one, "sent", epoch=1)
    assert settle() == 1
    assert readership.sent_to(one) == {}


def test_letters_without_an_edition_or_a_reader_are_settled_too(readership, settle):
    edition = readership.edition()
    readership.deliver(edition, build("a"), None, "sent")
    readership.deliver(edition, build("a"), readership.reader(), "sent", edition_id=None, variant_id=None)
    assert settle() == 2
    assert settle() == 0


def test_what_is_sent_after_a_step_has_passed_is_settled_by_the_next_run(readership, settle):
    edition = readership.edition()
    one, other = readership.reader(), readership.reader()
    readership.deliver(edition, build("a"), one)
    readership.deliver(edition, build("a"), other, "sent")
    assert settle() == 1
    with readership.store.writing() as connection:
        connection.execute(update(delivery).values(state="sent"))
    assert settle() == 1
    assert readership.sent_to(one) == readership.sent_to(other) == {"a": 0}


def test_steps_let_others_write_between_them(readership, settle):
    """However long it takes in all, whoever waits for the database gets it before the end."""
    edition = readership.edition()
    for _ in range(60):
        readership.deliver(edition, build("a"), readership.reader(), "sent")
    left: list[int] = []

    def write() -> None:
        with closing(sqlite3.connect(readership.store.file, timeout=10, isolation_level=None)) as other:
            while other.execute("SELECT count(*) FROM delivery WHERE settled = 1").fetchone()[0] == 0:
                pass
            other.execute("BEGIN IMMEDIATE")
            left.append(other.execute("SELECT count(*) FROM delivery WHERE settled = 0").fetchone()[0])
            other.execute("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert settle() == 60
    finally:
        writer.join(30)
    assert (left[0] > 0) == (settling.Pausing is _OneByOne), "one step is enough for so few; many leave room"


def test_a_database_that_cannot_be_written_is_explained(readership):
    with closing(sqlite3.connect(readership.store.file, isolation_level=None)) as other:
        readership.deliver(readership.edition(), build("a"), readership.reader(), "sent")
        other.execute("DROP TABLE variant")
    with pytest.raises(StoreError):
        settle_in_steps(readership.store.file)


def test_steps_grow_while_they_are_short_and_shrink_when_they_are_long(tmp_path):
    pausing = Pausing()
    with closing(sqlite3.connect(tmp_path / "file", isolation_level=None)) as connection:
        first = pausing.size
        with pausing.step(connection):
            pass
        grown = pausing.size
        with pausing.step(connection):
            threading.Event().wait(0.2)
    assert first < grown > pausing.size
