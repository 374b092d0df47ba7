"""Who is on the staff: links that open the desk once, roles, removing, and what each member changes about themselves."""

from __future__ import annotations

import shutil
import threading
from base64 import b32encode
from datetime import timedelta

import pyotp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.desk.backing_up import back_up
from digest.desk.restoring import restore
from digest.desk.signing_in import find_session, sign_in
from digest.desk.staffing import (
    change_password,
    confirm_codes,
    drop_codes,
    find_link_address,
    has_staff,
    invite,
    join,
    list_members,
    look_at_link,
    make_first_link,
    remove,
    reset,
    set_roles,
    set_up_codes,
)
from digest.desk.workplace import Workplace
from digest.errors import StaffError
from digest.settings import open_site
from digest.staff.members import SYSTEM
from digest.staff.roles import Right, Role

NEW = "another four words unguessed"
ADMIN, EDITOR = (Role.ADMINISTRATOR,), (Role.EDITOR,)


def come_in(desk, token, **more):
    return join(desk.place, token, **{"password": NEW, "network": "192.0.2.7", "device": "Firefox on Linux"} | more)


def later(desk, **span):
    desk.now = desk.place.now = desk.now + timedelta(**span)


def acts(desk, subject):
    return [(entry.actor, entry.action) for entry in desk.journal(subject)]


def test_the_first_link_makes_a_member_with_every_role_once(desk) -> None:
    token = make_first_link(desk.place)
    assert token is not None
    facts = look_at_link(desk.place, token)
    assert facts is not None and (facts.purpose, facts.name, facts.roles) == ("first", "", tuple(Role))
    opened = come_in(desk, token, name=" Ada  Lovelace ")
    assert opened.member.name == "Ada Lovelace" and opened.member.rights == frozenset(Right)
    assert find_session(desk.place, opened.cookie) is not None
    assert look_at_link(desk.place, token) is None and make_first_link(desk.place) is None
    with pytest.raises(StaffError, match="does not work"):
        come_in(desk, token, name="Mallory")
    assert acts(desk, "staff Ada Lovelace") == [("Ada Lovelace", "member joined")]


def test_a_newer_first_link_ends_the_older_and_each_lasts_a_day(desk) -> None:
    older, newer = make_first_link(desk.place), make_first_link(desk.place)
    assert look_at_link(desk.place, older) is None
    later(desk, hours=23, minutes=59)
    assert look_at_link(desk.place, newer) is not None
    later(desk, minutes=1)
    assert look_at_link(desk.place, newer) is None


def test_looking_at_a_link_changes_nothing(desk, crew) -> None:
    crew.add("Ada", *Role)
    token = invite(desk.place, "Ben", EDITOR, actor="Ada")
    before = list(desk.place.hot.file.read_bytes()), desk.sql("SELECT * FROM staff_link"), desk.sql("SELECT * FROM staff")
    for wanted in (token, token[:-1], "", "nothing", "\udcff"):
        look_at_link(desk.place, wanted)
    assert (
        list(desk.place.hot.file.read_bytes()),
        desk.sql("SELECT * FROM staff_link"),
        desk.sql("SELECT * FROM staff"),
    ) == before


