"""A Markdown body under construction: paragraphs, headings, lists, quotations and code, written as they come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from textwrap import indent
from typing import Any, Literal

from digest.items.characters import is_visible
from digest.items.importing.inline import Token, read_back, read_words, render_inline
from digest.items.links import build_link

__all__ = ["MAX_DEPTH", "Page"]

MAX_DEPTH = 12
"""Lists and quotations may stand this deep inside each other; deeper ones are written flat."""

_Sort = Literal["text", "code", "entry", "ul-", "ul*", "ol.", "ol)"]
_LAST_NUMBER = 999_999_999
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class _Block:
    sort: _Sort
    text: str


@dataclass
class _Frame:
    """An open list, list entry or quotation; a flat one writes into the frame around it."""

    name: Literal["page", "list", "entry", "quotation", "flat"]
    blocks: list[_Block] = field(default_factory=list)
    start: int | None = None


@dataclass
class Page:
    """The body as far as it is written.

    `row` is the table row that is being written as one line, if any; `in_code` says that text stands for itself.
    """

    frames: list[_Frame] = field(default_factory=lambda: [_Frame("page")])
    tokens: list[Token] = field(default_factory=list)
    marks: list[Token] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    heading: int = 0
    row: Any = None
    code: list[str] = field(default_factory=list)
    code_depth: int = 0

    @property
    def in_code(self) -> bool:
        """Whether text is written as it is."""
        return self.code_depth > 0

    def add(self, token: Token) -> None:
        """Add to the paragraph; two line breaks in a row end it."""
        if self.in_code:
            if token.sort in ("text", "break"):
                self.code.append("\n" if token.sort == "break" else token.value)
            return
        if token.sort == "open":
            self.marks.append(token)
        elif token.sort == "close":
            self._forget(token)
        elif token.sort == "break":
            if self.heading or self.row is not None:
                token = Token("text", " ")
            elif self._ends_in_break():
                self.end_paragraph()
                return
        self.tokens.append(token)

    def add_line_end(self) -> None:
        """A line end of the source; one beside a line break is the same one."""
        if not self._ends_in_break():
            self.add(Token("break"))

    def _forget(self, token: Token) -> None:
        opened = Token("open", token.value)
        for place in range(len(self.marks) - 1, -1, -1):
            if self.marks[place] == opened:
                del self.marks[place]
                return

    def _ends_in_break(self) -> bool:
        for token in reversed(self.tokens):
            if token.sort == "break":
                return True
            if token.sort == "code" or (token.sort == "text" and token.value.strip()):
                return False
        return False

    def end_paragraph(self) -> None:
        """Write the paragraph or heading; emphasis and links that are open go on in the next one."""
        heading, self.heading = self.heading, 0
        if self.in_code or not self.tokens:
            return
        closing = [Token("close", mark.value) for mark in reversed(self.marks)]
        tokens, self.tokens = [*self.tokens, *closing], list(self.marks)
        words = read_words(tokens)
        if not is_visible(words):
            return
        text = render_inline(_link_address(tokens, words))
        if heading:
            text = f"{'#' * heading} " + re.sub(r"(?<!\\)(#+)$", r"\\\1", text)
        self._write("text", text, words)

    def _write(self, sort: _Sort, text: str, words: str) -> None:
        self.words.append(words)
        self.plain.append(text)
        self.frames[-1].blocks.append(_Block(sort, text))

    def open_heading(self, level: int) -> None:
        """Begin a heading, which lasts to the end of the paragraph."""
        self.end_paragraph()
        self.heading = level

    def add_rule(self) -> None:
        """A thematic break."""
        self.end_paragraph()
        self._write("text", "***", "")

    def open_list(self, start: int | None) -> None:
        """Begin a list; `start` is the number of the first entry of a numbered one."""
        self._open(_Frame("list", start=start))

    def open_entry(self) -> None:
        """Begin an entry of the list; outside of one it is a paragraph."""
        self._open(_Frame("entry" if self.frames[-1].name == "list" else "flat"))

    def open_quotation(self) -> None:
        """Begin a quotation."""
        self._open(_Frame("quotation"))

    def _open(self, frame: _Frame) -> None:
        self.end_paragraph()
        depth = sum(one.name in ("list", "quotation") for one in self.frames)
        if frame.name == "flat" or (depth >= MAX_DEPTH and frame.name != "entry"):
            frame = _Frame("flat", self.frames[-1].blocks)
        self.frames.append(frame)

    def close_frame(self) -> None:
        """End the innermost list, entry or quotation."""
        self.end_paragraph()
        if len(self.frames) == 1:
            return
        frame = self.frames.pop()
        around = self.frames[-1].blocks
        if frame.name == "flat" or not frame.blocks:
            return
        if frame.name == "list":
            around.append(_render_list(frame, around[-1].sort if around else "text"))
        elif frame.name == "entry":
            around.append(_Block("entry", _join(frame.blocks, tight=True)))
        else:
            text = indent(_join(frame.blocks), "> ", lambda _: True)
            around.append(_Block("text", re.sub("^> $", ">", text, flags=re.MULTILINE)))

    def open_code(self) -> None:
        """Begin a block of code, in which every blank counts."""
        self.end_paragraph()
        self.code_depth += 1

    def close_code(self) -> None:
        """End a block of code."""
        self.code_depth -= 1
        text, self.code = "".join(self.code), ([] if not self.code_depth else self.code)
        if self.code_depth or not is_visible(text):
            return
        text = re.sub(r"^[ \t]*\n", "", text).rstrip()
        fence = "```"
        while fence in text:
            fence += "`"
        self._write("code", f"{fence}\n{text}\n{fence}", text)

    def finish(self) -> str:
        """The whole body; should its structure hide or add words, then its paragraphs without that structure."""
        while len(self.frames) > 1:
            self.close_frame()
        self.end_paragraph()
        body = _join(self.frames[0].blocks)
        return body if _squeeze(read_back(body)) == _squeeze("".join(self.words)) else "\n\n".join(self.plain)


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _link_address(tokens: Sequence[Token], words: str) -> Sequence[Token]:
    """A paragraph that is nothing but an address links to it."""
    link = build_link(words, "") if _ADDRESS.fullmatch(words) else None
    if link is None or any(token.sort in ("open", "close") and not token.is_mark for token in tokens):
        return tokens
    return Token("open", link), Token("text", words), Token("close", link)


def _join(blocks: Sequence[_Block], *, tight: bool = False) -> str:
    """Blocks apart by blank lines; in a tight entry, a list stands right below its words."""
    text = blocks[0].text if blocks else ""
    for before, block in pairwise(blocks):
        close = tight and len(blocks) == 2 and before.sort == "text" and block.sort in ("ul-", "ul*")
        text += ("\n" if close else "\n\n") + block.text
    return text


def _render_list(frame: _Frame, before: str) -> _Block:
    """A list; one that follows another of its sort has another sign, or they would be one list."""
    entries = [block.text for block in frame.blocks]
    apart = "\n\n" if any("\n\n" in entry for entry in entries) else "\n"
    if frame.start is None:
        sign: Literal["-", "*"] = "*" if before == "ul-" else "-"
        return _Block("ul-" if sign == "-" else "ul*", apart.join(f"{sign} {_hang(entry, 2)}" for entry in entries))
    stop = ")" if before == "ol." else "."
    start = frame.start if frame.start + len(entries) <= _LAST_NUMBER else 1
    marked = [(f"{number}{stop} ", entry) for number, entry in enumerate(entries, start)]
    return _Block("ol." if stop == "." else "ol)", apart.join(f"{mark}{_hang(entry, len(mark))}" for mark, entry in marked))


def _hang(entry: str, width: int) -> str:
    """An entry's lines below its first one, indented."""
    return indent(entry, " " * width).lstrip(" ")
