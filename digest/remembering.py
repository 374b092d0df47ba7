"""What was made or read once, remembered as far as there is room: bounded by bytes, for texts are of any length."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

__all__ = ["Memory", "remember"]

P = ParamSpec("P")
K = TypeVar("K")
R = TypeVar("R")


class Memory(Generic[K, R]):
    """Values by their keys, which any thread may ask for and keep; what was not used for long is forgotten.

    They lie in two halves: when the fresh one is full it becomes the old one, whose values are forgotten then. What is asked
    for moves over from the old one, so what is in use stays, and that costs no more than to look into a dictionary.

    Args:
        limit: about how many bytes the values have together.
        weigh: how many bytes a value has.
    """

    def __init__(self, limit: int, weigh: Callable[[R], int]) -> None:
        self._half, self._weigh = limit // 2, weigh
        self._fresh: dict[K, R] = {}
        self._old: dict[K, R] = {}
        self._weight = 0

    def find(self, key: K) -> R | None:
        """The value that is kept under a key; None when there is none, or no longer."""
        found = self._fresh.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: K, value: R) -> None:
        """Keep a value under its key."""
        if self._weight > self._half:
            self._old, self._fresh, self._weight = self._fresh, {}, 0
        self._fresh[key] = value
        self._weight += self._weigh(value)


def remember(limit: int, weigh: Callable[[Any], int]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a function remember what it gave for the same positional arguments, in a `Memory`."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        memory = Memory[object, R](limit, weigh)

        @wraps(function)
        def remembering(*args: P.args, **more: P.kwargs) -> R:
            found = memory.find(args)
            if found is None:
                found = function(*args, **more)
                memory.keep(args, found)
            return found

        return remembering

    return decorate
