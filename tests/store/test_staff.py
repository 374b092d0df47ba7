"""Members, their links and sessions in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.staff.roles import Role
from digest.staff.sessions import Session
from digest.store import staff, staff_sessions
from digest.store.hot import open_hot

NOW = datetime(2022, 2, 21, 9, 0, tzinfo=UTC)
HASH = b"\x01" * 32


@pytest.fixture
def connection(tmp_path):
    with open_hot(tmp_path).writing() as opened:
        yield opened


def add(connection, name="Ada", state="active", roles=(Role.EDITOR,)):
    return staff.add_member(connection, name, roles, state, NOW)


def link(token_hash, member=None, hours=1):
    return staff.StoredLink(token_hash, "invitation", member, "Ada", NOW, NOW + timedelta(hours=hours))


def test_a_member_is_read_as_stored_by_number_and_by_any_spelling_of_the_name(connection) -> None:
    ada = add(connection, "Ада Л", roles=tuple(Role))
    assert staff.read_member(connection, ada.id) == ada == staff.find_member(connection, " АДА  л")
    assert ada.roles == frozenset(Role) and ada.epoch == 1 and not ada.has_codes
    assert staff.read_member(connection, ada.id + 1) is None and staff.find_member(connection, "Ада") is None


def test_somebody_is_active_only_when_somebody_is(connection) -> None:
    assert not staff.has_active(connection)
    ada = add(connection, state="invited")
    assert not staff.has_active(connection)
    staff.change_member(connection, ada.id, roles=ada.roles, state="active")
    assert staff.has_active(connection)


def test_members_come_by_name_whatever_their_capitals(connection) -> None:
    for name in ("ben", "Cleo", "Ada"):
        add(connection, name)
    assert [one.name for one in staff.read_members(connection)] == ["Ada", "ben", "Cleo"]


def test_roles_password_and_second_factor_each_begin_another_epoch_and_a_rehash_does_not(connection) -> None:
    ada, epochs = add(connection), []
    for change in (
        lambda: staff.change_member(connection, ada.id, roles=(), state="active"),
        lambda: staff.keep_password(connection, ada.id, "hash"),
        lambda: staff.keep_code_key(connection, ada.id, b"sealed", 5),
        lambda: staff.keep_code_key(connection, ada.id, None),
        lambda: staff.keep_password(connection, ada.id, "other hash", anew=False),
    ):
        change()
        epochs.append(staff.read_member(connection, ada.id).epoch)
    assert epochs == [2, 3, 4, 5, 5]
    assert staff.read_secrets(connection, ada.id) == staff.Secrets("other hash", None, None)
    assert "other hash" not in repr(staff.read_secrets(connection, ada.id))


def test_a_time_step_counts_once_and_never_backwards(connection) -> None:
    ada = add(connection)
    noted = [staff.note_step(connection, ada.id, step) for step in (10, 10, 9, 11, 10)]
    assert noted == [True, False, False, True, False]


def test_a_link_is_found_while_it_lasts_and_goes_with_its_owners_others(connection) -> None:
    ada, ben = add(connection), add(connection, "Ben")
    for token_hash, member in ((b"a", ada.id), (b"b", ben.id), (b"f", None)):
        staff.add_link(connection, link(token_hash, member))
    found = staff.find_link(connection, b"a", NOW)
    assert found == link(b"a", ada.id) and "b'a'" not in repr(found)
    assert staff.find_link(connection, b"a", NOW + timedelta(hours=1)) is None
    staff.drop_links(connection, ada.id)
    assert staff.find_link(connection, b"a", NOW) is None and staff.find_link(connection, b"b", NOW) is not None
    staff.drop_links(connection, None)
    assert staff.find_link(connection, b"f", NOW) is None and staff.find_link(connection, b"b", NOW) is not None
    staff.sweep_links(connection, NOW + timedelta(hours=1))
    assert connection.execute("SELECT count(*) FROM staff_link").fetchone() == (0,)


def test_sessions_are_kept_read_touched_and_ended(connection) -> None:
    ada = add(connection)
    session = Session(ada.id, 1, "Firefox on Linux", NOW, NOW, NOW)
    staff_sessions.add_session(connection, HASH, session)
    stored = staff_sessions.find_stored(connection, HASH)
    assert stored == staff_sessions.StoredSession(HASH, session) and repr(HASH) not in repr(stored)
    staff_sessions.touch_session(connection, HASH, NOW + timedelta(minutes=5))
    assert staff_sessions.read_sessions(connection, ada.id)[0].session.seen_at == NOW + timedelta(minutes=5)
    assert staff_sessions.end_session(connection, HASH) and not staff_sessions.end_session(connection, HASH)


def test_what_was_put_there_since_is_not_taken_away_with_what_was_said(connection) -> None:
    ada = add(connection)
    staff_sessions.add_session(connection, HASH, Session(ada.id, 1, "", NOW, NOW, NOW))
    staff_sessions.keep_said(connection, HASH, "newer")
    staff_sessions.take_said(connection, HASH, "older")
    assert staff_sessions.find_stored(connection, HASH).said == "newer"
    staff_sessions.take_said(connection, HASH, "newer")
    assert staff_sessions.find_stored(connection, HASH).said == ""


def test_only_sessions_that_are_too_old_are_swept(connection) -> None:
    ada = add(connection)
    for number, (created, seen) in enumerate([(0, 0), (-13, 0), (-2, -2)]):
        moments = (NOW + timedelta(hours=created), NOW + timedelta(hours=seen), NOW)
        staff_sessions.add_session(connection, bytes((number,)), Session(ada.id, 1, "", *moments))
    assert staff_sessions.sweep_sessions(connection, NOW - timedelta(hours=12), NOW - timedelta(hours=1)) == 2
    assert [one.cookie_hash for one in staff_sessions.read_sessions(connection, ada.id)] == [b"\0"]


def test_all_access_goes_at_once(connection) -> None:
    ada = add(connection)
    staff_sessions.add_session(connection, HASH, Session(ada.id, 1, "", NOW, NOW, NOW))
    staff.add_link(connection, link(b"a", ada.id))
    staff_sessions.drop_access(connection)
    assert staff_sessions.find_stored(connection, HASH) is None and staff.find_link(connection, b"a", NOW) is None
