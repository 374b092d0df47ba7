"""What an approval would object to can be asked for at any time, and nothing else is objected to."""

from __future__ import annotations

import time

import pytest

from digest.desk.approving import approve
from digest.desk.editions import set_choices
from digest.desk.inspecting import inspect_edition
from digest.errors import EditionError, UsageError


@pytest.fixture
def week(desk):
    desk.readers("a ukraine; b ukraine; c russia uk", since="2022-02-20")
    desk.item("one", title="One of two long titles", summary="What happened in the first of two towns, told in a line.")
    desk.item("two", title="Two of two long titles", summary="What happened in the other town, in a line.", topics="russia")
    desk.publish()
    return desk


def test_a_draft_in_order_has_nothing_to_object_to_but_is_measured(week):
    found = inspect_edition(week.place, week.prepare().id)

    assert (found.errors, found.warnings) == ((), ())
    assert [(size.language, size.form, size.item_count) for size in found.sizes] == [("en", "full", 2), ("uk", "full", 2)]
    assert all(size.html_size > size.text_size > 500 for size in found.sizes)
    assert all(size.message_size > size.html_size for size in found.sizes)


def test_an_approval_refuses_what_the_inspection_names(week):
    name = week.prepare().id
    set_choices(week.place, name, {"introduction": "Dear {{ name }},", "subject": "Act now!!"}, actor="Ada")

    found = inspect_edition(week.place, name)
    with pytest.raises(EditionError, match="must not go out like this") as refusal:
        approve(week.place, name, actor="Ada")

    assert refusal.value.problems == found.errors
    assert [problem.field for problem in found.errors] == ["introduction"]
    assert sorted(problem.field for problem in found.warnings) == ["subject", "subject"]


def test_warnings_are_told_to_who_approves_each_once(week):
    name = week.prepare().id
    set_choices(week.place, name, {"subject": "Act now!!"}, actor="Ada")
    told = []

    approved = approve(week.place, name, actor="Ada", warn=told.append)

    assert approved.state == "approved"
    assert told == list(inspect_edition(week.place, name).warnings)
    assert len(told) == 2


def test_a_site_without_https_is_one_fault(week):
    name = week.prepare().id
    week.settings('base_url = "https://', 'base_url = "http://')

    found = inspect_edition(week.place, name)
    with pytest.raises(EditionError, match="must not go out like this") as refusal:
        approve(week.place, name, actor="Ada")

    assert [problem.field for problem in found.errors] == ["newsroom.base_url"]
    assert refusal.value.problems == found.errors
    assert (found.warnings, found.sizes) == ((), ())


def test_a_broken_quotation_names_the_item(week):
    week.item("three", summary='"She said: “We will not go …"')
    week.publish("2022-02-22T09:00")
    (error,) = inspect_edition(week.place, week.prepare().id).errors

    assert (error.file, error.field) == ("2022-w08-supporters", "item three")
    assert "breaks off inside a quotation" in error.text


@pytest.mark.parametrize("sender", ["supporters@newsroom.example.org", "ukraine@newsroom.example.org"])
def test_a_telling_sender_holds_an_edition_back_only_when_somebody_reads_discreetly(week, sender):
    week.settings("digest@newsroom.example.org", sender)
    name = week.prepare().id
    assert inspect_edition(week.place, name).errors == ()

    week.sql("UPDATE subscription SET form = 'discreet' WHERE id = 3")
    (error,) = inspect_edition(week.place, name).errors
    with pytest.raises(EditionError):
        approve(week.place, name, actor="Ada")
    assert error.field == "lists.supporters.discreet_sender"
    assert sender in error.text

    neutral = 'rhythms = ["weekly", "at-once"]\ndiscreet_sender = "Letters <letters@newsroom.example.org>"'
    week.settings('rhythms = ["weekly", "at-once"]', neutral)
    assert inspect_edition(week.place, name).errors == ()


def test_titles_of_topics_in_any_language_are_not_told_either(week):
    week.sql("UPDATE subscription SET form = 'discreet' WHERE id = 3")
    week.settings(
        'rhythms = ["weekly", "at-once"]', 'rhythms = ["weekly"]\ndiscreet_sender = "Україна <x@newsroom.example.org>"'
    )

    (error,) = inspect_edition(week.place, week.prepare().id).errors
    assert "names Україна" in error.text


def test_one_language_or_form_can_be_looked_at_alone(week):
    name = week.prepare().id

    assert [size.language for size in inspect_edition(week.place, name, language="uk").sizes] == ["uk"]
    discreet = inspect_edition(week.place, name, form="discreet").sizes
    assert [(size.language, size.form, size.html_size) for size in discreet] == [
        ("en", "discreet", 0),
        ("uk", "discreet", 0),
    ]
    assert all(size.picture_count == 0 for size in discreet)
    with pytest.raises(UsageError, match="the newsroom has no such language"):
        inspect_edition(week.place, name, language="xx")
    with pytest.raises(UsageError, match="there is no such form"):
        inspect_edition(week.place, name, form="loud")


def test_a_language_or_form_that_nobody_gets_says_so(week):
    name = week.prepare().id

    assert all(size.is_awaited for size in inspect_edition(week.place, name).sizes)
    assert not any(size.is_awaited for size in inspect_edition(week.place, name, form="discreet").sizes)
    week.sql("UPDATE subscription SET language = 'en' WHERE language = 'uk'")
    sizes = inspect_edition(week.place, name).sizes
    assert [(size.language, size.is_awaited) for size in sizes] == [("en", True), ("uk", False)]


def test_a_frozen_edition_is_looked_at_as_frozen(week):
    name = week.approve().id
    week.send(name)
    week.settings("digest@newsroom.example.org", "supporters@newsroom.example.org")

    found = inspect_edition(week.place, name)

    assert {(size.language, size.item_count) for size in found.sizes} == {("en", 1), ("uk", 1)}
    with pytest.raises(UsageError, match="no letter of it is in that language and form"):
        inspect_edition(week.place, name, form="discreet")


def test_an_edition_that_carries_nothing_has_nothing_to_look_at(desk):
    desk.item("one")
    desk.publish()
    with pytest.raises(EditionError, match="it carries nothing to anyone"):
        inspect_edition(desk.place, desk.prepare().id)
    with pytest.raises(EditionError, match="there is no such edition"):
        inspect_edition(desk.place, "2022-w01-supporters")


def test_looking_changes_nothing(week):
    name = week.prepare().id
    before = week.sql("SELECT * FROM edition"), week.journal()
    inspect_edition(week.place, name)
    assert (week.sql("SELECT * FROM edition"), week.journal()) == before


def test_many_variants_are_looked_over_in_a_moment(desk):
    topics = "".join(f'[topics.t{number}]\ntitle = "Topic {number}"\n' for number in range(8))
    desk.settings("[kinds.press-release]", f"{topics}[kinds.press-release]")
    rows = "; ".join(f"r{n} {'+'.join(f't{bit}' for bit in range(8) if n >> bit & 1)}" for n in range(1, 121))
    desk.readers(rows, since="2022-02-20")
    for number in range(8):
        desk.item(
            f"item-{number}", topics=f"t{number}", summary=f"What happened in the town of number {number}, in a sentence."
        )
    desk.publish()
    name = desk.prepare().id
    started = time.process_time()

    found = inspect_edition(desk.place, name)

    assert found.errors == ()
    assert time.process_time() - started < 6  # about 1 s for 120 variants; looking at each in full would take more
