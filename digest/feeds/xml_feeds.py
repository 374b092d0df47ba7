"""Atom 1.0 (RFC 4287) and RSS 2.0, through feedgen: whole feeds, and single entries as bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from digest.errors import ContentError
from digest.feeds.entries import Entry
from digest.feeds.extensions import NAMESPACES, POLL_MINUTES, DeletedEntry, EntryX, FeedX, Link
from digest.newsroom.addresses import Addresses
from digest.settings import Settings

__all__ = ["Head", "XmlFormat", "build_atom_generator", "build_rss_generator", "render_xml_entry"]

XmlFormat = Literal["atom", "rss"]
GENERATOR = "newsroom-digest"
"""Without a version: an upgrade of the program alone must not change a feed."""
_WRAPPER_END = b"</wrapper>"
_WRAPPER_START = etree.tostring(etree.Element("wrapper", nsmap=NAMESPACES)).removesuffix(b"/>") + b">"
_SET_BY_EXTENSION = datetime(1970, 1, 1, tzinfo=UTC)
"""A place for the text that an extension writes."""


@dataclass(frozen=True, slots=True)
class Head:
    """What an Atom or RSS feed says of itself, as texts; "" leaves a link out.

    `updated` is in RFC 3339 for Atom and in RFC 822 for RSS; `current` is set in archives only and makes it one; `prefixes`
    are those of NAMESPACES that its entries use.
    """

    id: str
    title: str
    description: str
    language: str
    home: str
    self: str
    updated: str
    hub: str = ""
    current: str = ""
    previous: str = ""
    following: str = ""
    deleted: tuple[DeletedEntry, ...] = ()
    prefixes: frozenset[str] = frozenset()


def build_atom_generator(head: Head, entries: Iterable[Entry], settings: Settings) -> Any:
    """A FeedGenerator whose `atom_str()` is the feed."""
    generator = _build_generator(head, entries, "application/atom+xml")
    newsroom, addresses = settings.newsroom, Addresses(settings.newsroom.base_url)
    generator.id(head.id)
    generator.author({"name": newsroom.name, "uri": addresses.front})
    generator.link({"href": head.self, "rel": "self", "type": "application/atom+xml"})
    generator.link({"href": head.home, "rel": "alternate", "type": "text/html"})
    generator.icon(addresses.icon)
    return generator


def build_rss_generator(head: Head, entries: Iterable[Entry]) -> Any:
    """A FeedGenerator whose `rss_str()` is the feed."""
    generator = _build_generator(head, entries, "application/rss+xml")
    generator.link({"href": head.self, "rel": "self", "type": "application/rss+xml"})
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.ttl(POLL_MINUTES)
    return generator


def _build_generator(head: Head, entries: Iterable[Entry], media_type: str) -> Any:
    generator = FeedGenerator()
    generator.register_extension("x", FeedX, EntryX)
    generator.title(head.title)
    generator.description(head.description)
    generator.language(head.language)
    generator.generator(GENERATOR)
    generator.updated(_SET_BY_EXTENSION)
    archives = (("current", head.current), ("prev-archive", head.previous), ("next-archive", head.following))
    generator.x.updated = head.updated
    generator.x.home = head.home
    links = (Link("hub", head.hub), *(Link(rel, href, media_type) for rel, href in archives))
    generator.x.links = tuple(link for link in links if link.href)
    generator.x.is_archive = bool(head.current)
    generator.x.deleted = head.deleted
    generator.x.prefixes = head.prefixes
    for entry in entries:
        generator.add_entry(_build_entry(entry, head.language), order="append")
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
    built.updated(_SET_BY_EXTENSION)
    return built


def render_xml_entry(entry: Entry, feed_language: str) -> tuple[bytes, bytes]:
    """An `entry` element for Atom and an `item` element for RSS, fit to stand in any such feed of that language.

    Raises:
        ContentError: it holds a character that XML does not allow.
    """
    try:
        built = _build_entry(entry, feed_language)
        return _serialise(built.atom_entry()), _serialise(built.rss_entry())
    except ValueError as error:
        raise ContentError(f"item {entry.id}", str(error), "Remove that character and publish the item again.") from None


def _serialise(element: Any) -> bytes:
    """An element as it reads inside a feed that has declared its namespaces."""
    wrapper = etree.Element("wrapper", nsmap=NAMESPACES)
    wrapper.append(element)
    start, end = len(_WRAPPER_START), -len(_WRAPPER_END)
    return bytes(etree.tostring(wrapper, encoding="UTF-8", xml_declaration=False)[start:end])
