"""What is not needed any more goes by itself, and all that counts stays as true as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.clock import real_now
from digest.desk.editions import count_deliveries, list_refusals
from digest.desk.forgetting import forget
from digest.desk.reader_care import erase_everywhere, hash_address
from digest.desk.readers import import_readers, list_readers, remove_reader
from digest.store.deliveries import count_doubts
from digest.store.editions import read_variants
from digest.store.letters import NewLetter, queue_letter

DAY = timedelta(days=1)


@pytest.fixture
def sent(desk):
    """An edition that was sent to three readers, one of whom failed; its name."""
    desk.item("one")
    desk.publish("2022-02-21T08:00")
    desk.readers("ada;ben;eve - uk", since="2022-02-20")
    name = desk.send().edition.id
    eve = "subscription_id = (SELECT max(id) FROM subscription)"
    desk.sql(f"UPDATE delivery SET state = 'failed', code = 550, reply = 'no such user' WHERE {eve}")
    desk.sql("UPDATE delivery SET unknown_count = 1 WHERE id = 1")
    return name


def look(desk, name):
    """What staff see of an edition."""
    with desk.place.store.reading() as connection:
        variants = [(one.number, one.reader_count) for one in read_variants(connection, name)]
        doubts = count_doubts(connection, name)
    refusals = [(one.state, one.code, one.count) for one in list_refusals(desk.place, name)]
    return count_deliveries(desk.place, name), variants, doubts, refusals


def rows(desk):
    return desk.sql("SELECT count(*) FROM delivery")[0][0]


def test_deliveries_become_counts_after_30_days_and_what_staff_see_stays_true(desk, sent):
    before = look(desk, sent)
    assert before[0] == {"sent": 2, "failed": 1}
    assert forget(desk.place, real_now() + 29 * DAY).deliveries == 0

    done = forget(desk.place, real_now() + 31 * DAY)
    assert done.deliveries == 2  # the newest of all stays, so that its number is not given again
    assert look(desk, sent) == before
    assert not forget(desk.place, real_now() + 31 * DAY)

    desk.item("two")
    desk.publish("2022-02-28T08:00")
    following = desk.send().edition.id
    assert forget(desk.place, real_now() + 31 * DAY).deliveries == 1 + 2
    assert look(desk, sent) == before
    assert look(desk, following)[0] == {"sent": 3}
    assert desk.sql("SELECT DISTINCT edition_id FROM delivery") == [(following,)]


def test_what_readers_had_is_remembered_without_the_rows(desk, sent):
    forget(desk.place, real_now() + 31 * DAY)
    desk.at("2022-02-28T09:00")
    edition = desk.prepare()
    carried = [content.new for content in _contents(desk, edition.id)]
    assert all("one" not in {item.item for item in new} for new in carried)


def _contents(desk, name):
    with desk.place.store.reading() as connection:
        return [one.content for one in read_variants(connection, name)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE delivery SET state = 'held' WHERE id = 1",
        "UPDATE delivery SET state = 'queued' WHERE id = 1",
        "UPDATE edition SET state = 'sending'",
    ],
)
def test_as_long_as_anything_is_to_be_decided_every_row_stays(desk, sent, change):
    desk.sql(change)
    assert forget(desk.place, real_now() + 99 * DAY).deliveries == 0
    assert rows(desk) == 3


def test_the_address_of_somebody_who_left_is_forgotten_after_30_days_and_no_import_brings_them_back(desk):
    desk.readers("ada;ben")
    remove_reader(desk.place, "supporters", "ada@example.org", actor="Ada")
    assert forget(desk.place, desk.now + 29 * DAY).addresses == 0
    before = desk.sql("SELECT address_hash FROM subscription ORDER BY id")

    assert forget(desk.place, desk.now + 31 * DAY).addresses == 1
    assert desk.sql("SELECT sealed, domain_key FROM subscription ORDER BY id")[0] == (b"", b"")
    assert desk.sql("SELECT address_hash FROM subscription ORDER BY id") == before
    assert {line.address for line in list_readers(desk.place, "supporters")} == {"(forgotten)", "ben@example.org"}
    report = import_readers(
        desk.place, "supporters", b"email\nADA@example.org\n", "again.csv", evidence="paper", actor="Ada"
    )
    assert report.counts == {"left": 1}


def test_letters_that_still_wait_for_somebody_who_left_go_to_nobody(desk):
    desk.item("one")
    desk.publish("2022-02-21T08:00")
    desk.readers("ada;ben", since="2022-02-20")
    name = desk.send().edition.id
    remove_reader(desk.place, "supporters", "ada@example.org", actor="Ada")
    remove_reader(desk.place, "supporters", "ben@example.org", actor="Ada")
    desk.sql("UPDATE edition SET state = 'paused'")
    desk.sql("UPDATE delivery SET state = 'queued', settled = 0")
    desk.sql("UPDATE delivery SET unknown_count = 1 WHERE subscription_id = 2")
    forget(desk.place, desk.now + 31 * DAY)
    assert count_deliveries(desk.place, name) == {"suppressed": 1, "held": 1}


def test_requests_go_after_72_hours_and_counts_when_their_span_is_over(desk):
    at = int(desk.now.timestamp())
    query = "INSERT INTO request (kind, state, sealed, address_hash, network, wish, words, page, at) VALUES "
    for age in (0, 72 * 3600, 74 * 3600):
        desk.sql(query + "('subscribe', 'asked', x'01', x'02', x'', '{}', '', '', ?)", at - age)
    desk.sql("INSERT INTO rate VALUES ('past', 1, ?), ('ahead', 1, ?)", at, at + 1)
    assert forget(desk.place, desk.now).requests == 1
    assert desk.sql("SELECT at FROM request ORDER BY id") == [(at,), (at - 72 * 3600,)]
    assert desk.sql("SELECT name FROM rate") == [("ahead",)]


def test_letters_at_rest_are_forgotten_too(desk):
    with desk.place.hot.writing() as connection:
        for number in range(3):
            letter = NewLetter("confirmation", f"{number:064}", b"sealed", b"hash", b"domain")
            queue_letter(connection, letter, real_now() - 60 * DAY)
    old = int((real_now() - 40 * DAY).timestamp())
    desk.sql("UPDATE delivery SET state = 'sent', outcome_at = ?", old)
    assert forget(desk.place, real_now()).letters == 2


def test_the_empty_newest_rows_go_when_there_are_newer_ones(desk):
    desk.readers("ada;ben")
    hashed = desk.place.sealer.index("ben@example.org")
    erase_everywhere(desk.place, hashed, never_again=False, actor="Ada")
    assert desk.sql("SELECT id, state FROM subscription ORDER BY id") == [(1, "active"), (2, "erased")]
    forget(desk.place)
    assert len(desk.sql("SELECT id FROM subscription")) == 2
    desk.readers("new")
    forget(desk.place)
    assert desk.sql("SELECT id, state FROM subscription ORDER BY id") == [(1, "active"), (3, "active")]


def test_in_a_rehearsal_nothing_goes_that_would_be_there(desk):
    """Of what is kept by the machine's clock all is kept for a moment in the past."""
    desk.readers("ada")
    remove_reader(desk.place, "supporters", "ada@example.org", actor="Ada")
    assert not forget(desk.place)


