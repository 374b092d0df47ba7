"""An item file replaced on disk: whole or not at all, with its mode kept, and only if nobody changed it meanwhile."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digest.errors import ContentError
from digest.items.folder import MAX_FILE_SIZE, read_text

__all__ = ["hold_items", "read_source", "replace_text"]


@contextmanager
def hold_items(folder: Path) -> Iterator[None]:
    """One edit at a time: between reading a file and replacing it, no other command edits below this folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read_source(path: Path) -> str:
    """The text of an item file that is to be edited, every byte of it.

    Raises:
        ContentError: it is gone, a symbolic link, no plain file, too large, not UTF-8, or may not be read.
    """
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise ContentError(str(path), "it is not there", "Restore the file, or name another.") from None
    except UnicodeDecodeError:
        raise ContentError(str(path), "it is not UTF-8 text", "Save the file as UTF-8, then try again.") from None
    except OSError as error:
        raise _refuse(path, error, "read") from None
    if text is None:
        raise ContentError(str(path), f"it is larger than {MAX_FILE_SIZE // 1024} KiB", "Shorten the text, then try again.")
    return text


def replace_text(path: Path, before: str, after: str) -> None:
    """Put a new text in the place of the one that was read; mode and, where that is allowed, owner are kept.

    The bytes reach the disk under a hidden name before they take the file's own, so that a crash leaves one of the two.

    Raises:
        ContentError: the file no longer holds `before`, may not be written, or would become too large to be an item.
    """
    data = after.encode("utf-8")
    if len(data) > MAX_FILE_SIZE:
        cause = f"it would become larger than {MAX_FILE_SIZE // 1024} KiB"
        raise ContentError(str(path), cause, "Shorten the text, then try again; nothing was changed.")
    if read_source(path) != before:
        raise ContentError(str(path), "it was changed meanwhile by somebody else", "Nothing was changed; try again.")
    if not os.access(path, os.W_OK):
        raise ContentError(str(path), "it may not be written", "Mend the rights of the file; nothing was changed.")
    try:
        _replace(path, data)
    except OSError as error:
        raise _refuse(path, error, "written") from None


def _refuse(path: Path, error: OSError, what: str) -> ContentError:
    if path.is_symlink():
        return ContentError(str(path), "it is a symbolic link, which is not followed", "Put the file itself there.")
    return ContentError(str(path), f"it cannot be {what} ({error.strerror})", "Mend its rights, or make room on the disk.")


def _replace(path: Path, data: bytes) -> None:
    facts = path.lstat()
    hidden = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.tmp")
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            with suppress(PermissionError):
                os.fchown(handle, facts.st_uid, facts.st_gid)
            os.fchmod(handle, stat.S_IMODE(facts.st_mode))
            os.fsync(handle)
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Bring the new name to the disk; file systems that cannot do so for a folder are left at that."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
