"""Random histories of delivery: senders, kills, lost answers, waits, staff and readers, on the real ledger in a real file.

They have what the model in test_ledger_model.py leaves out: time, tries, what a sender has read ahead, locks of the
operating system, and readers who come back. The oracle knows only what went over the wire and what people did; a kill closes
the connection and frees the lock, as the kernel would. The last tests take the intent, the fence or the lock away and see
the histories fail, so that they are known to see each of them.
"""

from __future__ import annotations

import importlib.util
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest

from bench.ledger_model.mutants import MUTANTS
from digest.delivery.ledger import Answer, Outcome, Picked
from digest.delivery.pace import Rules
from digest.delivery.transitions import Decision, Ending, State
from digest.store.database import Store, open_store
from digest.store.deliveries import cancel_edition, decide, pause_edition, read_held, resume_edition, stop_variants
from digest.store.scope import Scope
from digest.store.sending import Question, Sending
from digest.store.slots import Slot, take_slot

READERS = 3
STEPS = 60
RULES = Rules(retry_after=60, retry_for=3600)
WEIGHTS = {
    "ask": 40, "answer": 22, "start": 6, "kill": 5, "review": 2, "wait": 6, "decide": 3, "leave": 1, "pause": 1,
    "resume": 3, "cancel": 0.3, "correct": 0.3,
}  # fmt: skip
LESS = {
    **MUTANTS,
    "without the lock": lambda: patch("digest.store.scope.try_slot", lambda var, number: Slot(number, -1)),
}


def load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / "fakes" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@dataclass
class Line:
    """One connection: what it has picked, what is on the wire, and how the last letter ended as far as it knows."""

    picked: Picked | None = None
    flying: Picked | None = None
    outcome: Outcome | None = None


@dataclass
class Living:
    """A sender that is alive."""

    slot: Slot
    connection: sqlite3.Connection
    sending: Sending
    scope: Scope
    lines: list[Line] = field(default_factory=lambda: [Line(), Line()])


