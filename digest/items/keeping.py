"""What one file gave, and how it is kept, so that an unchanged file need not be read again.

Only sound readings are kept: a file with errors is read anew each time, so that its problems always tell the present state.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from digest.errors import Problem
from digest.items.model import Content, Facts, Item, KnownItem
from digest.items.scanning import Stamp

__all__ = ["COLUMNS", "PHOTO_COLUMNS", "FileCache", "Reading", "Row", "build_row", "recall"]

Row: TypeAlias = tuple[Any, ...]
"""What is kept of a file: numbers, texts and None, in the order of `COLUMNS`."""

_FILE = ("path", "size", "mtime_ns", "ctime_ns", "inode")
COLUMNS = (*_FILE, *Facts._fields, "problems", "id_line", "translation_line")
PHOTO_COLUMNS = (*_FILE, "fault", "sha256")
_STAMP, _FACTS, _PHOTO = slice(1, 5), slice(5, 5 + len(Facts._fields)), COLUMNS.index("photo")


class FileCache(Protocol):
    """Where readings are kept between runs. It may forget anything at any time."""

    def read_files(self, basis: str) -> Mapping[str, Row]:
        """What was kept of each file, by its path; nothing when it was kept on another basis.

        Args:
            basis: what readings depend on besides the files, as a fingerprint.
        """

    def write_files(self, basis: str, changed: Iterable[Row], gone: Iterable[str]) -> None:
        """Keep these rows in place of what was kept of their files, and forget the files that are gone."""


class Reading(NamedTuple):
    """What became of one item file.

    `item` is None when something is wrong that keeps it from being published. `id` is the id that the file claims, as far
    as that can be told; `id_line` and `translation_line` are where it says so (1 when only the file's name does).
    """

    file: str
    item: Item | None
    problems: tuple[Problem, ...]
    id: str | None = None
    is_draft: bool = False
    id_line: int = 1
    translation_line: int = 1


def build_row(reading: Reading, stamp: Stamp) -> Row | None:
    """What to keep of a reading; None when it must not be kept."""
    if reading.item is None:
        return None
    problems = [(problem.line, problem.field, problem.text) for problem in reading.problems]
    kept = json.dumps(problems, ensure_ascii=False) if problems else None
    return (reading.file, *stamp, *reading.item.facts, kept, reading.id_line, reading.translation_line)


def recall(row: Row, stamp: Stamp, photos: Container[str], read: Callable[[Item], Content]) -> Reading | None:
    """The reading that a row was built from; None when the file or its photo has changed since, or the row is damaged.

    Args:
        stamp: the file's present one.
        photos: the names of the files below items/photos/.
        read: reads the item's content when it is asked for.
    """
    if row[_STAMP] != stamp or not (row[_PHOTO] is None or row[_PHOTO] in photos):
        return None
    file, kept = row[0], row[-3]
    facts = Facts._make(row[_FACTS])
    problems: tuple[Problem, ...] = ()
    try:
        if kept:
            problems = tuple(Problem(file, line, name, text, "warning") for line, name, text in json.loads(kept))
    except (TypeError, ValueError):
        return None
    item = KnownItem(facts, file, row[2], read)
    return Reading._make((file, item, problems, facts.id, facts.status == "draft", row[-2], row[-1]))
