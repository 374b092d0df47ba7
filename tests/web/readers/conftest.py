"""A site with two lists whose readers' pages are answered, and someone who asks, over ASGI as the server does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import anyio
import pytest

from digest.desk.asking import work_on_requests
from digest.desk.enrolling import enrol
from digest.desk.workplace import Workplace
from digest.settings import Site, build_settings
from digest.store.readers import StoredReader, read_person
from digest.subscribers.requests import Wish
from digest.subscribers.subscriptions import Consent
from digest.subscribers.tokens import Purpose, build_expiring, build_unsubscribe
from digest.web.public_site import build_app
from digest.web.readers.app import ReaderApp, build_reader_routes
from digest.web.readers.stamps import Stamps

SETTINGS = """
[newsroom]
name = "Example Watch"
title = "Example Watch"
language = "en"
languages = ["en", "uk", "ar"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "news.example.org,2026"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
[topics.over]
title = "Over"
ended = 2022-03-05
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "Example Watch <digest@example.org>"
rhythms = ["weekly", "at-once"]
schedule.weekly = "Fri 14:00"
at_once = "urgent"
[lists.press]
title = "Press"
sender = "Example Watch <press@example.org>"
rhythms = ["at-once", "daily"]
at_once = "all"
"""
HOST = "news.example.org"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
READER = "reader@example.org"
FORM = "application/x-www-form-urlencoded"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Door:
    """The readers' pages of a site with a real database, and the way to ask for them. `now` is the clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = SETTINGS
        self.stamps = Stamps(b"of the tests")
        self.now = NOW
        self._app: Any = None
        self._site: Site | None = None

    @property
    def site(self) -> Site:
        if self._site is None:
            self._site = Site(self.folder, build_settings(self.settings, {}))
        return self._site

    @property
    def place(self) -> Workplace:
        return Workplace(self.site, self.now, "web")

    @property
    def app(self) -> Any:
        """The whole server, as `digest serve` puts it together."""
        if self._app is None:
            readers = ReaderApp(lambda: self.site, self.stamps, lambda: self.now)
            self._app = build_app(self.site, build_reader_routes(readers))
        return self._app

    def enrol(self, address: str = READER, list_id: str = "supporters", **wish: Any) -> int:
        """A reader; their number."""
        values: dict[str, Any] = {"rhythm": "weekly", "language": "en", "topics": ("russia", "ukraine"), **wish}
        place = self.place
        with place.hot.writing() as connection:
            place.open_keys(connection)
            words = Consent("I agree.", "test", self.now, "en")
            return enrol(place, connection, Wish(list_id, **values), place.sealer.seal(address), words)[0]

    def person(self, address: str = READER) -> list[StoredReader]:
        """All that is stored of an address."""
        place = self.place
        with place.hot.writing() as connection:
            place.open_keys(connection)
            return read_person(connection, place.sealer.index(address))

    def leave_token(self, number: int) -> str:
        return build_unsubscribe(self.place.keys, number)

    def choices_token(self, number: int, epoch: int = 1) -> str:
        return build_expiring(self.place.keys, Purpose.MANAGE, number, epoch, self.now)

    def links(self, step: str) -> list[str]:
        """The paths of this sort in all letters that wait, after what was asked for was worked on; the oldest first."""
        place = self.place
        work_on_requests(place)
        with place.hot.reading() as connection:
            sealed = [row[0] for row in connection.execute("SELECT link FROM letter WHERE link IS NOT NULL ORDER BY id")]
        found = [place.sealer.unseal_link(one).removeprefix("https://news.example.org") for one in sealed]
        return [link for link in found if link.startswith(f"/{step}/")]

    def dump(self) -> list[str]:
        """All that is stored."""
        with self.place.hot.reading() as connection:
            return list(connection.iterdump())

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        client: str = "192.0.2.7",
    ) -> Answer:
        """One request; a header field that is empty is not sent."""
        return anyio.run(self.request, path, method, {"Host": HOST, **(headers or {})}, body, client)

    def post(self, path: str, headers: Mapping[str, str] | None = None, **fields: Any) -> Answer:
        """A form as a browser sends it from one of our pages."""
        sent = {"Content-Type": FORM, "Origin": "null", "Sec-Fetch-Site": "same-origin", **(headers or {})}
        return self.ask(path, "POST", sent, urlencode(fields, doseq=True).encode())

    def sign_up(self, address: str = READER, path: str = "/subscribe/supporters", **fields: Any) -> Answer:
        """The sign-up form, filled in by a person who took their time."""
        opened = self.stamps.make(self.now - timedelta(seconds=30))
        sent = {"address": address, "scope": "all", "rhythm": "weekly", "language": "en", "form": "full", "opened": opened}
        return self.post(path, **{**sent, **fields})

    async def request(self, path: str, method: str, headers: Mapping[str, str], body: bytes, client: str) -> Answer:
        sent: list[Any] = []
        parts = [body[:1000], body[1000:]]

        async def receive() -> Any:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        path, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
            "raw_path": path.encode("utf-8", "surrogatepass"), "root_path": "", "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items() if value],
            "scheme": "http", "server": ("127.0.0.1", 80), "client": (client, 50000),
        }  # fmt: skip
        await self.app(scope, receive, send)
        names = [name for name, _ in sent[0]["headers"]]
        assert len(names) == len(set(names)), f"a field is sent twice: {names}"
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, body)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all sites of the tests keep their compiled templates, so that they are compiled once."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def door(tmp_path: Path, compiled: Path) -> Door:
    """The readers' pages of an empty site."""
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "templates").symlink_to(compiled)
    return Door(tmp_path)


@pytest.fixture
def forms() -> Callable[[Answer], list[str]]:
    """The addresses to which the forms of a page post."""
    return lambda answer: re.findall(r'<form[^>]* action="([^"]*)"', answer.text)
