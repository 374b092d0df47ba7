"""The encoding of a reader file is certain, or the file is refused: nobody's name or town is ever mailed garbled."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.errors import ContentError, UsageError
from digest.subscribers.decoding import ENCODINGS, decode_lines

HEADER = "email,topics"
GDANSK = f"{HEADER}\nada@gdańsk.example,\n"
MOSCOW = f"{HEADER}\nada@москва.example,\n"


def read(data: bytes, encoding: str = "") -> str:
    return "".join(decode_lines(data, "readers.csv", encoding))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [GDANSK, MOSCOW, f"{HEADER}\nada@example.org,\n"])
def test_what_can_be_told_by_its_octets_is_told(codec: str, text: str) -> None:
    assert read(text.encode(codec)).removeprefix("\ufeff") == text


@pytest.mark.parametrize(
    ("text", "codec", "hint"),
    [
        (GDANSK, "cp1250", "windows-1252"),
        (MOSCOW, "cp1251", "windows-1251"),
        (MOSCOW, "koi8-r", "windows-1251"),
        (f"{HEADER}\nada@münchen.example,\n", "cp1252", "windows-1252"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_line_and_a_hint_that_staff_must_judge(
    text: str, codec: str, hint: str
) -> None:
    with pytest.raises(ContentError, match=r"readers\.csv:2: .*not certain") as refusal:
        read(text.encode(codec))
    assert "UTF-8" in refusal.value.remedy
    assert f"--encoding {hint}" in refusal.value.remedy
    assert "ada" not in str(refusal.value)


@pytest.mark.parametrize(("text", "encoding"), [(GDANSK, "windows-1250"), (MOSCOW, "windows-1251"), (MOSCOW, "KOI8-R")])
def test_the_word_of_staff_makes_it_certain(text: str, encoding: str) -> None:
    assert read(text.encode(ENCODINGS[encoding.lower()]), encoding) == text


def test_the_word_of_staff_is_not_believed_when_words_would_mix_two_scripts() -> None:
    with pytest.raises(ContentError, match=r"readers\.csv:2: .*two scripts"):
        read(f"{HEADER}\nada@münchen.example,\n".encode("cp1252"), "windows-1251")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1253"])
def test_a_named_encoding_that_cannot_be_is_refused(encoding: str) -> None:
    with pytest.raises(ContentError, match=f"the file is not in {encoding}"):
        read(HEADER.encode() + b"\n\xff\xd2\n\xaa", encoding)


def test_an_unknown_encoding_is_a_mistake_of_usage() -> None:
    with pytest.raises(UsageError, match="utf-16"):
        read(b"email\n", "klingon")


def test_a_fault_far_behind_is_named_by_its_line() -> None:
    good = f"{HEADER}\n" + "ada@example.org,\n" * 100_000
    with pytest.raises(ContentError, match=r"readers\.csv:100002: "):
        read(good.encode() + b"\xe4@example.org,\n")


def test_a_character_that_two_readings_part_is_no_fault() -> None:
    data = b"x" * ((1 << 20) - 1) + "ä".encode() + b"\nend"
    assert read(data).endswith("ä\nend")


def test_a_file_is_read_from_where_it_stands_and_not_into_memory() -> None:
    file = io.BytesIO(GDANSK.encode())
    lines = decode_lines(file, "readers.csv")
    assert list(lines) == GDANSK.splitlines(keepends=True)


@settings(max_examples=200)
@given(st.binary(max_size=60))
@example(b"\xff\xfe")
@example(b"\xff\xfea")
@example(b"a\0b\0c")
@example(b"\0\xd8\0\xd8")
def test_whatever_octets_come_they_are_read_exactly_or_refused(data: bytes) -> None:
    try:
        text = read(data)
    except ContentError:
        return
    assert "\ufffd" not in text or "\ufffd".encode() in data or b"\xfd\xff" in data or b"\xff\xfd" in data


@pytest.mark.parametrize("start", [b"PK\3\4", b"\xd0\xcf\x11\xe0", b"%PDF-1.7", b"\x1f\x8b\x08"])
@pytest.mark.parametrize("encoding", ["", "windows-1252"])
def test_a_spreadsheet_is_called_one(start: bytes, encoding: str) -> None:
    with pytest.raises(ContentError, match="it is not a text file but"):
        list(decode_lines(start + bytes(range(256)), "readers.csv", encoding))
