"""Files that only the account which runs digest may read: how keys are read, and how they are made once and for all."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digest.errors import SubscriberError

__all__ = ["is_exposed", "judge_place", "make_folder", "read_secret", "replace_file", "write_once"]

_SIZE_LIMIT = 64 * 1024


def is_exposed(mode: int, owner: int, reader: int) -> bool:
    """Whether others than the account that runs digest may read or change a key file.

    A file of root that a group may read counts as safe for an account other than root: so systemd hands over credentials,
    and so an administrator shares a secret with one service.

    Args:
        mode: the permission bits of the file.
        owner: the number of the user the file belongs to.
        reader: the number of the user that digest runs as.
    """
    handed_over = owner == 0 and reader != 0
    return bool(mode & (0o037 if handed_over else 0o077))


def judge_place(folder: Path, outside: Iterable[Path]) -> None:
    """Refuse a folder of keys that lies in one of the folders `outside`, which are published or backed up.

    Raises:
        SubscriberError: it does.
    """
    for forbidden in outside:
        if folder.resolve().is_relative_to(forbidden.resolve()):
            raise SubscriberError(
                str(folder),
                f"the keys must not lie in {forbidden}, which is published or backed up",
                "Move them to another folder, and set DIGEST_KEYS to it if it is not the site's keys/.",
            )


def read_secret(path: Path) -> bytes | None:
    """The octets of a file of keys, None when there is no such file.

    Raises:
        SubscriberError: it cannot be read, is no file, is larger than 64 KiB, or others may read it.
    """
    try:
        # A pipe in that place must not make us wait.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)  # a folder cannot be wrapped as a file
        raise _unreadable(path, "it is not a file")
    with os.fdopen(handle, "rb") as file:
        if is_exposed(stat.S_IMODE(facts.st_mode), facts.st_uid, os.geteuid()):
            raise SubscriberError(str(path), "others on this machine may read the keys", f"Run: chmod 600 {path}")
        data = file.read(_SIZE_LIMIT + 1)
    if len(data) > _SIZE_LIMIT:
        raise _unreadable(path, "it is too large for a file of keys")
    return data


def _unreadable(path: Path, why: str) -> SubscriberError:
    return SubscriberError(
        str(path), f"the keys cannot be read: {why}", "Let the account that runs digest read this file, and no other."
    )


def make_folder(folder: Path) -> None:
    """Make a folder of keys (0700) if it is not there.

    Raises:
        SubscriberError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None


def write_once(path: Path, data: bytes) -> bool:
    """Make a file (0600), durable when this returns; one that is there is never replaced.

    Returns:
        Whether it was made; False when there was one.

    Raises:
        SubscriberError: it cannot be written.
    """
    try:
        return _write(path, data)
    except OSError as error:
        raise _unwritable(path.parent, error) from None


@contextmanager
def replace_file(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Change a file of keys whole: what is given takes the place of what is there (0600), durable when the call returns.

    One process at a time has the block, so that what it read there is still so when it writes.

    Raises:
        SubscriberError: the folder cannot be written, as with keys that a service manager hands over.
    """
    try:
        listing = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unwritable(path.parent, error) from None
    try:
        fcntl.flock(listing, fcntl.LOCK_EX)

        def write(data: bytes) -> None:
            try:
                with _written(path.parent, data) as name:
                    Path(name).replace(path)
                os.fsync(listing)
            except OSError as error:
                raise _unwritable(path.parent, error) from None

        yield write
    finally:
        os.close(listing)


def _write(path: Path, data: bytes) -> bool:
    made = False
    # Unlike a rename, a link never replaces: of two processes the second finds the keys of the first.
    with _written(path.parent, data) as name, suppress(FileExistsError):
        os.link(name, path)
        made = True
    listing = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)
    return made


@contextmanager
def _written(folder: Path, data: bytes) -> Iterator[str]:
    """A durable file (0600) of another name in that folder, gone at the end unless it was renamed."""
    handle, name = tempfile.mkstemp(prefix=".new-keys-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError) -> SubscriberError:
    return SubscriberError(
        str(folder),
        f"no keys can be made there: {error.strerror or error}",
        "Make the folder writable for the account that runs digest, or set DIGEST_KEYS to another one.",
    )
