"""The plain part of YAML in which nearly all front matter is written, read without a YAML parser.

One `field: value` a line, the value a text without doubt, a text in quotes without escapes, or a list of words in square
brackets; below a field without a value, indented, fields of its own; comments and empty lines. Whatever else there is, even
a fault, makes the whole a matter for the parser, which gives the same values for what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

__all__ = ["NULLS", "Path", "Value", "read_plain"]

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
"""What YAML holds once all scalars are text."""

Path: TypeAlias = tuple[str | int, ...]
"""The way to a field: `("photo", "credit")`, `("corrections", 0, "note")`."""

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MOST_VALUES = 300
"""More of them are left to the parser, which refuses far too many."""
_ENTRY = re.compile(
    r"""
    ([ ]*) ([A-Za-z_][A-Za-z0-9_-]{0,60}) :
    (?:
        [ ]+
        (?: "([^"\\\t]*)" | '([^'\t]*)' | \[ [ ]* ((?: \w[\w-]* (?: [ ]*,[ ]* \w[\w-]* )* )?) [ ]* \]
          | ([^\s\-?:,\[\]{}\#&*!|>'"%@`] (?: [^:\#\t] | :(?=\S) | (?<=[^ ])\# )*)
        )
    )?
    [ ]* (?: (?<=[ ])\#(?:[ ][^\t]*)? )?
    """,
    re.VERBOSE,
)
_NOTHING = [None, None, None, None]
_IDLE = re.compile(r"[ ]*(?:#[^\t]*)?")


def read_plain(source: Iterable[str]) -> tuple[dict[str, Value], dict[Path, int]] | None:
    """The fields, and the line of each by its path; None when a parser must read them.

    Args:
        source: the lines between the two fences, without forbidden characters; the first is line 2 of its file.
    """
    data: dict[str, Value] = {}
    lines: dict[Path, int] = {}
    fields, above, indent = data, "", ""
    for number, line in enumerate(source, 2):
        found = _ENTRY.fullmatch(line)
        if found is None:
            if _IDLE.fullmatch(line):
                continue
            return None
        blanks, name, *written = found.groups()
        if not blanks:
            fields, above, indent = data, "", ""
        elif not indent and above:
            fields, indent = {}, blanks
            data[above] = fields
        elif blanks != indent:
            return None
        if name in fields or len(lines) > _MOST_VALUES:
            return None
        path = (above, name) if blanks else (name,)
        lines[path] = number
        value = fields[name] = _read_value(*written)
        if isinstance(value, list):
            lines |= {(*path, place): number for place in range(len(value))}
        elif not blanks and written == _NOTHING:
            above = name
    return data, lines


def _read_value(double: str | None, single: str | None, words: str | None, plain: str | None) -> Value:
    if plain is not None:
        text = plain.rstrip(" ")
        return None if text in NULLS else text
    if words is not None:
        parts = [word.strip(" ") for word in words.split(",")] if words else []
        return [None if word in NULLS else word for word in parts]
    return double if double is not None else single
