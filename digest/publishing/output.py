"""public/ on disk: only changed bytes are written, each file at once, and what is no longer made goes away.

Outputs come as groups of documents with keys (see `newsroom.document`); a manifest in var/ knows what earlier runs wrote.
What is done in one run, and in which order, is told in `replacing`; here is who may write where, one run at a time, and what
people are told when it cannot be done.
"""

from __future__ import annotations

import errno
import fcntl
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from digest.errors import StoreError
from digest.newsroom.document import Group
from digest.newsroom.pictures import Pictures
from digest.publishing.manifest import BrokenManifestError, ManifestWriter, manifest_path
from digest.publishing.photos import plan_photos
from digest.publishing.placing import OutputFolder
from digest.publishing.replacing import Judge, Run, Written, pass_all
from digest.settings import Site

__all__ = ["hold_output", "write_groups", "write_output"]

_TAKEN = (errno.EAGAIN, errno.EACCES)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_PATIENCE = 15.0
"""How long to wait for another run on the same folder, in seconds."""
_LOOK_EVERY = 0.02


def write_output(
    site: Site,
    public: Path,
    groups: Iterable[Group],
    pictures: Pictures,
    *,
    whole: bool = False,
    judge: Judge = pass_all,
    compress: bool | None = None,
    is_held: bool = False,
) -> Written:
    """Make a folder hold the public site: these groups and the photos of these pictures, and nothing of earlier runs.

    Args:
        whole: look at every file, even of groups that have not changed.
        judge: looks over every new or changed document before anything is replaced.
        compress: whether text files get compressed copies beside them; None: as in the run before.
        is_held: whether the caller keeps other runs away by `hold_output`.

    Raises:
        StoreError: the folder is another one of the site's own, holds files of somebody else, or cannot be written to.
    """
    manifest = manifest_path(site.var, public)
    if public.resolve() != site.public.resolve():
        if site.is_own(public):
            raise StoreError(str(public), "the site's own files lie there", "Choose another folder with --out.")
        if not manifest.exists() and public.is_dir() and any(public.iterdir()):
            raise StoreError(str(public), "other files lie there", "Choose a new or empty folder with --out.")
    every = [plan_photos(site.var / "photos", pictures), *groups]
    return write_groups(public, every, manifest, whole=whole, judge=judge, compress=compress, is_held=is_held)


def write_groups(
    public: Path,
    groups: Iterable[Group],
    manifest: Path,
    *,
    whole: bool = False,
    judge: Judge = pass_all,
    compress: bool | None = None,
    is_held: bool = False,
) -> Written:
    """Make a folder hold the documents of these groups; files that no run has written are left alone.

    Args:
        public: the folder; made when it is not there.
        manifest: see `manifest_path`.
        is_held: whether the caller keeps other runs away.

    Raises:
        StoreError: a path is unsafe, a symbolic link or a folder is in the way, or the folder cannot be written to.
    """
    present = list(groups)
    with _explain(public), nullcontext() if is_held else _lock(manifest):
        try:
            return _write(public, present, manifest, whole, judge, compress)
        except BrokenManifestError:
            # it counts as none: a new one is begun, and every file compared by its bytes
            for file in (manifest, manifest.with_name(f"{manifest.name}-journal")):
                file.unlink(missing_ok=True)
            return _write(public, present, manifest, whole, judge, compress)


def _write(public: Path, groups: list[Group], manifest: Path, whole: bool, judge: Judge, compress: bool | None) -> Written:
    with closing(ManifestWriter(manifest)) as known, closing(OutputFolder(public)) as folder:
        return Run(folder, known, groups, judge, compress).write(whole)


@contextmanager
def hold_output(site: Site, public: Path) -> Iterator[None]:
    """Keep other runs away from a folder; what is read from the log meanwhile is the newest that is ever written there.

    Raises:
        StoreError: another run has been writing it for too long, or var/ cannot be written.
    """
    with _explain(public), _lock(manifest_path(site.var, public)):
        yield


@contextmanager
def _lock(manifest: Path) -> Iterator[None]:
    """One writer at a time; the others wait."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with manifest.with_suffix(".lock").open("a") as file:
        end = monotonic() + _PATIENCE
        while not _is_taken_by_us(file):
            if monotonic() > end:
                cause = "another run has been writing this folder for long"
                raise StoreError("publishing", cause, "Nothing is lost; wait for it, then run: digest publish")
            sleep(_LOOK_EVERY)
        yield


def _is_taken_by_us(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        return False
    return True


@contextmanager
def _explain(public: Path) -> Iterator[None]:
    """Operating system errors in plain words; nothing of the old site is lost by any of them."""
    try:
        yield
    except OSError as error:
        subject = str(public / error.filename if isinstance(error.filename, str) else public)
        if error.errno in _FULL:
            raise StoreError(subject, "the disk is full", "Make room and publish again; no file is half written.") from None
        raise StoreError(
            subject, f"it cannot be written ({error.strerror})", "Mend the folder's rights or choose another with --out."
        ) from None
