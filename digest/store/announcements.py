"""What a WebSub hub has yet to be told: one durable row an address, and how the hub itself has been answering.

A row is taken for a short lease: `next_at` moves on before the request goes out, so that no two processes send the same one,
and one that is killed in the middle leaves a row that becomes due again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.newsroom.log import from_seconds, to_seconds
from digest.store.facts import keep_fact, read_fact
from digest.store.sqlite import AnyConnection, driver

__all__ = [
    "LEASE",
    "Announcement",
    "Hub",
    "drop_other_hubs",
    "find_next_due",
    "give_up",
    "keep_hub",
    "put_off",
    "queue",
    "read_announcements",
    "read_hub",
    "remove",
    "take_due",
]

LEASE = timedelta(minutes=1)
"""For how long a row that was taken is nobody else's; longer than a hub may take for all that are taken together."""

_HUB = "hub"
_COLUMNS = "SELECT hub, address, queued_at, next_at, attempts, error FROM announcement"
_SAME = "hub = ? AND address = ? AND queued_at = ?"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A feed address that a hub has yet to be told of.

    `queued_at` is the moment of its newest change, and no two changes of an address have the same; `attempts` counts the
    answers that refused it since then, `error` is the newest of them in words.
    """

    hub: str
    address: str
    queued_at: datetime
    next_at: datetime
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Hub:
    """How a hub has been: how often in a row it did not answer or asked to wait, and until when it is left alone."""

    failures: int = 0
    not_before: datetime | None = None


def queue(connection: AnyConnection, hub: str, addresses: Iterable[str], now: datetime) -> None:
    """Note that these addresses have changed; what was known of earlier changes of theirs begins anew.

    A row that is just being announced is told again: what the hub may have fetched is older than this change.
    """
    seconds = to_seconds(now)
    driver(connection).executemany(
        "INSERT INTO announcement (hub, address, queued_at, next_at) VALUES (?, ?, ?, ?) ON CONFLICT (hub, address) "
        "DO UPDATE SET queued_at = max(excluded.queued_at, queued_at + 1), next_at = excluded.next_at, attempts = 0",
        [(hub, address, seconds, seconds) for address in addresses],
    )


def drop_other_hubs(connection: AnyConnection, hub: str) -> None:
    """Forget what other hubs than this one were to be told; all of them when it is the empty text."""
    driver(connection).execute("DELETE FROM announcement WHERE hub <> ?", (hub,))


def take_due(connection: AnyConnection, hub: str, now: datetime, most: int) -> list[Announcement]:
    """Some of the rows that are due, longest waiting first, each taken for `LEASE`."""
    query = f"{_COLUMNS} WHERE hub = ? AND next_at <= ? ORDER BY queued_at, address LIMIT ?"
    taken = [_build(row) for row in driver(connection).execute(query, (hub, to_seconds(now), most))]
    later = to_seconds(now + LEASE)
    driver(connection).executemany(
        f"UPDATE announcement SET next_at = ? WHERE {_SAME}",  # noqa: S608 (words of ours)
        [(later, *_same(one)) for one in taken],
    )
    return taken


def remove(connection: AnyConnection, taken: Announcement) -> None:
    """The hub has it; unless it changed meanwhile, there is nothing more to tell."""
    driver(connection).execute(f"DELETE FROM announcement WHERE {_SAME}", _same(taken))  # noqa: S608


def put_off(connection: AnyConnection, taken: Announcement, next_at: datetime, attempts: int, error: str) -> None:
    """To be told later, unless it changed meanwhile: then it stays due."""
    driver(connection).execute(
        f"UPDATE announcement SET next_at = ?, attempts = ?, error = ? WHERE {_SAME}",  # noqa: S608
        (to_seconds(next_at), attempts, error, *_same(taken)),
    )


def give_up(connection: AnyConnection, hub: str, before: datetime, *, untried: bool) -> Sequence[Announcement]:
    """Forget what has not changed since that moment and was refused, or `untried` as well; and say what it was."""
    old = f"hub = ? AND queued_at < ? AND attempts >= {0 if untried else 1}"
    values = (hub, to_seconds(before))
    found = [_build(row) for row in driver(connection).execute(f"{_COLUMNS} WHERE {old} ORDER BY address", values)]
    driver(connection).execute(f"DELETE FROM announcement WHERE {old}", values)  # noqa: S608
    return found


def read_announcements(connection: AnyConnection, hub: str) -> list[Announcement]:
    """All that a hub has yet to be told, the next due first."""
    query = f"{_COLUMNS} WHERE hub = ? ORDER BY next_at, address"
    return [_build(row) for row in driver(connection).execute(query, (hub,))]


def find_next_due(connection: AnyConnection, hub: str) -> datetime | None:
    """When something may be told again; None when nothing waits."""
    query = "SELECT min(next_at) FROM announcement WHERE hub = ?"
    (seconds,) = driver(connection).execute(query, (hub,)).fetchone()
    if seconds is None:
        return None
    not_before = read_hub(connection, hub).not_before
    return max(from_seconds(seconds), not_before) if not_before else from_seconds(seconds)


def read_hub(connection: AnyConnection, hub: str) -> Hub:
    """How a hub has been."""
    address, failures, seconds = json.loads(read_fact(connection, _HUB) or '["", 0, 0]')
    return Hub(failures, from_seconds(seconds)) if failures and address == hub else Hub()


def keep_hub(connection: AnyConnection, hub: str, state: Hub) -> None:
    """Remember how a hub has been, in place of what was known of it, or of another one."""
    seconds = to_seconds(state.not_before) if state.not_before else 0
    if read_hub(connection, hub) != state:
        keep_fact(connection, _HUB, json.dumps([hub, state.failures, seconds]))


def _same(taken: Announcement) -> tuple[str, str, int]:
    """The row as it was taken, if it has not changed since."""
    return taken.hub, taken.address, to_seconds(taken.queued_at)


def _build(row: tuple[str, str, int, int, int, str]) -> Announcement:
    hub, address, queued, following, attempts, error = row
    return Announcement(hub, address, from_seconds(queued), from_seconds(following), attempts, error)
