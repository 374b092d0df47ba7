"""Who works with the keys for long, kept apart by locks of the operating system that no crash leaves behind.

Whoever seals addresses and stores them much later keeps the former key from going meanwhile, for without it nobody could
read what they sealed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["changing", "dropping", "sealing"]

_SEALING, _CHANGING = "sealing.lock", "changing-keys.lock"


@contextmanager
def sealing(var: Path) -> Iterator[None]:
    """Seal with keys that were read, and store it before the end of the block; any number may."""
    with _held(var / _SEALING, fcntl.LOCK_SH):
        yield


@contextmanager
def dropping(var: Path, wait: Callable[[], object] | None = None) -> Iterator[bool]:
    """Remove a key while nobody seals for long.

    Args:
        wait: called once before waiting for those who do; None not to wait. Then the block is given False, and the key must
            stay.
    """
    with _held(var / _SEALING, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_free:
        if is_free or wait is None:
            yield is_free
            return
    wait()
    with _held(var / _SEALING, fcntl.LOCK_EX):
        yield True


@contextmanager
def changing(var: Path) -> Iterator[bool]:
    """Seal everything anew; False when another process does."""
    with _held(var / _CHANGING, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_free:
        yield is_free


@contextmanager
def _held(path: Path, how: int) -> Iterator[bool]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, how)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
