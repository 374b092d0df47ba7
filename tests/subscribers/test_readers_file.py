"""The reader file: good rows are kept, bad ones named by line and field, and an export comes back as it was."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ContentError
from digest.subscribers.addresses import parse_address
from digest.subscribers.decoding import decode_lines
from digest.subscribers.readers_file import (
    LINE_LIMIT,
    Choices,
    ReaderRow,
    RowProblem,
    guard_cell,
    read_rows,
    render_export,
    unguard_cell,
)

TOPICS = frozenset({"russia", "ukraine", "prisoners"})
CHOICES = Choices(TOPICS, frozenset({"en", "uk", "pt-BR"}), ("weekly", "daily", "at-once"), "en")
HEADER = "email,topics,language,rhythm"


def _read(text: str | Iterable[str]) -> list[ReaderRow | RowProblem]:
    lines = io.StringIO(text, newline=None) if isinstance(text, str) else text
    return list(read_rows(lines, CHOICES, name="readers.csv"))


def _one(row: str, header: str = HEADER) -> ReaderRow:
    (found,) = _read(f"{header}\n{row}\n")
    assert isinstance(found, ReaderRow), found
    return found


def _messages(text: str | Iterable[str]) -> list[str]:
    return [str(problem) for row in _read(text) if isinstance(row, RowProblem) for problem in row.problems]


def _row(email: str, topics: tuple[str, ...] = (), language: str = "en", rhythm: str = "weekly") -> ReaderRow:
    return ReaderRow(parse_address(email), topics, language, rhythm)


def test_a_full_row() -> None:
    found = _one('reader@example.org,"ukraine, russia",uk,daily')
    assert found == _row("reader@example.org", ("russia", "ukraine"), "uk", "daily")
    assert found.line == 2


def test_empty_cells_and_missing_columns_mean_the_defaults() -> None:
    assert _one("reader@example.org,,,") == _one("reader@example.org", "email") == _row("reader@example.org")


@pytest.mark.parametrize(
    "cell", ["ukraine russia", '"ukraine,russia"', "ukraine;russia", '" Russia ;  UKRAINE, russia"', "ukraine russia;"]
)
def test_topics_are_parted_by_blanks_semicolons_or_commas(cell: str) -> None:
    assert _one(f"reader@example.org,{cell},en,weekly").topics == ("russia", "ukraine")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_stand_in_any_order_and_are_parted_as_spreadsheets_do(delimiter: str) -> None:
    header = delimiter.join(["Rhythm", '"EMAIL"', " topics ", "language", "", ""])
    row = delimiter.join(["daily", "reader@example.org", '"russia;ukraine"', "uk", "", ""])
    assert _one(row, header) == _row("reader@example.org", ("russia", "ukraine"), "uk", "daily")


@pytest.mark.parametrize(
    ("cell", "rhythm"), [("Daily", "daily"), ("at once", "at-once"), ("AT_ONCE", "at-once"), ("", "weekly")]
)
def test_rhythms_are_known_as_people_write_them(cell: str, rhythm: str) -> None:
    assert _one(f"reader@example.org,,,{cell}").rhythm == rhythm


@pytest.mark.parametrize(("cell", "language"), [("UK", "uk"), ("pt-br", "pt-BR"), ("pt_BR", "pt-BR"), ("\u00a0en ", "en")])
def test_languages_are_known_in_any_case(cell: str, language: str) -> None:
    assert _one(f"reader@example.org,,{cell},").language == language


def test_every_fault_is_named_by_line_and_field_and_the_good_rows_are_kept() -> None:
    found = _read(
        f"{HEADER}\n"
        "one@example.org,russia,en,weekly\n"
        "two.example.org,mars,xx,hourly\n"
        "\n"
        "three@example.org,,,,\n"
        "four@example.org,russia\n"
        "five@example.org,russia,en,weekly,extra\n"
        ",russia,en,weekly\n"
        ",,,\n"
        'six@example.org,"russia,en,weekly\n'
        "ONE@example.org,,,\n"
        'seven@example.org,";",,\n'
        "eight@example.org,,,\n"
    )
    assert [row.line for row in found] == [2, 3, 5, 6, 7, 8, 10, 11, 12, 13]
    assert [row.address.address for row in found if isinstance(row, ReaderRow)] == [
        "one@example.org",
        "three@example.org",
        "eight@example.org",
    ]
    assert [str(problem) for row in found if isinstance(row, RowProblem) for problem in row.problems] == [
        "readers.csv:3: email: an email address must have an @-sign",
        "readers.csv:3: topics: there is no topic 'mars'; the topics are prisoners, russia, ukraine",
        "readers.csv:3: language: 'xx' is not one of: en, pt-BR, uk",
        "readers.csv:3: rhythm: 'hourly' is not one of: at-once, daily, weekly",
        "readers.csv:6: row: it has 2 cells where the header has 4",
        "readers.csv:7: row: it has 5 cells where the header has 4",
        "readers.csv:8: email: it is empty",
        "readers.csv:10: row: its quotes do not pair up on this line",
        "readers.csv:11: email: the address appears twice (line 2)",
        "readers.csv:12: topics: there is no topic in ';'; leave the cell empty for all topics",
    ]


def test_a_good_row_is_kept_when_only_a_bad_one_had_its_address() -> None:
    found = _read(f"{HEADER}\nreader@example.org,mars,,\nReader@example.org,russia,,\n")
    assert [type(row) for row in found] == [RowProblem, ReaderRow]


@pytest.mark.parametrize("email", ["ві́ра@example.org", "vírā@example.org"])
def test_letters_before_the_at_sign_that_relays_cannot_take_spoil_the_row_alone(email: str) -> None:
    text = f"{HEADER}\none@example.org,,,\n{email},,,\ntwo@example.org,,,\n"
    assert [type(row) for row in _read(text)] == [ReaderRow, RowProblem, ReaderRow]
    assert _messages(text) == [
        "readers.csv:3: email: it has letters before the @ that mail servers cannot take yet; ask for another address"
    ]


def test_letters_of_any_script_after_the_at_sign_are_taken() -> None:
    assert _one("vira@приклад.example,,,").address.domain == "xn--80aikifvh.example"


@pytest.mark.parametrize("sign", ["\0", "\x01", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\r"])
def test_a_control_character_spoils_its_row_alone(sign: str) -> None:
    assert _messages([HEADER, f"one@example.org,rus{sign}sia,,", "two@example.org,,,"]) == [
        "readers.csv:2: row: there is a control character in it"
    ]


def test_an_endless_line_spoils_itself_alone() -> None:
    long = "x" * (LINE_LIMIT + 1)
    found = _read(f"{HEADER}\n{long}\ntwo@example.org,,,\n")
    assert [row.line for row in found] == [2, 3]
    assert _messages(f"{HEADER}\n{long}\n") == [f"readers.csv:2: row: the line is longer than {LINE_LIMIT} characters"]


def test_no_message_repeats_an_address() -> None:
    text = f"{HEADER}\nrussia,canary@example.org,canary@example.org,canary@example.org\n<canary@example.org>,,,\n"
    messages = _messages(text)
    assert len(messages) == 5
    assert "canary" not in "".join(messages)
    assert "canary" not in repr(_read(f"{HEADER}\ncanary@example.org,,,\n"))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "readers.csv: the file is empty"),
        ("\n \n", "readers.csv: the file is empty"),
        ("reader@example.org\n", "readers.csv:1: there is no column '<address>'"),
        ("email,name,e-mail\n", "readers.csv:1: there is no column 'name', 'e-mail'"),
        ("\ntopics,language\n", "readers.csv:2: the column email is missing"),
        ("email,topics,email\n", "readers.csv:1: the column email comes twice"),
        ('email,"topics\n', "readers.csv:1: the quotes in the header do not pair up"),
        ("email," + "x" * LINE_LIMIT, "readers.csv:1: the header is longer than"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused_at_once(text: str, cause: str) -> None:
    with pytest.raises(ContentError) as refusal:
        _read(text)
    assert str(refusal.value).startswith(cause)
    assert "email" in refusal.value.remedy


def test_rows_are_read_one_by_one() -> None:
    def lines() -> Iterable[str]:
        yield HEADER
        yield "one@example.org,,,"
        raise AssertionError("read ahead")

    assert next(read_rows(lines(), CHOICES, name="readers.csv")) == _row("one@example.org")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_any_line_ends_are_accepted(end: str) -> None:
    data = f"{HEADER}{end}{end}reader@example.org,,,{end}x,,,{end}".encode("utf-8-sig")
    found = _read(decode_lines(data, "readers.csv"))
    assert [row.line for row in found] == [3, 4]
    assert isinstance(found[0], ReaderRow)


ROWS = st.builds(
    ReaderRow,
    st.from_regex(r"[+=_'a-z-][a-z0-9'+=-]{0,8}@[a-z]{1,8}\.example", fullmatch=True).map(parse_address),
    st.sets(st.sampled_from(sorted(CHOICES.topics))).map(lambda topics: tuple(sorted(topics))),
    st.sampled_from(sorted(CHOICES.languages)),
    st.sampled_from(CHOICES.rhythms),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS, unique_by=lambda row: row.address.address, max_size=8))
def test_an_export_is_read_back_as_it_was(rows: list[ReaderRow]) -> None:
    text = "".join(render_export(rows))
    assert _read(decode_lines(text.encode(), "readers.csv")) == rows
    assert text.count("\r\n") == len(rows) + 1


CELLS = st.text(st.one_of(st.sampled_from("'=+-@\t\r\n＝＋－＠"), st.characters()), max_size=8)


@settings(max_examples=300)
@given(CELLS)
def test_a_guarded_cell_is_no_formula_and_comes_back_exactly(cell: str) -> None:
    guarded = guard_cell(cell)
    assert guarded[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert unguard_cell(guarded) == cell
    assert guarded in (cell, f"'{cell}")


def test_an_address_that_looks_like_a_formula_is_guarded_in_the_file() -> None:
    text = "".join(render_export([_row("=cmd@example.org"), _row("reader@example.org", ("russia", "ukraine"))]))
    assert text == (f"{HEADER}\r\n'=cmd@example.org,,en,weekly\r\nreader@example.org,russia ukraine,en,weekly\r\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.one_of(st.sampled_from("a@.,;\"'\t\n\r\0"), st.characters()), max_size=30), max_size=5))
def test_whatever_a_line_holds_it_gives_at_most_one_row(lines: list[str]) -> None:
    found = _read([HEADER, *lines])
    assert len(found) <= len(lines)
    assert [row.line for row in found] == sorted({row.line for row in found})
    assert all(row.problems for row in found if isinstance(row, RowProblem))
