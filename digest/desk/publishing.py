"""Publish: compare the item files with the release log, append what is due, and write the public site from the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digest.clock import format_utc, real_now
from digest.desk.at_once import note_events
from digest.desk.authority import check_actor
from digest.desk.building import Built, Wanted, build_site, rebuild
from digest.desk.checking import read_sound_folder
from digest.desk.fencing import check_releases
from digest.desk.moves import record_moves
from digest.desk.photos import open_photos
from digest.desk.workplace import Workplace
from digest.errors import ContentError, Problem, SettingsError, StoreError, UsageError
from digest.feeds.lifecycle import next_change
from digest.items.folder import Folder
from digest.items.scanning import Scan
from digest.newsroom.log import ContentSource, Event, Line, build_event
from digest.newsroom.public import Newsroom, extend_newsroom
from digest.newsroom.releasing import ReleasePlan, next_due, plan_release
from digest.publishing.replacing import Written
from digest.staff.members import THE_CLOCK
from digest.staff.roles import Right
from digest.store.journal import write_journal
from digest.store.releases import append_lines, concerns_editions, log_position, newest_moment, read_newsroom

if TYPE_CHECKING:
    from digest.desk.stopping import Stopped

__all__ = [
    "Found",
    "PublishReport",
    "Release",
    "find_items",
    "find_next",
    "find_present",
    "publish",
    "publish_due",
    "release",
]

_OVERLAP = timedelta(minutes=1)
"""By how much another command's release may be newer than the moment at which this one was started."""
_EVER = datetime.min.replace(tzinfo=UTC)

