"""Why a reader got an item or did not: the one reason that decides, from the same facts that editions are made of.

What the ledger knows of copies comes first, then whether anything may be mailed to them at all, then the rules of selection
in the order in which they bite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from digest.editions.facts import ItemFacts
from digest.editions.selection import WITHDRAWAL_TOLD, Candidates, Had, Interest, Rule, had_reach, select

__all__ = ["GIVEN_UP", "GOT", "NOT_YET", "Copy", "Plans", "Reader", "Reason", "Verdict", "judge_copy", "judge_reason"]


class Reason(StrEnum):
    """Why, or why not."""

    SENT = "sent"
    HAD = "had"
    TOLD_WITHDRAWN = "told withdrawn"
    ON_ITS_WAY = "on its way"
    IN_DOUBT = "in doubt"
    EDITION_PAUSED = "edition paused"
    HELD = "held"
    FAILED = "failed"
    EXPIRED = "expired"
    GIVEN_UP = "given up"
    STOPPED = "stopped"
    EDITION_CANCELLED = "edition cancelled"
    LEFT_BEFORE = "left before"
    SUPPRESSED_THEN = "suppressed then"
    SUPPRESSED = "suppressed"
    LEFT = "left"
    UNCONFIRMED = "unconfirmed"
    PAUSED = "paused"
    NO_LIST = "no list"
    NOT_RELEASED = "not released"
    WITHDRAWN = "withdrawn"
    BACKFILL = "backfill"
    BARRED = "barred"
    OTHER_VERSION_HAD = "other version had"
    OTHER_VERSION_DUE = "other version due"
    NOT_FOLLOWED = "not followed"
    BEFORE = "before"
    BEFORE_TOPIC = "before topic"
    TOO_OLD = "too old"
    NOT_URGENT = "not urgent"
    EXCLUDED = "excluded"
    WAITS_FOR_APPROVAL = "waits for approval"
    NEXT = "next"
    UNKNOWN = "unknown"


GOT = frozenset({Reason.SENT, Reason.HAD})
"""The reasons that mean: it was mailed to them."""

NOT_YET = frozenset(
    {Reason.ON_ITS_WAY, Reason.IN_DOUBT, Reason.EDITION_PAUSED, Reason.WAITS_FOR_APPROVAL, Reason.NEXT, Reason.EXCLUDED}
)
"""The reasons that mean: a letter with it may still come."""

GIVEN_UP = "given up by staff"
"""What stands with a copy whose answer was lost, and which staff gave up."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One delivery to the reader that holds the item.

    Its edition and that edition's state; its own state, as the ledger names it, when that came about, what stands with it;
    and whether it carries the item itself, or tells those who had it of a correction, or that it was taken back.
    """

    edition: str
    edition_state: str
    state: str
    at: datetime | None = None
    code: int | None = None
    reply: str = ""
    unknown_count: int = 0
    part: Literal["new", "corrected", "withdrawn"] = "new"


@dataclass(frozen=True, slots=True)
class Reader:
    """One subscription: what decides about it now. `interest` follows the moves of topics; `had` is without open copies."""

    language: str
    interest: Interest
    had: Had
    confirmed_at: datetime | None
    left_at: datetime | None = None
    paused_until: datetime | None = None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Plans:
    """What editions for the reader are about to do: the newest that left the item out by the word of staff, and the one that
    carries it and waits to be approved or sent; empty when there is none."""

    excluded_from: str = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The reason, and what it is about: an edition, another version of the item, topics; and a moment that belongs to it.

    `then` is what holds since: whether what came to nothing is made good, or that what was sent was taken back.
    """

    reason: Reason
    about: str = ""
    at: datetime | None = None
    then: Verdict | None = None


def judge_copy(copy: Copy) -> Verdict:
    """What a copy's state says."""
    known = {
        "sent": Reason.SENT,
        "held": Reason.HELD,
        "failed": _judge_failure(copy),
        "cancelled": Reason.EDITION_CANCELLED if copy.edition_state == "cancelled" else Reason.STOPPED,
        "suppressed": Reason.SUPPRESSED_THEN if copy.reply == "suppressed" else Reason.LEFT_BEFORE,
    }
    open_reason = Reason.IN_DOUBT if copy.unknown_count else Reason.ON_ITS_WAY
    waiting = Reason.EDITION_PAUSED if copy.edition_state == "paused" else open_reason
    return Verdict(known.get(copy.state, waiting), copy.edition, copy.at)


def _judge_failure(copy: Copy) -> Reason:
    if copy.reply == GIVEN_UP:
        return Reason.GIVEN_UP
    return Reason.FAILED if copy.code is not None and copy.code >= 500 else Reason.EXPIRED


