"""Places among senders: one lock of the operating system each, which a dead process cannot keep.

A sender holds `var/sender-N.lock` for as long as it lives. Whoever can take the lock of place N knows that its sender is
dead, however slow or stopped a living one may be; no clock decides, and there is nothing to remove by hand.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from digest.errors import StoreError

__all__ = ["Slot", "is_held", "take_slot", "try_slot"]

_MOST = 1000


class Slot:
    """A held place; `number` counts from 1."""

    def __init__(self, number: int, handle: int) -> None:
        self.number = number
        self._handle = handle

    def release(self) -> None:
        """Give the place up."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def try_slot(var: Path, number: int) -> Slot | None:
    """The place of that number, or None while its sender lives."""
    # The file is never removed: a second file of the same name would be a second lock.
    handle = os.open(var / f"sender-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except BaseException:
        os.close(handle)
        raise
    return Slot(number, handle)


def is_held(var: Path, number: int) -> bool:
    """Whether the sender of a place lives; it is not disturbed."""
    if not (var / f"sender-{number}.lock").exists():
        return False
    slot = try_slot(var, number)
    if slot is not None:
        slot.release()
    return slot is None


def take_slot(var: Path) -> Slot:
    """The lowest free place.

    Raises:
        StoreError: there are absurdly many senders.
    """
    for number in range(1, _MOST):
        slot = try_slot(var, number)
        if slot is not None:
            return slot
    raise StoreError(str(var), f"{_MOST - 1} senders are at work already", "Stop some of them.")
