"""What must outlive the database: who was erased, who left, and which addresses are never to be mailed again.

It stands on record beside the database, so that one which is older can be restored without bringing anybody back. Each line
of `var/erasures` has the moment and what happened:

    2022-02-28T18:00:00Z 7                  the subscription of that number was erased
    2022-02-28T18:00:00Z 7 never-again      likewise, and its address is never to be mailed
    2022-02-28T18:00:00Z 7 left             its reader left; or came back: `back`
    2022-02-28T18:00:00Z suppressed 5f0c…   the address of that keyed hash is never to be mailed; or may be: `unsuppressed`

No address, and no hash of a reader who is not suppressed. Lines are only added, each durable before what it tells of; they
go after 35 days, when no backup is kept any more that could need them.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeAlias

from digest.clock import format_utc, parse_utc
from digest.errors import StoreError
from digest.store.files import write_durably

__all__ = [
    "KEPT", "Erasure", "Farewell", "Record", "Suppression", "forget_record", "note_record", "note_word", "read_record",
    "record_file",
]  # fmt: skip

KEPT = timedelta(days=35)
"""How long a line stays on record; backups should be kept for less."""

_LINE = re.compile(r"(\S+) (?:([1-9]\d{0,18})(?: (never-again|left|back))?|(suppressed|unsuppressed) ((?:[0-9a-f]{2})+))")
_LONGEST = 512
"""More octets than a line can have."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One subscription that was erased, when, and whether its address is never to be mailed again."""

    at: datetime
    subscription: int
    never_again: bool = False

    def __str__(self) -> str:
        return f"{format_utc(self.at)} {self.subscription}{' never-again' if self.never_again else ''}"


@dataclass(frozen=True, slots=True)
class Farewell:
    """One subscription that was left, or to which its reader came back, and when."""

    at: datetime
    subscription: int
    came_back: bool = False

    def __str__(self) -> str:
        return f"{format_utc(self.at)} {self.subscription} {'back' if self.came_back else 'left'}"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address, as keyed hash, that is never to be mailed, since when; or that may be mailed again."""

    at: datetime
    address_hash: bytes = field(repr=False)
    is_over: bool = False

    def __str__(self) -> str:
        return f"{format_utc(self.at)} {'unsuppressed' if self.is_over else 'suppressed'} {self.address_hash.hex()}"


Record: TypeAlias = Erasure | Farewell | Suppression
"""A line."""


def record_file(var: Path) -> Path:
    """Where all that is on record."""
    return var / "erasures"


def note_record(var: Path, records: Iterable[Record]) -> None:
    """Add to the record, durable when this returns. To be called before the transaction that it tells of is durable.

    Raises:
        OSError: it cannot be written; then nobody must be erased.
    """
    text = "".join(f"{one}\n" for one in records)
    if not text:
        return
    path = record_file(var)
    with _locked(var):
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            _drop_cut_line(file)
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(var)


def note_word(var: Path, records: Iterable[Record]) -> None:
    """Add to the record what a person wants for themselves: their word counts also where it cannot be put on record."""
    with suppress(OSError):
        note_record(var, records)


def read_record(path: Path) -> list[Record]:
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


def forget_record(var: Path, now: datetime) -> int:
    """Drop what is older than `KEPT`; how many lines.

    Raises:
        StoreError: the record cannot be read.
        OSError: it cannot be written.
    """
    if not record_file(var).exists():
        return 0
    with _locked(var):
        known = read_record(record_file(var))
        kept = [one for one in known if one.at > now - KEPT]
        if len(kept) < len(known):
            write_durably(record_file(var), "".join(f"{one}\n" for one in kept).encode("ascii"))
    return len(known) - len(kept)


def _parse(line: str, subject: str) -> Record:
    found = _LINE.fullmatch(line)
    try:
        if found:
            return _build(*found.groups())
    except ValueError:
        pass
    raise StoreError(subject, "the line is no erasure on record", "Name the file var/erasures, unchanged.")


def _build(at: str, number: str | None, word: str | None, verb: str | None, digits: str | None) -> Record:
    moment = parse_utc(at)
    if digits is not None:
        return Suppression(moment, bytes.fromhex(digits), is_over=verb == "unsuppressed")
    if word in ("left", "back"):
        return Farewell(moment, int(number or 0), came_back=word == "back")
    return Erasure(moment, int(number or 0), never_again=word is not None)


def _drop_cut_line(file: BinaryIO) -> None:
    """Leave the file at the end of its last whole line: one that a crash cut short was never acted on."""
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, size - _LONGEST))
    file.truncate(start + file.read().rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)


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
