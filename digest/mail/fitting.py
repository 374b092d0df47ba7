"""Keeping a letter short enough to arrive whole.

Some mail services cut off what lies behind 102,400 octets of HTML, and with it the way to leave. Long excerpts are always
shortened; when that is not enough, they become shorter still, then items are only named, the last of each topic first, and
in the end only counted. Notices come before items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, chain, zip_longest

from digest.errors import EditionError
from digest.mail.filling import shorten
from digest.mail.letter import CorrectionPiece, ItemPiece, Letter, MoreLink, Picture, WithdrawalPiece
from digest.mail.pieces import Inliner

__all__ = ["HTML_LIMIT", "excerpt", "fit"]

HTML_LIMIT = 100_000
"""The HTML of a letter is always shorter than this many octets."""

_SPARE = 1_000  # for the leave links, whose length is not known here
_STEP = 256
_SHOWN_SHARE = 1 / 3  # of the room goes to whole pieces before all that is left out must be named
_QUOTES = {"“": "”", "«": "»", "„": "“", '"': '"'}

Shown = ItemPiece | CorrectionPiece | WithdrawalPiece


@dataclass(frozen=True, slots=True)
class _Lengths:
    """How many characters are left of the lead's excerpt, of the others, of notes and captions."""

    lead: int
    item: int
    note: int


_STEPS = (_Lengths(600, 400, 2000), _Lengths(400, 240, 800), _Lengths(240, 140, 300))


def fit(letter: Letter, inliner: Inliner) -> Letter:
    """The letter with excerpts short enough, and as many pieces whole as there is room for.

    Raises:
        EditionError: what staff wrote themselves leaves no room for anything.
    """
    for step in _STEPS:
        shortened = _shorten(letter, step)
        if _size(shortened, inliner) < HTML_LIMIT - _SPARE:
            return shortened
    room = HTML_LIMIT - _SPARE
    for attempt in range(8):
        cut = _cut(shortened, inliner, room)
        over = _size(cut, inliner) - (HTML_LIMIT - _SPARE)
        if over < 0:
            return cut
        room -= max(over + 1, _STEP << attempt)  # what is cut comes in whole pieces, so small steps may change nothing
    raise EditionError(
        f"edition {letter.edition}",
        "its introduction, title and lead item alone are too long for a mail",
        "Shorten the introduction.",
    )


def excerpt(text: str, limit: int) -> str:
    """At most `limit` characters of a text, cut behind a word, never inside a quotation that began further in."""
    short = shorten(text, limit)
    if short == " ".join(text.split()):
        return short
    for opening, closing in _QUOTES.items():
        start = short.rfind(opening)
        is_open = short.count(opening) % 2 if opening == closing else start >= 0 and closing not in short[start:]
        if is_open and start > 0:
            short = short[:start].rstrip(" ,;:–—-") + "…"
        elif is_open:
            short = shorten(text, limit - 1) + closing
    return short


def _size(letter: Letter, inliner: Inliner) -> int:
    return sum(len(constant.encode()) for constant in inliner.render(letter))


def _shorten(letter: Letter, lengths: _Lengths) -> Letter:
    def item(piece: ItemPiece, limit: int) -> ItemPiece:
        pictures = (_shorten_picture(picture, lengths) for picture in (piece.picture, piece.small_picture))
        picture, small = pictures
        return replace(piece, summary=excerpt(piece.summary, limit), picture=picture, small_picture=small)

    return replace(
        letter,
        lead=item(letter.lead, lengths.lead) if letter.lead else None,
        sections=tuple(
            replace(section, items=tuple(item(piece, lengths.item) for piece in section.items))
            for section in letter.sections
        ),
        corrections=tuple(replace(piece, note=excerpt(piece.note, lengths.note)) for piece in letter.corrections),
        withdrawals=tuple(replace(piece, reason=excerpt(piece.reason, lengths.note)) for piece in letter.withdrawals),
    )


def _shorten_picture(picture: Picture | None, lengths: _Lengths) -> Picture | None:
    if picture is None:
        return None
    return replace(picture, alt=excerpt(picture.alt, lengths.note), caption=excerpt(picture.caption, lengths.note))


def _cut(letter: Letter, inliner: Inliner, room: int) -> Letter:
    """The letter with what does not fit into that many octets only named, or not even that."""
    ranked = list(_rank(letter))
    named = {piece: MoreLink(piece.id, piece.version, piece.language, piece.title, piece.link) for piece in ranked}
    sizes = _measure(replace(letter, more=(*letter.more, *named.values()), unnamed_count=1), inliner)
    whole = [sizes[piece] for piece in ranked]
    short = [sizes[named[piece]] for piece in ranked]
    left = room - sizes[None]
    shown_count = _count_shown(whole, short, left)
    left -= sum(whole[:shown_count])
    names_fit = sum(total <= left for total in accumulate(short[shown_count:]))
    shown = set(ranked[:shown_count])
    return _keep(letter, shown, {piece: named[piece] for piece in ranked[shown_count : shown_count + names_fit]})


def _count_shown(whole: list[int], short: list[int], room: int) -> int:
    """How many pieces are shown whole: as many as leave room to name the others, or as many as fit into their share."""
    names = sum(short)
    shown = in_share = used = 0
    for count, (size, name) in enumerate(zip(whole, short, strict=True), 1):
        used += size
        names -= name
        if used + names <= room:
            shown = count
        if used <= room * _SHOWN_SHARE:
            in_share = count
    return max(shown, in_share)


def _rank(letter: Letter) -> Iterator[Shown]:
    """What may be left out, the most important first: notices, then the first item of each topic, the second of each, ..."""
    yield from letter.withdrawals
    yield from letter.corrections
    for row in zip_longest(*(section.items for section in letter.sections)):
        yield from (piece for piece in row if piece is not None)


def _measure(letter: Letter, inliner: Inliner) -> dict[object, int]:
    """The octets of each piece, with the heading or line before it; under None those of all the rest."""
    sizes: dict[object, int] = {None: 0}
    before = 0
    for piece in inliner.build_pieces(letter):
        size = len(piece.html.encode())
        if piece.role in ("heading", "between"):
            before = size
        elif piece.role in ("item", "correction", "withdrawal", "named"):
            sizes[piece.value] = size + before
            before = 0
        else:
            sizes[None] += size
    return sizes


def _keep(letter: Letter, shown: set[Shown], named: dict[Shown, MoreLink]) -> Letter:
    sections = (
        replace(section, items=tuple(piece for piece in section.items if piece in shown)) for section in letter.sections
    )
    everything: Iterable[Shown] = chain(letter.items[bool(letter.lead) :], letter.corrections, letter.withdrawals)
    left_out = [piece for piece in everything if piece not in shown]
    return replace(
        letter,
        sections=tuple(section for section in sections if section.items),
        corrections=tuple(piece for piece in letter.corrections if piece in shown),
        withdrawals=tuple(piece for piece in letter.withdrawals if piece in shown),
        more=(*letter.more, *(named[piece] for piece in left_out if piece in named)),
        unnamed_count=letter.unnamed_count + sum(piece not in named for piece in left_out),
    )
