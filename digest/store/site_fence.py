"""What is kept of a site's fence: where the site lives, how much work was done, whether it stands still.

The count of work stands in the database and in `var/work`, a file beside it that a restored database does not bring along.
The file is written after the database, and only ever upwards: it is never ahead of the database that it belongs to.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from digest.clock import format_utc, parse_utc
from digest.delivery.site_fence import Cause, Home, SiteFence
from digest.store.facts import drop_fact, keep_fact, read_fact
from digest.store.files import write_durably

__all__ = ["find_home", "keep_fence", "keep_home", "keep_seen", "read_fence", "read_home", "read_seen", "write_work"]

_FENCE, _HOME, _SEEN = "fence", "home", "clock"
_MACHINE = Path("/etc/machine-id")


def find_home(file: Path) -> Home:
    """Where the database of this file lives now; to be asked before the database is, for others count on meanwhile.

    Raises:
        OSError: the folder cannot be read.
    """
    return Home(_find_machine(), file.stat().st_ino, _read_work(_work_file(file)))


def write_work(file: Path, work: int) -> None:
    """Write the count of work beside the database, durable when this returns; one that is as high already stays.

    Raises:
        OSError: it cannot be written.
    """
    place = _work_file(file)
    with _locked(place.with_suffix(".lock")):
        if _read_work(place) < work:
            write_durably(place, f"{work}\n".encode("ascii"))


def read_home(connection: sqlite3.Connection) -> Home | None:
    """Where the site lives as far as the database knows; None while it has never worked."""
    text = read_fact(connection, _HOME)
    return None if text is None else Home(**json.loads(text))


def keep_home(connection: sqlite3.Connection, home: Home) -> None:
    """Note where the site lives."""
    keep_fact(connection, _HOME, json.dumps({"machine": home.machine, "file": home.file, "work": home.work}))


def read_seen(connection: sqlite3.Connection) -> datetime | None:
    """The newest moment that the machine's clock wrote."""
    text = read_fact(connection, _SEEN)
    return None if text is None else parse_utc(text)


def keep_seen(connection: sqlite3.Connection, now: datetime) -> None:
    """Note what the machine's clock says."""
    keep_fact(connection, _SEEN, format_utc(now))


def read_fence(connection: sqlite3.Connection) -> SiteFence | None:
    """Why the site stands still, None when it does not."""
    text = read_fact(connection, _FENCE)
    if text is None:
        return None
    values = json.loads(text)
    return SiteFence(Cause(values["cause"]), values["words"], parse_utc(values["at"]), values.get("last"))


def keep_fence(connection: sqlite3.Connection, fence: SiteFence | None) -> None:
    """Let the site stand still, or with None go on."""
    if fence is None:
        drop_fact(connection, _FENCE)
    else:
        values = {"cause": fence.cause, "words": fence.words, "at": format_utc(fence.at), "last": fence.last}
        keep_fact(connection, _FENCE, json.dumps(values))


def _work_file(file: Path) -> Path:
    return file.parent / "work"


def _read_work(place: Path) -> int:
    """The count in that file; -1 when there is none, or it says nothing."""
    try:
        return max(int(place.read_text("ascii")), -1)
    except (FileNotFoundError, ValueError):
        return -1


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """One writer at a time: between looking and writing nobody else must count on."""
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _find_machine() -> str:
    """A hash of the machine's id, which is not to be shown to others (machine-id(5)); empty where it has none."""
    try:
        text = _MACHINE.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(b"newsroom-digest " + text.encode()).hexdigest()[:32] if text else ""
