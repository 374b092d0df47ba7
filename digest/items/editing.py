"""Item files edited in place: a correction or a withdrawal is written into the front matter, and nothing else changes.

    add_correction(text, file, note, day, updated=None) -> str
    add_withdrawal(text, file, reason, day) -> str

Pure functions on the whole text of a file; `rewriting.replace_text(path, before, after)` puts the result on disk. Comments,
order, quoting, line ends, byte order mark and body stay as they are, because lines are spliced in and nothing is written
anew; YAML is only asked where. Every result is read back before it is handed out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

import yaml

from digest.clock import format_utc
from digest.errors import ContentError
from digest.items import moments
from digest.items.characters import find_first_forbidden, fold, is_visible, name_character, normalise, replace_forbidden
from digest.items.frontmatter import FrontMatter, Value, read_front_matter
from digest.items.writing import FieldValue, render_item, render_value

__all__ = ["NOTE_LIMIT", "add_correction", "add_withdrawal", "check_words"]

NOTE_LIMIT = 2000
"""Characters of a note or reason; the reader of items takes no more."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
_Node: TypeAlias = Any
"""A node of PyYAML, which has no types."""

_Place: TypeAlias = tuple[int, int]
"""Line and column of the front matter as YAML was given it, both from 0."""


def add_correction(text: str, file: str, note: str, day: date, updated: datetime | None = None) -> str:
    """The text of an item file with one more entry at the end of `corrections`.

    Args:
        text: the whole file, as read; a byte order mark and any line ends are kept.
        file: its path as messages name it.
        note: what was wrong and what is right; folded to one line.
        day: the correction's day on the newsroom's calendar.
        updated: when given, the moment that the field `updated` takes on; a correction needs none.

    Raises:
        ContentError: the front matter cannot be read, its `corrections` are no list or end with a later day, or the note is
            empty, too long or holds a forbidden character.
    """
    entry = {"date": _check_day(day, file), "note": check_words(note, "the note")}
    matter = _read(text, file)
    present = matter.data.get("corrections")
    if isinstance(present, str) and not is_visible(present):
        present = None
    if not isinstance(present, list | None):
        raise ContentError(file, "its corrections are no list", "Write them as a list, or remove the field; then try again.")
    _check_order(present or [], entry["date"], file)
    whole: list[Value] = [*(present or []), dict(entry)]
    if updated is not None:
        text = _set(text, file, "updated", format_utc(updated))
    return _edit(text, file, "corrections", whole, lambda sheet: _append(sheet, entry))


def add_withdrawal(text: str, file: str, reason: str, day: date) -> str:
    """The text of an item file with `withdrawn` and what belongs to it.

    Args:
        text: the whole file, as read.
        file: its path as messages name it.
        reason: why, in words that readers are told; folded to one line.
        day: since when, on the newsroom's calendar.

    Raises:
        ContentError: the front matter cannot be read or has `withdrawn` already, or the reason is empty, too long or holds
            a forbidden character.
    """
    entry = {"date": _check_day(day, file), "reason": check_words(reason, "the reason")}
    present = _read(text, file).data.get("withdrawn")
    if present is not None and not (isinstance(present, str) and not is_visible(present)):
        raise ContentError(
            file, "it is withdrawn already", "Nothing was changed; mend the field withdrawn by hand if need be."
        )
    return _edit(text, file, "withdrawn", dict(entry), lambda sheet: _fill(sheet, "withdrawn", entry))


def _check_day(day: date, file: str) -> str:
    try:
        return moments.read_day(day.isoformat()).isoformat()
    except ValueError as error:
        raise ContentError(file, f"the day {day} does not fit: {error}", "Nothing was changed.") from None


def check_words(words: str, subject: str) -> str:
    """A note or reason as items keep it: on one line, without blanks around it.

    Raises:
        ContentError: it is empty, too long or holds a forbidden character.
    """
    clean = normalise(fold(_BREAKS.sub(" ", words)))
    found = find_first_forbidden(clean)
    if found:
        raise ContentError(subject, f"it holds the forbidden character {name_character(found[0])}", "Type the text anew.")
    if not is_visible(clean) or len(clean) > NOTE_LIMIT:
        raise ContentError(
            subject, f"it must have 1 to {NOTE_LIMIT} characters", "Say in a sentence what readers must know."
        )
    return clean


