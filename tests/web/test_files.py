"""The files of public/."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from digest.web.files import LARGE, look_at, read_file, read_parts


def test_a_file_is_read_with_how_it_looked(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.html").write_text("text")

    found = read_file(str(tmp_path), "a/b.html")

    assert found is not None
    assert found.body == b"text"
    assert found.seen == look_at(str(tmp_path), "a/b.html")


@pytest.mark.parametrize("how", ["replace", "append", "touch"])
def test_a_file_that_was_changed_looks_otherwise(tmp_path: Path, how: str) -> None:
    file = tmp_path / "x"
    file.write_text("text")
    before = look_at(str(tmp_path), "x")
    if how == "replace":
        (tmp_path / "y").write_text("next")
        os.utime(tmp_path / "y", ns=(file.stat().st_mtime_ns,) * 2)
        (tmp_path / "y").replace(file)
    elif how == "append":
        with file.open("a") as opened:
            opened.write("!")
    else:
        os.utime(file, (1, 1))

    assert look_at(str(tmp_path), "x") != before


def test_no_link_is_followed_at_any_step(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    public = tmp_path / "public"
    public.mkdir()
    (public / "folder").symlink_to(tmp_path / "outside")
    (public / "file").symlink_to(tmp_path / "outside" / "secret")
    (public / "inside").symlink_to(public)

    for path in ("folder/secret", "file", "inside/file", "folder", "inside", "missing", "missing/x", "file/x"):
        assert read_file(str(public), path) is None


def test_public_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_text("text")
    (tmp_path / "public").symlink_to(tmp_path / "real")

    assert read_file(str(tmp_path / "public"), "x") is not None


def test_a_pipe_is_no_file_and_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert read_file(str(tmp_path), "pipe") is None
    assert look_at(str(tmp_path), "pipe") is None


def test_a_large_file_is_not_read_but_sent_in_parts(tmp_path: Path) -> None:
    body = os.urandom(1000) * (LARGE // 1000 + 1)
    (tmp_path / "film").write_bytes(body)

    found = read_file(str(tmp_path), "film")

    assert found is not None
    assert found.body is None
    assert b"".join(read_parts(str(tmp_path), "film", found.seen)) == body


def test_a_large_file_that_grew_is_sent_as_long_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"x" * 10)
    seen = look_at(str(tmp_path), "film")
    assert seen is not None
    (tmp_path / "film").write_bytes(b"x" * 20)

    assert b"".join(read_parts(str(tmp_path), "film", seen)) == b"x" * 10
    assert list(read_parts(str(tmp_path), "gone", seen)) == []


def test_a_fault_of_the_system_is_not_taken_for_a_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", fail)

    with pytest.raises(OSError, match="Too many"):
        read_file(str(tmp_path), "x")
