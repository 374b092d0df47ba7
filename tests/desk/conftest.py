"""A small site in an empty folder, and a desk at it whose clock the tests set."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from digest.desk.approving import approve
from digest.desk.editions import prepare
from digest.desk.publishing import PublishReport, publish
from digest.desk.readers import ImportReport, import_readers
from digest.desk.workplace import Workplace
from digest.editions.content import VariantContent
from digest.editions.edition import Edition
from digest.mail.pieces import Inliner
from digest.settings import open_site
from digest.store.database import open_store
from digest.store.journal import Entry, read_journal
from digest.templates import Templates
from digest.work.sending import SendReport, send

SETTINGS = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
language = "en"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[topics.ukraine]
title = "Ukraine"
titles.uk = "Україна"
[topics.russia]
title = "Russia"
[kinds.press-release]
title = "Press release"
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@newsroom.example.org>"
rhythms = ["weekly", "at-once"]
at_once = "urgent"
[lists.press]
title = "Press"
sender = "Test Newsroom <press@newsroom.example.org>"
rhythms = ["at-once", "daily"]
at_once = "all"
[delivery]
outbox = true
"""
START = "2022-02-21T09:00"


def moment(text: str) -> datetime:
    """A moment in UTC, `2022-02-28T18:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Desk:
    """Staff at a small site. `now` is the clock; whatever is read from files is read anew after `reopen`."""

    def __init__(self, folder: Path, inliner: Inliner) -> None:
        self.folder = folder
        self.now = moment(START)
        self._shared = inliner  # letters of the shipped templates are inlined once for all tests
        self.place: Workplace
        self._open()

    def _open(self) -> None:
        self.place = Workplace(open_site(self.folder, {}), self.now)
        if not (self.folder / "templates").exists():
            self.place.__dict__["inliner"] = self._shared

    def reopen(self) -> None:
        """As the next command would find the site."""
        self.place.close()
        self._open()

    def close(self) -> None:
        """Leave the desk."""
        self.place.close()

    def at(self, text: str) -> None:
        """Move the clock."""
        self.now = self.place.now = moment(text)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the site."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def item(self, name: str, day: str = "2022-02-21", topics: str = "ukraine", **more: str) -> Path:
        """Write an item file; its title, summary and body are made of its name."""
        fields = {"title": f"Title of {name}", "date": day, "kind": "press-release", "topics": f"[{topics}]"}
        body = more.pop("body", f"Body of {name}.")
        head = "".join(f"{key}: {value}\n" for key, value in (fields | more).items() if value)
        return self.write(f"items/{name}.md", f"---\n{head}---\n{body}\n")

    def photo(self, name: str, mark: bytes = b"", width: int = 40) -> Path:
        """Write a small picture; `mark` becomes its comment."""
        out = BytesIO()
        Image.linear_gradient("L").resize((width, 30)).save(out, "jpeg", comment=mark)
        path = self.folder / "items" / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(out.getvalue())
        return path

    def settings(self, old: str, new: str) -> None:
        """Change newsroom.toml, and read it anew."""
        file = self.folder / "newsroom.toml"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        self.reopen()

    def publish(self, text: str | None = None, **options: Any) -> PublishReport:
        """Publish, at a moment to which the clock moves first."""
        if text:
            self.at(text)
        return publish(self.place, **options)

    def readers(self, rows: str, list_id: str = "supporters", since: str = "", **options: Any) -> ImportReport:
        """Import readers; a row is `ADDRESS TOPIC+TOPIC LANGUAGE RHYTHM`, a dash leaves a cell empty."""
        lines = ["email,topics,language,rhythm"]
        for row in rows.split(";"):
            cells = ["" if cell == "-" else cell.replace("+", " ") for cell in row.split()]
            lines.append(",".join([f"{cells[0]}@example.org", *cells[1:], *[""] * (4 - len(cells))]))
        options = {"evidence": "paper forms", "actor": "Ada"} | options
        day = datetime.fromisoformat(since).date() if since else None
        return import_readers(self.place, list_id, "\n".join(lines).encode(), "readers.csv", since=day, **options)

    def prepare(self, list_id: str = "supporters", **options: Any) -> Edition:
        """Prepare an edition."""
        return prepare(self.place, list_id, **options).edition

    def approve(self, list_id: str = "supporters", **options: Any) -> Edition:
        """Prepare an edition and approve it as Ada."""
        return approve(self.place, self.prepare(list_id, **options).id, actor="Ada")

    def send(self, name: str | None = None) -> SendReport:
        """Send an edition into the outbox; without a name, the present one of supporters, prepared and approved."""
        return send(self.place, name or self.approve().id)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database, or set what a test cannot wait for."""
        with closing(sqlite3.connect(self.place.store.file)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def journal(self, subject: str | None = None) -> list[Entry]:
        """The journal."""
        with self.place.store.reading() as connection:
            return list(read_journal(connection, subject))

    def letters(self) -> dict[str, str]:
        """The newest letter of each reader in the outbox as text, by the part of the address before the @."""
        found: dict[str, str] = {}
        for path in sorted((self.folder / "var" / "outbox" / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns):
            text = path.read_bytes().replace(b"=\r\n", b"").replace(b"=\n", b"").decode("latin-1")
            to = re.search(r"^To: (\S+)@", text, re.MULTILINE)
            assert to is not None
            found[to[1]] = text
        return found

    def carried(self, name: str) -> dict[str, tuple[set[str], set[str], set[str]]]:
        """What a frozen edition carries to each reader by the number of the row: new, corrected, withdrawn items."""
        found = {}
        query = "SELECT subscription_id, content FROM delivery d JOIN variant v ON v.id = variant_id WHERE d.edition_id = ?"
        for number, text in self.sql(query, name):
            content = VariantContent.parse(text)
            new = {carried.item for carried in content.new}
            found[f"reader {number}"] = (new, {item for item, _ in content.corrected}, set(content.withdrawn))
        return found

    def bytes_below(self, folder: str) -> Iterator[tuple[Path, bytes]]:
        """Every file below a folder of the site."""
        for path in sorted((self.folder / folder).rglob("*")):
            if path.is_file():
                yield path, path.read_bytes()


@pytest.fixture(scope="session")
def inliner() -> Inliner:
    """Renders letters with the shipped templates."""
    return Inliner(Templates())


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows, for migrating anew would take most of each test's time."""
    var = tmp_path_factory.mktemp("empty")
    open_store(var).close()
    return var / "digest.db"


@pytest.fixture
def make_desk(inliner: Inliner, empty_database: Path) -> Iterator[Callable[[Path], Desk]]:
    """Opens desks at new sites, and closes them."""
    opened: list[Desk] = []

    def make(folder: Path) -> Desk:
        (folder / "items").mkdir(parents=True)
        (folder / "var").mkdir(mode=0o700)
        shutil.copy(empty_database, folder / "var" / "digest.db")
        (folder / "newsroom.toml").write_text(SETTINGS, "utf-8")
        opened.append(Desk(folder, inliner))
        return opened[-1]

    yield make
    for desk in opened:
        desk.close()


@pytest.fixture
def desk(make_desk: Callable[[Path], Desk], tmp_path: Path) -> Desk:
    """A desk at a site without items or readers, on Monday 21 February 2022 at 9:00 UTC."""
    return make_desk(tmp_path / "site")


@pytest.fixture
def visitors(desk: Desk) -> Any:
    """People who visit that site."""
    fakes = _load("visitors")
    desk.publish("2022-02-20T10:00")
    return fakes.Visitors(desk.place)


@pytest.fixture
def crew(desk: Desk) -> Any:
    """Members of staff at that site; none yet."""
    return _load("crew").Crew(desk.place)


def _load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / "fakes" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]
