"""What comes next: candidates read ahead from each source, the urgent ones first, and the sources of a lane in turn.

A source is one lane of one edition, or the single letters. In each transaction the sources are looked at anew, by the ends
of one index alone: so what is urgent is seen at once, and nothing is taken from an edition that is no longer being sent.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from digest.delivery.ledger import Picked
from digest.delivery.pace import Rules, is_expired
from digest.delivery.transitions import Facts, Refusal, State, after_expiry, after_refusal
from digest.store.delivery_rows import DeliveryRows, marks, pad
from digest.store.gates import Gates

__all__ = ["Picking"]

_URGENT, _DIGEST = 0, 1
_AHEAD = 500
_REFILLS = 4
"""So many readings ahead at most in one transaction: where many receiving domains are closed, it ends all the same."""
_NEVER = 1 << 62

_FIRST = (
    "(SELECT d.next_at FROM delivery d INDEXED BY delivery_due WHERE d.state = 'queued' AND d.edition_id {} "
    "AND d.lane = {} ORDER BY d.next_at LIMIT 1)"
)
_FIRSTS = f"{_FIRST.format('= e.id', _URGENT)}, {_FIRST.format('= e.id', _DIGEST)}"
_EDITION = (
    f"SELECT e.id, e.list_id, coalesce(e.earliest_at, 0), {_FIRSTS} "  # noqa: S608 (all of it is our own words)
    "FROM edition e WHERE e.id = ? AND e.state = 'sending'"
)
_EDITIONS = f"""
    WITH RECURSIVE waiting (id) AS (
        SELECT min(d.edition_id) FROM delivery d INDEXED BY delivery_due WHERE d.state = 'queued' AND d.edition_id > ''
        UNION ALL
        SELECT (SELECT min(d.edition_id) FROM delivery d INDEXED BY delivery_due
            WHERE d.state = 'queued' AND d.edition_id > waiting.id)
        FROM waiting WHERE waiting.id IS NOT NULL)
    SELECT e.id, e.list_id, coalesce(e.earliest_at, 0), {_FIRSTS}
    FROM waiting JOIN edition e ON e.id = waiting.id WHERE e.state = 'sending'
"""  # noqa: S608 (all of it is our own words)
_REST = f"SELECT {_FIRST.format('IS NULL', _URGENT)}, EXISTS (SELECT 1 FROM domain_pace)"  # noqa: S608

_AHEAD_OF_EDITION = """
    SELECT d.id, d.edition_id, v.message_hash, d.subscription_id, d.epoch, s.sealed, d.domain_key, d.unknown_count,
        d.attempt_count, NULL, NULL, d.created_at, d.stopped, p.not_before, p.failures
    FROM delivery d INDEXED BY delivery_due LEFT JOIN variant v ON v.id = d.variant_id
    LEFT JOIN subscription s ON s.id = d.subscription_id LEFT JOIN domain_pace p ON p.domain_key = d.domain_key
    WHERE d.state = 'queued' AND d.edition_id = ? AND d.lane = ? AND d.next_at <= ? ORDER BY d.next_at, d.id LIMIT ?
"""
_AHEAD_OF_LETTERS = """
    SELECT d.id, NULL, l.message_hash, d.subscription_id, d.epoch,
        CASE WHEN d.letter_id IS NULL THEN s.sealed ELSE l.sealed END, d.domain_key, d.unknown_count,
        d.attempt_count, d.letter_id, l.link, d.created_at, d.stopped, p.not_before, p.failures
    FROM delivery d INDEXED BY delivery_due LEFT JOIN letter l ON l.id = d.letter_id
    LEFT JOIN subscription s ON s.id = d.subscription_id LEFT JOIN domain_pace p ON p.domain_key = d.domain_key
    WHERE d.state = 'queued' AND d.edition_id IS NULL AND d.lane = ? AND d.next_at <= ? ORDER BY d.next_at, d.id LIMIT ?
"""
_PICK = """
    UPDATE delivery SET state = 'picked', sender = ?
    WHERE id IN ({}) AND state = 'queued' AND next_at <= ?
    AND NOT EXISTS (SELECT 1 FROM domain_pace p WHERE p.domain_key = delivery.domain_key AND p.not_before > ?)
    RETURNING id, unknown_count, attempt_count
