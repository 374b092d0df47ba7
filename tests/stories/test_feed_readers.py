"""Real feed readers subscribe to feeds of the real server: they see the same entries, and every change of them.

A proxy between them and the server writes down what they ask, so that it is known who saved whom which bytes.
"""

from __future__ import annotations

import calendar
import json
import re
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, NoReturn

import feedparser
import pytest
import reader

MOVED = '[topics.russia]\ntitle = "Russia"\nmoved_to = "ukraine"'
NOTE, REASON = "It was ten, not nine.", "The source was mistaken."


class Shown(NamedTuple):
    """What a reader shows of an entry; `updated_at` is None where it does not keep that."""

    title: str
    text: str
    published_at: datetime | None
    updated_at: datetime | None


class Newsboat:
    """The terminal's reader; it shows what its cache holds."""

    forms: ClassVar = ("atom", "rss")
    first_looks: ClassVar = (200, 200)
    """It keeps what it needs for conditions from the second time on."""

    def __init__(self, address: str, folder: Path, program: Callable[[str], str]) -> None:
        self.folder, self.program = folder, program("newsboat")
        folder.mkdir()
        (folder / "urls").write_text(f"{address}\n")
        (folder / "config").touch()

    def look(self) -> dict[str, Shown]:
        command = [self.program, "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
        subprocess.run(command, cwd=self.folder, env={"HOME": str(self.folder), "LANG": "C.UTF-8"}, check=True, timeout=60)
        with closing(sqlite3.connect(self.folder / "cache.db")) as cache:
            rows = cache.execute("SELECT guid, title, content, pubDate FROM rss_item").fetchall()
        return {
            guid: Shown(title, content, datetime.fromtimestamp(published, UTC), None)
            for guid, title, content, published in rows
        }


class Feedparser:
    """What programs are made with. It keeps nothing: this one does what its documentation advises."""

    forms: ClassVar = ("atom", "rss")
    first_looks: ClassVar = (200,)

    def __init__(self, address: str, *_: object) -> None:
        self.address, self.etag, self.modified = address, None, None
        self.entries: dict[str, Shown] = {}

    def look(self) -> dict[str, Shown]:
        parsed = feedparser.parse(self.address, etag=self.etag, modified=self.modified)
        assert not parsed.bozo, parsed.get("bozo_exception")
        if parsed.status == 301:
            self.address = parsed.href
        if parsed.status != 304:
            self.etag, self.modified = parsed.get("etag"), parsed.get("modified")
            self.entries |= {entry.id: self._show(entry) for entry in parsed.entries}
        return self.entries

    def _show(self, entry: Any) -> Shown:
        moments = [
            datetime.fromtimestamp(calendar.timegm(entry[name]), UTC) if entry.get(name) else None
            for name in ("published_parsed", "updated_parsed")
        ]
        return Shown(entry.title, entry.content[0].value, *moments)


class Reader:
    """A reader with a store of its own, which people put a face on."""

    forms: ClassVar = ("atom", "rss", "json")
    first_looks: ClassVar = (200,)

    def __init__(self, address: str, folder: Path, *_: object) -> None:
        self.address, self.database = address, str(folder.with_suffix(".db"))
        with reader.make_reader(self.database) as opened:
            opened.add_feed(address)

    def look(self) -> dict[str, Shown]:
        with reader.make_reader(self.database) as opened:
            opened.update_feed(self.address)
            return {entry.id: self._show(entry) for entry in opened.get_entries()}

    def _show(self, entry: reader.Entry) -> Shown:
        return Shown(str(entry.title), entry.content[0].value, entry.published, entry.updated)


@pytest.fixture(params=[Newsboat, Feedparser, Reader])
def subscribe(request: pytest.FixtureRequest, proxy, tmp_path: Path, program: Callable[[str], str]):
    """Subscribes with one of the programs to a feed in every format that it reads; gives the subscriptions by path."""

    def make(name: str) -> dict[str, Any]:
        paths = {f"/feeds/{name}.{form}": tmp_path / f"{name}-{form}" for form in request.param.forms}
        return {path: request.param(f"{proxy.address}{path}", folder, program) for path, folder in paths.items()}

    return make


@pytest.fixture
def site(terminal, server, proxy):
    """A person at a site of three items, which is served behind the proxy."""
    terminal.item("first", "The first", "2022-02-21", body="Words of the first. " * 60)
    terminal.item("second", "The second", "2022-02-22", "russia", body="Words of the second. " * 60)
    terminal.item("third", "The third", "2022-02-23", "ukraine, russia", body="Words of the third. " * 60)
    server.start(base_url=proxy.address)
    proxy.port = server.port
    return terminal


def _by_name(shown: dict[str, Shown]) -> dict[str, Shown]:
    """Entries by the last part of their ids, their moments in whole seconds."""
    return {
        name.rpartition("/")[2]: entry._replace(updated_at=entry.updated_at and entry.updated_at.replace(microsecond=0))
        for name, entry in shown.items()
    }


def _look(subscribed: dict[str, Any]) -> dict[str, Shown]:
    """What the program shows now, which is the same in every format."""
    seen = [_by_name(subscription.look()) for subscription in subscribed.values()]
    assert all(
        {name: (entry.title, entry.published_at, entry.updated_at) for name, entry in other.items()}
        == {name: (entry.title, entry.published_at, entry.updated_at) for name, entry in seen[0].items()}
        for other in seen[1:]
    )
    return seen[0]


def _take_statuses(proxy, subscribed: dict[str, Any]) -> dict[str, list[int]]:
    """How requests for the subscribed feeds were answered since the last time."""
    found = {path: proxy.statuses(path) for path in subscribed}
    proxy.exchanges.clear()
    return found


def test_a_reader_sees_each_change_of_an_entry_and_fetches_nothing_twice(site, proxy, subscribe) -> None:
    subscribed = subscribe("all")
    first_looks = list(next(iter(subscribed.values())).first_looks)
    part = {path: [200] if path.endswith(".json") else [226] for path in subscribed}

    for _ in (*first_looks, "once more"):
        before = _look(subscribed)
    assert {name: entry.title for name, entry in before.items()} == {
        "first": "The first",
        "second": "The second",
        "third": "The third",
    }
    assert _take_statuses(proxy, subscribed) == {path: [*first_looks, 304] for path in subscribed}

    site.run("correct", "first", "--note", NOTE)
    corrected = _look(subscribed)
    assert corrected.keys() == before.keys()
    assert re.search(rf"Correction\W.*{re.escape(NOTE)}", corrected["first"].text, re.DOTALL)
    assert corrected["first"].published_at == before["first"].published_at
    if before["first"].updated_at is not None:
        assert corrected["first"].updated_at > before["first"].updated_at
    assert [name for name in before if corrected[name] != before[name]] == ["first"]
    assert _take_statuses(proxy, subscribed) == part, "only what is new is sent to who understands that"

    site.run("withdraw", "second", "--reason", REASON)
    withdrawn = _look(subscribed)
    assert withdrawn.keys() == before.keys()
    assert REASON in withdrawn["second"].text
    assert "Words of the second" not in withdrawn["second"].text
    assert [name for name in before if withdrawn[name] != corrected[name]] == ["second"]

    site.item("fourth", "The fourth", "2022-02-24")
    site.run("publish")
    assert _look(subscribed).keys() == {*before, "fourth"}
    assert _take_statuses(proxy, subscribed) == {path: statuses * 2 for path, statuses in part.items()}

    assert _look(subscribed).keys() == {*before, "fourth"}
    assert _take_statuses(proxy, subscribed) == {path: [304] for path in subscribed}


def test_a_reader_of_a_topic_that_moved_is_led_to_where_it_goes_on(site, proxy, subscribe) -> None:
    subscribed = subscribe("russia")
    assert _look(subscribed).keys() == {"second", "third"}

    text = (site.folder / "newsroom.toml").read_text("utf-8")
    site.write("newsroom.toml", text.replace('[topics.russia]\ntitle = "Russia"', MOVED))
    site.item("later", "Later", "2022-02-24")
    site.run("publish")
    proxy.exchanges.clear()

    assert _look(subscribed).keys() == {"first", "second", "third", "later"}
    for path in subscribed:
        assert proxy.statuses(path) == [301]
        assert proxy.statuses(path.replace("russia", "ukraine")) == [200]
    shown = _look(subscribed)
    assert shown.keys() == {"first", "second", "third", "later"}


# The sample newsroom.


@pytest.fixture
def sample(terminal, server, root: Path, tmp_path: Path) -> str:
    """The address of the feeds of the sample newsroom, which is served."""
    terminal.folder = tmp_path / "sample"
    shutil.copytree(root / "items", terminal.folder / "items")
    shutil.copy(root / "newsroom.toml", terminal.folder)
    server.start()
    return f"{server.address}/feeds"


def test_all_formats_of_all_feeds_show_the_same(sample: str, tmp_path: Path) -> None:
    with urllib.request.urlopen(f"{sample}/all.opml", timeout=10) as answer:
        outlines = answer.read().decode()
    names = {part.split("/feeds/")[1].split(".atom")[0] for part in outlines.split('xmlUrl="')[1:]}
    assert {"all", "ukraine", "russia", "press-release", "update"} <= names
    for name in (*names, "ukraine+press-release"):
        seen = [Feedparser(f"{sample}/{name}.{form}").look() for form in ("atom", "rss")]
        seen.append(Reader(f"{sample}/{name}.json", tmp_path / name).look())
        titles = [{entry: shown.title for entry, shown in one.items()} for one in seen]
        assert titles[0] == titles[1] == titles[2], name
        assert len(titles[0]) == 12 or name != "all"


def test_newsboat_shows_every_item_with_its_credit(sample: str, tmp_path: Path, program: Callable[[str], str]) -> None:
    for form in Newsboat.forms:
        shown = Newsboat(f"{sample}/all.{form}", tmp_path / form, program).look()
        assert len(shown) == 12
        assert sum("Illustration: The Newsroom" in entry.text for entry in shown.values()) == 9


@pytest.fixture
def rss_parser(root: Path, tmp_path: Path, program, leave_out: Callable[[str], NoReturn]):
    """Has rss-parser of npm fetch feeds; gives what it sees of each. See tests/README.md."""
    folder = tmp_path / "readers"
    shutil.copytree(root / "tests" / "readers", folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000"]
    try:
        subprocess.run([*command, *patience], cwd=folder, capture_output=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = re.search(r"code (\w+)", (error.stderr or b"").decode())
        leave_out(f"npm cannot fetch rss-parser ({said[1] if said else 'it does not end'})")

    def fetch(*addresses: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            ["node", "rss-parser.mjs", *addresses], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout[:500]
        return [json.loads(line) for line in done.stdout.splitlines()]

    return fetch


def test_rss_parser_shows_the_same_and_a_correction_as_an_update(rss_parser, sample: str, terminal) -> None:
    addresses = f"{sample}/all.atom", f"{sample}/all.rss"
    known = {name: entry.title for name, entry in Feedparser(addresses[0]).look().items()}
    before = rss_parser(*addresses)
    terminal.run("correct", "preschool-cluster-munitions", "--note", NOTE)
    terminal.run("withdraw", "russia-anti-war-protests", "--reason", REASON)
    after = rss_parser(*addresses)

    for one, later in zip(before, after, strict=True):
        assert {item["id"]: item["title"] for item in one["items"]} == known
        assert [item["id"] for item in later["items"]] == list(known)
        assert sum(bool(item["media"]) and "Illustration: The Newsroom" in item["text"] for item in one["items"]) == 9
        changed = {
            new["id"].rpartition("/")[2]: (old, new)
            for old, new in zip(one["items"], later["items"], strict=True)
            if old != new
        }
        assert changed.keys() == {"preschool-cluster-munitions", "russia-anti-war-protests"}
        for old, new in changed.values():
            assert (new["link"], new["published"]) == (old["link"], old["published"])
            assert datetime.fromisoformat(new["updated"]) > datetime.fromisoformat(old["updated"])
        assert re.search(rf"Correction\W.*{re.escape(NOTE)}", changed["preschool-cluster-munitions"][1]["text"])
        assert REASON in changed["russia-anti-war-protests"][1]["text"]
