"""What goes on beside a step: how long another writer waits for the database, and what a sender does and holds."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.planning.steps import EDITION
from digest.store.sqlite import connect

__all__ = ["Run", "Waits", "send_for", "send_until", "waiting"]

_ROOT = Path(__file__).parent.parent.parent


@dataclass
class Waits:
    """How long small writes took, in seconds: until the database was free, and in all, with the disk."""

    locked: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)


@contextmanager
def waiting(file: Path) -> Iterator[Waits]:
    """Write something small every few milliseconds, as the ledger does while letters leave."""
    waits, over = Waits(), threading.Event()

    def write() -> None:
        with closing(connect(file)) as connection:
            connection.execute("INSERT OR REPLACE INTO fact VALUES ('bench', '')")
            while not over.wait(0.005):
                began = time.monotonic()
                connection.execute("BEGIN IMMEDIATE")
                waits.locked.append(time.monotonic() - began)
                connection.execute("UPDATE fact SET value = ? WHERE name = 'bench'", (str(began),))
                connection.execute("COMMIT")
                waits.taken.append(time.monotonic() - began)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield waits
    finally:
        over.set()
        writer.join()


@dataclass
class Run:
    """A run of `digest send`: seconds to its first letter, letters, seconds and CPU seconds in all, MiB second by second."""

    first: float
    letters: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    memory: list[float] = field(default_factory=list)


def send_until(folder: Path, port: int, letters: int) -> Run:
    """Send so many letters, and be killed then."""
    return _send(folder, port, letters, 0.0, signal.SIGKILL)


def send_for(folder: Path, port: int, seconds: float) -> Run:
    """Send for so long, and then end in good order."""
    return _send(folder, port, 1, seconds, signal.SIGTERM)


def _send(folder: Path, port: int, letters: int, seconds: float, ending: signal.Signals) -> Run:
    """Send at least so many letters and for at least so long, and then be told to end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    environment |= {"DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    words = [sys.executable, "-m", "digest", "--site", str(folder), "send", EDITION]
    with closing(sqlite3.connect(folder / "var" / "digest.db")) as connection:
        before = _count_sent(connection)
        began = time.monotonic()
        child = subprocess.Popen(words, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            _wait_for(child, connection, before + 1)
            run = Run(time.monotonic() - began)
            _wait_for(child, connection, before + letters)
            while time.monotonic() - began < seconds:
                run.memory.append(_read_memory(child.pid))
                time.sleep(1)
        finally:
            child.send_signal(ending)
            assert child.stdout is not None
            child.stdout.read()
            _, _, usage = os.wait4(child.pid, 0)
            child.stdout.close()
            child.returncode = 0
        run.wall, run.cpu = time.monotonic() - began, usage.ru_utime + usage.ru_stime
        run.letters = _count_sent(connection) - before
    return run


def _wait_for(child: subprocess.Popen[bytes], connection: sqlite3.Connection, count: int) -> None:
    """Until so many letters are on record as sent."""
    while _count_sent(connection) < count:
        if child.poll() is not None:
            assert child.stdout is not None
            sys.exit(f"digest send ended before its time: {child.stdout.read().decode()}")
        time.sleep(0.01)


def _count_sent(connection: sqlite3.Connection) -> int:
    query = "SELECT count(*) FROM delivery WHERE edition_id = ? AND state = 'sent'"
    return int(connection.execute(query, (EDITION,)).fetchone()[0])


def _read_memory(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
