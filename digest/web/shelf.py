"""What the site's addresses answer: files of public/ with what the manifest knows of them, and feeds made on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from digest.clock import real_now
from digest.web.addresses import FEED, find_file, find_folder
from digest.web.deltas import Versions
from digest.web.fields import Field, Fields, Sort, judge_path
from digest.web.files import Seen, look_at, read_file
from digest.web.resources import Resource

__all__ = ["Contents", "LargeFile", "Listed", "OnDemand", "Shelf"]


class Listed(Protocol):
    """What a run of `publish` wrote at a path: see `digest.publishing.manifest.Entry`."""

    @property
    def sha256(self) -> str:
        """Of its bytes, in hexadecimal."""

    @property
    def status(self) -> int:
        """With what it is answered: 200, 301 or 410."""

    @property
    def location(self) -> str:
        """Where a 301 leads."""

    @property
    def written(self) -> int:
        """When its bytes last changed, in seconds since 1970."""


class Contents(Protocol):
    """What lies in public/ by the last run of `publish`, of whatever process."""

    def version(self) -> object:
        """Cheap, and another one whenever a run has changed anything."""

    def find(self, path: str) -> Listed | None:
        """What was written at a path below public/."""

    def is_gone(self, path: str) -> bool:
        """Whether something was public at this path and is no more."""


class Made(Protocol):
    """A document made on demand: see `digest.desk.on_demand.Made`."""

    @property
    def body(self) -> bytes:
        """Its bytes."""

    @property
    def status(self) -> int:
        """With what it is answered: 200, 301 or 410."""

    @property
    def location(self) -> str:
        """Where a 301 leads."""


class OnDemand(Protocol):
    """Feeds that are not on the disk: see `digest.desk.on_demand.OnDemandFeeds`."""

    def version(self) -> object:
        """Cheap, and another one whenever any of them may have changed by time alone."""

    def render(self, name: str, form: str) -> Made | None:
        """The document of a feed (`atom`, `rss`, `json`) or its page (`html`); None where there is none.

        Raises:
            DigestError: it cannot be made now.
        """


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A file that is sent in parts, not kept: how it was seen, and the fields of a full answer and of a 304."""

    file: str
    seen: Seen
    fields: Sequence[Field]
    unchanged: Sequence[Field]


class Shelf:
    """Reads what is asked for. `folder` is public/, which may still be missing."""

    def __init__(self, folder: Path, contents: Contents, fields: Fields, on_demand: OnDemand | None) -> None:
        self.root = str(folder)
        self.versions = Versions()
        self._contents = contents
        self._fields = fields
        self._on_demand = on_demand

    def look(self, path: str, *, as_page: bool = False) -> object:
        """Another value whenever the answer at a request's path may have become another one; costs next to nothing."""
        file, _ = _find_target(path, as_page)
        made = self._on_demand.version() if self._on_demand and FEED.fullmatch(file) else None
        return self._contents.version(), look_at(self.root, file), made

    def load(self, path: str, *, as_page: bool = False) -> Resource | LargeFile | None:
        """What a request's path means among the files; None where no file, or folder with an index, is meant.

        Args:
            as_page: the path is a feed's, and its page for people is wanted, as it is answered at the feed's own address.

        Raises:
            DigestError: the manifest cannot be read.
            OSError: a file cannot be read.
        """
        file, sort = _find_target(path, as_page)
        if not file:
            return None
        found = read_file(self.root, file)
        if found is None:
            return None if as_page else self._lead_to_folder(path, file)
        if found.body is None:
            return LargeFile(file, found.seen, self._fields.build(file, sort, 200), self._fields.build_unchanged(sort))
        listed = self._contents.find(file)
        sha256 = hashlib.sha256(found.body).hexdigest()
        modified_at = listed.written if listed and listed.sha256 == sha256 else found.seen.modified_at
        return self._build(file, found.body, sort, modified_at, sha256, listed)

    def make(self, path: str, *, as_page: bool = False) -> Resource | None:
        """A feed, or the page of one, that is made on demand; None where there is none. For `as_page` see `load`.

        Raises:
            DigestError: it cannot be made now.
        """
        file, sort = _find_target(path, as_page)
        found = FEED.fullmatch(file)
        made = self._on_demand.render(found["name"], found["form"]) if found and self._on_demand else None
        if made is None:
            return None
        return self._build(file, made.body, sort, _now(), hashlib.sha256(made.body).hexdigest(), made)

    def load_error(self, status: int) -> Resource | None:
        """The site's own page for a status: `404.html` or `410.html`."""
        file = f"{status}.html"
        found = read_file(self.root, file)
        if found is None or found.body is None:
            return None
        return Resource(file, found.body, judge_path(file), self._fields, found.seen.modified_at, status=status)

    def is_gone(self, path: str) -> bool:
        """Whether something was public at a request's path and is no more.

        Raises:
            DigestError: the manifest cannot be read.
        """
        file = find_file(path) or ""
        folder = find_folder(file)
        return self._contents.is_gone(file) or (folder is not None and self._contents.is_gone(folder))

    def build_part(self, whole: Resource, tag: bytes, since: str) -> Resource:
        """What is new in a feed since a version (see `Versions.find`); the whole feed where that is hardly more."""
        part = self.versions.cut(whole.file, since, whole.sort.feed or "", whole.body)
        if part is None:
            return whole
        extra = [(b"im", b"feed"), (b"delta-base", tag)]
        return Resource(
            whole.file, part, whole.sort, self._fields, whole.modified_at, status=226, extra=extra, sha256=whole.sha256
        )

    def _build(
        self, file: str, body: bytes, sort: Sort, modified_at: int, sha256: str, known: Listed | Made | None
    ) -> Resource:
        if sort.feed in ("atom", "rss"):
            self.versions.keep(file, sha256, sort.feed, body)
        return Resource(
            file,
            body,
            sort,
            self._fields,
            min(modified_at, _now()),  # RFC 9110 section 8.8.2.1: never later than the answer itself
            status=known.status if known else 200,
            location=known.location if known else "",
            sha256=sha256,
        )

    def _lead_to_folder(self, path: str, file: str) -> Resource | None:
        """An address that lacks the slash at its end leads to the one that has it (relative, so below any base URL)."""
        folder = find_folder(file)
        if folder is None or read_file(self.root, folder) is None:
            return None
        location = f"./{quote(path.rpartition('/')[2])}/"
        return Resource(folder, b"", judge_path(folder), self._fields, 0, status=301, location=location)


def _now() -> int:
    return int(real_now().timestamp())


def _find_target(path: str, as_page: bool) -> tuple[str, Sort]:
    """The file that a request's path means, empty for none, and what its answer is."""
    file = find_file(path) or ""
    sort = judge_path(file)
    if not as_page:
        return file, sort
    found = FEED.fullmatch(file)
    page = f"feeds/{found['name']}.html" if found else ""
    return page, replace(judge_path(page), varies=sort.varies, max_age=sort.max_age, shared=sort.shared)
