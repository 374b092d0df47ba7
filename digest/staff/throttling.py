"""How often it may be tried to sign in: against guessing, without letting anybody lock a member out.

Each try counts as a failed one until it has succeeded, so that many at once are no way around. What is counted:

    pair       a name from a network     5 are free, then one waits 1 minute, 2, 4 and so on, up to an hour
    name       a name from anywhere      20 are free, then the same up to a quarter of an hour
    network    a network, any name       50 are free, then the same up to a quarter of an hour
    all        everybody, by the minute  100 are taken

From a network where a member has signed in within the last 30 days, only the tries with that very name and from there count:
nothing that strangers do elsewhere, or with other names, makes that member wait. While somebody waits, nothing is tried and
nothing counted. All this is the same for names that nobody has.

Names and networks stand here as they are hashed under the site's key; counts are kept by the names that `build_gates` gives.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["KNOWN_FOR", "MEMORY", "MINUTE_LIMIT", "Gate", "Gates", "Tried", "build_gates", "find_wait", "find_wait_of"]

MEMORY = timedelta(days=1)
"""After so long without a failed try, all are forgotten."""

KNOWN_FOR = timedelta(days=30)
"""For how long it is known that a member signs in from a network."""

MINUTE_LIMIT = 100
"""How many tries are taken in a minute of the clock, whoever makes them."""

_FIRST_WAIT = timedelta(minutes=1)
_HOUR, _QUARTER = timedelta(hours=1), timedelta(minutes=15)
_MINUTE = 60
_NAME_OCTETS = 16


@dataclass(frozen=True, slots=True)
class Gate:
    """Something whose failed tries are counted: the name of the count, how many are free, and the longest wait."""

    name: str
    free: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Gates:
    """What a try has to pass: its gates, the count of this minute, and the name under which pair and network are known."""

    pair: Gate
    name: Gate
    network: Gate
    minute: str
    known: str

    @property
    def counts(self) -> Sequence[str]:
        """The names of all counts that decide."""
        return (self.pair.name, self.name.name, self.network.name, self.minute, self.known)

    @property
    def failures(self) -> Sequence[str]:
        """The names under which a failed try is counted for `MEMORY`; this minute's count is another matter."""
        return (self.pair.name, self.name.name, self.network.name)


@dataclass(frozen=True, slots=True)
class Tried:
    """How many tries failed, and when the last one did."""

    count: int
    last_at: datetime


def build_gates(key: bytes, name: str, network: str, now: datetime) -> Gates:
    """The gates of a try.

    Args:
        key: the site's index key; without it no count tells whose it is.
        name: as it was typed, in the form in which names are compared.
        network: where it came from, such as `192.0.2.0/24`; or anything else that tells one source from another.
    """
    pair = _hash(key, "pair", name, network)
    return Gates(
        pair=Gate(f"sign-in pair {pair}", 5, _HOUR),
        name=Gate(f"sign-in name {_hash(key, 'name', name)}", 20, _QUARTER),
        network=Gate(f"sign-in network {_hash(key, 'network', network)}", 50, _QUARTER),
        minute=f"sign-in minute {int(now.timestamp()) // _MINUTE:010}",
        known=f"sign-in known {pair}",
    )


def find_wait_of(gate: Gate, tried: Tried | None, now: datetime) -> timedelta:
    """How long a gate stays shut; nothing while it is open. A clock that went backwards makes nobody wait longer."""
    if tried is None or tried.count < gate.free:
        return timedelta(0)
    wait: timedelta = min(_FIRST_WAIT * (1 << min(tried.count - gate.free, 10)), gate.longest)
    return min(max(tried.last_at + wait - now, timedelta(0)), wait)


def find_wait(gates: Gates, tried: Mapping[str, Tried], now: datetime) -> timedelta:
    """How long the next try has to wait; nothing when it may be made now.

    Args:
        tried: what is counted, by the names of `Gates.counts`; what is not there has a count of none.
    """
    if gates.known in tried:
        return find_wait_of(gates.pair, tried.get(gates.pair.name), now)
    waits = [find_wait_of(gate, tried.get(gate.name), now) for gate in (gates.pair, gates.name, gates.network)]
    minute = tried.get(gates.minute)
    if minute is not None and minute.count >= MINUTE_LIMIT:
        waits.append(timedelta(seconds=_MINUTE - int(now.timestamp()) % _MINUTE))
    return max(waits)


def _hash(key: bytes, *parts: str) -> str:
    """Sixteen octets in hexadecimal for what must not stand there as it is."""
    lengths = b"".join(len(part.encode("utf-8", "surrogatepass")).to_bytes(4, "big") for part in parts)
    text = lengths + "".join(parts).encode("utf-8", "surrogatepass")
    return hmac.digest(hmac.digest(key, b"digest sign-in", "sha256"), text, "sha256")[:_NAME_OCTETS].hex()
