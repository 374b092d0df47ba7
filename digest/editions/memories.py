"""What a reader had, as the text of a shared row.

Nearly all of it are items with no correction. They stand in one number, a bit for the place of each item's release in the
log: `{"":"301:1f","item-x":1}` holds the items released at 301 to 305, and item-x with one correction. So half a year fits
into a few hundred characters, and a hundred thousand rows are compared with what an edition carries in a moment. Rows that
name every item are read as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from digest.editions.interests import parse_row, render_row
from digest.editions.selection import WITHDRAWAL_TOLD, Had, Selection, add_to_had

__all__ = ["Addition", "Places", "parse_memory", "render_memory", "split_memory"]

_PACKED = '{"":"'


@dataclass(frozen=True, slots=True)
class Places:
    """Where in the log each item was released, and which item was released where."""

    numbers: Mapping[str, int]
    items: Mapping[int, str]

    @classmethod
    def of(cls, numbers: Mapping[str, int]) -> Places:
        """Of each item's place."""
        return cls(numbers, {number: item for item, number in numbers.items()})

    def bit(self, item: str) -> int:
        """The bit of an item; 0 for one that the log does not know."""
        return 1 << self.numbers[item] if item in self.numbers else 0


def render_memory(had: Had, places: Places) -> str:
    """What a reader had as the one text that all equal ones share."""
    return _render(0, dict(had), places)


def parse_memory(text: str, places: Places) -> dict[str, int]:
    """What `render_memory` made a text of."""
    bits, rest = split_memory(text)
    had = parse_row(f"{{{rest}}}")
    while bits:
        had[places.items[bits.bit_length() - 1]] = 0
        bits ^= 1 << bits.bit_length() - 1
    return had


def split_memory(text: str) -> tuple[int, str]:
    """The bits of a text, and the rest of its parts, `"item":told`, with commas between."""
    if not text.startswith(_PACKED):
        return 0, text[1:-1]
    lowest, _, tail = text[len(_PACKED) :].partition(":")
    bits, _, rest = tail.partition('"')
    return int(bits, 16) << int(lowest), rest[1:-1]


class Addition:
    """What a copy of a selection adds to a memory: the same as `add_to_had`, from text to text."""

    def __init__(self, selection: Selection, places: Places) -> None:
        self._places = places
        gained = add_to_had({}, selection)
        self._plain = reduce(or_, (places.bit(item) for item, count in gained.items() if count == 0), 0)
        self._others = {item: count for item, count in gained.items() if count or not places.bit(item)}

    def to(self, text: str) -> str:
        """The text of what was had with it."""
        bits, rest = split_memory(text)
        told = parse_row(f"{{{rest}}}") if rest else {}
        for item, count in self._others.items():
            before = told.get(item, 0)
            told[item] = WITHDRAWAL_TOLD if WITHDRAWAL_TOLD in (before, count) else max(before, count)
        return _render(bits | self._plain, told, self._places)


def _render(bits: int, told: dict[str, int], places: Places) -> str:
    """The text of items in bits, and of others; an item in both is as the others say, unless they say no more."""
    for item, bit in [(item, places.bit(item)) for item in told]:
        if told[item] == 0 and bit:
            del told[item]
            bits |= bit
        else:
            bits &= ~bit
    if not bits:
        return render_row(told)
    lowest = (bits & -bits).bit_length() - 1
    packed = f'"":"{lowest}:{bits >> lowest:x}"'
    return f"{{{packed},{render_row(told)[1:]}" if told else f"{{{packed}}}"