class History:
    """Three readers of one edition, up to three senders with two connections each, and what befalls them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.draw = random.Random(seed)
        self.folder = folder
        self.worlds = load("ledger_world")
        self.world = self.worlds.World(folder)
        self.world.add_edition()
        self.world.add_readers(READERS)
        self.store: Store = open_store(folder)
        self.now = int(self.worlds.START)
        self.senders: list[Living] = []
        self.perhaps: Counter[int] = Counter()  # copies whose body began and that are not known to have been refused
        self.taken: Counter[int] = Counter()  # copies that the relay took
        self.doubts: Counter[int] = Counter()  # answers that were lost, on the way or with the sender
        self.more: Counter[int] = Counter()  # further copies that staff asked for
        self.received: set[int] = set()  # what staff called received
        self.given_up: set[int] = set()  # what staff gave up
        self.gone: set[int] = set()  # readers who left
        self.edition = "sending"
        self.stopped = False

    def run(self) -> None:
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        for name in self.draw.choices(names, weights, k=STEPS):
            getattr(self, name)()
            self.every_promise_holds()
        self.settle_everything()

    def close(self) -> None:
        for sender in list(self.senders):
            self.end(sender)
        self.store.close()

    # -- senders

    def start(self) -> None:
        if len(self.senders) == 3:
            return
        slot = take_slot(self.folder)
        connection = sqlite3.connect(self.world.file, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = OFF")  # what is modelled is a killed process, not a lost disk
        connection.execute("PRAGMA foreign_keys = ON")
        sending = Sending(connection, slot.number, RULES, None)
        scope = Scope(connection, sending, self.folder, slot.number, None)
        scope.recover(self.now, own=True)
        self.senders.append(Living(slot, connection, sending, scope))

    def kill(self) -> None:
        """What was on the wire is taken or not; nobody hears of it."""
        if not self.senders:
            return
        sender = self.draw.choice(self.senders)
        for line in sender.lines:
            if line.flying is not None and self.draw.random() < 0.5:
                self.taken[line.flying.id] += 1
            lost = line.flying or (line.outcome and line.outcome.picked)
            if lost and (line.outcome is None or line.outcome.ending is not Ending.UNKNOWN):
                self.doubts[lost.id] += 1
        self.end(sender)

    def ask(self) -> None:
        """The next question of a connection that waits for nothing."""
        idle = [(sender, line) for sender in self.senders for line in sender.lines if line.flying is None]
        if idle:
            self.question(*self.draw.choice(idle), want=self.draw.random() < 0.8)

    def answer(self) -> None:
        """The relay answers, or takes the letter without an answer, or drops the line."""
        flying = [line for sender in self.senders for line in sender.lines if line.flying]
        if not flying:
            return
        line = self.draw.choice(flying)
        assert line.flying is not None
        ending = self.draw.choice(list(Ending))
        if ending is Ending.SENT or (ending is Ending.UNKNOWN and self.draw.random() < 0.5):
            self.taken[line.flying.id] += 1
        self.doubts[line.flying.id] += ending is Ending.UNKNOWN
        line.outcome, line.flying = Outcome(line.flying, ending, 250 if ending is Ending.SENT else None), None

    def review(self) -> None:
        if self.senders:
            self.draw.choice(self.senders).scope.review(self.now)
            self.edition = self.world.edition()

    # -- people and time

    def wait(self) -> None:
        self.now += self.draw.choice([1, 60, 600, 4000])

    def leave(self) -> None:
        reader = self.draw.randint(1, READERS)
        self.gone.add(reader)
        queries = (
            "UPDATE subscription SET state = 'left' WHERE id = ?",
            "UPDATE subscription SET state = 'erased' WHERE id = ?",
            "UPDATE subscription SET epoch = epoch + 1 WHERE id = ?",  # left and came back
            "INSERT OR IGNORE INTO suppression SELECT address_hash, 'asked', 0 FROM subscription WHERE id = ?",
        )
        self.world.do(self.draw.choice(queries), reader)

    def pause(self) -> None:
        if self.edition == "sending":
            with self.store.writing() as connection:
                pause_edition(connection, self.worlds.EDITION, "Ada", self.moment())
            self.edition = "paused"

    def resume(self) -> None:
        if self.edition == "paused":
            with self.store.writing() as connection:
                resume_edition(connection, self.worlds.EDITION, "Ada", self.moment(), staff=True)
            self.edition = "sending"

    def cancel(self) -> None:
        if self.edition in ("sending", "paused"):
            with self.store.writing() as connection:
                cancel_edition(connection, self.worlds.EDITION, "Ada", self.moment())
            self.edition = "cancelled"

    def correct(self) -> None:
        with self.store.writing() as connection:
            stop_variants(connection, self.worlds.EDITION, [1], self.moment())
        self.stopped = True

    def decide(self) -> None:
        with self.store.writing() as connection:
            held = read_held(connection)[:1]
            decided = decide(connection, [row.id for row in held], self.draw.choice(list(Decision)), self.moment())
        for row in decided:
            self.more[row.id] += row.state is State.QUEUED
            self.received |= {row.id} if row.state is State.SENT else set()
            self.given_up |= {row.id} if row.state is State.FAILED else set()
        self.edition = self.world.edition()

    # -- what must always hold

    def every_promise_holds(self) -> None:
        rows = self.world.rows("SELECT id, state, unknown_count FROM delivery ORDER BY id")
        assert len(rows) == READERS
        for number, state, unknown_count in rows:
            assert self.taken[number] <= self.perhaps[number] <= 2 + self.more[number], "more copies than the cap"
            assert unknown_count <= self.doubts[number], "a doubt where nothing was lost"
            if state in ("cancelled", "suppressed", "failed") and number not in self.given_up:
                assert self.taken[number] == 0, f"somebody who got a copy counts as {state}"
            if state == "sent" and number not in self.received:
                assert self.taken[number] > 0, "somebody who got nothing counts as sent"
            if self.taken[number] > 1:
                assert unknown_count > 0, "a second copy that is not marked"

    def question(self, sender: Living, line: Line, *, want: bool) -> Answer:
        outcome, going = line.outcome, line.picked
        may_go = going is not None and self.may_go(going)
        (answer,) = sender.sending.exchange([Question(outcome, going, want)], self.now)
        line.outcome, line.picked = None, answer.next
        if outcome is not None and outcome.ending not in (Ending.SENT, Ending.UNKNOWN):
            self.perhaps[outcome.picked.id] -= 1
        if answer.allowed:
            assert going is not None
            assert may_go, "a body began that should not"
            marks = self.world.delivery(going.id)["unknown_count"]
            assert self.perhaps[going.id] <= marks, "another copy began without a mark"
            self.perhaps[going.id] += 1
            line.flying = going
        return answer

    def may_go(self, going: Picked) -> bool:
        """By what people did: the edition is being sent, not stopped, and the reader is still there."""
        return self.edition == "sending" and not self.stopped and going.subscription not in self.gone

    # -- the end: everybody is accounted for

    def settle_everything(self) -> None:
        if self.edition == "paused":
            self.resume()
        if not self.senders:
            self.start()
        for _ in range(30):
            answers = [self.go_on(sender, line) for sender in self.senders for line in sender.lines]
            if not any(answers):
                self.now += 20_000
                self.senders[0].scope.review(self.now)
        self.edition = self.world.edition()
        self.every_promise_holds()
        assert set(self.world.counts()) <= {"sent", "failed", "suppressed", "cancelled", "held"}, self.world.counts()
        assert self.edition in ("finished", "cancelled"), self.edition

    def go_on(self, sender: Living, line: Line) -> bool:
        """One quiet step of a connection with a relay that takes everything; whether there was anything to do."""
        if line.flying is not None:
            self.taken[line.flying.id] += 1
            line.outcome, line.flying = Outcome(line.flying, Ending.SENT, 250), None
        busy = line.outcome is not None or line.picked is not None
        return self.question(sender, line, want=True) != Answer() or busy

    def end(self, sender: Living) -> None:
        """What the kernel does for a dead process."""
        sender.connection.close()
        sender.slot.release()
        self.senders.remove(sender)

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


@contextmanager
def folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def run_histories(seeds: range) -> None:
    for seed in seeds:
        with folder() as made:
            history = History(made, seed)
            try:
                history.run()
            except (AssertionError, ValueError) as error:
                raise AssertionError(f"history {seed}: {error}") from error
            finally:
                history.close()


def test_no_interleaving_misses_anybody_or_mails_twice_unknowingly() -> None:
    run_histories(range(100))


@pytest.mark.parametrize("rule", ["without the intent", "without the fence", "without the lock"])
def test_the_histories_see_a_missing_rule(rule: str) -> None:
    with LESS[rule](), pytest.raises(AssertionError, match="history"):
        run_histories(range(100))
