"""What lies in the items folder, told by names and stamps alone: no item and no photo is opened.

Nothing beside the standard library is loaded, so that a command can tell at once that nothing has changed. Nothing is
followed that points elsewhere (symbolic links), and a file that goes away meanwhile is simply not there.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import re
import stat
import time
import unicodedata
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

__all__ = ["PHOTOS", "PICTURE_ENDINGS", "Scan", "Stamp", "scan_items", "scan_signature"]

Stamp: TypeAlias = tuple[int, int, int, int]
"""What tells one state of a file from another: size in bytes, moments of its last change and of its inode's, both in
nanoseconds since 1970, and inode."""

PHOTOS = "photos"
"""The folder below items/ that pictures lie in."""
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif")

_MAX_DEPTH = 16
_BACKUPS = ("~", ".bak", ".swp", ".tmp", ".orig")
_LEFT_ASIDE = (".", "#", "~")
_RECENT = 2_000_000_000
"""Nanoseconds within which a second change of a file may leave its stamp as it was: no file system's clock ticks slower."""
_is_plain_item = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.md").fullmatch
_is_plain_photo = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(?i:jpe?g|png|webp|gif)").fullmatch
_TYPE, _FILE = 0o170000, stat.S_IFREG
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_INODE = 2**63 - 1
"""The part of an inode's number that a database can hold."""


class Scan:
    """What a walk through the folder came upon.

    `files` has the stamp of each item file by its path as problems name it (`items/2022/x.md`); `photos` each picture below
    items/photos/ by the name that items call it by, with its path and stamp; `refused` the paths of what is not read at all,
    each with the reason; `at_ns` is the moment before the walk by the machine's clock, in nanoseconds since 1970.
    """

    __slots__ = ("at_ns", "files", "photos", "refused", "skipped_count")

    def __init__(self, at_ns: int) -> None:
        self.files: dict[str, Stamp] = {}
        self.photos: dict[str, tuple[str, Stamp]] = {}
        self.refused: list[tuple[str, str]] = []
        self.skipped_count = 0
        self.at_ns = at_ns

    def is_settled(self, stamp: Stamp) -> bool:
        """Whether a file with this stamp can only change by getting another one."""
        return max(stamp[1], stamp[2]) < self.at_ns - _RECENT

    def sign(self) -> str:
        """A SHA-256 in hexadecimal of all that was found; empty while anything in it may change without a new stamp."""
        stamps = [*self.files.values(), *(stamp for _, stamp in self.photos.values())]
        newest = max((*map(itemgetter(1), stamps), *map(itemgetter(2), stamps)), default=0)
        if newest >= self.at_ns - _RECENT:
            return ""
        found = (list(self.files.items()), list(self.photos.items()), self.refused, self.skipped_count)
        return hashlib.sha256(marshal.dumps(found, 0)).hexdigest()  # version 0 depends on nothing but the values


def scan_items(folder: Path, at_ns: int | None = None) -> Scan:
    """Walk through an items folder; what cannot be read is refused, never an exception.

    Args:
        at_ns: the moment, in nanoseconds since 1970; the machine's clock when none is named, for that sets stamps too.
    """
    scan = Scan(time.time_ns() if at_ns is None else at_ns)
    if folder.is_symlink():
        scan.refused.append((folder.name, "it is a symbolic link, which is not followed; put the folder itself there"))
    else:
        _scan_folder(str(folder), None, folder.name, 1, None, scan)
    return scan


def scan_signature(folder: Path) -> str:
    """What tells one state of an items folder from another, `Scan.sign` of it; an empty one never counts as the same."""
    return scan_items(folder).sign()


def _scan_folder(place: str, above: int | None, shown: str, depth: int, photos: str | None, scan: Scan) -> None:
    """Gather what lies in a folder.

    Args:
        place: its name in the folder that `above` is open on, or its whole path.
        shown: its path as problems name it.
        depth: how many folders lie on that path.
        photos: what comes before the names of photos in it, None outside items/photos/.
    """
    if depth > _MAX_DEPTH:
        scan.refused.append((shown, f"it lies more than {_MAX_DEPTH} folders deep, and is not read; move it up"))
        return
    try:
        handle = os.open(place, _OPEN, dir_fd=above)
    except OSError as error:
        scan.refused.append((shown, f"the folder cannot be read ({error.strerror}); make it, or mend its rights"))
        return
    try:
        names = sorted(os.listdir(handle))  # noqa: PTH208 (an open folder has no path)
        for name in _note_plain(names, handle, shown, photos, scan):
            _sort_name(name, handle, shown, depth, photos, scan)
    finally:
        os.close(handle)


def _note_plain(names: list[str], handle: int, shown: str, photos: str | None, scan: Scan) -> list[str]:
    """Note the files that nothing is odd about, for a folder may hold thousands; the names that are left."""
    others = []
    is_plain = _is_plain_item if photos is None else _is_plain_photo
    for name in names:
        if not is_plain(name):
            others.append(name)
            continue
        try:
            found = os.stat(name, dir_fd=handle, follow_symlinks=False)
        except OSError:
            others.append(name)
            continue
        if found.st_mode & _TYPE != _FILE:
            others.append(name)
        elif photos is None:
            scan.files[f"{shown}/{name}"] = _stamp(found)
        else:
            scan.photos[unicodedata.normalize("NFC", photos + name)] = (f"{shown}/{name}", _stamp(found))
    return others


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & _INODE


def _sort_name(name: str, handle: int, above: str, depth: int, photos: str | None, scan: Scan) -> None:
    """Decide what one name in the folder is."""
    shown = f"{above}/{_show(name)}"
    if name.startswith(_LEFT_ASIDE) or name.endswith(_BACKUPS):
        scan.skipped_count += 1
        return
    if not name.isprintable():
        scan.refused.append((shown, "its name holds characters that cannot be shown; rename it"))
        return
    try:
        found = os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return
    except OSError as error:
        scan.refused.append((shown, f"it cannot be read ({error.strerror}); mend the rights of its folder"))
        return
    kind, stamp = stat.S_IFMT(found.st_mode), _stamp(found)
    if kind == stat.S_IFLNK:
        scan.refused.append((shown, "it is a symbolic link, which is not followed; put the file itself there"))
    elif kind == stat.S_IFDIR:
        inside = f"{photos}{name}/" if photos is not None else "" if depth == 1 and name == PHOTOS else None
        _scan_folder(name, handle, shown, depth + 1, inside, scan)
    elif photos is not None and name.lower().endswith(PICTURE_ENDINGS) and kind == stat.S_IFREG:
        scan.photos[unicodedata.normalize("NFC", photos + name)] = (shown, stamp)
    elif photos is None and name.endswith(".md"):
        scan.files[shown] = stamp
    else:
        scan.skipped_count += 1


def _show(name: str) -> str:
    """A file name as it can be printed, whatever bytes it holds."""
    if name.isprintable():
        return name
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
