"""Rules that look at all item files together: ids used twice, and translations of one item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from digest.errors import Problem
from digest.items.keeping import Reading
from digest.items.model import Item

__all__ = ["judge_together"]


def judge_together(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The same files, in the same order, with the problems that only show when all are seen; whoever has one loses its item.

    A draft never harms an item that is ready.
    """
    readings = _apply(readings, _find_clashes(readings))
    readings = _apply(readings, _find_lost_translations(readings))
    return tuple(_apply(readings, _find_twin_translations(readings)))


def _apply(readings: Sequence[Reading], problems: Iterable[Problem]) -> Sequence[Reading]:
    added: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        added[problem.file].append(problem)
    if not added:
        return readings
    return [_add(reading, added[reading.file]) if reading.file in added else reading for reading in readings]


def _add(reading: Reading, problems: Iterable[Problem]) -> Reading:
    judged = (replace(problem, severity="warning") if reading.is_draft else problem for problem in problems)
    return reading._replace(item=None, problems=tuple(sorted((*reading.problems, *judged))))


def _find_clashes(readings: Sequence[Reading]) -> Iterator[Problem]:
    ids = [reading.id for reading in readings if reading.id is not None]
    if len(set(ids)) == len(ids):
        return
    claims: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.id is not None:
            claims[reading.id].append(reading)
    for name, claimants in claims.items():
        for reading in claimants:
            others = _name_others(reading, claimants)
            if others:
                text = f"{name!r} is also the id of {others}; give one of them another id"
                yield Problem(reading.file, reading.id_line, "id", text)


def _find_lost_translations(readings: Sequence[Reading]) -> Iterator[Problem]:
    translations = {item.id: (item.translation_of, reading) for reading, item in _items(readings) if item.translation_of}
    if not translations:
        return
    from digest.items.form import suggest

    known = {reading.id for reading in readings if reading.id is not None}
    for root, reading in translations.values():
        if root not in known:
            hint = suggest(root, known) or "; mend it"
            yield Problem(reading.file, reading.translation_line, "translation_of", f"no item has the id {root!r}{hint}")
        elif root in translations:
            text = f"{root!r} is itself a translation; name its original, {translations[root][0]!r}"
            yield Problem(reading.file, reading.translation_line, "translation_of", text)


def _find_twin_translations(readings: Sequence[Reading]) -> Iterator[Problem]:
    roots = {item.translation_of for _, item in _items(readings) if item.translation_of}
    if not roots:
        return
    groups: defaultdict[tuple[str, str], list[Reading]] = defaultdict(list)
    for reading, item in _items(readings):
        if item.root in roots:
            groups[item.root, item.language].append(reading)
    for (root, language), members in groups.items():
        for reading in members:
            others = _name_others(reading, members)
            if others and reading.id != root:
                text = f"{others} is its version in {language!r} already; mend language or translation_of"
                yield Problem(reading.file, reading.translation_line, "translation_of", text)


def _name_others(reading: Reading, members: Iterable[Reading]) -> str:
    """The files of those members that this one must not be in the way of."""
    return ", ".join(other.file for other in members if other is not reading and (reading.is_draft or not other.is_draft))


def _items(readings: Sequence[Reading]) -> Iterator[tuple[Reading, Item]]:
    return ((reading, reading.item) for reading in readings if reading.item is not None)
