"""Entries as bytes: serialised once a version, kept in memory as far as there is room, and from one run to the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from digest.feeds.entries import Entry, build_entry
from digest.feeds.json_feed import render_json_entry
from digest.feeds.xml_feeds import render_xml_entry
from digest.newsroom.document import fingerprint
from digest.newsroom.pictures import Pictures, mark_picture
from digest.newsroom.public import Published
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["EntryCache", "Piece", "Pieces", "make_piece", "mark_item"]

MEMORY_BYTES = 64_000_000
"""How many bytes of entries are kept in memory."""
Key = tuple[str, bool, bool]
"""An item's mark, whether its language is told, whether it is shortened."""
_LENGTH = 4
"""How many bytes a length takes in a packed piece."""


class EntryCache(Protocol):
    """Keeps entries from one run to the next. Whatever it has lost is made anew."""

    def get_many(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """What is kept under these keys, as far as it is."""

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        """Keep these bytes by their keys."""


def mark_item(item: Published, pictures: Pictures) -> str:
    """A text that changes whenever the item's entry does, as long as settings, templates and program stay the same.

    It names the item's newest event, from which all but the pictures follows.
    """
    line = item.line
    return f"{line.number} {line.at} {line.version[:16]}{mark_picture(pictures, line.photo)}"


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry's bytes in each format, and whether it has a picture."""

    atom: bytes
    rss: bytes
    json: bytes
    has_picture: bool

    @property
    def byte_count(self) -> int:
        """Its length where it is longest."""
        return max(len(self.atom), len(self.rss), len(self.json))

    def pack(self) -> bytes:
        """All of it in one."""
        lengths = len(self.atom).to_bytes(_LENGTH, "big") + len(self.rss).to_bytes(_LENGTH, "big")
        return b"".join((bytes([self.has_picture]), lengths, self.atom, self.rss, self.json))

    @staticmethod
    def unpack(packed: bytes) -> Piece:
        """The piece that was packed."""
        start = 1 + 2 * _LENGTH
        rss = start + int.from_bytes(packed[1 : 1 + _LENGTH], "big")
        json = rss + int.from_bytes(packed[1 + _LENGTH : start], "big")
        return Piece(packed[start:rss], packed[rss:json], packed[json:], bool(packed[0]))


class Pieces:
    """The entries of a newsroom's items as bytes.

    Args:
        site_key: a fingerprint of all that entries follow from besides their items.
        cache: where `keep` puts entries, and `load` finds them again in the next run.
    """

    def __init__(
        self, settings: Settings, pictures: Pictures, templates: Templates, site_key: str, cache: EntryCache | None
    ) -> None:
        self._settings, self._pictures, self._templates = settings, pictures, templates
        self._site_key = site_key
        self._cache = cache
        self._cached: set[str] = set()
        self._at_hand: OrderedDict[Key, Piece] = OrderedDict()
        self._byte_count = 0

    def get(self, item: Published, feed_language: str, *, shortened: bool = False) -> Piece:
        """The entry of an item for feeds of that language, whole or with its summary in place of its text.

        Raises:
            ContentError: the item holds a character that XML does not allow.
            TemplateError: templates/feeds/entry.html cannot be used.
        """
        key = self._key(item, feed_language, shortened)
        piece = self._at_hand.get(key)
        if piece is None:
            entry = build_entry(item, self._settings, self._pictures, self._templates, shortened=shortened)
            piece = make_piece(entry, feed_language)
            self._remember(key, piece)
        else:
            self._at_hand.move_to_end(key)
        return piece

    def load(self, items: Iterable[Published], feed_language: str) -> None:
        """Have the whole entries of these items at hand, as far as the cache has them."""
        if self._cache is None:
            return
        wanted = (self._key(item, feed_language) for item in items)
        keys = {self._name(key): key for key in wanted if key not in self._at_hand}
        for name, packed in self._cache.get_many(keys).items():
            self._remember(keys[name], Piece.unpack(packed))
            self._cached.add(name)

    def keep(self, items: Iterable[Published], feed_language: str) -> None:
        """Have the whole entries of these items in the cache, as far as they are at hand."""
        if self._cache is None:
            return
        wanted = (self._key(item, feed_language) for item in items)
        keys = {self._name(key): key for key in wanted if key in self._at_hand}
        fresh = {name: self._at_hand[key].pack() for name, key in keys.items() if name not in self._cached}
        if fresh:
            self._cache.put_many(fresh)
            self._cached |= fresh.keys()

    def _key(self, item: Published, feed_language: str, shortened: bool = False) -> Key:
        return mark_item(item, self._pictures), item.line.language != feed_language, shortened

    def _name(self, key: Key) -> str:
        return fingerprint(self._site_key, *key)

    def _remember(self, key: Key, piece: Piece) -> None:
        self._at_hand[key] = piece
        self._byte_count += _weigh(piece)
        while self._byte_count > MEMORY_BYTES and len(self._at_hand) > 1:
            _, oldest = self._at_hand.popitem(last=False)
            self._byte_count -= _weigh(oldest)


def make_piece(entry: Entry, feed_language: str) -> Piece:
    """An entry as bytes, fit to stand in feeds of that language.

    Raises:
        ContentError: it holds a character that XML does not allow.
    """
    atom, rss = render_xml_entry(entry, feed_language)
    return Piece(atom, rss, render_json_entry(entry), entry.picture is not None)


def _weigh(piece: Piece) -> int:
    return len(piece.atom) + len(piece.rss) + len(piece.json)
