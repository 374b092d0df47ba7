"""How letters ended, written down in the sender's own transaction; and how those of a dead sender are taken to end."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache

from digest.delivery.ledger import Outcome
from digest.delivery.pace import Rules, is_expired, plan_domain_wait, plan_wait
from digest.delivery.transitions import Ending, State, after_attempt, after_crash
from digest.delivery.verdicts import REPLY_LENGTH
from digest.store.delivery_rows import DeliveryRow, DeliveryRows, round_up

__all__ = ["Outcomes"]

_RELAY_REST = 5
"""For so many seconds a letter that met a relay in trouble lets others go first: it may be the only one to meet it."""
_CRASHED = "the sender was stopped before the answer came"

_SENT = """
    UPDATE delivery SET state = 'sent', sender = NULL, code = sent.column2, reply = sent.column3, outcome_at = ?
    FROM (VALUES {}) AS sent
    WHERE delivery.id = sent.column1 AND delivery.state = 'inflight' AND delivery.sender = ?
"""
_FREE_DOMAIN = "DELETE FROM domain_pace WHERE domain_key = ?"
_READ_DOMAIN = "SELECT not_before, failures FROM domain_pace WHERE domain_key = ?"
_SLOW_DOWN = (
    "INSERT INTO domain_pace (domain_key, not_before, failures) VALUES (?, ?, ?) "
    "ON CONFLICT (domain_key) DO UPDATE SET not_before = excluded.not_before, failures = excluded.failures"
)


class Outcomes:
    """Writes how letters ended.

    `domains_wait` is whether any receiving domain is known to have asked for time.

    Args:
        connection: the sender's own.
        rows: the deliveries on it.
        me: the number of the sender's place.
        rules: when letters are tried again.
    """

    def __init__(self, connection: sqlite3.Connection, rows: DeliveryRows, me: int, rules: Rules) -> None:
        self._connection = connection
        self._rows = rows
        self._me = me
        self._rules = rules
        self.domains_wait = True

    def record(self, outcomes: Sequence[Outcome], now: int) -> dict[int, State | None]:
        """What each delivery has become, by its number; None for one that is no longer this sender's."""
        sent = [outcome for outcome in outcomes if outcome.ending is Ending.SENT]
        recorded = self._record_sent(sent, now) if sent else {}
        if len(sent) < len(outcomes):
            others = [outcome for outcome in outcomes if outcome.ending is not Ending.SENT]
            rows = self._rows.read([outcome.picked.id for outcome in others])
            for outcome in others:
                recorded[outcome.picked.id] = self._record_other(outcome, rows.get(outcome.picked.id), now)
        return recorded

    def recover(self, sender: int, now: int) -> None:
        """Take back what the dead sender of a place left."""
        for row in self._rows.read_of_sender(sender):
            change = after_crash(row.facts, max_unknown=self._rules.max_unknown)
            in_flight = row.state == State.INFLIGHT
            next_at, reply = (now, _CRASHED) if in_flight else (None, None)
            self._rows.change(row.id, row.letter, change, row.attempt_count, now, next_at=next_at, reply=reply)

    def _record_sent(self, sent: Sequence[Outcome], now: int) -> dict[int, State | None]:
        recorded: dict[int, State | None] = {outcome.picked.id: State.SENT for outcome in sent}
        values = [value for o in sent for value in (o.picked.id, o.code, o.reply)]
        count = round_up(len(sent))
        values += [None] * (3 * (count - len(sent)))
        if self._connection.execute(_sent(count), (now, *values, self._me)).rowcount != len(sent):
            rows = self._rows.read(list(recorded))
            recorded = {
                number: State.SENT if number in rows and rows[number].state == State.SENT else None for number in recorded
            }
        if letters := [o.picked.letter for o in sent if o.picked.letter is not None]:
            self._rows.erase_letters(letters)
        if self.domains_wait:
            self._connection.executemany(_FREE_DOMAIN, {(o.picked.domain_key,) for o in sent})
        return recorded

    def _record_other(self, outcome: Outcome, row: DeliveryRow | None, now: int) -> State | None:
        if row is None or row.sender != self._me or row.state not in (State.PICKED, State.INFLIGHT):
            return None  # erased, or stopped while it was only picked
        picked = row.state == State.PICKED
        tries = row.attempt_count + (picked and outcome.ending is not Ending.RETURNED)
        expired = is_expired(self._rules, row.created_at, now, tries)
        change = after_attempt(row.facts, outcome.ending, max_unknown=self._rules.max_unknown, expired=expired)
        reply: str | None = outcome.reply or None
        if outcome.ending is Ending.DEFERRED and expired and change.state is State.FAILED:
            reply = f"expired: {outcome.reply}"[:REPLY_LENGTH]
        if outcome.ending is Ending.RETURNED and not picked:
            tries -= 1
        next_at = self._next_at(outcome, tries, now)
        self._rows.change(row.id, row.letter, change, tries, now, next_at=next_at, code=outcome.code, reply=reply)
        if outcome.ending is Ending.DEFERRED and outcome.domain_wide:
            self._slow_down(row.domain_key, now)
        return change.state

    def _next_at(self, outcome: Outcome, tries: int, now: int) -> int | None:
        if outcome.ending is Ending.RETURNED:
            at_relay = outcome.code is not None and outcome.code < 500
            return now + (_RELAY_REST if at_relay else 0) if outcome.behind else None
        if outcome.at_once and tries <= 1:
            return now
        return now + plan_wait(self._rules, outcome.picked.id, tries)

    def _slow_down(self, domain_key: bytes, now: int) -> None:
        row = self._connection.execute(_READ_DOMAIN, (domain_key,)).fetchone()
        not_before, failures = row or (now, 0)
        if not_before > now:
            return  # several connections met the same refusal; it counts once
        wait = plan_domain_wait(self._rules, failures + 1)
        self._connection.execute(_SLOW_DOWN, (domain_key, now + wait, failures + 1))
        self.domains_wait = True


@cache
def _sent(count: int) -> str:
    return _SENT.format(", ".join(["(?, ?, ?)"] * count))
