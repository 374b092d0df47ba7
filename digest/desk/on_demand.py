"""Feeds that are not written to the disk: those of a topic and a kind, of either in one language, and of all three.

They are made when somebody asks for them, as `publish` would write them, from what was published last. What was made is kept
until something is published, newsroom.toml or a template is published with, or time alone changes a feed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from digest import clock
from digest.desk.workplace import open_workplace
from digest.errors import SettingsError
from digest.feeds.documents import FeedWriter
from digest.feeds.feed import Feed
from digest.feeds.lifecycle import next_change
from digest.feeds.naming import Choice, parse_feed_name
from digest.feeds.selection import FeedBuilder
from digest.newsroom.addresses import FEED_FORMATS
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom
from digest.publishing.build import site_key
from digest.publishing.manifest import manifest_path, open_manifest
from digest.publishing.photos import KeptPictures, open_renditions
from digest.settings import Settings, Site, open_site
from digest.store.releases import read_newsroom
from digest.templates import Templates

__all__ = ["Made", "OnDemandFeeds"]

_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Made:
    """A document, and what a server answers with it: 200, 301 to `location`, or 410 for the feed of a topic that is over."""

    body: bytes
    status: int = 200
    location: str = ""


class OnDemandFeeds:
    """Makes feeds and their pages for a web server. To be used in one thread, but for `version`.

    Args:
        site: as it was opened; newsroom.toml and the templates are read again when something was published.
        read_clock: the moment now, aware UTC.
    """

    def __init__(self, site: Site, read_clock: Callable[[], datetime] = clock.now) -> None:
        self._site, self._read_clock = site, read_clock
        self._manifest = open_manifest(manifest_path(site.var, site.public))
        self._moment: _Moment | None = None
        self._seen: object = None
        self._made: OrderedDict[tuple[str, str], Made | None] = OrderedDict()

    def version(self) -> object:
        """Cheap, and another one whenever a feed may have changed: by a publish, or by time alone."""
        moment = self._moment
        return self._manifest.version(), moment is not None and moment.is_over(self._read_clock())

    def render(self, name: str, form: str) -> Made | None:
        """The document of a feed (`atom`, `rss`, `json`) or its page (`html`).

        None where there is no such feed: a part of its name is unknown, it is not written like this, it has no items, or it
        is one of those that `publish` writes.

        Raises:
            TemplateError: a template cannot be used.
            StoreError: the database cannot be read.
        """
        self._look_again()
        key = (name, form)
        if key not in self._made:
            self._made[key] = self._moment.render(name, form) if self._moment else None
            if len(self._made) > _MOST_KEPT:
                self._made.popitem(last=False)
        return self._made[key]

    def _look_again(self) -> None:
        """Keep what was made as long as it is what would be made now."""
        seen, now = self._manifest.version(), self._read_clock()
        if self._manifest.find("feeds/all.atom") is None:
            self._moment = None  # nothing was published yet
            self._made.clear()
            return
        if seen == self._seen and self._moment is not None and not self._moment.is_over(now):
            return
        fresh = self._read(now)
        if self._moment is None or fresh.key != self._moment.key or self._moment.is_over(now):
            self._moment = fresh
            self._made.clear()
        self._seen = seen

    def _read(self, now: datetime) -> _Moment:
        with suppress(SettingsError):  # somebody is at work on it: what was valid last goes on
            self._site = open_site(self._site.folder)
        with open_workplace(self._site, now) as place:
            with place.hot.reading() as connection:
                newsroom = read_newsroom(connection, contents=place.hot.contents)
            has_editions = self._manifest.find("editions/index.html") is not None
            return _Moment(self._site, newsroom, place.templates, now, has_editions)


class _Moment:
    """The newsroom as it was published last, and all that feeds are made with."""

    def __init__(self, site: Site, newsroom: Newsroom, templates: Templates, now: datetime, has_editions: bool) -> None:
        self._newsroom, self._templates, self._now, self._has_editions = newsroom, templates, now, has_editions
        self._settings: Settings = site.settings
        self._pictures: Pictures = KeptPictures(
            open_renditions(site.var / "photos"), dict.fromkeys(item.photo for item in newsroom if item.photo)
        )
        self.key = (site_key(site.settings, templates), newsroom.end, has_editions)
        self._until = next_change(newsroom, site.settings, now)

    def is_over(self, now: datetime) -> bool:
        """Whether time alone has changed a feed since."""
        return self._until is not None and now >= self._until

    @cached_property
    def _builder(self) -> FeedBuilder:
        return FeedBuilder(self._newsroom, self._settings, self._now)

    @cached_property
    def _written(self) -> tuple[Feed, ...]:
        return self._builder.offered()

    def render(self, name: str, form: str) -> Made | None:
        choice = parse_feed_name(name, self._settings)
        if choice is None or sum(part is not None for part in choice) < 2:
            return None
        feed = self._builder.build(choice)
        known = Choice(feed.target.topic, feed.target.kind, feed.target.language) if feed.target else choice
        if feed.state != "over" and not self._builder.catalogue.select(known):
            return None
        status = {"moved": 301, "over": 410}.get(feed.state, 200)
        location = f"{feed.target.stem}.{form}" if feed.target else ""
        return Made(self._render_document(feed, form), status, location)

    def _render_document(self, feed: Feed, form: str) -> bytes:
        for known in FEED_FORMATS:
            if form == known:
                return FeedWriter(self._settings, self._pictures, self._templates).render(feed, known)
        from digest.pages.feed_pages import render_feed_page

        return render_feed_page(
            feed,
            self._newsroom,
            self._settings,
            self._pictures,
            self._templates,
            self._written,
            has_editions=self._has_editions,
        )
