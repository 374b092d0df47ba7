"""Editions at once: a release, correction or withdrawal is noted for the lists that send it at once, and made an edition.

The note is part of the transaction that logs the event, and stays until the edition is on its way or waits for a person, so
that a crash only delays it. What is history (a backfill) or published as of another moment than now is not noted: it comes
with the next edition.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.desk.workplace import Workplace
from digest.editions.edition import Edition
from digest.newsroom.log import EventType, Line
from digest.settings import ReaderList, Settings
from digest.staff.members import Program
from digest.store.at_once import clear_due, has_audience, keep_due, read_due, was_ever_urgent

__all__ = ["Made", "list_due", "make_edition", "note_events", "put_away"]

_TELLING = (EventType.RELEASED, EventType.CORRECTED, EventType.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Made:
    """An edition at once, and the ids and titles of what it carries."""

    edition: Edition
    items: tuple[str, ...]
    titles: tuple[str, ...]


def note_events(connection: sqlite3.Connection, settings: Settings, lines: Sequence[Line]) -> None:
    """Note for each list what it is to send at once, in the transaction that logs these events."""
    telling = [line for line in lines if line.type in _TELLING and not line.backfill]
    if not telling:
        return
    for name, chosen in _lists_at_once(settings):
        if chosen.at_once == "all" or was_ever_urgent(connection, telling):
            keep_due(connection, name, telling[0].number - 1)


def list_due(place: Workplace) -> list[str]:
    """The lists for which something happened that they have had no edition for yet."""
    with place.hot.reading() as connection:
        return list(read_due(connection))


def make_edition(place: Workplace, list_id: str, *, actor: Program) -> Made | None:
    """The edition at once for all that happened; None when it would carry nothing to anyone, and is not made.

    A draft of the day that waits for approval moves on and takes it in.
    """
    chosen = dict(_lists_at_once(place.site.settings)).get(list_id)
    if chosen is None:
        return None
    with place.hot.reading() as connection:
        if not has_audience(connection, list_id, urgent=chosen.at_once == "urgent"):
            return None
    from digest.desk.editions import prepare_if_carrying

    made = prepare_if_carrying(place, list_id, rhythm="at-once", actor=actor)
    if made is None or not made.plan.variants:
        return None
    items = tuple(sorted(made.plan.events.items))
    return Made(made.edition, items, tuple(made.plan.newsroom.by_id[item].content.title for item in items))


def put_away(place: Workplace, list_id: str, horizon: int) -> None:
    """Take a list's note back: all up to a horizon is on its way, waits for a person, or concerns nobody."""
    with place.hot.writing() as connection:
        clear_due(connection, list_id, horizon)


def _lists_at_once(settings: Settings) -> Iterator[tuple[str, ReaderList]]:
    """The lists that send something at once."""
    for name, chosen in settings.lists.items():
        if chosen.at_once is not None and "at-once" in chosen.rhythms:
            yield name, chosen
