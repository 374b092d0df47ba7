"""One person at the desk: found, erased to the last trace, never mailed again, and named nowhere."""

from __future__ import annotations

import pytest

from digest.clock import real_now
from digest.desk.reader_care import erase_everywhere, find_person, hash_address, suppress, unsuppress
from digest.desk.readers import import_readers, remove_reader
from digest.errors import StoreError, SubscriberError, UsageError
from digest.store.erasures import Erasure, Suppression, read_record, record_file
from digest.store.letters import NewLetter, queue_letter

ADA = "ada@example.org"


@pytest.fixture
def known(desk):
    """Ada reads both lists and was sent an edition; Ben reads one; a letter to Ada waits, and she asks for something."""
    desk.item("one")
    desk.publish("2022-02-21T08:00")
    desk.readers("ada;ben", since="2022-02-20")
    desk.readers("ada - - daily", "press")
    desk.send()
    sealer = desk.place.sealer
    with desk.place.hot.writing() as connection:
        letter = NewLetter("preferences", "0" * 64, sealer.seal(ADA), sealer.index(ADA), b"domain", sealer.seal_link("x"))
        queue_letter(connection, letter, real_now())
        query = "INSERT INTO request (kind, state, sealed, address_hash, network, wish, words, page, at) VALUES "
        connection.execute(
            query + "('preferences', 'new', ?, ?, x'', '{}', '', '', 0)", (sealer.seal(ADA), sealer.index(ADA))
        )
    return desk


def test_all_that_is_stored_is_found_on_every_list(known):
    found = find_person(known.place, " ADA@Example.org ")
    assert [(one.subscription.list_id, one.had_count) for one in found.subscriptions] == [("supporters", 1), ("press", 0)]
    assert [consent.words for one in found.subscriptions for consent in one.consents] == ["paper forms"] * 2
    assert (found.request_count, found.letter_count, found.suppressed_for) == (1, 1, "")
    assert not find_person(known.place, "nobody@example.org")


def test_looking_changes_nothing_and_says_nothing(known):
    before = known.journal()
    find_person(known.place, ADA)
    assert known.journal() == before


@pytest.mark.parametrize("never_again", [False, True])
def test_erasing_leaves_nothing_but_counts_and_if_asked_for_a_hash(known, never_again):
    hashed = hash_address(known.place, ADA)
    edition = known.sql("SELECT id FROM edition WHERE list_id = 'supporters'")[0][0]
    assert erase_everywhere(known.place, hashed, never_again=never_again, actor="Ada") == 2

    for table, column in (("subscription", "address_hash"), ("letter", "address_hash"), ("request", "address_hash")):
        assert known.sql(f"SELECT 1 FROM {table} WHERE {column} = ?", hashed) == []
    assert known.sql("SELECT sealed, link FROM letter") == [(None, None)]
    assert known.sql("SELECT count(*) FROM consent") == [(1,)]
    assert known.sql("SELECT state FROM delivery WHERE edition_id IS NULL") == [("suppressed",)]
    assert known.sql("SELECT count(*), count(subscription_id) FROM delivery WHERE edition_id = ?", edition) == [(2, 1)]
    assert known.sql("SELECT count(*) FROM suppression") == [(int(never_again),)]
    assert bool(find_person(known.place, ADA)) is never_again
    assert find_person(known.place, "ben@example.org")


def test_what_was_erased_stands_in_no_file(known):
    hashed = hash_address(known.place, ADA)
    traces = [row[0] for row in known.sql("SELECT sealed FROM subscription WHERE address_hash = ?", hashed)]
    erase_everywhere(known.place, hashed, never_again=False, actor="Ada")
    for path, data in known.bytes_below("var"):
        if "outbox" not in path.parts:
            for trace in (hashed, *traces):
                assert trace not in data, path


def test_an_erasure_is_on_record_by_numbers_alone_before_it_is_done(known):
    numbers = [
        row[0] for row in known.sql("SELECT id FROM subscription WHERE address_hash = ?", hash_address(known.place, ADA))
    ]
    erase_everywhere(known.place, hash_address(known.place, ADA), never_again=False, actor="Ada")
    record = read_record(record_file(known.place.site.var))
    assert record == [Erasure(known.now, number) for number in numbers]


def test_who_is_never_to_be_mailed_again_is_on_record_by_a_keyed_hash_until_they_may_be(known):
    suppress(known.place, ADA, reason="asked by phone", actor="Ada")
    unsuppress(known.place, ADA, actor="Ada")
    erase_everywhere(known.place, hash_address(known.place, "eve@example.org"), never_again=True, actor="Ada")
    hashed = [hash_address(known.place, address) for address in (ADA, ADA, "eve@example.org")]
    record = read_record(record_file(known.place.site.var))
    assert record == [
        Suppression(known.now, one, is_over=is_over) for one, is_over in zip(hashed, (False, True, False), strict=True)
    ]


