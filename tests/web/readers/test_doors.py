"""What is shown at each address, what is refused, and what no answer may lack."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest

from digest.errors import StoreError, SubscriberError
from digest.web.readers import answering

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = b"List-Unsubscribe=One-Click"
PUBLIC = {
    "/subscribe": 200, "/subscribe/": 200, "/subscribe/supporters": 200, "/subscribe/press/": 200, "/subscribe/nothing": 404,
    "/preferences": 200, "/preferences/": 200, "/preferences/other": 404, "/confirm/other": 404, "/confirm/": 404, "/u": 404,
    "/u/": 404, "/u/other": 404, "/u/a/b": 404, "/address/other": 404, "/undo/other": 404,
}  # fmt: skip
ACTS = {
    "/subscribe/supporters": "subscribe", "/confirm/other": "confirm", "/preferences/other": "erase", "/preferences/": "ask",
    "/u/other": "leave", "/undo/other": "return", "/address/other": "agree",
}  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC)
def test_reading_shows_and_stores_nothing(path: str, door: Any) -> None:
    before = door.dump()
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = door.ask(path, method)
        assert answer.status == (204 if method == "OPTIONS" else PUBLIC[path]), method
        assert (answer.body == b"") is (method != "GET")
    assert door.dump() == before
    assert not (door.folder / "keys").exists()


def test_every_answer_is_careful(door: Any) -> None:
    token = door.leave_token(door.enrol())
    answers = [door.ask(path) for path in [*PUBLIC, f"/u/{token}"]]
    answers += [door.ask("/u/a", "PATCH"), door.ask("/u/a", "OPTIONS"), door.ask("/u/a", headers={"Host": "evil.org"})]
    answers += [door.sign_up(), door.sign_up(address=""), door.post("/u/a", act="leave"), door.post(f"/u/{token}", act="x")]
    answers += [door.ask("/u/a", "POST", {"Content-Type": FORM}, b"x" * 20_000)]
    for answer in answers:
        headers = answer.headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer" and headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers and "location" not in headers


def test_only_what_is_the_same_for_everybody_may_be_found(door: Any) -> None:
    found = [path for path in PUBLIC if "x-robots-tag" not in door.ask(path).headers]

    assert found == [
        "/subscribe",
        "/subscribe/",
        "/subscribe/supporters",
        "/subscribe/press/",
        "/preferences",
        "/preferences/",
    ]
    assert door.sign_up().headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize("path", ACTS)
def test_a_form_of_another_site_does_nothing(path: str, door: Any) -> None:
    before = door.dump()
    for headers in ({"Origin": "https://evil.org"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert door.sign_up(path=path, headers=headers, act=ACTS[path], sure="yes").status == 403
    assert door.dump() == before


@pytest.mark.parametrize("path", ACTS)
def test_requests_by_another_name_are_refused(path: str, door: Any) -> None:
    for host in ("evil.org", "news.example.org.evil.org", "", "192.0.2.1", "["):
        assert door.ask(path, headers={"Host": host}).status == 421
    for host in ("NEWS.example.org:443", "127.0.0.1:8080", "localhost"):
        assert door.ask(path, headers={"Host": host}).status in (200, 404)


def test_unknown_methods_are_refused_and_the_known_ones_named(door: Any) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get"):
        answer = door.ask("/u/token", method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert door.ask("/u/token", "OPTIONS").headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_what_is_too_long_or_no_form_is_refused(door: Any) -> None:
    token = door.leave_token(door.enrol())
    path, long = f"/u/{token}", b"act=leave&x=" + b"y" * 17_000
    for headers in ({"Content-Type": FORM}, {"Content-Type": FORM, "Content-Length": "17012"}, {"Content-Length": "9" * 30}):
        assert door.ask(path, "POST", headers, long).status == 413
    assert door.ask(path, "POST", {"Content-Type": "application/json"}, b'{"act": "leave"}').status == 415
    assert door.ask(path, "POST", {"Content-Type": FORM}, b"act=%ff").status == 400
    assert door.post(path, act="nothing").status == 400
    assert all(one.is_active for one in door.person())


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "en"),
        ("?language=uk", "ar", "uk"),
        ("?language=xx", "ar-EG;q=0.9, fr", "ar"),
        ("", "fr, *;q=0.1", "en"),
        ("", "uk;q=0, ar;q=0.5", "ar"),
        ("", "nonsense;;;q=,", "en"),
    ],
)
def test_a_page_is_in_the_language_that_is_asked_for(query: str, accepted: str, language: str, door: Any) -> None:
    page = door.ask(f"/subscribe/supporters{query}", headers={"Accept-Language": accepted}).text

    assert f'<html lang="{language}"' in page


def test_a_link_that_does_not_work_says_what_to_do(door: Any) -> None:
    door.enrol()
    answers = {
        door.ask(f"/{step}/{'x' * size}").body for step in ("confirm", "u", "undo", "address") for size in (1, 36, 48)
    }

    assert len(answers) == 1
    assert b"This link does not work" in answers.pop()


@pytest.mark.parametrize(
    "error",
    [StoreError("database", "it is full"), ValueError("reader@example.org"), SubscriberError("keys", "they are lost")],
)
def test_a_fault_is_told_without_what_it_is_about(
    error: Exception, door: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(answering.leaving, "look", fail)
    answer = door.ask("/u/secret-token")
    told = capsys.readouterr().err

    assert answer.status == 500 and b"Something went wrong" in answer.body
    assert "secret-token" not in told and "reader@" not in told
    assert told.count("\n") == 1


def test_when_too_many_ask_the_next_one_is_asked_to_come_again(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go, host = threading.Event(), {"Host": "news.example.org"}
    look = answering.leaving.look
    monkeypatch.setattr(answering.leaving, "look", lambda *given: go.wait(30) and look(*given))
    statuses: list[int] = []

    async def ask() -> None:
        statuses.append((await door.request("/u/token", "GET", host, b"", "192.0.2.7")).status)

    async def crowd() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(64):
                group.start_soon(ask)
            while door.app._beside["u"] is None or len(statuses) < 1:
                await anyio.sleep(0.01)
                answer = await door.request("/u/token", "GET", host, b"", "192.0.2.7")
                statuses.append(answer.status)
                assert answer.headers["retry-after"] == "60"
            go.set()

    anyio.run(crowd)
    assert statuses[0] == 503 and statuses[1:] == [404] * 64


def test_one_click_works_at_no_other_door(door: Any) -> None:
    token = door.choices_token(door.enrol())
    before = door.dump()
    for path in ("/subscribe/supporters", "/confirm/x", f"/preferences/{token}", "/preferences/", "/undo/x", "/address/x"):
        assert door.ask(path, "POST", {"Content-Type": FORM}, ONE_CLICK).status in (400, 422)
    assert door.dump() == before


@pytest.mark.parametrize(
    ("name", "text"),
    [("pages/reader_step.html", "{{ nothing.at.all }}"), ("pages/footer.html", "{% if %}"), ("locale/uk.po", "broken")],
)
def test_leaving_works_whatever_state_the_sites_own_templates_are_in(name: str, text: str, door: Any) -> None:
    file = door.folder / "templates" / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    path = f"/u/{door.leave_token(door.enrol(language='uk'))}"

    assert door.ask(path).status == 200
    assert door.post(path, act="leave").status == 200
    assert not door.person()[0].is_active
