"""Lifting the site's fence: staff let the site go on from where it is, and see beforehand what that means.

A database that was restored, moved or copied may hold letters that left already. An edition's letters are for staff to
judge, who know it and can cancel it; single letters go at most once, so those of before are cancelled. What the record
beside the database says of people who left, were erased or are never to be mailed is done again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest import clock
from digest.delivery.site_fence import Home, SiteFence, judge_home
from digest.desk.authority import check_actor
from digest.desk.erasing import forget_traces
from digest.desk.fencing import SUBJECT, judge_site
from digest.desk.workplace import Workplace
from digest.staff.roles import Right
from digest.store.erasures import Record, read_record, record_file
from digest.store.journal import write_journal
from digest.store.letters import cancel_letters, count_waiting_letters
from digest.store.replaying import Replayed, replay
from digest.store.site_fence import find_home, keep_fence, keep_home, keep_seen, read_fence, read_home, write_work
from digest.store.sqlite import translate

__all__ = ["Lifted", "Waiting", "count_waiting", "lift_fence"]

_EDITIONS = """
    SELECT d.edition_id, count(*) FROM delivery d JOIN edition e ON e.id = d.edition_id
    WHERE d.state IN ('queued', 'picked', 'inflight') AND e.state IN ('sending', 'paused')
    GROUP BY d.edition_id ORDER BY d.edition_id
"""
_WHY = "it may have left before this database was restored, moved or copied"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits behind the fence: letters of editions that are being sent or paused, and single letters.

    Of the single letters, `doubted_count` may have left already: lifting the fence cancels them. `doubts_editions` says that
    the same holds for letters of editions, which leave all the same.
    """

    editions: Mapping[str, int]
    letter_count: int
    doubted_count: int = 0
    doubts_editions: bool = False

    @property
    def leaving_count(self) -> int:
        """How many letters leave once the fence is lifted and nothing is paused."""
        return sum(self.editions.values()) + self.letter_count - self.doubted_count


@dataclass(frozen=True, slots=True)
class Lifted:
    """A fence that was lifted: what it was, how many single letters were cancelled with it, and what was done again."""

    fence: SiteFence
    cancelled_count: int
    replayed: Replayed


def count_waiting(place: Workplace) -> Waiting:
    """What would leave if the fence were lifted now, and what would be cancelled.

    Raises:
        StoreError: the database cannot be read.
    """
    with translate(place.hot.file):
        present = find_home(place.hot.file)
    with place.hot.reading() as connection:
        editions = dict(connection.execute(_EDITIONS).fetchall())
        fence = read_fence(connection)
        doubt = None if fence is None else _find_doubt(connection, fence, present)
        doubted = count_waiting_letters(connection, doubt.upto) if doubt else 0
        return Waiting(editions, count_waiting_letters(connection), doubted, doubt is not None)


def lift_fence(place: Workplace, *, actor: str) -> Lifted | None:
    """Let the site go on from where it is now; what was lifted, None when there was no fence.

    Raises:
        UsageError: the actor's name cannot be shown.
        StoreError: the database cannot be written, or the record of those who left beside it cannot be read.
        SubscriberError: the keys are missing, or those of another site, whose record this is not.
    """
    known = read_record(record_file(place.site.var))
    with translate(place.hot.file), place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.OPERATE)
        home = find_home(place.hot.file)
        fence = read_fence(connection) or judge_site(connection, home)
        if fence is None:
            return None
        cancelled, replayed = 0, Replayed()
        if doubt := _find_doubt(connection, fence, home):
            cancelled = cancel_letters(connection, clock.real_now(), doubt.upto, _WHY)
            replayed = _replay(place, connection, known)
        keep_fence(connection, None)
        noted = read_home(connection)
        home = replace(home, work=max(home.work, noted.work if noted else 0) + 1)
        keep_home(connection, home)
        keep_seen(connection, clock.real_now())
        counts = {"letters cancelled": cancelled, **replayed.counts} if doubt else {}
        write_journal(connection, place.now, actor, "fence lifted", SUBJECT, place.via, cause=fence.cause, **counts)
    with translate(place.hot.file):
        write_work(place.hot.file, home.work)
    if replayed.erased_count:
        forget_traces(place)
    clock.accept_drift()
    return Lifted(fence, cancelled, replayed)


def _replay(place: Workplace, connection: sqlite3.Connection, known: Sequence[Record]) -> Replayed:
    if not known:
        return Replayed()
    place.open_keys(connection)
    return replay(connection, known, clock.real_now())


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Which letters may have left already: those up to a delivery's number, or with None all that wait."""

    upto: int | None


def _find_doubt(connection: sqlite3.Connection, fence: SiteFence, present: Home) -> _Doubt | None:
    """Which letters may have left already; None when there is no reason to think so.

    A site that was copied behind a fence of its staff was copied all the same. When that was is not known.
    """
    if fence.doubts_letters:
        return _Doubt(fence.last)
    return None if judge_home(read_home(connection), present) is None else _Doubt(None)
