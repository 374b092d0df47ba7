"""A run in which nothing goes as it should: what happens is drawn beforehand, and goes on until everything is at rest."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from bench.chaos.audit import watch
from bench.chaos.fleet import BROKEN, Fleet, Running
from bench.chaos.judge import Evidence
from bench.chaos.reading import read_evidence
from bench.chaos.relay import Relay
from bench.chaos.variants import killable_sender, ledger_world
from digest.errors import EditionError
from digest.store.database import Store, open_store
from digest.store.deliveries import cancel_edition, pause_edition, resume_edition
from digest.store.readers import leave

__all__ = ["Plan", "Run", "build_world", "play"]

EDITION = ledger_world.EDITION
_LOOK_EVERY = 0.002
_OPEN = "SELECT 1 FROM delivery WHERE state IN ('queued', 'picked', 'inflight') LIMIT 1"
_MOST_BROKEN = 10
"""So many senders that raised an error of a program are enough."""
_START = 60.0
"""Seconds until the first letter must have been taken, on a busy machine."""
_LATEST = 0.85
"""Blows fall until this share of the readers has been mailed, so that all of them meet senders at work."""
_LATE = 864_000
"""So many seconds ahead of the right time a clock that was set stands in the end."""
_IDLE = 1.0
"""Seconds without a letter taken after which the next blow comes all the same."""


@dataclass(frozen=True)
class Plan:
    """What a run is to be like.

    Beside the edition, `letters` single ones are sent. Counts are of blows: `kills` of senders (SIGKILL), `stops` (SIGSTOP
    for up to `stop_seconds`), `leavings` of readers, `pauses` and `cancels` by staff, `voids` of the approval, `locks` of
    the database by another writer, `relay_kills`, `jumps` of the clock. `senders` are the fewest and the most at once,
    `connections` those of each sender. `patience` is how many seconds the senders wait for the answer to a body,
    `most_seconds` how long a run may take from its first letter.
    """

    recipients: int = 300
    letters: int = 0
    preset: str = "nasty"
    seed: int = 1
    senders: tuple[int, int] = (2, 4)
    connections: int = 8
    kills: int = 20
    stops: int = 2
    stop_seconds: float = 1.0
    leavings: int = 5
    pauses: int = 1
    cancels: int = 0
    voids: int = 1
    jumps: int = 0
    locks: int = 1
    relay_kills: int = 1
    patience: float = 2.0
    variant: str = ""
    uvloop: bool = False
    most_seconds: float = 120.0
    most_unknown: int = 1


@dataclass
class Run:
    """What came of it: evidence for the judge, how long it took, and how often each blow really fell."""

    evidence: Evidence
    seconds: float
    blows: Counter[str] = field(default_factory=Counter)


def build_world(var: Path, readers: int, domains: int = 20, letters: int = 0) -> ledger_world.World:
    """A database with an edition that is being sent, its readers spread over some domains, and single letters to others.

    Every step is put down.
    """
    world = ledger_world.World(var)
    world.add_edition()
    first = 1
    for number in range(domains):
        count = readers // domains + (number < readers % domains)
        world.add_readers(count, domain=f"domain-{number}.example", first=first)
        first += count
    world.add_letters(letters, domain="domain-0.example")
    watch(world.file)
    return world


def play(plan: Plan, folder: Path, tell: Callable[[str], None] = lambda _line: None) -> Run:
    """One run in an empty folder."""
    world = build_world(folder / "var", plan.recipients, letters=plan.letters)
    began = time.monotonic()
    with ExitStack() as stack:
        relay = stack.enter_context(Relay(folder / "relay.log", plan.preset, plan.seed))
        fleet = stack.enter_context(Fleet())
        blows = _Havoc(plan, world, relay, fleet, stack.enter_context(closing(open_store(world.var))), tell).run()
        blows["kills"] = sum(running.killed_at is not None for running in fleet.everybody)
        seconds = time.monotonic() - began
        evidence = read_evidence(
            world.file,
            relay.events(),
            senders=fleet.everybody,
            downs=relay.downs,
            most_copies=plan.most_unknown + 1,
            connections=plan.connections,
        )
    return Run(evidence, seconds, blows)


class _Havoc:
    """The blows of one run, each at its count of letters taken."""

    def __init__(
        self,
        plan: Plan,
        world: ledger_world.World,
        relay: Relay,
        fleet: Fleet,
        store: Store,
        tell: Callable[[str], None],
    ) -> None:
        self._plan, self._world, self._relay, self._fleet, self._tell = plan, world, relay, fleet, tell
        self._store = store
        self._draw = random.Random(plan.seed)
        self._wanted = plan.senders[1]
        self._blows: Counter[str] = Counter()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._clock = world.var / "clock"
        self._set_clock(0)
        self._told_at = time.monotonic()
        kinds = {
            self._kill: plan.kills,
            self._stop: plan.stops,
            self._leave: plan.leavings,
            self._pause: plan.pauses,
            self._cancel: plan.cancels,
            self._void: plan.voids,
            self._jump: plan.jumps,
            self._lock: plan.locks,
            self._kill_relay: plan.relay_kills,
        }
        blows = [blow for blow, count in kinds.items() for _ in range(count)]
        latest = _LATEST * plan.recipients
        self._coming = sorted(((self._draw.uniform(0, latest), blow) for blow in blows), key=lambda one: -one[0])

    def run(self) -> Counter[str]:
        until = time.monotonic() + _START + self._plan.most_seconds
        quiet_since, taken = time.monotonic(), 0
        while not self._is_over():
            if time.monotonic() > until or self._count_broken() >= _MOST_BROKEN:
                break  # what is still open then, the judge will see
            self._fleet.look(wait=_LOOK_EVERY)
            self._keep_up()
            while self._fleet.missed:
                self._fleet.missed -= 1
                self._kill()
            count = self._relay.accepted_count
            if count and not taken:
                until = time.monotonic() + self._plan.most_seconds
            if count > taken:
                quiet_since, taken = time.monotonic(), count
            if self._coming and time.monotonic() - quiet_since > _IDLE:
                quiet_since = time.monotonic()
                self._coming.pop()[1]()
            while self._coming and taken >= self._coming[-1][0]:
                self._coming.pop()[1]()
            self._do_later()
            if not self._coming:
                self._settle_clock()
            self._say_how_it_goes(taken)
        return self._blows

    def _is_over(self) -> bool:
        """Whether nobody is at work and nothing is left to do; blows that are still to come would hit nothing."""
        if not self._fleet.everybody or self._fleet.living() or not self._is_at_rest():
            return False
        self._fleet.wait()
        return True

    def _is_at_rest(self) -> bool:
        return self._world.edition() in ("finished", "cancelled") and not self._world.rows(_OPEN)

    def _count_broken(self) -> int:
        return sum(running.status == BROKEN for running in self._fleet.everybody[-2 * _MOST_BROKEN :])

    def _keep_up(self) -> None:
        """As many senders as are wanted, for as long as there is something to send."""
        missing = self._wanted - len(self._fleet.living())
        if missing > 0 and not self._is_at_rest():
            for _ in range(missing):
                self._start()

    def _start(self) -> None:
        plan = self._plan
        orders = killable_sender.Orders(
            var=str(self._world.var),
            port=self._relay.port,
            connections=plan.connections,
            wait=10,
            body=plan.patience,
            command=plan.patience,
            max_unknown=plan.most_unknown,
            only=None if plan.letters else EDITION,
            uvloop=plan.uvloop and self._draw.random() < 0.5,
            clock=str(self._clock) if plan.jumps else "",
        )
        self._fleet.start(orders, plan.variant)

    def _kill(self) -> None:
        """SIGKILL for one of the senders: half of the time at once, right after a letter was taken, else a little later."""
        if self._draw.random() < 0.5:
            self._kill_now()
        else:
            self._later.append((time.monotonic() + self._draw.uniform(0, 0.03), self._kill_now))

    def _kill_now(self) -> None:
        at_work = self._at_work()
        if not at_work:
            self._later.append((time.monotonic() + 0.01, self._kill_now))
            return
        self._fleet.kill(self._draw.choice(at_work))
        self._count("kills")
        self._wanted = self._draw.randint(*self._plan.senders)

    def _stop(self) -> None:
        living = [running for running in self._at_work() if not running.standing]
        if living:
            self._fleet.stop(self._draw.choice(living), self._draw.uniform(0.1, 1) * self._plan.stop_seconds)
            self._count("stops")

    def _leave(self) -> None:
        self._act("leavings", lambda connection: leave(connection, self._draw.randint(1, self._plan.recipients), _now()))

    def _pause(self) -> None:
        if self._act("pauses", lambda connection: pause_edition(connection, EDITION, "staff", _now())):
            self._later.append((time.monotonic() + 0.2, self._resume))

    def _resume(self) -> None:
        self._act("resumptions", lambda connection: resume_edition(connection, EDITION, "staff", _now(), staff=True))

    def _cancel(self) -> None:
        self._act("cancels", lambda connection: cancel_edition(connection, EDITION, "staff", _now()))

    def _void(self) -> None:
        """The edition is changed after its approval, and changed back."""
        self._world.do("UPDATE edition SET approved_hash = 'changed'")
        self._later.append((time.monotonic() + 0.2, self._approve))
        self._count("voids")

    def _approve(self) -> None:
        self._world.do("UPDATE edition SET approved_hash = frozen_hash")

    def _jump(self) -> None:
        """The clock of the machine is set, by up to three days to either side."""
        self._set_clock(self._draw.choice((-1, 1)) * int(259_200 ** self._draw.random()))
        self._count("jumps")

    def _settle_clock(self) -> None:
        """What waits since the clock was ahead is due in the end."""
        if self._blows["jumps"] and self._latest_clock < _LATE:
            self._set_clock(_LATE)

    def _set_clock(self, seconds: int) -> None:
        draft = self._clock.with_suffix(".new")
        draft.write_text(f"{seconds}\n")
        draft.replace(self._clock)
        self._latest_clock = seconds

    def _act(self, blow: str, act: Callable[[Connection], object]) -> bool:
        """Let staff or a reader do something, in one transaction as always; whether it could be done."""
        try:
            with self._store.writing() as connection:
                act(connection)
        except EditionError:
            return False
        self._count(blow)
        return True

    def _lock(self) -> None:
        """Another writer keeps the database to itself for a while."""
        with closing(sqlite3.connect(self._world.file, timeout=10, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(self._draw.uniform(0.05, 0.5))
            connection.execute("COMMIT")
        self._count("locks")

    def _kill_relay(self) -> None:
        self._relay.kill(self._draw.uniform(0, 0.3))
        self._count("relay kills")

    def _at_work(self) -> list[Running]:
        return [running for running in self._fleet.living() if running.place is not None]

    def _count(self, blow: str) -> None:
        self._blows[blow] += 1

    def _do_later(self) -> None:
        now = time.monotonic()
        due = [do for moment, do in self._later if moment <= now]
        self._later = [(moment, do) for moment, do in self._later if moment > now]
        for do in due:
            do()

    def _say_how_it_goes(self, taken: int) -> None:
        if time.monotonic() - self._told_at >= 5:
            self._told_at = time.monotonic()
            self._tell(f"{taken:,} letters taken, {self._blows['kills']} kills, {len(self._coming)} blows to come")


def _now() -> datetime:
    return datetime.now(UTC)
