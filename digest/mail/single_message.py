"""Single letters as HTML, as text and as ready messages.

premailer runs once for all letters of a kind, language and list: what was chosen stands in the inlined page as a
placeholder, and is filled in for each letter.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from html import escape

from markupsafe import Markup

from digest.errors import TemplateError
from digest.mail.compile import CompiledMessage, compile_parts
from digest.mail.headers import SUPPRESS, Line, find_control, join_lines, open_lines
from digest.mail.inlining import inline_page
from digest.mail.single import Row, SingleLetter
from digest.mail.single_wording import build_single_sentences
from digest.mail.slotted import Slotted
from digest.mail.text import wrap_text
from digest.templates import Templates

__all__ = ["compile_single", "render_single"]

_PAGE, _TEXT = "mail/single.html", "mail/single.txt"
_KEPT_FRAMES = 128


@dataclass(frozen=True, slots=True)
class _Frame:
    """An inlined page, cut at the places of the link; of the rows it holds placeholders."""

    page: Slotted
    holes: tuple[str, ...]

    def fill(self, rows: tuple[Row, ...]) -> Slotted:
        filled = []
        for constant in self.page:
            for hole, row in zip(self.holes, rows, strict=True):
                constant = constant.replace(hole, escape(row.value, quote=False))  # as lxml writes text
            filled.append(constant)
        return tuple(filled)


def render_single(letter: SingleLetter, templates: Templates) -> tuple[Slotted | None, Slotted]:
    """Its HTML (none in discreet form) and its text, around the places of its link.

    Raises:
        TemplateError: a template is broken, or shows no link in a letter that has one.
    """
    text = _render_text(letter, templates)
    if letter.is_discreet:
        return None, text
    blank = replace(letter, rows=tuple(Row(row.label, "") for row in letter.rows))
    return _render_frame(blank, templates).fill(letter.rows), text


def compile_single(
    letter: SingleLetter, html: Slotted | None, text: Slotted, date: datetime, link_length: int
) -> CompiledMessage:
    """The rendered letter as a message; `splice` takes the reader's link as `leave_url`.

    Args:
        date: when it goes out.
        link_length: the length in octets of such a link; 0 for a letter without one.

    Raises:
        TemplateError: its subject or its sender's name holds a control character.
        ValueError: a letter with a link is compiled without its length, or the other way round.
    """
    if letter.has_link != (link_length > 0):
        raise ValueError("a letter with a link is compiled for the length of that link, one without for 0")
    return compile_parts(join_lines(_lines(letter, date)), html, text, link_length)


@lru_cache(maxsize=_KEPT_FRAMES)
def _render_frame(letter: SingleLetter, templates: Templates) -> _Frame:
    nonce = secrets.token_hex(12)  # nothing in newsroom.toml can hold what is drawn anew
    link = f"link{nonce}"
    holes = tuple(f"row{number}x{nonce}" for number in range(len(letter.rows)))
    rows = tuple(Row(row.label, hole) for row, hole in zip(letter.rows, holes, strict=True))

    def mark(role: str) -> Markup:
        return Markup(f"<!--{nonce}-{role}-->")  # noqa: S704 (the roles are the template's own)

    page = inline_page(_render(_PAGE, replace(letter, rows=rows), templates, link, mark=mark))
    dropped = re.compile(rf"<!--{nonce}-inlined-->.*?<!--{nonce}-start-->\n?", re.DOTALL)
    if not dropped.search(page):
        remedy = 'Put {{ mark("inlined") }} before the style block and {{ mark("start") }} behind it.'
        raise TemplateError("templates/mail/_base.html", "it does not mark the rules that are inlined", remedy)
    page = re.sub(rf"<!--{nonce}-\w+-->\n?", "", dropped.sub("", page))
    return _Frame(_cut(page, link, letter, _PAGE), holes)


def _render_text(letter: SingleLetter, templates: Templates) -> Slotted:
    link = f"link{secrets.token_hex(12)}"
    return _cut(wrap_text(_render(_TEXT, letter, templates, link)), link, letter, _TEXT)


def _render(name: str, letter: SingleLetter, templates: Templates, link: str, **more: object) -> str:
    sentences = build_single_sentences(letter, templates.words(letter.language))
    return templates.render(
        name, letter.language, letter=letter, sentences=sentences, link_url=link if letter.has_link else "", **more
    )


def _cut(rendered: str, link: str, letter: SingleLetter, template: str) -> Slotted:
    cut = tuple(rendered.split(link))
    if letter.has_link and len(cut) < 2:
        raise TemplateError(f"templates/{template}", "the reader's link is missing", "Write {{ link_url }} into it.")
    return cut


def _lines(letter: SingleLetter, date: datetime) -> Iterator[Line]:
    """The header lines down to MIME-Version. It is no letter of a list, so it has no line that says so (RFC 2369)."""
    _refuse_controls(letter)
    yield from open_lines(letter, date)
    yield "Auto-Submitted: auto-generated"  # RFC 3834 section 5
    yield SUPPRESS
    yield f"Content-Language: {letter.language}"
    yield "MIME-Version: 1.0"


def _refuse_controls(letter: SingleLetter) -> None:
    """newsroom.toml holds none; a translation might, and could then forge a line."""
    for text in (letter.subject, letter.sender.name):
        if find_control(text) is not None:
            cause = "a subject or a sender's name of a single letter holds a control character"
            raise TemplateError(f"templates/locale/{letter.language}.po", cause, "Type it anew.")
