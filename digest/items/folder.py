"""The items folder on disk: the only part of `items` that touches files.

Nothing is followed that points elsewhere (symbolic links), nothing is read that is not a plain file, and a file that goes
away while the folder is read is simply not there.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from digest.errors import ContentError, Problem
from digest.items.characters import normalise
from digest.items.fields import ID, PICTURE_ENDINGS
from digest.items.model import Item
from digest.items.reading import Reading, read_item_file
from digest.items.together import judge_together
from digest.settings import Settings, Site

__all__ = ["MAX_FILE_SIZE", "Folder", "make_folder", "read_folder", "read_text", "write_all", "write_missing", "write_new"]

MAX_FILE_SIZE = 1024 * 1024
"""Bytes; a larger item file is refused."""

_MAX_DEPTH = 16
_PHOTOS = "photos"
_BACKUPS = ("~", ".bak", ".swp", ".tmp", ".orig")


@dataclass(frozen=True)
class Folder:
    """All that the items folder holds.

    `items` are the sound ones, in the order of their files; `problems` all faults, sorted; `broken_ids` the ids that files
    claim which gave no item, so that a released item among them is known to be there still; `photos` each picture below
    items/photos/ by the name that items call it by; `file_count` counts item files, `faulty_draft_count` the drafts among
    them that gave no item, `skipped_count` what was left aside.
    """

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    photos: Mapping[str, Path]
    broken_ids: frozenset[str] = frozenset()
    file_count: int = 0
    faulty_draft_count: int = 0
    skipped_count: int = 0


@dataclass
class _Found:
    """What a walk through the folder came upon."""

    files: list[tuple[str, Path]] = field(default_factory=list)
    photos: dict[str, Path] = field(default_factory=dict)
    refused: list[Reading] = field(default_factory=list)
    skipped_count: int = 0


def read_folder(site: Site) -> Folder:
    """Read every item of a site; what is wrong becomes problems, never an exception."""
    found = _Found()
    _walk(site.items, PurePosixPath(site.items.name), found)
    readings = [reading for file, path in found.files for reading in _read_file(path, file, site.settings, found.photos)]
    judged = judge_together(sorted([*readings, *found.refused], key=lambda reading: reading.file))
    return Folder(
        items=tuple(reading.item for reading in judged if reading.item is not None),
        problems=tuple(sorted(problem for reading in judged for problem in reading.problems)),
        photos=found.photos,
        broken_ids=frozenset(reading.id for reading in judged if reading.item is None and reading.id is not None),
        file_count=len(readings),
        faulty_draft_count=sum(reading.is_draft and reading.item is None for reading in judged),
        skipped_count=found.skipped_count,
    )


def _walk(folder: Path, shown: PurePosixPath, found: _Found) -> None:
    """Gather files and photos, in the order of their names."""
    if folder.is_symlink():
        return _refuse(found, shown, "it is a symbolic link, which is not followed; put the folder itself there")
    if len(shown.parts) > _MAX_DEPTH:
        return _refuse(found, shown, f"it lies more than {_MAX_DEPTH} folders deep, and is not read; move it up")
    try:
        with os.scandir(folder) as entries:
            names = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        return _refuse(found, shown, f"the folder cannot be read ({error.strerror}); make it, or mend its rights")
    for entry in names:
        _sort_entry(entry, shown / _show(entry.name), found)
    return None


def _sort_entry(entry: os.DirEntry[str], shown: PurePosixPath, found: _Found) -> None:
    """Decide what one name in the folder is."""
    name, is_photo = entry.name, shown.parts[1] == _PHOTOS and len(shown.parts) > 2
    if name.startswith((".", "#", "~")) or name.endswith(_BACKUPS):
        found.skipped_count += 1
    elif not name.isprintable():
        _refuse(found, shown, "its name holds characters that cannot be shown; rename it")
    elif entry.is_symlink():
        _refuse(found, shown, "it is a symbolic link, which is not followed; put the file itself there")
    elif entry.is_dir(follow_symlinks=False):
        _walk(Path(entry.path), shown, found)
    elif is_photo and name.lower().endswith(PICTURE_ENDINGS) and entry.is_file(follow_symlinks=False):
        found.photos[normalise(str(PurePosixPath(*shown.parts[2:])))] = Path(entry.path)
    elif name.endswith(".md") and not is_photo:
        found.files.append((str(shown), Path(entry.path)))
    else:
        found.skipped_count += 1


def _show(name: str) -> str:
    """A file name as it can be printed, whatever bytes it holds."""
    if name.isprintable():
        return name
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _refuse(found: _Found, shown: PurePosixPath, text: str) -> None:
    found.refused.append(_broken(str(shown), Problem(str(shown), 0, "", text)))


def _broken(file: str, problem: Problem) -> Reading:
    path = PurePosixPath(file)
    claimed = path.stem if path.suffix == ".md" and ID.fullmatch(path.stem) else None
    return Reading(file, None, (problem,), claimed)


def _read_file(path: Path, file: str, settings: Settings, photos: Mapping[str, Path]) -> Iterator[Reading]:
    """One reading, or none when the file has just gone away."""
    try:
        content = read_text(path)
    except FileNotFoundError:
        return
    except OSError as error:
        yield _broken(file, Problem(file, 0, "", f"it cannot be read ({error.strerror}); mend its rights or replace it"))
    except UnicodeDecodeError as error:
        yield _read_undecodable(error, file, settings)
    else:
        if content is None:
            text = f"it is larger than {MAX_FILE_SIZE // 1024} KiB; put pictures into {_PHOTOS}/ and shorten the text"
            yield _broken(file, Problem(file, 0, "", text))
        else:
            yield read_item_file(content, file, settings, photos.keys())


def _read_undecodable(error: UnicodeDecodeError, file: str, settings: Settings) -> Reading:
    """The claims of a file that is not UTF-8, as far as its ASCII part tells them."""
    line = error.object.count(b"\n", 0, error.start) + 1
    guess = read_item_file(error.object.decode("utf-8", "replace"), file, settings)
    problem = Problem(
        file, line, "", "it is not UTF-8 text; save the file as UTF-8", "warning" if guess.is_draft else "error"
    )
    return Reading(file, None, (problem,), guess.id, guess.is_draft, guess.id_line)


def read_text(path: Path, limit: int = MAX_FILE_SIZE) -> str | None:
    """The text of a plain file of at most `limit` bytes; None when it is larger.

    Raises:
        OSError: it cannot be opened, is a symbolic link, or is no plain file.
        UnicodeDecodeError: it is not UTF-8.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        data = stream.read(limit + 1)
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
