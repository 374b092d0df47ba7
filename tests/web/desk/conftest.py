"""A small site with a member of each role, and the desk's pages asked over ASGI as the server does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import anyio
import pytest

from digest.desk.editions import prepare
from digest.desk.publishing import publish
from digest.desk.readers import import_readers
from digest.desk.staffing import invite, join, make_first_link
from digest.desk.workplace import Workplace
from digest.settings import Site, open_site
from digest.staff.roles import Role
from digest.web.desk.app import DeskApp, build_desk_routes
from digest.web.desk.editions import BOOK
from digest.web.public_site import build_app

SETTINGS = """
[newsroom]
name = "Example Watch"
title = "Example Watch"
language = "en"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "news.example.org,2024"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
[kinds.update]
title = "Update"
[kinds.press-release]
title = "Press release"
[lists.supporters]
title = "Supporters"
sender = "Example Watch <digest@example.org>"
rhythms = ["weekly", "at-once"]
at_once = "urgent"
[lists.press]
title = "Press"
sender = "Example Watch <press@example.org>"
rhythms = ["daily"]
[delivery]
outbox = true
"""
HOST = "news.example.org"
NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
EDITION = "2024-w10-supporters"
PASSWORD = "seven grey herons at dusk"
PEOPLE = {
    "Wanda": (Role.WRITER,),
    "Ed": (Role.EDITOR,),
    "Ada": (Role.APPROVER,),
    "Lea": (Role.LIST_KEEPER,),
    "Root": (Role.ADMINISTRATOR,),
    "Boss": tuple(Role),
}
"""A member of each role, and one who has all of them."""
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode())

    @property
    def location(self) -> str:
        return next((value for name, value in self.headers if name == "location"), "")

    def header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name == wanted), "")


class Browser:
    """Somebody's browser: it keeps cookies, follows nothing by itself, and fills forms in."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}
        self.page = ""

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page; the forms that `post` sends are those of the last one."""
        answer = self.ask("GET", path, headers=headers)
        if answer.status == 200:
            self.page = answer.body.decode("utf-8", "replace")
        return answer

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """Send a form of the last page, with the token that it holds."""
        found = _TOKEN.search(self.page)
        values: list[tuple[str, str]] = [("token", found[1] if found else "")]
        for name, value in (fields or {}).items():
            values += [(name, one) for one in (value if isinstance(value, list | tuple) else [value])]
        body = urlencode(values).encode()
        sent = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", **headers}
        return self.ask("POST", path, body, sent)

    def follow(self, answer: Answer) -> Answer:
        """Go where an answer sends the browser."""
        assert answer.status == 303, answer.text
        return self.get(answer.location)

    def sign_in(self, name: str, password: str = PASSWORD) -> Browser:
        """Sign in as one of the people."""
        self.get("/desk/sign-in")
        answer = self.post("/desk/sign-in", {"name": name, "password": password, "code": "", "next": "/desk/"})
        assert answer.status == 303, answer.text
        return self

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request, as it stands."""
        path, _, query = path.partition("?")
        fields = {"host": HOST, "content-length": str(len(body)), **(headers or {})}
        if self.cookies:
            fields["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "https",
            "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items() if value],
            "client": ("192.0.2.1", 4711), "server": (HOST, 443), "http_version": "1.1",
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        async def run() -> None:
            await self.app(scope, receive, send)

        anyio.run(run)
        start, *rest = sent
        pairs = tuple((name.decode().lower(), value.decode("latin-1")) for name, value in start["headers"])
        for name, value in pairs:
            if name == "set-cookie":
                self._keep(value)
        return Answer(start["status"], pairs, b"".join(message.get("body", b"") for message in rest))

    def _keep(self, value: str) -> None:
        name, _, rest = value.partition("=")
        kept = rest.partition(";")[0]
        if kept:
            self.cookies[name] = kept
        else:
            self.cookies.pop(name, None)


class Desk:
    """The site, its people, and the pages. `now` is the clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        if not folder.exists():
            (folder / "items").mkdir(parents=True)
            self.write("newsroom.toml", SETTINGS)
        self._site: Site | None = None
        self._app: Any = None

    def write(self, name: str, text: str) -> Path:
        """Write a file of the site."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def item(self, name: str, day: str = "2024-03-04", topics: str = "ukraine", **more: str) -> Path:
        """Write an item file."""
        fields = {"title": f"Title of {name}", "date": day, "kind": "update", "topics": f"[{topics}]"}
        body = more.pop("body", f"Body of {name}.")
        head = "".join(f"{key}: {value}\n" for key, value in (fields | more).items() if value)
        return self.write(f"items/{name}.md", f"---\n{head}---\n{body}\n")

    @property
    def site(self) -> Site:
        if self._site is None:
            self._site = open_site(self.folder, {})
        return self._site

    @property
    def place(self) -> Workplace:
        """A workplace at the site; the caller closes it."""
        return Workplace(self.site, self.now, "cli")

    @property
    def app(self) -> Any:
        """The whole server, as `digest serve` puts it together."""
        if self._app is None:
            self._app = build_app(self.site, build_desk_routes(DeskApp(lambda: self.site, lambda: self.now)))
        return self._app

    def browser(self, name: str = "") -> Browser:
        """A browser, signed in as one of the people when one is named."""
        browser = Browser(self.app)
        return browser.sign_in(name) if name else browser

    def hire(self) -> None:
        """Make the people: the first by the link of the first start, the rest by invitation."""
        place = self.place
        token = make_first_link(place)
        assert token is not None
        join(place, token, name="Boss", password=PASSWORD, network="192.0.2.9", device="tests")
        for name, roles in PEOPLE.items():
            if name != "Boss":
                token = invite(place, name, roles, actor="Boss")
                join(place, token, name="", password=PASSWORD, network="192.0.2.9", device="tests")
        place.close()

    def dump(self) -> list[str]:
        """All that is stored but what sessions note of their use."""
        place = self.place
        with place.hot.reading() as connection:
            lines = list(connection.iterdump())
        place.close()
        return [line for line in lines if '"staff_session"' not in line and '"tally"' not in line and '"rate"' not in line]

    def publish(self) -> None:
        """Release what is due."""
        place = self.place
        publish(place, actor="Boss")
        place.close()

    def readers(self, *rows: str, list_id: str = "supporters") -> None:
        """Import readers: rows of `address,topics`."""
        data = ("\n".join(["email,topics", *rows]) + "\n").encode()
        place = self.place
        import_readers(place, list_id, data, "readers.csv", evidence="paper", actor="Boss")
        place.close()


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with its people, two readers, two items released after they came, and the draft that carries these."""
    made = Desk(tmp_path_factory.mktemp("desk") / "site")
    made.hire()
    made.readers("one@example.org,", "two@example.org,russia")
    made.item("first")
    made.item("second", topics="russia")
    made.now = NOW + timedelta(minutes=5)
    made.publish()
    place = made.place
    assert prepare(place, "supporters", actor="Ed").edition.id == EDITION
    place.close()
    return made.folder


@pytest.fixture
def desk(built_site: Path, tmp_path: Path) -> Desk:
    """A copy of that site, ten minutes after noon."""
    shutil.copytree(built_site, tmp_path / "site")
    made = Desk(tmp_path / "site")
    made.now = NOW + timedelta(minutes=10)
    BOOK.clear()
    return made
