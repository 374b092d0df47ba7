"""Backups: one encrypted file with all that a site cannot make again, taken while servers and senders go on.

The key is a file of its own in the site's folder of keys, made with the first backup. Neither it nor the site's other keys
are in a backup, so a stolen one says nothing; and a lost key cannot be made again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from digest import clock
from digest.desk.workplace import Workplace
from digest.errors import StoreError, SubscriberError, UsageError
from digest.settings import Site
from digest.store.backup import DATABASE, copy_database, read_backup, write_backup
from digest.store.journal import write_journal
from digest.store.migrating import HEAD
from digest.subscribers.archive import (
    BACKUP_KEY_FILE,
    Opening,
    Sealing,
    build_backup_key,
    mark_key,
    parse_backup_key,
    render_backup_key,
)
from digest.subscribers.secret_files import judge_place, make_folder, read_secret, write_once

__all__ = ["Backup", "back_up", "read_key"]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made and read back: the file, its size in octets, how many files it holds, and where its key lies.

    `is_key_new` says that the key was made just now, `mark` is how the key is recognised.
    """

    file: Path
    size: int
    member_count: int
    key_file: Path
    mark: str
    is_key_new: bool


def read_key(path: Path) -> bytes | None:
    """The backup key in that file; None when there is no such file.

    Raises:
        SubscriberError: others may read it, or nobody can.
        StoreError: it holds no key of backups.
    """
    data = read_secret(path)
    return None if data is None else parse_backup_key(data.decode("ascii", "replace"), str(path))


def back_up(place: Workplace, file: Path, *, key_file: Path | None = None, actor: str = "staff") -> Backup:
    """Write a backup to a new file, and read it back to its end.

    Args:
        key_file: the key of backups; None for the site's own, which is made with the first backup.

    Raises:
        UsageError: the file is there already, or lies in a folder of the site itself.
        SubscriberError: the key cannot be read or made.
        StoreError: the database or a file cannot be read, the backup cannot be written, or reads back as something else.
    """
    site = place.site
    if site.is_own(file):
        raise UsageError(str(file), "the site's own files lie there", "Name a file in a place of its own, on another disk.")
    if file.exists():
        raise UsageError(str(file), "the file exists, and a backup never replaces another", "Name a new file.")
    path, key, is_new = _find_key(site, key_file)
    try:
        sums = _write(place, file, key)
        _verify(file, key, sums)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    size, mark = file.stat().st_size, mark_key(key).hex()
    with place.hot.writing() as connection:
        detail = {"key": mark, "octets": size}
        write_journal(connection, place.now, actor, "backup made", "this site", place.via, **detail)
    return Backup(file, size, len(sums), path, mark, is_new)


def _find_key(site: Site, key_file: Path | None) -> tuple[Path, bytes, bool]:
    path = key_file or site.keys / BACKUP_KEY_FILE
    judge_place(path.parent, (site.public, site.var, site.items, site.templates))
    key, is_new = read_key(path), False
    if key is None:
        if key_file is not None:
            raise SubscriberError(str(path), "there is no such key", f"Leave --key out: {BACKUP_KEY_FILE} is made then.")
        make_folder(path.parent)
        is_new = write_once(path, render_backup_key(build_backup_key()).encode("ascii"))
        key = read_key(path)
        assert key is not None
    return path, key, is_new


def _write(place: Workplace, file: Path, key: bytes) -> dict[str, str]:
    about = {"made_at": clock.format_utc(clock.real_now()), "schema": HEAD}
    with copy_database(place.hot.file) as copy:
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as out:
                sums = write_backup(Sealing(key, out.write), copy, place.site.folder, json.dumps(about).encode())
                out.flush()
                os.fsync(out.fileno())
            folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            cause = f"the backup cannot be written ({error.strerror})"
            raise StoreError(str(file), cause, "Free some space, or name a folder that you may write to.") from error
    return sums


def _verify(file: Path, key: bytes, sums: dict[str, str]) -> None:
    with file.open("rb") as source:
        found = read_backup(Opening(key, source, str(file)), str(file))
    if found != sums:
        changed = DATABASE if found.get(DATABASE) != sums[DATABASE] else "a file"
        raise StoreError(
            str(file), f"{changed} reads back as something else", "Look after the disk, and name another place."
        )
