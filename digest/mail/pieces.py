"""HTML, inlined piece by piece.

premailer writes the style sheet into the elements of a page, which costs milliseconds. A page is therefore cut, at marks
that the template sets, into pieces (the frame, a heading, one item in one role, a box), each of which is inlined once as
part of a really rendered page; the page of every further variant is a join of pieces it shares with others. What differs
between variants in the frame itself are a few sentences, which stand in the pieces as placeholders.

Joined pieces equal the page that is inlined whole, byte for byte, as long as no rule of mail.css looks across pieces
(siblings, positions) and everything after a mark stands inside the same condition or loop as the mark.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from html import escape

from markupsafe import Markup

from digest.errors import TemplateError
from digest.mail.inlining import inline_page
from digest.mail.letter import Letter, Section
from digest.mail.sample import sample_letter
from digest.mail.slotted import Slotted
from digest.mail.style_sheets import judge_style_sheets
from digest.mail.wording import Sentences, build_sentences, has_contents
from digest.templates import Templates

__all__ = ["Inlined", "Inliner"]

_TEMPLATE = "mail/edition.html"
_SENTENCES = {
    "start": ("subject", "preheader"),
    "contents": ("contents",),
    "notices": ("notices",),
    "more": ("more",),
    "end": ("reason",),
}
_NAMES = tuple(field.name for field in fields(Sentences))
_GROUPS = {"heading": "sections", "between": "sections", "item": "sections"}
_KEPT_FRAMES = 16

Key = tuple[str, Hashable]


@dataclass(frozen=True, slots=True)
class Inlined:
    """One inlined piece of a page: its role, what it shows (a piece of the letter, a heading, or nothing), its HTML."""

    role: str
    value: Hashable
    html: str

    @property
    def size(self) -> int:
        """Octets of its HTML in UTF-8."""
        return len(self.html.encode())


class Inliner:
    """Renders letters to inlined HTML, remembering pieces for as long as it lives.

    One Inliner serves one state of the templates; it may be used by several threads. `leave` is the word that stands for the
    leave link in its pieces, and in no item.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._nonce = secrets.token_hex(12)  # no item can hold what is drawn anew in every process
        self.leave = f"leave{self._nonce}"
        self._holes = Sentences(*(f"{name}{self._nonce}" for name in _NAMES))
        self._mark = re.compile(rf"<!--{self._nonce}-(\d+)-->\n?")
        self._frames: OrderedDict[Letter, dict[Key, Inlined]] = OrderedDict()
        self._lock = threading.Lock()

    def render(self, letter: Letter) -> Slotted:
        """The letter's HTML, joined from its pieces.

        Raises:
            TemplateError: the template is broken, or does not mark one of the letter's pieces.
        """
        return tuple("".join(piece.html for piece in self.join(letter)).split(self.leave))

    def join(self, letter: Letter) -> list[Inlined]:
        """The letter's pieces in their order.

        Raises:
            TemplateError: as for `render`.
        """
        return self._fill(self._find(letter), build_sentences(letter, self._templates.words(letter.language)))

    def render_whole(self, letter: Letter) -> Slotted:
        """The same in one go, without the pieces: what `render` must equal."""
        sentences = build_sentences(letter, self._templates.words(letter.language))
        page = "".join(html for (role, _), html in self._render_page(letter, sentences) if role != "inlined")
        return tuple(page.split(self.leave))

    def render_source(self, letter: Letter) -> str:
        """The whole page as the template makes it, before anything is inlined or cut."""
        return self._render(letter, build_sentences(letter, self._templates.words(letter.language)))[1]

    def build_pieces(self, letter: Letter) -> tuple[Inlined, ...]:
        """The pieces of a letter in their order, for an approval to sign; what differs between copies stands as a name."""
        names = Sentences(*(f"{{{name}}}" for name in _NAMES))
        filled = self._fill(self._find(letter), names)
        return tuple(replace(piece, html=piece.html.replace(self.leave, "{leave}")) for piece in filled)

    def _find(self, letter: Letter) -> list[Inlined]:
        """The pieces of the letter, in the order of the template, their sentences still open."""
        sequence = _sequence(letter, self._layout)
        frame = letter.frame()
        with self._lock:
            known = self._frames.setdefault(frame, {})
            self._frames.move_to_end(frame)
            while len(self._frames) > _KEPT_FRAMES:
                self._frames.popitem(last=False)
            found = list(map(known.get, sequence))
            if None in found:
                missing = {key for key, piece in zip(sequence, found, strict=True) if piece is None}
                for key, html in self._render_page(_reduce(letter, missing), self._holes):
                    known.setdefault(key, Inlined(*key, html))
        try:
            return [piece or known[key] for key, piece in zip(sequence, found, strict=True)]
        except KeyError as error:
            raise _unmarked(error.args[0][0]) from None

    def _render_page(self, letter: Letter, sentences: Sentences) -> list[tuple[Key, str]]:
        """The pieces of one page that is rendered and inlined as a whole, in the order of the template."""
        keys, page = self._render(letter, sentences)
        before, *chunks = self._mark.split(inline_page(page))
        found = [(keys[int(number)], html) for number, html in zip(chunks[::2], chunks[1::2], strict=True)]
        if [role for (role, _), _ in found[:2]] != ["inlined", "start"] or found[-1][0] != ("end", None):
            raise _unmarked("inlined, start and end, in this order around the whole page")
        found[1] = (found[1][0], before + found[1][1])
        return found

    def _render(self, letter: Letter, sentences: Sentences) -> tuple[list[Key], str]:
        keys: list[Key] = []

        def mark(role: str, value: Hashable = None) -> Markup:
            keys.append((role, value))
            return Markup(f"<!--{self._nonce}-{len(keys) - 1}-->")  # noqa: S704 (a number that we drew ourselves)

        page = self._templates.render(
            _TEMPLATE, letter.language, letter=letter, sentences=sentences, leave_url=self.leave, mark=mark
        )
        return keys, page

    @cached_property
    def _layout(self) -> tuple[str, ...]:
        """In which order the template shows the parts of a letter, learned from one that has all of them."""
        sample = sample_letter()
        if problems := judge_style_sheets(self._templates, sample.language):
            remedy = "digest check names everything that must be mended."
            raise TemplateError("templates/mail", "these rules would be lost or spoil letters", remedy, problems)
        keys, _ = self._render(sample, self._holes)
        return tuple(dict.fromkeys(_GROUPS.get(role, role) for role, _ in keys if role != "inlined"))

    def _fill(self, pieces: list[Inlined], sentences: Sentences) -> list[Inlined]:
        """The same pieces with these sentences."""
        return [self._fill_piece(piece, sentences) if piece.role in _SENTENCES else piece for piece in pieces]

    def _fill_piece(self, piece: Inlined, sentences: Sentences) -> Inlined:
        html = piece.html
        for name in _SENTENCES[piece.role]:
            words = escape(getattr(sentences, name), quote=False)  # as lxml writes text
            html = html.replace(getattr(self._holes, name), words)
        return replace(piece, html=html)


