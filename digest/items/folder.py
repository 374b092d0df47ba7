"""The items folder on disk: what its files hold, and new files in it.

Nothing is followed that points elsewhere (symbolic links), nothing is read that is not a plain file, and a file that goes
away while the folder is read is simply not there.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path, PurePosixPath

from digest import shipped
from digest.errors import ContentError, Problem
from digest.items.keeping import FileCache, Reading, Row, build_row, recall
from digest.items.model import ID, Content, Item, KnownItem, to_moment
from digest.items.scanning import PHOTOS, Scan, Stamp, scan_items
from digest.items.together import judge_together
from digest.settings import Settings, Site

__all__ = ["MAX_FILE_SIZE", "Folder", "make_folder", "read_folder", "read_text", "write_all", "write_missing", "write_new"]

MAX_FILE_SIZE = 1024 * 1024
"""Bytes; a larger item file is refused."""
HELD_COUNT = 12_000
"""How many contents that were just read stay in memory."""


@dataclass(frozen=True)
class Folder:
    """All that the items folder holds.

    `items` are the sound ones, in the order of their files; `problems` all faults, sorted; `files` the file of each id that
    is claimed at all, `broken_ids` those of files which gave no item, so that a released item among them is known to be
    there still; `photos` each picture below items/photos/ by the name that items call it by; `scan` what names and stamps
    told of the folder; `file_count` counts item files, `faulty_draft_count` the drafts among them that gave no item,
    `skipped_count` what was left aside.
    """

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    photos: Mapping[str, Path]
    scan: Scan
    files: Mapping[str, str] = field(default_factory=dict)
    broken_ids: frozenset[str] = frozenset()
    file_count: int = 0
    faulty_draft_count: int = 0
    skipped_count: int = 0


def read_folder(site: Site, cache: FileCache | None = None, scan: Scan | None = None) -> Folder:
    """Read every item of a site; what is wrong becomes problems, never an exception.

    Args:
        cache: where readings are kept between runs; an unchanged file is not read again.
        scan: what a look at the folder has just told, if somebody looked.
    """
    scan = scan or scan_items(site.items)
    readings = _Reader(site, scan, cache).read_all()
    refused = [_broken(file, Problem(file, 0, "", text)) for file, text in scan.refused]
    judged = judge_together(sorted([*readings, *refused], key=attrgetter("file")))
    items = tuple(reading.item for reading in judged if reading.item is not None)
    broken = {reading.id: reading.file for reading in judged if reading.item is None and reading.id is not None}
    return Folder(
        items=items,
        problems=tuple(sorted(problem for reading in judged for problem in reading.problems)),
        photos=_Photos(site.folder, scan),
        scan=scan,
        files=broken | {item.id: item.file for item in items},
        broken_ids=frozenset(broken),
        file_count=len(readings),
        faulty_draft_count=sum(reading.item is None and reading.is_draft for reading in judged),
        skipped_count=scan.skipped_count,
    )


class _Photos(Mapping[str, Path]):
    """The path of each photo, made when it is asked for."""

    def __init__(self, folder: Path, scan: Scan) -> None:
        self._folder, self._found = folder, scan.photos

    def __getitem__(self, name: str) -> Path:
        return self._folder / self._found[name][0]

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class _Reader:
    """Reads the files that a scan came upon, and asks the cache for those that are unchanged."""

    def __init__(self, site: Site, scan: Scan, cache: FileCache | None) -> None:
        self._folder, self._settings, self._scan, self._cache = str(site.folder), site.settings, scan, cache
        self._basis = _build_basis(site.settings)
        self._held_count = 0
        self._last: tuple[Item, Content] | None = None

    def read_all(self) -> list[Reading]:
        """Every file's reading; a file that has just gone away has none."""
        kept = self._cache.read_files(self._basis) if self._cache is not None else {}
        readings: list[Reading] = []
        changed: list[Row] = []
        photos = self._scan.photos.keys()
        for file, stamp in self._scan.files.items():
            row = kept.get(file)
            reading = recall(row, stamp, photos, self._read_content) if row is not None else None
            if reading is None:
                if (reading := self._read(file, stamp)) is None:
                    continue
                if self._scan.is_settled(stamp) and (row := build_row(reading, stamp)) is not None:
                    changed.append(row)
                reading = self._lighten(reading, stamp)
            readings.append(reading)
        gone = kept.keys() - self._scan.files.keys()
        if self._cache is not None and (changed or gone):
            self._cache.write_files(self._basis, changed, gone)
        return readings

    def _lighten(self, reading: Reading, stamp: Stamp) -> Reading:
        """The same reading; behind the first thousands its item reads the content again when it is asked for."""
        item = reading.item
        self._held_count += 1
        if item is None or self._held_count <= HELD_COUNT:
            return reading
        return reading._replace(item=KnownItem(item.facts, item.file, stamp[1], self._read_content))

    def _read_content(self, item: Item) -> Content:
        """The content of an item whose facts are known; what is kept is forgotten when it is not so, or no longer."""
        if self._last is not None and self._last[0] is item:
            return self._last[1]
        reading = self._read(item.file, self._scan.files[item.file])
        if reading is None or reading.item != item:
            if self._cache is not None:
                self._cache.write_files(self._basis, (), (item.file,))
            raise ContentError(item.file, "it was changed while it was in use", "Run the command again.")
        assert reading.item is not None
        self._last = item, reading.item.content
        return reading.item.content

    def _read(self, file: str, stamp: Stamp) -> Reading | None:
        """One reading; None when the file has just gone away."""
        try:
            content = read_text(f"{self._folder}/{file}")
        except FileNotFoundError:
            return None
        except OSError as error:
            return _broken(
                file, Problem(file, 0, "", f"it cannot be read ({error.strerror}); mend its rights or replace it")
            )
        except UnicodeDecodeError as error:
            return _read_undecodable(error, file, self._settings)
        if content is None:
            text = f"it is larger than {MAX_FILE_SIZE // 1024} KiB; put pictures into {PHOTOS}/ and shorten the text"
            return _broken(file, Problem(file, 0, "", text))
        from digest.items.reading import read_item_file

        return read_item_file(content, file, self._settings, self._scan.photos.keys(), to_moment(stamp[1]))


