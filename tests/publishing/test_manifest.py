"""What readers of a manifest see, whatever writers do meanwhile."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from digest.clock import real_now
from digest.publishing.manifest import Manifest, open_manifest
from digest.publishing.replacing import Written

Write = Callable[..., Written]


@pytest.fixture
def reader(manifest: Path) -> Iterator[Manifest]:
    """A reader that was opened before anything was written."""
    reader = open_manifest(manifest)
    yield reader
    reader.close()


def test_a_manifest_tells_what_was_written(write: Write, reader: Manifest, public: Path) -> None:
    write({"items/a/index.html": b"page"})
    entry = reader.find("items/a/index.html")
    facts = (public / "items" / "a" / "index.html").stat()

    assert entry is not None
    assert (entry.path, entry.group, entry.sha256) == ("items/a/index.html", "items", sha256(b"page").hexdigest())
    assert entry.look == (4, facts.st_mtime_ns)
    assert (entry.status, entry.location) == (200, "")
    assert entry.written_at.tzinfo is UTC
    assert timedelta(0) <= real_now() - entry.written_at < timedelta(minutes=1)


def test_the_moment_of_writing_stays_while_the_bytes_do(write: Write, reader: Manifest, public: Path) -> None:
    write({"a": b"1", "b": b"1"})
    os.utime(public / "a", (0, 0))
    write({"a": b"1", "b": b"2"}, whole=True)
    entry = reader.find("a")

    assert entry is not None
    assert entry.mtime_ns == 0
    assert entry.written_at > datetime(2020, 1, 1, tzinfo=UTC)


def test_a_folder_is_listed_by_path(write: Write, reader: Manifest) -> None:
    write({"feeds/b.atom": b"1", "feeds/a.atom": b"1", "feeds-of-others/c": b"1", "index.html": b"1"})

    assert [entry.path for entry in reader.below("feeds/")] == ["feeds/a.atom", "feeds/b.atom"]


def test_a_missing_or_broken_manifest_counts_as_none(write: Write, reader: Manifest, manifest: Path) -> None:
    assert reader.find("a") is None
    assert not reader.is_gone("a")
    assert list(reader.below("")) == []
    write({"a": b"1"})
    assert reader.find("a") is not None
    manifest.write_bytes(b"no database " * 500)
    assert reader.find("a") is None
    write({"a": b"1"})
    assert reader.find("a") is not None


def test_a_manifest_of_another_format_counts_as_none(write: Write, reader: Manifest, manifest: Path) -> None:
    write({"a": b"1", "b": b"1"})
    with sqlite3.connect(manifest) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    assert write({"a": b"2"}).changed == ("a",)
    assert [entry.path for entry in reader.below("")] == ["a"]


def test_damage_inside_a_manifest_counts_as_none(write: Write, manifest: Path, read: Callable[[], dict[str, bytes]]) -> None:
    files = {f"{number}/page": b"1" for number in range(300)}
    write(files)
    data = bytearray(manifest.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    manifest.write_bytes(data)

    assert write(files) == Written((), 300, ())
    assert write({**files, "0/page": b"2"}).changed == ("0/page",)
    assert read() == {**files, "0/page": b"2"}


def test_the_version_changes_with_every_run_that_changes_anything(write: Write, reader: Manifest) -> None:
    seen = [reader.version()]
    for files in ({"a": b"1"}, {"a": b"2"}, {"b": b"2"}, {"a": b"2"}, {}):
        write(files)
        assert reader.version() not in seen
        seen.append(reader.version())
        write(files)
        assert reader.version() == seen[-1]


def test_the_version_changes_though_the_clock_does_not_go_on(write: Write, reader: Manifest, manifest: Path) -> None:
    write({"a": b"1"})
    ahead = manifest.stat().st_mtime_ns + 10**12
    os.utime(manifest, ns=(ahead, ahead))
    before = reader.version()
    write({"a": b"2"})

    assert reader.version() > before
    assert manifest.stat().st_mtime_ns > ahead


def test_a_reader_follows_a_file_that_was_put_in_its_place(write: Write, reader: Manifest, manifest: Path) -> None:
    write({"a": b"1"})
    assert reader.find("a") is not None
    manifest.unlink()
    assert reader.find("a") is None
    write({"b": b"1"})

    assert reader.find("b") is not None


def test_a_reader_never_sees_a_run_half_done(write: Write, reader: Manifest, manifest: Path) -> None:
    write({"a": b"1"})
    with sqlite3.connect(manifest) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM files")
        assert reader.find("a") is not None
        writer.execute("ROLLBACK")
    writer.close()


def test_a_reader_writes_nothing(write: Write, reader: Manifest, manifest: Path) -> None:
    write({"a": b"1"})
    before = sorted((path.name, path.stat().st_mtime_ns) for path in manifest.parent.iterdir())
    reader.find("a")

    assert sorted((path.name, path.stat().st_mtime_ns) for path in manifest.parent.iterdir()) == before
