"""Signing in: who is let in, for how long, and what is kept of it."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from digest.desk.signing_in import (
    end_all,
    end_session,
    find_session,
    list_sessions,
    prove,
    say,
    sign_in,
    sign_out,
)
from digest.desk.staffing import reset, set_roles
from digest.errors import StaffError, SubscriberError
from digest.store.rates import sweep_counts

HOME, AWAY = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def ada(crew):
    return crew.add("Ada", "editor", "administrator")


def later(desk, **span):
    desk.now = desk.place.now = desk.now + timedelta(**span)


def try_wrong(desk, name="Ada", network=HOME):
    with pytest.raises(StaffError) as refused:
        sign_in(desk.place, name, "not the password at all", "", network=network, device="")
    return refused.value


def test_the_right_password_opens_a_session_and_nothing_kept_tells_the_cookie_or_the_password(desk, crew, ada) -> None:
    opened = crew.sign_in("Ada")
    present = find_session(desk.place, opened.cookie)
    assert present is not None and present.member == ada and present.session.device == "Firefox on Linux"
    assert opened.cookie not in repr(opened) and opened.cookie not in repr(present)
    for _path, octets in desk.bytes_below("var"):
        assert opened.cookie.encode() not in octets and crew.password.encode() not in octets
        assert HOME.encode() not in octets and b"192.0.2" not in octets


def test_each_sign_in_has_a_session_of_its_own(desk, crew, ada) -> None:
    first, second = crew.sign_in("Ada"), crew.sign_in("ADA ")
    assert first.cookie != second.cookie
    sign_out(desk.place, first.cookie)
    assert find_session(desk.place, first.cookie) is None and find_session(desk.place, second.cookie) is not None


def test_wrong_name_password_and_code_are_answered_alike(desk, crew, ada) -> None:
    crew.add("Ben", "editor", codes=True)
    said = set()
    for name, password, code in (
        ("Nobody", crew.password, ""),
        ("", "", ""),
        ("Ada", crew.password + "x", ""),
        ("Ben", crew.password, ""),
        ("Ben", crew.password, "000000"),
        ("Ben", "wrong", crew.code()),
    ):
        with pytest.raises(StaffError) as refused:
            sign_in(desk.place, name, password, code, network=HOME, device="")
        said.add(str(refused.value))
    assert len(said) == 1
    assert not {"Ben", "Ada", "Nobody"} & set(said.pop().split())


@pytest.mark.parametrize("state", ["invited", "removed"])
def test_who_is_not_active_does_not_come_in(desk, crew, ada, state) -> None:
    desk.sql("UPDATE staff SET state = ?", state)
    with pytest.raises(StaffError, match="wrong"):
        crew.sign_in("Ada")


def test_who_has_no_password_does_not_come_in_by_an_empty_one_or_any_other(desk, crew, ada) -> None:
    desk.sql("UPDATE staff SET password = NULL")
    for password in ("", "None", crew.password):
        with pytest.raises(StaffError, match="wrong"):
            sign_in(desk.place, "Ada", password, "", network=HOME, device="")


def test_a_second_factor_is_wanted_where_there_is_one_and_each_code_counts_once(desk, crew) -> None:
    crew.add("Ben", "editor", codes=True)
    with pytest.raises(StaffError, match="wrong"):
        crew.sign_in("Ben")
    code = crew.code()
    crew.sign_in("Ben", code)
    with pytest.raises(StaffError, match="wrong"):
        crew.sign_in("Ben", code, network=AWAY)
    later(desk, seconds=30)
    with pytest.raises(StaffError, match="wrong"):
        crew.sign_in("Ben", code)
    assert crew.sign_in("Ben", crew.code())


def test_of_many_who_use_one_code_at_once_a_single_one_comes_in(desk, crew) -> None:
    crew.add("Ben", "editor", codes=True)
    came, code = [], crew.code()

    def come(number: int) -> None:
        with suppress(StaffError):
            came.append(crew.sign_in("Ben", code, network=f"10.{number}.0.1"))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(came) == 1


def test_keys_of_another_site_let_nobody_in_by_a_code(desk, crew) -> None:
    crew.add("Ben", "editor", codes=True)
    ((sealed,),) = desk.sql("SELECT code_key FROM staff")
    desk.sql("UPDATE staff SET code_key = ?", sealed[:20] + bytes((sealed[20] ^ 1,)) + sealed[21:])
    with pytest.raises(SubscriberError, match="damaged"):
        crew.sign_in("Ben", crew.code())
    assert desk.sql("SELECT count(*) FROM staff_session") == [(0,)]


def test_a_hash_of_older_parameters_is_made_anew_and_ends_no_session(desk, crew, ada) -> None:
    from argon2 import PasswordHasher

    first = crew.sign_in("Ada")
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(crew.password)
    desk.sql("UPDATE staff SET password = ?", old)
    crew.sign_in("Ada")
    assert "m=65536" in desk.sql("SELECT password FROM staff")[0][0]
    assert find_session(desk.place, first.cookie) is not None


def test_after_five_wrong_tries_one_waits_and_the_right_password_is_not_even_looked_at(desk, crew, ada) -> None:
    assert all("wrong" in try_wrong(desk).cause for _ in range(5))
    with pytest.raises(StaffError, match="too often") as refused:
        crew.sign_in("Ada")
    assert "Wait a minute" in refused.value.remedy
    later(desk, minutes=1)
    assert crew.sign_in("Ada")
    assert "wrong" in try_wrong(desk).cause  # all is forgotten for who came in


def test_names_that_nobody_has_make_wait_just_the_same(desk, crew, ada) -> None:
    answers = {name: [str(try_wrong(desk, name, AWAY)) for _ in range(6)] for name in ("Ada", "Nobody")}
    assert "too often" in answers["Ada"][-1]
    assert answers["Ada"] == answers["Nobody"]


def test_a_siege_from_everywhere_locks_nobody_out_who_came_in_before_from_there(desk, crew, ada) -> None:
    crew.sign_in("Ada", network=HOME)
    crew.besiege("Ada", 25)
    with pytest.raises(StaffError, match="too often"):
        crew.sign_in("Ada", network=AWAY)
    assert crew.sign_in("Ada", network=HOME)


def test_the_journal_tells_once_that_somebody_tries_a_members_password(desk, crew, ada) -> None:
    for name in ("Ada", "Nobody"):
        crew.besiege(name, 18)
        assert desk.journal() == [] or name == "Nobody"
        for number in range(3):
            try_wrong(desk, name, network=f"10.{number}.0.1")
    (entry,) = desk.journal()
    assert (entry.actor, entry.action, entry.subject) == ("digest", "sign-in slowed", "staff Ada")


def test_who_signs_in_rightly_many_times_a_day_never_waits(desk, crew, ada) -> None:
    for number in range(3):
        crew.sign_in("Ada", network=f"10.{number}.0.1")
    counts = dict(desk.sql("SELECT name, count FROM rate WHERE name NOT LIKE 'sign-in known%'"))
    assert {count for name, count in counts.items() if "minute" not in name} == {0}


def test_counts_of_tries_go_by_themselves(desk, crew, ada) -> None:
    try_wrong(desk)
    crew.sign_in("Ada")
    with desk.place.hot.writing() as connection:
        sweep_counts(connection, desk.now + timedelta(days=31))
    assert desk.sql("SELECT count(*) FROM rate") == [(0,)]


def test_a_session_ends_when_nothing_is_done_and_in_any_case_after_its_time(desk, crew, ada) -> None:
    idle, busy = crew.sign_in("Ada"), crew.sign_in("Ada")
    for _ in range(13):
        assert find_session(desk.place, busy.cookie) is not None
        later(desk, minutes=55)
    assert find_session(desk.place, idle.cookie) is None
    later(desk, minutes=4)
    assert find_session(desk.place, busy.cookie) is not None
    later(desk, minutes=1)
    assert find_session(desk.place, busy.cookie) is None
    assert desk.sql("SELECT count(*) FROM staff_session") == [(0,)]


def test_the_settings_say_how_long_sessions_last(desk, crew, ada) -> None:
    desk.settings("[delivery]", '[desk]\nidle_limit = "5 min"\n[delivery]')
    crew.place = desk.place
    cookie = crew.sign_in("Ada").cookie
    later(desk, minutes=5)
    assert find_session(desk.place, cookie) is None


def test_being_seen_is_written_at_most_once_a_minute(desk, crew, ada) -> None:
    cookie = crew.sign_in("Ada").cookie
    later(desk, seconds=59)
    find_session(desk.place, cookie)
    assert desk.sql("SELECT seen_at - created_at FROM staff_session") == [(0,)]
    later(desk, seconds=1)
    find_session(desk.place, cookie)
    assert desk.sql("SELECT seen_at - created_at FROM staff_session") == [(60,)]


def test_a_change_of_roles_or_a_reset_ends_sessions_at_once(desk, crew, ada) -> None:
    crew.add("Ben", "editor")
    for change in (
        lambda: set_roles(desk.place, "Ben", ["writer"], actor="Ada"),
        lambda: reset(desk.place, "Ben", actor="Ada"),
    ):
        cookie = crew.sign_in("Ben").cookie
        change()
        assert find_session(desk.place, cookie) is None


def test_no_made_up_cookie_is_a_session(desk, crew, ada) -> None:
    cookie = crew.sign_in("Ada").cookie
    (kept,) = desk.sql("SELECT id_hash FROM staff_session")[0]
    for wrong in ("", cookie[:-1], cookie + "A", cookie.swapcase(), kept.hex(), "\udcff", "ü" * 50):
        assert find_session(desk.place, wrong) is None


def test_to_prove_oneself_takes_password_and_code_and_gives_another_session(desk, crew) -> None:
    crew.add("Ben", "editor", codes=True)
    cookie = crew.sign_in("Ben", crew.code()).cookie
    later(desk, minutes=11)
    present = find_session(desk.place, cookie)
    assert present is not None and not present.is_proved
    for password, code in (("wrong", crew.code()), (crew.password, ""), (crew.password, crew.code(-3))):
        with pytest.raises(StaffError, match="wrong"):
            prove(desk.place, cookie, password, code)
    assert find_session(desk.place, cookie) is not None
    newer = prove(desk.place, cookie, crew.password, crew.code())
    assert find_session(desk.place, cookie) is None
    present = find_session(desk.place, newer)
    assert present is not None and present.is_proved and present.session.device == "Firefox on Linux"
    later(desk, minutes=10)
    present = find_session(desk.place, newer)
    assert present is not None and not present.is_proved


def test_guessing_at_an_open_session_is_slow_too_and_a_siege_elsewhere_hinders_nobody_at_one(desk, crew, ada) -> None:
    cookie = crew.sign_in("Ada").cookie
    crew.besiege("Ada", 30)
    cookie = prove(desk.place, cookie, crew.password, "")
    for _ in range(5):
        with pytest.raises(StaffError, match="wrong"):
            prove(desk.place, cookie, "wrong", "")
    with pytest.raises(StaffError, match="too often"):
        prove(desk.place, cookie, crew.password, "")


def test_nobody_proves_anything_with_a_session_that_is_over(desk, crew, ada) -> None:
    cookie = crew.sign_in("Ada").cookie
    later(desk, hours=2)
    with pytest.raises(StaffError, match="over"):
        prove(desk.place, cookie, crew.password, "")


def test_what_is_to_be_said_is_said_once_to_that_session_alone(desk, crew, ada) -> None:
    mine, other = crew.sign_in("Ada").cookie, crew.sign_in("Ada").cookie
    say(desk.place, mine, "It is sent – «now».", "good")
    assert find_session(desk.place, other).said == ("", "")
    assert find_session(desk.place, mine).said == ("It is sent – «now».", "good")
    assert find_session(desk.place, mine).said == ("", "")


def test_one_sees_and_ends_ones_own_sessions_and_an_administrator_those_of_others(desk, crew, ada) -> None:
    ben = crew.add("Ben", "editor")
    here, there = crew.sign_in("Ben").cookie, crew.sign_in("Ben", device="Safari on iPhone").cookie
    lines = list_sessions(desk.place, ben, here)
    assert {(one.device, one.is_here) for one in lines} == {("Firefox on Linux", True), ("Safari on iPhone", False)}
    for one in lines:
        assert here not in one.id and find_session(desk.place, one.id) is None
    other = next(one.id for one in lines if not one.is_here)
    end_session(desk.place, ben, other, "Ben")
    assert find_session(desk.place, there) is None and find_session(desk.place, here) is not None
    with pytest.raises(StaffError, match="over already"):
        end_session(desk.place, ben, other, "Ben")
    with pytest.raises(StaffError, match="Ben may not change who is on the staff"):
        end_all(desk.place, ada, "Ben")
    assert end_all(desk.place, ben, "Ada") == 1
    assert find_session(desk.place, here) is None
    assert [(entry.actor, entry.action) for entry in desk.journal("staff Ben")] == [
        ("Ben", "session ended"),
        ("Ada", "sessions ended"),
    ]


def test_nobody_ends_a_session_of_somebody_else_by_its_id(desk, crew, ada) -> None:
    ben = crew.add("Ben", "editor")
    cookie = crew.sign_in("Ada").cookie
    (line,) = list_sessions(desk.place, ada)
    with pytest.raises(StaffError):
        end_session(desk.place, ben, line.id, "Ben")
    assert find_session(desk.place, cookie) is not None


def test_all_but_this_one(desk, crew, ada) -> None:
    here, there = crew.sign_in("Ada").cookie, crew.sign_in("Ada").cookie
    assert end_all(desk.place, ada, "Ada", but=here) == 1
    assert find_session(desk.place, here) is not None and find_session(desk.place, there) is None
