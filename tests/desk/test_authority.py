"""Who may do what: rights asked in each act, four eyes, and the program's own acts."""

from __future__ import annotations

import inspect
import os
import typing
from datetime import UTC, datetime

import pytest

from digest.desk import at_once, scheduling
from digest.desk.approving import approve
from digest.desk.authority import check_actor, name_roles, require
from digest.desk.editions import prepare, prepare_if_carrying, set_choices
from digest.desk.publishing import find_items, publish_due
from digest.desk.staffing import remove, set_roles
from digest.desk.standing import approve_list, try_standing_approval
from digest.desk.steering import cancel
from digest.errors import EditionError, StaffError
from digest.items.scanning import scan_items
from digest.staff.members import SYSTEM, THE_PROGRAM, Program
from digest.staff.roles import ROLES, Right, Role
from digest.work.at_once import send_at_once
from digest.work.sending import send


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def edition(desk):
    """A draft that carries something to somebody, prepared before there were members."""
    desk.item("one")
    desk.readers("ada ukraine")
    desk.publish()
    return desk.prepare()


@pytest.mark.parametrize("actor", ["staff", "digest", "Anybody", "the clock"])
def test_as_long_as_nobody_is_active_anybody_may_do_anything(desk, crew, actor) -> None:
    desk.sql("INSERT INTO staff (name, roles, state, created_at) VALUES ('Ada', '[]', 'invited', 0)")
    for right in Right:
        require(desk.place, actor, right)


@pytest.mark.parametrize("role", Role)
def test_a_member_may_what_the_roles_say_and_nothing_else(desk, crew, role) -> None:
    crew.add("Root", "administrator")
    crew.add("Ada", role)
    for right in Right:
        if right in ROLES[role]:
            require(desk.place, "Ada", right)
        else:
            with pytest.raises(StaffError, match=r"^--as Ada: Ada may not "):
                require(desk.place, "Ada", right)


def test_of_several_rights_one_is_enough(desk, crew) -> None:
    crew.add("Ada", "administrator")
    require(desk.place, "Ada", Right.APPROVE, Right.STOP)


def test_a_refusal_names_who_may_and_the_roles_that_would_do(desk, crew) -> None:
    crew.add("Ada", "editor", "administrator")
    with pytest.raises(StaffError) as refused:
        require(desk.place, "Ada", Right.APPROVE)
    assert "Nobody may yet" in refused.value.remedy and "role approver" in refused.value.remedy
    for name in ("Ben", "Cleo"):
        crew.add(name, "approver")
    with pytest.raises(StaffError) as refused:
        require(desk.place, "Ada", Right.APPROVE)
    assert "Ben or Cleo may" in refused.value.remedy
    assert name_roles([Right.STOP]) == "editor, approver or administrator"


@pytest.mark.parametrize("actor", [*sorted(SYSTEM), "Staff", "DIGEST", " staff "])
def test_once_there_are_members_nobody_hides_behind_a_name_of_the_programs(desk, crew, actor) -> None:
    crew.add("Ada", *Role)
    for right in Right:
        with pytest.raises(StaffError, match=r"^--as: nobody is named who does this"):
            require(desk.place, actor, right)


@pytest.mark.parametrize("actor", ["Nobody", "", "Ada\n", "Ada, standing", "Adа"])
def test_who_is_no_member_may_nothing(desk, crew, actor) -> None:
    crew.add("Ada", *Role)
    with pytest.raises(StaffError, match=r"nobody of that name is on the staff|is not written so"):
        require(desk.place, actor, Right.LOOK)


@pytest.mark.parametrize("actor", ["ada", "ADA", " Ada", "Ａda"])
def test_a_name_is_written_as_it_stands_for_four_eyes_go_by_it(desk, crew, actor) -> None:
    crew.add("Ada", *Role)
    with pytest.raises(StaffError, match='Write it as it stands in the journal: "Ada"'):
        require(desk.place, actor, Right.LOOK)


def test_who_was_invited_or_removed_may_nothing(desk, crew) -> None:
    crew.add("Root", *Role)
    crew.add("Ada", *Role)
    remove(desk.place, "Ada", actor="Root")
    with pytest.raises(StaffError, match="nobody of that name"):
        require(desk.place, "Ada", Right.LOOK)
    desk.sql("UPDATE staff SET state = 'invited' WHERE name = 'Ada'")
    with pytest.raises(StaffError, match="has not come in yet"):
        require(desk.place, "Ada", Right.LOOK)


