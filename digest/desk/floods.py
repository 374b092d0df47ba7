"""When far more people ask than usual, their requests wait: approvers are told once, staff let them go on or drop them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.clock import format_utc, parse_utc
from digest.desk.authority import check_actor
from digest.desk.notices import notify_approvers
from digest.desk.workplace import Workplace
from digest.staff.roles import Right
from digest.store.facts import drop_fact, keep_fact, read_fact
from digest.store.journal import write_journal
from digest.store.rates import add_counts, read_between
from digest.store.requests import count_requests, drop_requests, read_requests, release_requests
from digest.store.sqlite import AnyConnection
from digest.subscribers.limits import OPEN_FOR, hour_count, hour_names, is_flood, read_hours
from digest.subscribers.requests import RequestState

__all__ = ["HeldRequests", "drop_held", "find_flood", "is_held_back", "note_flood", "read_held", "release_held"]

_SINCE, _ACCEPTED = "requests held since", "requests accepted until"
_SUBJECT = "requests"


@dataclass(frozen=True, slots=True)
class HeldRequests:
    """Requests that wait for staff: since when, how many of each list (empty: for the link to one's choices).

    `is_open`: staff have said lately that a flood is none, so nothing is held now.
    """

    since: datetime | None
    counts: Mapping[str, int]
    is_open: bool = False

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


def is_held_back(connection: AnyConnection, now: datetime) -> bool:
    """Count one more request that would bring a letter, and say whether it must wait, in a transaction that writes."""
    hours = read_hours(read_between(connection, *hour_names(now), now), now)
    add_counts(connection, [hour_count(now)], now)
    return is_flood(hours) and not _is_accepted(connection, now)


def note_flood(place: Workplace, connection: sqlite3.Connection) -> None:
    """Tell the approvers of all lists that requests wait, if these are the first ones; in the caller's transaction."""
    if count_requests(connection, RequestState.HELD) > 1:
        return
    since = format_utc(place.now)
    keep_fact(connection, _SINCE, since)
    for list_id in place.site.settings.lists:
        notify_approvers(place, connection, list_id, "requests-held", occasion=f"requests held {since}")


def find_flood(connection: AnyConnection) -> datetime | None:
    """Since when requests wait for staff; None when none do."""
    since = read_fact(connection, _SINCE)
    return None if since is None or not count_requests(connection, RequestState.HELD) else parse_utc(since)


def read_held(place: Workplace) -> HeldRequests:
    """The requests that wait for staff."""
    with place.hot.reading() as connection:
        held = read_requests(connection, RequestState.HELD)
        counts = Counter(request.wish.list_id for request in held)
        return HeldRequests(find_flood(connection), dict(counts), _is_accepted(connection, place.now))


def release_held(place: Workplace, *, actor: str) -> int:
    """Let the held requests go on, and hold none for a day: the many who ask are no flood. How many they are."""
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.READERS)
        count = release_requests(connection)
        keep_fact(connection, _ACCEPTED, format_utc(place.now + OPEN_FOR))
        drop_fact(connection, _SINCE)
        write_journal(connection, place.now, actor, "requests released", _SUBJECT, place.via, requests=count)
    return count


def drop_held(place: Workplace, *, actor: str) -> int:
    """Remove the held requests; nobody of them is written to. How many they were."""
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.READERS)
        count = drop_requests(connection)
        drop_fact(connection, _SINCE)
        drop_fact(connection, _ACCEPTED)
        write_journal(connection, place.now, actor, "requests dropped", _SUBJECT, place.via, requests=count)
    return count


def _is_accepted(connection: AnyConnection, now: datetime) -> bool:
    until = read_fact(connection, _ACCEPTED)
    return until is not None and now < parse_utc(until)
