"""All that one sender asks of the database, as plain SQL on one connection: the hot path of the ledger.

`exchange` is the one transaction that everything rests on: it writes how letters ended, lets picked ones go through the
fence and picks the next ones. What becomes of a delivery is decided by `digest.delivery.transitions`; here it is read and
written. Moments are whole seconds since 1970 in UTC.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from digest.delivery.ledger import Answer, Outcome, Picked
from digest.delivery.pace import Rules, is_expired, plan_domain_wait, plan_wait
from digest.delivery.transitions import (
    OPEN,
    Change,
    Ending,
    Facts,
    Fence,
    Refusal,
    State,
    after_attempt,
    after_crash,
    after_expiry,
    after_refusal,
    judge_fence,
)
from digest.delivery.verdicts import REPLY_LENGTH
from digest.store.sqlite import transaction

__all__ = ["LETTERS", "Question", "Sending"]

LETTERS = None
"""Stands for single letters where the id of an edition may stand."""

_BUFFER = 500
_BUFFER_SECONDS = 1.0
_REFILLS = 4
_CRASHED = "the sender was stopped before the answer came"

_SENT = (
    "UPDATE delivery SET state = 'sent', sender = NULL, code = ?, reply = ?, outcome_at = ? "
    "WHERE id = ? AND state = 'inflight' AND sender = ?"
)
_CHANGE = (
    "UPDATE delivery SET state = ?, unknown_count = ?, stopped = ?, attempt_count = ?, sender = NULL, "
    "next_at = coalesce(?, next_at), code = coalesce(?, code), reply = coalesce(?, reply), outcome_at = ? WHERE id = ?"
)
_GO = "UPDATE delivery SET state = 'inflight', attempt_count = attempt_count + 1 WHERE id = ?"
_FACTS = """
    SELECT d.id, d.state, d.sender, d.unknown_count, d.attempt_count, d.subject, d.created_at, d.epoch, d.edition_id,
        d.stopped OR coalesce(v.stopped, 0) AS stopped, e.state AS edition_state,
        e.approved_hash, e.frozen_hash, e.earliest_at, s.state AS reader_state, s.epoch AS reader_epoch,
        EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = s.address_hash) AS suppressed
    FROM delivery d LEFT JOIN edition e ON e.id = d.edition_id LEFT JOIN variant v ON v.id = d.variant_id
    LEFT JOIN subscription s ON s.id = d.subscription_id
"""
_DUE = """
    SELECT d.id, d.edition_id, v.message_hash, d.subscription_id, d.epoch, s.sealed, d.domain_key, d.unknown_count,
        d.attempt_count, d.subject, d.created_at, d.stopped, p.not_before, p.failures
    FROM delivery d INDEXED BY delivery_due LEFT JOIN variant v ON v.id = d.variant_id
    LEFT JOIN subscription s ON s.id = d.subscription_id LEFT JOIN domain_pace p ON p.domain_key = d.domain_key
    WHERE d.state = 'queued' AND d.lane = ? AND d.edition_id {} ? AND d.next_at <= ?
    ORDER BY d.next_at, d.id LIMIT ?
"""
_NEXT_DUE = """
    SELECT d.next_at FROM delivery d INDEXED BY delivery_due
    WHERE d.state = 'queued' AND d.lane = ? AND d.edition_id {} ? ORDER BY d.next_at LIMIT 1
"""
_PICK = """
    UPDATE delivery SET state = 'picked', sender = ?
    WHERE id IN ({}) AND state = 'queued' AND next_at <= ?
    AND NOT EXISTS (SELECT 1 FROM domain_pace p WHERE p.domain_key = delivery.domain_key AND p.not_before > ?)
    RETURNING id, unknown_count, attempt_count
"""
_SLOW_DOWN = (
    "INSERT INTO domain_pace (domain_key, not_before, failures) VALUES (?, ?, ?) "
    "ON CONFLICT (domain_key) DO UPDATE SET not_before = excluded.not_before, failures = excluded.failures"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What one connection asks at once; see `digest.delivery.ledger.Ledger.ask`."""

    outcome: Outcome | None
    go: Picked | None
    want: bool
    relay: str = ""


