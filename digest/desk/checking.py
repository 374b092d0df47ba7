"""Check: every problem of every item, its photo included, and what is public although its file says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from digest.desk.planning import plan_edition
from digest.desk.workplace import Workplace
from digest.errors import ContentError, Problem
from digest.items.check import Listing, build_listing
from digest.items.folder import Folder, read_folder
from digest.newsroom.public import build_newsroom
from digest.newsroom.releasing import plan_release
from digest.publishing.photos import check_photo
from digest.store.editions import read_edition
from digest.store.releases import read_events

__all__ = ["check", "find_unpublished", "read_sound_folder"]


def check(place: Workplace, *, verbose: bool = False) -> Listing:
    """All that is wrong or worth a look, and how many items are in which state; changes nothing, makes no database."""
    folder = read_sound_folder(place)
    if (place.site.var / "digest.db").exists():
        folder = replace(folder, problems=tuple(sorted({*folder.problems, *_remarks(place, folder)})))
    return build_listing(folder, place.site.settings, place.now, verbose=verbose)


def read_sound_folder(place: Workplace) -> Folder:
    """The items folder; an item whose photo is no picture counts as broken, for it would go out without it."""
    folder = read_folder(place.site)
    faults = dict(_photo_faults(folder))
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
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
        if edition.state != "approved":
            return ()
        carried = plan_edition(connection, edition, place.site.settings).events.items
        newsroom = build_newsroom(read_events(connection))
    return tuple(
        item.file
        for item in read_folder(place.site).items
        if item.id in carried and item.content.version != newsroom.by_id[item.id].content.version
    )


def _photo_faults(folder: Folder) -> Iterator[tuple[str, Problem]]:
    judged: dict[str, str] = {}
    for item in folder.items:
        photo = item.content.photo
        if photo is None or photo.is_remote or photo.src not in folder.photos:
            continue
        if photo.src not in judged:
            judged[photo.src] = _judge(folder, photo.src)
        if judged[photo.src]:
            text = f"{photo.src}: {judged[photo.src]}"
            yield item.id, Problem(item.file, 0, "photo.src", text, "warning" if item.status == "draft" else "error")


def _judge(folder: Folder, src: str) -> str:
    try:
        check_photo(folder.photos[src])
    except ContentError as error:
        return f"{error.cause}. {error.remedy}"
    return ""


def _remarks(place: Workplace, folder: Folder) -> Iterator[Problem]:
    """What keeps its published state, as the next publish would say it."""
    with place.store.reading() as connection:
        newsroom = build_newsroom(read_events(connection))
    yield from plan_release(folder.items, newsroom, {}, place.site.settings, place.now, broken=folder.broken_ids).remarks