"""
_PUT_BACK = "UPDATE delivery SET state = 'queued', sender = NULL WHERE state = 'picked' AND sender = ?"
_PUT_OFF = "UPDATE delivery SET next_at = ? WHERE id = ?"


@dataclass(slots=True)
class _Source:
    """One lane of an edition, or the single letters (no edition); `ahead` are candidates that were read already."""

    edition: str | None
    list_id: str | None
    lane: int
    due_at: int
    ahead: deque[Picked] = field(repr=False)

    @property
    def key(self) -> tuple[str | None, int]:
        return self.edition, self.lane


class Picking:
    """Picks deliveries for the sender of one place.

    `domains_wait` is whether any receiving domain has asked for time.

    Args:
        connection: its own.
        rows: the deliveries on it.
        me: the number of its place.
        rules: when letters are tried again.
        only: the one edition to send, or None for all editions and single letters.
        urgent: with `only`, also what is urgent of everything else.
        gates: what is counted; None when there is no limit at all.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        rows: DeliveryRows,
        me: int,
        rules: Rules,
        only: str | None,
        urgent: bool,
        gates: Gates | None,
    ) -> None:
        self._connection = connection
        self._rows = rows
        self._me = me
        self._rules = rules
        self._only = only
        self._urgent = urgent or only is None
        self._gates = gates
        self._sources: list[_Source] = []
        self._ahead: defaultdict[tuple[str | None, int], deque[Picked]] = defaultdict(deque)
        self._served: dict[tuple[str | None, int], int] = {}
        self._served_count = 0
        self._refill_count = 0
        self.domains_wait = True

    def look(self) -> None:
        """See what there is to be picked in this transaction."""
        self._refill_count = 0
        self._sources = list(self._find_sources())
        if len(self._ahead) > len(self._sources):
            known = {source.key for source in self._sources}
            for key in self._ahead.keys() - known:
                del self._ahead[key]

    def pick(self, count: int, relay: str, now: int) -> list[Picked]:
        """Pick so many deliveries, or what there is, to leave through a relay."""
        if self._gates is not None:
            count = min(count, self._gates.relay_room(relay))
        picks: list[Picked] = []
        while len(picks) < count and (chosen := self._choose(count - len(picks), now)):
            picks += self._take(chosen, now)
        return picks

    def next_due(self, now: int, *, only: bool) -> int | None:
        """When something can be picked at the earliest; with `only`, nothing but the one edition counts."""
        due_at = self._find_first_due(now, only)
        if due_at is None or self._gates is None:
            return due_at
        return max(due_at, self._gates.relays_open_at())

    def put_back(self) -> None:
        """Give back what this sender has picked and not let go."""
        self._connection.execute(_PUT_BACK, (self._me,))
        self.forget()

    def forget(self) -> None:
        """Forget what was read ahead."""
        self._ahead.clear()

    # -- sources

    def _find_sources(self) -> Iterator[_Source]:
        first_letter, domains_wait = self._connection.execute(_REST).fetchone()
        self.domains_wait = bool(domains_wait)
        if self._urgent and first_letter is not None:
            yield _Source(None, None, _URGENT, first_letter, self._ahead[None, _URGENT])
        if self._urgent:
            rows = self._connection.execute(_EDITIONS).fetchall()
        else:
            rows = self._connection.execute(_EDITION, (self._only,)).fetchall()
        for edition, list_id, earliest_at, *firsts in rows:
            for lane, first in enumerate(firsts):
                if first is not None and (lane == _URGENT or self._only in (None, edition)):
                    opens_at = 0 if self._gates is None else self._gates.list_opens_at(list_id, lane)
                    due_at = max(first, earliest_at, opens_at)
                    yield _Source(edition, list_id, lane, due_at, self._ahead[edition, lane])

    def _find_first_due(self, now: int, only: bool) -> int | None:
        while True:
            self.look()
            sources = [source for source in self._sources if not only or self._only in (None, source.edition)]
            due = [source for source in sources if source.due_at <= now]
            if any(self._peek(source, now) for source in due):
                return min(source.due_at for source in due)
            if not due:  # else what seemed due has been put off, or was at an end
                return min((source.due_at for source in sources), default=None)

    # -- candidates

    def _choose(self, count: int, now: int) -> list[Picked]:
        """Candidates of one lane; none is read ahead before those chosen are taken, or the same would be read again."""
        for lane in (_URGENT, _DIGEST):
            due = [source for source in self._sources if source.lane == lane and source.due_at <= now]
            alone = len(due) == 1 and self._gates is None
            if chosen := self._choose_run(due[0], count, now) if alone else self._choose_in_turn(due, count, now):
                return chosen
        return []

    def _choose_run(self, source: _Source, count: int, now: int) -> list[Picked]:
        """The next candidates of the only source, where nothing is counted."""
        if self._peek(source, now) is None:
            return []
        self._serve(source)
        return [source.ahead.popleft() for _ in range(min(count, len(source.ahead)))]

    def _choose_in_turn(self, due: list[_Source], count: int, now: int) -> list[Picked]:
        chosen: list[Picked] = []
        turns = deque(sorted(due, key=lambda source: self._served.get(source.key, 0)))
        while turns and len(chosen) < count:
            source = turns.popleft()
            if (candidate := self._peek(source, now)) is not None:
                source.ahead.popleft()
                chosen.append(candidate)
                if source.ahead:
                    turns.append(source)
                self._serve(source)
                if self._gates is not None:
                    self._gates.pick(candidate.domain_key, source.list_id)
        return chosen

    def _serve(self, source: _Source) -> None:
        self._served_count += 1
        self._served[source.key] = self._served_count

    def _peek(self, source: _Source, now: int) -> Picked | None:
        """The next candidate of a source; None when it has no more, and then it is no longer due."""
        is_open = (
            self._gates is None or source.list_id is None or self._gates.list_opens_at(source.list_id, source.lane) <= now
        )
        while is_open and (source.ahead or self._refill(source, now)):
            candidate = source.ahead[0]
            if self._gates is None or self._gates.domain_is_open(candidate.domain_key):
                return candidate
            source.ahead.popleft()
            self._put_off(candidate.id, self._gates.plan_turn(candidate.domain_key))
        source.due_at = _NEVER
        return None

    def _take(self, chosen: Sequence[Picked], now: int) -> Iterator[Picked]:
        """Those of the candidates that are still to be had."""
        ids = pad([picked.id for picked in chosen])
        rows = self._connection.execute(_pick(len(ids)), (self._me, *ids, now, now)).fetchall()
        taken = {number: (unknowns, attempts) for number, unknowns, attempts in rows}
        for picked in chosen:
            counts = taken.get(picked.id)
            if counts == (picked.unknown_count, picked.attempt_count):
                yield picked
            elif counts is not None:  # it was tried meanwhile
                yield picked._replace(unknown_count=counts[0], attempt_count=counts[1])

    def _refill(self, source: _Source, now: int) -> bool:
        """Read ahead; whether there is any candidate now."""
        share = _AHEAD // len(self._sources) + 1
        while self._refill_count < _REFILLS:
            self._refill_count += 1
            if source.edition is None:
                rows = self._connection.execute(_AHEAD_OF_LETTERS, (source.lane, now, share)).fetchall()
            else:
                rows = self._connection.execute(_AHEAD_OF_EDITION, (source.edition, source.lane, now, share)).fetchall()
            for row in rows:
                if self._is_candidate(row, now):
                    source.ahead.append(Picked._make(row[:11]))
            if source.ahead or len(rows) < share:
                break
        return bool(source.ahead)

    def _is_candidate(self, row: tuple[Any, ...], now: int) -> bool:
        """Whether it can be picked: not when its reader is erased or its domain wants to be left alone."""
        number, sealed, unknown_count, attempt_count, letter = row[0], row[5], row[7], row[8], row[9]
        created_at, stopped, not_before, failures = row[11:]
        if sealed is not None and (not_before is None or not_before <= now):
            return True
        facts = Facts(State.QUEUED, unknown_count, bool(stopped), letter=row[1] is None)
        if sealed is None:
            change = after_refusal(facts, Refusal.LEFT)
            self._rows.change(number, letter, change, attempt_count, now, reply="erased")
        elif is_expired(self._rules, created_at, now, failures):
            reply = "expired: its domain takes no mail"
            self._rows.change(number, letter, after_expiry(facts), attempt_count, now, reply=reply)
        else:
            self._put_off(number, not_before)
        return False

    def _put_off(self, number: int, until: int) -> None:
        self._connection.execute(_PUT_OFF, (until, number))


@cache
def _pick(count: int) -> str:
    return _PICK.format(marks(count))
