"""The site's fence at the desk: whether the site stands still, and the word of staff that lets it go on.

Whoever is about to send or to release asks `find_fence` first; senders call `note_work` when they begin, every minute, and
when they end, so that a database which was restored meanwhile is known.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest import clock
from digest.delivery.site_fence import Cause, SiteFence, judge_clock, judge_home
from digest.desk.workplace import Workplace
from digest.errors import DeliveryError, UsageError
from digest.items.characters import find_first_forbidden
from digest.store.journal import write_journal
from digest.store.site_fence import (
    find_home,
    keep_fence,
    keep_home,
    keep_seen,
    read_fence,
    read_home,
    read_seen,
    write_work,
)
from digest.store.sqlite import translate

__all__ = [
    "Waiting", "check_fence", "check_releases", "count_waiting", "explain", "find_fence", "lift_fence", "note_home",
    "note_work", "raise_fence",
]  # fmt: skip

_SUBJECT = "this site"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What would leave if the fence were lifted now: letters of editions that are being sent or paused, single letters."""

    editions: Mapping[str, int]
    letter_count: int


def find_fence(
    place: Workplace, *, now: datetime | None = None, drift: timedelta | None = None, note: bool = True
) -> SiteFence | None:
    """Why the site stands still; None when it may send and release.

    A cause that is found stays until it is lifted, also when it has gone away by itself.

    Args:
        now: what the machine's clock says. Where `DIGEST_NOW` sets the moment, the clock is not looked at.
        drift: by how much it was set while this process ran.
        note: whether a cause that is found is written down.

    Raises:
        StoreError: the database cannot be read or written.
    """
    with place.hot.reading() as connection:
        fence = read_fence(connection)
        home, seen = read_home(connection), read_seen(connection)
    if fence is not None:
        return fence
    with translate(place.hot.file):
        found = None if home is None else judge_home(home, find_home(place.hot.file))
    if found is None and (now is not None or not os.environ.get("DIGEST_NOW")):
        found = judge_clock(now or clock.real_now(), seen, clock.drift() if drift is None else drift)
    if found is None:
        return None
    fence = SiteFence(*found, now or clock.real_now())
    if note:
        _put_up(place, fence, "digest")
        clock.accept_drift()  # it is on record now; once lifted, the clock counts as right
    return fence


def check_fence(place: Workplace) -> None:
    """Refuse when the site stands still.

    Raises:
        DeliveryError: it does.
        StoreError: the database cannot be read or written.
    """
    fence = find_fence(place)
    if fence is not None:
        raise explain(fence)


def check_releases(place: Workplace) -> None:
    """Refuse when nothing must be released either, because the clock is in doubt.

    Raises:
        DeliveryError: so it is.
        StoreError: the database cannot be read or written.
    """
    fence = find_fence(place)
    if fence is not None and fence.stops_releases:
        raise explain(fence)


def explain(fence: SiteFence) -> DeliveryError:
    """The refusal that a fence means."""
    return DeliveryError(
        _SUBJECT, f"it stands still: {fence.words}", "Look at what waits: digest fence status. To go on: digest fence lift"
    )


def raise_fence(place: Workplace, *, actor: str, why: str = "") -> SiteFence:
    """Let the site stand still by the word of staff: before it is copied, say, or because something looks wrong.

    Raises:
        UsageError: the actor's name or the reason cannot be shown in one line.
        StoreError: the database cannot be written.
    """
    if "\n" in why or find_first_forbidden(why):
        raise UsageError("--why", "it holds a line break or a character that cannot be shown", "Type it as plain text.")
    words = f"{actor} put up the fence" + (f": {why}" if why else "")
    fence = SiteFence(Cause.RAISED, words, clock.real_now())
    _put_up(place, fence, actor)
    return fence


def lift_fence(place: Workplace, *, actor: str) -> SiteFence | None:
    """Let the site go on from where it is now; the fence that was up, None when there was none.

    Raises:
        UsageError: the actor's name cannot be shown.
        StoreError: the database cannot be written.
    """
    fence = find_fence(place, note=False)
    if fence is None:
        return None
    with translate(place.hot.file), place.hot.writing() as connection:
        keep_fence(connection, None)
        known = read_home(connection)
        home = find_home(place.hot.file)
        home = replace(home, work=max(home.work, known.work if known else 0) + 1)
        keep_home(connection, home)
        keep_seen(connection, clock.real_now())
        write_journal(connection, place.now, actor, "fence lifted", _SUBJECT, place.via, cause=fence.cause)
    with translate(place.hot.file):
        write_work(place.hot.file, home.work)
    clock.accept_drift()
    return fence


def note_home(place: Workplace) -> None:
    """Note where the site lives if that is not on record yet: what was approved here must not leave from a copy as well.

    Raises:
        StoreError: the database or the file beside it cannot be written.
    """
    with place.hot.reading() as connection:
        is_known = read_home(connection) is not None
    if not is_known:
        note_work(place)


def note_work(place: Workplace) -> None:
    """Note that letters leave from here and now; without it, a database that is restored later would look like this one.

    Raises:
        StoreError: the database or the file beside it cannot be written.
    """
    with translate(place.hot.file):
        with place.hot.writing() as connection:
            known = read_home(connection)
            present = find_home(place.hot.file)
            home = replace(present, work=(known.work if known else 0) + 1)
            keep_home(connection, home)
            if not os.environ.get("DIGEST_NOW"):
                keep_seen(connection, clock.real_now())
        write_work(place.hot.file, home.work)


def count_waiting(place: Workplace) -> Waiting:
    """What would leave if the fence were lifted now."""
    with place.hot.reading() as connection:
        editions = connection.execute(
            "SELECT d.edition_id, count(*) FROM delivery d JOIN edition e ON e.id = d.edition_id "
            "WHERE d.state IN ('queued', 'picked', 'inflight') AND e.state IN ('sending', 'paused') "
            "GROUP BY d.edition_id ORDER BY d.edition_id"
        ).fetchall()
        letters = connection.execute(
            "SELECT count(*) FROM delivery WHERE edition_id IS NULL AND state = 'queued'"
        ).fetchone()
    return Waiting(dict(editions), letters[0])


def _put_up(place: Workplace, fence: SiteFence, actor: str) -> None:
    with place.hot.writing() as connection:
        if read_fence(connection) is None:
            keep_fence(connection, fence)
            write_journal(connection, place.now, actor, "fence put up", _SUBJECT, place.via, why=fence.words)
