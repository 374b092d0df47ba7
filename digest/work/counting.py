"""Keeping what the web server counts: once a minute, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from digest.clock import real_now
from digest.desk.audience import Counts, keep_counts
from digest.store.hot import HotStore

__all__ = ["keep_counts_forever"]

_EVERY = 60.0


async def keep_counts_forever(store: HotStore, take: Callable[[], Counts]) -> None:
    """Keep what `take` gives every minute, until cancelled, and then once more.

    What cannot be written, because the database is locked or the disk is full, is lost: no reader waits for statistics.

    Raises:
        StoreError: the database cannot be written.
    """
    try:
        while True:
            await asyncio.sleep(_EVERY)
            await asyncio.to_thread(keep_counts, store, take(), real_now())
    finally:
        keep_counts(store, take(), real_now())
