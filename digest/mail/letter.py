"""The view model of a letter: plain frozen values, in the language of its reader, without personal data.

Templates see nothing but these values. What differs between the variants of one edition is its pieces (lead, items,
headings, corrections, withdrawals, what is named but cut) and a few texts; everything else is the frame and equal in all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from digest.settings import Mailbox

__all__ = [
    "CorrectionPiece",
    "Form",
    "ItemPiece",
    "Letter",
    "MoreLink",
    "Picture",
    "Piece",
    "Section",
    "WithdrawalPiece",
]

Form = Literal["full", "discreet"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a letter shows it: an absolute address that is the same for all readers, natural size in pixels."""

    src: str
    width: int
    height: int
    alt: str
    caption: str
    credit: str

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The size in pixels at which it fills a box as far as it can without changing its shape."""
        scale = min(width / self.width, height / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    @property
    def line(self) -> str:
        """What stands under it: the caption when there is one, and the credit."""
        if not self.caption:
            return self.credit
        stop = "" if self.caption.endswith((".", "!", "?", "…", "؟", "。")) else "."
        return f"{self.caption}{stop} {self.credit}".strip()


@dataclass(frozen=True, slots=True)
class Piece:
    """What all pieces have: the item's id and version, the language it is written in, its title and where it leads.

    `link` is an address of the web in ASCII (RFC 3986).
    """

    id: str
    version: str
    language: str
    title: str
    link: str

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`: the direction of the item's own script."""
        from digest.templates import direction  # a sender, which knows letters only as they are ready, needs no templates

        return direction(self.language)


@dataclass(frozen=True, slots=True)
class ItemPiece(Piece):
    """An item in a letter. `kind`, `day` and `topics` are words of the letter's language, the rest is the item's own.

    `picture` is the large rendition when the item leads, the small one otherwise: both are given, the template chooses.
    """

    kind: str
    day: str
    topics: str
    summary: str
    picture: Picture | None = None
    small_picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class CorrectionPiece(Piece):
    """A correction of an item that the reader had: its day in words, and the note."""

    day: str
    note: str


@dataclass(frozen=True, slots=True)
class WithdrawalPiece(Piece):
    """An item that the reader had and that is taken back: its day in words, and the reason."""

    day: str
    reason: str


@dataclass(frozen=True, slots=True)
class MoreLink(Piece):
    """An item that is only named, because the letter would grow too long."""


@dataclass(frozen=True, slots=True)
class Section:
    """The items of one topic under its title in the letter's language; an empty heading for items without a topic."""

    heading: str
    items: tuple[ItemPiece, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """One variant of an edition, ready to be rendered.

    Attributes:
        edition: the edition's id; `list_id`, `list_title` and `newsroom` name list and newsroom.
        form: `full`, or `discreet`: text only, and neither subject nor headers name newsroom, list, topic or edition.
        period_line: the day or days it covers, in words.
        introduction: staff's own words, plain text; an empty line begins a new paragraph.
        title_language: the language of the title when staff chose it; empty when it is the letter's.
        introduction_language: that of the introduction, likewise.
        lead: the item that opens the letter; `sections` hold the others.
        more: what was cut for length and is only named; `unnamed_count` counts those for which not even that was room.
        topics: titles of the topics for which this letter came: those of its sections, never all that a reader follows.
        web_url: the edition's web view. `front_url`: the newsroom's front page.
        reply_to: an address that is read, or empty.
    """

    edition: str
    list_id: str
    list_title: str
    newsroom: str
    language: str
    form: Form
    title: str
    period_line: str
    subject: str
    preheader: str
    introduction: str
    web_url: str
    front_url: str
    sender: Mailbox
    reply_to: str
    postal_address: str
    title_language: str = ""
    introduction_language: str = ""
    topics: tuple[str, ...] = ()
    lead: ItemPiece | None = None
    sections: tuple[Section, ...] = ()
    corrections: tuple[CorrectionPiece, ...] = ()
    withdrawals: tuple[WithdrawalPiece, ...] = ()
    more: tuple[MoreLink, ...] = ()
    unnamed_count: int = 0

    @property
    def is_discreet(self) -> bool:
        """Whether it goes out as text alone under a neutral name."""
        return self.form == "discreet"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The introduction's paragraphs, each folded to one line."""
        return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", self.introduction) if part.strip())

    @property
    def items(self) -> tuple[ItemPiece, ...]:
        """All items that are shown, in the order in which they are read."""
        lead = (self.lead,) if self.lead else ()
        return (*lead, *(item for section in self.sections for item in section.items))

    @property
    def more_count(self) -> int:
        """How many items are on the web only."""
        return len(self.more) + self.unnamed_count

    def links(self) -> Iterator[str]:
        """Every address the letter leads to but the leave link: each stands in the HTML and in the text."""
        yield self.front_url
        yield self.web_url
        for piece in (*self.items, *self.corrections, *self.withdrawals, *self.more):
            yield piece.link

    def frame(self) -> Letter:
        """What is equal in all variants of the edition in this language and form."""
        texts = replace(self, subject="", preheader="", topics=())
        return replace(texts, lead=None, sections=(), corrections=(), withdrawals=(), more=(), unnamed_count=0)
