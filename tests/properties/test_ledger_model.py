"""An executable model of delivery: any interleaving of senders, kills, lost answers, staff and readers, on the real ledger.

The oracle knows only what went over the wire and what people did. The real functions of the store run on a real database; a
kill closes the connection and frees the lock, as the kernel would. The last tests take the intent, the fence or the lock
away and see the model fail, so that it is known to see each of them.
"""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from digest.delivery.ledger import Answer, Outcome, Picked
from digest.delivery.pace import Rules
from digest.delivery.transitions import Change, Decision, Ending, State
from digest.store.database import Store, open_store
from digest.store.deliveries import cancel_edition, decide, pause_edition, read_held, resume_edition, stop_variants
from digest.store.scope import Scope
from digest.store.sending import Question, Sending
from digest.store.slots import Slot, take_slot

READERS = 3
RULES = Rules(retry_after=60, retry_for=3600)
QUICK = settings(
    max_examples=50, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


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


class Deliveries(RuleBasedStateMachine):
    """Three readers of one edition, up to three senders with two connections each."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.worlds = load("ledger_world")
        self.world = self.worlds.World(self.folder)
        self.world.add_edition()
        self.world.add_readers(READERS)
        self.store: Store = open_store(self.folder)
        self.now = int(self.worlds.START)
        self.senders: list[Living] = []
        self.bodies: Counter[int] = Counter()  # copies whose body began, by delivery
        self.taken: Counter[int] = Counter()  # copies that the relay took
        self.more: Counter[int] = Counter()  # further copies that staff asked for
        self.received: set[int] = set()  # what staff called received
        self.given_up: set[int] = set()
        self.gone: set[int] = set()  # readers who left
        self.edition = "sending"
        self.stopped = False

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        try:
            self.settle_everything()
        finally:
            for sender in list(self.senders):
                self.close(sender)
            self.store.close()
            shutil.rmtree(self.folder)

    # -- senders

    @rule()
    def start(self) -> None:
        if len(self.senders) == 3:
            return
        slot = take_slot(self.folder)
        connection = sqlite3.connect(self.world.file, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        sending = Sending(connection, slot.number, RULES, None)
        scope = Scope(connection, sending, self.folder, slot.number, None)
        scope.recover(self.now, own=True)
        self.senders.append(Living(slot, connection, sending, scope))

    @precondition(lambda self: self.senders)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """What was on the wire is taken or not; nobody hears of it."""
        sender = self.draw_sender(data)
        for line in sender.lines:
            if line.flying is not None and data.draw(st.booleans(), label="taken"):
                self.taken[line.flying.id] += 1
        self.close(sender)

    @precondition(lambda self: self.senders)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """The next question of a connection that waits for nothing."""
        sender = self.draw_sender(data)
        idle = [line for line in sender.lines if line.flying is None]
        if idle:
            self.question(sender, data.draw(st.sampled_from(idle), label="line"), want=data.draw(st.booleans(), label="want"))

    @precondition(lambda self: any(line.flying for sender in self.senders for line in sender.lines))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """The relay answers, or takes the letter without an answer, or drops the line."""
        flying = [line for sender in self.senders for line in sender.lines if line.flying]
        line = data.draw(st.sampled_from(flying), label="line")
        ending = data.draw(st.sampled_from(Ending), label="ending")
        assert line.flying is not None
        if ending is Ending.SENT or ending is Ending.UNKNOWN and data.draw(st.booleans(), label="taken"):
            self.taken[line.flying.id] += 1
        line.outcome, line.flying = Outcome(line.flying, ending, 250 if ending is Ending.SENT else None), None

    @precondition(lambda self: self.senders)
    @rule(data=st.data())
    def review(self, data: st.DataObject) -> None:
        self.draw_sender(data).scope.review(self.now)
        self.edition = self.world.edition()

    # -- people and time

    @rule(seconds=st.sampled_from([1, 60, 600, 4000]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(reader=st.integers(1, READERS), how=st.sampled_from(["left", "erased", "suppressed", "returned"]))
    def leave(self, reader: int, how: str) -> None:
        self.gone.add(reader)
        if how == "suppressed":
            query = "INSERT OR IGNORE INTO suppression SELECT address_hash, 'asked', 0 FROM subscription WHERE id = ?"
            self.world.do(query, reader)
        elif how == "returned":
            self.world.do("UPDATE subscription SET epoch = epoch + 1 WHERE id = ?", reader)
        else:
            self.world.do("UPDATE subscription SET state = ? WHERE id = ?", how, reader)

    @precondition(lambda self: self.edition == "sending")
    @rule()
    def pause(self) -> None:
        with self.store.writing() as connection:
            pause_edition(connection, self.worlds.EDITION, "Ada", self.moment())
        self.edition = "paused"

    @precondition(lambda self: self.edition == "paused")
    @rule()
    def resume(self) -> None:
        with self.store.writing() as connection:
            resume_edition(connection, self.worlds.EDITION, "Ada", self.moment(), staff=True)
        self.edition = "sending"

    @precondition(lambda self: self.edition in ("sending", "paused"))
    @rule(sure=st.integers(0, 5))
    def cancel(self, sure: int) -> None:
        if sure:  # seldom, since not much happens after it
            return
        with self.store.writing() as connection:
            cancel_edition(connection, self.worlds.EDITION, "Ada", self.moment())
        self.edition = "cancelled"

    @precondition(lambda self: not self.stopped)
    @rule(sure=st.integers(0, 5))
    def correct(self, sure: int) -> None:
        if sure:
            return
        with self.store.writing() as connection:
            stop_variants(connection, self.worlds.EDITION, [1], self.moment())
        self.stopped = True

    @rule(decision=st.sampled_from(Decision))
    def decide(self, decision: Decision) -> None:
        with self.store.writing() as connection:
            held = read_held(connection)[:1]
            decided = decide(connection, [row.id for row in held], decision, self.moment())
        for row in decided:
            if row.state is State.QUEUED:
                self.more[row.id] += 1
            if row.state is State.SENT:
                self.received.add(row.id)
            if row.state is State.FAILED:
                self.given_up.add(row.id)
        self.edition = self.world.edition()

    # -- what must always hold

    @invariant()
    def every_promise_holds(self) -> None:
        if not hasattr(self, "world"):
            return
        rows = self.world.rows("SELECT id, state, unknown_count FROM delivery ORDER BY id")
        assert len(rows) == READERS
        for number, state, unknown_count in rows:
            assert self.bodies[number] <= 2 + self.more[number], "more copies than the cap"
            assert self.taken[number] <= self.bodies[number]
            if state in ("cancelled", "suppressed", "failed") and number not in self.given_up:
                assert self.taken[number] == 0, f"somebody who got a copy counts as {state}"
            if state == "sent" and number not in self.received:
                assert self.taken[number] > 0, "somebody who got nothing counts as sent"
            if self.taken[number] > 1:
                assert unknown_count > 0, "a second copy that is not marked"

    def question(self, sender: Living, line: Line, *, want: bool) -> Answer:
        outcome, going = line.outcome, line.picked
        knowable = going is not None and self.may_go(going)
        marked = going is not None and self.is_marked(going.id)
        (answer,) = sender.sending.exchange([Question(outcome, going, want)], self.now)
        line.outcome, line.picked = None, answer.next
        if answer.allowed:
            assert going is not None
            assert knowable, "a body began that should not"
            assert self.bodies[going.id] == 0 or marked, "a second copy left without a mark that was there before"
            if self.left_anything(going.id):
                self.bodies[going.id] += 1
            line.flying = going
        return answer

    def may_go(self, going: Picked) -> bool:
        """By what people did: the edition is being sent, not stopped, and the reader is still there."""
        return self.edition == "sending" and not self.stopped and going.subscription not in self.gone

    def is_marked(self, number: int) -> bool:
        """Whether every copy that began before ended for sure without being taken, or is marked as unknown."""
        row = self.world.delivery(number)
        return row["unknown_count"] > 0 or self.taken[number] == 0

    def left_anything(self, number: int) -> bool:
        """A copy counts as begun again only when no answer made sure that the one before was not taken."""
        sure = self.world.delivery(number)["unknown_count"]
        return self.bodies[number] <= sure

    # -- the end: everybody is accounted for

    def settle_everything(self) -> None:
        for sender in list(self.senders):
            for line in sender.lines:
                if line.flying is not None:
                    line.outcome, line.flying = Outcome(line.flying, Ending.SENT, 250), None
                    assert line.outcome is not None
                    self.taken[line.outcome.picked.id] += 1
                if line.outcome is not None or line.picked is not None:
                    going, line.picked = line.picked, None
                    sender.sending.exchange([Question(line.outcome, None, False)], self.now)
                    line.outcome = None
                    if going is not None:
                        sender.sending.exchange([Question(Outcome(going, Ending.RETURNED), None, False)], self.now)
        if self.edition == "paused":
            self.resume()
        if not self.senders:
            self.start()
        sender = self.senders[0]
        for _ in range(40):
            line = sender.lines[0]
            answer = self.question(sender, line, want=True)
            if line.flying is not None:
                self.taken[line.flying.id] += 1
                line.outcome, line.flying = Outcome(line.flying, Ending.SENT, 250), None
            if answer == Answer() and line.outcome is None:
                self.now += 20_000
        sender.scope.review(self.now)
        self.edition = self.world.edition()
        self.every_promise_holds()
        counts = self.world.counts()
        assert set(counts) <= {"sent", "failed", "suppressed", "cancelled", "held"}, counts
        assert self.edition in ("finished", "cancelled"), self.edition

    def close(self, sender: Living) -> None:
        sender.connection.close()
        sender.slot.release()
        self.senders.remove(sender)

    def draw_sender(self, data: st.DataObject) -> Living:
        return self.senders[data.draw(st.integers(0, len(self.senders) - 1), label="sender")]

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def test_no_interleaving_misses_anybody_or_mails_twice_unknowingly() -> None:
    run_state_machine_as_test(Deliveries, settings=QUICK)


def test_the_model_sees_a_missing_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = lambda facts, max_unknown: Change(State.QUEUED, facts.unknown_count)  # noqa: E731
    monkeypatch.setattr("digest.store.sending.after_crash", forgetful)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Deliveries, settings=settings(QUICK, max_examples=300))


def test_the_model_sees_a_missing_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.sending.judge_fence", lambda fence: None)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Deliveries, settings=settings(QUICK, max_examples=300))


def test_the_model_sees_a_missing_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.scope.try_slot", lambda var, number: Slot(number, -1))

    with pytest.raises((AssertionError, ValueError)):
        run_state_machine_as_test(Deliveries, settings=settings(QUICK, max_examples=300))
