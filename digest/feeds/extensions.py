"""Extensions of feedgen 1.0.0 that mend its faults, each named where it is mended.

feedgen calls `extend_ns`, `extend_atom` and `extend_rss` of every registered extension while it builds a tree. In its Atom
trees elements have bare names ("link"), and Atom's namespace is a mere attribute of the root.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import feedgen.entry
import feedgen.feed
from lxml import etree

from digest.clock import format_utc
from digest.feeds.entries import Entry, EntryPicture

__all__ = [
    "NAMESPACES", "POLL_MINUTES", "DeletedEntry", "EntryX", "FeedX", "Link", "format_atom_update", "format_rfc822",
]  # fmt: skip

NAMESPACES: Mapping[str, str] = {
    "at": "http://purl.org/atompub/tombstones/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}
POLL_MINUTES = 15
"""How often RSS readers are invited to look; breaking news should not wait an hour."""
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def format_rfc822(moment: datetime) -> str:
    """A date as RSS wants it (RFC 822 with a four-digit year), in English whatever the process's locale."""
    return format_datetime(moment, usegmt=True)


def format_atom_update(updated_at: datetime, number: int) -> str:
    """When an item changed last, for Atom: RFC 3339, the number of its release as thousandths of the second.

    Items released in one run share their second. Validators warn of entries with equal `updated`, and readers that sort by
    it would show such entries in any order. The number of a release never changes, so neither does the fraction.
    """
    return f"{format_utc(updated_at)[:-1]}.{number % 1000:03}Z"


# Fault: feedgen switches the whole process's locale to C and back for each date, under the feet of all other threads.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_rfc822


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a whole feed besides self and home, such as a hub's (RFC 8288)."""

    rel: str
    href: str
    type: str | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """Its attributes in XML."""
        named = {"href": self.href, "rel": self.rel}
        return {**named, "type": self.type} if self.type else named


@dataclass(frozen=True, slots=True)
class DeletedEntry:
    """An entry that is no more (RFC 6721): its id, since when, and why ("" when nothing is said) in which language."""

    ref: str
    when: str
    comment: str
    language: str


def _add(parent: Any, prefix: str, name: str, text: str = "", **attributes: str) -> Any:
    address = NAMESPACES[prefix]
    element = etree.SubElement(parent, f"{{{address}}}{name}", attributes, nsmap={prefix: address})
    if text:
        element.text = text
    return element


class FeedX:
    """What a feed needs and feedgen does not write; set the attributes before the feed is written.

    `updated` is in RFC 3339 for Atom and in RFC 822 for RSS; `prefixes` are those of NAMESPACES that its entries use.
    """

    def __init__(self) -> None:
        self.home = ""
        self.updated = ""
        self.links: tuple[Link, ...] = ()
        self.is_archive = False
        self.deleted: tuple[DeletedEntry, ...] = ()
        self.prefixes: frozenset[str] = frozenset()

    def extend_ns(self) -> dict[str, str]:
        """All namespaces; the ones that this feed does not use are taken away when its head is built."""
        return dict(NAMESPACES)

    def extend_atom(self, feed: Any) -> Any:
        """Mend the head of an Atom feed."""
        # Fault: `updated` is written with an offset, and with microseconds if there are any.
        feed.find("updated").text = self.updated
        for link in self.links:
            etree.SubElement(feed, "link", link.attributes)
        if self.is_archive:
            _add(feed, "fh", "archive")
        for entry in self.deleted:
            _add_deleted(feed, entry)
        etree.cleanup_namespaces(feed, keep_ns_prefixes=sorted(self.prefixes & {"media"}))
        return feed

    def extend_rss(self, rss: Any) -> Any:
        """Mend the head of an RSS feed."""
        channel = rss.find("channel")
        channel.find("lastBuildDate").text = self.updated
        # Fault: the channel's link is whichever feed link was added last, the feed's own address among them.
        channel.find("link").text = self.home
        # Fault: of all feed links RSS gets the first rel=self alone.
        for link in self.links:
            _add(channel, "atom", "link", **link.attributes)
        # Fault: feedgen's own syndication extension writes names and values that its specification does not know.
        _add(channel, "sy", "updatePeriod", "hourly")
        _add(channel, "sy", "updateFrequency", str(60 // POLL_MINUTES))
        if self.is_archive:
            _add(channel, "fh", "archive")
        etree.cleanup_namespaces(rss, keep_ns_prefixes=sorted(self.prefixes))
        return rss


class EntryX:
    """What an entry needs and feedgen does not write; set the attributes before the entry is written."""

    def __init__(self) -> None:
        self.entry: Entry | None = None
        self.mark_language = False

    def extend_atom(self, element: Any) -> Any:
        """Mend an Atom entry."""
        entry = self._given()
        # Fault: links lose every attribute but href.
        for link in element.findall("link"):
            element.remove(link)
        alternate = {"href": entry.link, "rel": "alternate", "type": "text/html", "hreflang": entry.language}
        element.insert(2, etree.Element("link", alternate))
        # Fault: moments are written with an offset instead of Z, and `updated` is now when nothing was set.
        element.find("updated").text = format_atom_update(entry.updated_at, entry.number)
        element.find("published").text = format_utc(entry.published_at)
        self._extend_both(element, entry)
        return element

    def extend_rss(self, element: Any) -> Any:
        """Mend an RSS item."""
        entry = self._given()
        # Fault: a plain summary becomes the description as it is, though descriptions are HTML.
        element.find("description").text = html.escape(entry.summary, quote=False)
        # Fault: authors without an e-mail address vanish from RSS.
        for creator in entry.creators:
            _add(element, "dc", "creator", creator)
        # RSS has no date of a change; without this one, readers would not learn of a correction.
        _add(element, "atom", "updated", format_utc(entry.updated_at))
        self._extend_both(element, entry)
        return element

    def _extend_both(self, element: Any, entry: Entry) -> None:
        # Fault: entries have no language of their own.
        if self.mark_language:
            element.set(_XML_LANG, entry.language)
        # Fault: the media extension knows no credit and no description.
        if entry.picture:
            _add_picture(element, entry.picture)

    def _given(self) -> Entry:
        if self.entry is None:
            raise TypeError("EntryX.entry is not set")
        return self.entry


def _add_deleted(feed: Any, entry: DeletedEntry) -> None:
    deleted = _add(feed, "at", "deleted-entry", ref=entry.ref, when=entry.when)
    if entry.comment:
        _add(deleted, "at", "comment", entry.comment).set(_XML_LANG, entry.language)


def _add_picture(element: Any, picture: EntryPicture) -> None:
    """Media RSS 1.5.1: media:content with its description and credit."""
    facts = {
        "url": picture.address,
        "type": picture.type,
        "medium": "image",
        "width": picture.width,
        "height": picture.height,
        "fileSize": picture.byte_count,
    }
    content = _add(element, "media", "content", **{name: str(value) for name, value in facts.items() if value})
    _add(content, "media", "description", picture.description, type="plain")
    _add(content, "media", "credit", picture.credit)
