"""Private feeds of accredited press in the database: names, and the SHA-256 of each address's token, never the token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from digest.newsroom.log import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["PressFeed", "find_press_feed", "keep_press_feed", "note_use", "read_press_feeds", "revoke"]

_COLUMNS = "SELECT id, name, created_at, used_on, revoked_at, token_hash FROM press_feed"


@dataclass(frozen=True, slots=True)
class PressFeed:
    """Whose it is, since when, on which day it was last used (None: never), and when it was revoked (None: it works)."""

    number: int
    name: str
    created_at: datetime
    used_on: date | None
    revoked_at: datetime | None
    token_hash: bytes = field(repr=False)


def keep_press_feed(connection: AnyConnection, name: str, token_hash: bytes, now: datetime) -> None:
    """A new private feed, in place of the one that had this name."""
    driver(connection).execute(
        "INSERT INTO press_feed (name, token_hash, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "token_hash = excluded.token_hash, created_at = excluded.created_at, used_on = NULL, revoked_at = NULL",
        (name, token_hash, to_seconds(now)),
    )


def find_press_feed(connection: AnyConnection, token_hash: bytes) -> PressFeed | None:
    """The feed that a token opens, revoked ones too."""
    row = driver(connection).execute(f"{_COLUMNS} WHERE token_hash = ?", (token_hash,)).fetchone()
    return None if row is None else _build(row)


def read_press_feeds(connection: AnyConnection) -> list[PressFeed]:
    """All private feeds by name, revoked ones too."""
    return [_build(row) for row in driver(connection).execute(f"{_COLUMNS} ORDER BY name")]


def note_use(connection: AnyConnection, number: int, day: date) -> None:
    """A feed was fetched on that day."""
    driver(connection).execute("UPDATE press_feed SET used_on = ? WHERE id = ?", (day.isoformat(), number))


def revoke(connection: AnyConnection, number: int, now: datetime) -> None:
    """From now on the token opens nothing."""
    driver(connection).execute("UPDATE press_feed SET revoked_at = ? WHERE id = ?", (to_seconds(now), number))


def _build(row: tuple[int, str, int, str | None, int | None, bytes]) -> PressFeed:
    number, name, created, used_on, revoked, token_hash = row
    return PressFeed(
        number=number,
        name=name,
        created_at=from_seconds(created),
        used_on=date.fromisoformat(used_on) if used_on else None,
        revoked_at=None if revoked is None else from_seconds(revoked),
        token_hash=token_hash,
    )
