"""Whole feed documents, joined from entries that were serialised once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digest.clock import format_utc
from digest.feeds.entries import Entry, build_entry
from digest.feeds.extensions import DeletedEntry, format_atom_update, format_rfc822
from digest.feeds.feed import Feed, Tombstone
from digest.feeds.heads import HeadWriter
from digest.feeds.json_feed import render_json_head
from digest.feeds.notices import build_notice
from digest.feeds.pieces import EntryCache, Piece, Pieces, make_piece
from digest.feeds.press import build_embargoed_entry
from digest.feeds.xml_feeds import Head, XmlFormat
from digest.newsroom.addresses import Addresses, FeedFormat
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Published
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["FEED_BYTES", "MEDIA_TYPES", "FeedWriter", "build_head"]

FEED_BYTES = 1_000_000
"""No feed's whole entries are longer than this together; the newest stay."""
MEDIA_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
    "opml": "text/x-opml; charset=utf-8",
}
"""As what each document is served."""


class FeedWriter:
    """Writes the feeds of one newsroom, in one thread.

    Each entry is built and serialised once for all feeds and formats (once more for feeds in another language, where its own
    is marked); a document is a join of bytes, equal to what feedgen would write of the whole.

    Args:
        site_key: a fingerprint of all that entries follow from besides their items; see `cache`.
        cache: keeps the entries of current documents from one run to the next.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: Pictures,
        templates: Templates,
        site_key: str = "",
        cache: EntryCache | None = None,
    ) -> None:
        self.settings, self.pictures, self.templates = settings, pictures, templates
        self._pieces = Pieces(settings, pictures, templates, site_key, cache)
        self._heads = HeadWriter(settings)
        self._fitted: tuple[Feed, Sequence[Piece]] | None = None

    def render(self, feed: Feed, form: FeedFormat) -> bytes:
        """A feed's document in that format, UTF-8.

        Raises:
            ContentError: an item holds a character that XML does not allow.
            TemplateError: a template of templates/feeds cannot be used.
        """
        pieces = self._fit(feed)
        if form == "json":
            head, tail = render_json_head(feed, self.settings)
            return b"".join((head, b",".join(piece.json for piece in pieces), tail))
        has_picture = any(piece.has_picture for piece in pieces)
        head, tail = self._heads.render(form, build_head(feed, form, self.settings, bool(pieces), has_picture))
        return b"".join((head, *(piece.atom if form == "atom" else piece.rss for piece in pieces), tail))

    def entries(self, feed: Feed) -> tuple[Entry, ...]:
        """The entries that a feed's documents hold, the same in each format."""
        items = (
            build_entry(item, self.settings, self.pictures, self.templates, shortened=shortened)
            for item, shortened, _ in self._choose(feed)
        )
        return *self._open(feed), *items

    def _fit(self, feed: Feed) -> Sequence[Piece]:
        """A feed's entries as bytes; the last feed's are at hand, for its formats are written one after the other."""
        if self._fitted is None or self._fitted[0] is not feed:
            self._pieces.load(feed.items, feed.language_tag)
            opening = [make_piece(entry, feed.language_tag) for entry in self._open(feed)]
            self._fitted = feed, [*opening, *(piece for *_, piece in self._choose(feed))]
            if not feed.page:  # pages of archives are hardly ever written again
                self._pieces.keep(feed.items, feed.language_tag)
        return self._fitted[1]

    def _open(self, feed: Feed) -> Iterator[Entry]:
        """The entries before a feed's items: what is embargoed, or that the feed has ended or moved."""
        notice = build_notice(feed, self.settings, self.templates)
        if notice:
            yield notice
        for embargoed in feed.embargoed:
            yield build_embargoed_entry(embargoed, self.settings, self.templates)

    def _choose(self, feed: Feed) -> Iterator[tuple[Published, bool, Piece]]:
        """The items for which there is room, and whether they are shortened; those in `held` always have room."""
        room = FEED_BYTES
        for item in feed.items:
            if room >= 0:
                piece = self._pieces.get(item, feed.language_tag)
                room -= piece.byte_count
                if room >= 0:
                    yield item, False, piece
                    continue
            if item.id in feed.held:
                yield item, True, self._pieces.get(item, feed.language_tag, shortened=True)


def build_head(feed: Feed, form: XmlFormat, settings: Settings, has_entries: bool, has_picture: bool) -> Head:
    """What a feed says of itself in Atom or RSS, before such entries."""
    addresses, is_atom = Addresses(settings.newsroom.base_url), form == "atom"
    used = frozenset({"atom", "content", "dc"}) if has_entries and not is_atom else frozenset[str]()
    return Head(
        id=feed.id,
        title=feed.title,
        description=feed.description,
        language=feed.language_tag,
        home=feed.home,
        self=f"{feed.stem}.{form}",
        updated=format_atom_update(feed.updated.at, feed.updated.thousandths) if is_atom else format_rfc822(feed.updated.at),
        hub=feed.hub,
        current=addresses.feed(feed.name, form) if feed.page else "",
        previous=f"{addresses.feed_stem(feed.name, feed.previous)}.{form}" if feed.previous else "",
        following=f"{addresses.feed_stem(feed.name, feed.following)}.{form}" if feed.following else "",
        deleted=tuple(map(_build_deleted, feed.tombstones)) if is_atom else (),
        prefixes=used | {"media"} if has_picture else used,
    )


def _build_deleted(tombstone: Tombstone) -> DeletedEntry:
    content = tombstone.item.content
    reason = content.withdrawn.reason if content.withdrawn else ""
    return DeletedEntry(tombstone.item.entry_id, format_utc(tombstone.removed_at), reason, content.language)
