"""Compressed copies say what their files say, or they are not there."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest

from digest.publishing.replacing import Written

Write = Callable[..., Written]
Read = Callable[[], dict[str, bytes]]
LONG = b"<p>Words that are said again.</p>" * 100
OTHER = b"<p>Other words.</p>" * 100


def test_text_files_get_copies_that_hold_the_same(write: Write, read: Read) -> None:
    write({"index.html": LONG, "feeds/all.atom": OTHER}, compress=True)
    found = read()

    assert found.keys() == {f"{path}{end}" for path in ("index.html", "feeds/all.atom") for end in ("", ".gz", ".br")}
    assert gzip.decompress(found["index.html.gz"]) == LONG
    assert brotli.decompress(found["feeds/all.atom.br"]) == OTHER


def test_small_files_and_pictures_get_none(write: Write, read: Read) -> None:
    files = {"index.html": LONG[:1023], "photos/a.jpg": LONG}
    write(files, compress=True)

    assert read() == files


def test_copies_are_not_told_as_changes(write: Write) -> None:
    assert write({"index.html": LONG}, compress=True) == Written(("index.html",), 0, ())
    assert write({"index.html": LONG}) == Written((), 1, ())
    assert write({}) == Written((), 0, ("index.html",))


def test_equal_bytes_give_equal_copies(write: Write, read: Read) -> None:
    write({"a.html": LONG, "b.html": LONG}, compress=True)
    found = read()

    assert found["a.html.gz"] == found["b.html.gz"]
    assert found["a.html.br"] == found["b.html.br"]


def test_later_runs_keep_them_in_step_without_being_asked(write: Write, read: Read) -> None:
    write({"a.html": LONG, "b.html": LONG, "c.html": LONG}, compress=True)
    write({"a.html": OTHER, "b.html": b"short"})
    found = read()

    assert found.keys() == {"a.html", "a.html.gz", "a.html.br", "b.html"}
    assert gzip.decompress(found["a.html.gz"]) == OTHER


def test_they_can_be_asked_for_and_taken_away_later(write: Write, read: Read) -> None:
    write({"a.html": LONG})
    assert write({"a.html": LONG}, compress=True) == Written((), 1, ())
    assert read().keys() == {"a.html", "a.html.gz", "a.html.br"}
    assert write({"a.html": LONG}, compress=False) == Written((), 1, ())
    assert read().keys() == {"a.html"}


def test_unchanged_files_keep_their_copies_untouched(write: Write, public: Path) -> None:
    write({"a.html": LONG, "b.html": LONG}, compress=True)
    before = (public / "a.html.gz").stat()
    write({"a.html": LONG, "b.html": OTHER})

    assert (public / "a.html.gz").stat() == before


@pytest.mark.parametrize("suffix", [".gz", ".br"])
def test_looking_at_the_whole_mends_copies_too(write: Write, public: Path, read: Read, suffix: str) -> None:
    write({"a.html": LONG, "b.html": LONG}, compress=True)
    wanted = read()
    (public / f"a.html{suffix}").write_bytes(b"edited")
    (public / f"b.html{suffix}").unlink()
    write({"a.html": LONG, "b.html": LONG}, whole=True)

    assert read() == wanted


def test_when_the_manifest_was_lost_no_old_copy_stays_beside_a_file(write: Write, manifest: Path, read: Read) -> None:
    write({"a.html": LONG, "b.html": LONG}, compress=True)
    manifest.unlink()
    write({"a.html": OTHER, "b.html": LONG})

    assert read() == {"a.html": OTHER, "b.html": LONG}


def test_a_copy_is_never_moved_over_something_that_is_no_file(write: Write, public: Path) -> None:
    (public / "a.html.gz").mkdir(parents=True)

    with pytest.raises(Exception, match="something other than a file is in the way"):
        write({"a.html": LONG}, compress=True)
