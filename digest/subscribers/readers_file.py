"""The reader file: the CSV (RFC 4180) in which newsrooms bring their readers along and can take them away again.

    email,topics,language,rhythm
    reader@example.org,"russia, ukraine",en,weekly

Only `email` is required; columns stand in any order, parted by commas, semicolons or tabs. No topics means all, no language
the newsroom's, no rhythm the list's first. A line is a row: a quote left open spoils its own line and no other.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TypeAlias

from digest.errors import ContentError, Problem, SubscriberError
from digest.subscribers.addresses import Address, lookup_form, parse_address, redact
from digest.subscribers.seen import Seen

__all__ = [
    "COLUMNS",
    "LINE_LIMIT",
    "Choices",
    "ReaderRow",
    "RowProblem",
    "guard_cell",
    "read_rows",
    "render_export",
    "unguard_cell",
]

COLUMNS = ("email", "topics", "language", "rhythm")
"""The columns there are, in the order in which an export writes them."""

LINE_LIMIT = 10_000
"""The longest line in characters."""

_DELIMITERS = ",;\t"
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_TOPIC_BREAK = re.compile(r"[\s,;]+")
_WORD_BREAK = re.compile(r"[\s_-]+")
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a row may choose from: the site's topics and languages, and the list's rhythms, the default first.

    `moved` says where topics go on that have moved, and `ended` which ones have ended; rows that name them get a remark.
    """

    topics: frozenset[str]
    languages: frozenset[str]
    rhythms: tuple[str, ...]
    default_language: str
    moved: Mapping[str, str] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """One reader as the file has it, complete.

    `line` is where it stands, from 1; `remarks` are warnings. Neither counts in comparisons.
    """

    address: Address
    topics: tuple[str, ...]
    language: str
    rhythm: str
    line: int = field(default=0, compare=False)
    remarks: tuple[Problem, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that cannot be used: its line and every fault in it, the field `row` meaning the whole.

    As text a fault reads `readers.csv:7: email: an email address must have an @-sign`; the address is never in it.
    """

    line: int
    problems: tuple[Problem, ...]


_Fault: TypeAlias = "tuple[str, str]"


@dataclass(frozen=True, slots=True)
class _Layout:
    name: str
    delimiter: str
    columns: tuple[str, ...]


def read_rows(lines: Iterable[str], choices: Choices, *, name: str) -> Iterator[ReaderRow | RowProblem]:
    """Each row in turn: a reader, or what is wrong with it. Empty rows are passed over.

    Only one line is looked at at a time; of the addresses seen, only a number each is remembered. Of an address that comes
    again, the first good row counts.

    Raises:
        ContentError: there is no header, or it names a column that does not exist, or one twice, or no `email`.
    """
    numbered = enumerate(lines, start=1)
    judge = _Judge(_read_header(numbered, name), choices)
    for number, line in numbered:
        row = judge.read_row(number, line.rstrip("\r\n"))
        if row is not None:
            yield row


def _read_header(numbered: Iterator[tuple[int, str]], name: str) -> _Layout:
    for number, line in numbered:
        text = line.removeprefix("\ufeff").rstrip("\r\n")
        if text.strip():
            return _parse_header(text, name, number)
    raise ContentError(name, "the file is empty", f"Start it with a header such as {','.join(COLUMNS)}.")


def _parse_header(text: str, name: str, number: int) -> _Layout:
    subject = f"{name}:{number}"
    remedy = f"The first line names the columns: {', '.join(COLUMNS)}; only email is required."
    if len(text) > LINE_LIMIT:
        raise ContentError(subject, f"the header is longer than {LINE_LIMIT} characters", remedy)
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        cells = _split_cells(text, delimiter)
    except csv.Error:
        raise ContentError(subject, "the quotes in the header do not pair up", remedy) from None
    columns = tuple(cell.strip().lower() for cell in cells)
    while columns and not columns[-1]:
        columns = columns[:-1]
    unknown = [_show(column) for column in columns if column not in COLUMNS]
    if unknown:
        raise ContentError(subject, f"there is no column {', '.join(unknown)}", remedy)
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ContentError(subject, f"the column {', '.join(twice)} comes twice", remedy)
    if "email" not in columns:
        raise ContentError(subject, "the column email is missing", remedy)
    return _Layout(name, delimiter, columns)


def _split_cells(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))


class _Judge:
    """Judges the rows of one file. What many rows have in common is judged once."""

    def __init__(self, layout: _Layout, choices: Choices) -> None:
        self._layout = layout
        self._choices = choices
        self._seen = Seen()
        self._width = len(layout.columns)
        self._places = {column: layout.columns.index(column) for column in layout.columns}
        self._judge_topics = lru_cache(maxsize=4096)(partial(_judge_topics, choices=choices))
        self._judge_language = lru_cache(maxsize=256)(
            partial(_judge_word, place="language", known=choices.languages, default=choices.default_language)
        )
        self._judge_rhythm = lru_cache(maxsize=256)(
            partial(_judge_word, place="rhythm", known=choices.rhythms, default=choices.rhythms[0])
        )

    def read_row(self, number: int, line: str) -> ReaderRow | RowProblem | None:
        """A row, what is wrong with it, or None when it is empty."""
        if len(line) > LINE_LIMIT:
            return self._refuse(number, [("row", f"the line is longer than {LINE_LIMIT} characters")])
        if not line.isprintable() and _CONTROL.search(line):
            return self._refuse(number, [("row", "there is a control character in it")])
        try:
            cells = [cell.strip() for cell in _split_cells(line, self._layout.delimiter)]
        except csv.Error:
            return self._refuse(number, [("row", "its quotes do not pair up on this line")])
        if "'" in line:
            cells = [unguard_cell(cell) for cell in cells]
        if not any(cells):
            return None
        while len(cells) > self._width and not cells[-1]:
            cells.pop()
        if len(cells) != self._width:
            return self._refuse(number, [("row", f"it has {len(cells)} cells where the header has {self._width}")])
        return self._judge_cells(number, cells)

    def _refuse(self, number: int, faults: list[_Fault]) -> RowProblem:
        return RowProblem(number, tuple(Problem(self._layout.name, number, place, cause) for place, cause in faults))

    def _judge_cells(self, number: int, cells: list[str]) -> ReaderRow | RowProblem:
        topics, topic_faults, said = self._judge_topics(self._cell(cells, "topics"))
        language, language_faults = self._judge_language(self._cell(cells, "language"))
        rhythm, rhythm_faults = self._judge_rhythm(self._cell(cells, "rhythm"))
        others = topic_faults + language_faults + rhythm_faults
        address, fault = self._judge_email(cells[self._places["email"]], 0 if others else number)
        if address is None or fault or others:
            return self._refuse(number, [("email", fault), *others] if fault else others)
        remarks = tuple(Problem(self._layout.name, number, "topics", text, "warning") for text in said) if said else ()
        return ReaderRow(address, topics, language, rhythm, number, remarks)

    def _cell(self, cells: list[str], column: str) -> str:
        place = self._places.get(column)
        return "" if place is None else cells[place]

    def _judge_email(self, cell: str, number: int) -> tuple[Address | None, str]:
        """The address, or what is wrong with it; a good one is remembered with the number of its row, if that is not 0."""
        if not cell:
            return None, "it is empty"
        try:
            address = parse_address(cell)
        except SubscriberError as error:
            return None, error.cause
        if address.needs_smtputf8:
            return None, "it has letters before the @ that mail servers cannot take yet; ask for another address"
        form = lookup_form(address.address)
        earlier = self._seen.note(form, number) if number else self._seen.find(form)
        return address, f"the address appears twice (line {earlier})" if earlier else ""


def _judge_topics(cell: str, choices: Choices) -> tuple[tuple[str, ...], list[_Fault], tuple[str, ...]]:
    """The topics of a cell, what is wrong with them, and what is to be remarked."""
    words = {word.lower() for word in _TOPIC_BREAK.split(cell) if word}
    unknown = sorted(words - choices.topics)
    faults = []
    if cell and not words:
        faults.append(("topics", f"there is no topic in {_show(cell)}; leave the cell empty for all topics"))
    if unknown:
        shown = ", ".join(_show(word) for word in unknown[:5])
        faults.append(("topics", f"there is no topic {shown}; the topics are {', '.join(sorted(choices.topics))}"))
    topics = tuple(sorted(words))
    return topics, faults, tuple(_remark_topics(topics, choices))


def _remark_topics(topics: Iterable[str], choices: Choices) -> Iterator[str]:
    for topic in topics:
        target = choices.moved.get(topic, topic)
        if target != topic:
            yield f"{topic} goes on as {target}; the reader follows that"
        if target in choices.ended:
            yield f"{target} has ended; nothing new comes under it"


def _judge_word(cell: str, place: str, known: Collection[str], default: str) -> tuple[str, list[_Fault]]:
    """The word that a cell means, and what is wrong with it."""
    cell = cell or default
    if cell in known:
        return cell, []
    folded = _WORD_BREAK.sub("-", cell.lower())
    for word in known:
        if _WORD_BREAK.sub("-", word.lower()) == folded:
            return word, []
    return default, [(place, f"{_show(cell)} is not one of: {', '.join(sorted(known))}")]


def _show(cell: str) -> str:
    # A cell in the wrong column may hold an address, which no message may repeat.
    text = redact(cell)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def render_export(rows: Iterable[ReaderRow]) -> Iterator[str]:
    """The lines of a reader file with those readers, header first, each ending in CR LF; `read_rows` reads them back."""
    yield ",".join(COLUMNS) + "\r\n"
    for row in rows:
        cells = (row.address.address, " ".join(row.topics), row.language, row.rhythm)
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([guard_cell(cell) for cell in cells])
        yield line.getvalue()


def guard_cell(cell: str) -> str:
    """The cell with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguard_cell(cell: str) -> str:
    """The cell without the apostrophe that `guard_cell` put there."""
    return cell[1:] if _GUARDED.match(cell) else cell
