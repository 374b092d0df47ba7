"""Which addresses a reader file has named already, in a few octets each: a million of them need no memory to speak of."""

from __future__ import annotations

from array import array

__all__ = ["Seen"]

_FIRST_SIZE = 1 << 12


class Seen:
    """Remembers texts by a number of 64 bits, with the line that each stood in.

    Two texts of a million would have to meet by chance in one of 10^19 numbers to be taken for each other. The table is one
    of open addressing: each number stands at the first free place from where its lowest bits point to.
    """

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * _FIRST_SIZE))
        self._lines = array("L", bytes(array("L").itemsize * _FIRST_SIZE))
        self._count = 0

    def find(self, text: str) -> int:
        """The line in which it stood; 0 when it has not come yet."""
        return self._lines[self._place(self._keys, _number(text))]

    def note(self, text: str, line: int) -> int:
        """The line in which it stood; 0 when it has not come yet, and then it is remembered with this one."""
        if 2 * self._count >= len(self._keys):
            self._grow()
        number = _number(text)
        place = self._place(self._keys, number)
        if self._keys[place]:
            return self._lines[place]
        self._keys[place], self._lines[place] = number, line
        self._count += 1
        return 0

    @staticmethod
    def _place(keys: array[int], number: int) -> int:
        """Where a number stands, or would."""
        last = len(keys) - 1
        place = number & last
        while (found := keys[place]) and found != number:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        size = 2 * len(self._keys)
        keys, lines = array("Q", bytes(8 * size)), array("L", bytes(self._lines.itemsize * size))
        for number, line in zip(self._keys, self._lines, strict=True):
            if number:
                place = self._place(keys, number)
                keys[place], lines[place] = number, line
        self._keys, self._lines = keys, lines


def _number(text: str) -> int:
    return hash(text) & 0xFFFF_FFFF_FFFF_FFFF or 1
