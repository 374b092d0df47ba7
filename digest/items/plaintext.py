"""Bodies as plain text, for the text part of mails and for readers without HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from textwrap import indent

from digest.items.markdown import render_html

__all__ = ["render_text"]

_BLOCKS = frozenset({"p", "h2", "h3", "h4", "li", "blockquote", "pre", "ul", "ol", "hr"})


def render_text(markdown: str, base_url: str = "") -> str:
    """Plain text of a body: paragraphs apart by a blank line and not wrapped, links as `words (address)`.

    Lists keep their numbers or get `- `, quotations `> `, code four blanks. Links are made absolute against `base_url`.
    """
    writer = _Writer()
    writer.feed(render_html(markdown, base_url))
    writer.close()
    return writer.finish()


@dataclass
class _Frame:
    """One open element that holds blocks: what has been written into it, and how it marks its lines."""

    name: str
    blocks: list[str] = field(default_factory=list)
    number: int | None = None
    loose: bool = False


class _Writer(HTMLParser):
    """Walks clean HTML; inline text gathers in `words` until a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.frames = [_Frame("")]
        self.words: list[str] = []
        self.link: tuple[str, int] | None = None
        self.in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, remember a link, break a line."""
        values = dict(attrs)
        if tag in _BLOCKS:
            self._flush()
        if tag == "br":
            self.words.append("\n")
        elif tag == "a":
            self.link = (values.get("href") or "", len(self.words))
        elif tag == "hr":
            self.frames[-1].blocks.append("* * *")
        elif tag == "pre":
            self.in_code = True
        elif tag == "p":
            self.frames[-1].loose = True
        elif tag in ("ul", "ol", "blockquote", "li"):
            number = int(values.get("start") or 1) if tag == "ol" else None
            self.frames.append(_Frame(tag, number=number))

    def handle_endtag(self, tag: str) -> None:
        """Write out a block, put a link's address behind its words."""
        if tag == "a" and self.link:
            address, start = self.link
            said = "".join(self.words[start:]).strip()
            shown = address.removeprefix("mailto:")
            if said not in (address, shown):
                self.words.append(f" ({shown})" if said else shown)
            self.link = None
        elif tag in _BLOCKS:
            self._flush()
            self.in_code = False
            if tag in ("ul", "ol", "blockquote", "li"):
                self._close_frame()

    def handle_data(self, data: str) -> None:
        """Gather words; line ends inside a paragraph are blanks."""
        self.words.append(data if self.in_code else re.sub(r"[ \t]*\n[ \t]*", " ", data))

    def finish(self) -> str:
        """All that was written."""
        self._flush()
        return "\n\n".join(self.frames[0].blocks)

    def _flush(self) -> None:
        text = "".join(self.words)
        self.words.clear()
        if self.in_code:
            self.frames[-1].blocks.append(indent(text.rstrip("\n"), "    "))
        elif text.strip():
            self.frames[-1].blocks.append("\n".join(line.strip(" ") for line in text.strip().split("\n")))

    def _close_frame(self) -> None:
        frame = self.frames.pop()
        above = self.frames[-1]
        if frame.name == "blockquote":
            above.blocks.append(indent("\n\n".join(frame.blocks), "> ", lambda _: True).replace("> \n", ">\n"))
        elif frame.name == "li":
            mark = "- "
            if above.number is not None:
                mark, above.number = f"{above.number}. ", above.number + 1
            lines = ("\n\n" if frame.loose else "\n").join(frame.blocks)
            above.blocks.append(mark + indent(lines, " " * len(mark)).lstrip(" "))
        else:
            above.blocks.append("\n".join(frame.blocks))