def test_a_role_or_state_that_this_version_does_not_know_allows_nothing(desk, crew) -> None:
    crew.add("Root", *Role)
    crew.add("Ada", "writer")
    desk.sql("""UPDATE staff SET roles = '["emperor"]' WHERE name = 'Ada'""")
    with pytest.raises(StaffError):
        require(desk.place, "Ada", Right.LOOK)
    desk.sql("""UPDATE staff SET roles = '["editor"]', state = 'sleeping' WHERE name = 'Ada'""")
    with pytest.raises(StaffError):
        require(desk.place, "Ada", Right.LOOK)


def test_a_right_that_is_taken_away_is_gone_for_the_next_act(desk, crew, edition) -> None:
    crew.add("Root", *Role)
    crew.add("Ada", "editor")
    set_choices(desk.place, edition.id, {"title": "One"}, actor="Ada")
    set_roles(desk.place, "Ada", ["writer"], actor="Root")
    with pytest.raises(StaffError, match="may not prepare and change editions"):
        set_choices(desk.place, edition.id, {"title": "Two"}, actor="Ada")
    assert desk.sql("SELECT changed_by FROM edition") == [("Ada",)]


def test_the_program_goes_on_once_there_are_members(desk, crew, edition) -> None:
    crew.add("Ada", *Role)
    saved_at = moment("2022-02-21T10:00").timestamp()
    os.utime(desk.item("two", embargo="2022-02-21T12:00:00+00:00"), (saved_at, saved_at))
    desk.publish("2022-02-21T11:00", actor="Ada")
    desk.at("2022-02-21T12:00")
    report = publish_due(desk.place, find_items(desk.place, scan_items(desk.place.site.items)))
    assert report.lines
    assert prepare_if_carrying(desk.place, "supporters", rhythm="weekly") is not None
    with desk.place.hot.reading() as connection:
        check_actor(desk.place, connection, THE_PROGRAM, Right.OPERATE)


def test_what_follows_from_a_release_by_itself_takes_no_right_but_to_release(desk, crew, edition) -> None:
    desk.settings('at_once = "all"', 'at_once = "all"\napproval = "standing"')
    crew.place = desk.place
    crew.add("Root", *Role)
    crew.add("Eve", "editor")
    approve_list(desk.place, "press", actor="Root")
    desk.readers("ben", list_id="press", actor="Root")
    desk.item("two")
    desk.publish("2022-02-21T11:00", actor="Eve")
    (one,) = send_at_once(desk.place, actor="Eve")
    assert one.state == "begun", one.words
    assert desk.sql("SELECT approved_by, edited_by FROM edition WHERE list_id = 'press'") == [("Root, standing", None)]
    with pytest.raises(StaffError, match="Eve may not approve and send"):
        send(desk.place, one.name, actor="Eve")


def test_inside_the_program_nothing_takes_a_name_that_somebody_typed() -> None:
    for act in (prepare_if_carrying, at_once.make_edition):
        assert typing.get_type_hints(act)["actor"] is Program
    assert isinstance(scheduling.ACTOR, Program)
    assert isinstance(inspect.signature(publish_due).parameters["actor"].default, Program)
    assert isinstance(inspect.signature(send_at_once).parameters["actor"].default, Program)


def test_whoever_changed_an_edition_last_cannot_approve_it(desk, crew, edition) -> None:
    crew.add("Ada", *Role)
    set_choices(desk.place, edition.id, {"title": "Good news"}, actor="Ada")
    with pytest.raises(EditionError, match="Ada has changed it last, and cannot approve it too") as refused:
        approve(desk.place, edition.id, actor="Ada")
    assert "role approver" in refused.value.remedy and "four_eyes = false" in refused.value.remedy
    crew.add("Ben", *Role)
    with pytest.raises(EditionError, match="Let Ben look at it"):
        approve(desk.place, edition.id, actor="Ada")
    assert approve(desk.place, edition.id, actor="Ben").approved_by == "Ben"


