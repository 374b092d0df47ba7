"""Unchanged files are not read again, and nobody can tell but by the time it takes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import ContentError
from digest.items import folder as folder_module
from digest.items.folder import Folder, read_folder
from digest.items.model import KnownItem
from digest.items.scanning import scan_items
from digest.settings import Site, build_settings
from digest.store.cache import Cache

Text = Callable[..., str]
LATER = 10_000_000_000
OTHER_NEWSROOM = """
[newsroom]
name = "Harbour Rights"
title = "Harbour Rights newsroom"
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Quay, Porttown"
tag_authority = "example.org,2020"
[topics.ukraine]
title = "Ukraine"
[kinds.update]
title = "Update"
"""
PHOTO = "photo: {src: quay.jpg, alt: A quay, credit: Anna}"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache.db")


def read(site: Site, cache: Cache | None) -> Folder:
    """The folder as it is read ten seconds later, when no stamp is doubtful any more."""
    return read_folder(site, cache, scan_items(site.items, time.time_ns() + LATER))


def known(folder: Folder) -> list[str]:
    return [item.id for item in folder.items if isinstance(item, KnownItem)]


def test_what_is_kept_says_what_the_files_say(site: Site, item_text: Text, cache: Cache) -> None:
    texts = {
        "plain": item_text(),
        "draft": item_text(extra="status: draft\nreview: [topics, summary]"),
        "embargoed": item_text(extra="id: secret\nembargo: 2022-03-01T12:00:00+00:00"),
        "warned": item_text(body="![a](https://e.org/a.jpg) <b>b</b>"),
        "original": item_text(),
        "translated": item_text(extra="language: uk\ntranslation_of: original"),
        "lost": item_text(extra="language: uk\ntranslation_of: nowhere"),
        "twin": item_text(extra="id: plain"),
        "shown": item_text(extra=PHOTO),
        "broken": item_text(kind="news"),
        "old": item_text(date="1961-04-12"),
    }
    for name, text in texts.items():
        (site.items / f"{name}.md").write_text(text)
    (site.photos / "quay.jpg").write_bytes(b"x")
    cold, warm = read(site, cache), read(site, cache)

    assert known(cold) == []
    assert (
        known(warm)
        == [item.id for item in cold.items]
        == ["draft", "secret", "old", "original", "shown", "translated", "warned"]
    )
    assert warm.problems == cold.problems == read(site, None).problems
    assert replace(warm, scan=cold.scan) == cold
    for before, after in zip(cold.items, warm.items, strict=True):
        assert after.content == before.content
        assert (after.embargo_at, after.due_at, after.review, after.root) == (
            before.embargo_at,
            before.due_at,
            before.review,
            before.root,
        )
        assert after.changed_at == before.changed_at
        assert after.changed_at == datetime.fromtimestamp(int((site.folder / after.file).stat().st_mtime), UTC)


def test_only_the_file_that_changed_is_read(site: Site, item_text: Text, cache: Cache) -> None:
    for name in "abc":
        (site.items / f"{name}.md").write_text(item_text())
    read(site, cache)
    (site.items / "b.md").write_text(item_text(title="Another ship"))
    (site.items / "c.md").unlink()
    folder = read(site, cache)
    assert known(folder) == ["a"]
    assert [item.content.title for item in folder.items] == ["A ship", "Another ship"]
    assert known(read(site, Cache(site.folder / "cache.db"))) == ["a", "b"]


def test_a_file_that_was_just_changed_is_not_trusted(site: Site, item_text: Text, cache: Cache) -> None:
    (site.items / "a.md").write_text(item_text())
    read_folder(site, cache)
    assert known(read(site, cache)) == []
    assert known(read(site, cache)) == ["a"]


def test_a_photo_that_comes_or_goes_is_noticed(site: Site, item_text: Text, cache: Cache) -> None:
    (site.items / "a.md").write_text(item_text(extra=PHOTO))
    assert read(site, cache).broken_ids == {"a"}
    (site.photos / "quay.jpg").write_bytes(b"x")
    assert [item.photo_src for item in read(site, cache).items] == ["quay.jpg"]
    (site.photos / "quay.jpg").unlink()
    assert read(site, cache).broken_ids == {"a"}


def test_other_settings_make_everything_anew(site: Site, item_text: Text, cache: Cache) -> None:
    (site.items / "a.md").write_text(item_text())
    assert not read(site, cache).problems
    assert known(read(site, cache)) == ["a"]
    other = Site(site.folder, build_settings(OTHER_NEWSROOM, {}))
    assert [problem.field for problem in read(other, cache).problems] == ["topics[0]"]


def test_a_file_that_changes_while_it_is_in_use_is_refused(site: Site, item_text: Text, cache: Cache) -> None:
    file = site.items / "a.md"
    file.write_text(item_text())
    read(site, cache)
    [item] = read(site, cache).items
    file.write_text(item_text(title="Another ship"))
    with pytest.raises(ContentError, match=r"items/a\.md: it was changed while it was in use\. Run the command again"):
        _ = item.content
    file.unlink()
    with pytest.raises(ContentError, match="changed while it was in use"):
        _ = item.content


def test_a_cache_that_lies_is_found_out_and_set_right(site: Site, item_text: Text, cache: Cache) -> None:
    (site.items / "a.md").write_text(item_text(extra="embargo: 2032-03-01T12:00:00+00:00"))
    read(site, cache)
    with sqlite3.connect(site.folder / "cache.db") as connection:
        connection.execute("UPDATE file SET embargo_at = NULL")
    connection.close()
    other = Cache(site.folder / "cache.db")
    [item] = read(site, other).items
    with pytest.raises(ContentError):
        _ = item.content
    [item] = read(site, other).items
    assert item.embargo_at is not None
    assert item.content.title == "A ship"


@pytest.mark.parametrize("damage", ["problems = '[1]'", "problems = '{'", "size = 'x'", "id = NULL, problems = 7"])
def test_a_damaged_row_is_read_anew(site: Site, item_text: Text, cache: Cache, damage: str) -> None:
    (site.items / "a.md").write_text(item_text())
    read(site, cache)
    with sqlite3.connect(site.folder / "cache.db") as connection:
        connection.execute(f"UPDATE file SET {damage}")
    connection.close()
    folder = read(site, Cache(site.folder / "cache.db"))
    assert [item.id for item in folder.items] == ["a"]
    assert known(folder) == []


def test_only_so_many_contents_stay_in_memory(site: Site, item_text: Text, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "HELD_COUNT", 2)
    for name in "abcd":
        (site.items / f"{name}.md").write_text(item_text(title=f"Ship {name}"))
    folder = read_folder(site)
    assert known(folder) == ["c", "d"]
    assert [item.content.title for item in (*folder.items, *folder.items)] == ["Ship a", "Ship b", "Ship c", "Ship d"] * 2


def test_the_file_of_each_id_is_known(site: Site, item_text: Text) -> None:
    texts = {"a": item_text(extra="id: ship"), "b": item_text(kind="news"), "c": item_text(extra="id: ship\nstatus: draft")}
    for name, text in texts.items():
        (site.items / f"{name}.md").write_text(text)
    assert read_folder(site).files == {"ship": "items/a.md", "b": "items/b.md"}