def _sequence(letter: Letter, layout: tuple[str, ...]) -> list[Key]:
    """The pieces of a letter's page, in their order."""
    groups: dict[str, list[Key]] = {
        "start": [("start", None)],
        "contents": [("contents", None)] if has_contents(letter) else [],
        "lead": [("lead", letter.lead)] if letter.lead else [],
        "sections": [key for section in letter.sections for key in _sequence_section(section)],
        "notices": [("notices", None)] if letter.corrections or letter.withdrawals else [],
        "correction": [("correction", piece) for piece in letter.corrections],
        "withdrawal": [("withdrawal", piece) for piece in letter.withdrawals],
        "more": [("more", None)] if letter.more_count else [],
        "named": [("named", piece) for piece in letter.more],
        "unnamed": [("unnamed", None)] if letter.unnamed_count else [],
        "end": [("end", None)],
    }
    unmarked = [name for name in groups if name not in layout]
    if unmarked:
        raise _unmarked(unmarked[0])
    return [key for name in layout for key in groups[name]]


def _sequence_section(section: Section) -> Iterator[Key]:
    yield "heading", section.heading
    for number, item in enumerate(section.items):
        if number:
            yield "between", None
        yield "item", item


def _reduce(letter: Letter, missing: set[Key]) -> Letter:
    """The letter with those pieces only that are missing, so that inlining costs no more than it must."""
    if ("between", None) in missing:
        return letter
    sections = (
        replace(section, items=tuple(item for item in section.items if ("item", item) in missing))
        for section in letter.sections
    )
    return replace(
        letter,
        lead=letter.lead if ("lead", letter.lead) in missing else None,
        sections=tuple(section for section in sections if section.items or ("heading", section.heading) in missing),
        more=tuple(piece for piece in letter.more if ("named", piece) in missing),
        unnamed_count=letter.more_count,
    )


def _unmarked(role: str) -> TemplateError:
    return TemplateError(
        f"templates/{_TEMPLATE}",
        f"it does not mark where a piece begins: {role}",
        f'Put {{{{ mark("{role}") }}}} before that part, as the shipped template does.',
    )
