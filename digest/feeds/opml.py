"""OPML 2.0: the list of all feeds, which a reader program can take in at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from digest.feeds.selection import Feed
from digest.newsroom.addresses import Addresses
from digest.settings import Settings
from digest.templates import Words

__all__ = ["render_opml"]


def render_opml(feeds: Iterable[Feed], settings: Settings, words: Words) -> bytes:
    """The list of these feeds, grouped by topic, kind and language, in the newsroom's words.

    Each feed is named once, in Atom: a reader that takes in the list would otherwise show every item three times.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = settings.newsroom.title
    etree.SubElement(head, "ownerName").text = settings.newsroom.name
    body = etree.SubElement(root, "body")
    groups: dict[str, Any] = {}
    for feed in feeds:
        group = _name_group(feed, words)
        if group and group not in groups:
            groups[group] = etree.SubElement(body, "outline", text=group)
        _add_feed(groups[group] if group else body, feed, Addresses(settings.newsroom.base_url))
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _name_group(feed: Feed, words: Words) -> str:
    if feed.topic:
        return words.gettext("By topic")
    if feed.kind:
        return words.gettext("By kind")
    return words.gettext("In one language") if feed.language else ""


def _add_feed(parent: Any, feed: Feed, addresses: Addresses) -> None:
    etree.SubElement(
        parent,
        "outline",
        type="rss",  # OPML's word for a feed of any format
        text=feed.title,
        title=feed.title,
        description=feed.description,
        language=feed.language_tag,
        xmlUrl=addresses.feed(feed.name, "atom"),
        htmlUrl=feed.home,
    )
