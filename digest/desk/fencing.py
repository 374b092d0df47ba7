"""The site's fence at the desk: whether the site stands still, and who put it up. `digest.desk.lifting` lets it go on.

Whoever is about to send or to release asks `find_fence` first; senders call `note_work` when they begin, every minute, and
when they end, so that a database which was restored meanwhile is known.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from digest import clock
from digest.delivery.site_fence import Cause, Home, SiteFence, judge_clock, judge_home
from digest.desk.authority import require
from digest.desk.workplace import Workplace
from digest.errors import DeliveryError, UsageError
from digest.items.characters import find_first_forbidden
from digest.staff.roles import Right
from digest.store.journal import write_journal
from digest.store.letters import read_newest
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
from digest.store.sqlite import AnyConnection, driver, translate

__all__ = [
    "SUBJECT", "check_fence", "check_releases", "explain", "find_fence", "judge_site", "note_home", "note_home_in",
    "note_work", "raise_fence",
]  # fmt: skip

SUBJECT = "this site"
"""What the journal and refusals call it."""


def find_fence(place: Workplace, *, now: datetime | None = None, drift: timedelta | None = None) -> SiteFence | None:
    """Why the site stands still; None when it may send and release.

    A cause that is found stays until it is lifted, also when it has gone away by itself.

    Args:
        now: what the machine's clock says. Where `DIGEST_NOW` sets the moment, the clock is not looked at.
        drift: by how much it was set while this process ran.

    Raises:
        StoreError: the database cannot be read or written.
    """
    with translate(place.hot.file):
        present = find_home(place.hot.file)  # before the database is looked at, to which senders write first
    with place.hot.reading() as connection:
        fence = read_fence(connection)
        found = fence or judge_site(connection, present, now=now, drift=drift)
    if found is None or fence is not None:
        return fence
    # While nobody else can write it is looked at once more: a first sender may just have begun to count.
    fence = _put_up(place, "digest", lambda writing: judge_site(writing, find_home(place.hot.file), now=now, drift=drift))
    clock.accept_drift()  # it is on record now; once lifted, the clock counts as right
    return fence


def judge_site(
    connection: sqlite3.Connection, present: Home, *, now: datetime | None = None, drift: timedelta | None = None
) -> SiteFence | None:
    """Why the site should stand still as it is found now, whatever is on record; None when it should not.

    Args:
        present: where the database lives, found before the connection's transaction began, or in one that writes.
    """
    found = judge_home(read_home(connection), present)
    if found is None and (now is not None or not os.environ.get("DIGEST_NOW")):
        drifted = clock.drift() if drift is None else drift
        found = judge_clock(now or clock.real_now(), read_seen(connection), drifted)
    return None if found is None else SiteFence(*found, now or clock.real_now())


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
        SUBJECT,
        f"it stands still: {fence.words}",
        "Look at what waits: digest fence status. To go on: digest fence lift --as NAME",
    )


def raise_fence(place: Workplace, *, actor: str, why: str = "") -> SiteFence:
    """Let the site stand still by the word of staff: before it is copied, say, or because something looks wrong.

    Returns:
        The fence that is up: another one, when the site stood still already.

    Raises:
        UsageError: the actor's name or the reason cannot be shown in one line.
        StoreError: the database cannot be written.
    """
    if "\n" in why or find_first_forbidden(why):
        raise UsageError("--why", "it holds a line break or a character that cannot be shown", "Type it as plain text.")
    require(place, actor, Right.OPERATE, Right.STOP)
    words = f"{actor} put up the fence" + (f": {why}" if why else "")
    raised = SiteFence(Cause.RAISED, words, clock.real_now())
    return _put_up(place, actor, lambda _connection: raised) or raised


def note_home(place: Workplace) -> None:
    """Note where the site lives if that is not on record yet: what was approved here must not leave from a copy as well.

    Raises:
        StoreError: the database or the file beside it cannot be written.
    """
    with place.hot.reading() as connection:
        is_known = read_home(connection) is not None
    if not is_known:
        note_work(place)


def note_home_in(connection: AnyConnection, file: Path) -> None:
    """Note it in the caller's transaction, with what is to leave: a single letter, or the request that asks for one.

    Raises:
        OSError: the folder cannot be read.
    """
    plain = driver(connection)
    if read_home(plain) is None:
        home = find_home(file)
        keep_home(plain, replace(home, work=max(home.work, 0)))


def note_work(place: Workplace) -> None:
    """Note that letters leave from here and now; without it, a database that is restored later would look like this one.

    Raises:
        StoreError: the database or the file beside it cannot be written.
    """
    with translate(place.hot.file):
        with place.hot.writing() as connection:
            write_work(place.hot.file, 0)  # the file is there before the database counts, whatever fails after that
            known = read_home(connection)
            present = find_home(place.hot.file)
            home = replace(present, work=(known.work if known else 0) + 1)
            keep_home(connection, home)
            if not os.environ.get("DIGEST_NOW"):
                keep_seen(connection, clock.real_now())
        write_work(place.hot.file, home.work)


def _put_up(place: Workplace, actor: str, judge: Callable[[sqlite3.Connection], SiteFence | None]) -> SiteFence | None:
    """Put the fence up if there is none and it is still called for; the one that is up then."""
    with translate(place.hot.file), place.hot.writing() as connection:
        fence = read_fence(connection)
        if fence is None and (fence := judge(connection)) is not None:
            fence = replace(fence, last=read_newest(connection))
            keep_fence(connection, fence)
            write_journal(connection, place.now, actor, "fence put up", SUBJECT, place.via, why=fence.words)
    return fence
