"""JSON Feed 1.0 and 1.1 as entries."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any, BinaryIO

from digest.errors import ContentError
from digest.items.importing.entries import Entry, File, Picture, Term, clean, first_moment, read_iso_moment
from digest.items.importing.sources import read_json

__all__ = ["read_json_feed"]


def read_json_feed(stream: BinaryIO, file: str) -> Iterator[Entry]:
    """The items of a JSON Feed.

    Raises:
        ContentError: it is too large, no JSON, or no JSON Feed.
    """
    feed = read_json(stream, file)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org/version/" not in _text(feed, "version"):
        remedy = "Answers of WordPress are read with: digest import wordpress"
        raise ContentError(file, "it is no JSON Feed", remedy)
    for item in items:
        yield _read_item(item if isinstance(item, dict) else {}, _text(feed, "language"))


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _read_item(item: dict[str, Any], language: str) -> Entry:
    """Its texts are plain by the format's own rule; `content_text` becomes HTML with its line ends."""
    plain = _text(item, "content_text")
    body = _text(item, "content_html")
    guid = item.get("id")
    tags = item.get("tags")
    image = _text(item, "image") or _text(item, "banner_image")
    return Entry(
        title=clean(_text(item, "title")),
        html=body or html.escape(plain),
        published=first_moment(map(read_iso_moment, (_text(item, "date_published"), _text(item, "date_modified")))),
        guid=clean(str(guid)) if isinstance(guid, str | int) else "",
        link=clean(_text(item, "url") or _text(item, "external_url")),
        summary=clean(_text(item, "summary")),
        language=clean(_text(item, "language") or language),
        terms=tuple(Term(clean(tag)) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        picture=Picture(address=clean(image)) if image else None,
        files=tuple(_read_files(item)),
        has_lines=not body,
    )


def _read_files(item: dict[str, Any]) -> Iterator[File]:
    found = item.get("attachments")
    for file in found if isinstance(found, list) else ():
        if isinstance(file, dict) and not _text(file, "mime_type").startswith("image/"):
            yield File(clean(_text(file, "url")), clean(_text(file, "title")))
