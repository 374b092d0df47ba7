"""The whole public site as files: pages, feeds and their list, editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.feeds.documents import FeedWriter
from digest.feeds.opml import render_opml
from digest.feeds.selection import build_feeds
from digest.newsroom.addresses import FEED_FORMATS
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom
from digest.pages.edition_view import EditionView, PastEdition, edition_path, render_edition_view
from digest.pages.site import build_pages
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["build_public"]


def build_public(
    newsroom: Newsroom,
    settings: Settings,
    pictures: Pictures,
    templates: Templates,
    editions: Sequence[tuple[PastEdition, Sequence[EditionView]]] = (),
) -> Mapping[str, bytes]:
    """Every text file of the public site by its path; equal facts give equal bytes. Photos are not among them.

    Args:
        editions: the digests whose first copy has left, newest first, each with its web views, one a language.
    """
    feeds = build_feeds(newsroom, settings)
    files = build_pages(newsroom, settings, pictures, templates, feeds, [past for past, _ in editions])
    writer = FeedWriter(settings, pictures, templates)
    for feed in feeds:
        for form in FEED_FORMATS:
            files[f"feeds/{feed.name}.{form}"] = writer.render(feed, form)
    files["feeds/all.opml"] = render_opml(feeds, settings, templates.words(settings.newsroom.language))
    for _, views in editions:
        for view in views:
            path = f"{edition_path(view.id, view.language, settings)}index.html"
            files[path] = render_edition_view(view, settings, templates, feeds)
    return files