def test_nobody_is_mailed_for_want_of_a_record(known):
    """Where the record cannot be written, whoever is not to be mailed is not mailed all the same."""
    record_file(known.place.site.var).mkdir()
    assert suppress(known.place, ADA, reason="asked by phone", actor="Ada")


def test_what_cannot_be_put_on_record_is_not_erased(known):
    record_file(known.place.site.var).mkdir()
    with pytest.raises(StoreError, match="directory"):
        erase_everywhere(known.place, hash_address(known.place, ADA), never_again=False, actor="Ada")
    assert len(find_person(known.place, ADA).subscriptions) == 2


def test_an_erased_number_is_not_given_again(desk):
    desk.readers("ada;ben")
    erase_everywhere(desk.place, hash_address(desk.place, "ben@example.org"), never_again=False, actor="Ada")
    desk.readers("new")
    assert [row[0] for row in desk.sql("SELECT id FROM subscription WHERE state = 'active' ORDER BY id")] == [1, 3]


def test_who_was_erased_can_be_brought_in_again_but_not_who_is_never_to_be_mailed(known):
    for name, never_again in (("ada", False), ("ben", True)):
        hashed = hash_address(known.place, f"{name}@example.org")
        erase_everywhere(known.place, hashed, never_again=never_again, actor="Ada")
    assert known.readers("ada;ben").counts == {"added": 1, "suppressed": 1}


def test_an_address_is_never_mailed_until_that_is_taken_back(known):
    assert suppress(known.place, ADA, reason="asked by phone", actor="Ben")
    assert not suppress(known.place, "Ada@EXAMPLE.org", reason="again", actor="Ben")
    found = find_person(known.place, ADA)
    assert (found.suppressed_for, len(found.subscriptions)) == ("asked by phone", 2)
    known.item("two")
    known.publish("2022-02-22T08:00")
    known.at("2022-02-28T09:00")
    report = known.send()
    assert report.counts == {"sent": 1}

    unsuppress(known.place, ADA, actor="Ben")
    assert not find_person(known.place, ADA).suppressed_at
    with pytest.raises(SubscriberError, match="not among"):
        unsuppress(known.place, ADA, actor="Ben")


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "mail from ada@example.org", "bell\a"])
def test_a_reason_is_short_and_holds_no_address(known, reason):
    with pytest.raises(UsageError):
        suppress(known.place, ADA, reason=reason, actor="Ben")
    assert known.sql("SELECT count(*) FROM suppression") == [(0,)]


def test_the_journal_says_what_was_done_and_to_nobody(known):
    suppress(known.place, ADA, reason="asked by phone", actor="Ben")
    unsuppress(known.place, ADA, actor="Ben")
    erase_everywhere(known.place, hash_address(known.place, ADA), never_again=True, actor="Ben")
    entries = known.journal("a reader")
    assert [entry.action for entry in entries] == ["address suppressed", "address unsuppressed", "reader erased"]
    assert entries[-1].detail == {"subscriptions": 2, "never again": True}
    hashed = hash_address(known.place, ADA).hex()
    assert not any("ada" in str(entry.detail).lower() or hashed in str(entry) for entry in known.journal())


@pytest.mark.parametrize("act", [find_person, lambda place, address: suppress(place, address, reason="x", actor="Ben")])
def test_what_is_no_address_is_refused_without_repeating_it(known, act):
    with pytest.raises(SubscriberError) as refusal:
        act(known.place, "canary at example.org")
    assert "canary" not in str(refusal.value)


def test_an_import_revives_neither_who_left_nor_who_is_suppressed(known):
    remove_reader(known.place, "supporters", ADA, actor="Ada")
    suppress(known.place, "ben@example.org", reason="complaint", actor="Ada")
    data = b"email\nada@example.org\nben@example.org\n"
    report = import_readers(known.place, "supporters", data, "again.csv", evidence="paper", actor="Ada")
    assert report.counts == {"left": 1, "suppressed": 1}


def test_keys_that_were_lost_are_not_replaced_while_they_alone_tell_who_is_never_mailed(desk):
    suppress(desk.place, "ada@example.org", reason="asked", actor="Ada")
    (desk.folder / "keys" / "digest.keys").unlink()
    desk.reopen()
    with pytest.raises(SubscriberError, match="the keys are missing"):
        desk.readers("ada")
    assert not (desk.folder / "keys" / "digest.keys").exists()


def test_of_somebody_who_reads_nothing_letters_and_requests_are_found_and_erased(desk):
    sealer = desk.place.sealer
    with desk.place.hot.writing() as connection:
        letter = NewLetter("confirmation", "0" * 64, sealer.seal(ADA), sealer.index(ADA), b"domain", sealer.seal_link("x"))
        queue_letter(connection, letter, real_now())
    assert find_person(desk.place, ADA).letter_count == 1
    erase_everywhere(desk.place, hash_address(desk.place, ADA), never_again=False, actor="Ada")
    assert not find_person(desk.place, ADA)


def test_a_request_that_was_done_is_found_as_long_as_it_is_stored(known):
    known.sql("UPDATE request SET state = 'done'")
    assert find_person(known.place, ADA).request_count == 1
