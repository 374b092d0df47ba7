"""What an edition looks at of readers, so that what it carries is decided once for all to whom it makes no difference.

A million readers share a hundred thousand interests and as many memories, but an edition has a few dozen candidates. Of
each interest and memory a *sketch* is made, a number whose bits say what matters of it; that of a whole is that of its parts
together. Readers of one language whose sketches come to the same likeness are carried the same; `Narrowing.pick` says what,
and it is what `select` says of each of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, reduce
from operator import or_

from digest.editions.content import CarriedItem
from digest.editions.facts import EVERYTHING, ItemFacts
from digest.editions.memories import Places, split_memory
from digest.editions.moves import Move, follow_moves
from digest.editions.selection import Candidates, find_section, is_behind, is_best_version, pick_told

__all__ = ["Likeness", "Narrowing"]

Likeness = tuple[int, int, int]
"""What an edition can carry to somebody: the items that are new to them, their topics that matter for these, and the items
of which they have to be told something; each as bits."""

Told = tuple[tuple[str, int], ...]
"""Items, each with the number of corrections that it has now."""


class Narrowing:
    """How an edition with these candidates looks at readers.

    In each sketch the lowest bits stand for candidates. In that of an interest they are those above its floors, with the
    topics that matter behind them; in that of a memory those that are closed by it, with what has to be told behind them;
    in that of claims those that are closed, with what must not be told now behind them.

    Args:
        candidates: the edition's.
        moves: every topic that has moved; who follows it follows its target.
        places: where in the log each item was released, as the rows of memories were made by.
        order: newsroom.toml's topics in their order.
    """

    def __init__(self, candidates: Candidates, moves: Mapping[str, Move], places: Places, order: Sequence[str] = ()) -> None:
        self._candidates, self._moves, self._order = candidates, moves, order
        items = {item for entries in candidates.entries.values() for _, item in entries}
        self._items = sorted(items, key=lambda item: candidates.items[item].released, reverse=True)
        self._width = len(self._items)
        self._all = (1 << self._width) - 1
        self._revised = {item: 1 << self._width + place for place, item in enumerate(sorted(candidates.revised))}
        self._closed: dict[str, int] = {}
        self._topics: dict[str, int] = {}
        self._reach: list[int] = []
        for place, item in enumerate(self._items):
            root = candidates.roots[item]
            for one in candidates.kin[root]:
                self._closed[one] = self._closed.get(one, 0) | 1 << place
            topics = {EVERYTHING, *candidates.items[item].topics}.union(*map(_entered, candidates.versions[root]))
            self._reach.append(reduce(or_, map(self._topic_bit, sorted(topics))))
        told = [item for item in self._closed.keys() | self._revised.keys() if self._sketch_told(item, 0)]
        self._mattering = reduce(or_, map(places.bit, told), 0)
        self.places = places
        self._find_topic = _Parts(self._sketch_interest).__getitem__
        self._find_told = _Parts(self._sketch_told).__getitem__
        self._find_plain = cache(self._sketch_plain)
        self._find_reach = cache(self._unite_reach)
        self._find_carried = cache(self._carry)
        self._find_notes = cache(lambda told: pick_told(candidates, self._name_told(told)))

    def sketch_claimed(self, claimed: AbstractSet[str]) -> int:
        """What of the items in open deliveries matters."""
        return reduce(or_, (self._closed.get(item, 0) | self._revised.get(item, 0) for item in claimed), 0)

    def compare(self, interest: int, had: int, claimed: int) -> Likeness:
        """The likeness of readers with these sketches."""
        if claimed:
            had = (had | claimed & self._all) & ~(claimed & ~self._all)
        new = interest & ~had & self._all
        return new, interest >> self._width & self._find_reach(new), had >> self._width

    def pick(self, likeness: Likeness, language: str) -> tuple[tuple[CarriedItem, ...], Told, tuple[str, ...]]:
        """What readers of this likeness are carried: as new, newest release first, as corrected, and as withdrawn."""
        new, topics, told = likeness
        carried = []
        while new:
            lowest = new & -new
            place = lowest.bit_length() - 1
            if (found := self._find_carried(place, topics & self._reach[place], language)) is not None:
                carried.append(found)
            new ^= lowest
        return (tuple(carried), *self._find_notes(told))

    def sketch_interests(self, rows: Iterable[tuple[int, str]]) -> dict[int, int]:
        """Those of rows of interests: their numbers, and texts as `digest.editions.interests.render_row` makes them."""
        known: dict[int, int] = {}
        found, find = {}, self._find_topic
        for row, text in rows:
            sketch = 0
            for part in text[1:-1].split(","):
                sketch |= find(part)
            found[row] = known.setdefault(sketch, sketch)
        return found

    def sketch_memories(self, rows: Iterable[tuple[int, str]]) -> dict[int, int]:
        """Those of rows of what was had: their numbers, and texts as `digest.editions.memories.render_memory` makes them."""
        known: dict[int, int] = {}
        found, find_plain, find_told, mattering = {}, self._find_plain, self._find_told, self._mattering
        for row, text in rows:
            bits, rest = split_memory(text)
            sketch = find_plain(bits & mattering)
            if rest:
                for part in rest.split(","):
                    sketch |= find_told(part)
            found[row] = known.setdefault(sketch, sketch)
        return found

    def _sketch_interest(self, topic: str, floor: int) -> int:
        """Of one topic, and of what it has moved to."""
        followed = follow_moves({topic: floor}, self._moves)
        return reduce(or_, (self._sketch_topic(*part) for part in followed.items()), 0)

    def _sketch_topic(self, topic: str, floor: int) -> int:
        entries = self._candidates.entries.get(topic, ())
        above = {item for number, item in entries if number > floor}
        bits = sum(1 << place for place, item in enumerate(self._items) if item in above)
        return bits | self._topics.get(topic, 0) << self._width

    def _sketch_told(self, item: str, told: int) -> int:
        now = self._candidates.revised.get(item)
        behind = self._revised[item] if now is not None and is_behind(told, now) else 0
        return self._closed.get(item, 0) | behind

    def _sketch_plain(self, bits: int) -> int:
        found = 0
        while bits:
            found |= self._sketch_told(self.places.items[bits.bit_length() - 1], 0)
            bits ^= 1 << bits.bit_length() - 1
        return found

    def _topic_bit(self, topic: str) -> int:
        return self._topics.setdefault(topic, 1 << len(self._topics))

    def _unite_reach(self, items: int) -> int:
        """The topics that decide between versions of these items, and in which section each stands."""
        return reduce(or_, (reach for place, reach in enumerate(self._reach) if items >> place & 1), 0)

    def _carry(self, place: int, topics: int, language: str) -> CarriedItem | None:
        """A new item as readers of these of its topics get it; None if another version of it suits them better."""
        item = self._candidates.items[self._items[place]]
        followed = {topic for topic, bit in self._topics.items() if topics & bit}
        if not is_best_version(item.item, self._candidates, followed, language):
            return None
        return CarriedItem(item.item, item.corrections, find_section(item, followed, self._order))

    def _name_told(self, bits: int) -> list[str]:
        return [item for place, item in enumerate(self._revised) if bits >> place & 1] if bits else []


def _entered(version: ItemFacts) -> Iterable[str]:
    return version.entered


class _Parts(dict[str, int]):
    """The sketch of each part of a row's text, `"name":number`. The same parts come in row after row.

    A comma stands only between parts, for the ids of items and topics have none.
    """

    def __init__(self, sketch: Callable[[str, int], int]) -> None:
        super().__init__()
        self._sketch = sketch

    def __missing__(self, part: str) -> int:
        name, _, number = part.rpartition(":")
        found = self[part] = self._sketch(json.loads(name), int(number)) if part else 0
        return found
