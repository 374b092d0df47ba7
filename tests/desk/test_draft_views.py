"""What staff see of a draft is what would leave, and a page never waits for what is being counted anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.desk.approving import approve
from digest.desk.draft_views import DraftBook, build_draft_view
from digest.desk.edition_letters import build_sample
from digest.desk.edition_lists import find_edition, list_rows
from digest.desk.editions import set_choices
from digest.errors import EditionError, UsageError


@pytest.fixture
def week(desk):
    """Three readers, and a draft with one item of each topic and a correction."""
    desk.item("zero", "2022-02-20")
    desk.publish("2022-02-20T10:00")
    desk.readers("ada; ben ukraine; cyd - uk", since="2022-02-19")
    desk.send()
    desk.item("zero", "2022-02-20", corrections="[{date: 2022-02-21, note: It was two}]")
    desk.item("one", "2022-02-22")
    desk.item("two", "2022-02-22", topics="russia")
    desk.publish("2022-02-28T10:00")
    return desk


def test_a_view_shows_items_by_topic_with_how_many_readers_get_them(week):
    name = week.prepare().id

    view = build_draft_view(week.place, name)

    shown = {section.title: [(item.id, item.way, item.reader_count) for item in section.items] for section in view.sections}
    assert shown["Ukraine"] == [("one", "new", 3)]
    assert shown["Russia"] == [("two", "new", 2)]
    assert [item.way for section in view.sections for item in section.items].count("correction") <= 1
    assert (view.reader_count, view.empty_count) == (3, 0)
    assert {(one.language, one.form, one.reader_count) for one in view.variants} == {
        ("en", "full", 1), ("uk", "full", 1),
    }  # fmt: skip
    assert sum(one.reader_count for one in view.variants) == 3
    assert [item.is_lead for section in view.sections for item in section.items].count(True) == 1
    assert view.last is not None and view.last.audience_count == 3


def test_the_hash_of_a_view_is_the_one_that_an_approval_takes(week):
    name = week.prepare().id
    view = build_draft_view(week.place, name)

    assert approve(week.place, name, actor="Ada", expected=view.hash).approved_hash == view.hash


def test_a_change_after_the_look_is_refused(week):
    name = week.prepare().id
    view = build_draft_view(week.place, name)
    set_choices(week.place, name, {"lead": "two"}, actor="Ben")

    with pytest.raises(EditionError, match="Ben has changed it since"):
        approve(week.place, name, actor="Ada", expected=view.hash, revision=view.edition.revision)
    with pytest.raises(EditionError, match="no longer what was looked at"):
        approve(week.place, name, actor="Ada", expected=view.hash)


def test_what_is_left_out_and_what_came_since_are_shown(week):
    name = week.prepare().id
    set_choices(week.place, name, {}, exclude=["one"], actor="Ben")
    week.item("late", "2022-02-28")
    week.publish("2022-02-28T12:00")

    view = build_draft_view(week.place, name)

    assert [item.id for item in view.left_out] == ["one"]
    assert [item.id for item in view.released_since] == ["late"]
    assert "one" not in [item.id for section in view.sections for item in section.items]


def test_faults_are_named_that_keep_it_from_being_approved(week):
    week.settings("https://news.example.org", "http://news.example.org")

    view = build_draft_view(week.place, week.prepare().id)

    assert any("is not https" in error for error in view.errors)


def test_a_book_makes_a_view_once_and_anew_for_another_revision(week):
    made: list[str] = []

    def build(place, name):
        made.append(name)
        return build_draft_view(place, name)

    book, name = DraftBook(build), week.prepare().id
    first = book.look(week.place, find_edition(week.place, name))
    assert book.look(week.place, find_edition(week.place, name)) is first
    set_choices(week.place, name, {"lead": "two"}, actor="Ben")
    assert book.look(week.place, find_edition(week.place, name)).edition.choices.lead == "two"
    assert made == [name, name]


def test_an_old_view_is_shown_and_renewed_behind_the_page(week):
    name = week.prepare().id
    book = DraftBook()
    old = book.look(week.place, find_edition(week.place, name))
    week.readers("dov", since="2022-02-19")
    week.now = week.place.now = old.counted_at + timedelta(minutes=5)

    assert book.look(week.place, find_edition(week.place, name)) is old
    book._thread.shutdown(wait=True)

    assert book.look(week.place, replace(old.edition)).reader_count == 4


def test_a_sample_is_the_letter_of_the_variant_that_was_asked_for(week):
    name = week.prepare().id
    view = build_draft_view(week.place, name)
    ukrainian = next(one for one in view.variants if one.language == "uk")

    sample = build_sample(week.place, name, language="uk", variant=ukrainian.hash)
    whole = build_sample(week.place, name)
    discreet = build_sample(week.place, name, form="discreet")

    assert 'lang="uk"' in sample.html and "Title of two" in sample.text
    assert "Title of one" in whole.text and b"Message-ID" in whole.message
    assert not discreet.html and "Title" not in discreet.subject
    with pytest.raises(EditionError, match="has changed since"):
        build_sample(week.place, name, variant="0" * 64)
    with pytest.raises(UsageError):
        build_sample(week.place, name, language="xx")


def test_a_sample_of_what_was_sent_is_what_was_sent(week):
    name = week.approve().id
    week.send(name)
    week.item("later", "2022-02-28")
    week.publish("2022-03-01T10:00")

    sample = build_sample(week.place, name)

    assert "Title of one" in sample.text and "Title of later" not in sample.text


def test_the_list_shows_what_is_to_come_and_what_was_sent(week):
    name = week.prepare().id

    found = list_rows(week.place)

    assert [row.head.id for row in found.coming] == [name]
    assert [row.head.state for row in found.past] == ["finished"]
    with pytest.raises(UsageError):
        list_rows(week.place, before="2020-w01-nothing")
