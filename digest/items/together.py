"""Rules that look at all item files together: ids used twice, and translations of one item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from digest.errors import Problem
from digest.items.form import suggest
from digest.items.model import Item
from digest.items.reading import Reading

__all__ = ["judge_together"]


def judge_together(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The same files, in the same order, with the problems that only show when all are seen; whoever has one loses its item.

    A draft never harms an item that is ready.
    """
    readings = _apply(readings, _find_clashes(readings))
    readings = _apply(readings, _find_lost_translations(readings))
    return tuple(_apply(readings, _find_twin_translations(readings)))


def _apply(readings: Sequence[Reading], problems: Iterable[Problem]) -> list[Reading]:
    added: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        added[problem.file].append(problem)
    return [_add(reading, added[reading.file]) if reading.file in added else reading for reading in readings]


def _add(reading: Reading, problems: Iterable[Problem]) -> Reading:
    judged = (replace(problem, severity="warning") if reading.is_draft else problem for problem in problems)
    return replace(reading, item=None, problems=tuple(sorted((*reading.problems, *judged))))


def _find_clashes(readings: Sequence[Reading]) -> Iterator[Problem]:
    claims: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.id is not None:
            claims[reading.id].append(reading)
    for name, claimants in claims.items():
        for reading in claimants:
            others = [other.file for other in claimants if other is not reading and (reading.is_draft or not other.is_draft)]
            if others:
                text = f"{name!r} is also the id of {', '.join(others)}; give one of them another id"
                yield Problem(reading.file, reading.id_line, "id", text)


def _find_lost_translations(readings: Sequence[Reading]) -> Iterator[Problem]:
    known = {reading.id for reading in readings if reading.id is not None}
    roots = {item.id: item.content.translation_of for item in _items(readings)}
    for reading in readings:
        root = reading.item.content.translation_of if reading.item else None
        if root is None:
            continue
        if root not in known:
            hint = suggest(root, known) or "; mend it"
            yield Problem(reading.file, reading.translation_line, "translation_of", f"no item has the id {root!r}{hint}")
        elif roots.get(root):
            text = f"{root!r} is itself a translation; name its original, {roots[root]!r}"
            yield Problem(reading.file, reading.translation_line, "translation_of", text)


def _find_twin_translations(readings: Sequence[Reading]) -> Iterator[Problem]:
    groups: defaultdict[tuple[str, str], list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.item is not None:
            groups[reading.item.content.root, reading.item.content.language].append(reading)
    for (root, language), members in groups.items():
        for reading in members:
            others = [other.file for other in members if other is not reading and (reading.is_draft or not other.is_draft)]
            if others and reading.id != root:
                text = f"{', '.join(others)} is its version in {language!r} already; mend language or translation_of"
                yield Problem(reading.file, reading.translation_line, "translation_of", text)


def _items(readings: Sequence[Reading]) -> Iterator[Item]:
    return (reading.item for reading in readings if reading.item is not None)
