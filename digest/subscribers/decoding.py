"""The encoding of a reader file: certain, or refused. What is guessed wrong would be mailed wrong for years.

UTF-8 and UTF-16 can be told from all others by their octets. The many encodings of one octet a letter cannot be told from
each other: `Gdańsk` of one is `Gdañsk` of another. So they are taken at the word of staff alone, and then only if no word
comes out in letters of two scripts.
"""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import BinaryIO

from digest.errors import ContentError, UsageError

__all__ = ["ENCODINGS", "decode_lines"]

ENCODINGS = {
    "utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1252": "cp1252",
    "windows-1253": "cp1253", "windows-1254": "cp1254", "windows-1257": "cp1257", "iso-8859-1": "latin-1",
    "iso-8859-2": "iso8859-2", "iso-8859-15": "iso8859-15", "koi8-r": "koi8-r", "koi8-u": "koi8-u", "macintosh": "mac-roman",
}  # fmt: skip
"""What staff may name, and what Python calls it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = {
    b"PK\3\4": "a spreadsheet or an archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "compressed",
}
"""How files begin that hold no lines, though they may hold a table."""

_CHUNK = 1 << 20
_WORD = re.compile(r"[^\W\d_]+")
_SAVE = "Save it anew as CSV with the encoding UTF-8, then import that."


def decode_lines(source: bytes | BinaryIO, name: str, encoding: str = "") -> Iterable[str]:
    """The lines of a whole file; it is read through once before, so that a wrong encoding is found before any row is used.

    Args:
        source: the octets, or a file at its beginning that can be read twice.
        name: how errors call it.
        encoding: one of `ENCODINGS` by the word of staff; empty to find out.

    Raises:
        ContentError: its encoding is not certain, or not the one that was named; or it is no text at all.
        UsageError: no such encoding is known.
    """
    if encoding and encoding.lower() not in ENCODINGS:
        raise UsageError(f"--encoding {encoding}", "it is not known", f"It is one of: {', '.join(ENCODINGS)}.")
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    start = file.tell()
    head = file.read(4)
    file.seek(start)
    what = next((what for start, what in _NO_TEXT.items() if head.startswith(start)), "")
    if what:
        raise ContentError(
            name, f"it is not a text file but {what}", "Open it, and save the table as CSV with the encoding UTF-8."
        )
    codec = ENCODINGS[encoding.lower()] if encoding else _find_codec(head)
    _check(file, codec, name, encoding)
    file.seek(start)
    return _read_lines(file, codec)


def _read_lines(file: BinaryIO, codec: str) -> Iterator[str]:
    text = io.TextIOWrapper(file, codec, newline=None)
    try:
        yield from text
    finally:
        if not file.closed:
            text.detach()  # the file is not ours to close


def _find_codec(head: bytes) -> str:
    """UTF-16 by its mark, or because a header begins with letters of ASCII; else what is checked to be UTF-8."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec
    return {b"\0\1\0\1": "utf-16-be", b"\1\0\1\0": "utf-16-le"}.get(bytes(map(bool, head)), "utf-8")


def _check(file: BinaryIO, codec: str, name: str, encoding: str) -> None:
    """Read it through.

    Raises:
        ContentError: it is not in that encoding.
    """
    decoder = codecs.getincrementaldecoder(codec)("strict")
    line, begun = 1, b""
    while True:
        data = file.read(_CHUNK)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            octets = begun + data if len(error.object) > len(data) else data
            raise _refuse(name, line + octets.count(b"\n", 0, error.start), encoding, error.object) from None
        except UnicodeError:  # UTF-16 without its mark
            raise _refuse(name, line, encoding, data) from None
        if encoding and codec[:3] != "utf":
            _check_words(text, name, line, encoding)
        if not data:
            return
        line += text.count("\n")
        begun = decoder.getstate()[0]


def _refuse(name: str, line: int, encoding: str, octets: bytes) -> ContentError:
    if encoding:
        return ContentError(f"{name}:{line}", f"the file is not in {encoding}", _SAVE)
    likely = _guess(octets)
    sure = f" Or, if you are sure that it is in {likely}: --encoding {likely}" if likely else ""
    return ContentError(f"{name}:{line}", "the file is not in UTF-8, and which encoding it has is not certain", _SAVE + sure)


def _guess(octets: bytes) -> str:
    """Which encoding staff may have; a hint for them, never acted upon."""
    for encoding, script in (("windows-1251", "CYRILLIC"), ("windows-1252", "LATIN")):
        text = octets.decode(ENCODINGS[encoding], "replace")
        words = [word for word in _WORD.findall(text) if not word.isascii()]
        if words and all(_scripts(word) == {script} for word in words) and "\ufffd" not in text:
            return encoding
    return ""


def _check_words(text: str, name: str, line: int, encoding: str) -> None:
    for found in _foreign_words(text):
        if len(_scripts(found[0])) > 1:
            place = f"{name}:{line + text.count(chr(10), 0, found.start())}"
            raise ContentError(place, f"the file is not in {encoding}: its words would mix letters of two scripts", _SAVE)


def _foreign_words(text: str) -> Iterator[re.Match[str]]:
    if not text.isascii():
        yield from (found for found in _WORD.finditer(text) if not found[0].isascii())


@lru_cache(maxsize=4096)
def _scripts(word: str) -> frozenset[str]:
    """The scripts of a word's letters, by the first words of their names."""
    return frozenset(unicodedata.name(sign, "?").partition(" ")[0] for sign in word)
