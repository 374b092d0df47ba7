"""Ctrl-C and SIGTERM end every command with one line and status 5, whatever it was at; tried on real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digest.cli.interrupting import SENTENCE, STOPPED
from digest.errors import Status

COMMANDS = (["check"], ["publish"], ["edition", "list"], ["edition", "prepare", "supporters"], ["send"], ["lists"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new site."""
    folder = tmp_path_factory.mktemp("interrupting") / "site"
    subprocess.run([sys.executable, "-m", "digest", "init", str(folder)], check=True, capture_output=True)
    return folder


def wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    """Until SIGTERM is caught: before that a process is Python's own, which nobody can speak for."""
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
        if int(caught, 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.001)


def hear_interrupts() -> None:
    """What runs in the background ignores Ctrl-C, and so would its children; these are to hear it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupt(site: Path, words: list[str], delay: float, number: signal.Signals, times: int = 1) -> tuple[int, str]:
    """The exit status of a command that gets a signal so many seconds after it begins to listen, and what it says."""
    command = [sys.executable, "-m", "digest", "--site", str(site), *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_interrupts
    )
    with process:
        wait_until_it_listens(process)
        time.sleep(delay)
        for _ in range(times):
            process.send_signal(number)
        _, said = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_interrupted_says_one_line(site: Path, words: list[str], number: signal.Signals) -> None:
    assert interrupt(site, words, 0.0, number) == (STOPPED, f"{SENTENCE}\n")


@pytest.mark.parametrize("delay", [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7])
def test_it_is_so_at_every_moment(site: Path, delay: float) -> None:
    status, said = interrupt(site, ["edition", "list"], delay, signal.SIGINT)

    assert (status, said) in ((STOPPED, f"{SENTENCE}\n"), (0, ""))


@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_a_second_signal_changes_nothing(site: Path, delay: float) -> None:
    status, said = interrupt(site, ["edition", "list"], delay, signal.SIGINT, times=2)

    assert status == STOPPED
    assert said in (f"{SENTENCE}\n", "")


def test_the_status_is_that_of_what_is_not_done_yet() -> None:
    assert STOPPED == Status.WAITING
