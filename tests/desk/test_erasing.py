"""Erasure: nothing of a person is left but a keyed hash, if they want to be kept away; and nobody gets their number."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from digest.desk import choosing, erasing
from digest.errors import StoreError, SubscriberError
from digest.store.erasures import Erasure, Suppression, read_record, record_file
from digest.subscribers.requests import Wish


def test_everything_of_a_person_goes_on_all_lists(visitors, desk):
    visitors.subscribe("ada")
    visitors.subscribe("bob")
    token = visitors.link("ada")
    choosing.join(desk.place, token, Wish("press", "daily", "en"), "words")
    hashed = desk.place.sealer.index("ada@example.org")
    erasing.erase(desk.place, token, False)

    assert visitors.standing("ada") == {}
    assert set(visitors.standing("bob")) == {"supporters"}
    for table, rows in visitors.rows().items():
        for row in rows:
            assert hashed not in row, table
            assert not any(isinstance(value, str) and hashed.hex() in value for value in row), table
    assert visitors.sql("SELECT count(*) FROM consent") == [(1,)]


@pytest.mark.parametrize("never_again", [False, True])
def test_only_who_asks_for_it_is_kept_away(visitors, desk, never_again):
    visitors.subscribe("ada")
    visitors.erase("ada", never_again=never_again)
    visitors.ask("ada")
    (letter,) = visitors.work()

    assert letter.goes is not never_again
    assert visitors.sql("SELECT count(*) FROM suppression") == [(int(never_again),)]


def test_no_file_of_the_database_holds_what_was_erased(visitors, desk):
    visitors.subscribe("ada")
    ((sealed, hashed),) = visitors.sql("SELECT sealed, address_hash FROM subscription")
    visitors.erase("ada")

    for path, data in desk.bytes_below("var"):
        assert sealed not in data, path
        assert hashed not in data, path


def test_the_number_is_not_given_again(visitors, desk):
    number = visitors.subscribe("ada")
    token = visitors.way_out("ada")
    visitors.erase("ada")
    visitors.subscribe("bob")

    assert visitors.number("bob") > number
    from digest.desk import leaving

    leaving.leave(desk.place, token, "one-click")
    assert set(visitors.standing("bob")) == {"supporters"}


def test_it_is_on_record_for_backups_of_before(visitors, desk):
    number = visitors.subscribe("ada")
    visitors.erase("ada", never_again=True)

    hashed = desk.place.sealer.index("ada@example.org")
    record = read_record(record_file(desk.place.site.var))
    assert record == [Erasure(desk.now, number, never_again=True), Suppression(desk.now, hashed)]


def test_what_cannot_be_put_on_record_is_not_erased(visitors, desk):
    visitors.subscribe("ada")
    token = visitors.link("ada")
    (desk.folder / "var" / "erasures").mkdir()
    with pytest.raises(StoreError, match="directory"):
        erasing.erase(desk.place, token, False)

    assert set(visitors.standing("ada")) == {"supporters"}


def test_it_works_while_others_read(visitors, desk):
    """Then the log is emptied later; what is erased is erased."""
    visitors.subscribe("ada")
    token = visitors.link("ada")
    with closing(sqlite3.connect(desk.place.hot.file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM subscription").fetchall()
        erasing.erase(desk.place, token, False)

    assert visitors.standing("ada") == {}
    assert erasing.forget_traces(desk.place)


def test_who_is_erased_and_signs_up_again_is_new(visitors, desk):
    visitors.subscribe("ada")
    visitors.erase("ada")
    visitors.subscribe("ada", topics=("russia",))

    assert visitors.sql("SELECT epoch FROM subscription WHERE state = 'active'") == [(1,)]
    with pytest.raises(SubscriberError):
        choosing.look(desk.place, "A" * 48)
