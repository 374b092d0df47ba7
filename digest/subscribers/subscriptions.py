"""What a person asked for, how it is known that they did, and what an import may do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Literal

from digest.clock import day_start
from digest.errors import SubscriberError

__all__ = [
    "AT_ONCE",
    "IMPORT_REACH",
    "Consent",
    "Form",
    "ImportVerdict",
    "Subscription",
    "import_floor",
    "judge_import",
]

Form = Literal["full", "discreet"]
"""How a letter looks: in full, or with a neutral sender and subject and as text only."""

AT_ONCE = "at-once"
"""The rhythm without a schedule."""

IMPORT_REACH = timedelta(days=14)
"""How far back an imported reader's first edition reaches when nothing better is known."""


@dataclass(frozen=True, slots=True)
class Consent:
    """The record that a person agreed: what they were shown, where, when, in which language.

    For imported readers `words` is the evidence that staff gave, and `form` is `import`.
    """

    words: str
    form: str
    given_at: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A standing request of one person to one list. It holds no address."""

    list_id: str
    rhythm: str
    language: str
    topics: tuple[str, ...] = ()
    """The topics followed, sorted; none means all there are, now and later."""
    urgent: bool = False
    """Whether urgent items come at once, beside the rhythm."""
    form: Form = "full"
    confirmed_at: datetime | None = None
    """When the person confirmed; before that nothing is mailed but the question."""
    confirmed_position: int = 0
    """The number of the release log's newest event when they confirmed."""
    paused_until: datetime | None = None
    left_at: datetime | None = None
    epoch: int = 1
    """Grows by one with each return after leaving, so that links and deliveries of an earlier time are known as such."""


class ImportVerdict(StrEnum):
    """What becomes of a good row of a reader file; each row has exactly one, so the counts add up."""

    ADDED = "added"
    PRESENT = "present"
    LEFT = "left"
    SUPPRESSED = "suppressed"


def judge_import(subscription: Subscription | None, *, suppressed: bool) -> ImportVerdict:
    """What an import does with an address, given its subscription to that list, if any.

    A person who left comes back only by their own act, a suppressed one never; a present subscription keeps its choices.
    One that was never confirmed is added, for the import brings the evidence that was missing.
    """
    if suppressed:
        return ImportVerdict.SUPPRESSED
    if subscription is None:
        return ImportVerdict.ADDED
    if subscription.left_at is not None:
        return ImportVerdict.LEFT
    return ImportVerdict.ADDED if subscription.confirmed_at is None else ImportVerdict.PRESENT


def import_floor(
    *,
    rhythm: str,
    since: date | None,
    zone: tzinfo,
    now: datetime,
    log_end: int,
    frozen_horizon: int | None,
    position_before: Callable[[datetime], int],
) -> int:
    """The release log's position from which news count for an imported reader: events above it, not at it, are carried.

    It is the position at the end of the day `since`; without one the horizon of the last frozen edition; without one the
    position 14 days before now, or for the rhythm `at-once`, where old news would come as an alarm, the log's end.

    Args:
        rhythm: the rhythm of the row.
        since: the day of the last newsletter the readers got from elsewhere.
        zone: the newsroom's zone, in which that day ends.
        now: the moment of the import.
        log_end: the number of the newest event; 0 when the log is empty.
        frozen_horizon: the horizon of the last frozen edition of that list and rhythm; None when there is none.
        position_before: gives the number of the newest event strictly before a moment; 0 when there is none.

    Raises:
        SubscriberError: `since` lies ahead.
    """
    if since is not None:
        if since > now.astimezone(zone).date():
            remedy = "Give the day of the last newsletter that these readers got from elsewhere."
            raise SubscriberError(f"since {since}", "the day lies ahead", remedy)
        return min(position_before(day_start(since + timedelta(days=1), zone)), log_end)
    if frozen_horizon is not None:
        return frozen_horizon
    return log_end if rhythm == AT_ONCE else position_before(now - IMPORT_REACH)
