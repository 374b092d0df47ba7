"""Who may go where: every role at every door, and every form without what makes it one of ours."""

from __future__ import annotations

import re
from typing import Any

import pytest

from digest.staff.roles import ROLES, Role
from digest.web.desk.doors import DOORS
from digest.web.desk.entering import ENTRIES
from digest.web.desk.visiting import Door

ONE_OF_EACH = {
    "Wanda": Role.WRITER,
    "Ed": Role.EDITOR,
    "Ada": Role.APPROVER,
    "Lea": Role.LIST_KEEPER,
    "Root": Role.ADMINISTRATOR,
}
_PARTS = {"edition": "2024-w10-supporters", "item": "first"}
FORM = "application/x-www-form-urlencoded"


def _path(door: Door) -> str:
    return "/desk" + re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: _PARTS.get(found[1], "x"), door.path)


SHOWN = [door for door in DOORS if door.show]
ACTED = [door for door in DOORS if door.act]


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_role_sees_what_it_may_and_nothing_else(name: str, desk: Any) -> None:
    browser = desk.browser(name)
    rights = ROLES[ONE_OF_EACH[name]]
    for door in SHOWN:
        answer = browser.get(_path(door))
        assert (answer.status == 403) is (door.right not in rights), (door.path, answer.status, answer.text)
        assert answer.status < 500, (door.path, answer.text)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_role_does_what_it_may_and_nothing_else(name: str, desk: Any) -> None:
    rights = ROLES[ONE_OF_EACH[name]]
    for door in ACTED:
        if door.path == "/sign-out":
            continue
        browser = desk.browser(name)
        browser.get("/desk/me")
        wanted = {door.right, door.act_right or door.right}
        before = desk.dump()
        answer = browser.post(_path(door))
        assert (answer.status == 403) is (not wanted <= rights), (door.path, answer.status, answer.text)
        assert answer.status < 500, (door.path, answer.text)
        if answer.status == 403:
            assert desk.dump() == before, door.path


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
def test_nobody_comes_in_without_a_session(door: Door, desk: Any) -> None:
    before = desk.dump()
    for method in ("GET", "HEAD", "POST"):
        answer = desk.browser().ask(method, _path(door), headers={"content-type": FORM, "sec-fetch-site": "same-origin"})
        assert (answer.status, answer.location[:13]) == (303, "/desk/sign-in"), (method, answer.status)
    assert desk.dump() == before


@pytest.mark.parametrize("door", ACTED, ids=lambda door: door.path)
def test_a_form_of_another_page_does_nothing(door: Door, desk: Any) -> None:
    browser = desk.browser("Boss")
    browser.get("/desk/me")
    before = desk.dump()
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example.org"},
        {"sec-fetch-site": "same-site"},
    ):
        assert browser.post(_path(door), **headers).status == 403
    for token in ("", "token=", "token=wrong"):
        answer = browser.ask("POST", _path(door), token.encode(), {"content-type": FORM, "sec-fetch-site": "same-origin"})
        assert answer.status == 403, token
    assert desk.dump() == before


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path)
def test_a_guest_s_form_must_be_ours_too(entry: Any, desk: Any) -> None:
    path = f"/desk{entry.path}".replace("{token}", "x" * 43)
    browser = desk.browser()
    browser.get("/desk/sign-in")
    assert browser.post(path, {"name": "Ada"}, **{"sec-fetch-site": "cross-site"}).status == 403
    browser.cookies.clear()
    assert browser.post(path, {"name": "Ada"}).status == 403


def test_looking_changes_nothing(desk: Any) -> None:
    browser = desk.browser("Boss")
    browser.get("/desk/me")
    for door in SHOWN:
        browser.get(_path(door))  # what is counted and kept for pages is there now
    before = desk.dump()
    for door in SHOWN:
        for method in ("GET", "HEAD"):
            browser.ask(method, _path(door))
    assert desk.dump() == before


def test_every_answer_is_careful(desk: Any) -> None:
    browser = desk.browser("Boss")
    for door in SHOWN:
        answer = browser.get(_path(door))
        assert answer.header("cache-control") == "no-store", door.path
        assert "default-src 'none'" in answer.header("content-security-policy"), door.path
        assert "unsafe-inline" not in answer.header("content-security-policy") or "sandbox" in answer.header(
            "content-security-policy"
        ), door.path
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("referrer-policy") == "no-referrer"
        assert "noindex" in answer.header("x-robots-tag")


def test_other_methods_and_hosts_are_refused(desk: Any) -> None:
    browser = desk.browser("Boss")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert browser.ask(method, "/desk/").status == 405
    assert browser.ask("GET", "/desk/", headers={"host": "evil.example.org"}).status == 421


def test_cookies_are_kept_to_this_host_over_https_and_from_scripts(desk: Any) -> None:
    browser = desk.browser()
    browser.get("/desk/sign-in")
    answer = browser.post("/desk/sign-in", {"name": "Ada", "password": "seven grey herons at dusk"})
    kept = [value for name, value in answer.headers if name == "set-cookie"]
    assert any(value.startswith("__Host-desk=") for value in kept)
    for value in kept:
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= set(value.split("; ")), value
