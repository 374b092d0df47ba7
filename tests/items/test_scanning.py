"""A look at names and stamps tells whether anything changed, and never claims so of what has just been touched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.items.scanning import scan_items, scan_signature

LATER = 10_000_000_000


@pytest.fixture
def items(tmp_path: Path) -> Path:
    folder = tmp_path / "items"
    (folder / "photos" / "2022").mkdir(parents=True)
    (folder / "older").mkdir()
    for name in ("one.md", "older/two.md", "photos/2022/quay.jpg", "notes.txt"):
        (folder / name).write_text(name)
    return folder


def sign(items: Path) -> str:
    """The signature as it is ten seconds later."""
    return scan_items(items, time.time_ns() + LATER).sign()


def test_a_scan_names_files_and_photos_with_their_stamps(items: Path) -> None:
    scan = scan_items(items)
    facts = (items / "one.md").stat()
    assert scan.files["items/one.md"] == (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
    assert set(scan.files) == {"items/one.md", "items/older/two.md"}
    assert {name: path for name, (path, _) in scan.photos.items()} == {"2022/quay.jpg": "items/photos/2022/quay.jpg"}
    assert (scan.skipped_count, scan.refused) == (1, [])


def test_the_signature_stays_while_nothing_changes(items: Path) -> None:
    assert sign(items) == sign(items) != ""


def rewrite(items: Path) -> None:
    stamp = (items / "one.md").stat()
    (items / "one.md").write_text("ONE.MD")
    os.utime(items / "one.md", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        lambda items: (items / "new.md").write_text(""),
        lambda items: (items / "one.md").write_text("longer than it was"),
        lambda items: (items / "one.md").unlink(),
        lambda items: (items / "one.md").rename(items / "first.md"),
        lambda items: (items / "photos/2022/quay.jpg").rename(items / "photos/quay.jpg"),
        lambda items: (items / "photos/2022/quay.jpg").write_text("another picture"),
        lambda items: (items / "notes.txt").unlink(),
        lambda items: (items / "link.md").symlink_to(items / "one.md"),
        rewrite,
    ],
)
def test_any_change_makes_another_signature(items: Path, change: Callable[[Path], object]) -> None:
    before = sign(items)
    change(items)
    assert sign(items) != before


def test_what_was_touched_a_moment_ago_has_no_signature(items: Path) -> None:
    assert scan_signature(items) == ""
    changed_ns = max((items / name).stat().st_ctime_ns for name in ("one.md", "older/two.md", "photos/2022/quay.jpg"))
    assert scan_items(items, changed_ns + 2_000_000_000).sign() == ""
    assert scan_items(items, changed_ns + 2_000_000_001).sign() != ""


def test_an_empty_folder_has_a_signature_and_a_missing_one_another(tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    present = sign(tmp_path / "items")
    (tmp_path / "items").rmdir()
    assert "" != present != sign(tmp_path / "items") != ""


def test_a_look_loads_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import digest.items.scanning; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["digest"]
