"""Keeping a letter short enough to arrive whole.

Some mail services cut off what lies behind 102,400 octets of HTML, and with it the way to leave. Long excerpts are always
shortened; when that is not enough, they become shorter still, then items are only named, the last of each topic first, and
in the end only counted. Notices come before items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, chain, zip_longest

from digest.errors import EditionError
from digest.mail.excerpts import excerpt
from digest.mail.letter import CorrectionPiece, ItemPiece, Letter, MoreLink, Picture, WithdrawalPiece
from digest.mail.pieces import Inliner

__all__ = ["HTML_LIMIT", "fit"]

HTML_LIMIT = 100_000
"""The HTML of a letter is always shorter than this many octets."""

_ROOM = HTML_LIMIT - 1_000  # the leave links are longer than what stands for them here
_SHOWN_SHARE = 1 / 3  # of the room goes to whole pieces before all that is left out must be named
_REMEMBERED = 4096
_TRIES = 3

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
        if _size(shortened, inliner) < _ROOM:
            return shortened
    room = _ROOM
    for _ in range(_TRIES):  # how long the line that counts the rest becomes is known only when it is counted
        cut = _cut(shortened, inliner, room)
        size = _size(cut, inliner)
        if size < _ROOM:
            return cut
        room -= size - _ROOM + 1
    raise EditionError(
        f"edition {letter.edition}",
        f"its introduction, lead item and footer alone take {size:,} octets, and a mail has room for {_ROOM:,}",
        "Shorten the introduction.",
    )


def _size(letter: Letter, inliner: Inliner) -> int:
    return sum(piece.size for piece in inliner.join(letter))


def _shorten(letter: Letter, lengths: _Lengths) -> Letter:
    return replace(
        letter,
        lead=_shorten_item(letter.lead, lengths.lead, lengths.note) if letter.lead else None,
        sections=tuple(
            replace(section, items=tuple(_shorten_item(piece, lengths.item, lengths.note) for piece in section.items))
            for section in letter.sections
        ),
        corrections=tuple(replace(piece, note=excerpt(piece.note, lengths.note)) for piece in letter.corrections),
        withdrawals=tuple(replace(piece, reason=excerpt(piece.reason, lengths.note)) for piece in letter.withdrawals),
    )


@lru_cache(maxsize=_REMEMBERED)
def _shorten_item(piece: ItemPiece, length: int, note_length: int) -> ItemPiece:
    """An item stands in many variants; each gets the same shortened piece, which is then found without a comparison."""
    return replace(
        piece,
        summary=excerpt(piece.summary, length),
        picture=_shorten_picture(piece.picture, note_length),
        small_picture=_shorten_picture(piece.small_picture, note_length),
    )


def _shorten_picture(picture: Picture | None, length: int) -> Picture | None:
    if picture is None:
        return None
    return replace(picture, alt=excerpt(picture.alt, length), caption=excerpt(picture.caption, length))


def _cut(letter: Letter, inliner: Inliner, room: int) -> Letter:
    """The letter with what does not fit only named, or not even that."""
    ranked = tuple(_rank(letter))
    named = {piece: MoreLink(piece.id, piece.version, piece.language, piece.title, piece.link) for piece in ranked}
    sizes = _measure(replace(letter, more=(*letter.more, *named.values()), unnamed_count=letter.unnamed_count + 1), inliner)
    whole = [sizes.pop(piece) for piece in ranked]
    short = [sizes.pop(named[piece]) for piece in ranked]
    left = room - sum(sizes.values())
    shown_count = _count_shown(whole, short, left)
    left -= sum(whole[:shown_count])
    names_fit = sum(total < left for total in accumulate(short[shown_count:]))
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


def _measure(letter: Letter, inliner: Inliner) -> Counter[Hashable]:
    """The octets of each piece, with the heading or line before it; under None those of all that shows none."""
    sizes: Counter[Hashable] = Counter()
    before = 0
    for piece in inliner.join(letter):
        if piece.role in ("heading", "between"):
            before = piece.size
        else:
            sizes[piece.value] += piece.size + before
            before = 0
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
