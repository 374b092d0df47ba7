"""Whole feed documents, joined from entries that were serialised once."""

from __future__ import annotations

from dataclasses import dataclass

from digest.feeds.entries import Entry, build_entry
from digest.feeds.json_feed import render_json_entry, render_json_head
from digest.feeds.selection import Feed
from digest.feeds.xml_feeds import render_atom_entry, render_atom_head, render_rss_entry, render_rss_head
from digest.newsroom.addresses import FeedFormat
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Published
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["FEED_BYTES", "MEDIA_TYPES", "FeedWriter"]

FEED_BYTES = 1_000_000
"""No feed's entries are longer than this together; the newest stay."""
MEDIA_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
    "opml": "text/x-opml; charset=utf-8",
}
"""As what each document is served."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry and its bytes in each format."""

    entry: Entry
    atom: bytes
    rss: bytes
    json: bytes

    @property
    def byte_count(self) -> int:
        """Its length where it is longest."""
        return max(len(self.atom), len(self.rss), len(self.json))


class FeedWriter:
    """Writes the feeds of one newsroom.

    Each item is built and serialised once for all feeds and formats (once more for feeds in another language, where its own
    is marked); a document is a join of bytes, equal to what feedgen would write of the whole.
    """

    def __init__(self, settings: Settings, pictures: Pictures, templates: Templates) -> None:
        self._settings = settings
        self._pictures = pictures
        self._templates = templates
        self._pieces: dict[tuple[str, bool], Piece] = {}

    def render(self, feed: Feed, form: FeedFormat) -> bytes:
        """A feed's document in that format, UTF-8.

        Raises:
            ContentError: an item holds a character that XML does not allow.
            TemplateError: templates/feeds/entry.html cannot be used.
        """
        renderers = {"atom": self.render_atom, "rss": self.render_rss, "json": self.render_json}
        return renderers[form](feed)

    def render_atom(self, feed: Feed) -> bytes:
        """A feed as Atom 1.0 (RFC 4287)."""
        pieces = self._fit(feed)
        head, tail = render_atom_head(feed, (piece.entry for piece in pieces), self._settings)
        return b"".join((head, *(piece.atom for piece in pieces), tail))

    def render_rss(self, feed: Feed) -> bytes:
        """A feed as RSS 2.0."""
        pieces = self._fit(feed)
        head, tail = render_rss_head(feed, (piece.entry for piece in pieces), self._settings)
        return b"".join((head, *(piece.rss for piece in pieces), tail))

    def render_json(self, feed: Feed) -> bytes:
        """A feed as JSON Feed 1.1."""
        head, tail = render_json_head(feed, self._settings)
        return b"".join((head, b",".join(piece.json for piece in self._fit(feed)), tail))

    def entries(self, feed: Feed) -> tuple[Entry, ...]:
        """The entries that a feed's documents hold, the same in each format: as many of its items as FEED_BYTES allow."""
        return tuple(piece.entry for piece in self._fit(feed))

    def _fit(self, feed: Feed) -> tuple[Piece, ...]:
        room, pieces = FEED_BYTES, []
        for item in feed.items:
            piece = self._piece(item, feed.language_tag)
            room -= piece.byte_count
            if room < 0:
                break
            pieces.append(piece)
        return tuple(pieces)

    def _piece(self, item: Published, feed_language: str) -> Piece:
        key = (item.id, item.content.language != feed_language)
        if key not in self._pieces:
            entry = build_entry(item, self._settings, self._pictures, self._templates)
            self._pieces[key] = Piece(
                entry=entry,
                atom=render_atom_entry(entry, feed_language),
                rss=render_rss_entry(entry, feed_language),
                json=render_json_entry(entry),
            )
        return self._pieces[key]
