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

from digest.errors import ContentError, Problem, SubscriberError
from digest.subscribers.addresses import Address, lookup_form, parse_address, redact

__all__ = [
    "COLUMNS",
    "LINE_LIMIT",
    "Choices",
    "ReaderRow",
    "RowProblem",
    "decode_lines",
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


@dataclass(frozen=True, slots=True)
class _Layout:
    name: str
    delimiter: str
    columns: tuple[str, ...]


def decode_lines(data: bytes, name: str) -> Iterable[str]:
    """The lines of a whole file, decoded at once, so that a wrong encoding is found before any row is used.

    Raises:
        ContentError: it is not UTF-8 (RFC 3629).
    """
    try:
        return io.StringIO(data.decode(), newline=None)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ContentError(
            f"{name}:{line}", "the file is not in UTF-8", "Save it anew as CSV with the encoding UTF-8, then import that."
        ) from None


def read_rows(lines: Iterable[str], choices: Choices, *, name: str) -> Iterator[ReaderRow | RowProblem]:
    """Each row in turn: a reader, or what is wrong with it. Empty rows are passed over.

    Only one line is looked at at a time; of the addresses seen, only their lookup forms are remembered. Of an address that
    comes again, the first good row counts.

    Raises:
        ContentError: there is no header, or it names a column that does not exist, or one twice, or no `email`.
    """
    numbered = enumerate(lines, start=1)
    layout = _read_header(numbered, name)
    seen: dict[str, int] = {}
    for number, line in numbered:
        row = _read_row(number, line.rstrip("\r\n"), layout, choices, seen)
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


def _read_row(
    number: int, line: str, layout: _Layout, choices: Choices, seen: dict[str, int]
) -> ReaderRow | RowProblem | None:
    if len(line) > LINE_LIMIT:
        return _build_problem(number, layout, [("row", f"the line is longer than {LINE_LIMIT} characters")])
    if _CONTROL.search(line):
        return _build_problem(number, layout, [("row", "there is a control character in it")])
    try:
        cells = [unguard_cell(cell.strip()) for cell in _split_cells(line, layout.delimiter)]
    except csv.Error:
        return _build_problem(number, layout, [("row", "its quotes do not pair up on this line")])
    if not any(cells):
        return None
    while len(cells) > len(layout.columns) and not cells[-1]:
        cells.pop()
    if len(cells) != len(layout.columns):
        cause = f"it has {len(cells)} cells where the header has {len(layout.columns)}"
        return _build_problem(number, layout, [("row", cause)])
    faults: list[tuple[str, str]] = []
    row = _judge_cells(number, layout, dict(zip(layout.columns, cells, strict=True)), choices, seen, faults)
    return row or _build_problem(number, layout, faults)


def _build_problem(number: int, layout: _Layout, faults: list[tuple[str, str]]) -> RowProblem:
    return RowProblem(number, tuple(Problem(layout.name, number, place, cause) for place, cause in faults))


def _judge_cells(
    number: int,
    layout: _Layout,
    cells: dict[str, str],
    choices: Choices,
    seen: dict[str, int],
    faults: list[tuple[str, str]],
) -> ReaderRow | None:
    address = _judge_email(cells["email"], seen, faults)
    topics = _judge_topics(cells.get("topics", ""), choices, faults)
    language = _judge_word("language", cells, choices.languages, choices.default_language, faults)
    rhythm = _judge_word("rhythm", cells, choices.rhythms, choices.rhythms[0], faults)
    if address is None or faults:
        return None
    seen[lookup_form(address.address)] = number
    remarks = tuple(Problem(layout.name, number, "topics", text, "warning") for text in _remark_topics(topics, choices))
    return ReaderRow(address, topics, language, rhythm, number, remarks)


def _judge_email(cell: str, seen: dict[str, int], faults: list[tuple[str, str]]) -> Address | None:
    if not cell:
        faults.append(("email", "it is empty"))
        return None
    try:
        address = parse_address(cell)
    except SubscriberError as error:
        faults.append(("email", error.cause))
        return None
    if address.needs_smtputf8:
        faults.append(("email", "it has letters before the @ that mail servers cannot take yet; ask for another address"))
        return None
    earlier = seen.get(lookup_form(address.address))
    if earlier is not None:
        faults.append(("email", f"the address appears twice (line {earlier})"))
    return address


def _judge_topics(cell: str, choices: Choices, faults: list[tuple[str, str]]) -> tuple[str, ...]:
    words = {word.lower() for word in _TOPIC_BREAK.split(cell) if word}
    unknown = sorted(words - choices.topics)
    if cell and not words:
        faults.append(("topics", f"there is no topic in {_show(cell)}; leave the cell empty for all topics"))
    if unknown:
        shown = ", ".join(_show(word) for word in unknown[:5])
        faults.append(("topics", f"there is no topic {shown}; the topics are {', '.join(sorted(choices.topics))}"))
    return tuple(sorted(words))


def _remark_topics(topics: Iterable[str], choices: Choices) -> Iterator[str]:
    for topic in topics:
        target = choices.moved.get(topic, topic)
        if target != topic:
            yield f"{topic} goes on as {target}; the reader follows that"
        if target in choices.ended:
            yield f"{target} has ended; nothing new comes under it"


def _judge_word(
    place: str, cells: dict[str, str], known: Collection[str], default: str, faults: list[tuple[str, str]]
) -> str:
    cell = cells.get(place) or default
    if cell in known:
        return cell
    folded = _WORD_BREAK.sub("-", cell.lower())
    for word in known:
        if _WORD_BREAK.sub("-", word.lower()) == folded:
            return word
    faults.append((place, f"{_show(cell)} is not one of: {', '.join(sorted(known))}"))
    return default


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
