"""Feed entries kept from run to run: found again while nothing is wrong, and never in the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.store.entries import KEPT, StoredEntries


def _put(var: Path, entries: dict[str, bytes]) -> None:
    with StoredEntries(var) as store:
        store.put_many(entries)


def _get(var: Path, *keys: str) -> dict[str, bytes]:
    with StoredEntries(var) as store:
        return dict(store.get_many(keys))


def test_what_is_put_is_found_in_the_same_run_and_the_next(tmp_path: Path) -> None:
    with StoredEntries(tmp_path) as store:
        assert store.get_many(["a"]) == {}
        store.put_many({"a": b"\x00one", "b": b"two"})
        store.put_many({"c": b"three"})

        assert store.get_many(["a", "c", "d"]) == {"a": b"\x00one", "c": b"three"}
    assert _get(tmp_path, "a", "b", "c", "d") == {"a": b"\x00one", "b": b"two", "c": b"three"}
    assert _get(tmp_path) == {}


def test_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    _put(tmp_path, {"first": b"", "second": b""})
    _put(tmp_path, {str(number): b"" for number in range(KEPT - 1)})

    assert _get(tmp_path, "first", "second", "0") == {"second": b"", "0": b""}


def test_a_run_that_was_killed_leaves_what_was_kept_before(tmp_path: Path) -> None:
    _put(tmp_path, {"a": b"one"})
    killed = StoredEntries(tmp_path)
    killed.put_many({"a": b"two", "b": b"three"})
    killed._disconnect()

    assert _get(tmp_path, "a", "b") == {"a": b"one"}


def test_without_its_folder_nothing_is_kept(tmp_path: Path) -> None:
    _put(tmp_path / "var", {"a": b"one"})

    assert _get(tmp_path / "var", "a") == {}
    assert not (tmp_path / "var").exists()


def _break(file: Path) -> None:
    file.write_bytes(b"this is no database" * 999)


def _take_table(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE entry (other TEXT)")
    connection.close()


@pytest.mark.parametrize("spoil", [_break, _take_table])
def test_a_cache_that_cannot_be_used_is_replaced(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / "cache.db")

    with StoredEntries(tmp_path) as store:
        assert store.get_many(["a"]) == {}
        store.put_many({"a": b"one"})
        store.put_many({"b": b"two"})
        assert store.get_many(["a"]) == {}
    _put(tmp_path, {"a": b"one"})

    assert _get(tmp_path, "a") == {"a": b"one"}


def test_while_another_command_writes_entries_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.entries._PATIENCE", 0.01)
    _put(tmp_path, {"a": b"one"})
    other = sqlite3.connect(tmp_path / "cache.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with StoredEntries(tmp_path) as store:
        assert store.get_many(["a"]) == {}
        store.put_many({"b": b"two"})
    other.execute("ROLLBACK")
    other.close()

    assert _get(tmp_path, "a", "b") == {"a": b"one"}


def test_other_parts_of_the_cache_are_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "cache.db") as connection:
        connection.execute("CREATE TABLE file (path TEXT)")
        connection.execute("INSERT INTO file VALUES ('items/a.md')")
    connection.close()

    _put(tmp_path, {"a": b"one"})

    connection = sqlite3.connect(tmp_path / "cache.db")
    assert connection.execute("SELECT path FROM file").fetchall() == [("items/a.md",)]
    connection.close()
