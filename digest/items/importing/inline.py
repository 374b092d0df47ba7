"""The words of one paragraph, with emphasis, links and line breaks, as Markdown that shows exactly these words.

Markdown has emphasis that it does not recognise, such as `a**"b"**c`. What is written is therefore read back; where it shows
other words, emphasis goes first, then links, then every sign is escaped.
"""

from __future__ import annotations

import html
import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from digest.items.commonmark import to_html
from digest.items.markdown import TAG, escape_markdown

__all__ = ["Token", "read_back", "read_words", "render_inline"]

_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_EDGES = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a paragraph: text, code, a line break, or the begin or end of emphasis or of a link.

    `value` is the text, the Markdown mark (`*` or `**`), or the link's address.
    """

    sort: Literal["text", "code", "break", "open", "close"]
    value: str = ""

    @property
    def is_mark(self) -> bool:
        """Whether it begins or ends emphasis."""
        return self.sort in ("open", "close") and self.value in ("*", "**")


def read_words(tokens: Iterable[Token]) -> str:
    """The words alone, on one line."""
    said = "".join(" " if token.sort == "break" else token.value for token in tokens if token.sort not in ("open", "close"))
    return " ".join(said.split())


def render_inline(tokens: Sequence[Token]) -> str:
    """Markdown of a paragraph, one line for each line of it; empty when there are no words."""
    tidy = _drop_empty(_place_blanks(tokens))
    words = read_words(tidy)
    if not words:
        return ""
    flanked = _drop_unseen(tidy)
    ways = (
        flanked,
        [token for token in flanked if not token.is_mark],
        [token for token in flanked if token.sort not in ("open", "close")],
    )
    for way in ways:
        written = _write(way)
        if read_back(written) == words:
            return written
    return "".join(f"\\{sign}" if sign in string.punctuation else sign for sign in words)


def read_back(markdown: str) -> str:
    """The words that Markdown shows, on one line."""
    source = to_html(markdown)
    source = TAG.sub(lambda tag: "" if tag["name"] not in ("br", "li", "p", "hr") else " ", source)
    return " ".join(html.unescape(source.replace("<!-- raw HTML omitted -->", "")).split())


def _place_blanks(tokens: Iterable[Token]) -> list[Token]:
    """Blanks collapsed as browsers do, moved out of emphasis and links, and left out at the ends of lines."""
    placed: list[Token] = []
    gap, at_start = "", True
    for token in tokens:
        if token.sort == "text":
            lead, core, trail = (_BLANKS.sub(" ", part) for part in _EDGES.fullmatch(token.value).groups())  # type: ignore[union-attr]
            gap += lead
            if core:
                _add_text(placed, "" if at_start else _BLANKS.sub(" ", gap), core)
                gap, at_start = trail, False
        elif token.sort == "code":
            _add_gap(placed, "" if at_start else _BLANKS.sub(" ", gap))
            placed.append(token)
            gap, at_start = "", False
        elif token.sort == "break":
            if not at_start:
                placed.append(token)
            gap, at_start = "", True
        else:
            placed.append(token)
    return _strip_breaks(placed)


def _add_text(placed: list[Token], gap: str, core: str) -> None:
    _add_gap(placed, gap)
    if placed and placed[-1].sort == "text":
        core = placed.pop().value + core
    placed.append(Token("text", core))


def _add_gap(placed: list[Token], gap: str) -> None:
    """A blank before what follows, outside of the emphasis and links that begin there."""
    if not gap:
        return
    at = len(placed)
    while at and placed[at - 1].sort == "open":
        at -= 1
    if at and placed[at - 1].sort == "text":
        placed[at - 1] = Token("text", placed[at - 1].value + gap)
    else:
        placed.insert(at, Token("text", gap))


def _strip_breaks(tokens: list[Token]) -> list[Token]:
    """Without line breaks behind the last word; blanks before a break are gone already."""
    last = max((place for place, token in enumerate(tokens) if token.sort in ("text", "code")), default=-1)
    return [token for place, token in enumerate(tokens) if place <= last or token.sort == "close"]


def _drop_empty(tokens: Iterable[Token]) -> list[Token]:
    """Without emphasis and links that hold nothing, and without emphasis that ends only to begin again."""
    kept: list[Token] = []
    for token in tokens:
        before = kept[-1] if kept else None
        empty = token.sort == "close" and before == Token("open", token.value)
        resumed = token.sort == "open" and token.is_mark and before == Token("close", token.value)
        if empty or resumed:
            kept.pop()
        else:
            kept.append(token)
    return kept


def _drop_unseen(tokens: list[Token]) -> list[Token]:
    """Without emphasis that CommonMark would not see (section 6.2, flanking), and without one inside its like."""
    dropped: set[int] = set()
    opened: list[tuple[int, str]] = []
    for place, token in enumerate(tokens):
        if not token.is_mark:
            continue
        if token.sort == "open":
            opened.append((place, token.value))
            continue
        start = opened.pop()[0] if opened else place
        nested = any(value == token.value and at not in dropped for at, value in opened)
        if nested or not (_flanks(tokens, start, -1) and _flanks(tokens, place, 1)):
            dropped |= {start, place}
    return [token for place, token in enumerate(tokens) if place not in dropped]


def _flanks(tokens: list[Token], place: int, outward: int) -> bool:
    """Whether the mark at this place stands so that it is read as one: `outward` is the side away from its words."""
    inner, outer = _neighbour(tokens, place, -outward), _neighbour(tokens, place, outward)
    if inner.isspace():
        return False
    return not _is_sign(inner) or outer.isspace() or _is_sign(outer)


def _neighbour(tokens: list[Token], place: int, step: int) -> str:
    """The next character on that side, past other marks; a blank at the ends of a line."""
    place += step
    while 0 <= place < len(tokens) and tokens[place].is_mark:
        place += step
    if not 0 <= place < len(tokens) or tokens[place].sort == "break":
        return " "
    token = tokens[place]
    if token.sort != "text":
        return "["
    return token.value[0 if step > 0 else -1]


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _write(tokens: Sequence[Token]) -> str:
    return "".join(_write_each(tokens))


def _write_each(tokens: Sequence[Token]) -> Iterator[str]:
    at_start = True
    for place, token in enumerate(tokens):
        if token.sort == "text":
            text = escape_markdown(token.value) if at_start else escape_markdown(f"x{token.value}")[1:]
            following = tokens[place + 1] if place + 1 < len(tokens) else None
            yield f"{text[:-1]}\\!" if text.endswith("!") and following and following.sort == "open" else text
        elif token.sort == "code":
            yield _write_code(token.value)
        elif token.sort == "break":
            yield "\\\n"
        elif token.is_mark:
            yield token.value
        else:
            yield "[" if token.sort == "open" else f"]({_write_address(token.value)})"
        at_start = token.sort == "break"


def _write_code(text: str) -> str:
    text = " ".join(text.split())
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if text.startswith("`") or text.endswith("`") else f"{fence}{text}{fence}"


def _write_address(address: str) -> str:
    address = _ENTITY.sub("&amp;", address)
    return f"<{address}>" if "(" in address or ")" in address else address
