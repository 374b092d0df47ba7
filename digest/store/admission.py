"""The fence: which of the picked letters' bodies may leave, decided in the very transaction that lets them go.

What is plain (an edition's letter, its reader active, nothing stopped, nobody suppressed) is let go by one statement for all
connections that ask. Whatever that statement leaves is looked at one by one, by the rule in `digest.delivery.transitions`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache

from digest.delivery.ledger import Picked
from digest.delivery.transitions import Refusal, State, after_refusal, judge_fence
from digest.store.delivery_rows import DeliveryRow, DeliveryRows, marks, pad
from digest.store.gates import Gates

__all__ = ["Admission", "Going", "Refused"]

Going = tuple[Picked, str]
"""A picked delivery whose body is to leave, and the relay that it would leave through."""

Refused = tuple[Refusal, State]
"""Why a body may not leave, and what its delivery has become."""

_EDITION = "SELECT list_id, state = 'sending' AND approved_hash = frozen_hash, earliest_at FROM edition WHERE id = ?"
_GO_IF_PLAIN = """
    UPDATE delivery SET state = 'inflight', attempt_count = attempt_count + 1
    WHERE id IN ({}) AND state = 'picked' AND sender = ? AND stopped = 0 AND subject = 'edition'
    AND EXISTS (
        SELECT 1 FROM subscription s
        WHERE s.id = delivery.subscription_id AND s.state = 'active' AND s.epoch = delivery.epoch
        AND NOT EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = s.address_hash))
    AND NOT EXISTS (SELECT 1 FROM variant v WHERE v.id = delivery.variant_id AND v.stopped <> 0)
    RETURNING id
"""
_GO = "UPDATE delivery SET state = 'inflight', attempt_count = attempt_count + 1 WHERE id = ?"
_REPLIES = {Refusal.LEFT: "left", Refusal.SUPPRESSED: "suppressed", Refusal.STOPPED: "stopped"}


class Admission:
    """Lets bodies go.

    Args:
        connection: the sender's own.
        rows: the deliveries on it.
        me: the number of the sender's place.
        gates: what is counted; None when there is no limit at all.
    """

    def __init__(self, connection: sqlite3.Connection, rows: DeliveryRows, me: int, gates: Gates | None) -> None:
        self._connection = connection
        self._rows = rows
        self._me = me
        self._gates = gates

    def admit(self, going: Sequence[Going], now: int) -> dict[int, Refused]:
        """Let go what may leave, and say of the rest why it may not."""
        left = self._admit_plain(going, now) if going else going
        rows = self._rows.read([picked.id for picked, _ in left])
        refused = {}
        for picked, relay in left:
            refusal = self._admit_one(picked, rows.get(picked.id), relay, now)
            if refusal is not None:
                refused[picked.id] = refusal
        return refused

    def _admit_plain(self, going: Sequence[Going], now: int) -> Sequence[Going]:
        """Let go what is plain, all at once; what is left."""
        lists = self._find_open({picked.edition for picked, _ in going}, now)
        plain = [one for one in going if one[0].edition in lists]
        if self._gates is not None:
            plain = [
                (picked, relay)
                for picked, relay in plain
                if self._gates.let_pass(relay, picked.domain_key, lists[picked.edition])
            ]
        if not plain:
            return going
        ids = pad([picked.id for picked, _ in plain])
        gone = {row[0] for row in self._connection.execute(_go_if_plain(len(ids)), (*ids, self._me)).fetchall()}
        if self._gates is not None:
            for picked, relay in plain:
                if picked.id not in gone:
                    self._gates.take_back(relay, picked.domain_key, lists[picked.edition])
        return [one for one in going if one[0].id not in gone]

    def _find_open(self, editions: set[str | None], now: int) -> dict[str | None, str]:
        """The lists of those editions that are being sent, as approved, and whose moment has come."""
        lists: dict[str | None, str] = {}
        for name in editions:
            row = self._connection.execute(_EDITION, (name,)).fetchone()
            if row is not None and row[1] and (row[2] is None or row[2] <= now):
                lists[name] = row[0]
        return lists

    def _admit_one(self, picked: Picked, row: DeliveryRow | None, relay: str, now: int) -> Refused | None:
        if row is None:
            return Refusal.GONE, State.SUPPRESSED
        refusal = judge_fence(row.fence(self._me, now))
        if refusal is None and self._gates is not None:
            passes = self._gates.let_pass(relay, row.domain_key, row.list_id)
            refusal = judge_fence(row.fence(self._me, now, full=not passes))
        if refusal is None:
            self._connection.execute(_GO, (picked.id,))
            return None
        change = after_refusal(row.facts, refusal)
        if refusal is not Refusal.GONE:
            next_at = row.earliest_at if refusal is Refusal.EARLY else None
            self._rows.change(
                row.id, row.letter, change, row.attempt_count, now, next_at=next_at, reply=_REPLIES.get(refusal)
            )
        return refusal, change.state


@cache
def _go_if_plain(count: int) -> str:
    return _GO_IF_PLAIN.format(marks(count))
