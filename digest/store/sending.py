"""All that one sender asks of the database, as plain SQL on one connection: the hot path of the ledger.

`exchange` is the one transaction that everything rests on: it writes how letters ended (`outcomes`), lets picked ones go
through the fence (`admission`) and picks the next ones (`picking`). What becomes of a delivery is decided by
`digest.delivery.transitions`; here it is read and written. Moments are whole seconds since 1970 in UTC.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.delivery.ledger import Answer, Outcome, Picked
from digest.delivery.pace import Rules
from digest.delivery.pacing import FREE, Pacing
from digest.delivery.transitions import State
from digest.store.admission import Admission, Refused
from digest.store.delivery_rows import DeliveryRows
from digest.store.gates import Gates
from digest.store.outcomes import Outcomes
from digest.store.picking import Picking
from digest.store.sqlite import transaction

__all__ = ["Question", "Sending"]


class Question(NamedTuple):
    """What one connection asks at once; see `digest.delivery.ledger.Ledger.ask`."""

    outcome: Outcome | None
    go: Picked | None
    want: bool
    relay: str = ""


class Sending:
    """The deliveries as the sender of one place sees them.

    `touched` are the editions that it has worked on.

    Args:
        connection: its own, in autocommit mode.
        me: the number of its place.
        rules: when letters are tried again.
        only: the one edition to send, or None for all editions and single letters.
        urgent: with `only`, also what is urgent of everything else.
        pacing: how many letters may leave in a span of time.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        me: int,
        rules: Rules,
        only: str | None,
        urgent: bool = False,
        pacing: Pacing = FREE,
    ) -> None:
        self._connection = connection
        rows = DeliveryRows(connection)
        self._gates = None if pacing == FREE else Gates(connection, pacing)
        self._outcomes = Outcomes(connection, rows, me, rules)
        self._admission = Admission(connection, rows, me, self._gates)
        self._picking = Picking(connection, rows, me, rules, only, urgent, self._gates)
        self.touched: set[str] = set()

    def exchange(self, questions: Sequence[Question], now: int) -> list[Answer]:
        """Record outcomes, let bodies go, pick: one durable transaction for all connections that asked."""
        try:
            with transaction(self._connection):
                recorded = self._outcomes.record([q.outcome for q in questions if q.outcome is not None], now)
                if self._gates is not None:
                    self._gates.begin(now)
                refused = self._admission.admit([(q.go, q.relay) for q in questions if q.go is not None], now)
                picks = self._pick(questions, now)
        except BaseException:
            self._picking.forget()
            raise
        return [self._answer(question, recorded, refused, picks) for question in questions]

    def recover(self, sender: int, now: int) -> None:
        """Take back what a dead sender left; the caller holds its place and is in a transaction."""
        self._outcomes.recover(sender, now)

    def put_back(self) -> None:
        """Give back what this sender has picked and not let go; the caller is in a transaction."""
        self._picking.put_back()

    def next_due(self, now: int, *, only: bool = False) -> int | None:
        """When something can be picked at the earliest; with `only`, in the one edition that this sender is for."""
        with transaction(self._connection):
            if self._gates is not None:
                self._gates.begin(now)
                self._gates.keep_places()
            return self._picking.next_due(now, only=only)

    def _pick(self, questions: Sequence[Question], now: int) -> Mapping[str, deque[Picked]]:
        """What is picked, by the relay it is picked for; without any limit, relays make no difference."""
        if self._gates is None:
            counts = Counter({"": sum(question.want for question in questions)})
        else:
            counts = Counter(question.relay for question in questions if question.want)
            self._gates.write()
            self._gates.keep_places()
        if not counts.total():
            return {}
        self._picking.look()
        self._outcomes.domains_wait = self._picking.domains_wait
        picks = {relay: deque(self._picking.pick(count, relay, now)) for relay, count in counts.items()}
        self.touched.update(one.edition for some in picks.values() for one in some if one.edition is not None)
        return picks

    def _answer(
        self,
        question: Question,
        recorded: Mapping[int, State | None],
        refused: Mapping[int, Refused],
        picks: Mapping[str, deque[Picked]],
    ) -> Answer:
        outcome, go, want, relay = question
        done = None if outcome is None else recorded.get(outcome.picked.id)
        waiting = picks.get("" if self._gates is None else relay) if want else None
        picked = waiting.popleft() if waiting else None
        if go is None:
            return Answer(done, False, None, None, picked)
        refusal, state = refused.get(go.id, (None, None))
        return Answer(done, refusal is None, refusal, state, picked)
