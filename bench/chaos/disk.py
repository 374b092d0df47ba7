"""A disk that forgets what was not synchronised, put under the very SQLite that Python uses.

SQLite reaches files through a table of functions (a VFS). Here a copy of its table for Unix is made the default, in which
opening and deleting are ours, and each opened file gets a copy of its own table in which writing, truncating, synchronising
and closing are ours: they do what the originals do and put it down. So it is known at any moment what the disk would hold
if the power went now: all that was synchronised, and of the rest any part, torn at sectors. See sqlite.org/vfs.html and
sqlite.org/atomiccommit.html.
"""

from __future__ import annotations

import ctypes
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Disk", "install", "is_possible"]

_SECTOR = 512
_OK = 0
_POINTER = ctypes.c_void_p
_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, _POINTER, ctypes.c_int, _POINTER)
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, ctypes.c_int)
_CLOSE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, ctypes.c_int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int)


class _Vfs(ctypes.Structure):
    """struct sqlite3_vfs, version 3."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", _POINTER),
        ("zName", ctypes.c_char_p),
        ("pAppData", _POINTER),
        ("xOpen", _POINTER),
        ("xDelete", _POINTER),
        ("others", _POINTER * 14),
    )


class _Methods(ctypes.Structure):
    """struct sqlite3_io_methods, version 3."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("xClose", _POINTER),
        ("xRead", _POINTER),
        ("xWrite", _POINTER),
        ("xTruncate", _POINTER),
        ("xSync", _POINTER),
        ("others", _POINTER * 13),
    )


class _File(ctypes.Structure):
    """struct sqlite3_file."""

    _fields_ = (("pMethods", _POINTER),)


@dataclass
class _Stored:
    """One file: what is synchronised (None: nothing ever was), and what came since, in order: an offset and octets, or a
    new length and None."""

    durable: bytearray | None = None
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def synchronise(self) -> None:
        self.durable = bytearray() if self.durable is None else self.durable
        for offset, data in self.pending:
            _apply(self.durable, offset, data)
        self.pending.clear()

    def after_cut(self, draw: random.Random) -> bytes | None:
        """What is found after a cut of the power; None when the file is not there."""
        if self.durable is None and draw.random() < 0.5:
            return None
        found = bytearray(self.durable or b"")
        kept = draw.choice((0.0, 0.5, 1.0))
        for offset, data in self.pending:
            if data is None:
                if draw.random() < kept:
                    _apply(found, offset, None)
                continue
            start = 0
            while start < len(data):
                end = min(len(data), start + _SECTOR - (offset + start) % _SECTOR)
                if draw.random() < kept:
                    _apply(found, offset + start, data[start:end])
                start = end
        return bytes(found)


class Disk:
    """What a disk would hold. `on_step` is called, under `lock`, at each write and around each synchronisation."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.step_count = 0
        self.sync_count = 0
        self.on_step: Callable[[], None] | None = None
        self._files: dict[str, _Stored] = {}
        self._ghosts: dict[str, _Stored] = {}

    def adopt(self, folder: Path) -> None:
        """Take the files of a folder as synchronised; others are forgotten."""
        with self.lock:
            self._files = {str(path): _Stored(bytearray(path.read_bytes())) for path in folder.glob("digest.db*")}
            self._ghosts = {}

    def cut(self, draw: random.Random) -> Mapping[str, bytes]:
        """What the files hold if the power goes now, by name; what SQLite shares in memory (-shm) is gone."""
        with self.lock:
            found = {}
            for name, stored in {**self._ghosts, **self._files}.items():
                ghost = self._ghosts.get(name)
                if ghost is not None and stored.durable is None and draw.random() < 0.5:
                    stored = ghost  # nor was the deletion synchronised
                elif stored is ghost:
                    continue
                content = stored.after_cut(draw)
                if content is not None and not name.endswith("-shm"):
                    found[Path(name).name] = content
            return found

    def write(self, name: str, offset: int, data: bytes | None) -> None:
        """Put a write down, or with None a new length."""
        self._files.setdefault(name, _Stored()).pending.append((offset, data))
        self._step()

    def synchronise(self, name: str) -> None:
        """Make durable what came to a file so far."""
        self._files.setdefault(name, _Stored()).synchronise()
        self._ghosts.pop(name, None)
        self.sync_count += 1
        self._step()

    def delete(self, name: str) -> None:
        """A file is deleted; until something of that name is synchronised, it may come back."""
        stored = self._files.pop(name, None)
        if stored is not None and stored.durable is not None:
            self._ghosts[name] = stored

    def about_to_synchronise(self) -> None:
        """A moment at which much is still pending."""
        self._step()

    def _step(self) -> None:
        self.step_count += 1
        if self.on_step is not None:
            self.on_step()


def is_possible() -> bool:
    """Whether Python's SQLite is a library of its own that can be reached."""
    try:
        _library().sqlite3_vfs_find  # noqa: B018
    except (AttributeError, OSError):
        return False
    return True


