"""What the release log says of each item at a horizon: a pure fold of its events.

An item *enters* a topic at the event that gave it the topic: its release, or a refile or correction. Every item also
enters `EVERYTHING` once, at its release. Only entries can make an item new to a reader, so events that are mailed to
nobody (backfills) enter nothing; a topic that such an item is given later, by an ordinary event, is entered then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

__all__ = ["EVERYTHING", "Entry", "ItemFacts", "LogEvent", "build_facts", "build_roots", "topics_entered"]

EVERYTHING = "*"
"""Stands for all topics, those of today and those to come."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of the release log, with the columns that selection needs.

    Attributes:
        number: position in the log, from 1, without gaps.
        type: `released`, `refiled`, `corrected` or `withdrawn`; an item's first event is its release.
        item: the item's permanent id.
        root: the id of the item that this one translates, followed to its origin; its own id if it translates none.
        language: the item's language after this event.
        topics: the item's topics after this event.
        entered: the topics entered by this event, as `topics_entered` tells them.
        at: moment of the event, aware UTC; it never lies before that of an earlier event.
        urgent: whether the item is urgent after this event.
        backfill: whether this event is mailed to nobody.
    """

    number: int
    type: str
    item: str
    root: str
    language: str
    topics: tuple[str, ...]
    entered: tuple[str, ...]
    at: datetime
    urgent: bool
    backfill: bool


class Entry(NamedTuple):
    """The event by which an item entered a topic: its number in the log and its moment (aware UTC)."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item as the release log knows it at a horizon.

    Attributes:
        item: the item's permanent id.
        root: the origin of its translation group, as of the item's last event.
        language: its language.
        topics: its topics, in its own order.
        entered: how it entered each topic that it still has, and `EVERYTHING`. A topic that it lost is gone from
            here, one that it regained is entered anew. Entries by backfills are left out.
        corrections: how many corrections it had so far; those by backfills are mailed to nobody and not counted.
        withdrawn: whether it was taken back.
        notice: whether it was taken back and those who had it are told; false for a withdrawal by backfill.
        backfill: whether its release was a backfill.
        urgent: whether it is urgent now.
        was_urgent: whether it is urgent or ever was.
        released: number of its release in the log.
        released_at: moment of its release, aware UTC.
        changed_at: moment of its last event, aware UTC.
    """

    item: str
    root: str
    language: str
    topics: tuple[str, ...]
    entered: Mapping[str, Entry]
    corrections: int
    withdrawn: bool
    notice: bool
    backfill: bool
    urgent: bool
    was_urgent: bool
    released: int
    released_at: datetime
    changed_at: datetime


def topics_entered(before: Sequence[str], after: Sequence[str], first: bool) -> tuple[str, ...]:
    """The topics that an event must record as entered.

    Args:
        before: the item's topics before the event; none for its release.
        after: its topics after the event.
        first: whether the event is the item's release, by which it also enters `EVERYTHING`.

    Returns:
        The topics gained, in the order of `after`; at the release `EVERYTHING` comes first.
    """
    gained = tuple(topic for topic in after if topic not in before)
    return (EVERYTHING, *gained) if first else gained


def build_facts(events: Iterable[LogEvent], horizon: int) -> dict[str, ItemFacts]:
    """What the log says of each item released at or before `horizon`, later events left aside.

    Args:
        events: the release log from its beginning, in order.
        horizon: position in the log of the last event that counts.
    """
    histories: dict[str, list[LogEvent]] = {}
    for event in events:
        if event.number <= horizon:
            histories.setdefault(event.item, []).append(event)
    return {item: _build_item(history) for item, history in histories.items()}


def build_roots(events: Iterable[LogEvent]) -> dict[str, str]:
    """The origin of each item's translation group by the whole log, whatever the horizon.

    An edition with an early horizon needs it to see that a reader has, by another edition, already had a version of
    which its own horizon knows nothing yet. Where an origin became a translation itself, its versions go with it.
    """
    roots = {event.item: event.root for event in events}
    return {item: _origin(item, roots) for item in roots}


def _origin(item: str, roots: Mapping[str, str]) -> str:
    passed = {item}
    while (root := roots.get(item, item)) not in passed:
        passed.add(root)
        item = root
    return item


def _build_item(history: Sequence[LogEvent]) -> ItemFacts:
    first, last = history[0], history[-1]
    mailed = [event.type for event in history if not event.backfill]
    return ItemFacts(
        item=first.item,
        root=last.root,
        language=last.language,
        topics=last.topics,
        entered=_entries(history),
        corrections=mailed.count("corrected"),
        withdrawn=any(event.type == "withdrawn" for event in history),
        notice="withdrawn" in mailed,
        backfill=first.backfill,
        urgent=last.urgent,
        was_urgent=any(event.urgent for event in history),
        released=first.number,
        released_at=first.at,
        changed_at=last.at,
    )


def _entries(history: Iterable[LogEvent]) -> dict[str, Entry]:
    entered: dict[str, Entry] = {}
    for event in history:
        kept = {topic: entry for topic, entry in entered.items() if topic == EVERYTHING or topic in event.topics}
        gained = () if event.backfill else event.entered
        entered = kept | {topic: Entry(event.number, event.at) for topic in gained}
    return entered
