"""Sending: what leaves is what was approved, and what nobody can know is told."""

from __future__ import annotations

import pytest

from digest.desk.approving import approve, freeze_edition
from digest.desk.editions import prepare, set_choices
from digest.desk.preview import write_preview
from digest.desk.steering import list_letters
from digest.errors import ContentError, EditionError, Status, StoreError, UsageError
from digest.publishing.output import write_output
from digest.work.sending import rehearse, send


@pytest.fixture
def week(desk):
    """Two readers and an approved edition."""
    desk.item("zero", "2022-02-20")
    desk.publish("2022-02-20T10:00")
    desk.readers("ada; ben ukraine", since="2022-02-20")
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    return desk


def test_a_ready_message_that_was_changed_does_not_leave(week):
    name = week.approve().id
    freeze_edition(week.place, name, actor="Ada")
    for file in (week.folder / "var" / "variants").rglob("*"):
        if file.is_file():
            data = bytearray(file.read_bytes())
            data[-20] ^= 1
            file.write_bytes(data)

    report = send(week.place, name)

    assert report.report.status is Status.PAUSED
    assert "not what was approved" in report.report.reason
    assert report.counts == {"queued": 2}


def test_an_edition_that_has_become_empty_is_a_draft_again(week):
    name = week.approve().id
    extra = prepare(week.place, "supporters", extra=True).edition.id
    approve(week.place, extra, actor="Ada")
    send(week.place, extra)

    with pytest.raises(EditionError, match="its readers have had all of it since"):
        rehearse(week.place, name)
    with pytest.raises(EditionError, match="is a draft and cannot be sent"):
        send(week.place, name)


def test_a_second_copy_is_told_and_listed_by_name(week):
    name = week.approve().id
    freeze_edition(week.place, name, actor="Ada")
    week.sql("UPDATE delivery SET unknown_count = 1 WHERE subscription_id = 1")

    report = send(week.place, name)

    assert (report.counts, report.doubt_count) == ({"sent": 2}, 1)
    assert [letter.address for letter in list_letters(week.place, name, "doubted")] == ["ada@example.org"]
    assert list_letters(week.place, name, "failed") == []
    assert week.journal(name)[-1].detail["perhaps twice"] == 1


def test_nothing_that_staff_ask_for_is_written_among_the_sites_own_files(week):
    name = week.prepare().id
    for folder in (
        week.folder,
        week.folder.parent,
        week.folder / "public" / "look",
        week.folder / "items",
        week.folder / "keys",
    ):
        with pytest.raises(ContentError, match="the site's own files lie there"):
            write_preview(week.place, name, folder)
        if folder != week.folder / "public" / "look":
            with pytest.raises(StoreError, match="the site's own files lie there"):
                write_output(week.place.site, folder, [], {})


def test_a_folder_with_other_files_is_no_place_for_a_site(week, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text("somebody's page")

    with pytest.raises(StoreError, match="other files lie there"):
        week.publish("2022-02-21T10:00", out=other)

    assert (other / "index.html").read_text() == "somebody's page"


def test_an_approval_on_a_stale_revision_is_refused(week):
    edition = week.prepare()
    set_choices(week.place, edition.id, {"title": "Another"}, actor="Ben")

    with pytest.raises(EditionError, match="Ben has changed it since"):
        approve(week.place, edition.id, actor="Ada", revision=edition.revision)


@pytest.mark.parametrize("name", ["", "Ada\x1b[31m", "Ada\nand Ben", "Ada\u202e"])
def test_a_name_that_cannot_be_shown_approves_nothing(week, name):
    edition = week.prepare()

    with pytest.raises(UsageError, match="--as"):
        approve(week.place, edition.id, actor=name)

    assert week.sql("SELECT state FROM edition") == [("draft",)]


@pytest.mark.parametrize("changes", [{"title": "a\nb"}, {"introduction": "\x07"}, {"subject": "x\u202ey"}])
def test_words_that_cannot_be_shown_are_refused(week, changes):
    with pytest.raises(UsageError, match=next(iter(changes))):
        set_choices(week.place, week.prepare().id, changes, actor="Ada")