def judge_reason(
    item: ItemFacts | None, reader: Reader, rule: Rule, candidates: Candidates, plans: Plans, copies: Sequence[Copy] = ()
) -> Verdict:
    """The reason that decides.

    Args:
        item: what the log says of it, None when it does not know it.
        reader: the subscription.
        rule: of an edition of that list and rhythm, if it were made now.
        candidates: what that edition could carry to anyone.
        copies: the deliveries to the reader that hold the item, the newest first.
    """
    if item is None:
        return Verdict(Reason.NOT_RELEASED)
    told = Verdict(Reason.TOLD_WITHDRAWN) if reader.had.get(item.item) == WITHDRAWAL_TOLD else None
    carrying = [copy for copy in copies if copy.part == "new"]
    sent = [copy for copy in carrying if copy.state == "sent"]
    if sent:
        return replace(judge_copy(sent[-1]), then=told)
    open_ones = [copy for copy in carrying if copy.state not in ("failed", "cancelled", "suppressed")]
    if open_ones:
        return judge_copy(open_ones[0])
    if item.item in reader.had:
        return told or Verdict(Reason.HAD)
    barrier = _judge_reader(reader, rule.moment)
    present = barrier or _judge_item(item, rule) or _judge_choice(item, reader, rule, candidates, plans)
    if carrying and (barrier is None or barrier.reason is Reason.PAUSED):
        return replace(judge_copy(carrying[0]), then=present)
    return present


def _judge_reader(reader: Reader, now: datetime) -> Verdict | None:
    """What keeps every letter from them."""
    if reader.suppressed:
        return Verdict(Reason.SUPPRESSED)
    if reader.left_at is not None:
        return Verdict(Reason.LEFT, at=reader.left_at)
    if reader.confirmed_at is None:
        return Verdict(Reason.UNCONFIRMED)
    if reader.paused_until is not None and reader.paused_until > now:
        return Verdict(Reason.PAUSED, at=reader.paused_until)
    return None


def _judge_item(item: ItemFacts, rule: Rule) -> Verdict | None:
    """What keeps it from every reader of the list."""
    if item.withdrawn:
        return Verdict(Reason.WITHDRAWN, at=item.changed_at)
    if item.item in rule.barred:
        return Verdict(Reason.BARRED)
    if not item.entered:
        return Verdict(Reason.BACKFILL, at=item.released_at)
    return None


def _judge_choice(item: ItemFacts, reader: Reader, rule: Rule, candidates: Candidates, plans: Plans) -> Verdict:
    """What keeps it from this reader, or lets it come."""
    if rule.urgent_only and not item.urgent:
        return Verdict(Reason.NOT_URGENT)
    followed = [item.entered[topic] for topic in reader.interest if topic in item.entered]
    if not followed:
        return Verdict(Reason.NOT_FOLLOWED, ", ".join(item.topics))
    above = [
        item.entered[topic]
        for topic, floor in reader.interest.items()
        if topic in item.entered and item.entered[topic].number > floor
    ]
    if not above:
        at = min(followed, key=lambda entry: entry.at).at
        is_older = reader.confirmed_at is None or at < reader.confirmed_at
        return Verdict(Reason.BEFORE if is_older else Reason.BEFORE_TOPIC, at=at)
    oldest, newest = rule.moment - rule.max_age, max(entry.at for entry in above)
    if newest < oldest or item.released_at < rule.moment - had_reach(rule.max_age):
        return Verdict(Reason.TOO_OLD, at=newest)
    return _judge_versions(item, reader, candidates) or _judge_plans(item, reader, candidates, plans)


def _judge_versions(item: ItemFacts, reader: Reader, candidates: Candidates) -> Verdict | None:
    """Whether another version of the same text stands for it."""
    root = candidates.roots.get(item.item, item.item)
    kin = candidates.kin.get(root, frozenset())
    for other in sorted(kin & reader.had.keys()):
        return Verdict(Reason.OTHER_VERSION_HAD, other)
    new = {name for name, _ in select(candidates, reader.interest, reader.language, reader.had, frozenset()).new}
    if item.item not in new:
        for other in sorted(kin & new):
            return Verdict(Reason.OTHER_VERSION_DUE, other)
    return None


def _judge_plans(item: ItemFacts, reader: Reader, candidates: Candidates, plans: Plans) -> Verdict:
    selection = select(candidates, reader.interest, reader.language, reader.had, frozenset())
    is_due = item.item in {name for name, _ in selection.new}
    if not is_due:
        return Verdict(Reason.UNKNOWN)
    if plans.waiting:
        return Verdict(Reason.WAITS_FOR_APPROVAL, plans.waiting)
    return Verdict(Reason.EXCLUDED, plans.excluded_from) if plans.excluded_from else Verdict(Reason.NEXT)
