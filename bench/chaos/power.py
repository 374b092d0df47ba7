"""The power goes: what was not synchronised is lost or torn, what the relay has taken stays taken.

A history sends an edition on a disk that forgets (`disk`). At random steps of the disk, and right after letters were taken,
it is cut: a new machine finds what the disk would hold, sends to the end, and both halves together are judged. Some of the
second halves are cut once more. `python -m bench.chaos.power`; with `--synchronous NORMAL` promises must break.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smtp_server import Accepted, Moment, ScriptedServer
from smtp_words import Event

from bench.chaos.disk import Disk, install, is_possible
from bench.chaos.havoc import build_world
from bench.chaos.judge import Evidence, judge
from bench.chaos.reading import read_evidence
from bench.chaos.variants import killable_sender
from digest.store import sqlite

__all__ = ["LEFT_OUT", "main"]

LEFT_OUT = 2
"""The exit status where nothing could be tried."""
_RUNS = 20


@dataclass(frozen=True)
class Cut:
    """A moment at which the power went: what the disk held, and what the relay knew."""

    moment: float
    found: Mapping[str, bytes]
    events: tuple[Event, ...]
    before: tuple[float, ...]
    """Earlier cuts of the same history."""


@dataclass
class Machine:
    """One machine, from its start to the moment when everything is at rest, and the cuts it may meet on the way.

    `share` is how likely a cut is at each step of the disk.
    """

    var: Path
    disk: Disk
    draw: random.Random
    share: float
    past: tuple[Event, ...] = ()
    downs: tuple[float, ...] = ()
    cuts: list[Cut] = field(default_factory=list)

    async def run(self) -> Evidence:
        """Send to the end."""
        self.disk.adopt(self.var)
        server = _Server(self._look_at, lambda _moment: self.draw.random() * 0.003 if _moment.stage == "body" else None)
        server.log.events.extend(self.past)
        async with server:
            self._server = server
            self.disk.on_step = self._look_at
            orders = killable_sender.Orders(str(self.var), server.port, connections=6)
            for _ in range(_RUNS):
                if await killable_sender.send(orders, lambda _word: None) in (0, 3):
                    break
            self.disk.on_step = None
        return read_evidence(self.var / "digest.db", server.events, downs=self.downs)

    def _look_at(self) -> None:
        with self.disk.lock:
            if self.draw.random() < self.share:
                found = self.disk.cut(self.draw)
                self.cuts.append(Cut(time.time(), found, tuple(self._server.events), self.downs))


class _Server(ScriptedServer):
    """A relay after each of whose letters the power may go."""

    def __init__(self, after: Callable[[], None], script: Callable[[Moment], float | None]) -> None:
        super().__init__(script)
        self._after = after

    def take(self, letter: Accepted, connection: int = 0) -> None:
        super().take(letter, connection)
        self._after()


def play(folder: Path, disk: Disk, recipients: int, most: int, seed: int) -> tuple[int, Counter[str]]:
    """Histories until so many cuts have been judged; how many, and how often each promise was broken."""
    broken: Counter[str] = Counter()
    judged = history = 0
    while judged < most:
        history += 1
        draw = random.Random(f"{seed} {history}")
        var = folder / f"history-{history}"
        build_world(var, recipients, domains=3)
        first = Machine(var, disk, draw, 0.03)
        broken += judge(asyncio.run(first.run()))
        waiting = first.cuts[: most - judged]
        while waiting and judged < most:
            cut = waiting.pop()
            judged += 1
            machine = _restart(folder / f"cut-{judged}", cut, disk, draw)
            broken += judge(asyncio.run(machine.run()))
            waiting.extend(machine.cuts[:1])
    return judged, broken


def _restart(var: Path, cut: Cut, disk: Disk, draw: random.Random) -> Machine:
    var.mkdir()
    for name, content in cut.found.items():
        (var / name).write_bytes(content)
    share = 0.01 if len(cut.before) < 2 else 0.0
    return Machine(var, disk, draw, share, cut.events, (*cut.before, cut.moment))


def use_synchronous(value: str) -> None:
    """Let all connections from here on be less careful, or as careful as they are."""
    changed = tuple("PRAGMA synchronous = " + value if "synchronous" in pragma else pragma for pragma in sqlite.PRAGMAS)
    for module in list(sys.modules.values()):
        if getattr(module, "PRAGMAS", None) is sqlite.PRAGMAS and module is not sqlite:
            module.PRAGMAS = changed  # type: ignore[attr-defined]
    sqlite.PRAGMAS = changed


def main(arguments: list[str] | None = None) -> int:
    """Cut the power; the exit status is 1 when a promise was broken. The last line is JSON: cuts, and broken promises."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--recipients", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--synchronous", choices=("FULL", "NORMAL"), default="FULL")
    options = parser.parse_args(arguments)
    if not is_possible():
        print("Python's SQLite is built in here and cannot be given another disk")
        return LEFT_OUT
    disk = Disk()
    install(disk)
    use_synchronous(options.synchronous)
    with tempfile.TemporaryDirectory() as folder:
        cuts, broken = play(Path(folder), disk, options.recipients, options.cuts, options.seed)
    print(json.dumps({"cuts": cuts, "steps": disk.step_count, "synchronised": disk.sync_count, "broken": broken}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