def test_of_two_who_use_the_first_link_at_once_one_comes_in(desk) -> None:
    token, came = make_first_link(desk.place), []

    def come(name: str) -> None:
        try:
            came.append(come_in(desk, token, name=name))
        except StaffError as refusal:
            came.append(refusal)

    threads = [threading.Thread(target=come, args=(name,)) for name in ("Ada", "Ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, StaffError) for one in came) == [False, True]
    assert len(list_members(desk.place)) == 1


def test_an_invited_member_comes_in_once_as_what_they_were_made(desk, crew) -> None:
    crew.add("Ada", *Role)
    token = invite(desk.place, "Ben", (Role.EDITOR, Role.WRITER), actor="Ada")
    assert find_link_address(desk.place, token) == f"https://news.example.org/desk/join/{token}"
    facts = look_at_link(desk.place, token)
    assert facts is not None and (facts.purpose, facts.name) == ("invitation", "Ben")
    assert ", ".join(facts.roles) == "writer, editor"
    opened = come_in(desk, token, name="Mallory")  # a name is for the first alone
    assert opened.member.name == "Ben" and opened.member.roles == {Role.EDITOR, Role.WRITER}
    with pytest.raises(StaffError, match="does not work"):
        come_in(desk, token)
    assert sign_in(desk.place, "ben", NEW, "", network="192.0.2.7", device="").member == opened.member
    assert acts(desk, "staff Ben") == [("Ada", "member invited"), ("Ben", "member joined")]


def test_an_invitation_lasts_seven_days_and_a_new_one_ends_the_old(desk, crew) -> None:
    crew.add("Ada", *Role)
    old = invite(desk.place, "Ben", EDITOR, actor="Ada")
    new = invite(desk.place, "BEN", (Role.APPROVER,), actor="Ada")
    assert look_at_link(desk.place, old) is None
    facts = look_at_link(desk.place, new)
    assert facts is not None and (facts.name, facts.roles) == ("Ben", (Role.APPROVER,))
    later(desk, days=7)
    assert look_at_link(desk.place, new) is None


def test_no_token_is_kept_and_none_stands_in_the_journal(desk, crew) -> None:
    crew.add("Ada", *Role)
    tokens = [invite(desk.place, "Ben", EDITOR, actor="Ada"), reset(desk.place, "Ben", actor="Ada")]
    opened = come_in(desk, tokens[1])
    offer = set_up_codes(desk.place, opened.member)
    secrets = [*tokens, opened.cookie, NEW, offer.key.hex(), offer.uri]
    assert not any(secret in repr((opened, offer, desk.journal())) for secret in secrets)
    for _path, octets in desk.bytes_below("var"):
        assert not any(secret.encode() in octets for secret in secrets)
        assert b"192.0.2" not in octets


def test_nobody_comes_in_before_an_administrator_so_somebody_can_always_change_members(desk) -> None:
    with pytest.raises(StaffError, match="somebody must be able to let others in"):
        invite(desk.place, "Ben", EDITOR, actor="staff")
    ada = invite(desk.place, "Ada", ADMIN, actor="staff")
    ben = invite(desk.place, "Ben", EDITOR, actor="staff")
    with pytest.raises(StaffError, match="an administrator must come in first"):
        come_in(desk, ben)
    with desk.place.hot.reading() as connection:
        assert not has_staff(connection)
    come_in(desk, ada)
    assert come_in(desk, ben).member.may(Right.EDIT)


def test_whoever_comes_first_may_be_somebody_invited_and_then_has_every_role(desk) -> None:
    invite(desk.place, "Ada", ADMIN, actor="staff")
    token = make_first_link(desk.place)
    assert come_in(desk, token, name="ada").member.roles == frozenset(Role)
    assert [member.name for member in list_members(desk.place)] == ["Ada"]


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 61, "a\nb@c", "ada@example.org", "Digest", "staff", "a\u202eb", "Ada, standing"]
)
def test_what_is_no_name_is_refused_in_words(desk, crew, name) -> None:
    crew.add("Ada", *Role)
    with pytest.raises(StaffError, match=r"the name|the journal"):
        invite(desk.place, name, EDITOR, actor="Ada")
    desk.sql("DELETE FROM staff")
    with pytest.raises(StaffError, match=r"the name|the journal"):
        come_in(desk, make_first_link(desk.place), name=name)


@pytest.mark.parametrize("other", ["Ada", "ADA", " ada ", "Ａda"])
def test_a_name_is_one_persons_whatever_its_capitals(desk, crew, other) -> None:
    crew.add("Ada", *Role)
    with pytest.raises(StaffError, match="there is a member of that name"):
        invite(desk.place, other, EDITOR, actor="Ada")
    crew.add("Ben", *Role)
    remove(desk.place, "Ada", actor="Ben")
    with pytest.raises(StaffError, match="the journal must keep one meaning"):
        invite(desk.place, other, EDITOR, actor="Ben")


@pytest.mark.parametrize("password", ["short", "Password1234", "ada ada ada ada", "zzzzzzzzzzzzzzz"])
def test_a_password_that_will_not_do_uses_nothing_up(desk, password) -> None:
    token = make_first_link(desk.place)
    with pytest.raises(StaffError, match="the password"):
        come_in(desk, token, name="Ada", password=password)
    assert come_in(desk, token, name="Ada")


def test_who_was_removed_can_do_nothing_at_once_and_no_link_lets_them_in(desk, crew) -> None:
    crew.add("Ada", *Role)
    crew.add("Ben", "editor", codes=True)
    token = reset(desk.place, "Ben", actor="Ada")
    opened = come_in(desk, token)
    token = reset(desk.place, "Ben", actor="Ada")
    cookie = opened.cookie
    assert find_session(desk.place, cookie) is None
    remove(desk.place, "Ben", actor="Ada")
    assert look_at_link(desk.place, token) is None
    with pytest.raises(StaffError):
        sign_in(desk.place, "Ben", NEW, "", network="192.0.2.7", device="")
    assert desk.sql("SELECT password, code_key FROM staff WHERE name = 'Ben'") == [(None, None)]
    for act in (lambda: remove(desk.place, "Ben", actor="Ada"), lambda: reset(desk.place, "Ben", actor="Ada")):
        with pytest.raises(StaffError, match="they were removed"):
            act()


