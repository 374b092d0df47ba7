"""A feed before it is written: what it is called, where it lies, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.feeds.lifecycle import State
from digest.items.model import Content
from digest.newsroom.public import Published

__all__ = ["Embargoed", "Feed", "Tombstone", "Update"]


@dataclass(frozen=True, slots=True, order=True)
class Update:
    """When something was last updated, and as thousandths of that second a number that tells it from its neighbours."""

    at: datetime
    thousandths: int = 0


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A withdrawn item whose notice has left the feed, and since when."""

    item: Published
    removed_at: datetime


@dataclass(frozen=True, slots=True)
class Embargoed:
    """An item that is not public yet: its content, when it is due, and when its file was changed last (not after now)."""

    content: Content
    due_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """One selection of the newsroom, whatever the format.

    `topic`, `kind` and `language` are what it is restricted to (None: not); `id` is a tag: URI (RFC 4151); `language_tag`
    (RFC 5646) is the language of its own words; `home` the page it belongs to; `stem` its address up to the format.
    `updated` is the last update of the whole selection, which may be of an item that `items` has no room for, so that it
    never goes back. `items` are the newest first; those in `held` are never left out for lack of room. `state` says whether
    the feed goes on; an ended or moved one has a notice as of `notice_at` before its items, a moved one leads to `target`
    (given without its items).

    A page of an archive is a feed too: `page` is its name, such as `2022-02`. `previous` is the page before it, or before
    the current document, `following` the one after it where that is told; "" when there is none. Only private feeds of the
    press have `embargoed` items, which stand first.
    """

    name: str
    id: str
    topic: str | None
    kind: str | None
    language: str | None
    title: str
    description: str
    language_tag: str
    home: str
    stem: str
    updated: Update
    items: tuple[Published, ...] = ()
    held: frozenset[str] = frozenset()
    tombstones: tuple[Tombstone, ...] = ()
    state: State = "open"
    notice_at: datetime | None = None
    target: Feed | None = None
    hub: str = ""
    page: str = ""
    previous: str = ""
    following: str = ""
    embargoed: tuple[Embargoed, ...] = ()

    @property
    def has_archive(self) -> bool:
        """Whether its older items are archived: those of everything and of topics are."""
        return self.kind is None and self.language is None
