"""A cache may be deleted, broken or in use at any time: nobody hears of it, and it is there again afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from digest.items.keeping import COLUMNS, PHOTO_COLUMNS, Row
from digest.store.cache import Cache, open_cache

BASIS = "basis"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def row(path: str, size: int = 1) -> Row:
    return (path, size, *(None,) * (len(COLUMNS) - 2))


def test_what_is_kept_is_there_for_the_next_command(file: Path) -> None:
    Cache(file).write_files(BASIS, [row("a"), row("b")], ())
    Cache(file).write_files(BASIS, [row("b", 2), row("c")], ["a"])
    assert Cache(file).read_files(BASIS) == {"b": row("b", 2), "c": row("c")}


def test_one_that_is_used_again_knows_the_same(file: Path) -> None:
    cache = Cache(file)
    assert cache.read_files(BASIS) == {}
    cache.write_files(BASIS, [row("a"), row("b")], ())
    before = cache.read_files(BASIS)
    cache.write_files(BASIS, [row("b", 2)], ["a", "never there"])
    assert cache.read_files(BASIS) == Cache(file).read_files(BASIS) == {"b": row("b", 2)}
    assert before == {"a": row("a"), "b": row("b")}, "whoever is at it still must not be disturbed"


def test_another_basis_begins_anew(file: Path) -> None:
    Cache(file).write_files(BASIS, [row("a")], ())
    assert Cache(file).read_files("other") == {}
    Cache(file).write_files("other", [row("b")], ())
    assert Cache(file).read_files(BASIS) == {}
    assert Cache(file).read_files("other") == {"b": row("b")}


def test_photos_are_kept_beside_and_on_their_own_basis(file: Path) -> None:
    photo = ("items/photos/a.jpg", 1, 2, 3, 4, "", "00")
    assert len(photo) == len(PHOTO_COLUMNS)
    cache = Cache(file)
    cache.write_files(BASIS, [row("a")], ())
    cache.write_photos("other", [photo], ())
    assert Cache(file).read_photos("other") == {"items/photos/a.jpg": photo}
    assert Cache(file).read_files(BASIS) == {"a": row("a")}


def cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def scribble(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    file.write_bytes(data)


def change_tables(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("DROP TABLE file; CREATE TABLE file (path TEXT PRIMARY KEY, other)")


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"no database at all " * 100),
        lambda file: file.write_bytes(b""),
        lambda file: file.unlink(),
        cut,
        scribble,
        change_tables,
    ],
)
def test_a_broken_cache_is_replaced(file: Path, damage: Callable[[Path], object]) -> None:
    Cache(file).write_files(BASIS, [row(f"{n:05}") for n in range(500)], ())
    damage(file)
    cache = Cache(file)
    assert len(cache.read_files(BASIS)) in (0, 500)
    cache.write_files(BASIS, [row("a")], ())
    cache.write_photos(BASIS, [("p", 1, 2, 3, 4, "", "00")], ())
    assert "a" in Cache(file).read_files(BASIS)
    assert "p" in Cache(file).read_photos(BASIS)


def test_a_locked_cache_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.cache._PATIENCE", 0.01)
    Cache(file).write_files(BASIS, [row("a")], ())
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        cache = Cache(file)
        assert cache.read_files(BASIS) == {}
        cache.write_files(BASIS, [row("b")], ())
        other.execute("COMMIT")
    assert Cache(file).read_files(BASIS) == {"a": row("a")}


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "gone" / "cache.db")
    cache.write_files(BASIS, [row("a")], ())
    assert Cache(tmp_path / "gone" / "cache.db").read_files(BASIS) == {}
    (tmp_path / "folder.db").mkdir()
    Cache(tmp_path / "folder.db").write_files(BASIS, [row("a")], ())
    assert Cache(tmp_path / "folder.db").read_files(BASIS) == {}


def test_a_site_that_keeps_nothing_gets_no_cache(tmp_path: Path) -> None:
    assert open_cache(tmp_path / "var") is None
    (tmp_path / "var").mkdir()
    assert open_cache(tmp_path / "var") is not None
    assert list((tmp_path / "var").iterdir()) == []


def test_a_number_that_no_database_holds_harms_nobody(file: Path) -> None:
    Cache(file).write_files(BASIS, [row("a")], ())
    Cache(file).write_files(BASIS, [row("b", 2**64)], ())
    assert Cache(file).read_files(BASIS) == {"a": row("a")}
