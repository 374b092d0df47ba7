"""Who was erased, left or is never to be mailed stays on record as long as a backup may need it, whole lines alone."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import StoreError
from digest.store.erasures import (
    KEPT,
    Erasure,
    Farewell,
    Suppression,
    forget_record,
    note_record,
    note_word,
    read_record,
    record_file,
)

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)


def test_what_is_noted_is_read_back_in_order(tmp_path: Path) -> None:
    some = [Erasure(NOW, 7), Erasure(NOW + timedelta(seconds=1), 12, never_again=True)]
    note_record(tmp_path, some[:1])
    note_record(tmp_path, some[1:])
    note_record(tmp_path, [])
    assert read_record(record_file(tmp_path)) == some
    assert record_file(tmp_path).read_text() == "2022-02-28T18:00:00Z 7\n2022-02-28T18:00:01Z 12 never-again\n"
    assert record_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_leavings_and_suppressions_are_read_back_too(tmp_path: Path) -> None:
    some = [
        Farewell(NOW, 7),
        Farewell(NOW, 7, came_back=True),
        Suppression(NOW, b"\xab\x0c"),
        Suppression(NOW, b"\xab\x0c", is_over=True),
    ]
    note_record(tmp_path, some)
    assert read_record(record_file(tmp_path)) == some
    at = "2022-02-28T18:00:00Z"
    lines = ["7 left", "7 back", "suppressed ab0c", "unsuppressed ab0c"]
    assert record_file(tmp_path).read_text() == "".join(f"{at} {line}\n" for line in lines)


def test_without_a_record_there_is_nothing(tmp_path: Path) -> None:
    assert read_record(record_file(tmp_path)) == []
    assert forget_record(tmp_path, NOW) == 0


def test_a_line_that_a_crash_cut_short_was_never_acted_on(tmp_path: Path) -> None:
    note_record(tmp_path, [Erasure(NOW, 7)])
    with record_file(tmp_path).open("a") as file:
        file.write("2022-02-28T18:00:01Z 1")
    assert read_record(record_file(tmp_path)) == [Erasure(NOW, 7)]
    note_record(tmp_path, [Erasure(NOW, 20)])
    assert [one.subscription for one in read_record(record_file(tmp_path))] == [7, 20]


def test_a_long_record_loses_no_line_to_one_that_was_cut(tmp_path: Path) -> None:
    some = [Suppression(NOW, bytes([number]) * 32) for number in range(40)]
    note_record(tmp_path, some)
    with record_file(tmp_path).open("a") as file:
        file.write("2022-02-28T18:00:01Z suppressed ff00")
    note_record(tmp_path, [Farewell(NOW, 1)])
    assert read_record(record_file(tmp_path)) == [*some, Farewell(NOW, 1)]


def test_what_a_person_wants_for_themselves_counts_without_a_record(tmp_path: Path) -> None:
    record_file(tmp_path).symlink_to(os.devnull)
    note_word(tmp_path, [Farewell(NOW, 7)])


@pytest.mark.parametrize(
    "line",
    [
        "2022-02-28T18:00:00Z",
        "2022-02-28T18:00:00Z 0",
        "x 7",
        "2022-02-28T18:00:00Z 7 again",
        "2022-02-28T18:00:00Z suppressed",
        "2022-02-28T18:00:00Z suppressed abc",
        "2022-02-28T18:00:00Z 7 left ab",
    ],
)
def test_a_file_that_is_no_such_record_is_refused(tmp_path: Path, line: str) -> None:
    record_file(tmp_path).write_text(f"2022-02-28T18:00:00Z 7\n{line}\n")
    with pytest.raises(StoreError, match="erasures:2"):
        read_record(record_file(tmp_path))


def test_old_lines_go_when_no_backup_can_need_them(tmp_path: Path) -> None:
    note_record(tmp_path, [Erasure(NOW, 1), Erasure(NOW + timedelta(days=1), 2)])
    assert forget_record(tmp_path, NOW + KEPT - timedelta(seconds=1)) == 0
    assert forget_record(tmp_path, NOW + KEPT) == 1
    assert [one.subscription for one in read_record(record_file(tmp_path))] == [2]


def test_many_at_once_lose_no_line(tmp_path: Path) -> None:
    def work(number: int) -> None:
        note_record(tmp_path, [Erasure(NOW, number)])
        if number % 10 == 0:
            forget_record(tmp_path, NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1, 121)))
    assert sorted(one.subscription for one in read_record(record_file(tmp_path))) == list(range(1, 121))


def test_what_cannot_be_put_on_record_is_said(tmp_path: Path) -> None:
    record_file(tmp_path).symlink_to(os.devnull)
    with pytest.raises(OSError, match="symbolic"):
        note_record(tmp_path, [Erasure(NOW, 7)])
