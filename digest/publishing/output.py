"""public/ on disk: only changed bytes are written, each file at once, and what is no longer made goes away.

A manifest in var/ knows every file that was written and how it looked afterwards (size, time of change), so that a run
without changes reads and touches nothing. New files are first written whole to a folder of their own inside public/ and
made durable there; only when all of them are does the first one move to its place. A full disk or a crash before that
leaves the old site as it was; a crash in between leaves each file whole, old or new, and the next run finishes.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from digest.errors import StoreError
from digest.newsroom.pictures import Pictures
from digest.publishing.photos import Stored, open_renditions
from digest.settings import Site

__all__ = ["Written", "manifest_path", "write_files", "write_output"]

STAGING = ".digest-staging"
MANY = 100
"""From how many files on one sync of the whole system is quicker than one of each."""
_TAKEN = (errno.EAGAIN, errno.EACCES)
_UNSAFE = re.compile(r"^/|^$|(?:^|/)\.{0,2}(?:/|$)|[\x00-\x1f\x7f\\]")
"""An absolute path, an empty step, a step to the same or the upper folder, or a character that no path of ours has."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did to public/: the paths it wrote and removed, and how many files it left as they were."""

    changed: tuple[str, ...]
    unchanged_count: int
    removed: tuple[str, ...]


class Seen(NamedTuple):
    """A file as it was after it was written: SHA-256, size in bytes, time of change in nanoseconds (0: never finished)."""

    sha256: str
    byte_count: int = 0
    changed_ns: int = 0


def write_output(site: Site, public: Path, files: Mapping[str, bytes], pictures: Pictures) -> Written:
    """Make a folder hold the public site: these files and the photos of these pictures, and nothing of earlier runs.

    Raises:
        StoreError: the folder is another one of the site's own, holds files of somebody else, or cannot be written to.
    """
    manifest = manifest_path(site.var, public)
    if public.resolve() != site.public.resolve():
        if site.is_own(public):
            raise StoreError(str(public), "the site's own files lie there", "Choose another folder with --out.")
        if not manifest.exists() and public.is_dir() and any(public.iterdir()):
            raise StoreError(str(public), "other files lie there", "Choose a new or empty folder with --out.")
    photos = open_renditions(site.var / "photos").files(pictures)
    ordered = {path: files[path] for path in sorted(files, key=_rank)}
    return write_files(public, {**photos, **ordered}, manifest)


def _rank(path: str) -> tuple[int, str]:
    """Items before the pages that list them, feeds last: whoever follows a link finds its page."""
    return 0 if path.startswith("items/") else 2 if path.startswith("feeds/") else 1, path


def manifest_path(var: Path, public: Path) -> Path:
    """Where the manifest of an output folder lies: below var/output/, one for each folder that was ever written to."""
    place = os.path.relpath(public.resolve(), var.resolve())
    return var / "output" / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.json"


def write_files(
    public: Path,
    files: Mapping[str, bytes | Stored],
    manifest: Path,
    *,
    is_stale: Callable[[str], bool] = lambda _: True,
) -> Written:
    """Make a folder hold these files.

    Args:
        public: the folder; made when it is not there.
        files: by path below it (with `/`), in the order in which they move to their places.
        manifest: see `manifest_path`.
        is_stale: of the paths that an earlier run wrote and this one does not make, which are to be removed.

    Files that no run has written are left alone.

    Raises:
        StoreError: a path is unsafe, a symbolic link or a folder is in the way, or the folder cannot be written to.
    """
    for path in files:
        _check_path(path)
    with _explain(public):
        public.mkdir(parents=True, exist_ok=True)
        root = public.resolve()
        with _lock(manifest):
            return _Output(root, files, manifest).write(is_stale)


