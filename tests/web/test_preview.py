"""The preview over HTTP: for this machine alone, of files alone, and never broken for longer than a file is."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest
from starlette.types import ASGIApp

from digest.web.preview import build_preview, is_own_name
from digest.web.watching import Watch


class Answer(NamedTuple):
    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Look:
    """A browser on this machine, and the site's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app: ASGIApp = build_preview(folder)[0]

    def ask(self, target: str, *, host: str = "127.0.0.1:8090", method: str = "GET") -> Answer:
        return anyio.run(self._ask, target, host, method)

    async def _ask(self, target: str, host: str, method: str) -> Answer:
        sent: list[Any] = []
        path, _, query = target.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
            "raw_path": path.encode(), "root_path": "", "query_string": query.encode(), "scheme": "http",
            "headers": [(b"host", host.encode())], "server": ("127.0.0.1", 8090), "client": ("127.0.0.1", 50000),
        }  # fmt: skip

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], fields, b"".join(message.get("body", b"") for message in sent[1:]))

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def look(root: Path, tmp_path: Path) -> Look:
    """The sample's items and settings, without templates of its own."""
    shutil.copytree(root / "items", tmp_path / "items")
    shutil.copy(root / "newsroom.toml", tmp_path)
    return Look(tmp_path)


def test_the_page_shows_what_readers_see_first_and_the_letter_in_frames(look: Look) -> None:
    page = look.ask("/").text
    assert "Arrests in the streets, orders to editors" in page
    assert page.count("<iframe ") == 2
    letter = look.ask("/letter")
    assert (letter.status, letter.text.startswith("<!DOCTYPE html>")) == (200, True)


@pytest.mark.parametrize("part", ["html", "text", "source"])
@pytest.mark.parametrize("items", ["5", "letter:goodbye"])
@pytest.mark.parametrize("form", ["full", "discreet"])
def test_every_part_can_be_shown(look: Look, part: str, items: str, form: str) -> None:
    answer = look.ask(f"/?part={part}&items={items}&form={form}&language=ar&light=both")
    assert answer.status == 200
    assert "This cannot be shown" not in answer.text
    framed = part == "html" and form == "full"
    assert answer.text.count("<iframe ") == (4 if framed else 0)
    assert answer.text.count("<pre ") == (0 if framed else 1 if part == "source" else 4)


@pytest.mark.parametrize("kind", ["press-feed", "approval-wanted"])
@pytest.mark.parametrize("form", ["full", "discreet"])
def test_letters_to_press_and_staff_can_be_looked_at(look: Look, kind: str, form: str) -> None:
    """They have one form; what a reader would choose changes nothing."""
    answer = look.ask(f"/?items=letter:{kind}&form={form}")
    assert answer.text.count("<iframe ") == 2
    assert "This cannot be shown" not in answer.text
    shown = {"press-feed": "Your private feed", "approval-wanted": "digest edition approve"}[kind]
    assert shown in look.ask(f"/letter?items=letter:{kind}&form={form}").text


def test_photos_and_the_message_are_served(look: Look) -> None:
    address = look.ask("/letter").text.partition('src="/photos/')[2].partition('"')[0]
    photo = look.ask(f"/photos/{address}")
    assert (photo.status, photo.fields["content-type"], photo.body[:2]) == (200, "image/jpeg", b"\xff\xd8")
    message = look.ask("/message.eml")
    assert message.fields["content-type"] == "message/rfc822"
    assert message.body.startswith(b"From: The Newsroom")


@pytest.mark.parametrize("path", ["/preview.css", "/preview.js", "/favicon.svg"])
def test_what_the_page_loads_is_there(look: Look, path: str) -> None:
    look.ask("/")
    assert look.ask(path).status == 200
    assert look.ask(path).body


@pytest.mark.parametrize(
    "path",
    [
        "/photos/..%2f..%2fnewsroom.toml",
        "/photos/../newsroom.toml",
        "/newsroom.toml",
        "/items/",
        "/photos/",
        "/photos/x.jpg",
    ],
)
def test_nothing_else_of_the_folder_is_served(look: Look, path: str) -> None:
    look.ask("/")
    assert look.ask(path).status == 404


@pytest.mark.parametrize(
    "host", ["news.example.org", "127.0.0.1.example.org:8090", "", "[::2]:8090", "[", "localhost@evil.example"]
)
def test_a_name_that_is_not_this_machines_gets_nothing(look: Look, host: str) -> None:
    answer = look.ask("/", host=host)
    assert (answer.status, "Arrests" in answer.text) == (421, False)


@pytest.mark.parametrize("host", ["127.0.0.1:8090", "localhost:9000", "[::1]:8090", "LOCALHOST"])
def test_this_machine_is_known_by_its_names_and_any_port(host: str) -> None:
    assert is_own_name(host)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/letter", "/changes"])
