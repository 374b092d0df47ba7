"""A sender is killed again and again, and in the end nobody is missed and nobody was mailed twice unknowingly."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from digest.delivery.transitions import Decision
from digest.errors import Status
from digest.store.database import open_store
from digest.store.deliveries import decide, read_held

FAKES = Path(__file__).parent.parent / "fakes"
READERS, KILLS, CONNECTIONS = 500, 10, 8


def load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FAKES / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@contextlib.contextmanager
def relay(log: Path, *options: str) -> Iterator[int]:
    """A relay in a process of its own; its port."""
    command = [sys.executable, str(FAKES / "smtp_server.py"), "--log", str(log), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


class Senders:
    """Starts senders; the next one is always warming up while one works."""

    def __init__(self, var: Path, port: int) -> None:
        self._command = [sys.executable, str(FAKES / "killable_sender.py"), str(var), str(port)]
        self._next = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _begin(self) -> subprocess.Popen[str]:
        process, self._next = self._next, self._start()
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        return process

    def kill_in_mid_send(self, moment: float) -> bool:
        """Let a sender work and kill it so many seconds after its first letter; whether it was still at work then."""
        process = self._begin()
        assert process.stdout is not None
        select.select([process.stdout], [], [], 10)
        time.sleep(moment)
        at_work = process.poll() is None
        process.kill()
        process.communicate()
        return at_work

    def finish(self) -> Status:
        """Let a sender work to its end."""
        process = self._begin()
        process.communicate(timeout=30)
        return Status(process.returncode)

    def close(self) -> None:
        self._next.kill()
        self._next.communicate()


@pytest.mark.parametrize("seed", [20220228])
def test_after_ten_kills_everybody_is_mailed_and_every_second_copy_is_known(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    world = load("ledger_world").World(tmp_path / "var")
    world.add_edition()
    world.add_readers(READERS)
    log = tmp_path / "accepted"
    log.touch()

    with relay(log, "--seed", str(seed), "--slow", "0.1", "--lose", "0.005", "--drop", "0.005", "--defer", "0.02") as port:
        senders = Senders(world.var, port)
        for _ in range(KILLS):
            assert senders.kill_in_mid_send(draw.uniform(0, 0.25))
            open_count = world.rows("SELECT count(*) FROM delivery WHERE state = 'inflight'")[0][0]
            assert open_count <= CONNECTIONS
        status = senders.finish()
        marked = {f"<e{row[0]}@lists.example.org>" for row in world.rows("SELECT id FROM delivery WHERE unknown_count > 0")}
        before = accepted(log)
        settle_held(world, log)
        after = senders.finish() if status is Status.HELD else status
        senders.close()

    copies = accepted(log)
    assert status in (Status.FINISHED, Status.HELD) and after is Status.FINISHED
    assert (world.edition(), world.counts()) == ("finished", {"sent": READERS})
    assert len(copies) == READERS, "somebody was missed"
    assert max(before.values()) <= 2
    assert {name for name, count in copies.items() if count > 1} <= marked, "somebody was mailed twice unknowingly"
    assert len(set(log.read_text().splitlines())) == READERS, "a second copy was not the same bytes"
    assert marked, "no kill met a letter in flight"


def settle_held(world: object, log: Path) -> None:
    """What staff do: those whose copy the relay took are received, the others are sent again."""
    store = open_store(world.var)  # type: ignore[attr-defined]
    taken = accepted(log)
    with store.writing() as connection:
        for held in read_held(connection):
            arrived = f"<e{held.id}@lists.example.org>" in taken
            decision = Decision.RECEIVED if arrived else Decision.AGAIN
            decide(connection, [held.id], decision, datetime.now(UTC))
    store.close()


def accepted(log: Path) -> Counter[str]:
    return Counter(line.split(" ")[0] for line in log.read_text().splitlines())
