"""What befalls the machine that senders run on: its disk is full, its database is locked, a sender stands still.

Kills and clocks are in `havoc`, the power in `power`. Here each thing has a scene of its own, in which more can be asked
than that promises were kept: that nothing was in doubt where nobody died, that a place was not robbed.
"""

from __future__ import annotations

import resource
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from bench.chaos.fleet import Fleet, Running
from bench.chaos.havoc import Run, build_world
from bench.chaos.judge import judge
from bench.chaos.reading import read_evidence
from bench.chaos.relay import Relay
from bench.chaos.variants import killable_sender
from digest.store.slots import try_slot

__all__ = ["SCENES", "Scene", "judge_scene"]

_CONNECTIONS = 6
_STUCK = 0.5
"""Seconds without a letter taken after which the senders are believed to be stuck; the relay never takes so long."""
_WITHIN = "SELECT id, state FROM delivery WHERE state IN ('picked', 'inflight') AND sender = ? ORDER BY id"


class Scene:
    """A world, a slow but honest relay and a fleet, in an empty folder; use as `with Scene(folder, 200) as scene:`.

    `oddities` is what a scene found beside what the judge looks at.
    """

    def __init__(self, folder: Path, recipients: int) -> None:
        self._folder = folder
        self.recipients = recipients
        self.oddities: Counter[str] = Counter()
        self.blows: Counter[str] = Counter()

    def __enter__(self) -> Scene:
        self._began = time.monotonic()
        self.world = build_world(self._folder / "var", self.recipients, domains=5)
        with ExitStack() as stack:
            self.relay = stack.enter_context(Relay(self._folder / "relay.log", "slow", 1))
            self.fleet = stack.enter_context(Fleet())
            self._stack = stack.pop_all()
        self._orders = killable_sender.Orders(str(self.world.var), self.relay.port, _CONNECTIONS)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, **changes: object) -> Running:
        """A sender whose orders differ so from the usual ones."""
        return self.fleet.start(replace(self._orders, **changes))  # type: ignore[arg-type]

    def start_all(self, count: int, **changes: object) -> list[Running]:
        """Several senders, each of which has let a letter go by the end."""
        senders = [self.start(**changes) for _ in range(count)]
        self.fleet.wait(lambda: all(one.sending or one.status is not None for one in senders))
        return senders

    def wait_for_letters(self, count: int) -> None:
        """Until so many more letters were taken, or nobody is left to send any."""
        goal = self.relay.accepted_count + count
        self.fleet.wait(lambda: self.relay.accepted_count >= goal or not self.fleet.living())

    def wait_until_stuck(self) -> None:
        """Until no letter is taken any more."""
        taken, since = -1, time.monotonic()
        while time.monotonic() - since < _STUCK:
            self.fleet.look(wait=0.02)
            if (count := self.relay.accepted_count) > taken:
                taken, since = count, time.monotonic()

    def finish(self) -> Run:
        """Start senders until all is at rest, as whoever looks after the machine would."""
        for _ in range(5):
            self.fleet.wait(seconds=120)
            if self.world.edition() == "finished":
                break
            self.start()
        self.fleet.wait()
        evidence = read_evidence(
            self.world.file, self.relay.events(), senders=self.fleet.everybody, connections=_CONNECTIONS
        )
        return Run(evidence, time.monotonic() - self._began, self.blows)

    def expect_no_doubt(self, run: Run) -> Run:
        """Nobody died, and every answer could be heard: then nothing may be in doubt."""
        self.oddities["a doubt though everything could be known"] += sum(
            delivery.unknown_count for delivery in run.evidence.deliveries
        )
        return run


def judge_scene(scene: Scene, run: Run) -> Counter[str]:
    """Broken promises, and what else was odd."""
    return judge(run.evidence) + scene.oddities  # a sum has no zeros


