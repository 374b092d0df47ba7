"""What a backup holds and how it is laid out: a copy of the database and the site's files, as a tar stream that is sealed.

The database is written anew by SQLite in one step, so the copy is one moment of it, and servers and senders go on. Written
anew, it has no page in whose unused part something that was erased may still stand. It is taken first: every ready message
that it names is durable below var/variants/ by then.
"""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import stat
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from digest.errors import StoreError
from digest.store.sqlite import translate
from digest.subscribers.archive import Opening, Sealing

__all__ = [
    "DATABASE",
    "TOPS",
    "copy_database",
    "find_leftovers",
    "list_links",
    "list_members",
    "read_backup",
    "write_backup",
]

DATABASE = "var/digest.db"
"""The database's name in a backup."""

TOPS = ("newsroom.toml", "items", "templates", "var/variants")
"""What a backup holds besides, by its place in the site. Never keys, nor the outbox and what was caught: those are plain."""

_LEFTOVER = ".backup-"
_DAY = timedelta(days=1)


@contextmanager
def copy_database(file: Path) -> Iterator[Path]:
    """A copy of the database as it is now, checked, in a folder of its own beside it; gone at the end.

    Raises:
        StoreError: it cannot be read or copied, or is damaged.
    """
    with translate(file), tempfile.TemporaryDirectory(prefix=_LEFTOVER, dir=file.parent) as folder:
        copy = Path(folder) / "digest.db"
        with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        with closing(sqlite3.connect(copy)) as target:
            fault = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        if fault != "ok":
            raise StoreError(str(file), "the database is damaged", "Restore an older backup; keep this file aside.")
        yield copy


def find_leftovers(var: Path, now: datetime) -> list[Path]:
    """Copies of the database that a backup left behind when it was killed a day ago or longer."""
    found = [path for path in var.glob(f"{_LEFTOVER}*") if path.is_dir()]
    return [path for path in found if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - _DAY]


def list_members(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a site that belong in a backup, the database aside, by their names in it.

    A link may stand in the place of a whole part, of newsroom.toml, say. Links inside one are not followed.
    """
    for top in TOPS:
        place = folder / top
        if place.is_file():
            yield top, place
        for path, folders, names in os.walk(place):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                file = Path(path) / name
                if not name.startswith(".") and stat.S_ISREG(file.lstat().st_mode):
                    yield file.relative_to(folder).as_posix(), file


def list_links(folder: Path) -> Iterator[str]:
    """The links inside the parts of a site: nothing of what they lead to is in a backup."""
    for top in TOPS:
        for path, folders, names in os.walk(folder / top):
            for name in (*folders, *names):
                if (Path(path) / name).is_symlink():
                    yield (Path(path) / name).relative_to(folder).as_posix()


def write_backup(out: Sealing, database: Path, folder: Path, about: bytes) -> dict[str, str]:
    """Write the sealed stream whole; the SHA-256 of each member by its name.

    Args:
        about: what the first member, `about.json`, says of the backup.

    Raises:
        StoreError: a file of the site cannot be read.
    """
    sums: dict[str, str] = {}
    with tarfile.open(mode="w|", fileobj=cast("BinaryIO", out), format=tarfile.PAX_FORMAT) as archive:
        sums["about.json"] = _add(archive, "about.json", io.BytesIO(about), len(about))
        with database.open("rb") as file:
            sums[DATABASE] = _add(archive, DATABASE, file, database.stat().st_size)
        for name, path in list_members(folder):
            try:
                data = path.read_bytes()  # whole, for it may be edited meanwhile
            except FileNotFoundError:
                continue  # an editor's draft, or a ready message that nobody needs any more
            except OSError as error:
                remedy = "Let the account that runs digest read it, or move it away; nothing was written."
                raise StoreError(str(path), f"it cannot be read ({error.strerror})", remedy) from error
            sums[name] = _add(archive, name, io.BytesIO(data), len(data))
    out.finish()
    return sums


def _add(archive: tarfile.TarFile, name: str, file: BinaryIO, size: int) -> str:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    reading = _Summed(file)
    archive.addfile(member, cast("BinaryIO", reading))
    return reading.sum.hexdigest()


class _Summed:
    """A file that is summed up as it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data


def read_backup(source: Opening, name: str, into: Path | None = None) -> Mapping[str, str]:
    """Read a backup to its end; the SHA-256 of each member by its name.

    Args:
        name: how errors call it.
        into: the empty folder to write its members to; None to look only.

    Raises:
        StoreError: it was changed, damaged or cut short, or holds what a backup cannot hold.
    """
    sums: dict[str, str] = {}
    try:
        with tarfile.open(mode="r|", fileobj=cast("BinaryIO", source)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() and _is_ours(member.name) else None
                if file is None or member.name in sums:
                    raise StoreError(name, "it holds something that no backup of digest holds", "Take another one.")
                sums[member.name] = _take(cast("BinaryIO", file), None if into is None else into / member.name)
        for _ in source.chunks():  # what pads the end belongs to the seal too
            pass
    except tarfile.TarError as error:
        raise StoreError(name, "its contents are in disorder", "Take another copy of it, or an older backup.") from error
    if DATABASE not in sums:
        raise StoreError(name, "there is no database in it", "Take another copy of it, or an older backup.")
    return sums


def _is_ours(name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name:
        return False
    return name in ("about.json", DATABASE, "newsroom.toml") or any(path.is_relative_to(top) for top in TOPS[1:])


def _take(file: BinaryIO, path: Path | None) -> str:
    digest = hashlib.sha256()
    if path is None:
        while data := file.read(1 << 20):
            digest.update(data)
        return digest.hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out:
        while data := file.read(1 << 20):
            digest.update(data)
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
