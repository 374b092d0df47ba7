"""Photos as they lie below items/photos/: whether each can be published, and its hash, asked of a file only once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from digest import shipped
from digest.errors import ContentError
from digest.items.folder import Folder
from digest.items.keeping import PHOTO_COLUMNS, Row
from digest.store.cache import Cache

__all__ = ["Photos", "open_photos"]

_FAULT, _HASH = PHOTO_COLUMNS.index("fault"), PHOTO_COLUMNS.index("sha256")


class Photos:
    """What is known of the photos of a folder, by the names that items call them by."""

    def __init__(self, folder: Folder, cache: Cache | None) -> None:
        self._folder, self._cache = folder, cache
        self._basis = shipped.fingerprint()
        self._kept = cache.read_photos(self._basis) if cache is not None else {}
        self._changed: dict[str, Row] = {}

    def find_fault(self, src: str) -> str:
        """Why a photo cannot be published, and what to do; empty when it can."""
        return self._find(src, _FAULT, self._judge)

    def read_hash(self, src: str) -> str:
        """The SHA-256 (hexadecimal) of a photo as it was given.

        Raises:
            ContentError: it cannot be read.
        """
        return self._find(src, _HASH, self._hash)

    def keep(self) -> None:
        """Keep what was learned, for those photos that can only change by getting another stamp."""
        scan = self._folder.scan
        present = {path for path, _ in scan.photos.values()}
        changed = [row for row in self._changed.values() if scan.is_settled(row[1:5])]
        gone = self._kept.keys() - present
        if self._cache is not None and (changed or gone):
            self._cache.write_photos(self._basis, changed, gone)

    def _find(self, src: str, column: int, ask: Callable[[str], str]) -> str:
        path, stamp = self._folder.scan.photos[src]
        row = self._changed.get(path) or self._kept.get(path)
        if row is None or row[1:5] != stamp:
            row = (path, *stamp, None, None)
        if row[column] is None:
            row = (*row[:column], ask(src), *row[column + 1 :])
            self._changed[path] = row
        return str(row[column])

    def _judge(self, src: str) -> str:
        from digest.publishing.recoding import check_photo

        try:
            check_photo(self._folder.photos[src])
        except ContentError as error:
            return f"{error.cause}. {error.remedy}"
        return ""

    def _hash(self, src: str) -> str:
        from digest.publishing.photos import read_photo_hash

        return read_photo_hash(self._folder.photos[src])


@contextmanager
def open_photos(folder: Folder, cache: Cache | None) -> Iterator[Photos]:
    """The photos of a folder; what is learned of them is kept at the end."""
    photos = Photos(folder, cache)
    yield photos
    photos.keep()
