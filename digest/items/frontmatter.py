"""Front matter: the YAML between two `---` lines at the head of an item file, read strictly.

Every scalar stays text (no dates, numbers or YAML 1.1 booleans), a plain `null` or nothing is None, and the line of every
field is known. `plainmatter` reads what people usually write, `yamlmatter` all the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from digest.items.characters import find_forbidden, normalise, replace_forbidden
from digest.items.plainmatter import Path, Value, read_plain

__all__ = ["Fault", "FrontMatter", "Path", "Value", "guess_claims", "read_front_matter", "refuse_character"]

MAX_HIDDEN = 20
_FIRST = re.compile(r"---[ \t]*(?:\n|\Z)")
_LAST = re.compile(r"^---[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one line, and the field it belongs to (empty: the file's form)."""

    line: int
    path: Path
    text: str


@dataclass(frozen=True)
class FrontMatter:
    """An item file taken apart.

    `lines` has the line of each field by its path, `body_line` the line on which the body begins; `faults` is all that is
    wrong with the form so far, and `readable` is false when the fields could not be read to the end.
    """

    data: dict[str, Value]
    lines: dict[Path, int]
    body: str
    body_line: int
    faults: tuple[Fault, ...]
    readable: bool = True

    def line(self, path: Path) -> int:
        """The line of a field, else of the nearest field around it, else 1."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def read_front_matter(text: str) -> FrontMatter:
    """Take an item file apart; a byte order mark and all three kinds of line ends are accepted.

    The text is brought to Unicode form C; forbidden characters are reported (the first twenty lines that hold any) and stand
    as U+FFFD in what is returned.
    """
    text = normalise(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    bad = list(islice(find_forbidden(text), MAX_HIDDEN))
    text = replace_forbidden(text) if bad else text
    first = _FIRST.match(text)
    if not first:
        return _unreadable("the first line must be --- and begin the front matter; add it, or give the file another ending")
    last = _LAST.search(text, first.end())
    if not last:
        return _unreadable("the front matter is never closed; add a line --- below its last field", text.split("\n"))
    source = text[first.end() : last.start()].split("\n")[:-1]
    body, body_line = text[last.end() + 1 :], len(source) + 3
    plain = None if bad else read_plain(source)
    if plain is not None:
        return FrontMatter(*plain, body, body_line, ())
    from digest.items.yamlmatter import Parser

    parser = Parser(source)
    data = parser.parse()
    where = [Fault(line, _field_at(line, body_line - 1, parser.lines), refuse_character(name)) for line, name in bad]
    return FrontMatter(data, parser.lines, body, body_line, (*parser.faults, *where), parser.readable)


def _unreadable(why: str, lines: list[str] | None = None) -> FrontMatter:
    return FrontMatter(guess_claims(lines or []), {}, "", 1, (Fault(1, (), why),), readable=False)


def refuse_character(name: str) -> str:
    """What to say of a forbidden character."""
    return f"it holds the forbidden character {name}; delete it and type the text anew"


def _field_at(line: int, end: int, lines: dict[Path, int]) -> Path:
    if line > end:
        return ("body",)
    above = [(at, path) for path, at in lines.items() if at <= line]
    return max(above, key=lambda entry: (entry[0], len(entry[1])))[1] if above else ()


def guess_claims(lines: list[str]) -> dict[str, Value]:
    """Id and status of front matter that YAML cannot read, by the looks of its lines."""
    found: dict[str, Value] = {}
    for line in lines:
        pair = re.fullmatch(r"""(id|status): *["']?([a-z0-9-]{1,80})["']?(?:\s.*)?""", line)
        if pair:
            found.setdefault(pair[1], pair[2])
    return found
