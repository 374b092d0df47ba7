"""The whole public site as groups of documents: pages, the digests' web views, feeds and their list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from digest import shipped
from digest.feeds.documents import FeedWriter
from digest.feeds.pieces import EntryCache
from digest.feeds.planning import plan_feeds
from digest.feeds.selection import Feed, FeedBuilder
from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom
from digest.pages.edition_view import EditionView, PastEdition, edition_path, render_edition_view
from digest.pages.site import plan_pages
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["PublicEdition", "plan_public", "site_key"]


@dataclass(frozen=True, slots=True)
class PublicEdition:
    """A digest whose first copy has left.

    `key` is a fingerprint of all that its web views follow from beside settings, templates and feeds; `views` builds them,
    one a language.
    """

    past: PastEdition
    key: str
    views: Callable[[], Sequence[EditionView]]


def site_key(settings: Settings, templates: Templates) -> str:
    """A fingerprint of what every output follows from: settings, templates and code."""
    return fingerprint(settings.fingerprint, templates.fingerprint, shipped.fingerprint())


def plan_public(
    newsroom: Newsroom,
    settings: Settings,
    pictures: Pictures,
    templates: Templates,
    now: datetime,
    editions: Sequence[PublicEdition] = (),
    cache: EntryCache | None = None,
) -> Iterator[Group]:
    """Every text file of the public site; equal facts give equal keys and bytes. Photos are not among them.

    Args:
        now: the moment, for what changes by time alone.
        editions: newest first.
        cache: where entries of feeds are kept from one run to the next.
    """
    key = site_key(settings, templates)
    builder = FeedBuilder(newsroom, settings, now)
    feeds = builder.offered()
    yield from plan_pages(newsroom, settings, pictures, templates, feeds, key, [edition.past for edition in editions])
    for edition in editions:
        yield _plan_edition(edition, key, settings, templates, feeds)
    writer = FeedWriter(settings, pictures, templates, key, cache)
    yield from plan_feeds(newsroom, settings, writer, key, now, builder)


def _plan_edition(
    edition: PublicEdition, site: str, settings: Settings, templates: Templates, feeds: Sequence[Feed]
) -> Group:
    key = fingerprint(site, [(feed.name, feed.title) for feed in feeds], edition.key)

    def build() -> Iterator[Document]:
        for view in edition.views():
            path = f"{edition_path(view.id, view.language, settings)}index.html"
            yield Document(path, key, partial(render_edition_view, view, settings, templates, feeds))

    return Group(f"edition {edition.past.id}", key, build)
