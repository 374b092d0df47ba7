from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digest.errors import ContentError
from digest.items.folder import MAX_FILE_SIZE
from digest.items.rewriting import hold_items, read_source, replace_text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf---\r\ntitle: x\r\n---\r\n")
    path.chmod(0o640)
    return path


def test_every_byte_is_read_and_the_mode_is_kept(file: Path) -> None:
    text = read_source(file)
    assert text.encode() == file.read_bytes()
    replace_text(file, text, text + "More.\r\n")
    assert file.read_bytes() == text.encode() + b"More.\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_changed_meanwhile_is_left_alone(file: Path) -> None:
    text = read_source(file)
    file.write_text("another hand")
    with pytest.raises(ContentError, match="changed meanwhile"):
        replace_text(file, text, "ours")
    assert file.read_text() == "another hand"


def test_a_link_is_refused_and_what_it_points_to_stays(file: Path) -> None:
    link = file.with_name("b.md")
    link.symlink_to(file)
    with pytest.raises(ContentError, match="symbolic link"):
        replace_text(link, file.read_bytes().decode(), "ours")
    assert link.is_symlink()
    assert b"title: x" in file.read_bytes()


def test_what_is_gone_a_folder_not_text_or_too_large_is_refused(file: Path) -> None:
    with pytest.raises(ContentError, match="not there"):
        read_source(file.with_name("gone.md"))
    with pytest.raises(ContentError, match="cannot be read"):
        read_source(file.parent)
    with pytest.raises(ContentError, match="larger than"):
        replace_text(file, read_source(file), "x" * (MAX_FILE_SIZE + 1))
    file.write_bytes(b"\xff")
    with pytest.raises(ContentError, match="UTF-8"):
        read_source(file)
    file.write_bytes(b"x" * (MAX_FILE_SIZE + 1))
    with pytest.raises(ContentError, match="larger than"):
        read_source(file)


def test_a_file_that_may_not_be_written_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ContentError, match="may not be written"):
        replace_text(file, read_source(file), "ours")


def test_a_folder_without_room_for_another_name_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    text = read_source(file)
    with pytest.raises(ContentError, match="No space left"):
        replace_text(file, text, "ours")
    assert read_source(file) == text
    assert list(file.parent.iterdir()) == [file]


def test_edits_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_text("", "utf-8")

    def add(line: str) -> None:
        with hold_items(tmp_path):
            before = read_source(file)
            replace_text(file, before, f"{before}{line}\n")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, map(str, range(40))))

    assert sorted(file.read_text("utf-8").split(), key=int) == list(map(str, range(40)))
