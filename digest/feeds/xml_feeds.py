"""Atom 1.0 (RFC 4287) and RSS 2.0, through feedgen: whole feeds, heads of feeds, and single entries as bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from digest.clock import format_utc
from digest.errors import ContentError
from digest.feeds.entries import Entry
from digest.feeds.extensions import NAMESPACES, POLL_MINUTES, EntryX, FeedX, entry_prefixes, format_atom_update
from digest.feeds.selection import Feed
from digest.newsroom.addresses import Addresses
from digest.settings import Settings

__all__ = [
    "build_atom_generator",
    "build_rss_generator",
    "render_atom_entry",
    "render_atom_head",
    "render_rss_entry",
    "render_rss_head",
]

GENERATOR = "newsroom-digest"
"""Without a version: an upgrade of the program alone must not change a feed."""
_WRAPPER_END = b"</wrapper>"
_WRAPPER_START = etree.tostring(etree.Element("wrapper", nsmap=NAMESPACES)).removesuffix(b"/>") + b">"


def build_atom_generator(feed: Feed, entries: Iterable[Entry], settings: Settings, *, whole: bool = True) -> Any:
    """A FeedGenerator whose `atom_str()` is the feed; without `whole` only its head, fit for just these entries."""
    generator = _build_generator(feed, entries, whole)
    newsroom, addresses = settings.newsroom, Addresses(settings.newsroom.base_url)
    generator.id(feed.id)
    generator.author({"name": newsroom.name, "uri": addresses.front})
    generator.link({"href": addresses.feed(feed.name, "atom"), "rel": "self", "type": "application/atom+xml"})
    generator.link({"href": feed.home, "rel": "alternate", "type": "text/html"})
    return generator


def build_rss_generator(feed: Feed, entries: Iterable[Entry], settings: Settings, *, whole: bool = True) -> Any:
    """A FeedGenerator whose `rss_str()` is the feed; without `whole` only its head, fit for just these entries."""
    generator = _build_generator(feed, entries, whole)
    addresses = Addresses(settings.newsroom.base_url)
    generator.link({"href": addresses.feed(feed.name, "rss"), "rel": "self", "type": "application/rss+xml"})
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.ttl(POLL_MINUTES)
    return generator


def _build_generator(feed: Feed, entries: Iterable[Entry], whole: bool) -> Any:
    entries = tuple(entries)
    generator = FeedGenerator()
    generator.register_extension("x", FeedX, EntryX)
    generator.title(feed.title)
    generator.description(feed.description)
    generator.language(feed.language_tag)
    generator.generator(GENERATOR)
    newest = feed.newest
    generator.updated(newest.updated_at if newest else feed.opened_at)
    generator.x.updated = format_atom_update(newest.updated_at, newest.released) if newest else format_utc(feed.opened_at)
    generator.x.home = feed.home
    generator.x.prefixes = frozenset[str]().union(*map(entry_prefixes, entries))
    for entry in entries if whole else ():
        generator.add_entry(_build_entry(entry, feed.language_tag), order="append")
    return generator


def _build_entry(entry: Entry, feed_language: str) -> Any:
    built = FeedEntry()
    built.register_extension("x", EntryX)
    built.x.entry = entry
    built.x.mark_language = entry.language != feed_language
    built.id(entry.id)
    built.title(entry.title)
    built.link({"href": entry.link, "rel": "alternate"})
    built.summary(entry.summary)
    built.content(entry.content, type="html")
    built.author([{"name": creator} for creator in entry.creators])
    built.category([{"term": each.term, "scheme": each.scheme, "label": each.label} for each in entry.categories])
    built.published(entry.published_at)
    built.updated(entry.published_at)  # a place for the text that EntryX writes
    return built


def render_atom_entry(entry: Entry, feed_language: str) -> bytes:
    """An `entry` element, fit to stand in any Atom feed of that language.

    Raises:
        ContentError: it holds a character that XML does not allow.
    """
    return _serialise(lambda: _build_entry(entry, feed_language).atom_entry(), entry)


def render_rss_entry(entry: Entry, feed_language: str) -> bytes:
    """An `item` element, fit to stand in any RSS feed of that language.

    Raises:
        ContentError: it holds a character that XML does not allow.
    """
    return _serialise(lambda: _build_entry(entry, feed_language).rss_entry(), entry)


def render_atom_head(feed: Feed, entries: Iterable[Entry], settings: Settings) -> tuple[bytes, bytes]:
    """What stands before and behind the entries of an Atom feed."""
    return _split(build_atom_generator(feed, entries, settings, whole=False).atom_str(), b"</feed>")


def render_rss_head(feed: Feed, entries: Iterable[Entry], settings: Settings) -> tuple[bytes, bytes]:
    """What stands before and behind the items of an RSS feed."""
    return _split(build_rss_generator(feed, entries, settings, whole=False).rss_str(), b"</channel></rss>")


def _serialise(build: Callable[[], Any], entry: Entry) -> bytes:
    """An element as it reads inside a feed that has declared its namespaces."""
    wrapper = etree.Element("wrapper", nsmap=NAMESPACES)
    try:
        wrapper.append(build())
    except ValueError as error:
        raise ContentError(f"item {entry.id}", str(error), "Remove that character and publish the item again.") from None
    start, end = len(_WRAPPER_START), -len(_WRAPPER_END)
    return bytes(etree.tostring(wrapper, encoding="UTF-8", xml_declaration=False)[start:end])


def _split(document: bytes, tail: bytes) -> tuple[bytes, bytes]:
    return document.removesuffix(tail), tail
