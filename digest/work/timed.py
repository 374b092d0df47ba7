"""Publishing by the clock: while `digest serve` runs, what becomes due appears by itself.

Every few seconds the names and stamps of the item files are looked at; only when they or newsroom.toml changed is the folder
read, to learn which moment comes next. At that moment what is due by the passing of time alone is released, and what time
alone changes (a notice that becomes a tombstone, a topic that ends) is written. What was saved after its moment, and every
change of what is public already, waits for a person and `digest publish`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from digest import clock
from digest.desk.publishing import PublishReport, find_next, publish_due
from digest.desk.workplace import open_workplace
from digest.errors import DigestError
from digest.items.scanning import scan_items
from digest.settings import Site, open_site

__all__ = ["Timer", "publish_forever"]

LOOK_EVERY = timedelta(seconds=5)
"""How often the item files are looked at."""
_RETRY = timedelta(seconds=30)
"""After how long a publish that failed is tried again."""


class Timer:
    """Knows which moment comes next, and does what is due then.

    Args:
        site: as it was opened; its settings are read again when newsroom.toml changes, and `site` is the present state.
        tell: is told in a line of what was released, and of what is wrong (each thing once).
    """

    def __init__(self, site: Site, tell: Callable[[str], None]) -> None:
        self.site = site
        self._tell = tell
        self._seen: tuple[object, ...] = ()
        self._next_at: datetime | None = None
        self._told = ""

    def step(self) -> float:
        """Do what is due, and say how many seconds to wait before the next look."""
        now = clock.now()
        try:
            self._look(now)
            if self._next_at is not None and self._next_at <= now:
                self._publish(now)
            self._told = ""
        except DigestError as error:
            self._seen, self._next_at = (), None
            self._tell_once(str(error))
            return _RETRY.total_seconds()
        if self._next_at is None:
            return LOOK_EVERY.total_seconds()
        return min(max((self._next_at - clock.now()).total_seconds(), 0.1), LOOK_EVERY.total_seconds())

    def _look(self, now: datetime) -> None:
        """Learn the next moment anew if any file changed."""
        settings_file = self.site.folder / "newsroom.toml"
        scan = scan_items(self.site.items)
        seen = (scan.files, scan.photos, settings_file.stat().st_mtime_ns if settings_file.exists() else 0)
        if seen == self._seen:
            return
        if self._seen[2:] != seen[2:]:
            self.site = open_site(self.site.folder)
        with open_workplace(self.site, now, via="serve") as place:
            self._next_at = find_next(place)
        self._seen = seen

    def _publish(self, now: datetime) -> None:
        with open_workplace(self.site, now, via="serve") as place:
            report = publish_due(place)
        self._next_at = report.next_at
        self._tell_all(report)

    def _tell_all(self, report: PublishReport) -> None:
        for line in report.lines:
            self._tell(f"{line.type}: {report.contents(line.version).title}")
        for problem in report.problems:
            if problem.severity == "error":
                self._tell_once(str(problem))

    def _tell_once(self, sentence: str) -> None:
        if sentence != self._told:
            self._tell(sentence)
        self._told = sentence


async def publish_forever(timer: Timer) -> None:
    """Publish what becomes due, until cancelled; the work itself is done in a thread of its own."""
    while True:
        wait = await asyncio.to_thread(timer.step)
        await asyncio.sleep(wait)
