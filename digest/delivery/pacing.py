"""How many letters may leave in a span of time: per relay, per receiving domain, per sending domain; and when none may.

Everything is a *gate*: a count that must not be passed before a moment. Gates are worked out here from settings and `now`;
the ledger counts what passes them in the very transaction that lets a body go, so they hold for all senders of a site
together and across restarts. Moments are whole seconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["FREE", "Allowance", "Gate", "Pacing"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many letters in each span of so many seconds; spans begin at multiples of their length."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Gate:
    """A count in a span that has begun: no more than `limit` letters pass before `until`.

    `name` is the same for as long as the span lasts, and another one after it.
    """

    name: str
    limit: int
    until: int


@dataclass(frozen=True, slots=True)
class Pacing:
    """The pace of a site. Without any of it, nothing is counted and nothing waits.

    Attributes:
        relays: by the relay's name, as `Session.relay` gives it.
        domains: by the receiving domain's keyed hash.
        other_domains: for every receiving domain that is not named.
    """

    relays: Mapping[str, tuple[Allowance, ...]] = field(default_factory=dict)
    domains: Mapping[bytes, tuple[Allowance, ...]] = field(default_factory=dict)
    other_domains: tuple[Allowance, ...] = ()

    def relay_gates(self, relay: str, now: int) -> tuple[Gate, ...]:
        """What a letter that leaves through a relay passes."""
        return _open_gates(f"relay {relay}", self.relays.get(relay, ()), now)

    def domain_gates(self, domain_key: bytes, now: int) -> tuple[Gate, ...]:
        """What a letter to a receiving domain passes."""
        return _open_gates(f"to {domain_key.hex()}", self.domains.get(domain_key, self.other_domains), now)

    def list_gates(self, list_id: str, now: int) -> tuple[Gate, ...]:
        """What an edition's letter of a list passes: the warm-up of its sending domain."""
        del list_id, now
        return ()

    def quiet_until(self, list_id: str, now: int) -> int | None:
        """When the quiet hours of a list end that hold its editions back now; None outside of them.

        They hold neither single letters nor editions at once (lane 0).
        """
        del list_id, now
        return None


FREE = Pacing()
"""No limits at all."""


def _open_gates(name: str, allowances: tuple[Allowance, ...], now: int) -> tuple[Gate, ...]:
    gates = []
    for allowance in allowances:
        number = now // allowance.seconds
        gates.append(Gate(f"{name} {allowance.seconds} {number}", allowance.count, (number + 1) * allowance.seconds))
    return tuple(gates)