class Sending:
    """The deliveries as the sender of one place sees them.

    Args:
        connection: its own, in autocommit mode, rows as `sqlite3.Row`.
        me: the number of its place.
        rules: when letters are tried again.
        only: the one edition to send, or None for all editions and single letters.
    """

    def __init__(self, connection: sqlite3.Connection, me: int, rules: Rules, only: str | None) -> None:
        self._connection = connection
        self._me = me
        self._rules = rules
        self._only = only
        self._buffer: deque[Picked] = deque()
        self._filled_at = float("-inf")
        self._paced = True
        self.touched: set[str] = set()

    def exchange(self, questions: Sequence[Question], now: int) -> list[Answer]:
        """Record outcomes, let bodies go, pick: one durable transaction for all connections that asked."""
        try:
            with transaction(self._connection):
                recorded = self._record([q.outcome for q in questions if q.outcome is not None], now)
                refused = self._admit([q.go for q in questions if q.go is not None], now)
                picks = self._pick(sum(q.want for q in questions), now)
        except BaseException:
            self._forget()
            raise
        return [
            self._answer(question, recorded, refused, picks.popleft() if question.want and picks else None)
            for question in questions
        ]

    def recover(self, sender: int, now: int) -> None:
        """Take back what a dead sender left; the caller holds its place and is in a transaction."""
        for row in self._facts("d.state IN ('picked', 'inflight') AND d.sender = ?", (sender,)):
            change = after_crash(_facts_of(row), max_unknown=self._rules.max_unknown)
            in_flight = row["state"] == State.INFLIGHT
            next_at, reply = (now, _CRASHED) if in_flight else (None, None)
            self._change(row["id"], change, row["attempt_count"], now, next_at=next_at, reply=reply)

    def put_back(self) -> None:
        """Give back what this sender has picked and not let go; the caller is in a transaction."""
        self._connection.execute(
            "UPDATE delivery SET state = 'queued', sender = NULL WHERE state = 'picked' AND sender = ?", (self._me,)
        )
        self._forget()

    def next_due(self, now: int) -> int | None:
        """When the next delivery is due."""
        moments = [
            row[0]
            for lane in (0, 1)
            for source in self._sources(now)
            for row in self._connection.execute(_for_source(_NEXT_DUE, source), (lane, source))
        ]
        return min(moments, default=None)

    def _answer(
        self,
        question: Question,
        recorded: dict[int, State | None],
        refused: dict[int, tuple[Refusal, State]],
        picked: Picked | None,
    ) -> Answer:
        done = recorded.get(question.outcome.picked.id) if question.outcome else None
        if question.go is None:
            return Answer(done, next=picked)
        refusal, state = refused.get(question.go.id, (None, None))
        return Answer(done, allowed=refusal is None, refusal=refusal, refused=state, next=picked)

    def _facts(self, where: str, values: Iterable[Any]) -> list[sqlite3.Row]:
        return self._connection.execute(f"{_FACTS} WHERE {where}", tuple(values)).fetchall()

    def _facts_by_id(self, ids: Sequence[int]) -> dict[int, sqlite3.Row]:
        rows = self._facts(f"d.id IN ({_marks(ids)})", ids) if ids else []
        return {row["id"]: row for row in rows}

    # -- how letters ended

    def _record(self, outcomes: Sequence[Outcome], now: int) -> dict[int, State | None]:
        sent = [outcome for outcome in outcomes if outcome.ending is Ending.SENT]
        others = [outcome for outcome in outcomes if outcome.ending is not Ending.SENT]
        if sent:
            rows = [(o.code, o.reply, now, o.picked.id, self._me) for o in sent]
            self._connection.executemany(_SENT, rows)
            if self._paced:
                domains = [(o.picked.domain_key,) for o in sent]
                self._connection.executemany("DELETE FROM domain_pace WHERE domain_key = ?", domains)
        recorded: dict[int, State | None] = {outcome.picked.id: State.SENT for outcome in sent}
        facts = self._facts_by_id([outcome.picked.id for outcome in others])
        for outcome in others:
            recorded[outcome.picked.id] = self._record_other(outcome, facts.get(outcome.picked.id), now)
        return recorded

    def _record_other(self, outcome: Outcome, row: sqlite3.Row | None, now: int) -> State | None:
        if row is None or row["sender"] != self._me or row["state"] not in (State.PICKED, State.INFLIGHT):
            return None  # erased, or stopped while it was only picked
        picked = row["state"] == State.PICKED
        tries = row["attempt_count"] + (picked and outcome.ending is not Ending.RETURNED)
        expired = is_expired(self._rules, row["created_at"], now, tries)
        change = after_attempt(_facts_of(row), outcome.ending, max_unknown=self._rules.max_unknown, expired=expired)
        reply: str | None = outcome.reply or None
        if outcome.ending is Ending.DEFERRED and expired and change.state is State.FAILED:
            reply = f"expired: {outcome.reply}"[:REPLY_LENGTH]
        if outcome.ending is Ending.RETURNED and not picked:
            tries -= 1
        next_at = self._next_at(outcome, tries, now)
        self._change(row["id"], change, tries, now, next_at=next_at, code=outcome.code, reply=reply)
        if outcome.ending is Ending.DEFERRED and outcome.domain_wide:
            self._slow_down(outcome.picked.domain_key, now)
        return change.state

    def _next_at(self, outcome: Outcome, tries: int, now: int) -> int | None:
        if outcome.ending is Ending.RETURNED:
            return now if outcome.behind else None
        if outcome.at_once and tries <= 1:
            return now
        return now + plan_wait(self._rules, outcome.picked.id, tries)

    def _slow_down(self, domain_key: bytes, now: int) -> None:
        row = self._connection.execute(
            "SELECT not_before, failures FROM domain_pace WHERE domain_key = ?", (domain_key,)
        ).fetchone()
        if row is not None and row["not_before"] > now:
            return  # several connections met the same refusal; it counts once
        failures = 1 + (row["failures"] if row is not None else 0)
        self._connection.execute(_SLOW_DOWN, (domain_key, now + plan_domain_wait(self._rules, failures), failures))
        self._paced = True

    # -- which bodies may leave

    def _admit(self, going: Sequence[Picked], now: int) -> dict[int, tuple[Refusal, State]]:
        facts = self._facts_by_id([picked.id for picked in going])
        refused: dict[int, tuple[Refusal, State]] = {}
        allowed: list[tuple[int]] = []
        for picked in going:
            row = facts.get(picked.id)
            refusal = Refusal.GONE if row is None else judge_fence(_fence_of(row, self._me, now))
            if refusal is None:
                allowed.append((picked.id,))
            else:
                refused[picked.id] = (refusal, self._refuse(picked, row, refusal, now))
        if allowed:
            self._connection.executemany(_GO, allowed)
        return refused

    def _refuse(self, picked: Picked, row: sqlite3.Row | None, refusal: Refusal, now: int) -> State:
        if row is None:
            return State.SUPPRESSED
        change = after_refusal(_facts_of(row), refusal)
        if refusal is not Refusal.GONE:
            next_at = row["earliest_at"] if refusal is Refusal.EARLY else None
            self._change(picked.id, change, row["attempt_count"], now, next_at=next_at, reply=_refusal_reply(refusal))
        if change.state is State.QUEUED:
            self._forget()  # the rest of its edition, read ahead, would be refused one by one
        return change.state

    # -- what comes next

    def _pick(self, count: int, now: int) -> deque[Picked]:
        picks: deque[Picked] = deque()
        if time.monotonic() - self._filled_at > _BUFFER_SECONDS:
            self._forget()  # something urgent may have come
        refills = 0
        while len(picks) < count:
            if not self._buffer:
                if refills == _REFILLS or not self._refill(now):
                    break
                refills += 1
                continue
            chosen = [self._buffer.popleft() for _ in range(min(count - len(picks), len(self._buffer)))]
            picks.extend(self._take(chosen, now))
        self.touched.update(picked.edition for picked in picks if picked.edition is not None)
        return picks

    def _take(self, chosen: Sequence[Picked], now: int) -> Iterator[Picked]:
        values = (self._me, *(picked.id for picked in chosen), now, now)
        rows = self._connection.execute(_PICK.format(_marks(chosen)), values).fetchall()
        taken = {row["id"]: row for row in rows}
        for picked in chosen:
            if row := taken.get(picked.id):
                yield replace(picked, unknown_count=row["unknown_count"], attempt_count=row["attempt_count"])

    def _refill(self, now: int) -> bool:
        """Read ahead; False when nothing at all is due."""
        self._filled_at = time.monotonic()
        self._paced = self._connection.execute("SELECT EXISTS (SELECT 1 FROM domain_pace)").fetchone()[0] == 1
        sources = self._sources(now)
        share = _BUFFER // max(len(sources), 1) + 1
        seen = False
        for lane in (0, 1):
            for source in sources:
                rows = self._connection.execute(_for_source(_DUE, source), (lane, source, now, share)).fetchall()
                seen = seen or bool(rows)
                self._buffer.extend(picked for row in rows if (picked := self._look_at(row, now)) is not None)
        return seen

    def _look_at(self, row: sqlite3.Row, now: int) -> Picked | None:
        """A candidate, unless its reader is erased or its domain wants to be left alone."""
        facts = Facts(State.QUEUED, row["unknown_count"], bool(row["stopped"]), row["subject"] == "letter")
        if row["sealed"] is None:
            self._change(row["id"], after_refusal(facts, Refusal.LEFT), row["attempt_count"], now, reply="erased")
        elif row["not_before"] is None or row["not_before"] <= now:
            return Picked(
                row["id"],
                row["edition_id"],
                row["message_hash"],
                row["subscription_id"],
                row["epoch"],
                row["sealed"],
                row["domain_key"],
            )
        elif is_expired(self._rules, row["created_at"], now, row["failures"]):
            self._change(
                row["id"], after_expiry(facts), row["attempt_count"], now, reply="expired: its domain takes no mail"
            )
        else:
            self._connection.execute("UPDATE delivery SET next_at = ? WHERE id = ?", (row["not_before"], row["id"]))
        return None

    def _sources(self, now: int) -> list[str | None]:
        """What may be sent now: single letters, and editions whose moment has come."""
        query = "SELECT id FROM edition WHERE state = 'sending' AND (earliest_at IS NULL OR earliest_at <= ?)"
        if self._only is not None:
            rows = self._connection.execute(f"{query} AND id = ?", (now, self._only))
            return [row[0] for row in rows]
        return [LETTERS, *(row[0] for row in self._connection.execute(f"{query} ORDER BY started_at, id", (now,)))]

    def _forget(self) -> None:
        self._buffer.clear()
        self._filled_at = float("-inf")

    def _change(
        self,
        number: int,
        change: Change,
        tries: int,
        now: int,
        *,
        next_at: int | None = None,
        code: int | None = None,
        reply: str | None = None,
    ) -> None:
        rested_at = None if change.state in OPEN else now
        values = (change.state, change.unknown_count, change.stopped, tries, next_at, code, reply, rested_at, number)
        self._connection.execute(_CHANGE, values)


def _for_source(query: str, source: str | None) -> str:
    return query.format("IS" if source is None else "=")


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _facts_of(row: sqlite3.Row) -> Facts:
    return Facts(
        State(row["state"]),
        row["unknown_count"],
        stopped=bool(row["stopped"]) or row["edition_state"] == "cancelled",
        letter=row["subject"] == "letter",
    )


def _fence_of(row: sqlite3.Row, me: int, now: int) -> Fence:
    return Fence(
        mine=row["state"] == State.PICKED and row["sender"] == me,
        edition_state=row["edition_state"],
        approved=row["approved_hash"] is not None and row["approved_hash"] == row["frozen_hash"],
        early=row["earliest_at"] is not None and row["earliest_at"] > now,
        stopped=bool(row["stopped"]),
        reader_state=row["reader_state"],
        same_epoch=row["reader_epoch"] == row["epoch"],
        suppressed=bool(row["suppressed"]),
    )


def _refusal_reply(refusal: Refusal) -> str | None:
    return {Refusal.LEFT: "left", Refusal.SUPPRESSED: "suppressed", Refusal.STOPPED: "stopped"}.get(refusal)
