"""The files of public/: read without ever following a symbolic link, and looked at again without being read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["LARGE", "File", "Seen", "look_at", "read_file", "read_parts"]

LARGE = 4 * 1024 * 1024
"""From this size on, in bytes, a file is not kept in memory but sent in parts."""
_PART = 256 * 1024
_NONE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG, errno.ENXIO, errno.EINVAL)
"""What the system says where there is no file for us; anything else, such as too many open files, is a fault."""


class Seen(NamedTuple):
    """A file as it was: what changes when it is replaced or written to."""

    inode: int
    byte_count: int
    changed_ns: int
    touched_ns: int

    @property
    def modified_at(self) -> int:
        """When it was last modified, in whole seconds since 1970."""
        return self.changed_ns // 1_000_000_000


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: how it was seen, and its bytes; None for those of a large one."""

    seen: Seen
    body: bytes | None


def look_at(root: str, file: str) -> Seen | None:
    """A file as it is now, None if there is none: enough to know whether it is still the one that was read."""
    try:
        return _see(os.lstat(f"{root}/{file}"))
    except OSError:
        return None


def read_file(root: str, file: str) -> File | None:
    """A regular file below the folder; None where there is none, or a symbolic link is on the way.

    Raises:
        OSError: the system is at fault.
    """
    with _open(root, file) as handle:
        seen = _see(os.fstat(handle)) if handle is not None else None
        if handle is None or seen is None:
            return None
        if seen.byte_count >= LARGE:
            return File(seen, None)
        with os.fdopen(handle, "rb", closefd=False) as opened:
            return File(seen, opened.read())


def read_parts(root: str, file: str, seen: Seen) -> Iterator[bytes]:
    """The bytes of a large file, part by part: as many as it had when it was seen, or fewer if it has changed meanwhile."""
    with _open(root, file) as handle:
        if handle is None:
            return
        left = seen.byte_count
        while left > 0 and (part := os.read(handle, min(_PART, left))):
            left -= len(part)
            yield part


def _see(facts: os.stat_result) -> Seen | None:
    return Seen(facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns) if stat.S_ISREG(facts.st_mode) else None


@contextmanager
def _open(root: str, file: str) -> Iterator[int | None]:
    """The file opened step by step from the folder down, so that no step can be a link to somewhere else."""
    steps = file.split("/")
    handles: list[int] = []
    try:
        try:
            handles.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY))
            for step in steps[:-1]:
                handles.append(os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handles[-1]))
            handles.append(os.open(steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=handles[-1]))
        except OSError as error:
            if error.errno not in _NONE:
                raise
            yield None
        else:
            yield handles[-1]
    finally:
        for handle in handles:
            os.close(handle)
