"""Rules for single characters: which ones no file may hold, what counts as visible, and how text becomes one line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = [
    "SUBSTITUTE",
    "find_first_forbidden",
    "find_forbidden",
    "fold",
    "is_visible",
    "name_character",
    "normalise",
    "replace_forbidden",
]

SUBSTITUTE = "\N{REPLACEMENT CHARACTER}"
"""What stands in for a forbidden character while the rest of a file is read."""

_PLANE_ENDS = "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
_FORBIDDEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls but tab, line feed and carriage return
    "\u2028\u2029"  # separators that some programs take for line ends and others do not
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates: text reads other than it is written
    "\u206a-\u206f\ufff9-\ufffb"  # deprecated format controls
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff" + _PLANE_ENDS + "]"  # no characters at all
)
_PLAIN_ASCII = b"\t\n\r" + bytes(range(0x20, 0x7F))
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e"
_EDGES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + _INVISIBLE
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_RUNS = re.compile("[ \t\r\n\u00a0]{2,}|[\t\r\n]")


def find_first_forbidden(text: str) -> re.Match[str] | None:
    """The first control, bidirectional override, surrogate or noncharacter."""
    return None if _is_plain(text) else _FORBIDDEN.search(text)


def find_forbidden(text: str) -> Iterator[tuple[int, str]]:
    """Each line, counted from 1, that holds a forbidden character, with the name of its first one."""
    if not find_first_forbidden(text):
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = _FORBIDDEN.search(line)
        if found:
            yield number, name_character(found[0])


def replace_forbidden(text: str, by: str = SUBSTITUTE) -> str:
    """The text with each forbidden character replaced."""
    return text if _is_plain(text) else _FORBIDDEN.sub(by, text)


def _is_plain(text: str) -> bool:
    """Whether all of it is printable but for common blanks, as most texts are: no forbidden character is printable.

    Python tells this ten times sooner than the pattern.
    """
    if text.isascii():
        return not text.encode().translate(None, _PLAIN_ASCII)
    return text.replace("\n", "").replace("\t", "").replace("\r", "").replace("\u00a0", "").isprintable()


def name_character(character: str) -> str:
    """A character as a person can look it up: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'CONTROL')}"


def normalise(text: str) -> str:
    """Unicode normalisation form C."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Text on one line: line ends and runs of blanks become one space, the ends are trimmed of all that is not visible.

    A single no-break space between words stays, because somebody set it there.
    """
    return _RUNS.sub(" ", text).strip(_EDGES)


def is_visible(text: str) -> bool:
    """Whether a reader would see anything at all."""
    if text[:1].isalnum() and text[0] not in _BLANK_LETTERS:
        return True
    return any(c not in _BLANK_LETTERS and unicodedata.category(c)[0] in "LNPS" for c in text)
