"""Real feed readers subscribe to the served feeds of the sample newsroom and all see the same entries."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest
import reader

PORT_LINE = 'base_url = "http://127.0.0.1:8080"'


@pytest.fixture
def served(terminal, root: Path, tmp_path: Path, serve: Callable[[Path], str]) -> str:  # type: ignore[no-untyped-def]
    """The address of the sample's feeds, published as of the end of February 2022 and served."""
    terminal.folder = tmp_path / "sample"
    shutil.copytree(root / "items", terminal.folder / "items")
    base = serve(terminal.folder / "public")
    settings = (root / "newsroom.toml").read_text()
    assert PORT_LINE in settings
    (terminal.folder / "newsroom.toml").write_text(settings.replace(PORT_LINE, f'base_url = "{base}"'))
    terminal.run("publish", "--at", "2022-02-28 18:00")
    return f"{base}/feeds"


def _names(served: str) -> list[str]:
    with urllib.request.urlopen(f"{served}/all.opml", timeout=10) as answer:
        outlines = answer.read().decode()
    return [part.split("/feeds/")[1].split(".atom")[0] for part in outlines.split('xmlUrl="')[1:]]


def test_all_readers_see_the_same_entries(served: str, tmp_path: Path) -> None:
    names = _names(served)
    assert {"all", "ukraine", "russia", "press-release", "update"} <= set(names)
    for name in names:
        seen = {form: _parse(f"{served}/{name}.{form}") for form in ("atom", "rss")}
        seen["json"] = _read_json(f"{served}/{name}.json", tmp_path / f"{name}.db")
        assert seen["atom"] == seen["rss"] == seen["json"], name
    assert len(_parse(f"{served}/all.atom")) == 12


def _parse(address: str) -> set[tuple[str, str]]:
    parsed = feedparser.parse(address)
    assert not parsed.bozo, (address, parsed.get("bozo_exception"))
    return {(entry.id, entry.title) for entry in parsed.entries}


def _read_json(address: str, database: Path) -> set[tuple[str, str]]:
    with reader.make_reader(str(database)) as subscribed:
        subscribed.add_feed(address)
        subscribed.update_feed(address)
        entries = {(entry.id, str(entry.title)) for entry in subscribed.get_entries()}
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert len(json.load(answer)["items"]) == len(entries)
    return entries


def test_newsboat_shows_every_item_with_its_credit(served: str, tmp_path: Path, program: Callable[[str], str]) -> None:
    newsboat = program("newsboat")
    (tmp_path / "urls").write_text(f"{served}/all.atom\n{served}/ukraine.rss\n")
    (tmp_path / "config").touch()
    files = ["-u", str(tmp_path / "urls"), "-c", str(tmp_path / "cache.db"), "-C", str(tmp_path / "config")]
    subprocess.run(
        [newsboat, *files, "-x", "reload"], check=True, env={"HOME": str(tmp_path), "LANG": "C.UTF-8"}, timeout=60
    )

    with sqlite3.connect(tmp_path / "cache.db") as cache:
        rows = cache.execute("SELECT guid, title, content FROM rss_item").fetchall()
    cache.close()

    assert {guid for guid, _, _ in rows} == {entry for entry, _ in _parse(f"{served}/all.atom")}
    assert sum("Illustration: The Newsroom" in content for _, _, content in rows) == 9
