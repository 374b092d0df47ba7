"""What the private feeds of accredited press say: what is public, and before it what is under embargo.

Nothing of it is kept anywhere, and the token that opens it stands in nothing but the feed itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from digest import clock
from digest.desk.accrediting import hash_token, press_stem
from digest.desk.photos import open_photos
from digest.desk.pictures import build_public_pictures
from digest.desk.workplace import Workplace
from digest.errors import SettingsError, StoreError
from digest.feeds.documents import FeedWriter
from digest.feeds.feed import Embargoed
from digest.feeds.press import build_press_feed
from digest.items.folder import read_folder
from digest.newsroom.addresses import FEED_FORMATS, FeedFormat
from digest.newsroom.public import Newsroom
from digest.settings import NAME, Site, open_site
from digest.store.cache import open_cache
from digest.store.press_feeds import find_press_feed, note_use
from digest.store.releases import log_end, read_newsroom

__all__ = ["PressFeeds"]


class PressFeeds:
    """Makes private feeds for a web server. To be used in one thread.

    Args:
        site: as it was opened; newsroom.toml is read again when it changes.
        read_clock: the moment now, aware UTC.
    """

    def __init__(self, site: Site, read_clock: Callable[[], datetime] = clock.now) -> None:
        self._site, self._read_clock = site, read_clock
        self._cache = open_cache(site.var)
        self._seen: object = None
        self._place = Workplace(site, read_clock())
        self._newsroom = Newsroom((), 0, None)

    def render(self, token: str, form: str) -> bytes | None:
        """The private feed that a token opens, in a format (`atom`, `rss`, `json`); None when it opens none (any more).

        It has what the feed of everything has, and before it every item that is ready and waits for its moment. Drafts,
        items with a fault and withdrawn ones are never among these.

        Raises:
            ContentError: an item changed while it was read; to be asked again.
            StoreError: the database cannot be read.
            TemplateError: a template cannot be used.
        """
        wanted: FeedFormat | None = next((one for one in FEED_FORMATS if one == form), None)
        now = self._read_clock()
        if wanted is None or not self._enter(token, now):
            return None
        self._look_again(now)
        place, newsroom, settings = self._place, self._newsroom, self._place.site.settings
        words = place.templates.words(settings.newsroom.language)
        embargoed = list(self._find_embargoed(now))
        feed = build_press_feed(newsroom, embargoed, settings, words, press_stem(place, token), now)
        pictures, _ = build_public_pictures(place, replace(newsroom, items=feed.items))
        return FeedWriter(settings, pictures, place.templates).render(feed, wanted)

    def _enter(self, token: str, now: datetime) -> bool:
        """Whether a token opens a feed; the same work whether it is unknown, revoked or good. The day of use is noted."""
        with self._place.hot.reading() as connection:
            found = find_press_feed(connection, hash_token(token))
        if found is None or found.revoked_at is not None:
            return False
        today = now.astimezone(self._place.site.settings.zone).date()
        if found.used_on != today:
            with contextlib.suppress(StoreError), self._place.hot.writing() as connection:
                note_use(connection, found.number, today)
        return True

    def _look_again(self, now: datetime) -> None:
        """Go on with the settings, templates and items as they are since newsroom.toml changed or the log grew."""
        with self._place.hot.reading() as connection:
            seen = (_stamp(self._site.folder / NAME), log_end(connection))
            if seen == self._seen:
                return
            with contextlib.suppress(SettingsError):  # somebody is at work on it: what was valid last goes on
                self._site = open_site(self._site.folder)
            self._place = Workplace(self._site, now)
            self._newsroom = read_newsroom(connection, contents=self._place.hot.contents)
        self._seen = seen

    def _find_embargoed(self, now: datetime) -> Iterator[Embargoed]:
        folder = read_folder(self._site, self._cache)
        with open_photos(folder, self._cache) as photos:
            for item in folder.items:
                if item.status != "ready" or item.due_at <= now or item.id in self._newsroom.by_id:
                    continue
                if item.content.withdrawn is None and not (item.photo_src and photos.find_fault(item.photo_src)):
                    yield Embargoed(item.content, item.due_at, min(item.changed_at or now, now))


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes when a file does."""
    try:
        facts = file.stat()
    except OSError:
        return ()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
