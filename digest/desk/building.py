"""The public site from the release log: pictures, pages, feeds and the web views of digests, written where they changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.clock import real_now
from digest.desk.announcing import queue_announcements
from digest.desk.pictures import build_public_pictures
from digest.desk.workplace import Workplace
from digest.errors import Problem
from digest.feeds.lifecycle import next_change
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom
from digest.pages.facts import Facts
from digest.pages.views import PageContext
from digest.publishing.build import PublicEdition, plan_public
from digest.publishing.judging import PublicJudge
from digest.publishing.manifest import manifest_path, open_manifest
from digest.publishing.output import hold_output, write_output
from digest.publishing.replacing import Written
from digest.store.edition_rows import read_public_editions
from digest.store.entries import StoredEntries
from digest.store.releases import log_end

__all__ = ["Built", "Wanted", "build_site", "rebuild"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a site is to be written.

    `out` is the folder, public/ when none is named; `until` the moment as of which it is built (None: now), with editions of
    that moment or before; `whole` looks at every file, even where nothing has changed; `compress` asks for compressed copies
    (None: as before); `photos` are files as they were given, by their SHA-256.
    """

    out: Path | None = None
    until: datetime | None = None
    whole: bool = False
    compress: bool | None = None
    photos: Mapping[str, Path] | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A site as it was written: what is public, what was done, what was wrong, and when time alone changes it next."""

    newsroom: Newsroom
    written: Written
    problems: tuple[Problem, ...]
    next_change_at: datetime | None


def rebuild(place: Workplace, wanted: Wanted | None = None, newsroom: Newsroom | None = None) -> Built:
    """Write public/ anew from the log; unchanged files are not touched.

    Args:
        newsroom: what the log makes public, if that is known already.

    Raises:
        StoreError: the output folder cannot be written.
    """
    wanted = wanted or Wanted()
    with hold_output(place.site, wanted.out or place.site.public):
        with place.hot.reading() as connection:
            if newsroom is None or log_end(connection) != newsroom.end:  # somebody published meanwhile
                newsroom = place.hot.read_newsroom(connection)
            built = build_site(place, connection, newsroom, wanted, is_held=True)
        if wanted.out is None:
            _announce(place, built.written)
    return built


def build_site(
    place: Workplace, connection: sqlite3.Connection, newsroom: Newsroom, wanted: Wanted, *, is_held: bool = False
) -> Built:
    """Write a newsroom to a folder.

    Args:
        is_held: whether the caller keeps other runs away from the folder.

    Raises:
        StoreError: the output folder cannot be written.
    """
    settings, templates = place.site.settings, place.templates
    now = wanted.until or place.now
    pictures, problems = build_public_pictures(place, newsroom, wanted.photos or {})
    editions = _plan_editions(place, connection, newsroom, pictures, wanted.until)
    with StoredEntries(place.site.var) as entries:
        written = write_output(
            place.site,
            wanted.out or place.site.public,
            plan_public(newsroom, settings, pictures, templates, now, editions, entries),
            pictures,
            whole=wanted.whole,
            judge=PublicJudge(newsroom, settings),
            compress=wanted.compress,
            is_held=is_held,
        )
    return Built(newsroom, written, (*problems, *written.failed), next_change(newsroom, settings, now))


def _plan_editions(
    place: Workplace, connection: sqlite3.Connection, newsroom: Newsroom, pictures: Pictures, until: datetime | None
) -> Sequence[PublicEdition]:
    """The digests whose first copy has left, newest first."""
    begun = read_public_editions(connection, until)
    if not begun:
        return ()
    from digest.desk.archive import plan_views

    context = PageContext(newsroom, place.site.settings, pictures)
    facts = Facts(context)
    return [plan_views(edition, facts, context, place.templates) for edition in begun]


def _announce(place: Workplace, written: Written) -> None:
    """Note which feeds a hub is to be told of, now that their files are in place."""
    settings = place.site.settings
    if not settings.feeds.hub:
        return
    manifest = open_manifest(manifest_path(place.site.var, place.site.public))
    try:
        feeds = [(entry.path, entry.written) for entry in manifest.below("feeds/")]
    finally:
        manifest.close()
    with place.hot.writing() as connection:
        queue_announcements(connection, written.changed, settings, real_now(), feeds)
