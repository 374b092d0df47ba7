"""What tests of the web share: a site with files in public/, what a publish would know of them, and someone who asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest

from digest.settings import Site, build_settings
from digest.web.public_site import PublicSite, build_app

SETTINGS = """
[newsroom]
name = "Example"
title = "Example"
zone = "UTC"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "news.example.org,2026"
[topics.ukraine]
title = "Ukraine"
[kinds.update]
title = "Update"
[pictures]
hosts = ["images.example.org"]
"""
PAGE = "<p>A page that is long enough to be worth a coding.</p>" * 20
FEED = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">' + "<entry><id>tag:x:1</id></entry>" * 30 + "</feed>"
WRITTEN = 1_700_000_000
"""When the files of the tests were written, in seconds since 1970."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Listed(NamedTuple):
    """What a publish knows of a file."""

    sha256: str = ""
    status: int = 200
    location: str = ""
    written: int = WRITTEN


@dataclass
class Listing:
    """What a publish knows of public/, said by the test."""

    files: dict[str, Listed] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    number: int = 0
    fault: Exception | None = None

    def version(self) -> object:
        return self.number

    def find(self, path: str) -> Listed | None:
        if self.fault:
            raise self.fault
        return self.files.get(path)

    def is_gone(self, path: str) -> bool:
        return path in self.gone


class World:
    """A site that is served, and the way to ask it. What is written is noticed at once, for its clock is set back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = SETTINGS
        self.listing = Listing()
        self.parts: dict[str, Any] = {}
        self._app: PublicSite | None = None

    @property
    def site(self) -> Site:
        return Site(self.folder, build_settings(self.settings, {}))

    @property
    def app(self) -> PublicSite:
        if self._app is None:
            self._app = build_app(self.site, contents=self.listing, **self.parts)
        return self._app

    def write(self, path: str, body: bytes | str, written: int = WRITTEN) -> Path:
        """Put a file into public/."""
        file = self.folder / "public" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body.encode() if isinstance(body, str) else body)
        os.utime(file, (written, written))
        return file

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        client: str = "127.0.0.1",
        query: bytes = b"",
    ) -> Answer:
        """One request, without a network."""
        return anyio.run(self.request, path, headers or {}, method, client, query)

    async def request(
        self, path: str, headers: Mapping[str, str], method: str = "GET", client: str = "127.0.0.1", query: bytes = b""
    ) -> Answer:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": (client, 50000),
        }
        await self.app(scope, receive, send)
        names = [name for name, _ in sent[0]["headers"]]
        assert len(names) == len(set(names)), f"a field is sent twice: {names}"
        body = b"".join(message.get("body", b"") for message in sent[1:])
        assert not sent[-1].get("more_body", False)
        return Answer(sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, body)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A site with nothing in public/ yet."""
    monkeypatch.setattr("digest.web.finding.INTERVAL", 0.0)
    return World(tmp_path)


@pytest.fixture
def listed() -> Callable[..., Listed]:
    """Says what a publish knows of a file."""
    return Listed


@pytest.fixture
def site(world: World) -> World:
    """A small site; a test module may have another one."""
    for path in ("index.html", "items/x/index.html", "feeds/all.html"):
        world.write(path, f"{path} {PAGE}")
    world.write("404.html", "lost")
    world.write("feeds/all.atom", FEED)
    world.write("feeds/all.rss", "<rss><channel><item/></channel></rss>")
    world.write("feeds/all.json", '{"items": []}')
    world.write("feeds/all.opml", "<opml/>")
    world.write("feeds/all/2022-02.atom", FEED)
    world.write("style.css", "body {}")
    world.write("photos/abc-400.jpg", b"\xff\xd8")
    world.write("sitemap.xml", "<urlset/>")
    return world


@pytest.fixture
def feed() -> str:
    """The feed of the small site."""
    return FEED
