"""The count of work beside the database only goes up, however many write it."""

from __future__ import annotations

import multiprocessing
import random
from pathlib import Path

import pytest

from digest.store.site_fence import find_home, write_work

PROCESSES, COUNTS = 4, 60


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database, as far as its place is concerned."""
    (tmp_path / "digest.db").touch()
    return tmp_path / "digest.db"


def test_what_is_written_is_found(file: Path):
    assert find_home(file).work == -1
    write_work(file, 7)
    assert find_home(file).work == 7
    assert (file.parent / "work").stat().st_mode & 0o777 == 0o600


def test_it_is_never_lowered(file: Path):
    write_work(file, 7)
    write_work(file, 3)
    assert find_home(file).work == 7
    write_work(file, 8)
    assert find_home(file).work == 8


@pytest.mark.parametrize("text", ["", "\n", "seven", "-5"])
def test_one_that_says_nothing_is_written_anew(file: Path, text: str):
    (file.parent / "work").write_text(text)
    assert find_home(file).work == -1
    write_work(file, 0)
    assert find_home(file).work == 0


def test_a_folder_that_cannot_be_read_is_no_restored_database(file: Path):
    (file.parent / "work").mkdir()
    with pytest.raises(OSError, match="directory"):
        find_home(file)


def test_many_processes_may_count_at_once(file: Path):
    context = multiprocessing.get_context("fork")
    seen = context.Queue()
    processes = [context.Process(target=_count, args=(file, number, seen)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    faults = [seen.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    assert faults == [""] * PROCESSES
    assert find_home(file).work == PROCESSES * COUNTS - 1


def _count(file: Path, number: int, seen: multiprocessing.Queue[str]) -> None:
    counts = [PROCESSES * count + number for count in range(COUNTS)]
    random.Random(number).shuffle(counts)
    highest = -1
    try:
        for count in counts:
            write_work(file, count)
            found = find_home(file).work
            assert found >= max(highest, count), f"{found} after {highest} and {count}"
            highest = found
        seen.put("")
    except BaseException as error:
        seen.put(repr(error))
        raise