class _Output:
    """One run: what is known of the folder, and what it is to hold."""

    def __init__(self, root: Path, files: Mapping[str, bytes | Stored], manifest: Path) -> None:
        self.root, self.files, self.manifest = root, files, manifest
        self.known = _read_manifest(manifest)
        self.sound_folders = {""}

    def write(self, is_stale: Callable[[str], bool]) -> Written:
        seen = {path: self._look(path, source) for path, source in self.files.items()}
        changed = [path for path, found in seen.items() if found is None]
        stale = [path for path in self.known if path not in self.files and is_stale(path)]
        if changed or stale:
            # written before anything moves: a file must never lie in public/ that no later run would know as ours
            self._write_manifest({**self.known, **{path: Seen(self._hash(path)) for path in changed}})
            self._replace(changed)
        removed = tuple(path for path in stale if self._remove(path))
        after = {path: found for path, found in self.known.items() if path not in stale}
        after |= {path: found or self._stat(path, self._hash(path)) for path, found in seen.items()}
        if after != self.known:
            self._write_manifest(after)
        return Written(tuple(changed), len(seen) - len(changed), removed)

    def _look(self, path: str, source: bytes | Stored) -> Seen | None:
        """The file as it lies there, None if it is not what is wanted."""
        self._check_folder(path.rpartition("/")[0])
        wanted = _hash_source(source)
        try:
            found = self._stat(path, wanted)
        except FileNotFoundError:
            return None
        if found == self.known.get(path):
            return found
        # not known, or touched since: only its bytes tell
        return found if _hash_file(self.root / path) == wanted else None

    def _stat(self, path: str, sha256: str) -> Seen:
        facts = os.lstat(f"{self.root}/{path}")  # as text: this is asked of every file in every run
        if not stat.S_ISREG(facts.st_mode):
            what = "a symbolic link" if stat.S_ISLNK(facts.st_mode) else "something other than a file"
            raise StoreError(str(self.root / path), f"{what} is in the way", "Move it away and publish again.")
        return Seen(sha256, facts.st_size, facts.st_mtime_ns)

    def _hash(self, path: str) -> str:
        return _hash_source(self.files[path])

    def _check_folder(self, folder: str) -> None:
        """Refuse a folder that is, or lies below, a symbolic link or a file."""
        if folder in self.sound_folders:
            return
        self._check_folder(folder.rpartition("/")[0])
        place = self.root / folder
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            what = "a symbolic link" if place.is_symlink() else "a file"
            raise StoreError(str(place), f"{what} is in the way", "Move it away and publish again.")
        self.sound_folders.add(folder)

    def _replace(self, changed: list[str]) -> None:
        """Write all new files whole, make them durable, then move each to its place."""
        staging = self.root / STAGING
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            for number, path in enumerate(changed):
                source = self.files[path]
                (staging / str(number)).write_bytes(source if isinstance(source, bytes) else source.path.read_bytes())
            _make_durable([staging / str(number) for number in range(len(changed))])
            for number, path in enumerate(changed):
                target = self.root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                (staging / str(number)).replace(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        _make_durable([*{(self.root / path).parent for path in changed}])

    def _remove(self, path: str) -> bool:
        """Remove a file that we wrote, and the folders that it leaves empty; False if it is not there any more."""
        target = self.root / path
        self._check_folder(path.rpartition("/")[0])
        try:
            if not stat.S_ISREG(target.lstat().st_mode):
                return False
            target.unlink()
        except FileNotFoundError:
            return False
        for folder in target.parents:
            if folder == self.root or any(folder.iterdir()):
                break
            folder.rmdir()
        return True

    def _write_manifest(self, entries: Mapping[str, Seen]) -> None:
        fresh = self.manifest.with_suffix(".new")
        fresh.write_text(json.dumps(dict(sorted(entries.items())), indent=0), "utf-8")
        _make_durable([fresh])
        fresh.replace(self.manifest)


def _check_path(path: str) -> None:
    if _UNSAFE.search(path) or path.partition("/")[0] == STAGING:
        raise StoreError(
            repr(path), "it is not a path below the output folder", "This is a fault of the program; report it."
        )


def _hash_source(source: bytes | Stored) -> str:
    return hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else source.sha256


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_durable(places: Sequence[Path]) -> None:
    """Have files and folders on the disk before going on: one by one, or with all there is when they are many."""
    if len(places) > MANY:
        os.sync()
        return
    for place in places:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read_manifest(manifest: Path) -> dict[str, Seen]:
    """What earlier runs wrote; a manifest that cannot be read counts as none, and every file is compared by its bytes."""
    try:
        entries = json.loads(manifest.read_text("utf-8"))
        return {path: Seen(*facts) for path, facts in entries.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


@contextmanager
def _lock(manifest: Path) -> Iterator[None]:
    """One writer at a time."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with manifest.with_suffix(".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            raise StoreError("publishing", "another run is writing this folder", "Wait for it, then try again.") from None
        yield


@contextmanager
def _explain(public: Path) -> Iterator[None]:
    """Operating system errors in plain words; nothing of the old site is lost by any of them."""
    try:
        yield
    except OSError as error:
        subject = str(error.filename or public)
        if error.errno in _FULL:
            raise StoreError(subject, "the disk is full", "Make room and publish again; no file is half written.") from None
        raise StoreError(
            subject, f"it cannot be written ({error.strerror})", "Mend the folder's rights or choose another with --out."
        ) from None
