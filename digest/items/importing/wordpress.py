"""WordPress exports (WXR 1.0 to 1.2): an RSS file with all posts, drafts, pages and attachments of a site.

The file is read twice as a stream: first its attachments, then its posts, so that a large one needs little memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import unquote

from digest.errors import ContentError
from digest.items.importing.entries import Entry, Picture, Skip, Term, clean, first_moment, read_mail_moment, to_plain
from digest.items.importing.html_tree import read_lines
from digest.items.importing.pictures import read_caption
from digest.items.importing.shortcodes import expand_shortcodes
from digest.items.importing.sources import Element, read_elements

__all__ = ["judge_status", "name_removed", "read_export", "read_gmt"]

_WXR = "http://wordpress.org/export/"
_PREFIXES = {"http://purl.org/rss/1.0/modules/content/": "content:", "http://purl.org/dc/elements/1.1/": "dc:"}
_NO_TERMS = frozenset({"language", "nav_menu", "post_format", "post_translations", "term_language", "wp_theme"})
_NO_POSTS = frozenset({"attachment", "revision", "nav_menu_item"})
_PHP_CREDIT = re.compile(r's:6:"credit";s:[0-9]+:"([^"]+)"')
_CREDIT_KEY = re.compile(r"(?:^|_)(?:credit|photographer)(?:_name)?$")
_NOT_PUBLISHED = {
    "draft": "it is a draft", "auto-draft": "it is a draft", "pending": "it waits for review", "private": "it is private",
    "trash": "it is in the trash",
}  # fmt: skip


def read_export(stream: BinaryIO, file: str) -> Iterator[Entry | Skip]:
    """The posts of an export, whatever their type; attachments, menus and revisions are passed over.

    Raises:
        ContentError: it is too large, no XML, declares a DOCTYPE, or is a feed and no export.
    """
    pictures = dict(_read_attachments(stream, file))
    count = 0
    for element in read_elements(stream, file, ("item",), ("channel",)):
        count += 1
        if isinstance(element, Skip):
            yield element
        elif not (item := _Item(element)).text("wp:post_type"):
            raise ContentError(file, "it is no export of WordPress, but a feed", "Read it with: digest import feed")
        elif item.text("wp:post_type") not in _NO_POSTS:
            yield _read_post(item, pictures)
    if not count:
        yield Skip("", "it holds no post; export it in WordPress with Tools, Export, All content", is_fault=True)


class _Item:
    """The children of an item by their names, with the prefixes that WordPress writes whatever the version's namespace."""

    def __init__(self, element: Element) -> None:
        self.line: int = element.sourceline or 0
        self.channel = element.getparent()
        self.children: dict[str, list[Element]] = {}
        for child in element.iterchildren("*"):
            self.children.setdefault(_name(child), []).append(child)
        self.meta = {_text(pair, "meta_key"): _text(pair, "meta_value") for pair in self.children.get("wp:postmeta", ())}

    def text(self, name: str) -> str:
        """The text of a child; empty when there is none."""
        found = self.children.get(name)
        return found[0].text or "" if found else ""


def _name(child: Element) -> str:
    space, _, local = child.tag.rpartition("}")
    space = space.removeprefix("{")
    if space.startswith(_WXR):
        return f"excerpt:{local}" if space.rstrip("/").endswith("excerpt") else f"wp:{local}"
    return _PREFIXES.get(space, "?:" if space else "") + str(local)


def _text(pair: Element, local: str) -> str:
    found = pair.find(f"{{*}}{local}")
    return (found.text or "") if found is not None else ""


def _read_attachments(stream: BinaryIO, file: str) -> Iterator[tuple[str, Picture]]:
    for element in read_elements(stream, file, ("item",), ("channel",)):
        if isinstance(element, Skip):
            return
        item = _Item(element)
        if item.text("wp:post_type") == "attachment":
            yield item.text("wp:post_id"), _read_attachment(item)


def _read_attachment(item: _Item) -> Picture:
    """An attachment: its excerpt is the caption; a plug-in's field or the camera's data name who made it."""
    said = read_caption(read_lines(item.text("excerpt:encoded")))
    named = next((value for key, value in item.meta.items() if _CREDIT_KEY.search(key) and value.strip()), "")
    camera = _PHP_CREDIT.search(item.meta.get("_wp_attachment_metadata", ""))
    return Picture(
        address=clean(item.text("wp:attachment_url")),
        alt=clean(item.meta.get("_wp_attachment_image_alt", "")),
        caption=said.caption,
        credit=said.credit or to_plain(named or (camera[1] if camera else "")),
    )


def _read_post(item: _Item, pictures: Mapping[str, Picture]) -> Entry | Skip:
    title = to_plain(item.text("title"))
    why = judge_status(item.text("wp:status"), bool(item.text("wp:post_password")))
    if why:
        return Skip(title, why, item.line)
    body = item.text("content:encoded")
    expanded = expand_shortcodes(body)
    moments = (read_gmt(item.text("wp:post_date_gmt")), read_mail_moment(item.text("pubDate")))
    return Entry(
        title=title,
        html=expanded.html,
        published=first_moment(moments),
        line=item.line,
        guid=clean(item.text("guid")),
        name=clean(unquote(item.text("wp:post_name"), errors="replace")),
        link=clean(item.text("link")),
        summary=clean(read_lines(expand_shortcodes(item.text("excerpt:encoded")).html)),
        language=_read_language(item),
        sort=item.text("wp:post_type"),
        terms=tuple(_read_terms(item)),
        picture=pictures.get(item.meta.get("_thumbnail_id", "")),
        has_lines="<!-- wp:" not in body,
        remarks=name_removed(expanded.removed),
    )


def _read_terms(item: _Item) -> Iterator[Term]:
    for element in item.children.get("category", ()):
        if element.get("domain") not in _NO_TERMS:
            yield Term(to_plain(element.text or ""), clean(unquote(element.get("nicename") or "", errors="replace")))


def _read_language(item: _Item) -> str:
    """A language that a plug-in notes as a category, else the site's."""
    for element in item.children.get("category", ()):
        if element.get("domain") == "language":
            return clean(element.get("nicename") or "")
    return clean(item.channel.findtext("language") or "")


def judge_status(status: str, has_password: bool) -> str:
    """Why a post is not to be imported; empty when it is published or is to be by itself."""
    if status in ("publish", "future"):
        return "it is protected by a password" if has_password else ""
    return _NOT_PUBLISHED.get(status, f"its status is {clean(status)[:40]!r}")


def name_removed(names: tuple[str, ...]) -> tuple[str, ...]:
    """The remark on shortcodes that could not be turned into anything."""
    return (f"shortcodes are left out: {', '.join(names)}",) if names else ()


def read_gmt(text: str) -> datetime | None:
    """A moment as WordPress keeps it, in UTC without saying so; None for the zeros of what was never published."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(microsecond=0, tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