def install(disk: Disk) -> None:
    """Put the disk under all connections that this process opens from now on; for good."""
    library = _library()
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    usual = library.sqlite3_vfs_find(None).contents
    ours = _Vfs.from_buffer_copy(usual)
    ours.zName = b"forgetful"
    ours.pNext = None
    hooks = _Hooks(disk, usual)
    ours.xOpen = ctypes.cast(hooks.open, _POINTER)
    ours.xDelete = ctypes.cast(hooks.delete, _POINTER)
    _kept.extend((ours, hooks))
    if library.sqlite3_vfs_register(ctypes.byref(ours), 1) != _OK:
        raise RuntimeError("SQLite takes no other disk")


_kept: list[Any] = []
"""What C code points to must never be collected."""


class _Hooks:
    """The functions that stand in for SQLite's own."""

    def __init__(self, disk: Disk, usual: _Vfs) -> None:
        self._disk = disk
        self._open, self._delete = _OPEN(usual.xOpen), _DELETE(usual.xDelete)
        self._names: dict[int, str] = {}
        self._tables: dict[int, _Table] = {}
        self.open, self.delete = _OPEN(self._on_open), _DELETE(self._on_delete)

    def _on_open(self, vfs: int, name: int | None, file: int, flags: int, flags_out: int | None) -> int:
        status = self._open(vfs, name, file, flags, flags_out)
        head = _File.from_address(file)
        if status == _OK and name is not None and head.pMethods:
            if head.pMethods not in self._tables:
                self._tables[head.pMethods] = _Table(self._disk, self._names, head.pMethods)
            self._names[file] = ctypes.string_at(name).decode()
            head.pMethods = ctypes.addressof(self._tables[head.pMethods].methods)
        return int(status)

    def _on_delete(self, vfs: int, name: int, sync_folder: int) -> int:
        with self._disk.lock:
            status = self._delete(vfs, name, sync_folder)
            self._disk.delete(ctypes.string_at(name).decode())
        return int(status)


class _Table:
    """One table of file functions with some of them replaced."""

    def __init__(self, disk: Disk, names: dict[int, str], usual: int) -> None:
        self._disk, self._names = disk, names
        self.methods = _Methods.from_buffer_copy(_Methods.from_address(usual))
        self._close, self._write = _CLOSE(self.methods.xClose), _WRITE(self.methods.xWrite)
        self._truncate, self._sync = _TRUNCATE(self.methods.xTruncate), _SYNC(self.methods.xSync)
        self._ours = (_CLOSE(self._on_close), _WRITE(self._on_write), _TRUNCATE(self._on_truncate), _SYNC(self._on_sync))
        for name, function in zip(("xClose", "xWrite", "xTruncate", "xSync"), self._ours, strict=True):
            setattr(self.methods, name, ctypes.cast(function, _POINTER))

    def _on_close(self, file: int) -> int:
        self._names.pop(file, None)
        return int(self._close(file))

    def _on_write(self, file: int, data: int, length: int, offset: int) -> int:
        with self._disk.lock:
            status = int(self._write(file, data, length, offset))
            self._disk.write(self._names[file], offset, ctypes.string_at(data, length))
        return status

    def _on_truncate(self, file: int, length: int) -> int:
        with self._disk.lock:
            status = int(self._truncate(file, length))
            self._disk.write(self._names[file], length, None)
        return status

    def _on_sync(self, file: int, flags: int) -> int:
        with self._disk.lock:
            self._disk.about_to_synchronise()
            status = int(self._sync(file, flags))
            self._disk.synchronise(self._names[file])
        return status


def _library() -> Any:
    import _sqlite3

    return ctypes.CDLL(_sqlite3.__file__)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
