"""Parts of feeds (RFC 3229 with the instance manipulation `feed`): the entries that are new or changed since a version.

A reader that sends `A-IM: feed` and the entity tag of the version it has gets the present feed without the entries it knows.
Of each feed the last few versions that were served are remembered, as fingerprints of their entries, and only in memory.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable

from lxml import etree

__all__ = ["Versions", "wants_part"]

_ENTRIES = {"atom": "{http://www.w3.org/2005/Atom}entry", "rss": "item"}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False)
_EXCLUDED = re.compile(r"q=0(?:\.0*)?")
_MOST_VERSIONS, _MOST_FEEDS = 8, 400
_WORTH = 0.9
"""A part that is longer than this share of the whole is not worth being one."""


def wants_part(a_im: bytes) -> bool:
    """Whether the reader takes parts of feeds: the field lists `feed`, and not with the weight 0."""
    for member in a_im.decode("latin-1").split(","):
        name, *parameters = (part.strip().lower().replace(" ", "") for part in member.split(";"))
        if name == "feed":
            return not any(_EXCLUDED.fullmatch(parameter) for parameter in parameters)
    return False


class Versions:
    """What the versions of feeds held that were served lately; versions are named by the SHA-256 of their bytes."""

    def __init__(self) -> None:
        self._feeds: OrderedDict[str, OrderedDict[str, frozenset[bytes]]] = OrderedDict()

    def keep(self, file: str, sha256: str, form: str, body: bytes) -> None:
        """Remember a version; a document that cannot be read is none."""
        versions = self._feeds.setdefault(file, OrderedDict())
        self._feeds.move_to_end(file)
        if sha256 not in versions:
            root = _read(body)
            if root is not None:
                versions[sha256] = frozenset(_fingerprint(entry) for entry in root.iter(_ENTRIES[form]))
        if sha256 in versions:
            versions.move_to_end(sha256)
        while len(versions) > _MOST_VERSIONS:
            versions.popitem(last=False)
        while len(self._feeds) > _MOST_FEEDS:
            self._feeds.popitem(last=False)

    def find(self, file: str, tags: Iterable[bytes]) -> tuple[bytes, str] | None:
        """The first of these entity tags that is one of a version we remember, and that version's name."""
        known = {sha256[:32]: sha256 for sha256 in tuple(self._feeds.get(file, ()))}
        for tag in tags:
            sha256 = known.get(tag[1:33].decode("latin-1"))
            if sha256 is not None:
                return tag, sha256
        return None

    def cut(self, file: str, since: str, form: str, body: bytes) -> bytes | None:
        """The feed without the entries that it had in that version; None when that is hardly shorter."""
        known = self._feeds.get(file, OrderedDict()).get(since)
        root = _read(body) if known is not None else None
        if root is None or known is None:
            return None
        for entry in list(root.iter(_ENTRIES[form])):
            above = entry.getparent()
            if above is not None and _fingerprint(entry) in known:
                above.remove(entry)
        part = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
        return part if len(part) < _WORTH * len(body) else None


def _read(body: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError:
        return None


def _fingerprint(entry: etree._Element) -> bytes:
    return hashlib.blake2b(etree.tostring(entry, with_tail=False), digest_size=12).digest()
