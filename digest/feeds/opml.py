"""OPML 2.0: the list of all feeds, which a reader program can take in at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from digest.feeds.feed import Feed
from digest.settings import Settings
from digest.templates import Words

__all__ = ["render_opml"]


def render_opml(feeds: Iterable[Feed], settings: Settings, words: Words) -> bytes:
    """The list of these feeds, grouped by topic, kind and language, in the newsroom's words.

    Each feed is named once, in Atom: a reader that takes in the list would otherwise show every item three times. Where a
    topic or kind has combinations, they stand below its title.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = settings.newsroom.title
    etree.SubElement(head, "ownerName").text = settings.newsroom.name
    groups: dict[tuple[str, ...], Any] = {(): etree.SubElement(root, "body")}
    feeds = tuple(feeds)
    paths = [_find_group(feed, settings, words) for feed in feeds]
    for feed, path in zip(feeds, paths, strict=True):
        named = path if paths.count(path) > 1 else path[:1]  # a title with a single feed below it would only be in the way
        _add_feed(_open_group(groups, named), feed)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _find_group(feed: Feed, settings: Settings, words: Words) -> tuple[str, ...]:
    """The titles under which a feed stands."""
    language = settings.newsroom.language
    if feed.topic:
        return words.gettext("By topic"), settings.topics[feed.topic].in_language(language)
    if feed.kind:
        return words.gettext("By kind"), settings.kinds[feed.kind].in_language(language)
    return (words.gettext("In one language"),) if feed.language else ()


def _open_group(groups: dict[tuple[str, ...], Any], path: tuple[str, ...]) -> Any:
    if path not in groups:
        groups[path] = etree.SubElement(_open_group(groups, path[:-1]), "outline", text=path[-1])
    return groups[path]


def _add_feed(parent: Any, feed: Feed) -> None:
    etree.SubElement(
        parent,
        "outline",
        type="rss",  # OPML's word for a feed of any format
        text=feed.title,
        title=feed.title,
        description=feed.description,
        language=feed.language_tag,
        xmlUrl=f"{feed.stem}.atom",
        htmlUrl=feed.home,
    )
