"""What a server answers besides the public site, such as the demonstration's caught mails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.templates import Templates
from digest.web.caught import build_routes

LETTER = b"From: a@example.org\nTo: b@example.org\nSubject: Hello\nContent-Type: text/html\n\n<p>Hello</p>\n"


@pytest.fixture
def site(world: Any) -> Any:
    caught = world.folder / "caught"
    caught.mkdir()
    (caught / "00001.eml").write_bytes(LETTER)
    world.parts["routes"] = build_routes(caught, Templates())
    world.write("index.html", "front")
    world.write("404.html", "lost")
    return world


def test_caught_letters_are_shown_beside_the_site(site: Any) -> None:
    assert b"Hello" in site.ask("/caught/").body
    assert site.ask("/caught/1/html").body == b"<p>Hello</p>\n"
    assert site.ask("/caught/1/message.eml").body == LETTER
    assert site.ask("/").body == b"front"


def test_each_page_keeps_its_own_policy_and_gets_the_other_careful_fields(site: Any) -> None:
    letter, message = site.ask("/caught/1/html").headers, site.ask("/caught/1/message.eml").headers

    assert "sandbox" in letter["content-security-policy"]
    assert message["content-security-policy"].startswith("default-src 'none'")
    for headers in (letter, message, site.ask("/caught/9/").headers):
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_what_is_not_there_is_refused_in_plain_words(site: Any) -> None:
    answer = site.ask("/caught/9/")

    assert (answer.status, answer.body) == (404, b"There is no such letter.\n")
    assert site.ask("/caught/", method="POST").status == 405
    assert site.ask("/caughtnot/").body == b"lost"


def test_a_fault_is_told_in_one_line(world: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_request: Request) -> Response:
        raise ValueError("of the route's test")

    world.parts["routes"] = [Route("/fails", fail), Route("/works", lambda _: PlainTextResponse("yes"))]

    assert world.ask("/fails").status == 500
    assert world.ask("/works").body == b"yes"
    assert capsys.readouterr().err == "digest: a page cannot be answered: ValueError: of the route's test\n"
