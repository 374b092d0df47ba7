"""The site as the pages need it: settings, templates and rendered frames, kept until newsroom.toml or a template changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from digest import clock
from digest.desk.workplace import Workplace
from digest.pages.reader_pages import ReaderPages
from digest.settings import Site
from digest.subscribers.tokens import LIFETIMES, Purpose
from digest.templates import Templates
from digest.web.readers.guarding import own_names

__all__ = ["House", "Printer"]

_LOOK_EVERY = 2.0
_LINK_HOURS = int(LIFETIMES[Purpose.CONFIRM].total_seconds() // 3600)
_KEPT_DAYS = LIFETIMES[Purpose.UNDO].days


@dataclass(frozen=True)
class House:
    """A site in one state of its settings and templates."""

    site: Site
    place: Workplace
    stamp: object
    _kept: dict[tuple[str, bool], ReaderPages] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The host names by which the server may be asked."""
        return own_names(self.site.settings)

    def at(self, now: datetime) -> Workplace:
        """The workplace at a moment; to be closed."""
        return self.place.at(now)

    def pages(self, language: str, form: str) -> ReaderPages:
        """The pages in a language of the newsroom, else in its own; made with our templates where the site's are broken."""
        settings = self.site.settings
        key = (language if language in settings.languages else settings.newsroom.language, form == "discreet")
        if key not in self._kept:
            self._kept[key] = ReaderPages(
                settings,
                self.place.templates,
                key[0],
                discreet=key[1],
                has_editions=(self.site.public / "editions" / "index.html").is_file(),
                link_hours=_LINK_HOURS,
                kept_days=_KEPT_DAYS,
                spare=Templates(),
            )
        return self._kept[key]


class Printer:
    """Gives the present house; for any thread.

    Args:
        site_of: the site with its present settings.
    """

    def __init__(self, site_of: Callable[[], Site]) -> None:
        self._site_of = site_of
        self._house: House | None = None
        self._looked_at = 0.0
        self._lock = threading.Lock()

    def house(self) -> House:
        """The site as it is now, within two seconds."""
        with self._lock:
            site, now = self._site_of(), time.monotonic()
            if self._house is not None and self._house.site is site and now - self._looked_at < _LOOK_EVERY:
                return self._house
            place = Workplace(site, clock.real_now(), "web")
            stamp = Templates.stamp(place.templates), (site.public / "editions" / "index.html").is_file()
            if self._house is None or self._house.site is not site or self._house.stamp != stamp:
                self._house = House(site, place, stamp)
            self._looked_at = now
            return self._house