def test_the_journal_is_kept_two_years_or_as_long_as_newsroom_toml_says(desk):
    desk.readers("ada")
    assert len(desk.journal()) == 1
    forget(desk.place, desk.now + timedelta(days=729))
    assert len(desk.journal()) == 1
    desk.settings("[delivery]", '[retention]\njournal = "90 d"\n[delivery]')
    forget(desk.place, desk.now + timedelta(days=91))
    assert desk.journal() == []


def test_choices_go_with_their_last_reader(desk):
    desk.readers("ada russia;ben ukraine")
    erase_everywhere(desk.place, hash_address(desk.place, "ada@example.org"), never_again=False, actor="Ada")
    for days in range(1, 4):
        forget(desk.place, real_now() + timedelta(days=days))
    assert [row[0] for row in desk.sql("SELECT floors FROM interest") if "russia" in row[0]] == []
    assert [one for one in desk.sql("SELECT floors FROM interest") if "ukraine" in one[0]] != []


def test_the_log_is_emptied_even_when_nothing_is_left_to_forget(desk, monkeypatch):
    """Those who read may have been in the way of whoever erased somebody."""
    monkeypatch.setattr("digest.desk.reader_care._PATIENCE", 0)
    desk.readers("ada;ben")
    with desk.place.hot.reading() as connection:
        connection.execute("SELECT count(*) FROM subscription").fetchone()
        erase_everywhere(desk.place, hash_address(desk.place, "ada@example.org"), never_again=False, actor="Ada")
    log = desk.folder / "var" / "digest.db-wal"
    assert log.stat().st_size > 0
    forget(desk.place)
    assert not log.exists() or log.stat().st_size == 0
