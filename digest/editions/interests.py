"""The life of an interest, and of what a reader had: how they begin, change, grow old and become shared rows.

An interest maps each followed topic to its floor, the position in the release log above which the topic's entries
count; no topics at all means everything, now and later, under `EVERYTHING`. Positions count from 1; 0 stands before the
whole log.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from digest.editions.facts import EVERYTHING, ItemFacts
from digest.editions.selection import Had, Interest, had_reach

__all__ = [
    "age_floors",
    "build_forgotten",
    "build_interest",
    "change_topics",
    "parse_row",
    "prune_had",
    "render_row",
    "row_key",
    "settled_position",
]


def build_interest(topics: Iterable[str], floor: int) -> dict[str, int]:
    """The interest of a reader at confirmation.

    Args:
        topics: what they follow; none means everything.
        floor: the log's end at that moment; for a reader imported from elsewhere, what they had been told there.
    """
    return dict.fromkeys(topics, floor) or {EVERYTHING: floor}


def change_topics(interest: Interest, topics: Iterable[str], *, confirmed: int, last_frozen: int | None) -> dict[str, int]:
    """The interest after a reader chose other topics.

    A topic added counts from the last edition that they could have had, so that a change of mind loses nothing of the
    running week. Topics kept keep their floor; topics kept of everything take the floor that everything had. Who
    widens to everything keeps the topics of before beside it: what is still due in them stays due.

    Args:
        interest: what they followed so far.
        topics: what they follow from now on; none means everything.
        confirmed: the position from which their subscription counts at all.
        last_frozen: the highest horizon of the frozen regular editions of their list and rhythm, None if there is
            none. Parts, extra and urgent editions are not regular.
    """
    added = max(confirmed, last_frozen or 0)
    chosen = list(topics)
    if not chosen:
        return {**interest, EVERYTHING: interest.get(EVERYTHING, added)}
    everything = interest.get(EVERYTHING)
    if everything is None:
        return {topic: interest.get(topic, added) for topic in chosen}
    return {topic: min(everything, interest.get(topic, everything)) for topic in chosen}


def settled_position(moments: Sequence[datetime], moment: datetime, max_age: timedelta) -> int:
    """The last position whose event is too old to make anything new in an edition of this moment.

    Args:
        moments: the moments (aware UTC) of the log's events in order: `moments[n - 1]` belongs to event n.
        moment: the edition's, aware UTC.
        max_age: the list's.
    """
    return bisect_left(moments, moment - max_age)


def age_floors(interest: Interest, settled: int) -> dict[str, int]:
    """The same interest with floors that no longer matter set to 0, so that settled readers share one.

    Args:
        interest: what a reader follows.
        settled: `settled_position`, for the earliest moment among the editions that are still to be frozen.
    """
    return {topic: floor if floor > settled else 0 for topic, floor in interest.items()}


def build_forgotten(
    facts: Mapping[str, ItemFacts], roots: Mapping[str, str], moment: datetime, max_age: timedelta
) -> frozenset[str]:
    """The items that what readers had need not remember any longer, for `prune_had`.

    Args:
        facts: the newsroom at the log's end.
        roots: the root of every item, from `build_roots`.
        moment: the earliest moment among the editions that are still to be frozen, else now; aware UTC.
        max_age: the list's.

    Returns:
        The items of all translation groups in which nothing has happened for longer than memory reaches.
    """
    oldest = moment - had_reach(max_age)
    alive = {roots[item.item] for item in facts.values() if item.changed_at >= oldest}
    return frozenset(name for name in facts if roots[name] not in alive)


def prune_had(had: Had, forgotten: Container[str]) -> dict[str, int]:
    """What a reader had, without the items of `build_forgotten`."""
    return {item: told for item, told in had.items() if item not in forgotten}


def render_row(mapping: Mapping[str, int]) -> str:
    """An interest, or what a reader had, as the one text that all equal ones share: JSON, keys sorted, no blanks."""
    return json.dumps(dict(mapping), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def row_key(row: str) -> str:
    """The key of such a text among the shared rows: its SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(row.encode("ascii")).hexdigest()


def parse_row(row: str) -> dict[str, int]:
    """The mapping that `render_row` made a text of."""
    mapping: dict[str, int] = json.loads(row)
    return mapping
