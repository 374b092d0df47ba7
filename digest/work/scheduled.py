"""Editions by the clock: while `digest serve` runs, the schedules of newsroom.toml are followed.

Every few seconds a handful of rows is looked at, so that an approval that comes late, a release, or another schedule is seen
at once. What is due is done in this process; the letters themselves are left to a sender.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest import clock
from digest.desk.scheduling import Scheduled, drop_old_schedules, follow_schedule, list_scheduled
from digest.desk.workplace import Workplace
from digest.errors import DigestError
from digest.settings import Site

if TYPE_CHECKING:
    from digest.editions.edition import Edition

__all__ = ["LOOK_EVERY", "Scheduler", "schedule_forever"]

LOOK_EVERY = timedelta(seconds=5)
"""How often it is looked what is due."""
_RETRY = 30.0
"""After how many seconds what failed is tried again."""


class Scheduler:
    """Follows the schedules of a site.

    Args:
        site: gives the site with its present settings.
        tell: is told in a line what was done, and what does not work, each thing once.
    """

    def __init__(self, site: Callable[[], Site], tell: Callable[[str], None]) -> None:
        self._site, self._tell = site, tell
        self._place: Workplace | None = None
        self._told: dict[tuple[str, str], str] = {}
        self._not_before: dict[tuple[str, str], float] = {}

    def step(self) -> float:
        """Do what is due on all schedules, and say how many seconds to wait before the next look.

        Raises:
            SettingsError: `DIGEST_NOW` is no moment.
        """
        now = clock.now()
        place = self._open(now)
        moments = [now + LOOK_EVERY]
        try:
            moments += [moment for one in list_scheduled(place.site.settings) if (moment := self._follow(place, one))]
        finally:
            place.close()
        return max((min(moments) - clock.now()).total_seconds(), 0.1)

    def _open(self, now: datetime) -> Workplace:
        """The site at this moment; what was kept of schedules that are gone is forgotten when its settings change."""
        site = self._site()
        if self._place is None or self._place.site is not site:
            self._place = Workplace(site, now, "serve")
            self._not_before.clear()
            drop_old_schedules(self._place)
        self._place = self._place.at(now)
        return self._place

    def _follow(self, place: Workplace, one: Scheduled) -> datetime | None:
        """The next moment of a schedule; a fault in one is told once, tried again, and stops no other."""
        if time.monotonic() < self._not_before.get(one.name, 0.0):
            return None
        try:
            moment = follow_schedule(place, one, begin=_begin, say=self._tell)
        except Exception as error:  # noqa: BLE001 (whatever it is, the other schedules go on)
            self._tell_once(one, _explain(error))
            self._not_before[one.name] = time.monotonic() + _RETRY
            return None
        self._told.pop(one.name, None)
        return moment

    def _tell_once(self, one: Scheduled, sentence: str) -> None:
        if self._told.get(one.name) != sentence:
            self._tell(f"{one.list_id} {one.schedule.rhythm}: {sentence}")
        self._told[one.name] = sentence


async def schedule_forever(scheduler: Scheduler) -> None:
    """Follow the schedules until cancelled; the work itself is done in a thread of its own."""
    while True:
        wait = await asyncio.to_thread(scheduler.step)
        await asyncio.sleep(wait)


def _begin(place: Workplace, name: str, *, actor: str, late: bool, say: Callable[[str], None]) -> Edition:
    from digest.work.sending import begin

    return begin(place, name, actor=actor, late=late, say=say)


def _explain(error: Exception) -> str:
    if isinstance(error, DigestError):
        return " ".join(map(str, (error, *error.problems)))
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