def _check_order(present: Sequence[Value], day: str, file: str) -> None:
    """The newest correction stands last; a day that cannot be read is for the check of items to report."""
    last = present[-1].get("date") if present and isinstance(present[-1], dict) else None
    if isinstance(last, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", last.strip()) and last.strip() > day:
        remedy = "The newest stands last; put this one into its place by hand."
        raise ContentError(file, f"it has a correction dated {last.strip()}, after {day}", remedy)


def _read(text: str, file: str) -> FrontMatter:
    matter = read_front_matter(text)
    if not matter.readable:
        fault = matter.faults[0]
        remedy = "Mend the front matter with the help of `digest check`, then try again; nothing was changed."
        raise ContentError(f"{file}:{fault.line}", fault.text, remedy)
    return matter


@dataclass(frozen=True)
class _Sheet:
    """An item file laid open: its lines with their ends, and the front matter's root as YAML sees it.

    Places of `root` count lines from the one below the first `---`, as places of splices do; `end` is the line of the
    second `---`.
    """

    lines: tuple[str, ...]
    end: int
    root: _Node | None

    def find(self, name: str) -> _Node | None:
        """The value of a field."""
        pairs = self.root.value if self.root is not None else ()
        return next((value for key, value in pairs if normalise(key.value) == name), None)

    def insert_lines(self, at: int, lines: Sequence[str]) -> str:
        """The text with those lines before line `at`, each ended like the line above."""
        ending = _ending(self.lines[at])
        return "".join([*self.lines[: at + 1], *(line + ending for line in lines), *self.lines[at + 1 :]])

    def replace(self, start: _Place, end: _Place, words: str) -> str:
        """The text with `words` in place of what stands between two places."""
        head, tail = self.lines[start[0] + 1], self.lines[end[0] + 1]
        head, tail = head[: _column(head, start[1])], tail[_column(tail, end[1]) :]
        return "".join([*self.lines[: start[0] + 1], head, words, tail, *self.lines[end[0] + 2 :]])


def _column(line: str, column: int) -> int:
    """Where a column of the line in form C, which YAML was given, lies in the line as it is written."""
    whole = normalise(line)
    if whole == line:
        return column
    return next(place for place in range(len(line) + 1) if normalise(line[:place]) == whole[:column])


def _open_sheet(text: str) -> _Sheet | None:
    lines = tuple(_LINE.findall(text))
    end = next(number for number, line in enumerate(lines) if number and re.fullmatch(r"---[ \t]*[\r\n]*", line))
    source = "".join(f"{replace_forbidden(normalise(line.rstrip(chr(13) + chr(10))))}\n" for line in lines[1:end])
    try:
        return _Sheet(lines, end, yaml.compose(source, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:  # an alias to nothing, which the reader of items reports and reads on
        return None


def _edit(text: str, file: str, name: str, value: Value, ways: Callable[[_Sheet], Iterator[str]]) -> str:
    """The first way of editing that gives this field this value and leaves all others alone."""
    before = read_front_matter(text)
    sheet = _open_sheet(text)
    for edited in ways(sheet) if sheet else ():
        after = read_front_matter(edited)
        same = len(after.faults) == len(before.faults) and after.body == before.body
        if same and after.readable and after.data == before.data | {name: value}:
            return edited
    remedy = f"Write the field {name} by hand, then run `digest check`; nothing was changed."
    raise ContentError(file, "its front matter is written in a way that only a person can edit", remedy)


def _append(sheet: _Sheet, entry: Mapping[str, str]) -> Iterator[str]:
    """Ways to add an entry to the list of corrections, the one that looks most like the file first."""
    node = sheet.find("corrections")
    if not isinstance(node, yaml.SequenceNode):
        yield from _fill(sheet, "corrections", [entry])
    elif node.flow_style:
        yield from _append_inside(sheet, node, render_value(entry))
    else:
        dash = " " * node.start_mark.column
        lines = [dash + line.removeprefix("  ") for line in _render_lines("x", [entry])[1:]]
        yield sheet.insert_lines(_line_below(node), lines)
        yield sheet.insert_lines(node.end_mark.line, lines)


def _fill(sheet: _Sheet, name: str, value: FieldValue) -> Iterator[str]:
    """Ways to give a value to a field that is absent or empty."""
    node, root, lines = sheet.find(name), sheet.root, _render_lines(name, value)
    if node is not None:
        if node.start_mark.index == node.end_mark.index:
            indent = " " * root.start_mark.column if root else ""
            yield sheet.insert_lines(node.end_mark.line + 1, [indent + line for line in lines[1:]])
        yield from _replace(sheet, node, render_value(value))
    elif root is None:
        yield sheet.insert_lines(sheet.end - 1, lines)
    elif root.flow_style:
        yield from _append_inside(sheet, root, f"{name}: {render_value(value)}")
    else:
        yield sheet.insert_lines(root.end_mark.line, [" " * root.start_mark.column + line for line in lines])


def _set(text: str, file: str, name: str, value: str) -> str:
    """The text with a field of one word, be it there already or not."""

    def ways(sheet: _Sheet) -> Iterator[str]:
        node = sheet.find(name)
        return _fill(sheet, name, value) if node is None else _replace(sheet, node, value)

    return _edit(text, file, name, value, ways)


def _replace(sheet: _Sheet, node: _Node, words: str) -> Iterator[str]:
    """Ways to put words in a scalar's place; a block scalar takes the end of its line with it."""
    start, end = _place(node.start_mark), _place(node.end_mark)
    yield sheet.replace(start, end, f" {words}" if start == end else words)
    yield sheet.replace(start, end, f"{words}\n")


def _append_inside(sheet: _Sheet, node: _Node, words: str) -> Iterator[str]:
    """Ways to add to a list or table in brackets: behind its last entry, on a line of its own if that is, or at the end."""
    if node.value:
        pair = node.value[-1]
        first, last = pair if isinstance(pair, tuple) else (pair, pair)
        line = sheet.lines[first.start_mark.line + 1]
        head = line[: first.start_mark.column]
        apart = " " if head.strip() else _ending(line) + head
        yield sheet.replace(_place(last.end_mark), _place(last.end_mark), f",{apart}{words}")
    bracket = (node.end_mark.line, node.end_mark.column - 1)
    yield sheet.replace(bracket, bracket, words)
    yield sheet.replace(bracket, bracket, f", {words}")


def _place(mark: _Node) -> _Place:
    return mark.line, mark.column


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _line_below(node: _Node) -> int:
    """The line below the last word of a list or table written on lines of its own."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    mark = node.end_mark
    return int(mark.line) if mark.column == 0 else int(mark.line) + 1


def _render_lines(name: str, value: FieldValue) -> list[str]:
    """The lines of a field as new item files have them."""
    return render_item({name: value}).split("\n")[1:-2]