def test_the_last_administrator_can_neither_go_nor_lose_the_role(desk, crew) -> None:
    crew.add("Ada", *Role)
    crew.add("Ben", "editor")
    invite(desk.place, "Cleo", ADMIN, actor="Ada")  # invited is not yet there
    for act in (
        lambda: remove(desk.place, "Ada", actor="Ada"),
        lambda: set_roles(desk.place, "Ada", EDITOR, actor="Ada"),
    ):
        with pytest.raises(StaffError, match="nobody else is an administrator"):
            act()
    assert set_roles(desk.place, "Ada", (Role.ADMINISTRATOR, Role.WRITER), actor="Ada").roles == {"administrator", "writer"}
    set_roles(desk.place, "Ben", ADMIN, actor="Ada")
    remove(desk.place, "Ada", actor="Ada")
    with pytest.raises(StaffError, match="nobody else is an administrator"):
        remove(desk.place, "Ben", actor="Ben")


_steps = st.lists(
    st.tuples(
        st.sampled_from(["roles", "remove", "reset", "invite"]),
        st.sampled_from(["Ada", "Ben", "Cleo"]),
        st.sampled_from(["Ada", "Ben", "Cleo"]),
        st.sets(st.sampled_from(Role), max_size=2),
    ),
    max_size=8,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_steps)
def test_whatever_administrators_do_one_of_them_is_always_left(desk, crew, steps) -> None:
    for table in ("staff_link", "staff_session", "staff"):
        desk.sql(f"DELETE FROM {table}")
    crew.add("Ada", *Role)
    crew.add("Ben", "administrator")
    for what, actor, name, roles in steps:
        act = {"roles": set_roles, "invite": invite}.get(what)
        try:
            if act:
                act(desk.place, name, roles, actor=actor)
            else:
                {"remove": remove, "reset": reset}[what](desk.place, name, actor=actor)
        except StaffError:
            continue
        assert crew.find(actor).state in ("active", "removed")
    assert any(member.may(Right.STAFF) for member in list_members(desk.place))


def test_only_an_administrator_changes_members_and_the_journal_names_who_did(desk, crew) -> None:
    crew.add("Ada", "administrator")
    crew.add("Ben", *(role for role in Role if role is not Role.ADMINISTRATOR))
    for actor in ("Ben", "Nobody", "staff", "digest", "ada", "Ada "):
        for act in (
            lambda actor=actor: invite(desk.place, "Cleo", EDITOR, actor=actor),
            lambda actor=actor: set_roles(desk.place, "Ben", tuple(Role), actor=actor),
            lambda actor=actor: remove(desk.place, "Ben", actor=actor),
            lambda actor=actor: reset(desk.place, "Ada", actor=actor),
        ):
            with pytest.raises(StaffError):
                act()
    assert desk.journal() == []
    set_roles(desk.place, "ben", EDITOR, actor="Ada")
    (entry,) = desk.journal()
    assert (entry.actor, entry.action, entry.subject, entry.via) == ("Ada", "roles set", "staff Ben", "cli")
    assert entry.detail == {"roles": "editor", "before": "writer, editor, approver, list-keeper"}


def test_a_lost_phone_or_password_is_mended_by_a_link_that_ends_all_sessions(desk, crew) -> None:
    crew.add("Ada", *Role)
    ben = crew.add("Ben", "editor", codes=True)
    cookie = crew.sign_in("Ben", crew.code()).cookie
    token = reset(desk.place, "Ben", actor="Ada")
    assert find_session(desk.place, cookie) is None
    with pytest.raises(StaffError):
        crew.sign_in("Ben", crew.code(1))
    facts = look_at_link(desk.place, token)
    assert facts is not None and (facts.purpose, facts.name) == ("reset", "Ben")
    opened = come_in(desk, token)
    assert opened.member.roles == ben.roles and not opened.member.has_codes and opened.member.epoch > ben.epoch
    assert acts(desk, "staff Ben") == [("Ada", "password reset"), ("Ben", "password chosen")]
    later(desk, hours=24)
    assert look_at_link(desk.place, reset(desk.place, "Ben", actor="Ada")) is not None


def test_the_last_administrator_who_lost_everything_is_helped_on_the_server(desk, crew) -> None:
    crew.add("Ada", *Role, codes=True)
    opened = come_in(desk, reset(desk.place, "Ada", actor="Ada"))
    assert opened.member.may(Right.STAFF)


def test_changing_ones_password_wants_the_present_one_and_signs_out_everywhere_else(desk, crew) -> None:
    ada = crew.add("Ada", *Role)
    here, there = crew.sign_in("Ada").cookie, crew.sign_in("Ada").cookie
    with pytest.raises(StaffError, match="wrong"):
        change_password(desk.place, ada, here, password="wrong", code="", new=NEW)
    with pytest.raises(StaffError, match="fewer"):
        change_password(desk.place, ada, here, password=crew.password, code="", new="short")
    opened = change_password(desk.place, ada, here, password=crew.password, code="", new=NEW, device="Firefox on Linux")
    assert find_session(desk.place, here) is None and find_session(desk.place, there) is None
    assert find_session(desk.place, opened.cookie) is not None
    with pytest.raises(StaffError):
        crew.sign_in("Ada")
    assert acts(desk, "staff Ada") == [("Ada", "password changed")]