def _build_basis(settings: Settings) -> str:
    """A fingerprint of all that readings depend on besides the files and their photos."""
    return " ".join((settings.fingerprint, shipped.fingerprint(), sys.version))


def _broken(file: str, problem: Problem) -> Reading:
    path = PurePosixPath(file)
    claimed = path.stem if path.suffix == ".md" and ID.fullmatch(path.stem) else None
    return Reading(file, None, (problem,), claimed)


def _read_undecodable(error: UnicodeDecodeError, file: str, settings: Settings) -> Reading:
    """The claims of a file that is not UTF-8, as far as its ASCII part tells them."""
    from digest.items.reading import read_item_file

    line = error.object.count(b"\n", 0, error.start) + 1
    guess = read_item_file(error.object.decode("utf-8", "replace"), file, settings)
    problem = Problem(
        file, line, "", "it is not UTF-8 text; save the file as UTF-8", "warning" if guess.is_draft else "error"
    )
    return Reading(file, None, (problem,), guess.id, guess.is_draft, guess.id_line)


def read_text(path: str | Path, limit: int = MAX_FILE_SIZE) -> str | None:
    """The text of a plain file of at most `limit` bytes; None when it is larger.

    Raises:
        OSError: it cannot be opened, is a symbolic link, or is no plain file.
        UnicodeDecodeError: it is not UTF-8.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        data = os.read(handle, min(found.st_size, limit) + 1)
        if found.st_size < len(data) <= limit:  # it grew meanwhile
            data += os.read(handle, limit + 1 - len(data))
    finally:
        os.close(handle)
    return None if len(data) > limit else data.decode("utf-8")


def write_new(path: Path, text: str) -> None:
    """Write a file that was not there before, whole or not at all; folders above it are made.

    Raises:
        ContentError: something has that name already, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_exclusively(path, text.encode("utf-8"))
    except FileExistsError:
        raise ContentError(str(path), "it is there already", "Nothing was changed; choose another name.") from None
    except OSError as error:
        cause = f"it cannot be written ({error.strerror})"
        raise ContentError(str(path), cause, "Mend the rights of the folder, or make room on the disk.") from None


def _write_exclusively(path: Path, data: bytes) -> None:
    """A hidden file takes the bytes first; the final name is then linked to it, which fails if anything has it."""
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(handle)
        _link(hidden, path, data)
    finally:
        hidden.unlink(missing_ok=True)


def _link(hidden: Path, path: Path, data: bytes) -> None:
    try:
        os.link(hidden, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        with path.open("xb") as stream:  # a file system without links: still exclusive, though not all at once
            stream.write(data)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, as far as they are not there.

    Raises:
        ContentError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ContentError(
            str(path), f"it cannot be made ({error.strerror})", "Mend the rights of the folder above."
        ) from None


def write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all those files, by their names below the folder, or none when one is there already.

    Raises:
        ContentError: one is there, or cannot be written.
    """
    present = sorted(name for name in texts if os.path.lexists(folder / name))
    if present:
        remedy = "Choose another folder, or move that away; nothing was changed."
        raise ContentError(str(folder), f"it already has {', '.join(present)}", remedy)
    for name, text in texts.items():
        write_new(folder / name, text)


def write_missing(folder: Path, texts: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write those files, by their names below the folder, that are not there yet: the names written, and those left alone.

    Raises:
        ContentError: one cannot be written.
    """
    present = tuple(name for name in texts if os.path.lexists(folder / name))
    written = tuple(name for name in texts if name not in present)
    for name in written:
        write_new(folder / name, texts[name])
    return written, present
