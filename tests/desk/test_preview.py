"""What is looked at before it is sent is what will be sent, but for an example address in the slots."""

from __future__ import annotations

import email
import email.policy

import pytest

from digest.desk.editions import prepare, set_choices
from digest.desk.preview import own_folder, write_preview
from digest.errors import ContentError, EditionError
from digest.work.sending import send


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def week(desk):
    desk.readers("a ukraine; b ukraine; c russia uk", since="2022-02-20")
    desk.sql("UPDATE subscription SET form = 'discreet' WHERE id = 3")
    desk.item("one")
    desk.item("two", topics="russia")
    desk.publish()
    return desk


def test_every_variant_is_written_the_largest_first_with_a_page_that_lists_them(week, tmp_path):
    previews = write_preview(week.place, week.prepare().id, tmp_path / "out")

    assert [(one.name, one.language, one.form, one.reader_count) for one in previews] == [
        ("01-en-full", "en", "full", 2),
        ("02-uk-discreet", "uk", "discreet", 1),
    ]
    assert names(tmp_path / "out") == {
        "index.html", "01-en-full.eml", "01-en-full.txt", "01-en-full.html", "02-uk-discreet.eml", "02-uk-discreet.txt",
    }  # fmt: skip
    page = (tmp_path / "out" / "index.html").read_text()
    assert all(preview.name in page for preview in previews)
    assert "Title of one" in (tmp_path / "out" / "01-en-full.html").read_text()
    assert "Title of two" in (tmp_path / "out" / "02-uk-discreet.txt").read_text()


def test_the_message_is_the_one_that_will_be_sent(week, tmp_path):
    name = week.approve().id
    write_preview(week.place, name, tmp_path / "out")
    send(week.place, name)
    shown = email.message_from_bytes((tmp_path / "out" / "01-en-full.eml").read_bytes(), policy=email.policy.default)
    sent = email.message_from_string(week.letters()["a"], policy=email.policy.default)

    assert shown["To"] == "reader@example.org"
    assert "/u/xxxx" in shown["List-Unsubscribe"]
    same = ("Subject", "From", "Date", "List-Id", "Content-Language", "Feedback-ID")
    assert [shown[header] for header in same] == [sent[header] for header in same]


def test_an_edition_that_carries_nothing_has_nothing_to_look_at(desk, tmp_path):
    desk.item("one")
    desk.publish()
    with pytest.raises(EditionError, match="it carries nothing to anyone"):
        write_preview(desk.place, desk.prepare().id, tmp_path / "out")


def test_one_that_was_sent_is_shown_as_it_was_sent(week, tmp_path):
    name = week.approve().id
    before = write_preview(week.place, name, tmp_path / "before")
    send(week.place, name)
    assert write_preview(week.place, name, tmp_path / "after") == before


def test_a_choice_shows_at_once(week, tmp_path):
    name = prepare(week.place, "supporters").edition.id
    set_choices(week.place, name, {"subject": "A word", "introduction": "Hello there."}, actor="Ada")
    previews = write_preview(week.place, name, tmp_path / "out")
    assert [preview.subject == "A word" for preview in previews] == [True, False], (
        "a discreet letter keeps its plain subject"
    )
    assert "Hello there." in (tmp_path / "out" / "01-en-full.txt").read_text()


def test_a_preview_changes_nothing(week, tmp_path):
    edition = week.prepare()
    before = week.sql("SELECT * FROM edition"), week.journal()
    write_preview(week.place, edition.id, tmp_path / "out")
    assert (week.sql("SELECT * FROM edition"), week.journal()) == before
    assert not (week.folder / "var" / "variants").exists()


def test_a_folder_that_cannot_be_written_is_refused(week, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(ContentError, match="cannot be written"):
        write_preview(week.place, week.prepare().id, tmp_path / "out")
    with pytest.raises(EditionError, match="there is no such edition"):
        write_preview(week.place, "2022-w01-supporters", tmp_path / "elsewhere")


def test_without_a_folder_it_goes_below_var_where_nothing_older_stays(week):
    name = week.prepare().id
    folder = own_folder(week.place, name)
    folder.mkdir(parents=True)
    (folder / "09-uk-full.html").write_text("of an earlier day")

    written = write_preview(week.place, name)

    assert folder.is_relative_to(week.place.site.var)
    assert (folder / "index.html").exists() and (folder / f"{written[0].name}.eml").exists()
    assert not (folder / "09-uk-full.html").exists()
