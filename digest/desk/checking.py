"""Check: every problem of every item, its photo included, what is public although its file says otherwise, whether
letters can be made with the site's templates, and which languages have no sentences yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from digest.desk.photos import Photos, open_photos
from digest.desk.trying_templates import find_template_faults
from digest.desk.workplace import Workplace
from digest.errors import Problem
from digest.items.check import Listing, build_listing
from digest.items.folder import Folder, read_folder
from digest.items.scanning import Scan
from digest.newsroom.releasing import plan_release
from digest.store.releases import read_newsroom

__all__ = ["check", "find_unpublished", "read_sound_folder"]


def check(place: Workplace, *, verbose: bool = False) -> Listing:
    """All that is wrong or worth a look, and how many items are in which state; changes nothing, makes no database.

    Raises:
        TemplateError: a file of the site's templates cannot be read.
    """
    folder = read_sound_folder(place)
    more = {*find_template_faults(place), *_find_unspoken(place)}
    if (place.site.var / "digest.db").exists():
        more |= {*_remarks(place, folder)}
    folder = replace(folder, problems=tuple(sorted({*folder.problems, *more})))
    return build_listing(folder, place.site.settings, place.now, verbose=verbose)


def read_sound_folder(place: Workplace, scan: Scan | None = None) -> Folder:
    """The items folder; an item whose photo is no picture counts as broken, for it would go out without it.

    Args:
        scan: what a look at the folder has just told, if somebody looked.
    """
    folder = read_folder(place.site, place.cache, scan)
    with open_photos(folder, place.cache) as photos:
        faults = dict(_photo_faults(folder, photos))
    if not faults:
        return folder
    return replace(
        folder,
        items=tuple(item for item in folder.items if item.id not in faults),
        problems=tuple(sorted([*folder.problems, *faults.values()])),
        broken_ids=folder.broken_ids | faults.keys(),
    )


def find_unpublished(place: Workplace, name: str) -> tuple[str, ...]:
    """Files of items that an approved edition carries and that were edited since they were published.

    The edition carries what is published; an edit that is not published changes nothing.

    Raises:
        EditionError: there is no such edition.
    """
    from digest.desk.planning import plan_edition
    from digest.store.editions import read_edition

    with place.store.reading() as connection:
        edition = read_edition(connection, name)
        if edition.state != "approved":
            return ()
        carried = plan_edition(connection, edition, place.site.settings).events.items
        newsroom = read_newsroom(connection)
    return tuple(
        item.file
        for item in read_folder(place.site, place.cache).items
        if item.id in carried and item.version != newsroom.by_id[item.id].version
    )


def _find_unspoken(place: Workplace) -> Iterator[Problem]:
    for language in place.site.settings.languages:
        if not place.templates.has_sentences(language):
            text = (
                f"there are no sentences in {language} yet; letters and pages show them in English: "
                f"write templates/locale/{language}.po"
            )
            yield Problem("newsroom.toml", 0, "newsroom.languages", text, "warning")


def _photo_faults(folder: Folder, photos: Photos) -> Iterator[tuple[str, Problem]]:
    for item in folder.items:
        src = item.photo_src
        if src is not None and src in folder.photos and (fault := photos.find_fault(src)):
            text = f"{src}: {fault}"
            yield item.id, Problem(item.file, 0, "photo.src", text, "warning" if item.status == "draft" else "error")


def _remarks(place: Workplace, folder: Folder) -> Iterator[Problem]:
    """What keeps its published state, as the next publish would say it."""
    with place.hot.reading() as connection:
        newsroom = read_newsroom(connection, contents=place.hot.contents)
    photos = {  # as published: no picture counts as changed, so that items with one are not looked into for it
        item.photo_src: entry.photo
        for item in folder.items
        if item.photo_src and (entry := newsroom.by_id.get(item.id)) and entry.photo
    }
    plan = plan_release(folder.items, newsroom, photos, place.site.settings, place.now, broken=folder.broken_ids)
    yield from plan.remarks
