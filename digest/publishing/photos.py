"""Photos, re-encoded before anyone sees them.

A photo as it was given can tell where and by whom it was taken (EXIF, GPS, XMP, comments, an embedded thumbnail of what was
cropped away). Only its pixels go on: upright, in sRGB, without transparency, in three widths. What was made of a photo is
kept below var/photos/, in a folder named by the SHA-256 of the original, and never made twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from digest.errors import ContentError, Problem, StoreError
from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.pictures import MarkedPictures, Picture, Pictures, Rendition, mark_picture
from digest.settings import Site

__all__ = [
    "WIDTHS",
    "KeptPictures",
    "Renditions",
    "build_pictures",
    "open_renditions",
    "plan_photos",
    "read_photo_hash",
]

WIDTHS: Mapping[str, int] = {"large": 1600, "medium": 1200, "small": 400}
"""The widest each rendition may be, in pixels; a smaller photo is never enlarged."""


def read_photo_hash(path: Path) -> str:
    """The SHA-256 (hexadecimal) of a photo file as it was given.

    Raises:
        ContentError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ContentError(str(path), f"it cannot be read ({error.strerror})", "Mend its place or rights.") from None


def open_renditions(folder: Path) -> Renditions:
    """The renditions kept in a folder (var/photos), which need not exist yet."""
    return Renditions(folder)


class Renditions:
    """What was made of photos, found by the hash of the original."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def marks(self) -> Mapping[str, str]:
        """The photos that something was made of, by their hashes, each with a text that changes when it is made again."""
        try:
            with os.scandir(self._folder) as entries:
                return {entry.name: str(entry.inode()) for entry in entries if not entry.name.startswith(".")}
        except FileNotFoundError:
            return {}

    def find(self, digest: str) -> Picture | None:
        """The picture made of a photo earlier, None if there is none or its files are not whole."""
        files = self._read_sizes(digest)
        return Picture(**{size: rendition for size, (rendition, _) in files.items()}) if files else None

    def make(self, digest: str, photo: Path) -> Picture:
        """Re-encode a photo and keep the result.

        Raises:
            ContentError: it is not a picture that can be used, or not the one with this hash.
            StoreError: the result cannot be kept.
        """
        from digest.publishing.recoding import recode_photo

        files = recode_photo(photo, digest, WIDTHS)
        try:
            self._keep(digest, files)
        except OSError as error:
            raise StoreError(
                str(self._folder), f"renditions cannot be kept ({error.strerror})", "Make room, or mend the folder's rights."
            ) from None
        return Picture(**{size: _describe(data, width, height) for size, (data, width, height) in files.items()})

    def read(self, digest: str, size: str) -> bytes:
        """A rendition's bytes.

        Raises:
            ContentError: they cannot be read any more.
        """
        file = self._file(digest, size)
        try:
            return file.read_bytes()
        except OSError as error:
            cause = f"it cannot be read ({error.strerror})"
            raise ContentError(str(file), cause, "Publish again to make it anew.") from None

    def _file(self, digest: str, size: str) -> Path:
        return self._folder / digest / f"{WIDTHS[size]}.jpg"

    def _read_sizes(self, digest: str) -> dict[str, tuple[Rendition, str]]:
        """The renditions by size, each with its SHA-256; empty if anything is missing or does not fit."""
        try:
            data = json.loads((self._folder / digest / "sizes.json").read_bytes())
            found = {size: (Rendition(**data[size]["rendition"]), str(data[size]["sha256"])) for size in WIDTHS}
            whole = all(self._file(digest, size).stat().st_size == found[size][0].byte_count for size in WIDTHS)
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return found if whole else {}

    def _keep(self, digest: str, files: Mapping[str, tuple[bytes, int, int]]) -> None:
        """Write a photo's folder beside its place and move it there whole."""
        fresh, place = self._folder / f".{digest}.new", self._folder / digest
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        sizes = {}
        try:
            for size, (data, width, height) in files.items():
                _write_durably(fresh / f"{WIDTHS[size]}.jpg", data)
                rendition = _describe(data, width, height)
                facts = {field: getattr(rendition, field) for field in Rendition.__dataclass_fields__}
                sizes[size] = {"rendition": facts, "sha256": hashlib.sha256(data).hexdigest()}
            _write_durably(fresh / "sizes.json", json.dumps(sizes, indent=1, sort_keys=True).encode())
            shutil.rmtree(place, ignore_errors=True)
            fresh.rename(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


class KeptPictures(MarkedPictures):
    """The pictures that lie ready in a folder, each read when it is shown; a damaged one is made again from its original.

    Args:
        renditions: where they lie.
        originals: the photos to find, by the SHA-256 of each, with the file it lies in (None when that is gone).
    """

    def __init__(self, renditions: Renditions, originals: Mapping[str, Path | None]) -> None:
        ready = renditions.marks()
        self._marks = {digest: ready[digest] for digest in originals if digest in ready}
        self._renditions, self._originals = renditions, originals
        self._found: dict[str, Picture] = {}

    @property
    def marks(self) -> Mapping[str, str]:
        """What tells one making of a photo's renditions from another."""
        return self._marks

    def __getitem__(self, digest: str) -> Picture:
        if digest not in self._found:
            if digest not in self._marks:
                raise KeyError(digest)
            picture = self._renditions.find(digest)
            try:
                self._found[digest] = picture or _make(digest, self._originals[digest], self._renditions)
            except ContentError:
                raise KeyError(digest) from None
        return self._found[digest]

    def __iter__(self) -> Iterator[str]:
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)


