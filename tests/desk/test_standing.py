"""Standing approvals: they hold as long as letters are made as they were when a person said yes, and not a day longer."""

from __future__ import annotations

import pytest

from digest.desk.editions import set_choices
from digest.desk.standing import (
    approve_list,
    find_void,
    list_lists,
    revoke_list,
    tell_void,
    try_standing_approval,
)
from digest.errors import TemplateError, UsageError


@pytest.fixture
def press(desk):
    """A press list with standing approval by Carla, two readers, and a draft at once."""
    desk.settings('at_once = "all"', 'at_once = "all"\napproval = "standing"')
    desk.publish("2022-02-21T10:00")
    desk.readers("ada; ben", "press")
    desk.item("one")
    desk.publish("2022-02-21T11:00")
    approve_list(desk.place, "press", actor="Carla")
    return desk


def test_a_draft_is_approved_in_the_name_of_who_approved_the_list(press):
    name = press.prepare("press").id

    assert try_standing_approval(press.place, name)
    assert press.sql("SELECT state, approved_by FROM edition") == [("approved", "Carla, standing")]
    assert [(entry.actor, entry.action) for entry in press.journal(name)][-1] == ("Carla, standing", "edition approved")
    assert try_standing_approval(press.place, name), "asked again it still is"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda desk: desk.write("templates/theme.toml", '[light]\nink = "#101010"\n'), "file templates/theme.toml"),
        (lambda desk: desk.settings('title = "Press"', 'title = "The press"'), "setting lists.press has changed"),
        (lambda desk: desk.settings('postal_address = "1', 'postal_address = "2'), "setting newsroom has changed"),
        (lambda desk: desk.settings('title = "Russia"', 'title = "Russland"'), "setting topics has changed"),
    ],
)
def test_it_ends_with_any_change_of_how_letters_are_made(press, change, named):
    name = press.prepare("press").id
    change(press)
    press.reopen()

    assert not try_standing_approval(press.place, name)
    assert press.sql("SELECT state FROM edition") == [("draft",)]
    (void,) = find_void(press.place)
    assert named in "; ".join(void.changes)
    assert "no longer fits" in void.words and "digest lists approve press" in void.words

    approve_list(press.place, "press", actor="Dora")
    assert find_void(press.place) == [] == tell_void(press.place)
    assert try_standing_approval(press.place, name)


def test_approvers_are_mailed_once_that_it_ended(press):
    press.settings('approval = "standing"', 'approval = "standing"\napprovers = ["Ada <ada@example.org>"]')
    approve_list(press.place, "press", actor="Carla")
    press.settings('title = "Press"', 'title = "The press"')

    for _ in range(2):
        (sentence,) = tell_void(press.place)
        assert "setting lists.press has changed" in sentence
    assert press.sql("SELECT kind FROM letter") == [("approval-void",)]

    press.settings('title = "Russia"', 'title = "Russland"')
    tell_void(press.place)
    assert press.sql("SELECT kind FROM letter") == [("approval-void",), ("approval-void",)], "each change is told"


def test_items_and_what_is_sent_otherwise_do_not_end_it(press):
    press.item("two")
    press.publish("2022-02-21T12:00")
    press.settings("outbox = true", "outbox = true\nconnections = 3")

    assert find_void(press.place) == []
    assert try_standing_approval(press.place, press.prepare("press").id)


def test_it_is_for_one_list_and_rhythm_and_can_be_taken_back(press):
    assert not try_standing_approval(press.place, press.prepare("press", rhythm="daily").id)
    revoke_list(press.place, "press", actor="Dora")

    assert not try_standing_approval(press.place, press.prepare("press").id)
    with pytest.raises(UsageError, match="no standing approval"):
        revoke_list(press.place, "press", actor="Dora")


def test_a_list_whose_editions_are_approved_one_by_one_has_none(press):
    with pytest.raises(UsageError, match="approved one by one"):
        approve_list(press.place, "supporters", actor="Carla")
    with pytest.raises(UsageError, match="no rhythm weekly"):
        approve_list(press.place, "press", rhythm="weekly", actor="Carla")
    with pytest.raises(UsageError, match="no such list"):
        approve_list(press.place, "pres", actor="Carla")

    press.settings('approval = "standing"', 'approval = "each"')
    assert not try_standing_approval(press.place, press.prepare("press").id)
    assert find_void(press.place) == [], "it is wanted no more, so nobody need be told"


def test_what_the_inspection_finds_wrong_leaves_a_draft(press):
    name = press.prepare("press").id
    set_choices(press.place, name, {"introduction": "Hello {{ name }}"}, actor="Ada")

    approved = try_standing_approval(press.place, name)

    assert not approved
    assert press.sql("SELECT state FROM edition") == [("draft",)]
    assert press.journal(name)[-1].action == "standing approval refused"


def test_templates_that_spoil_letters_are_not_approved_for_good(press):
    press.write("templates/mail/edition.html", "{% for %}")
    press.reopen()

    with pytest.raises(TemplateError):
        approve_list(press.place, "press", actor="Carla")


def test_a_name_that_cannot_be_shown_approves_no_list(press):
    revoke_list(press.place, "press", actor="Dora")
    with pytest.raises(UsageError, match="--as"):
        approve_list(press.place, "press", actor="A\nB")

    assert press.sql("SELECT count(*) FROM standing_approval") == [(0,)]


def test_lists_are_shown_with_what_is_approved_for_them(press):
    supporters, shown = list_lists(press.place)

    assert (supporters.name, supporters.standing) == ("supporters", ())
    assert [(one.approval.rhythm, one.approval.approved_by, one.fits) for one in shown.standing] == [
        ("at-once", "Carla", True)
    ]
