"""What was read and made once, kept in memory up to a number of bytes; what was not asked for the longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from digest.web.resources import Resource

__all__ = ["ROOM", "Held", "Kept"]

ROOM = 128 * 1024 * 1024
"""How many bytes of bodies are kept, compressed ones included."""
_OVERHEAD = 4096
"""About what a resource takes besides its bodies, in bytes."""


@dataclass(slots=True)
class Held:
    """A resource, how its source looked before it was read, and when (by a clock that never goes back) it still did."""

    resource: Resource
    look: object
    checked_at: float
    size: int = 0


class Kept:
    """Resources by the key under which they are asked for."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._used = 0
        self._held: OrderedDict[str, Held] = OrderedDict()

    def find(self, key: str) -> Held | None:
        """What is kept there."""
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
        return held

    def keep(self, key: str, held: Held) -> None:
        """Keep it, or count anew what has grown by a form."""
        self.drop(key)
        held.size = held.resource.byte_count + _OVERHEAD
        self._held[key] = held
        self._used += held.size
        while self._used > self._room:
            self.drop(next(iter(self._held)))

    def drop(self, key: str) -> None:
        """Keep it no longer."""
        held = self._held.pop(key, None)
        if held is not None:
            self._used -= held.size
