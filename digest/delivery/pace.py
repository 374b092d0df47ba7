"""How long to wait: for a letter, for a receiving domain, for a relay. Pure rules; all spans are whole seconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from digest.settings import Delivery

__all__ = [
    "LONGEST_WAIT", "TRIES_AT_LEAST", "Rules", "Standing", "Trouble", "is_expired", "plan_domain_wait", "plan_wait",
    "relay_leave", "relay_wait",
]  # fmt: skip

LONGEST_WAIT = 4 * 3600
"""No letter waits longer than this for its next attempt."""

TRIES_AT_LEAST = 4
"""A letter is not given up before so many tries, however long its edition was paused in between."""

_LONGEST_RELAY_WAIT = 30.0
_SHORTEST_LEAVE, _LONGEST_LEAVE = 5.0, 300.0
_FORGOTTEN_AFTER = 300.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What newsroom.toml says about trying again."""

    retry_after: int = 300
    """The first wait; each further one is twice as long."""
    retry_for: int = 48 * 3600
    """How long a letter is tried."""
    max_unknown: int = 1
    """How many lost answers are followed by another copy: 1, or 0 with `unknown = "hold"`."""

    @classmethod
    def of(cls, settings: Delivery) -> Rules:
        """The rules of a site's `[delivery]`."""
        return cls(
            int(settings.retry_after.total_seconds()),
            int(settings.retry_for.total_seconds()),
            0 if settings.unknown == "hold" else 1,
        )


def plan_wait(rules: Rules, delivery: int, attempt: int) -> int:
    """Seconds until the next try after the attempt of that number, counted from 1.

    The wait doubles each time, up to `LONGEST_WAIT`, less up to a quarter that follows from the delivery's number: letters
    refused together do not come back together, and the plan is the same on every machine.
    """
    full = _double(rules.retry_after, attempt)
    draw = hashlib.blake2b(f"{delivery}:{attempt}".encode(), digest_size=4).digest()
    return full - full * int.from_bytes(draw, "big") // 2**34


def plan_domain_wait(rules: Rules, failures: int) -> int:
    """Seconds for which a whole receiving domain is left alone after it asked us to wait, counted from 1 in a row."""
    return _double(rules.retry_after, failures)


def is_expired(rules: Rules, created_at: int, now: int, tries: int) -> bool:
    """Whether a letter that is refused for now has been tried long and often enough."""
    return now - created_at >= rules.retry_for and tries >= TRIES_AT_LEAST


def relay_wait(failures: int) -> float:
    """Seconds before the next connection after so many failed in a row: none at first, then 1, 2, 4 … 30."""
    return 0.0 if failures <= 1 else min(2.0 ** min(failures - 2, 10), _LONGEST_RELAY_WAIT)


def relay_leave(failures: int, *, ours: bool = False) -> float:
    """Seconds for which a relay is left alone while another one works: 5, 10, 20 … 300, for a fault of ours 300 at once.

    A wrong password that is tried again and again may lock us out for good.
    """
    return _LONGEST_LEAVE if ours else min(_SHORTEST_LEAVE * 2.0 ** min(failures - 1, 10), _LONGEST_LEAVE)


def _double(first: int, number: int) -> int:
    return min(max(first, 1) << min(max(number, 1) - 1, 20), LONGEST_WAIT)


@dataclass(slots=True)
class Trouble:
    """How a relay has done of late; `moment` is seconds of any clock that only goes forward.

    A complete answer about a letter is progress. Everything else (no connection, a greeting that refuses, a line that
    drops) is trouble, and trouble without any progress for `patience` ends the run. Failures with five minutes between them,
    in which nothing was due, are not one trouble: the relay may have been well meanwhile.
    """

    patience: timedelta
    failures: int = 0
    since: float | None = None
    last: float = float("-inf")
    ever_connected: bool = False

    def connect(self) -> None:
        """A connection stands; whether it is of use shows later."""
        self.ever_connected = True

    def progress(self) -> None:
        """The relay gave a complete answer about a letter."""
        self.failures = 0
        self.since = None

    def fail(self, moment: float, *, connecting: bool) -> bool:
        """Count a failure; True when it is time to give up: the first connection of all, or no progress for too long.

        `connecting`: no connection could be had. Open ones that drop within a second of each other count once.
        """
        if moment - self.last >= _FORGOTTEN_AFTER:
            self.progress()
        if connecting or moment - self.last >= 1:
            self.failures += 1
        self.last = moment
        if self.since is None:
            self.since = moment
        return not self.ever_connected or moment - self.since >= self.patience.total_seconds()


@dataclass(slots=True)
class Standing:
    """How one of several relays has done of late, and until when it is left alone; moments as for `Trouble`.

    It is well again with its first complete answer about a letter; until then one connection at a time finds out.
    """

    failures: int = 0
    until: float = float("-inf")
    last: float = float("-inf")

    @property
    def is_well(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.failures

    def is_left(self, moment: float) -> bool:
        """Whether another relay is to be called first."""
        return moment < self.until

    def call(self, moment: float) -> None:
        """A connection is made; if it is the one that finds out, the others leave the relay alone meanwhile."""
        if self.failures:
            self.until = moment + relay_leave(self.failures)

    def progress(self) -> None:
        """The relay gave a complete answer about a letter."""
        self.failures = 0
        self.until = float("-inf")

    def fail(self, moment: float, *, ours: bool = False) -> None:
        """It cannot be had, refuses us, or hangs up before any answer; what fails within a second counts once."""
        if moment - self.last >= 1:
            self.failures += 1
        self.last = moment
        self.until = max(self.until, moment + relay_leave(self.failures, ours=ours))
