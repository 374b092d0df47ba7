"""A letter of any number of items arrives whole: short enough, and everything in it shown, named or counted."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.mail.fitting import HTML_LIMIT, fit
from digest.mail.letter import Letter, Section
from digest.mail.pieces import Inliner
from digest.mail.sample import sample_letter
from digest.mail.slotted import fill
from digest.templates import Templates

TEMPLATES = Templates()
LEAVE = "https://news.example.org/u/" + "A" * 120
WORDS = {"en": "police & people ", "uk": "поліція та люди ", "ar": "الشرطة والناس ", "ru": "одно“слово” "}


class Size(NamedTuple):
    """What a letter is made of; lengths are in characters."""

    items: int
    topics: int = 12
    corrections: int = 0
    withdrawals: int = 0
    title: int = 60
    summary: int = 300
    note: int = 200
    introduction: int = 0
    language: str = "en"
    has_pictures: bool = True


SIZES = st.builds(
    Size,
    items=st.integers(1, 500),
    topics=st.integers(1, 60),
    corrections=st.sampled_from((0, 0, 1, 3, 40)),
    withdrawals=st.sampled_from((0, 0, 1, 30)),
    title=st.integers(1, 200),
    summary=st.integers(0, 3_000),
    note=st.integers(0, 3_000),
    introduction=st.sampled_from((0, 300, 20_000)),
    language=st.sampled_from(tuple(WORDS)),
    has_pictures=st.booleans(),
)


def _build(size: Size) -> Letter:
    sample = sample_letter(size.language)
    words = WORDS[size.language] * 2_000
    assert sample.lead is not None
    picture = sample.lead.picture if size.has_pictures else None
    item = replace(
        sample.lead, title=words[: size.title], summary=words[: size.summary], picture=picture, small_picture=picture
    )
    items = [replace(item, id=f"item-{number}") for number in range(size.items)]
    sections = (Section(f"Topic {number}", tuple(items[number + 1 :: size.topics])) for number in range(size.topics))
    sections = tuple(section for section in sections if section.items)
    correction = replace(sample.corrections[0], title=words[: size.title], note=words[: size.note])
    withdrawal = replace(sample.withdrawals[0], title=words[: size.title], reason=words[: size.note])
    return replace(
        sample,
        introduction=words[: size.introduction],
        topics=tuple(section.heading for section in sections),
        lead=items[0],
        sections=sections,
        corrections=tuple(replace(correction, id=f"corrected-{number}") for number in range(size.corrections)),
        withdrawals=tuple(replace(withdrawal, id=f"withdrawn-{number}") for number in range(size.withdrawals)),
        more=(),
        unnamed_count=0,
    )


@example(Size(500, title=200, language="uk"))
@example(Size(500, topics=400, title=200, summary=3_000, language="ar"))
@example(Size(3, corrections=500, title=200, note=3_000, language="uk"))
@example(Size(1, withdrawals=500, title=200, note=3_000))
@example(Size(60, topics=5, introduction=20_000, language="ru"))
@example(Size(500, 11, 0, 1, 2, 22, 422, 300, "ru"))  # the line that counts the rest is longer in another number
@settings(max_examples=8, deadline=None)
@given(size=SIZES)
def test_a_letter_of_any_size_fits(size: Size) -> None:
    letter, inliner = _build(size), Inliner(TEMPLATES)

    fitted = fit(letter, inliner)

    assert len(fill(inliner.render(fitted), LEAVE).encode()) < HTML_LIMIT
    assert inliner.render(fitted) == inliner.render_whole(fitted)
    shown = [piece.id for piece in (*fitted.items, *fitted.corrections, *fitted.withdrawals)]
    named = [link.id for link in fitted.more]
    assert len(shown) + fitted.more_count == size.items + size.corrections + size.withdrawals
    assert len({*shown, *named}) == len(shown) + len(named)
    assert fitted.lead is not None and fitted.lead.id == "item-0"
    _check_order(letter, fitted)


def _check_order(letter: Letter, fitted: Letter) -> None:
    """Nothing is left out for something that matters less."""
    if len(fitted.items) > 1:
        assert len(fitted.corrections) == len(letter.corrections)
    if len(fitted.items) > 1 or fitted.corrections:
        assert len(fitted.withdrawals) == len(letter.withdrawals)
    counts = {section.heading: len(section.items) for section in fitted.sections}
    for section in letter.sections:  # of each topic the first items stay, and none loses two before another loses one
        kept = next((one.items for one in fitted.sections if one.heading == section.heading), ())
        assert [item.id for item in kept] == [item.id for item in section.items[: len(kept)]]
        assert len(kept) in (len(section.items), max(counts.values(), default=0), max(counts.values(), default=0) - 1)
