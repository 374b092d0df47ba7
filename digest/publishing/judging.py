"""The last look at a new document before it replaces the old one: what no reader of a feed or page can do without.

A judge knows nothing of how documents are made. It reads their bytes and compares them with what may be public, so whatever
goes wrong in the making, a feed that breaks its readers or tells what is under embargo does not get out.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from lxml import etree

from digest.newsroom.addresses import Addresses
from digest.newsroom.public import Newsroom
from digest.settings import Settings

__all__ = ["FEED_LIMIT", "PublicJudge"]

FEED_LIMIT = 5_000_000
"""Validators and readers give up on longer feeds: bytes."""
_ATOM = "{http://www.w3.org/2005/Atom}"
_TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_JSON_FEED = "https://jsonfeed.org/version/1.1"


class _Fault(Exception):  # noqa: N818 (a document's, not the program's; it never leaves this module)
    """What is wrong with a document, as a sentence without a full stop."""


class PublicJudge:
    """Judges documents by what is public; what it compares them with is gathered when the first one needs it."""

    def __init__(self, newsroom: Newsroom, settings: Settings) -> None:
        self._newsroom = newsroom
        self._addresses = Addresses(settings.newsroom.base_url)
        self._own_ids = f"tag:{settings.newsroom.tag_authority}:feeds/"
        self._by_ending: dict[str, Callable[[str, bytes], None]] = {
            "atom": self._judge_atom,
            "rss": self._judge_rss,
            "json": self._judge_json,
            "opml": lambda _, data: self._judge_opml(data),
            "xml": lambda _, data: self._judge_sitemap(data),
            "html": self._judge_page,
            "jpg": _judge_photo,
        }

    def __call__(self, path: str, data: bytes) -> str:
        """What is wrong with a document, as a sentence without a full stop; empty when it is sound."""
        try:
            if not data:
                raise _Fault("it is empty")
            judge = self._by_ending.get(path.rpartition(".")[2])
            if judge is not None:
                judge(path, data)
        except _Fault as fault:
            return str(fault)
        return ""

    @cached_property
    def _entry_ids(self) -> frozenset[str]:
        return frozenset(item.entry_id for item in self._newsroom)

    def _judge_atom(self, path: str, data: bytes) -> None:
        root = _parse(data)
        _require(root.tag == f"{_ATOM}feed", "it is no Atom feed")
        self._judge_self(path, [link.get("href") for link in root.iterchildren(f"{_ATOM}link") if link.get("rel") == "self"])
        ids = [entry.findtext(f"{_ATOM}id") for entry in root.iterchildren(f"{_ATOM}entry")]
        self._judge_ids([*ids, *(stone.get("ref") for stone in root.iterchildren(_TOMBSTONE))])

    def _judge_rss(self, path: str, data: bytes) -> None:
        root = _parse(data)
        channel = root.find("channel")
        if root.tag != "rss" or channel is None:
            raise _Fault("it is no RSS feed")
        links = [link.get("href") for link in channel.iterchildren(f"{_ATOM}link") if link.get("rel") == "self"]
        self._judge_self(path, links)
        ids = [item.findtext("guid") for item in channel.iterchildren("item")]
        self._judge_ids([*ids, *(stone.get("ref") for stone in channel.iterchildren(_TOMBSTONE))])

    def _judge_json(self, path: str, data: bytes) -> None:
        _judge_size(data)
        try:
            feed = json.loads(data)
            _require(feed["version"] == _JSON_FEED, "it is no JSON Feed")
            ids = [str(item["id"]) for item in feed["items"]]
            self._judge_self(path, [feed["feed_url"]])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _Fault(f"it is no JSON Feed ({error})") from None
        self._judge_ids(ids)

    def _judge_self(self, path: str, found: Sequence[str | None]) -> None:
        own = f"{self._addresses.front}{path}"
        _require(found == [own], f"it names another address than its own, {own}, as the one to subscribe to")

    def _judge_ids(self, ids: Iterable[str | None]) -> None:
        """All different, and each that of an item that is public, or of a notice about the feed itself."""
        counts = Counter(ids)
        twice = next((name for name, count in counts.items() if count > 1), None)
        _require(twice is None, f"it holds {twice} twice")
        for name in counts.keys() - self._entry_ids:
            if not (name and name.startswith(self._own_ids)):
                raise _Fault(f"it holds {name}, which is not public")

    def _judge_opml(self, data: bytes) -> None:
        root = _parse(data)
        _require(root.tag == "opml", "it is no OPML document")
        addresses = (outline.get("xmlUrl") for outline in root.iter("outline"))
        strange = next((each for each in addresses if each and not each.startswith(self._addresses.feeds)), None)
        _require(strange is None, f"it names {strange}, which is no feed of this site")

    def _judge_sitemap(self, data: bytes) -> None:
        """Well-formed, with addresses of this site alone; those of items only if they are public and stand."""
        addresses = [each.text or "" for each in _parse_xml(data).iter(f"{_SITEMAP}loc")]
        strange = next((each for each in addresses if not each.startswith(self._addresses.front)), None)
        _require(strange is None, f"it names {strange}, which is no page of this site")
        items = self._addresses.item("")[:-1]
        secret = next(
            (each for each in addresses if each.startswith(items) and not self._stands(each[len(items) : -1])), None
        )
        _require(secret is None, f"it names {secret}, which is not public")

    def _stands(self, name: str) -> bool:
        item = self._newsroom.by_id.get(name)
        return item is not None and not item.is_withdrawn

    def _judge_page(self, path: str, data: bytes) -> None:
        _require(data.rstrip().endswith(b"</html>"), "it breaks off before its end")
        folder, _, rest = path.partition("/")
        if folder == "items":
            _require(rest.partition("/")[0] in self._newsroom.by_id, "its item is not public")


def _judge_photo(path: str, data: bytes) -> None:
    name = path.rpartition("/")[2].removeprefix("logo-")
    _require(name.startswith(hashlib.sha256(data).hexdigest()[:16]), "its bytes are not those that it is named by")


def _judge_size(data: bytes) -> None:
    _require(len(data) <= FEED_LIMIT, f"it is longer than {FEED_LIMIT:,} bytes")


def _parse(data: bytes) -> Any:
    """A feed's root element; lengths beyond FEED_LIMIT are refused before anything is read."""
    _judge_size(data)
    return _parse_xml(data)


def _parse_xml(data: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _Fault(f"it is not well-formed ({error.msg})") from None
    _require(root.getroottree().docinfo.internalDTD is None, "it has a document type")
    return root


def _require(holds: bool, cause: str) -> None:
    if not holds:
        raise _Fault(cause)
