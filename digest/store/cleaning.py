"""The last traces of what was erased: SQLite overwrites what it removes, but for the unused parts of pages that it tidied.

When rows move from page to page, a copy may stay in the unused part of the old page, of about one row in thousands. Only
a database that is written anew has none. That takes about a second for each 128 MiB, in which others who write wait; so it
is done at most once a day, when anything was erased since, and not to a large database.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from digest.store.facts import drop_fact, keep_fact, read_fact
from digest.store.releases import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, connect, transaction, translate

__all__ = ["LARGEST", "note_traces", "write_anew"]

LARGEST = 256 << 20
"""In octets: a database that is larger is not written anew, for senders would wait too long."""

_EVERY = timedelta(hours=20)
_TRACES, _WRITTEN = "erased since written anew", "written anew"


def note_traces(connection: AnyConnection) -> None:
    """Say, in the transaction that erases something of a person, that the database is to be written anew some time."""
    keep_fact(connection, _TRACES, "1")


def write_anew(file: Path, now: datetime) -> bool:
    """Write the database anew, if anything was erased since that was done, and it was not done lately; whether it was.

    Where others are in the way, there is too little room, or it is too large, that is left for another time.

    Raises:
        StoreError: the database cannot be read.
    """
    with translate(file), closing(connect(file)) as connection:
        written = int(read_fact(connection, _WRITTEN) or 0)
        if read_fact(connection, _TRACES) is None or now - _EVERY < from_seconds(written) <= now:
            return False
        size = file.stat().st_size
        if size > LARGEST or shutil.disk_usage(file.parent).free < 4 * size:
            return False
        connection.execute("PRAGMA busy_timeout = 200")
        try:
            with transaction(connection):  # before it, so that what is erased meanwhile counts for the next time
                drop_fact(connection, _TRACES)
                keep_fact(connection, _WRITTEN, str(to_seconds(now)))
        except sqlite3.OperationalError:
            return False
        try:
            connection.execute("VACUUM")
        except sqlite3.OperationalError:  # others are in the way; tried again later
            connection.execute("PRAGMA busy_timeout = 10000")
            with transaction(connection):
                note_traces(connection)
                keep_fact(connection, _WRITTEN, str(written))
            return False
    return True
