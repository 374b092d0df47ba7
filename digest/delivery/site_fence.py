"""When a whole site must stand still until staff say otherwise: it was restored or cloned, or its clock cannot be right.

A database that was brought back from a backup does not know of letters that left since, and a copy of a site would mail the
same readers beside the first one. Both look like the site itself, so what tells them apart is kept: the machine, the file of
the database, and a count of work that stands in the database and beside it. Pure; see `digest.desk.fencing` for the acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["TOLERANCE", "Cause", "Home", "SiteFence", "judge_clock", "judge_home"]

TOLERANCE = timedelta(minutes=5)
"""How far a clock may be off."""

_OLDER = "the database is older than the work that was done with it: it was restored from a backup"


class Cause(StrEnum):
    """Why a site stands still."""

    MOVED = "moved"
    RESTORED = "restored"
    CLOCK_BACK = "clock back"
    CLOCK_MOVED = "clock moved"
    RAISED = "raised"


@dataclass(frozen=True, slots=True)
class Home:
    """Where a site lives: a keyed hash of the machine's id (empty where it has none), and the number of the database's file.

    `work` counts the runs of senders; it is kept in the database and in a file beside it.
    """

    machine: str
    file: int
    work: int


@dataclass(frozen=True, slots=True)
class SiteFence:
    """A site that stands still: why, since when, and in plain words what happened.

    `last` is the number of the newest delivery when the fence went up, None when that is not known: what was queued before
    may have left by another copy of the database, what came after cannot have.
    """

    cause: Cause
    words: str
    at: datetime
    last: int | None = None

    @property
    def stops_releases(self) -> bool:
        """Whether nothing must be released either: when the clock is in doubt, an embargo could be broken."""
        return self.cause in (Cause.CLOCK_BACK, Cause.CLOCK_MOVED)

    @property
    def doubts_letters(self) -> bool:
        """Whether letters that wait may have left already: by another copy of the database, or from it before it was old."""
        return self.cause in (Cause.MOVED, Cause.RESTORED)


def judge_home(known: Home | None, present: Home) -> tuple[Cause, str] | None:
    """What is wrong with where a site lives now; None when it lives where it did.

    Args:
        known: as the database has it; None when nothing was ever to leave from it.
        present: as the machine shows it; `work` is the count in the file beside the database, -1 when that is gone. It must
            be no younger than `known`, or what a sender counts meanwhile looks like work that the database knows nothing of.
    """
    if known is None:
        return (Cause.RESTORED, _OLDER) if present.work > 0 else None
    if present.machine != known.machine:
        return Cause.MOVED, "this site was on another machine before: it was moved, restored or copied"
    if present.file != known.file:
        return Cause.MOVED, "the database is another file than before: it was restored or copied"
    if present.work < 0 and known.work > 0:
        return Cause.RESTORED, "the count of work beside the database is gone: the database was restored, or var/ cleared"
    if present.work > known.work:
        return Cause.RESTORED, _OLDER
    return None


def judge_clock(now: datetime, seen: datetime | None, drift: timedelta) -> tuple[Cause, str] | None:
    """What is wrong with the clock; None when it can be believed.

    Args:
        now: what it says.
        seen: the newest moment that it ever wrote, None on a new site.
        drift: by how much it was set since this process began.
    """
    if abs(drift) > TOLERANCE:
        way = "forward" if drift > timedelta() else "back"
        return Cause.CLOCK_MOVED, f"this machine's clock was set {way} by {describe_span(abs(drift))} while digest ran"
    if seen is not None and now < seen - TOLERANCE:
        return (
            Cause.CLOCK_BACK,
            f"this machine's clock is {describe_span(seen - now)} behind the newest moment it wrote here",
        )
    return None


def describe_span(span: timedelta) -> str:
    """A span in words, such as `3 hours`; whole units, rounded down."""
    seconds = int(span.total_seconds())
    for length, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            number = seconds // length
            return f"{number} {word}" if number == 1 else f"{number} {word}s"
    return f"{seconds} seconds"