def plan_photos(folder: Path, pictures: Pictures) -> Group:
    """The renditions of these pictures below `photos/`, as they lie ready in a folder (var/photos).

    A rendition is named by its bytes, so its name is all that it follows from.
    """
    ready = open_renditions(folder)

    def documents() -> Iterator[Document]:
        names: dict[str, tuple[str, str]] = {}
        for digest in sorted(pictures):
            picture = pictures.get(digest)
            if picture is not None:  # else it is damaged, and its original is gone
                names |= {getattr(picture, size).name: (digest, size) for size in WIDTHS}
        return (Document(f"photos/{name}", name, partial(ready.read, *place)) for name, place in names.items())

    return Group(
        "photos", fingerprint(*(f"{digest} {mark_picture(pictures, digest)}" for digest in sorted(pictures))), documents
    )


def build_pictures(site: Site, photos: Mapping[str, Path | None]) -> tuple[Pictures, tuple[Problem, ...]]:
    """The pictures of all photos that the newsroom shows, made where they are not kept in var/photos/ yet.

    Args:
        photos: by the SHA-256 of each original, the file it lies in, None when it is gone.

    A photo that is neither kept nor can be made is a problem; its items go out without it.

    Raises:
        StoreError: a result cannot be kept.
    """
    renditions = open_renditions(site.var / "photos")
    problems = []
    for digest in sorted(photos.keys() - renditions.marks().keys()):
        try:
            _make(digest, photos[digest], renditions)
        except ContentError as error:
            where = error.subject.removeprefix(f"{site.folder}{os.sep}")
            problems.append(Problem(where, 0, "photo", f"{error.cause}. {error.remedy}"))
    return KeptPictures(renditions, photos), tuple(problems)


def _make(digest: str, path: Path | None, renditions: Renditions) -> Picture:
    if path is None:
        remedy = "Put the file back below items/photos/, or name another photo; until then the item shows none."
        raise ContentError(f"photo {digest[:16]}", "it is published but its file is gone", remedy)
    return renditions.make(digest, path)


def _describe(data: bytes, width: int, height: int) -> Rendition:
    return Rendition(f"{hashlib.sha256(data).hexdigest()[:16]}-{width}.jpg", width, height, len(data))


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
