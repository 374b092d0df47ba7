"""The one place that touches files below an output folder: looking, staging, moving into place, removing.

Every path is taken relative to the open folder, and no symbolic link on the way is ever followed. New files are written to
a folder of their own inside the output folder, which is the same file system, so that moving them is one step each.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from digest.errors import StoreError

__all__ = ["STAGING", "Look", "OutputFolder", "check_path"]

STAGING = ".digest-staging"
MANY = 100
"""From how many files on one sync of the whole system is quicker than one of each."""
_UNSAFE = re.compile(r"^/|^$|(?:^|/)\.{0,2}(?:/|$)|[\x00-\x1f\x7f\\]")
"""An absolute path, an empty step, a step to the same or the upper folder, or a character that no path of ours has."""
_ORDER = ("photos", "items", "", "feeds")
"""Photos before the items that show them, items before the pages that list them, feeds last: what is named is there."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

Look = tuple[int, int]
"""How a file looks without being read: size in bytes, time of change in nanoseconds."""


def check_path(path: str) -> None:
    """Refuse what is no path below the output folder.

    Raises:
        StoreError: it could lead out of the folder, or into the staging folder.
    """
    if _UNSAFE.search(path) or path.partition("/")[0] == STAGING:
        raise StoreError(
            repr(path), "it is not a path below the output folder", "This is a fault of the program; report it."
        )


class OutputFolder:
    """An output folder that is held open; made when it is not there.

    Raises:
        OSError: by any method, when the folder cannot be read or written.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self._handle = os.open(self.root, _FOLDER)
        shutil.rmtree(self.root / STAGING, ignore_errors=True)  # of a run that was killed
        self.was_empty = not any(self.root.iterdir())
        self._staging: int | None = None
        self._staged: list[tuple[tuple[int, bool], int, str]] = []  # rank, number, path
        self._folders = {"": True}
        self._touched: set[str] = set()

    def close(self) -> None:
        """Let the folder go, and throw away what was staged and never moved."""
        if self._staging is not None:
            os.close(self._staging)
            shutil.rmtree(self.root / STAGING, ignore_errors=True)
        os.close(self._handle)

    @property
    def identity(self) -> str:
        """What tells this folder from another one that stands at the same place later."""
        facts = os.fstat(self._handle)
        return f"{facts.st_dev}:{facts.st_ino}"

    def look(self, path: str) -> Look | None:
        """How the file at a path looks; None when there is none.

        Raises:
            StoreError: something that is no file is in its place, or something that is no folder on the way to it.
        """
        if not self._has_folder(path.rpartition("/")[0]):
            return None
        try:
            facts = os.stat(path, dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(facts.st_mode):
            raise self._obstructed(path, facts.st_mode, "something other than a file")
        return facts.st_size, facts.st_mtime_ns

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        with open(path, "rb", opener=self._open_inside) as file:
            return file.read()

    def read_hash(self, path: str) -> str:
        """The SHA-256 of a file in hexadecimal."""
        with open(path, "rb", opener=self._open_inside) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def stage(self, path: str, data: bytes) -> Look:
        """Write a file whole, not yet in its place; it will look the same there."""
        if self._staging is None:
            os.mkdir(STAGING, dir_fd=self._handle)
            self._staging = os.open(STAGING, _FOLDER, dir_fd=self._handle)
        number = len(self._staged)
        self._staged.append((_rank(path), number, path))
        handle = os.open(str(number), _FRESH, 0o666, dir_fd=self._staging)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
            facts = os.fstat(handle)
        finally:
            os.close(handle)
        return facts.st_size, facts.st_mtime_ns

    def sync_staged(self) -> list[str]:
        """Have all staged files on the disk before going on; their paths in the order in which they will move."""
        if self._staging is not None:
            _make_durable(self._staging, map(str, range(len(self._staged))), len(self._staged))
        self._staged.sort()
        return [path for _, _, path in self._staged]

    def move_staged(self) -> None:
        """Move all staged files to their places, over those that are there; folders are made on the way."""
        for _, number, path in self._staged:
            folder = path.rpartition("/")[0]
            self._make_folder(folder)
            os.rename(str(number), path, src_dir_fd=self._staging, dst_dir_fd=self._handle)
            self._touched.add(folder)

    def remove(self, path: str) -> bool:
        """Remove a file, and the folders that it leaves empty; False if it is not there, or is something else by now."""
        try:
            if self.look(path) is None:
                return False
            os.unlink(path, dir_fd=self._handle)
        except (FileNotFoundError, StoreError):
            return False
        self._remove_empty(path.rpartition("/")[0])
        return True

    def sync(self) -> None:
        """Have all that was moved and removed on the disk before going on."""
        _make_durable(self._handle, (folder or "." for folder in self._touched), len(self._touched))

    def _remove_empty(self, folder: str) -> None:
        self._touched.add(folder)
        if folder:
            try:
                os.rmdir(folder, dir_fd=self._handle)
            except OSError:
                return
            self._touched.discard(folder)
            self._remove_empty(folder.rpartition("/")[0])

    def _open_inside(self, path: str, flags: int) -> int:
        return os.open(path, flags | os.O_NOFOLLOW, dir_fd=self._handle)

    def _has_folder(self, folder: str) -> bool:
        """Whether a folder is there, asked once in a run."""
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._has_folder(folder.rpartition("/")[0]) and self._find_folder(folder)
        return known

    def _find_folder(self, folder: str) -> bool:
        try:
            mode = os.stat(folder, dir_fd=self._handle, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(mode):
            raise self._obstructed(folder, mode, "a file")
        return True

    def _make_folder(self, folder: str) -> None:
        if not self._has_folder(folder):
            above = folder.rpartition("/")[0]
            self._make_folder(above)
            os.mkdir(folder, dir_fd=self._handle)
            self._folders[folder] = True
            self._touched.add(above)

    def _obstructed(self, path: str, mode: int, otherwise: str) -> StoreError:
        what = "a symbolic link" if stat.S_ISLNK(mode) else otherwise
        return StoreError(str(self.root / path), f"{what} is in the way", "Move it away and publish again.")


def _rank(path: str) -> tuple[int, bool]:
    """When a file moves: see _ORDER; the archives of a feed lie in folders, and before what leads to them."""
    folder, _, rest = path.partition("/")
    return _ORDER.index(folder if folder in _ORDER else ""), folder == "feeds" and "/" not in rest


def _make_durable(handle: int, names: Iterable[str], count: int) -> None:
    """Have files and folders on the disk before going on: one by one, or with all there is when they are many."""
    if count > MANY:
        os.sync()
        return
    for name in names:
        opened = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=handle)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
