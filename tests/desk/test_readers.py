"""Readers come in with evidence, are counted once each, and their addresses lie nowhere in the clear."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from digest.desk import reader_care
from digest.desk.readers import count, export_readers, import_readers, list_readers, remove_reader
from digest.errors import ContentError, SubscriberError, UsageError

FILE = """email,topics,language,rhythm
ada@example.org,"ukraine, russia",uk,weekly
ben@example.org,,,
not an address,ukraine,,
ada@example.org,russia,,
eve@example.org,moon,xx,monthly
dan@example.org,russia,en,at-once
"""


def bring(desk, data=FILE, list_id="supporters", **options):
    options = {"evidence": "paper forms", "actor": "Ada"} | options
    return import_readers(desk.place, list_id, data.encode(), "readers.csv", **options)


def stored(desk):
    return {line.address: line.subscription for line in list_readers(desk.place, "supporters")}


def dump(desk):
    with sqlite3.connect(desk.place.store.file) as connection:
        return list(connection.iterdump())


def test_every_row_is_counted_once_and_every_bad_one_named_by_line_and_field(desk):
    report = bring(desk)

    assert report.counts == {"added": 3, "refused": 3}
    assert report.row_count == 6
    assert [str(problem).partition(": ")[0] for problem in report.problems] == [
        "readers.csv:4", "readers.csv:5", "readers.csv:6", "readers.csv:6", "readers.csv:6",
    ]  # fmt: skip
    assert [problem.field for problem in report.problems] == ["email", "email", "topics", "language", "rhythm"]
    assert not any("@example" in str(problem) for problem in report.problems)


def test_good_rows_are_kept_with_what_they_asked_for(desk):
    bring(desk)
    found = stored(desk)

    assert found.keys() == {"ada@example.org", "ben@example.org", "dan@example.org"}
    ada, ben = found["ada@example.org"], found["ben@example.org"]
    assert (ada.topics, ada.language, ada.rhythm) == (("russia", "ukraine"), "uk", "weekly")
    assert (ben.topics, ben.language, ben.rhythm) == ((), "en", "weekly")
    assert (ada.confirmed_at, ada.confirmed_position) == (desk.now, 0)
    assert desk.sql("SELECT words, form FROM consent") == [("paper forms", "import")] * 3


def test_who_is_present_left_or_suppressed_stays_as_they_are(desk):
    bring(desk)
    remove_reader(desk.place, "supporters", "Ben@Example.org", actor="Ada")
    hashed = desk.place.sealer.index("eve@example.org")
    desk.sql("INSERT INTO suppression VALUES (?, 'complaint', 0)", hashed)
    before = stored(desk)
    report = bring(desk, "email,topics\nada@example.org,\nben@example.org,\neve@example.org,\nnew@example.org,\n")

    assert report.counts == {"present": 1, "left": 1, "suppressed": 1, "added": 1}
    after = stored(desk)
    assert after.pop("new@example.org").topics == ()
    assert after == before


def test_another_list_is_another_subscription(desk):
    bring(desk)
    report = bring(desk, "email\nada@example.org\n", "press")
    assert report.counts == {"added": 1}
    assert count(desk.place) == {"supporters": 3, "press": 1}


@pytest.mark.parametrize("evidence", ["", "   "])
def test_without_evidence_nobody_is_imported(desk, evidence):
    with pytest.raises(SubscriberError, match="no evidence"):
        bring(desk, evidence=evidence)
    assert stored(desk) == {}


def test_who_cannot_stand_in_the_journal_imports_nobody(desk):
    with pytest.raises(UsageError, match="the name is empty"):
        desk.readers("ada", actor=" ")
    assert count(desk.place)["supporters"] == 0


def test_an_unknown_list_is_refused_naming_those_there_are(desk):
    with pytest.raises(UsageError, match="no such list") as refusal:
        bring(desk, list_id="friends")
    assert "supporters, press" in refusal.value.remedy


@pytest.mark.parametrize("data", ["", "name\nAda\n", "email,email\n"])
def test_a_file_without_a_usable_header_changes_nothing(desk, data):
    with pytest.raises(ContentError):
        bring(desk, data)
    assert (stored(desk), desk.journal()) == ({}, [])


def test_a_dry_run_says_the_same_and_changes_nothing(desk):
    desk.item("one")
    desk.publish()
    assert desk.place.keys
    before = dump(desk)
    rehearsal = bring(desk, dry_run=True)
    assert dump(desk) == before
    assert rehearsal == bring(desk)
    assert dump(desk) != before


def test_the_journal_counts_readers_and_names_none(desk):
    bring(desk, evidence="mail of ada@example.org, 3 May")
    (entry,) = desk.journal("list supporters")
    assert (entry.actor, entry.action) == ("Ada", "readers imported")
    assert entry.detail == {
        "added": 3, "refused": 3, "list": "supporters", "evidence": "mail of <address>, 3 May", "since": "",
    }  # fmt: skip


def test_no_address_lies_in_the_clear_in_any_file_of_the_site(desk):
    """Not in the database, nor in its write-ahead log, nor in any other file, neither whole nor its name or host."""
    desk.item("one")
    desk.publish()
    bring(desk, "email\nverysecretname@hiddenhost.example.org\n", evidence="asked verysecretname@hiddenhost.example.org")
    remove_reader(desk.place, "supporters", "verysecretname@hiddenhost.example.org", actor="Ada")
    list(export_readers(desk.place, "supporters", actor="Ada"))
    files = dict(desk.bytes_below("."))

    assert {"digest.db", "digest.db-wal"} <= {path.name for path in files}
    for path, data in files.items():
        assert b"verysecretname" not in data, path
        assert b"hiddenhost" not in data, path


# From where news count.


def floors(desk):
    rows = desk.sql("SELECT floors FROM subscription s JOIN interest i ON i.id = s.interest_id ORDER BY s.id")
    return [row[0] for row in rows]


@pytest.fixture
def log(desk):
    """Items of four days, at 9:00 each; the fourth is published on the stroke of midnight of the fifth."""
    for day in ("2022-02-01", "2022-02-10", "2022-02-20"):
        desk.item(f"of-{day}", day)
        desk.publish(f"{day}T09:00")
    desk.item("midnight", "2022-02-21")
    desk.publish("2022-02-21T00:00")
    desk.at("2022-02-21T09:00")


@pytest.mark.parametrize(
    ("since", "floor"), [("2022-02-20", 3), ("2022-02-19", 2), ("2022-02-21", 4), ("2022-01-01", 0), ("2022-02-10", 2)]
)
def test_what_came_after_the_day_of_the_last_newsletter_counts(desk, log, since, floor):
    """The item of midnight came after the 20th was over."""
    desk.readers("ada ukraine", since=since)
    assert floors(desk) == [f'{{"ukraine":{floor}}}']


def test_without_such_a_day_two_weeks_count(desk, log):
    desk.readers("ada ukraine - weekly; ben ukraine - at-once")
    assert floors(desk) == ['{"ukraine":1}', '{"ukraine":4}']


def test_without_such_a_day_the_last_frozen_edition_counts(desk, log):
    desk.readers("ada ukraine", since="2022-02-19")
    desk.send()
    desk.item("later", "2022-02-23")
    desk.publish("2022-02-23T09:00")
    desk.readers("ben ukraine")
    assert floors(desk)[1] == '{"ukraine":4}'


def test_a_day_that_lies_ahead_is_refused(desk):
    with pytest.raises(SubscriberError, match="lies ahead"):
        bring(desk, since=date(2022, 3, 1))
    assert stored(desk) == {}


# What the next edition would carry.


def carries(desk, rows, since="2022-02-19", **options):
    report = desk.readers(rows, since=since, dry_run=True, **options)
    return [title.removeprefix("Title of ") for title in report.carries]


def test_the_import_says_what_the_next_edition_carries_to_at_least_one_of_them(desk, log):
    desk.item("russian", "2022-02-21", "russia")
    desk.item("withdrawn", "2022-02-21")
    desk.publish()
    desk.item("withdrawn", "2022-02-21", withdrawn="{date: 2022-02-21, reason: Wrong.}")
    desk.publish()

    assert carries(desk, "ada ukraine; ben ukraine uk") == ["midnight", "of-2022-02-20"]
    assert carries(desk, "ada russia") == ["russian"]
    assert carries(desk, "ada") == ["russian", "midnight", "of-2022-02-20"]
    assert carries(desk, "ada ukraine", "2022-02-21") == []
    assert carries(desk, "ada moon") == []


def test_it_says_nothing_that_the_edition_would_not_carry(desk, log):
    """An item too old for the list, history, what was kept off the list, and what is not urgent for those who want that."""
    desk.item("history", "2022-01-03")
    desk.publish(backfill=True)
    desk.sql("INSERT INTO barred VALUES ('supporters', 'midnight', 0)")
    assert carries(desk, "ada ukraine", "2022-01-01") == ["of-2022-02-20", "of-2022-02-10", "of-2022-02-01"]
    desk.at("2022-03-10T00:00")
    assert carries(desk, "ada ukraine", "2022-01-01") == ["of-2022-02-20", "of-2022-02-10"]
    assert carries(desk, "ada ukraine - at-once", "2022-01-01") == []


def test_an_item_that_entered_a_topic_later_is_news_there(desk, log):
    desk.item("of-2022-02-01", "2022-02-01", "ukraine, russia")
    desk.publish()
    assert carries(desk, "ada russia", "2022-02-19") == ["of-2022-02-01"]


def test_what_was_said_is_what_the_edition_carries(desk, log):
    said = desk.readers("ada ukraine; ben russia; eve", since="2022-02-19").carries
    edition = desk.approve()
    assert [f"Title of {item}" for item in ("midnight", "of-2022-02-20")] == list(said)
    desk.send(edition.id)
    assert {item for new, _, _ in desk.carried(edition.id).values() for item in new} == {"midnight", "of-2022-02-20"}


# Leaving and taking along.


def test_a_reader_who_is_removed_gets_nothing_more_and_is_not_revived(desk, log):
    desk.readers("ada; ben", since="2022-02-19")
    remove_reader(desk.place, "supporters", "ada@example.org", actor="Ben")
    assert stored(desk)["ada@example.org"].left_at == desk.now
    assert desk.journal("list supporters")[-1].detail == {"subscription": 1}
    desk.send()
    assert desk.letters().keys() == {"ben"}
    for again in ("ada@example.org", "nobody@example.org"):
        with pytest.raises(SubscriberError, match="no active reader"):
            remove_reader(desk.place, "supporters", again, actor="Ben")
    with pytest.raises(SubscriberError):
        remove_reader(desk.place, "supporters", "no address", actor="Ben")


def test_an_export_can_be_imported_elsewhere(desk, make_desk, tmp_path):
    bring(desk)
    remove_reader(desk.place, "supporters", "dan@example.org", actor="Ada")
    text = "".join(export_readers(desk.place, "supporters", actor="Ada"))
    assert desk.journal()[-1].detail == {"readers": 2}

    other = make_desk(tmp_path / "other")
    assert bring(other, text).counts == {"added": 2}
    wishes = {address: (one.topics, one.language, one.rhythm) for address, one in stored(other).items()}
    assert wishes == {
        "ada@example.org": (("russia", "ukraine"), "uk", "weekly"),
        "ben@example.org": ((), "en", "weekly"),
    }


def test_without_the_keys_nobody_is_shown_and_none_are_made(desk):
    bring(desk)
    for path, _ in desk.bytes_below("keys"):
        path.unlink()
    desk.reopen()
    with pytest.raises(SubscriberError):
        list_readers(desk.place, "supporters")
    assert list(desk.bytes_below("keys")) == []


def test_the_keys_of_another_site_are_refused(desk, make_desk, tmp_path):
    other = make_desk(tmp_path / "other")
    bring(desk)
    bring(other)
    for path, data in other.bytes_below("keys"):
        (desk.folder / "keys" / path.name).write_bytes(data)
    desk.reopen()
    with pytest.raises(SubscriberError, match="not the keys"):
        list_readers(desk.place, "supporters")


# Many rows.


def many(count, first=0):
    return "email,topics\n" + "".join(
        f"reader{number}@host{number % 7}.example,{'russia' * (number % 2)}\n" for number in range(first, first + count)
    )


def test_rows_of_many_lots_are_stored_each_once_with_its_own_choice(desk, monkeypatch):
    monkeypatch.setattr("digest.store.bringing_in.LOT", 50)
    monkeypatch.setattr("digest.desk.reader_import.LOT", 50)
    steps = []
    report = bring(desk, many(333), progress=lambda done, how: steps.append((how, done)))
    assert report.counts == {"added": 333}
    assert [done for how, done in steps if how == "read"] == [50, 100, 150, 200, 250, 300, 333]
    assert [done for how, done in steps if how == "stored"] == [50, 100, 150, 200, 250, 300, 333]
    found = stored(desk)
    assert {address: wish.topics for address, wish in found.items()} == {
        f"reader{number}@host{number % 7}.example": ("russia",) * (number % 2) for number in range(333)
    }
    assert desk.sql("SELECT count(DISTINCT subscription_id), count(*) FROM consent") == [(333, 333)]
    assert desk.sql("SELECT count(DISTINCT domain_key), count(DISTINCT interest_id) FROM subscription") == [(7, 2)]


def test_the_same_import_again_and_one_that_was_cut_short_end_alike(desk, monkeypatch):
    monkeypatch.setattr("digest.store.bringing_in.LOT", 50)

    def fail(done, how):
        if how == "stored" and done >= 150:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(desk, many(333), progress=fail)
    assert len(stored(desk)) == 150
    assert desk.journal("list supporters")[0].detail["cut short"] is True
    assert bring(desk, many(333)).counts == {"present": 150, "added": 183}
    assert bring(desk, many(343)).counts == {"present": 333, "added": 10}


def test_what_is_laid_aside_is_sealed_too(desk, monkeypatch, tmp_path):
    """The temporary file of a large import holds nothing in the clear either."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    looked = []

    def look(done, how):
        for path in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # the folder's own descriptor is gone by now
                if "etilqs" in str(path.readlink()):
                    looked.append(path.read_bytes())

    desk.place.sealer  # noqa: B018 (made before, so that no other file is open)
    bring(desk, many(60_000), progress=look)
    assert looked
    assert any(len(data) > 1_000_000 for data in looked)
    assert not any(b"reader1" in data or b"host1" in data for data in looked)


