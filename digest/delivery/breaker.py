"""When an edition stops by itself because of how its letters end: too many lost answers, or too many refusals for good.

A list that was bought, a sender who is on a blocklist, a line that drops after every letter: each of them does harm with
every letter more, so somebody should look first. Only what ends while a sender runs is noted here. What a start finds after
a crash says nothing about a relay, and never comes this way.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from digest.delivery.transitions import Ending

__all__ = ["AT_LEAST", "LATEST", "LOST_SHARE", "REFUSED_SHARE", "Breaker"]

LATEST = 200
"""How many letters of an edition are looked back on."""
AT_LEAST = 20
"""Fewer endings of a sort than this pause nothing."""
LOST_SHARE = 0.01
"""More than this of the latest answers lost is too much."""
REFUSED_SHARE = 0.1
"""More than this of the latest letters refused for good is too much."""


@dataclass(slots=True)
class _Record:
    """How the latest letters of an edition ended, how many of them badly, and how many answers were lost in all."""

    latest: deque[Ending] = field(default_factory=lambda: deque(maxlen=LATEST))
    lost: int = 0
    refused: int = 0
    lost_in_all: int = 0

    def add(self, ending: Ending) -> None:
        if len(self.latest) == LATEST:
            self._count(self.latest[0], -1)
        self.latest.append(ending)
        self._count(ending, 1)
        self.lost_in_all += ending is Ending.UNKNOWN

    def _count(self, ending: Ending, number: int) -> None:
        if ending is Ending.UNKNOWN:
            self.lost += number
        elif ending is Ending.FAILED:
            self.refused += number

    def judge(self, edition: str) -> str | None:
        """Why the edition must pause, None when it may go on."""
        total = len(self.latest)
        if self.lost_in_all >= AT_LEAST and self.lost > total * LOST_SHARE:
            return (
                f"the line dropped before the answer to {self.lost_in_all} letters of this run, {self.lost} of them among "
                f"the last {total}, and nobody knows whether they arrived; have the relay and the line to it looked at"
            )
        if self.refused >= AT_LEAST and self.refused > total * REFUSED_SHARE:
            return (
                f"{self.refused} of the last {total} letters were refused for good; see why with: digest deliveries failed "
                f"{edition}"
            )
        return None


class Breaker:
    """Counts how letters end in one run, edition by edition."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def note(self, edition: str | None, ending: Ending) -> str | None:
        """Take in how a letter ended; the reason in plain words when its edition must pause now, and then not again.

        After that the edition is counted anew. Single letters (None) are not counted: there is nothing to pause. Nor are
        letters that were returned, since none of them left.
        """
        if edition is None or ending is Ending.RETURNED:
            return None
        record = self._records.setdefault(edition, _Record())
        record.add(ending)
        if ending is Ending.SENT or ending is Ending.DEFERRED:
            return None  # neither makes anything worse
        reason = record.judge(edition)
        if reason is not None:
            del self._records[edition]
        return reason
