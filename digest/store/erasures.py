"""Erasures on record beside the database, so that a backup which is older can be restored without bringing anybody back.

`var/erasures` has a line for each: the moment, the number of the subscription, and `never-again` if they asked never to be
mailed again. No address, no hash. Lines are only added, each durable before the erasure itself; they go after 35 days, when
no backup is kept any more that could need them.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from digest.clock import format_utc, parse_utc
from digest.errors import StoreError
from digest.store.files import write_durably

__all__ = ["KEPT", "Erasure", "erasures_file", "forget_erasures", "note_erasures", "read_erasures"]

KEPT = timedelta(days=35)
"""How long an erasure stays on record; backups should be kept for less."""

_LINE = re.compile(r"(\S+) ([1-9]\d{0,18})( never-again)?")


@dataclass(frozen=True, slots=True)
class Erasure:
    """One subscription that was erased, when, and whether its address is never to be mailed again."""

    at: datetime
    subscription: int
    never_again: bool = False

    def __str__(self) -> str:
        return f"{format_utc(self.at)} {self.subscription}{' never-again' if self.never_again else ''}"


def erasures_file(var: Path) -> Path:
    """Where they are on record."""
    return var / "erasures"


def note_erasures(var: Path, erasures: Iterable[Erasure]) -> None:
    """Add to the record, durable when this returns. To be called before the transaction that erases is durable.

    Raises:
        OSError: it cannot be written; then nothing must be erased.
    """
    text = "".join(f"{one}\n" for one in erasures)
    if not text:
        return
    path = erasures_file(var)
    with _locked(var):
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            known = file.read()
            file.truncate(known.rfind(b"\n") + 1)  # a line that a crash cut short was never acted on
            file.seek(0, os.SEEK_END)
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(var)


def read_erasures(path: Path) -> list[Erasure]:
    """What is on record in that file, in order; a last line that was not written to its end is left out.

    Raises:
        StoreError: it cannot be read, or is no such record.
    """
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(str(path), "the erasures on record cannot be read", "Name the file var/erasures.") from error
    lines = text.split("\n")
    return [_parse(line, f"{path}:{number}") for number, line in enumerate(lines[:-1], start=1)]


def forget_erasures(var: Path, now: datetime) -> int:
    """Drop what is older than `KEPT`; how many.

    Raises:
        StoreError: the record cannot be read.
        OSError: it cannot be written.
    """
    if not erasures_file(var).exists():
        return 0
    with _locked(var):
        known = read_erasures(erasures_file(var))
        kept = [one for one in known if one.at > now - KEPT]
        if len(kept) < len(known):
            write_durably(erasures_file(var), "".join(f"{one}\n" for one in kept).encode("ascii"))
    return len(known) - len(kept)


def _parse(line: str, subject: str) -> Erasure:
    found = _LINE.fullmatch(line)
    try:
        if found:
            return Erasure(parse_utc(found[1]), int(found[2]), bool(found[3]))
    except ValueError:
        pass
    raise StoreError(subject, "the line is no erasure on record", "Name the file var/erasures, unchanged.")


@contextmanager
def _locked(var: Path) -> Iterator[None]:
    """One writer at a time: dropping old lines replaces the file, and nothing may be added to the one that goes."""
    handle = os.open(var / "erasures.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
