"""public/ in plain values: feeds as their readers see them, and files as they lie there."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_STONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


class File(NamedTuple):
    """A file as it lies in a folder."""

    data: bytes
    mtime_ns: int
    inode: int


class Entry(NamedTuple):
    """An entry: what all three formats tell of it. Moments are in whole seconds."""

    id: str
    title: str
    link: str
    published_at: datetime
    updated_at: datetime
    summary: str
    content: str


@dataclass(frozen=True)
class Document:
    """A feed document. `previous` is the path of the archive before it; `updated` None in a format without place for it."""

    path: str
    self: str
    entries: tuple[Entry, ...]
    updated: datetime | None
    previous: str
    tombstones: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """The ids of entries and tombstones."""
        return [*(entry.id for entry in self.entries), *self.tombstones]


def read_files(folder: Path) -> dict[str, File]:
    """Every file below a folder by its path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            facts = path.stat()
            found[path.relative_to(folder).as_posix()] = File(path.read_bytes(), facts.st_mtime_ns, facts.st_ino)
    return found


def read_feeds(files: Mapping[str, File], base: str) -> dict[str, dict[str, Document]]:
    """The feed documents by their path without ending, each in its formats."""
    found: dict[str, dict[str, Document]] = {}
    for path, file in files.items():
        stem, _, form = path.rpartition(".")
        if path.startswith("feeds/") and form in ("atom", "rss", "json"):
            found.setdefault(stem, {})[form] = _read(path, form, file.data, base)
    return found


@lru_cache(maxsize=512)
def _read(path: str, form: str, data: bytes, base: str) -> Document:
    if form == "json":
        return _read_json(path, json.loads(data), base)
    root = etree.fromstring(data)
    return _read_atom(path, root, base) if form == "atom" else _read_rss(path, root.find("channel"), base)


def _read_atom(path: str, root: Any, base: str) -> Document:
    def text(entry: Any, name: str) -> str:
        return entry.findtext(f"{_ATOM}{name}") or ""

    entries = (
        Entry(
            text(entry, "id"),
            text(entry, "title"),
            entry.find(f"{_ATOM}link[@rel='alternate']").get("href"),
            _moment(text(entry, "published")),
            _moment(text(entry, "updated")),
            text(entry, "summary"),
            text(entry, "content"),
        )
        for entry in root.iterfind(f"{_ATOM}entry")
    )
    links = _links(root)
    stones = {stone.get("ref"): _moment(stone.get("when")) for stone in root.iterfind(_STONE)}
    updated = datetime.fromisoformat(text(root, "updated"))
    return Document(path, links["self"], tuple(entries), updated, links.get("prev-archive", "").removeprefix(base), stones)


def _read_rss(path: str, channel: Any, base: str) -> Document:
    entries = (
        Entry(
            item.findtext("guid"),
            item.findtext("title"),
            item.findtext("link"),
            parsedate_to_datetime(item.findtext("pubDate")),
            _moment(item.findtext(f"{_ATOM}updated")),
            html.unescape(item.findtext("description")),
            item.findtext(_CONTENT) or "",
        )
        for item in channel.iterfind("item")
    )
    links = _links(channel)
    updated = parsedate_to_datetime(channel.findtext("lastBuildDate"))
    return Document(path, links["self"], tuple(entries), updated, links.get("prev-archive", "").removeprefix(base))


def _links(parent: Any) -> dict[str, str]:
    return {link.get("rel"): link.get("href") for link in parent.iterfind(f"{_ATOM}link")}


def _read_json(path: str, feed: Any, base: str) -> Document:
    entries = (
        Entry(
            item["id"],
            item["title"],
            item["url"],
            _moment(item["date_published"]),
            _moment(item["date_modified"]),
            item["summary"],
            item["content_html"],
        )
        for item in feed["items"]
    )
    return Document(path, feed["feed_url"], tuple(entries), None, feed.get("next_url", "").removeprefix(base))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=0)


def list_names(documents: Iterable[str]) -> dict[str, list[str]]:
    """The current documents by their names, each with the pages of its archive."""
    found: dict[str, list[str]] = {}
    for stem in documents:
        name, _, page = stem.removeprefix("feeds/").partition("/")
        found.setdefault(name, []).extend([page] if page else [])
    return found