def test_nothing_can_be_changed(look: Look, method: str, path: str) -> None:
    assert look.ask(path, method=method).status == 405


def test_letters_run_no_script_and_load_nothing_from_elsewhere(look: Look) -> None:
    shown, blocked = (
        look.ask(f"/letter?pictures={mode}").fields["content-security-policy"] for mode in ("shown", "blocked")
    )
    assert "default-src 'none'" in shown and "img-src 'self'" in shown and "script" not in shown
    assert "sandbox" in shown and "allow-scripts" not in shown
    assert "img-src 'none'" in blocked
    for path in ("/", "/letter", "/preview.js", "/nothing"):
        fields = look.ask(path).fields
        assert (fields["cache-control"], fields["cross-origin-resource-policy"]) == ("no-store", "same-origin")
        assert "frame-ancestors" in fields["content-security-policy"]


# -- broken files

BREAKS: dict[str, tuple[str, str, str]] = {
    "template": ("templates/mail/edition.html", "{% if %}", "templates/mail/edition.html:1"),
    "style": ("templates/mail/mail.css", "{{ theme.light.nothing }}", "templates/mail/mail.css:1"),
    "empty template": ("templates/mail/edition.html", "", "templates/"),
    "theme": ("templates/theme.toml", '[light]\naccent = "reddish"\n', "templates/theme.toml"),
    "theme's form": ("templates/theme.toml", "[light\n", "templates/theme.toml"),
    "contrast": ("templates/theme.toml", '[light]\nink = "#eeeeee"\n', "has a contrast of"),
    "settings": ("newsroom.toml", "colour = 1\n", "newsroom.toml"),
    "settings' form": ("newsroom.toml", "[newsroom\n", "newsroom.toml"),
    "own page": ("templates/desk/preview/page.html", "{{ nothing }}", "templates/desk/preview/page.html:1"),
    "own style": (
        "templates/desk/preview/page.html",
        "{% extends 'desk/preview/page.html' %}",
        "templates/desk/preview/page.html",
    ),
    "sentences": ("templates/locale/en.po", "no sentence\n", "templates/locale/en.po"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_file_is_named_in_place_of_the_letter_and_mends_itself(look: Look, name: str) -> None:
    file, broken, told = BREAKS[name]
    kept = (look.folder / file).read_text() if (look.folder / file).exists() else None
    for answer in _before_and_after(look, lambda: look.write(file, broken)):
        assert answer.status == 200
        assert "This cannot be shown yet" in answer.text
        assert told in answer.text.replace("&#39;", "'")
        assert "Traceback" not in answer.text
    assert look.ask("/preview.css").status == 200
    if kept is None:
        (look.folder / file).unlink()
    else:
        look.write(file, kept)
    assert "This cannot be shown" not in look.ask("/").text


def _before_and_after(look: Look, act: Callable[[], None]) -> list[Answer]:
    """The page when a file breaks under it, and from a start on."""
    look.ask("/")
    act()
    return [look.ask("/"), Look(look.folder).ask("/")]


def test_broken_items_are_listed_with_file_and_line(look: Look) -> None:
    look.write("items/new.md", "---\ntitle: A title: with a colon\n---\nBody.")
    page = look.ask("/").text
    assert "1 problem in items/" in page
    assert "items/new.md:2" in page
    assert page.count("<iframe ") == 2


def test_a_site_without_lists_says_what_to_write(look: Look) -> None:
    text = (look.folder / "newsroom.toml").read_text()
    start, end = text.index("[lists.press]"), text.index("[feeds]")
    look.write("newsroom.toml", text[:start] + text[end:])
    assert "[lists.supporters]" in look.ask("/").text


# -- watching


def test_who_follows_is_told_of_each_change_and_of_the_end() -> None:
    tokens = ["one"]
    heard: list[bytes] = []

    async def story() -> None:
        watch = Watch(lambda: tokens[-1], interval=0.005)
        watching = asyncio.create_task(watch.watch_files())
        following = asyncio.create_task(_gather(watch, heard))
        await _until(lambda: heard == [b"data: one\n\n"])
        tokens.append("two")
        await _until(lambda: heard[1:] == [b"data: two\n\n"])
        watching.cancel()
        await asyncio.wait_for(following, 5)

    asyncio.run(story())


def test_nothing_is_looked_at_while_nobody_follows() -> None:
    looks: list[str] = []

    async def story() -> None:
        watch = Watch(lambda: looks.append("look") or "x", interval=0.001)  # type: ignore[func-returns-value]
        watching = asyncio.create_task(watch.watch_files())
        await asyncio.sleep(0.05)
        watching.cancel()

    asyncio.run(story())
    assert looks == []


async def _gather(watch: Watch, heard: list[bytes]) -> None:
    async for event in watch.follow():
        heard.append(event)


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in five seconds")