Found = tuple[Folder, Mapping[str, str]]
"""The items folder, and the SHA-256 of each photo that an item shows, by the item's `src`."""
Planner = Callable[[Newsroom], ReleasePlan]
"""What to append to the log, for the newsroom as it is when nobody else can change it."""


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publish did.

    `lines` are what it appended to the log; `only_rendered` is set when the moment allowed no event: then `written` is None
    unless another folder was named. `next_at` is when time alone has something to do next, None when nothing is known.
    """

    lines: tuple[Line, ...]
    contents: ContentSource
    problems: tuple[Problem, ...]
    stopped: tuple[Stopped, ...]
    written: Written | None
    newsroom: Newsroom
    only_rendered: bool = False
    next_at: datetime | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """The events with their contents, which are read for it."""
        return tuple(build_event(line, self.contents(line.version)) for line in self.lines)

    @property
    def has_errors(self) -> bool:
        """Whether something was held back by a fault."""
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Release:
    """What was appended to the log in one transaction, what it stopped, and the newsroom as it is with it."""

    plan: ReleasePlan
    stopped: tuple[Stopped, ...]
    newsroom: Newsroom


def publish(
    place: Workplace,
    *,
    at: datetime | None = None,
    out: Path | None = None,
    strict: bool = False,
    backfill: bool = False,
    whole: bool = False,
    compress: bool | None = None,
    only: str | None = None,
    action: str = "published",
    scan: Scan | None = None,
    actor: str = "staff",
) -> PublishReport:
    """Release what is due and write the site.

    Args:
        at: the moment; the clock's when none is named. Before the log's newest event or ahead of the clock it only renders.
        out: where to write instead of public/; needed for a moment that only renders.
        strict: release nothing when any file has an error or something left to review.
        backfill: what is released now is history, mailed to nobody.
        whole: look at every file of the output, even where nothing has changed.
        compress: keep compressed copies beside the files; None: as before.
        only: the id of the one item to publish; nothing is said of others.
        action: what the journal calls it.
        scan: what a look at the items folder has just told, if somebody looked.

    Raises:
        ContentError: `strict` and there are errors; nothing was published.
        UsageError: a moment that only renders, and an output folder that is public.
        SettingsError: no moment is named, and `DIGEST_NOW` lies ahead of the machine's clock.
        StoreError: no moment is named, and the clock lies before the log's newest event; or the database or the output
            folder cannot be written.
    """
    moment = at or find_present(place)
    latest = moment if at is None else _latest(place)
    folder, photos = _read_photos(place, read_sound_folder(place, scan))
    if strict:
        _refuse_faults(folder)
    chosen = None if only is None else {only}
    planner = partial(_plan, place, folder, photos, moment, backfill=backfill, only=chosen)
    released = release(place, planner, moment, latest, strict=strict, action=action, actor=actor)
    wanted = Wanted(out, whole=whole, compress=compress, photos=_paths(folder, photos))
    if released is None:
        return _render_only(place, folder, photos, moment, wanted)
    problems = folder.problems if only is None else _find_problems(folder, only)
    return _report(place, released, rebuild(place, wanted, released.newsroom), folder, problems)


def publish_due(place: Workplace, found: Found, *, actor: str = THE_CLOCK) -> PublishReport:
    """Release what the passing of time alone has made due, and write what time alone changes; nothing else.

    Args:
        found: the items folder, from `find_items`; nothing in it may have changed since.

    Raises:
        StoreError: the clock lies before the log's newest event, or the database or public/ cannot be written.
    """
    moment = find_present(place)
    folder, photos = found
    planner = partial(_plan, place, folder, photos, moment, timed=True)
    released = release(place, planner, moment, moment, actor=actor)
    assert released is not None  # the present is never before the newest event
    return _report(place, released, rebuild(place, Wanted(photos=_paths(folder, photos)), released.newsroom), folder, ())


def find_items(place: Workplace, scan: Scan) -> Found:
    """The items folder as a look at it (`scan`) found it, with the hashes of its photos."""
    return _read_photos(place, read_sound_folder(place, scan))


def find_next(place: Workplace, found: Found, since: datetime) -> datetime | None:
    """The moment at which `publish_due` has something to do; it may have passed already. None when none is known.

    Args:
        since: what time alone changed up to then is written already.
    """
    with place.hot.reading() as connection:
        newsroom = place.hot.read_newsroom(connection)
    due = next_due(found[0].items, newsroom, _EVER)
    return _first(due, next_change(newsroom, place.site.settings, since))


def _first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _report(place: Workplace, released: Release, built: Built, folder: Folder, problems: Iterable[Problem]) -> PublishReport:
    return PublishReport(
        lines=released.plan.lines,
        contents=place.hot.contents,
        problems=tuple(sorted([*problems, *released.plan.remarks, *built.problems])),
        stopped=released.stopped,
        written=built.written,
        newsroom=built.newsroom,
        next_at=_first(next_due(folder.items, built.newsroom, place.now), built.next_change_at),
    )


def release(
    place: Workplace,
    plan: Planner,
    moment: datetime,
    latest: datetime,
    *,
    strict: bool = False,
    action: str = "published",
    actor: str = "staff",
) -> Release | None:
    """Append what is planned, with all that follows from it, in one transaction; None when the moment allows no event.

    Events may be appended between the log's newest event and `latest`; those of that very moment call for editions at once.

    Raises:
        ContentError: `strict`, and the plan says that something is wrong.
    """
    with place.hot.writing() as connection:
        newest = newest_moment(connection)
        if moment > latest or (newest is not None and moment < newest):
            return None
        check_actor(place, connection, actor, Right.PUBLISH)
        record_moves(connection, place.site.settings, place.now, actor, place.via)
        newsroom = place.hot.read_newsroom(connection)
        planned = plan(newsroom)
        if strict:
            _refuse_all(problem for problem in planned.remarks if problem.severity == "error")
        append_lines(connection, planned.lines, place.hot.contents.keeping(planned.contents))
        if moment == latest:
            note_events(connection, place.site.settings, planned.lines)
        stopped = _stop(place, connection, planned.lines, actor)
        if planned.lines:
            subject = _name_events(planned.lines, action)
            write_journal(connection, place.now, actor, action, subject, place.via, moment=format_utc(moment))
    return Release(planned, tuple(stopped), extend_newsroom(newsroom, planned.lines, place.hot.contents))


def _name_events(lines: Sequence[Line], action: str) -> str:
    """What the journal calls the subject: the item if the act was about one, else the events."""
    if action != "published" and len(lines) == 1:
        return f"item {lines[0].item}"
    return f"events {lines[0].number}-{lines[-1].number}"


def _stop(place: Workplace, connection: sqlite3.Connection, lines: Sequence[Line], actor: str) -> Sequence[Stopped]:
    if not concerns_editions(connection, lines):
        return ()
    from digest.desk.stopping import stop_for
    from digest.store.database import widen

    with widen(connection) as wide:
        return stop_for(place, wide, lines, actor)


def _render_only(
    place: Workplace, folder: Folder, photos: Mapping[str, str], moment: datetime, wanted: Wanted
) -> PublishReport:
    """The site as it was, or would be, at another moment: nothing is released, and nothing written but to `wanted.out`."""
    out = wanted.out
    if out is not None and out.resolve().is_relative_to(place.site.public.resolve()):
        cause = "that moment lies before the newest release or ahead of the clock, so nothing of it may lie in public"
        raise UsageError(f"--out {out}", cause, "Name a folder outside public/.")
    with place.hot.reading() as connection:
        problems = [*folder.problems]
        contents = place.hot.contents
        if moment > _latest(place):
            present = place.hot.read_newsroom(connection)
            plan = _plan(place, folder, photos, moment, present)
            newsroom = extend_newsroom(present, plan.lines, plan.contents)
            problems += plan.remarks
        else:
            newsroom = read_newsroom(connection, log_position(connection, moment), contents)
        written = None
        if out is not None:
            built = build_site(place, connection, newsroom, replace(wanted, until=moment))
            written = built.written
            problems += built.problems
    return PublishReport((), contents, tuple(sorted(problems)), (), written, newsroom, only_rendered=True)


def _latest(place: Workplace) -> datetime:
    """The latest moment at which anything may be released: what `DIGEST_NOW` sets ahead brings nothing out early."""
    return min(place.now, real_now())


def find_present(place: Workplace) -> datetime:
    """The moment of a publish as of now: the command's own, or that of a release which another command made meanwhile.

    A clock that cannot be right is refused; else a timer would release nothing, and nobody would know.

    Raises:
        SettingsError: `DIGEST_NOW` lies ahead of the machine's clock.
        StoreError: the clock lies before the log's newest event.
        DeliveryError: the site stands still because its clock was set; see `digest.desk.fencing`.
    """
    check_releases(place)
    if place.now > real_now():
        cause = "it lies ahead of the machine's clock, and nothing is released before its moment"
        raise SettingsError("DIGEST_NOW", cause, "Unset it; to look ahead, use: digest publish --at TIME --out DIR")
    with place.hot.reading() as connection:
        newest = newest_moment(connection)
    if newest is None or newest <= place.now:
        return place.now
    if newest <= min(place.now + _OVERLAP, real_now()):
        return newest
    cause = f"it lies before the newest release ({newest.astimezone(place.site.settings.zone):%Y-%m-%d %H:%M:%S %Z})"
    raise StoreError("the clock", cause, "Mend the clock, or wait until then.")


def _plan(
    place: Workplace,
    folder: Folder,
    photos: Mapping[str, str],
    moment: datetime,
    newsroom: Newsroom,
    *,
    backfill: bool = False,
    only: set[str] | None = None,
    timed: bool = False,
) -> ReleasePlan:
    return plan_release(
        folder.items,
        newsroom,
        photos,
        place.site.settings,
        moment,
        backfill=backfill,
        broken=folder.broken_ids,
        only=only,
        timed=timed,
    )


def _find_problems(folder: Folder, item: str) -> list[Problem]:
    """What is wrong with the file of one item."""
    return [problem for problem in folder.problems if problem.file in (folder.files.get(item), f"items/{item}.md")]


def _read_photos(place: Workplace, folder: Folder) -> tuple[Folder, dict[str, str]]:
    """The SHA-256 of each photo that an item shows, by the item's `src`; items whose photo cannot be read are at fault."""
    used = {item.photo_src for item in folder.items if item.photo_src}
    hashes, problems = {}, []
    with open_photos(folder, place.cache) as photos:
        for src in sorted(used & folder.photos.keys()):
            try:
                hashes[src] = photos.read_hash(src)
            except ContentError as error:
                problems.append(Problem(f"items/photos/{src}", 0, "photo", f"{error.cause}. {error.remedy}"))
    lost = used - hashes.keys()
    if not lost:
        return folder, hashes
    faulty = {item.id for item in folder.items if item.photo_src in lost}
    sound = replace(
        folder,
        items=tuple(item for item in folder.items if item.id not in faulty),
        problems=tuple(sorted([*folder.problems, *problems])),
        broken_ids=folder.broken_ids | faulty,
    )
    return sound, hashes


def _paths(folder: Folder, photos: Mapping[str, str]) -> dict[str, Path]:
    return {hashed: folder.photos[src] for src, hashed in photos.items()}


def _refuse_faults(folder: Folder) -> None:
    faults = [problem for problem in folder.problems if problem.severity == "error"]
    faults += [
        Problem(item.file, 0, "review", f"a person must still look at: {', '.join(item.review)}")
        for item in folder.items
        if item.review and item.status == "ready"
    ]
    _refuse_all(faults)


def _refuse_all(faults: Iterable[Problem]) -> None:
    found = tuple(faults)
    if found:
        raise ContentError("publish --strict", "nothing was published, because of these", problems=found)
