"""Rows of readers grown old: floors that no longer matter become 0, and what nobody asks for any more is forgotten.

It changes nothing that any reader gets; it only lets settled readers share their rows.
"""

from __future__ import annotations

from digest.desk.planning import read_log
from digest.desk.workplace import Workplace
from digest.editions.facts import build_facts, build_roots
from digest.editions.interests import build_forgotten, settled_position
from digest.store.tidying import find_age, read_moments, settled_position_of, tidy_rows

__all__ = ["tidy_list"]


def tidy_list(place: Workplace, list_id: str) -> int:
    """Age the interests and memories of a list's readers; how many readers moved to other rows.

    May be repeated, and does nothing until more has grown old. Senders are not kept waiting.

    Raises:
        StoreError: the store cannot be written.
    """
    settings = place.site.settings
    if list_id not in settings.lists:
        return 0
    with place.store.reading() as connection:
        age = find_age(connection, list_id)
        if age is None:
            return 0
        moment, max_age = min(age, place.now), settings.lists[list_id].max_age
        settled = settled_position(read_moments(connection), moment, max_age)
        if settled <= settled_position_of(connection, list_id):
            return 0
        log = read_log(connection, settings)
    forgotten = build_forgotten(build_facts(log, len(log)), build_roots(log), moment, max_age)
    return tidy_rows(place.store.file, list_id, settled, forgotten)
