"""Ids of imported items: kept from the source where it has names, and the same in every run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

from digest.items.fields import ID, is_reserved
from digest.items.importing.entries import Entry
from digest.items.slugs import slug

__all__ = ["Known", "Names", "find_name", "read_key"]

_MARK = re.compile(r"-([0-9a-f]{8})$")
_MARK_SIZE = 8
_TAG = re.compile(r"tag:[^/:]+,[0-9-]+:(?:.*[/:])?([a-z0-9-]{1,80})")
_ENDING = re.compile(r"\.(?:s?html?|php|aspx?|jsp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """An item file that is there: where, and the address that its field `url` names."""

    path: Path
    url: str = ""


@dataclass
class Names:
    """The ids that item files have and those given in this run, by which entry is which."""

    known: Mapping[str, Known]
    given: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._marked = {found[1]: name for name in self.known if (found := _MARK.search(name))}

    def give(self, entry: Entry, title: str, day: date, url: str) -> str:
        """The id of an entry: the source's own name, with a mark of its guid where that name is missing or another's."""
        key = read_key(entry)
        mark = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:_MARK_SIZE]
        name = self._marked.get(mark) or find_name(entry, day)
        if not name:
            name = f"{slug(title, day)}-{mark}"
        elif self.given.get(name, key) != key or self._is_another(name, url):
            name = f"{name[: 80 - 1 - _MARK_SIZE].rstrip('-')}-{mark}"
        self.given[name] = key
        return name

    def _is_another(self, name: str, url: str) -> bool:
        """Whether the file of that id names another page as the item's own."""
        known = self.known.get(name)
        return bool(known and known.url and url and known.url != url)


def read_key(entry: Entry) -> str:
    """What tells an entry from all others: its guid, else its address, else its title and moment."""
    return entry.guid or entry.link or f"{entry.title}\n{entry.published}"


def find_name(entry: Entry, day: date) -> str:
    """The name that the source gave an entry for good, as an id; empty when there is none."""
    if entry.name:
        if ID.fullmatch(entry.name) and not is_reserved(entry.name):
            return entry.name
        return slug(entry.name.replace("-", " "), day)
    tagged = _TAG.fullmatch(entry.guid)
    if tagged and not is_reserved(tagged[1]):
        return tagged[1]
    return next((name for name in map(_read_address, (entry.guid, entry.link)) if name), "")


def _read_address(address: str) -> str:
    """The last part of a web address if it is a name: words with hyphens, and no query that says more."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        return ""
    last = _ENDING.sub("", unquote(parts.path.rstrip("/").rpartition("/")[2], errors="replace")).lower()
    is_name = ID.fullmatch(last) and "-" in last.strip("-") and re.search("[a-z]", last) and not is_reserved(last)
    return last if is_name else ""