def test_a_row_that_was_never_confirmed_is_confirmed_by_an_import(desk):
    bring(desk, "email,topics\nada@example.org,russia\n")
    desk.sql("UPDATE subscription SET state = 'pending', confirmed_at = NULL")
    assert bring(desk, "email,topics\nada@example.org,ukraine\n").counts == {"added": 1}
    assert stored(desk)["ada@example.org"].topics == ("ukraine",)
    assert desk.sql("SELECT count(*) FROM consent") == [(2,)]
    assert desk.sql("SELECT id, state FROM subscription") == [(1, "active")]


def test_others_can_write_while_a_large_import_goes_on(desk):
    waits = []

    def write(done, how):
        begun = time.monotonic()
        desk.sql("INSERT INTO fact VALUES (?, '')", f"{how} {done}")
        waits.append(time.monotonic() - begun)

    bring(desk, many(20_000), progress=write)
    assert len(waits) == 10
    assert desk.sql("SELECT count(*) FROM fact WHERE name LIKE 'stored %'") == [(5,)]


def test_a_file_of_another_encoding_is_taken_at_the_word_of_staff(desk):
    data = "email\nada@москва.example\n"
    with pytest.raises(ContentError, match="not certain"):
        import_readers(desk.place, "supporters", data.encode("cp1251"), "readers.csv", evidence="paper", actor="Ada")
    report = import_readers(
        desk.place,
        "supporters",
        data.encode("cp1251"),
        "readers.csv",
        evidence="paper",
        actor="Ada",
        encoding="windows-1251",
    )
    assert report.counts == {"added": 1}
    assert set(stored(desk)) == {"ada@xn--80adxhks.example"}


def test_a_damaged_address_hides_no_other_and_no_export_leaves_it_out_unseen(desk):
    desk.readers("ada;ben")
    desk.sql("UPDATE subscription SET sealed = x'0101ff' WHERE id = 1")
    assert [line.address for line in list_readers(desk.place, "supporters")] == ["(cannot be read)", "ben@example.org"]
    with pytest.raises(SubscriberError, match="1 of its addresses cannot be read"):
        export_readers(desk.place, "supporters", actor="Ada")


def test_who_is_never_to_be_mailed_is_in_no_export_and_listed_as_such(desk):
    desk.readers("ada;ben")
    reader_care.suppress(desk.place, "ben@example.org", reason="asked", actor="Ada")
    assert [line.is_mailed for line in list_readers(desk.place, "supporters")] == [True, False]
    text = "".join(export_readers(desk.place, "supporters", actor="Ada"))
    assert "ada@example.org" in text
    assert "ben@example.org" not in text