def test_nobody_changes_the_password_of_another_by_their_own_session(desk, crew) -> None:
    ada = crew.add("Ada", *Role)
    crew.add("Ben", "editor")
    cookie = crew.sign_in("Ben").cookie
    with pytest.raises(StaffError, match="over"):
        change_password(desk.place, ada, cookie, password=crew.password, code="", new=NEW)
    assert crew.sign_in("Ada")


def test_a_second_factor_is_on_once_a_code_of_it_was_given_and_lies_sealed(desk, crew) -> None:
    ada = crew.add("Ada", *Role)
    before = crew.sign_in("Ada").cookie
    offer = set_up_codes(desk.place, ada)
    with pytest.raises(StaffError, match="not the one that the app shows"):
        confirm_codes(desk.place, ada, offer.key, "000000")
    assert not crew.find("Ada").has_codes and find_session(desk.place, before) is not None
    code = code_of(offer.key, desk.now)
    opened = confirm_codes(desk.place, ada, offer.key, code, device="Firefox on Linux")
    assert find_session(desk.place, before) is None and find_session(desk.place, opened.cookie) is not None
    assert crew.find("Ada").has_codes
    assert all(offer.key not in octets for _path, octets in desk.bytes_below("var"))
    with pytest.raises(StaffError):
        crew.sign_in("Ada", code)  # it counted when it was switched on
    later(desk, seconds=30)
    assert crew.sign_in("Ada", code_of(offer.key, desk.now))
    off = drop_codes(desk.place, crew.find("Ada"))
    assert find_session(desk.place, opened.cookie) is None and find_session(desk.place, off.cookie) is not None
    assert crew.sign_in("Ada")
    assert acts(desk, "staff Ada") == [("Ada", "second factor switched on"), ("Ada", "second factor switched off")]


def code_of(key, now):
    return pyotp.TOTP(b32encode(key).decode()).at(now)


def test_what_was_begun_before_an_administrator_stepped_in_comes_to_nothing(desk, crew) -> None:
    crew.add("Ada", *Role)
    ben = crew.add("Ben", "editor")
    offer = set_up_codes(desk.place, ben)
    reset(desk.place, "Ben", actor="Ada")
    with pytest.raises(StaffError, match="over"):
        confirm_codes(desk.place, ben, offer.key, code_of(offer.key, desk.now))
    with pytest.raises(StaffError, match="over"):
        drop_codes(desk.place, ben)
    assert desk.sql("SELECT count(*) FROM staff_session") == [(0,)]


def test_rotated_keys_open_second_factors_still(desk, crew) -> None:
    from digest.desk.rekeying import rotate_sealing

    crew.add("Ada", *Role, codes=True)
    (before,) = desk.sql("SELECT code_key FROM staff")
    rotate_sealing(desk.place, actor="Ada")
    assert desk.sql("SELECT code_key FROM staff") != [before]
    desk.reopen()
    crew.place = desk.place
    assert crew.sign_in("Ada", crew.code())


def test_missing_keys_are_never_made_anew_where_second_factors_are_sealed(desk, crew) -> None:
    from digest.errors import SubscriberError

    crew.add("Ada", *Role, codes=True)
    (desk.folder / "keys" / "digest.keys").rename(desk.folder / "elsewhere")
    desk.reopen()
    crew.place = desk.place
    with pytest.raises(SubscriberError, match="the keys are missing"):
        crew.sign_in("Ada", crew.code())


def test_names_of_the_journal_stay_nobodys() -> None:
    assert {"digest", "staff", "reader", "the clock", "the schedule"} <= SYSTEM


def test_at_a_restored_site_nobody_is_signed_in_and_no_link_works(desk, crew, tmp_path) -> None:
    crew.add("Ada", *Role)
    cookie, token = crew.sign_in("Ada").cookie, invite(desk.place, "Ben", EDITOR, actor="Ada")
    made = back_up(desk.place, tmp_path / "copy.backup", actor="Ada")
    into = tmp_path / "anew"
    shutil.copytree(desk.folder / "keys", into / "keys")
    restore(made.file, into, actor="Ada")
    place = Workplace(open_site(into, {}), desk.now)
    try:
        assert find_session(place, cookie) is None and look_at_link(place, token) is None
        assert [member.name for member in list_members(place)] == ["Ada", "Ben"]
    finally:
        place.close()