def stand_still(scene: Scene, seconds: float) -> Run:
    """SIGSTOP for a sender with letters in flight, while others send the rest: nobody takes its place or its letters.

    It stands still for longer than it waits for answers; those that came meanwhile are heard all the same.
    """
    first, second = scene.start_all(2, body=seconds / 2, command=seconds / 2, uvloop=True)
    scene.wait_for_letters(scene.recipients // 10)
    _stop_outside_transactions(scene, first, seconds)
    scene.blows["seconds stood still"] = int(seconds)
    assert first.place is not None
    kept = scene.world.rows(_WITHIN, first.place)
    third = scene.start()
    while first.standing:
        scene.fleet.look(wait=0.05)
        is_free, is_touched = _is_free(scene, first.place), scene.world.rows(_WITHIN, first.place) != kept
        if first.standing:
            scene.oddities["the place of a sender that stood still was free"] += is_free
            scene.oddities["letters of a sender that stood still were touched"] += is_touched
    scene.blows["letters in flight meanwhile"] = sum(state == "inflight" for _, state in kept)
    scene.oddities["two senders at one place"] += len({first.place, second.place, third.place}) < 3
    return scene.expect_no_doubt(scene.finish())


def stand_still_with_the_database(scene: Scene, seconds: float) -> Run:
    """SIGSTOP for a sender in the midst of a transaction: nobody can write, so nobody sends, until it goes on."""
    first, _ = scene.start_all(2, pragmas=("PRAGMA busy_timeout = 500",))
    scene.wait_for_letters(scene.recipients // 10)
    for _ in range(200):
        scene.fleet.stop(first, seconds)
        time.sleep(0.01)
        if _is_locked(scene):
            break
        scene.fleet.go_on(first)
        time.sleep(0.003)
    scene.blows["stopped in a transaction"] = first.standing
    scene.blows["seconds stood still"] = int(seconds)
    return scene.finish()


def keep_the_database(scene: Scene, seconds: float) -> Run:
    """Another writer keeps the database for longer than the senders wait for it, but not for good: nothing is in doubt.

    Whoever reads meanwhile is not held up.
    """
    scene.start_all(2, pragmas=(f"PRAGMA busy_timeout = {int(seconds * 400)}",))
    scene.wait_for_letters(scene.recipients // 10)
    with closing(sqlite3.connect(scene.world.file, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        scene.oddities["a reader was held up"] += scene.world.edition() not in ("sending", "paused")
        connection.execute("COMMIT")
    scene.blows["seconds locked"] = int(seconds)
    return scene.expect_no_doubt(scene.finish())


def fill_the_disk_for_a_while(scene: Scene, _seconds: float) -> Run:
    """No file may grow, until all senders are stuck; then there is room again, and all outcomes are written after all."""
    senders = scene.start_all(2, file_limit=_find_longest(scene.world.var) + 100_000)
    scene.wait_until_stuck()
    for sender in senders:
        if sender.status is None:
            resource.prlimit(sender.process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    scene.fleet.wait()
    _expect_faults(scene, senders)
    return scene.expect_no_doubt(scene.finish())


def fill_the_disk(scene: Scene, seconds: float) -> Run:
    """No file may grow for good, time and again; what was in flight is in doubt, and nothing else."""
    for _ in range(max(1, int(seconds) // 10)):
        _expect_faults(scene, scene.start_all(2, file_limit=_find_longest(scene.world.var) + 100_000))
    return scene.finish()


def fill_the_database(scene: Scene, seconds: float) -> Run:
    """The database may have no more pages (PRAGMA max_page_count), time and again."""
    for _ in range(max(1, int(seconds) // 10)):
        pages = int(str(scene.world.rows("PRAGMA page_count")[0][0])) + 1
        _expect_faults(scene, scene.start_all(2, pragmas=(f"PRAGMA max_page_count = {pages}",)))
    return scene.finish()


SCENES: dict[str, tuple[Callable[[Scene, float], Run], float]] = {
    "a sender stands still": (stand_still, 60.0),
    "a sender stands still in a transaction": (stand_still_with_the_database, 60.0),
    "the database is locked": (keep_the_database, 25.0),
    "the disk is full for a while": (fill_the_disk_for_a_while, 10.0),
    "the disk is full": (fill_the_disk, 30.0),
    "the database is full": (fill_the_database, 30.0),
}
"""What can befall a machine, and for how many seconds in the long form."""


def _expect_faults(scene: Scene, senders: Sequence[Running]) -> None:
    """Each of them must have said that the ledger could not be used, or the scene would show nothing."""
    scene.fleet.wait()
    faults = sum(sender.status == killable_sender.FAULTY for sender in senders)
    scene.oddities["a disk that was full stopped nobody"] += not faults


def _stop_outside_transactions(scene: Scene, sender: Running, seconds: float) -> None:
    """Stop a sender that has letters in flight and does not hold the database; that would hold up everybody."""
    for _ in range(200):
        scene.fleet.stop(sender, seconds)
        time.sleep(0.01)
        rows = scene.world.rows(_WITHIN, sender.place)
        if any(state == "inflight" for _, state in rows) and not _is_locked(scene):
            return
        scene.fleet.go_on(sender)
        time.sleep(0.003)
    raise RuntimeError("the sender was never stopped with a letter in flight")


def _is_locked(scene: Scene) -> bool:
    with closing(sqlite3.connect(scene.world.file, timeout=0.15, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def _is_free(scene: Scene, place: int) -> bool:
    slot = try_slot(scene.world.var, place)
    if slot is not None:
        slot.release()
    return slot is not None


def _find_longest(var: Path) -> int:
    return max(file.stat().st_size for file in var.glob("digest.db*"))
