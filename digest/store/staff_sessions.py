"""Who is signed in, in the database: the SHA-256 of each cookie, never the cookie."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from digest.newsroom.log import from_seconds, to_seconds
from digest.staff.sessions import Session
from digest.store.sqlite import AnyConnection, driver

__all__ = [
    "StoredSession", "add_session", "drop_access", "end_session", "end_sessions", "find_stored", "keep_said",
    "read_sessions", "sweep_sessions", "take_said", "touch_session",
]  # fmt: skip

_COLUMNS = "SELECT id_hash, staff_id, epoch, device, said, created_at, seen_at, proved_at FROM staff_session"


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session with the hash of its cookie; `said` is what the next page has to say, empty for nothing."""

    cookie_hash: bytes = field(repr=False)
    session: Session
    said: str = ""


def add_session(connection: AnyConnection, cookie_hash: bytes, session: Session) -> None:
    """A new session."""
    moments = (to_seconds(session.created_at), to_seconds(session.seen_at), to_seconds(session.proved_at))
    driver(connection).execute(
        "INSERT INTO staff_session (id_hash, staff_id, epoch, device, created_at, seen_at, proved_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (cookie_hash, session.member_id, session.epoch, session.device, *moments),
    )


def find_stored(connection: AnyConnection, cookie_hash: bytes) -> StoredSession | None:
    """The session of a cookie, whether it still counts or not."""
    row = driver(connection).execute(f"{_COLUMNS} WHERE id_hash = ?", (cookie_hash,)).fetchone()
    return None if row is None else _build(row)


def read_sessions(connection: AnyConnection, member_id: int) -> list[StoredSession]:
    """All sessions of a member, the one seen last first."""
    query = f"{_COLUMNS} WHERE staff_id = ? ORDER BY seen_at DESC, created_at DESC, id_hash"
    return [_build(row) for row in driver(connection).execute(query, (member_id,))]


def touch_session(connection: AnyConnection, cookie_hash: bytes, now: datetime) -> None:
    """The session is in use."""
    driver(connection).execute("UPDATE staff_session SET seen_at = ? WHERE id_hash = ?", (to_seconds(now), cookie_hash))


def keep_said(connection: AnyConnection, cookie_hash: bytes, said: str) -> None:
    """What the session's next page has to say."""
    driver(connection).execute("UPDATE staff_session SET said = ? WHERE id_hash = ?", (said, cookie_hash))


def take_said(connection: AnyConnection, cookie_hash: bytes, said: str) -> None:
    """It was said; what was put there since stays."""
    query = "UPDATE staff_session SET said = '' WHERE id_hash = ? AND said = ?"
    driver(connection).execute(query, (cookie_hash, said))


def end_session(connection: AnyConnection, cookie_hash: bytes) -> bool:
    """End a session; whether there was one."""
    return driver(connection).execute("DELETE FROM staff_session WHERE id_hash = ?", (cookie_hash,)).rowcount == 1


def end_sessions(connection: AnyConnection, member_id: int) -> int:
    """End all sessions of a member; how many there were."""
    return driver(connection).execute("DELETE FROM staff_session WHERE staff_id = ?", (member_id,)).rowcount


def drop_access(connection: AnyConnection) -> None:
    """End every session and every link, whoever has them."""
    driver(connection).execute("DELETE FROM staff_session")
    driver(connection).execute("DELETE FROM staff_link")


def sweep_sessions(connection: AnyConnection, begun_before: datetime, seen_before: datetime) -> int:
    """Remove the sessions that count no longer by their age; how many."""
    query = "DELETE FROM staff_session WHERE created_at <= ? OR seen_at <= ?"
    return driver(connection).execute(query, (to_seconds(begun_before), to_seconds(seen_before))).rowcount


def _build(row: tuple[bytes, int, int, str, str, int, int, int]) -> StoredSession:
    cookie_hash, member, epoch, device, said, created, seen, proved = row
    moments = (from_seconds(created), from_seconds(seen), from_seconds(proved))
    return StoredSession(cookie_hash, Session(member, epoch, device, *moments), said)
