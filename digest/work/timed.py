"""Publishing by the clock: while `digest serve` runs, what becomes due appears by itself, and what is new is sent at once.

Every few seconds the names and stamps of the item files are looked at; only when they or newsroom.toml changed is the folder
read, to learn which moment comes next. At that moment what is due by the passing of time alone is released, and what time
alone changes (a notice that becomes a tombstone, a topic that ends) is written. What was saved after its moment, and every
change of what is public already, waits for a person and `digest publish`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest import clock
from digest.desk.publishing import Found, PublishReport, find_items, find_next, publish_due
from digest.desk.standing import tell_void
from digest.desk.workplace import Workplace, open_workplace
from digest.errors import DigestError
from digest.items.scanning import scan_items
from digest.newsroom.releasing import find_missed
from digest.settings import NAME, Site, open_site
from digest.store.hot import HotStore
from digest.store.releases import log_end
from digest.work.at_once import describe, is_anything_due, send_at_once

__all__ = ["Timer", "publish_forever", "send_at_once_forever"]

LOOK_EVERY = timedelta(seconds=5)
"""How often the item files are looked at."""
_RETRY = timedelta(seconds=30)
"""After how long what failed is tried again."""
_LOOK_FOR_NEWS = timedelta(seconds=0.5)
"""How often it is looked whether an edition at once is due."""
_EVERYTHING = ""
"""What could not be served when it was no single list or edition."""


class Timer:
    """Knows which moment comes next, and does what is due then.

    Args:
        site: as it was opened; newsroom.toml and templates are read again when they change.
        tell: is told in a line of what was released, and of what is wrong (each thing once).
    """

    def __init__(self, site: Site, tell: Callable[[str], None]) -> None:
        self._place = Workplace(site, clock.now(), "serve")
        self._tell = tell
        self._seen: tuple[object, ...] | None = None
        self._found: Found | None = None
        self._next_at: datetime | None = None
        self._since = datetime.min.replace(tzinfo=UTC)
        self._told = ""
        self._missed: set[str] = set()

    @property
    def site(self) -> Site:
        """The site with its present settings."""
        return self._place.site

    def step(self) -> float:
        """Do what is due, and say how many seconds to wait before the next look."""
        self._place = self._place.at(clock.now())
        try:
            found = self._look()
            if self._next_at is not None and self._next_at <= self._place.now:
                self._publish(found)
            self._since, self._told = self._place.now, ""
        except DigestError as error:
            self._seen = self._found = self._next_at = None
            self._tell_once(" ".join(map(str, (error, *error.problems))))
            return _RETRY.total_seconds()
        if self._next_at is None:
            return LOOK_EVERY.total_seconds()
        return min(max((self._next_at - clock.now()).total_seconds(), 0.1), LOOK_EVERY.total_seconds())

    def _look(self) -> Found:
        """The items folder as it is now, and the next moment; both anew only if a file or the log has changed.

        That moment may be one that passed since the last look.
        """
        site = self._place.site
        scan = scan_items(site.items)
        with self._place.hot.reading() as connection:
            end = log_end(connection)
        seen = (_stamp(site.folder / NAME), self._place.templates.stamp(), scan.files, scan.photos, end)
        grown = self._seen is not None and self._seen[-1] != end
        if self._found is None or seen != self._seen:
            if self._seen is None or seen[:2] != self._seen[:2]:
                self._place = Workplace(open_site(site.folder), self._place.now, "serve")
                self._tell_void()
            self._found = find_items(self._place, scan)
            self._next_at = find_next(self._place, self._found, self._since)
            if grown:  # whoever published may have been stopped before the files were in place
                self._next_at = self._place.now
            self._seen = seen
            self._tell_missed(self._found)
        return self._found

    def _tell_missed(self, found: Found) -> None:
        """Name once what should be public and is not, because of what is wrong with its file or when that was saved."""
        folder, _ = found
        with self._place.hot.reading() as connection:
            newsroom = self._place.hot.read_newsroom(connection)
        lines = [
            f"{item.file}: its embargo is over, but it was saved after that moment; to publish it: digest publish"
            for item in find_missed(folder.items, newsroom, self._place.now)
        ]
        lines += [str(problem) for problem in folder.problems if problem.severity == "error"]
        for line in lines:
            if line not in self._missed:
                self._tell(line)
        self._missed = set(lines)

    def _tell_void(self) -> None:
        """Say which standing approvals no longer fit, now that settings or templates may have changed."""
        with open_workplace(self._place.site, self._place.now, "serve") as place:
            for line in tell_void(place):
                self._tell(line)

    def _publish(self, found: Found) -> None:
        report = publish_due(self._place, found)
        self._next_at = report.next_at
        if self._seen is not None:
            self._seen = (*self._seen[:-1], report.newsroom.end)  # the log grew by this very publish
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


async def send_at_once_forever(site: Callable[[], Site], store: HotStore, tell: Callable[[str], None]) -> None:
    """Do so beside a server, until cancelled; what is due is seen within half a second.

    Args:
        site: gives the site with its present settings.
        store: its database.
        tell: is told in a line what became of each edition, and what does not work, each thing once.
    """
    told: set[str] = set()
    resting: dict[str, float] = {}
    while True:
        now = time.monotonic()
        resting = {name: until for name, until in resting.items() if until > now}
        lines, failed = await asyncio.to_thread(_step, site, store, resting)
        for line in lines:
            if line not in told:
                tell(line)
        told = {*lines, *told} if resting else set(lines)
        resting |= dict.fromkeys(failed, time.monotonic() + _RETRY.total_seconds())
        await asyncio.sleep(_RETRY.total_seconds() if _EVERYTHING in failed else _LOOK_FOR_NEWS.total_seconds())


def _step(site: Callable[[], Site], store: HotStore, resting: Collection[str]) -> tuple[list[str], list[str]]:
    """What there is to say, and the lists and editions that could not be served.

    Args:
        resting: those that are not to be tried now.
    """
    lines: list[str] = []
    try:
        if not is_anything_due(store, resting):
            return [], []
        with open_workplace(site(), via="serve") as place:
            done = send_at_once(place, wait=False, say=lines.append, skip=resting)
    except DigestError as error:
        return [f"editions at once: {error}"], [_EVERYTHING]
    return [*lines, *(describe(one) for one in done)], [one.about for one in done if one.state == "failed"]


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes when a file does."""
    try:
        facts = file.stat()
    except OSError:
        return ()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
