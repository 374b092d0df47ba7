"""Backups: one encrypted file with all that a site cannot make again, taken while servers and senders go on.

The key is a file of its own in the site's folder of keys, made with the first backup. Neither it nor the site's other keys
are in a backup, so a stolen one says nothing; and a lost key cannot be made again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from digest import clock
from digest.desk.authority import require
from digest.desk.workplace import Workplace
from digest.errors import StoreError, SubscriberError, UsageError
from digest.settings import Site
from digest.staff.roles import Right
from digest.store.backup import DATABASE, copy_database, list_links, read_backup, write_backup
from digest.store.journal import judge_actor, write_journal
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

    `is_key_new` says that the key was made just now, `mark` is how the key is recognised. `links` are links among the site's
    files; what they lead to is not in it.
    """

    file: Path
    size: int
    member_count: int
    key_file: Path
    mark: str
    is_key_new: bool
    links: tuple[str, ...] = ()


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
        UsageError: the file is there already or another backup is being written to it, its folder is not there, or it lies
            in a folder of the site itself.
        SubscriberError: the key cannot be read or made.
        StoreError: the database or a file cannot be read, the backup cannot be written, or reads back as something else.
    """
    site = place.site
    judge_actor(actor)
    require(place, actor, Right.OPERATE)
    _judge_target(site, file)
    path, key, is_new = _find_key(site, key_file)
    with _drafted(file) as draft:
        sums = _write(place, draft, key)
        _verify(draft, key, sums)
    size, mark = file.stat().st_size, mark_key(key).hex()
    with place.hot.writing() as connection:
        detail = {"key": mark, "octets": size}
        write_journal(connection, place.now, actor, "backup made", "this site", place.via, **detail)
    return Backup(file, size, len(sums), path, mark, is_new, tuple(list_links(site.folder)))


def _judge_target(site: Site, file: Path) -> None:
    if site.is_own(file):
        raise UsageError(str(file), "the site's own files lie there", "Name a file in a place of its own, on another disk.")
    if os.path.lexists(file):
        raise _taken(file)
    if not file.parent.is_dir():
        raise UsageError(str(file.parent), "there is no such folder", "Make it, or see whether its disk is there.")


def _taken(file: Path) -> UsageError:
    return UsageError(str(file), "the file exists, and a backup never replaces another", "Name a new file.")


@contextmanager
def _drafted(file: Path) -> Iterator[Path]:
    """A draft beside the file, which gets its name once the block has ended well; what is cut short never has it."""
    draft = file.with_name(f"{file.name}.part")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(file, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # one that was killed leaves a draft, but no lock
        except BlockingIOError:
            raise UsageError(str(file), "another backup is being written to that file", "Name another one.") from None
        try:
            yield draft
            _give_name(draft, file)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    finally:
        os.close(handle)


def _give_name(draft: Path, file: Path) -> None:
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))  # nobody else has the name now
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise _taken(file) from None
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> StoreError:
    cause = f"the backup cannot be written ({error.strerror or error})"
    return StoreError(str(file), cause, "Free some space, or name a folder that you may write to.")


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


def _write(place: Workplace, draft: Path, key: bytes) -> dict[str, str]:
    about = {"made_at": clock.format_utc(clock.real_now()), "schema": HEAD}
    with copy_database(place.hot.file) as copy:
        try:
            with draft.open("wb") as out:
                sums = write_backup(Sealing(key, out.write), copy, place.site.folder, json.dumps(about).encode())
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise _unwritable(draft, error) from error
    return sums


def _verify(file: Path, key: bytes, sums: dict[str, str]) -> None:
    with file.open("rb") as source:
        found = read_backup(Opening(key, source, str(file)), str(file))
    if found != sums:
        changed = DATABASE if found.get(DATABASE) != sums[DATABASE] else "a file"
        raise StoreError(
            str(file), f"{changed} reads back as something else", "Look after the disk, and name another place."
        )
