"""What one edition carries to a reader: items that are new to them, corrections, withdrawals.

Not a time window and not a position in the log decides, but three facts about the reader, each shared by many:

    interest   each topic that they follow, with the floor: the position in the log from which it counts
    had        what they were sent: each item with the number of corrections included, or `WITHDRAWAL_TOLD`
    claimed    every item in one of their open deliveries; all other editions leave it alone

An item is *new* when it was not had, is not claimed, withdrawn or excluded, and entered a followed topic above that
topic's floor and within the list's `max_age`. It is *corrected* when it was had with fewer corrections than it now
has, and *withdrawn* when it was had, whatever the topics and exclusions. Of the versions of a translation group a
reader ever gets one: the one in their language, else in the newsroom's, else the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.editions.facts import EVERYTHING, Entry, ItemFacts

__all__ = [
    "HAD_REACH",
    "WITHDRAWAL_TOLD",
    "Candidates",
    "Had",
    "Interest",
    "Rule",
    "Selection",
    "add_to_had",
    "build_candidates",
    "build_sections",
    "could_carry",
    "find_section",
    "had_reach",
    "is_behind",
    "is_best_version",
    "pick_told",
    "select",
]

WITHDRAWAL_TOLD = -1
"""Stands in `Had` for the number of corrections once the reader was told that the item is withdrawn."""

HAD_REACH = timedelta(days=180)
"""How far back what a reader had is remembered, at least."""

Had = Mapping[str, int]
"""What a reader was sent: item -> number of corrections included, or `WITHDRAWAL_TOLD`."""

Interest = Mapping[str, int]
"""What a reader follows: topic or `EVERYTHING` -> floor, the log position above which its entries count."""


def had_reach(max_age: timedelta) -> timedelta:
    """How far back what a reader had is remembered on a list with this `max_age`."""
    return max(max_age, HAD_REACH)


@dataclass(frozen=True, slots=True)
class Rule:
    """What of an edition concerns selection.

    Attributes:
        moment: the edition's moment, aware UTC; ages are counted to it.
        max_age: how old an entry may be at that moment to make an item new.
        excluded: items that staff left out this time; they stay due for the next edition.
        barred: items never to be carried on this list.
        urgent_only: an edition at once for a list that sends only urgent items so. It carries as new what is urgent
            now, and corrections and withdrawals of what is or ever was; all others wait for the regular edition.
        newsroom_language: second choice where an item is not to be had in the reader's language.
    """

    moment: datetime
    max_age: timedelta
    excluded: frozenset[str]
    barred: frozenset[str]
    urgent_only: bool
    newsroom_language: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What an edition carries to one reader, each part newest release first; false when that is nothing.

    Attributes:
        new: items the reader had not yet, each with the number of corrections already included.
        corrected: items they had with fewer corrections, each with the number that it has now.
        withdrawn: items they had that were taken back.
    """

    new: tuple[tuple[str, int], ...] = ()
    corrected: tuple[tuple[str, int], ...] = ()
    withdrawn: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.corrected or self.withdrawn)

    @property
    def items(self) -> frozenset[str]:
        """Every item that a delivery of this claims while it is open."""
        return frozenset([item for item, _ in (*self.new, *self.corrected)]).union(self.withdrawn)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What an edition could carry to anyone, sorted out once so that `select` is cheap for each group of readers.

    Attributes:
        items: the newsroom at the edition's horizon.
        entries: for each topic the entries that can make an item new: (number of the event, item).
        revised: items of which those who had them may have to be told something, each with what `Had` says of it
            once they were.
        versions: for the root of each group with an item in `entries`, its versions that are out and not withdrawn,
            the earliest first.
        kin: for the same roots, every item ever of the group, withdrawn and later ones too.
        roots: the root of each item.
        newsroom_language: as in `Rule`.
    """

    items: Mapping[str, ItemFacts]
    entries: Mapping[str, Sequence[tuple[int, str]]]
    revised: Had
    versions: Mapping[str, Sequence[ItemFacts]]
    kin: Mapping[str, AbstractSet[str]]
    roots: Mapping[str, str]
    newsroom_language: str


def build_candidates(facts: Mapping[str, ItemFacts], roots: Mapping[str, str], rule: Rule) -> Candidates:
    """Sort out what the edition could carry to anyone.

    Args:
        facts: the newsroom at the edition's horizon, from `build_facts`.
        roots: the root of every item of the whole log, from `build_roots`.
        rule: what of the edition concerns selection.
    """
    entries: dict[str, list[tuple[int, str]]] = {}
    for item in facts.values():
        if _may_be_new(item, rule):
            for topic, entry in item.entered.items():
                if _is_fresh(entry, rule):
                    entries.setdefault(topic, []).append((entry.number, item.item))
    groups = {roots[item] for pairs in entries.values() for _, item in pairs}
    versions: dict[str, list[ItemFacts]] = {root: [] for root in groups}
    kin: dict[str, set[str]] = {root: set() for root in groups}
    for name, root in roots.items():
        if root in groups:
            kin[root].add(name)
            if name in facts and not facts[name].withdrawn:
                versions[root].append(facts[name])
    revised = {
        name: WITHDRAWAL_TOLD if item.withdrawn else item.corrections
        for name, item in facts.items()
        if _is_revised(item) and (item.was_urgent or not rule.urgent_only)
    }
    return Candidates(facts, entries, revised, versions, kin, roots, rule.newsroom_language)


def select(candidates: Candidates, interest: Interest, language: str, had: Had, claimed: AbstractSet[str]) -> Selection:
    """What the edition carries to a reader, or to the many who share all of this.

    Args:
        candidates: the edition's, from `build_candidates`.
        interest: what the reader follows.
        language: the language that they chose.
        had: what they were sent, deliveries that are sent but not yet settled included.
        claimed: every item in an open delivery of their subscription, of whichever edition.
    """
    entered = {
        item for topic, floor in interest.items() for number, item in candidates.entries.get(topic, ()) if number > floor
    }
    new = [item for item in entered if _is_open(item, candidates, had, claimed)]
    told = [
        item
        for item in candidates.revised.keys() & had.keys()
        if item not in claimed and is_behind(had[item], candidates.revised[item])
    ]
    chosen = [candidates.items[item] for item in new if is_best_version(item, candidates, interest.keys(), language)]
    return Selection(tuple((item.item, item.corrections) for item in _newest_first(chosen)), *pick_told(candidates, told))


def pick_told(candidates: Candidates, told: Iterable[str]) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...]]:
    """What readers are told of these items that they had, as `Selection.corrected` and `Selection.withdrawn`."""
    notes = _newest_first(candidates.items[item] for item in told)
    corrected = tuple((item.item, item.corrections) for item in notes if not item.withdrawn)
    return corrected, tuple(item.item for item in notes if item.withdrawn)


def could_carry(item: ItemFacts, rule: Rule) -> bool:
    """Whether an edition by this rule may carry the item to anyone, should staff lift an exclusion.

    A correction or withdrawal of such an item must return the edition to draft with a new horizon: what it was going
    to say of the item is wrong now.
    """
    fresh = any(_is_fresh(entry, rule) for entry in item.entered.values())
    return _is_revised(item) or (fresh and not item.withdrawn)


def add_to_had(had: Had, selection: Selection) -> dict[str, int]:
    """What a reader had once a copy of the selection was sent to them.

    May be repeated, and gives the same for several selections in any order.
    """
    added = dict(had)
    for item, corrections in (*selection.new, *selection.corrected):
        if added.get(item) != WITHDRAWAL_TOLD:
            added[item] = max(corrections, added.get(item, 0))
    return added | dict.fromkeys(selection.withdrawn, WITHDRAWAL_TOLD)


def build_sections(
    selection: Selection, facts: Mapping[str, ItemFacts], interest: Interest, order: Sequence[str]
) -> tuple[str, ...]:
    """The section of each new item, in the order of `selection.new`.

    Args:
        selection: what the reader is carried.
        facts: the newsroom at the edition's horizon.
        interest: what the reader follows; with `EVERYTHING` in it, every topic.
        order: newsroom.toml's topics in their order; a topic that is no longer there comes last.
    """
    return tuple(find_section(facts[item], interest.keys(), order) for item, _ in selection.new)


def find_section(item: ItemFacts, topics: AbstractSet[str], order: Sequence[str]) -> str:
    """The section in which an item stands for those who follow these topics: the first of its own in that order.

    For an item without any, which only readers of everything get, the empty string.
    """
    followed = [topic for topic in item.topics if EVERYTHING in topics or topic in topics]
    return min(followed, key=lambda topic: order.index(topic) if topic in order else len(order), default="")


def _is_fresh(entry: Entry, rule: Rule) -> bool:
    return entry.at >= rule.moment - rule.max_age


def _may_be_new(item: ItemFacts, rule: Rule) -> bool:
    if item.withdrawn or item.item in rule.excluded or item.item in rule.barred:
        return False
    # An item older than any memory of who had it would come twice if it were given one more topic.
    remembered = item.released_at >= rule.moment - had_reach(rule.max_age)
    return remembered and (item.urgent or not rule.urgent_only)


def _is_revised(item: ItemFacts) -> bool:
    return item.notice if item.withdrawn else item.corrections > 0


def _is_open(item: str, candidates: Candidates, had: Had, claimed: AbstractSet[str]) -> bool:
    kin = candidates.kin[candidates.roots[item]]
    return kin.isdisjoint(claimed) and had.keys().isdisjoint(kin)


def is_behind(told: int, now: int) -> bool:
    """Whether who was told this of an item has to be told what is said of it now: both as `Had` says it."""
    return told != WITHDRAWAL_TOLD and (now == WITHDRAWAL_TOLD or told < now)


def is_best_version(item: str, candidates: Candidates, topics: AbstractSet[str], language: str) -> bool:
    """Whether a reader is given this version: of those that stand in a topic of theirs, none suits them better.

    Floors, ages and exclusions do not matter here: a version that is old news to a reader is not replaced by another.
    """
    root = candidates.roots[item]
    known = candidates.versions[root]
    if len(known) == 1 and item == root:
        return True
    versions = [version for version in known if not topics.isdisjoint(version.entered)]
    for wanted in (language, candidates.newsroom_language):
        for version in versions:
            if version.language == wanted:
                return version.item == item
    return item == root


def _newest_first(items: Iterable[ItemFacts]) -> list[ItemFacts]:
    return sorted(items, key=lambda item: item.released, reverse=True)
