"""The gates of the pace in the database: how many letters have passed each, over all senders and restarts.

Everything here is part of the sender's own transaction. A letter counts when its body is let go, whatever becomes of it;
one that is only picked has its place kept, so that it is seldom refused later.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

from digest.delivery.pacing import Gate, Pacing

__all__ = ["Gates"]

_NO_END = 1 << 62
_SWEEP_EVERY = 60
_LONGEST_TURN = 3600
"""No letter is put off for longer at once, so that a pace which is set higher is felt within the hour."""

_READ = "SELECT count FROM rate WHERE name = ?"
_COUNT = (
    "INSERT INTO rate (name, count, until) VALUES (?, ?, ?) "
    "ON CONFLICT (name) DO UPDATE SET count = rate.count + excluded.count"
)
_SWEEP = "DELETE FROM rate WHERE until <= ?"
_PICKED = """
    SELECT d.domain_key, e.list_id, count(*) FROM delivery d INDEXED BY delivery_open
    LEFT JOIN edition e ON e.id = d.edition_id
    WHERE d.state = 'picked' AND d.state IN ('picked', 'inflight') GROUP BY d.domain_key, e.list_id
"""


class Gates:
    """The gates that letters pass, for one transaction after the other.

    Args:
        connection: the sender's own.
        pacing: which gates there are.
    """

    def __init__(self, connection: sqlite3.Connection, pacing: Pacing) -> None:
        self._connection = connection
        self._pacing = pacing
        self._now = 0
        self._counts: dict[str, int] = {}
        self._passed: Counter[Gate] = Counter()
        self._picked_count = 0
        self._swept_at = 0
        self._turns: dict[bytes, tuple[int, int]] = {}
        self._in_use = ""

    def begin(self, now: int) -> None:
        """Forget what the transaction before has read."""
        self._now = now
        self._counts.clear()
        self._passed.clear()
        self._picked_count = 0

    # -- a body that leaves

    def let_pass(self, relay: str, domain_key: bytes, list_id: str | None) -> bool:
        """Count a letter that leaves, unless a gate is full; whether it may."""
        gates = self._gates(relay, domain_key, list_id)
        if any(self._room(gate) < 1 for gate in gates):
            return False
        self._passed.update(gates)
        self._keep(gates)
        return True

    def take_back(self, relay: str, domain_key: bytes, list_id: str | None) -> None:
        """A letter that was counted does not leave after all."""
        gates = self._gates(relay, domain_key, list_id)
        self._passed.subtract(gates)
        for gate in gates:
            self._counts[gate.name] -= 1

    def write(self) -> None:
        """Write down what has passed, and clear away now and then what is worth nothing any more."""
        rows = [(gate.name, number, gate.until) for gate, number in self._passed.items() if number]
        self._connection.executemany(_COUNT, rows)
        self._passed.clear()
        if rows and self._now - self._swept_at >= _SWEEP_EVERY:
            self._connection.execute(_SWEEP, (self._now,))
            self._swept_at = self._now

    # -- a letter to be picked

    def keep_places(self) -> None:
        """Keep the places of all letters that are picked now, by whichever sender; before anything else is picked."""
        for domain_key, list_id, number in self._connection.execute(_PICKED).fetchall():
            self._picked_count += number
            self._keep(self._gates_behind(domain_key, list_id), number)

    def pick(self, domain_key: bytes, list_id: str | None) -> None:
        """Keep the place of one that is picked now."""
        self._picked_count += 1
        self._keep(self._gates_behind(domain_key, list_id))

    def relay_room(self, relay: str) -> int:
        """How many more letters may be picked for a relay, which is from then on the one in use.

        Without a name, for the one that has most room.
        """
        if relay:
            self._in_use = relay
            return self._relay_room(relay)
        return max((self._relay_room(name) for name in self._pacing.relays), default=_NO_END)

    def relays_open_at(self) -> int:
        """When something may leave through the relay in use, or through any while none is known; 0 when it may at once.

        Another one with more room is no help: it takes over when a relay fails, never because a limit is reached.
        """
        names = [self._in_use] if self._in_use else list(self._pacing.relays)
        moments = [self._open_at(self._pacing.relay_gates(name, self._now), self._picked_count) for name in names]
        return min(moments, default=0)

    def list_opens_at(self, list_id: str, lane: int) -> int:
        """When editions of a list may leave in a lane; 0 when they may at once."""
        opens_at = self._open_at(self._pacing.list_gates(list_id, self._now))
        quiet_until = self._pacing.quiet_until(list_id, self._now) if lane else None
        return max(opens_at, quiet_until or 0)

    def domain_is_open(self, domain_key: bytes) -> bool:
        """Whether a letter to a receiving domain may be picked."""
        return all(self._room(gate) > 0 for gate in self._pacing.domain_gates(domain_key, self._now))

    def plan_turn(self, domain_key: bytes) -> int:
        """When a letter to a domain whose gates are full may have its turn: each next one in the first span with a place.

        So each of many letters is put off once, and not anew in every span.
        """
        gates = self._pacing.domain_gates(domain_key, self._now)
        full = max((gate for gate in gates if self._room(gate) < 1), key=lambda gate: gate.until)
        moment, number = self._turns.get(domain_key, (0, 0))
        if moment < full.until:
            moment, number = full.until, 0
        spans = self._pacing.domain_gates(domain_key, moment)
        gate = spans[gates.index(full)] if len(spans) == len(gates) else full
        if number >= gate.limit and moment - self._now < _LONGEST_TURN:
            moment, number = max(gate.until, moment + 1), 0
        self._turns[domain_key] = (moment, number + 1)
        return moment

    def _gates(self, relay: str, domain_key: bytes, list_id: str | None) -> tuple[Gate, ...]:
        return self._pacing.relay_gates(relay, self._now) + self._gates_behind(domain_key, list_id)

    def _gates_behind(self, domain_key: bytes, list_id: str | None) -> tuple[Gate, ...]:
        of_list = () if list_id is None else self._pacing.list_gates(list_id, self._now)
        return self._pacing.domain_gates(domain_key, self._now) + of_list

    def _relay_room(self, relay: str) -> int:
        # through which relay a picked letter will go is not written down, so its place is kept at each of them
        rooms = (self._room(gate) for gate in self._pacing.relay_gates(relay, self._now))
        return min(rooms, default=_NO_END) - self._picked_count

    def _open_at(self, gates: Iterable[Gate], taken: int = 0) -> int:
        return max((gate.until for gate in gates if self._room(gate) <= taken), default=0)

    def _room(self, gate: Gate) -> int:
        if gate.name not in self._counts:
            row = self._connection.execute(_READ, (gate.name,)).fetchone()
            self._counts[gate.name] = row[0] if row else 0
        return gate.limit - self._counts[gate.name]

    def _keep(self, gates: Iterable[Gate], number: int = 1) -> None:
        for gate in gates:
            self._room(gate)
            self._counts[gate.name] += number
