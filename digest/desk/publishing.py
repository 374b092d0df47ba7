"""Publish: compare the item files with the release log, append what is due, and write the public site from the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from digest.clock import format_utc, real_now
from digest.desk.archive import build_views
from digest.desk.checking import read_sound_folder
from digest.desk.pictures import build_public_pictures
from digest.desk.stopping import Stopped, stop_for
from digest.desk.workplace import Workplace
from digest.errors import ContentError, Problem, SettingsError, StoreError, UsageError
from digest.items.folder import Folder
from digest.newsroom.log import Event
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom, build_newsroom
from digest.newsroom.releasing import ReleasePlan, plan_release
from digest.publishing.build import build_public
from digest.publishing.output import Written, write_output
from digest.publishing.photos import read_photo_hash
from digest.store.editions import read_editions
from digest.store.journal import write_journal
from digest.store.releases import append_events, newest_moment, read_events

__all__ = ["PublishReport", "publish", "rebuild"]

_OVERLAP = timedelta(minutes=1)
"""By how much another command's release may be newer than the moment at which this one was started."""


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publish did.

    `only_rendered` is set when the moment allowed no event; then `written` is None unless another folder was named.
    """

    events: tuple[Event, ...]
    problems: tuple[Problem, ...]
    stopped: tuple[Stopped, ...]
    written: Written | None
    newsroom: Newsroom
    only_rendered: bool = False

    @property
    def has_errors(self) -> bool:
        """Whether something was held back by a fault."""
        return any(problem.severity == "error" for problem in self.problems)


def publish(
    place: Workplace,
    *,
    at: datetime | None = None,
    out: Path | None = None,
    strict: bool = False,
    backfill: bool = False,
    actor: str = "staff",
) -> PublishReport:
    """Release what is due and write the site.

    Args:
        at: the moment; the clock's when none is named. Before the log's newest event or ahead of the clock it only renders.
        out: where to write instead of public/; needed for a moment that only renders.
        strict: release nothing when any file has an error or something left to review.
        backfill: what is released now is history, mailed to nobody.

    Raises:
        ContentError: `strict` and there are errors; nothing was published.
        UsageError: a moment that only renders, and an output folder that is public.
        SettingsError: no moment is named, and `DIGEST_NOW` lies ahead of the machine's clock.
        StoreError: no moment is named, and the clock lies before the log's newest event; or the database or the output
            folder cannot be written.
    """
    moment = at or _find_present(place)
    latest = moment if at is None else _latest(place)
    folder, photos = _read_photos(read_sound_folder(place))
    if strict:
        _refuse_faults(folder)
    released = _release(place, folder, photos, moment, latest, backfill, strict, actor)
    if released is None:
        return _render_only(place, folder, photos, moment, out)
    events, stopped, remarks = released
    newsroom, written, missing = rebuild(place, out=out, photos=_paths(folder, photos))
    problems = tuple(sorted([*folder.problems, *remarks, *missing]))
    return PublishReport(events, problems, tuple(stopped), written, newsroom)


def _release(
    place: Workplace,
    folder: Folder,
    photos: Mapping[str, str],
    moment: datetime,
    latest: datetime,
    backfill: bool,
    strict: bool,
    actor: str,
) -> tuple[tuple[Event, ...], Sequence[Stopped], Sequence[Problem]] | None:
    """Append what is due: the events, what they stopped, and remarks; None when the moment allows no event.

    Events may be appended between the log's newest event and `latest`.
    """
    with place.store.writing() as connection:
        newest = newest_moment(connection)
        if moment > latest or (newest is not None and moment < newest):
            return None
        plan = _plan(place, folder, build_newsroom(read_events(connection)), photos, moment, backfill)
        if strict:
            _refuse_all(problem for problem in plan.remarks if problem.severity == "error")
        events = append_events(connection, plan.events)
        stopped = stop_for(place, connection, events, actor)
        if events:
            subject = f"events {events[0].number}-{events[-1].number}"
            write_journal(connection, place.now, actor, "published", subject, place.via, moment=format_utc(moment))
    return events, stopped, plan.remarks


def rebuild(
    place: Workplace, *, out: Path | None = None, photos: Mapping[str, Path] | None = None
) -> tuple[Newsroom, Written, Sequence[Problem]]:
    """Write the public site anew from the log; unchanged files are not touched.

    Raises:
        StoreError: the output folder cannot be written.
    """
    with place.store.reading() as connection:
        newsroom = build_newsroom(read_events(connection))
        pictures, problems = build_public_pictures(place, newsroom, photos or {})
        files = _build(place, connection, newsroom, pictures)
    return newsroom, write_output(place.site, out or place.site.public, files, pictures), problems


def _render_only(
    place: Workplace, folder: Folder, photos: Mapping[str, str], moment: datetime, out: Path | None
) -> PublishReport:
    """The site as it was, or would be, at another moment: nothing is released, and nothing written but to `out`."""
    if out is not None and out.resolve().is_relative_to(place.site.public.resolve()):
        cause = "that moment lies before the newest release or ahead of the clock, so nothing of it may lie in public"
        raise UsageError(f"--out {out}", cause, "Name a folder outside public/.")
    with place.store.reading() as connection:
        events = list(read_events(connection))
        plan = ReleasePlan((), ())
        if moment > _latest(place):
            plan = _plan(place, folder, build_newsroom(events), photos, moment, backfill=False)
            ahead = [replace(event, number=len(events) + number) for number, event in enumerate(plan.events, 1)]
            newsroom = build_newsroom([*events, *ahead])
        else:
            newsroom = build_newsroom(event for event in events if event.at <= moment)
        problems = [*folder.problems, *plan.remarks]
        written = None
        if out is not None:
            pictures, missing = build_public_pictures(place, newsroom, _paths(folder, photos))
            problems += missing
            written = write_output(place.site, out, _build(place, connection, newsroom, pictures, moment), pictures)
    return PublishReport((), tuple(sorted(problems)), (), written, newsroom, only_rendered=True)


def _latest(place: Workplace) -> datetime:
    """The latest moment at which anything may be released: what `DIGEST_NOW` sets ahead brings nothing out early."""
    return min(place.now, real_now())


def _find_present(place: Workplace) -> datetime:
    """The moment of a publish as of now: the command's own, or that of a release which another command made meanwhile.

    A clock that cannot be right is refused; else a timer would release nothing, and nobody would know.
    """
    if place.now > real_now():
        cause = "it lies ahead of the machine's clock, and nothing is released before its moment"
        raise SettingsError("DIGEST_NOW", cause, "Unset it; to look ahead, use: digest publish --at TIME --out DIR")
    with place.store.reading() as connection:
        newest = newest_moment(connection)
    if newest is None or newest <= place.now:
        return place.now
    if newest <= min(place.now + _OVERLAP, real_now()):
        return newest
    cause = f"it lies before the newest release ({newest.astimezone(place.site.settings.zone):%Y-%m-%d %H:%M:%S %Z})"
    raise StoreError("the clock", cause, "Mend the clock, or wait until then.")


def _plan(
    place: Workplace, folder: Folder, newsroom: Newsroom, photos: Mapping[str, str], moment: datetime, backfill: bool
) -> ReleasePlan:
    return plan_release(
        folder.items, newsroom, photos, place.site.settings, moment, backfill=backfill, broken=folder.broken_ids
    )


def _build(
    place: Workplace, connection: Connection, newsroom: Newsroom, pictures: Pictures, until: datetime | None = None
) -> Mapping[str, bytes]:
    """The files of the site; editions of a later moment than `until` are left out."""
    begun = [
        edition
        for edition in read_editions(connection)
        if edition.started_at is not None and edition.archive and (until is None or edition.moment <= until)
    ]
    begun.sort(key=lambda edition: (edition.moment, edition.id), reverse=True)
    settings, templates = place.site.settings, place.templates
    views = [build_views(edition, newsroom, settings, pictures, templates) for edition in begun]
    return build_public(newsroom, settings, pictures, templates, views)


def _read_photos(folder: Folder) -> tuple[Folder, dict[str, str]]:
    """The SHA-256 of each photo that an item shows, by the item's `src`; items whose photo cannot be read are at fault."""
    used = {item.content.photo.src for item in folder.items if item.content.photo and not item.content.photo.is_remote}
    hashes, problems = {}, []
    for src in sorted(used & folder.photos.keys()):
        try:
            hashes[src] = read_photo_hash(folder.photos[src])
        except ContentError as error:
            problems.append(Problem(f"items/photos/{src}", 0, "photo", f"{error.cause}. {error.remedy}"))
    lost = used - hashes.keys()
    faulty = {item.id for item in folder.items if item.content.photo and item.content.photo.src in lost}
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
