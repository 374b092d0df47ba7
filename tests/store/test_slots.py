"""Places among senders: the lowest free one, freed by death alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from digest.errors import StoreError
from digest.store.slots import take_slot, try_slot

HOLD = """
import sys, time
from pathlib import Path
from digest.store.slots import take_slot
slot = take_slot(Path(sys.argv[1]))
print(slot.number, flush=True)
time.sleep(60)
"""


def hold(var: Path) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(var)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_each_sender_gets_the_lowest_free_place(tmp_path: Path) -> None:
    first, second = take_slot(tmp_path), take_slot(tmp_path)
    assert (first.number, second.number) == (1, 2)

    first.release()
    third = take_slot(tmp_path)
    assert third.number == 1
    second.release()
    third.release()


def test_a_place_is_free_only_when_its_process_is_dead(tmp_path: Path) -> None:
    process, number = hold(tmp_path)
    try:
        assert try_slot(tmp_path, number) is None
        os.kill(process.pid, signal.SIGSTOP)
        assert try_slot(tmp_path, number) is None
    finally:
        process.kill()
        process.communicate()

    slot = try_slot(tmp_path, number)
    assert slot is not None
    slot.release()


def test_releasing_twice_does_no_harm(tmp_path: Path) -> None:
    slot = take_slot(tmp_path)
    slot.release()
    slot.release()

    other = take_slot(tmp_path)
    assert other.number == slot.number
    other.release()


def test_there_is_an_end_to_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.slots._MOST", 2)
    only = take_slot(tmp_path)
    with pytest.raises(StoreError, match="at work already"):
        take_slot(tmp_path)
    only.release()


def test_the_lock_file_is_its_owners_alone(tmp_path: Path) -> None:
    slot = take_slot(tmp_path)
    slot.release()

    assert (tmp_path / "sender-1.lock").stat().st_mode & 0o077 == 0
