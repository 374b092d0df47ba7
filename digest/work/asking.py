"""Requests of people on the web are decided while `digest serve` runs, within a second of their coming."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from digest.clock import real_now
from digest.desk.asking import work_on_requests
from digest.desk.floods import find_flood
from digest.desk.workplace import open_workplace
from digest.errors import DigestError
from digest.settings import Site
from digest.store.hot import HotStore
from digest.store.requests import has_new_requests

__all__ = ["work_on_requests_forever"]

_LOOK_EVERY = timedelta(seconds=0.5)
_RETRY = timedelta(seconds=30)
"""After how long what failed is tried again."""
_HELD = (
    "Far more people than usual ask to subscribe; their requests wait for a decision, for three days at most. "
    "Look with: digest requests held"
)


class _Worker:
    """Decides what is new, and says each thing once."""

    def __init__(self, site_of: Callable[[], Site], store: HotStore, tell: Callable[[str], None]) -> None:
        self._site_of, self._store, self._tell = site_of, store, tell
        self._told = ""
        self._flood: datetime | None = None

    def step(self) -> float:
        """Decide some of what is new, and say how many seconds to wait before the next look."""
        try:
            done = self._work()
        except (DigestError, OSError) as error:
            if self._told != str(error):
                self._tell(f"requests to subscribe: {error}")
            self._told = str(error)
            return _RETRY.total_seconds()
        self._told = ""
        return 0.0 if done else _LOOK_EVERY.total_seconds()

    def _work(self) -> int:
        with self._store.reading() as connection:
            if not has_new_requests(connection):
                return 0
        with open_workplace(self._site_of(), real_now(), "serve") as place:
            done = work_on_requests(place)
        with self._store.reading() as connection:
            flood = find_flood(connection)
        if flood is not None and flood != self._flood:
            self._tell(_HELD)
        self._flood = flood
        return done


async def work_on_requests_forever(site_of: Callable[[], Site], store: HotStore, tell: Callable[[str], None]) -> None:
    """Decide what people ask for as it comes, until cancelled; the work itself is done in a thread of its own.

    Args:
        site_of: gives the site with its present settings.
        store: its database.
        tell: is told in a line, once, when requests are held for staff, and what does not work.
    """
    worker = _Worker(site_of, store, tell)
    while True:
        wait = await asyncio.to_thread(worker.step)
        await asyncio.sleep(wait)
