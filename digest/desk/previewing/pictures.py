"""Photos as letters show them, made in memory when a browser asks for one: nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from PIL import Image

from digest.errors import ContentError
from digest.items.folder import Folder
from digest.newsroom.pictures import Picture, Rendition
from digest.publishing.photos import WIDTHS, read_photo_hash
from digest.publishing.recoding import HEIGHT_LIMIT, check_photo, recode_photo

__all__ = ["ShownPictures"]

_ORIENTATION, _TURNED = 0x0112, range(5, 9)
_KEPT = 64


class ShownPictures(Mapping[str, Picture]):
    """The pictures of an items folder, by the name that items call each photo by.

    Only heads of files are read until a rendition's bytes are asked for, by its name.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._places: dict[str, tuple[str, str]] = {}

    def __getitem__(self, src: str) -> Picture:
        path = self._folder.photos[src]
        _, stamp = self._folder.scan.photos[src]
        try:
            width, height = _measure(path, stamp)
        except ContentError:
            raise KeyError(src) from None
        name = hashlib.sha256(repr((src, stamp)).encode()).hexdigest()[:16]
        return Picture(**{size: self._describe(src, size, name, width, height) for size in WIDTHS})

    def _describe(self, src: str, size: str, name: str, width: int, height: int) -> Rendition:
        limit = WIDTHS[size]
        scale = min(1.0, limit / width, limit * HEIGHT_LIMIT / height)
        small = max(1, round(width * scale)), max(1, round(height * scale))
        rendition = Rendition(f"{name}-{limit}.jpg", *small, byte_count=0)
        self._places[rendition.name] = src, size
        return rendition

    def __contains__(self, src: object) -> bool:
        return src in self._folder.photos

    def __iter__(self) -> Iterator[str]:
        return iter(self._folder.photos)

    def __len__(self) -> int:
        return len(self._folder.photos)

    def find_fault(self, src: str) -> str:
        """Why a photo cannot be shown, and what to do; empty when it can."""
        try:
            _measure(self._folder.photos[src], self._folder.scan.photos[src][1])
        except ContentError as error:
            return f"{src}: {error.cause}. {error.remedy}"
        return ""

    def read(self, name: str) -> bytes | None:
        """The JPEG of a rendition that was described before; None when there is none, or it cannot be made any more."""
        if name not in self._places:
            return None
        src, size = self._places[name]
        try:
            return _recode(self._folder.photos[src], self._folder.scan.photos[src][1], size)
        except ContentError:
            return None


@lru_cache(maxsize=1024)
def _measure(path: Path, _stamp: object) -> tuple[int, int]:
    """Width and height of a photo in pixels, held upright.

    Raises:
        ContentError: it is no picture that can be published.
    """
    check_photo(path)
    with Image.open(path) as image:
        width, height = image.size
        return (height, width) if image.getexif().get(_ORIENTATION) in _TURNED else (width, height)


@lru_cache(maxsize=_KEPT)
def _recode(path: Path, _stamp: object, size: str) -> bytes:
    return recode_photo(path, read_photo_hash(path), {size: WIDTHS[size]})[size][0]
