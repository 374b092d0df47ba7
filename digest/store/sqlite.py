"""A SQLite file as everything here uses it: its settings, its transactions and its faults, by plain sqlite3.

What must be quick (publishing, the ledger) works on such connections and never waits for SQLAlchemy to load. Functions that
both sides need take either sort of connection and go to the `driver` below it, so that they are part of its transaction.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from digest.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "PATIENT", "PRAGMAS", "AnyConnection", "connect", "connect_to_read", "connect_without_room", "driver", "explain",
    "find_file", "prepare", "transaction", "translate",
]  # fmt: skip

AnyConnection: TypeAlias = "sqlite3.Connection | Connection"
"""A plain connection, or one of SQLAlchemy's."""

PATIENT = "PRAGMA busy_timeout = 10000"
"""Makes a connection wait, for as many milliseconds, while others are writing."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    PATIENT,
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)
"""What every connection to the database is set to; the ledger's own connection too."""

_GOES_ON = "Then run the command again: it goes on from what is on record."


def connect(file: Path) -> sqlite3.Connection:
    """A connection that is set as all are, begins and commits nothing by itself, and may change threads.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    connection = sqlite3.connect(file, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(file: Path) -> sqlite3.Connection:
    """A connection to read by, to be closed soon; it can be had on a full disk too.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    try:
        return connect(file)
    except sqlite3.OperationalError as error:
        return connect_without_room(file, error)


def connect_without_room(file: Path, fault: BaseException) -> sqlite3.Connection:
    """A connection to read by where an ordinary one failed for want of room, as on a full disk.

    The first who opens the database makes a small file that all share. Where there is no room for it nobody can write, so
    the database is read as it lies there; but for what a crash has left in the log, which cannot be read without that file.

    Raises:
        sqlite3.Error: the fault is another one, or the log holds something; it is the fault itself.
    """
    log = Path(f"{file}-wal")
    is_full = getattr(fault, "sqlite_errorname", "").startswith(("SQLITE_IOERR_SHM", "SQLITE_FULL"))
    if not is_full or (log.exists() and log.stat().st_size):
        raise fault
    as_it_lies = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(as_it_lies, uri=True, isolation_level=None, check_same_thread=False)


def prepare(connection: sqlite3.Connection) -> None:
    """Set a new connection as all are."""
    connection.isolation_level = None  # the module would otherwise begin and commit by rules of its own
    for pragma in PRAGMAS:
        _run_patiently(connection, pragma)


def _run_patiently(connection: sqlite3.Connection, pragma: str) -> None:
    """Run a pragma; where others open a new database too, the change to a write-ahead log fails at once, without waiting."""
    for wait in (0.02, 0.1, 0.5, 1.0, 2.0):
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(wait)
        else:
            return
    connection.execute(pragma)


@contextmanager
def transaction(connection: sqlite3.Connection, *, writing: bool = True) -> Iterator[None]:
    """One transaction: one view of the data; what it writes is durable at its end, or as if it had never been."""
    connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def driver(connection: AnyConnection) -> sqlite3.Connection:
    """The plain connection below, in whose transaction both work."""
    if isinstance(connection, sqlite3.Connection):
        return connection
    below = connection.connection.driver_connection
    assert isinstance(below, sqlite3.Connection)
    return below


def find_file(connection: AnyConnection) -> Path:
    """The file that a connection is open on."""
    return Path(driver(connection).execute("PRAGMA database_list").fetchone()[2])


@contextmanager
def translate(file: Path) -> Iterator[None]:
    """Turn faults of the database and its folder into errors with a remedy."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            str(file.parent), error.strerror or str(error), "Make the folder writable, or free some space."
        ) from error
    except Exception as error:
        fault = getattr(error, "orig", error)  # SQLAlchemy wraps what the driver raised
        if not isinstance(fault, sqlite3.Error):
            raise
        raise explain(file, str(fault)) from error


def explain(file: Path, message: str) -> StoreError:
    """The error for a message of SQLite. What became of letters meanwhile is not known here, so nothing is promised."""
    causes = {"database or disk is full": "the disk is full", "disk I/O error": "the disk is full, or does not work"}
    remedies = {
        "database or disk is full": f"Free some space there. {_GOES_ON}",
        "disk I/O error": f"Free some space there, or mend the disk. {_GOES_ON}",
        "database is locked": "Another command is writing; wait a moment and run this one again.",
        "attempt to write a readonly database": "Make the file and its folder writable for this user.",
        "unable to open database file": "Make the folder writable for this user.",
        "file is not a database": "Restore the file from a backup, or move it away to start anew.",
        "database disk image is malformed": "Restore the file from a backup.",
    }
    remedy = next((text for start, text in remedies.items() if message.startswith(start)), "")
    cause = next((text for start, text in causes.items() if message.startswith(start)), message)
    return StoreError(str(file), cause, remedy or "Run the command again; if it stays, restore a backup.")
