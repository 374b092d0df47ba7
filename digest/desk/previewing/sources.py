"""What lies in a site's folder, read again when it has changed and only then: settings, items, templates."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digest.desk.previewing.gathering import Material
from digest.desk.previewing.pictures import ShownPictures
from digest.errors import DigestError, Problem
from digest.items.folder import Folder, read_folder
from digest.items.keeping import Row
from digest.items.model import Item
from digest.items.scanning import Scan, scan_items
from digest.mail.pieces import Inliner
from digest.settings import Site, open_site
from digest.settings.finding import NAME
from digest.templates import Templates

__all__ = ["MOST_ITEMS", "Sources", "State"]

MOST_ITEMS = 400
"""Of a larger newsroom so many of the newest items are looked at: no letter holds more."""


@dataclass(frozen=True)
class State:
    """All that looks follow from, at one moment.

    `token` is another text whenever any of it has changed. `materials` are the sound items, `problems` what is wrong with
    the others. `looks` remembers what was made of this state.
    """

    token: str
    site: Site
    templates: Templates
    inliner: Inliner
    pictures: ShownPictures
    materials: tuple[Material, ...]
    problems: tuple[Problem, ...]
    looks: dict[object, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Seen:
    """Names and stamps: two are equal when nothing was changed in between."""

    settings: object
    templates: object
    items: object
    scan: Scan = field(compare=False)

    @property
    def token(self) -> str:
        return hashlib.sha256(repr((self.settings, self.templates, self.items)).encode()).hexdigest()[:16]


class Sources:
    """A site's folder, followed. It may be asked by several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._kept = _KeptInMemory()
        self._seen: _Seen | None = None
        self._state: State | None = None

    def look(self) -> str:
        """Another text whenever a file was changed, added or removed, as far as sizes and times tell."""
        return self._look().token

    def read(self) -> State:
        """The state of now.

        Raises:
            SettingsError: newsroom.toml does not fit.
        """
        with self._lock:
            seen = self._look()
            if self._state is None or seen != self._seen:
                self._state, self._seen = self._read(seen), seen
            return self._state

    def _look(self) -> _Seen:
        scan = scan_items(self._folder / "items")
        items = (tuple(scan.files.items()), tuple(scan.photos.items()), tuple(scan.refused))
        return _Seen(_stamp(self._folder / NAME), Templates(self._folder / "templates").stamp(), items, scan)

    def _read(self, seen: _Seen) -> State:
        same_site = self._state is not None and self._seen is not None and seen.settings == self._seen.settings
        site = self._state.site if self._state and same_site else open_site(self._folder)
        if self._state is not None and self._seen is not None and seen.templates == self._seen.templates:
            templates, inliner = self._state.templates, self._state.inliner
        else:
            templates = Templates(site.templates)
            inliner = Inliner(templates)
        folder = read_folder(site, self._kept, seen.scan)
        pictures = ShownPictures(folder)
        materials, faults = _build_materials(folder)
        problems = sorted([*folder.problems, *faults, *_find_photo_faults(materials, pictures)])
        return State(seen.token, site, templates, inliner, pictures, materials, tuple(problems))


def _stamp(file: Path) -> object:
    try:
        found = file.stat()
    except OSError as error:
        return error.errno
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _build_materials(folder: Folder) -> tuple[tuple[Material, ...], list[Problem]]:
    """The newest items with their contents; one whose file changes just now is left out until the next look."""
    found, faults = [], []
    for item in sorted(folder.items, key=lambda item: (item.due_at, item.id), reverse=True)[:MOST_ITEMS]:
        try:
            found.append(_build_material(item))
        except DigestError as error:
            faults.append(Problem(item.file, 0, "", error.cause))
    return tuple(found), faults


def _build_material(item: Item) -> Material:
    return Material(item.content, item.due_at, item.file, item.status == "draft")


def _find_photo_faults(materials: Iterable[Material], pictures: ShownPictures) -> Iterator[Problem]:
    """Photos that cannot be shown: their items are shown without, and would not be published."""
    for one in materials:
        photo = one.content.photo
        if photo is not None and photo.src in pictures and (fault := pictures.find_fault(photo.src)):
            yield Problem(one.file, 0, "photo.src", fault)


class _KeptInMemory:
    """Readings of unchanged files, for as long as the process runs."""

    def __init__(self) -> None:
        self._basis = ""
        self._rows: dict[str, Row] = {}

    def read_files(self, basis: str) -> Mapping[str, Row]:
        """What was kept of each file."""
        if basis != self._basis:
            self._rows, self._basis = {}, basis
        return dict(self._rows)

    def write_files(self, _basis: str, changed: Iterable[Row], gone: Iterable[str]) -> None:
        """Keep and forget."""
        self._rows |= {row[0]: row for row in changed}
        for file in gone:
            self._rows.pop(file, None)
