"""Letters to try templates out with before real ones come: an edition that has one of each piece, and each single letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from digest.mail.letter import CorrectionPiece, Form, ItemPiece, Letter, MoreLink, Picture, Section, WithdrawalPiece
from digest.mail.single import LetterKind, Notice, Row, SingleKind, SingleLetter
from digest.mail.single_notices import NOTICE_LANGUAGE
from digest.settings import Mailbox

__all__ = ["sample_letter", "sample_singles"]

_URL = "https://news.example.org"


def sample_letter(language: str = "en") -> Letter:
    """One of each piece, two items in a section, so that what stands between them is there too."""
    picture = Picture(f"{_URL}/photos/street.jpg", 1200, 675, "A street at dusk", "A street", "Drawing: The Newsroom")

    def item(name: str) -> ItemPiece:
        return ItemPiece(
            name, name, language, f"Title of {name}", f"{_URL}/items/{name}/", "Report", "28 February", "Ukraine",
            "What it says in two lines.", picture, picture,
        )  # fmt: skip

    common = ("1", language, "Title of an older item", f"{_URL}/items/older/")
    return Letter(
        edition="2022-w09-supporters",
        list_id="supporters",
        list_title="Supporters",
        newsroom="The Newsroom",
        language=language,
        form="full",
        title="The week in human rights",
        period_line="28 February 2022",
        subject="Ukraine – The Newsroom",
        preheader="What the letter holds, in a line that mail programs show beside the subject.",
        introduction="A word before.",
        web_url=f"{_URL}/editions/2022-w09-supporters/",
        front_url=f"{_URL}/",
        sender=Mailbox("The Newsroom", "news@news.example.org"),
        reply_to="desk@example.org",
        postal_address="1 Example Street, 10001 New York",
        topics=("Ukraine",),
        lead=item("lead"),
        sections=(Section("Ukraine", (item("first"), item("second"))),),
        corrections=(CorrectionPiece("corrected", *common, "27 February", "It was a Monday."),),
        withdrawals=(WithdrawalPiece("withdrawn", *common, "27 February", "It cannot be confirmed."),),
        more=(MoreLink("named", *common),),
        unnamed_count=2,
    )


def sample_singles(language: str = "en") -> Iterator[SingleLetter]:
    """One letter of each kind that is no edition; those to readers in full and discreet, a goodbye without a link too.

    Notices to staff stand for each other: all have the same parts.
    """
    hours: tuple[tuple[SingleKind, int], ...] = (
        ("confirmation", 72), ("present", 1), ("preferences", 1), ("move", 72), ("goodbye", 720), ("goodbye", 0)
    )  # fmt: skip
    forms: tuple[Form, ...] = ("full", "discreet")
    for (kind, link_hours), form in product(hours, forms):
        shows_rows = kind in ("confirmation", "present") and form == "full"
        yield replace(
            _single(kind, language, link_hours),
            form=form,
            rows=(Row("Topics", "Ukraine"),) if shows_rows else (),
            kept_days=30 if kind == "goodbye" else 0,
        )
    yield replace(_single("press-feed", language), list_title="", contact="press@example.org")
    about = Notice("supporters", edition="2022-w09-supporters", listed=("Title of an item",), unlisted_count=1)
    yield _single("approval-wanted", NOTICE_LANGUAGE, rows=(Row("Edition", about.edition),), notice=about)


def _single(
    kind: LetterKind, language: str, link_hours: int = 0, rows: tuple[Row, ...] = (), notice: Notice | None = None
) -> SingleLetter:
    return SingleLetter(
        kind=kind,
        language=language,
        form="full",
        newsroom="The Newsroom",
        list_title="Supporters",
        subject="A letter to one reader",
        sender=Mailbox("The Newsroom", "news@news.example.org"),
        reply_to="desk@example.org",
        postal_address="1 Example Street, 10001 New York",
        front_url=f"{_URL}/",
        rows=rows,
        link_hours=link_hours,
        notice=notice,
    )
