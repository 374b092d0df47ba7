"""All feed documents of the public site, with the keys that tell whether they have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial
from hashlib import blake2b

from digest.feeds.archives import Archives
from digest.feeds.documents import FeedWriter
from digest.feeds.feed import Feed
from digest.feeds.opml import render_opml
from digest.feeds.pieces import mark_item
from digest.feeds.selection import FeedBuilder
from digest.newsroom.addresses import FEED_FORMATS, FeedFormat
from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.public import Newsroom, Published
from digest.settings import Settings

__all__ = ["plan_feeds"]


def plan_feeds(
    newsroom: Newsroom,
    settings: Settings,
    writer: FeedWriter,
    site_key: str,
    now: datetime,
    builder: FeedBuilder | None = None,
) -> Iterator[Group]:
    """Every feed document of the static site: archives month by month, then the current documents, then the list of feeds.

    Args:
        writer: renders the documents; made with the same settings.
        site_key: a fingerprint of settings, templates and program.
        now: the moment as of which the feeds are built; see `next_change`.
        builder: one that has built feeds of the same newsroom for the same moment already; saves doing it again.
    """
    builder = builder or FeedBuilder(newsroom, settings, now)
    plan, offered = _Plan(builder, writer, site_key), builder.offered()
    if builder.archives is not None:
        yield from plan.archives(builder.archives, [feed.topic for feed in offered if feed.has_archive])
    for feed in (*offered, *builder.moved()):
        yield plan.current(feed)
    yield plan.opml([feed for feed in offered if feed.state == "open"])


class _Plan:
    def __init__(self, builder: FeedBuilder, writer: FeedWriter, site_key: str) -> None:
        self._builder, self._writer, self._site_key = builder, writer, site_key

    def current(self, feed: Feed) -> Group:
        """A feed's current documents."""
        moments = feed.updated.at.timestamp(), feed.updated.thousandths, feed.notice_at and feed.notice_at.timestamp()
        marks = self._mark(feed.items), self._mark(stone.item for stone in feed.tombstones), sorted(feed.held)
        key = fingerprint(self._site_key, feed.name, feed.state, feed.previous, moments, marks)
        return Group(f"feeds/{feed.name}", key, partial(self._list_current, feed, key))

    def archives(self, archives: Archives, topics: Sequence[str | None]) -> Iterator[Group]:
        """The archives of these topics, a group for each month; None stands for the feed of everything."""
        before = blake2b(repr([(topic, archives.oldest(topic)) for topic in topics]).encode(), digest_size=16)
        for month, name in enumerate(archives.months):
            items, is_newest = archives.of_month(month), month + 1 == len(archives.months)
            key = fingerprint(self._site_key, name, is_newest, before.hexdigest(), self._mark(items))
            yield Group(f"feeds/archives/{name}", key, partial(self._list_pages, archives, topics, month))
            # which page is the one before follows from what earlier months hold
            before.update("\n".join([name, *(item.line.topics for item in items)]).encode())

    def opml(self, feeds: Sequence[Feed]) -> Group:
        """The list of these feeds."""
        settings, templates = self._writer.settings, self._writer.templates
        key = fingerprint(self._site_key, [feed.name for feed in feeds])
        words = templates.words(settings.newsroom.language)
        document = Document("feeds/all.opml", key, lambda: render_opml(feeds, settings, words))
        return Group("feeds/opml", key, lambda: [document])

    def _list_current(self, feed: Feed, key: str) -> Iterator[Document]:
        status = 301 if feed.target else 200
        for form in FEED_FORMATS:
            location = f"{feed.target.stem}.{form}" if feed.target else ""
            yield Document(f"feeds/{feed.name}.{form}", key, partial(self._writer.render, feed, form), status, location)

    def _list_pages(self, archives: Archives, topics: Iterable[str | None], month: int) -> Iterator[Document]:
        for topic in topics:
            for page in archives.pages(topic, month):
                stem = f"feeds/{topic or 'all'}/{page.name}"
                key = fingerprint(self._site_key, stem, page.previous, page.following, self._mark(page.items))
                build = cache(partial(self._builder.build_page, topic, page))
                for form in FEED_FORMATS:
                    yield Document(f"{stem}.{form}", key, partial(self._render_page, build, form))

    def _render_page(self, build: Callable[[], Feed], form: FeedFormat) -> bytes:
        return self._writer.render(build(), form)

    def _mark(self, items: Iterable[Published]) -> str:
        pictures = self._writer.pictures
        return "\n".join([mark_item(item, pictures) for item in items])