def test_who_prepared_an_edition_does_not_approve_it_and_another_does(desk, crew, edition) -> None:
    for name in ("Ada", "Ben"):
        crew.add(name, *Role)
    desk.item("two")
    desk.publish("2022-02-21T11:00", actor="Ben")
    moved = prepare(desk.place, "supporters", actor="Ada").edition
    assert moved.edited_by == "Ada"
    with pytest.raises(EditionError, match="cannot approve it too"):
        approve(desk.place, moved.id, actor="Ada")
    assert approve(desk.place, moved.id, actor="Ben")


def test_to_prepare_what_is_as_new_as_can_be_changes_nobodys_last_change(desk, crew, edition) -> None:
    for name in ("Ada", "Ben"):
        crew.add(name, *Role)
    set_choices(desk.place, edition.id, {"title": "Good news"}, actor="Ada")
    assert prepare(desk.place, "supporters", at=edition.moment, actor="Ben").edition.edited_by == "Ada"


def test_what_the_program_does_to_an_edition_changes_nobodys_last_change(desk, crew, edition) -> None:
    crew.add("Ada", *Role)
    set_choices(desk.place, edition.id, {"title": "Good news"}, actor="Ada")
    desk.item("two")
    desk.publish("2022-02-21T11:00", actor="Ada")
    moved = prepare_if_carrying(desk.place, "supporters", rhythm="weekly")
    assert moved is not None and moved.edition.changed_by == "digest" and moved.edition.edited_by == "Ada"
    with pytest.raises(EditionError, match="cannot approve it too"):
        approve(desk.place, edition.id, actor="Ada")


def test_two_eyes_are_enough_where_the_settings_say_so_and_where_there_are_no_members(desk, crew, edition) -> None:
    set_choices(desk.place, edition.id, {"title": "Good news"}, actor="Ada")
    assert approve(desk.place, edition.id, actor="Ada")
    desk.settings("[delivery]", "[desk]\nfour_eyes = false\n[delivery]")
    crew.place = desk.place
    crew.add("Ada", *Role)
    set_choices(desk.place, edition.id, {"title": "Better news"}, actor="Ada")
    assert approve(desk.place, edition.id, actor="Ada")


def test_who_changed_it_last_is_no_part_of_what_is_approved(desk, crew, edition) -> None:
    for name in ("Ada", "Ben"):
        crew.add(name, *Role)
    hashes = set()
    for editor, approver in (("Ada", "Ben"), ("Ben", "Ada")):
        set_choices(desk.place, edition.id, {"title": "Good news"}, actor=editor)
        hashes.add(approve(desk.place, edition.id, actor=approver).approved_hash)
    assert len(hashes) == 1


def test_a_standing_approval_does_not_cover_what_a_person_chose(desk, crew) -> None:
    desk.settings('rhythms = ["weekly", "at-once"]', 'rhythms = ["weekly", "at-once"]\napproval = "standing"')
    crew.place = desk.place
    desk.item("one")
    desk.readers("ada ukraine")
    desk.publish()
    for name in ("Ada", "Ben"):
        crew.add(name, *Role)
    approve_list(desk.place, "supporters", rhythm="weekly", actor="Ben")
    edition = desk.prepare(actor="Ada")
    set_choices(desk.place, edition.id, {"title": "Good news"}, actor="Ada")
    assert not try_standing_approval(desk.place, edition.id)
    (entry,) = [entry for entry in desk.journal(edition.id) if entry.action == "standing approval refused"]
    assert "Ada has changed it" in entry.detail["why"]
    set_choices(desk.place, edition.id, {"title": ""}, actor="Ada")
    assert try_standing_approval(desk.place, edition.id)  # looked at by hand, and as it was


def test_an_editor_cancels_a_draft_and_only_an_approver_what_was_approved(desk, crew, edition) -> None:
    crew.add("Ada", "administrator", "approver")
    crew.add("Eve", "editor")
    approve(desk.place, edition.id, actor="Ada")
    with pytest.raises(StaffError, match="Eve may not approve and send"):
        cancel(desk.place, edition.id, actor="Eve")
    desk.sql("UPDATE edition SET state = 'draft'")
    assert cancel(desk.place, edition.id, actor="Eve").state == "cancelled"
