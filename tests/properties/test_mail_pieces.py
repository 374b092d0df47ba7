"""Whatever a letter shows, and whatever was rendered before it: its joined pieces are the page inlined as a whole."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.letter import Letter, Piece, Section
from digest.mail.pieces import Inliner
from digest.mail.sample import sample_letter
from digest.templates import Templates

INLINER = Inliner(Templates())
LANGUAGES = st.sampled_from(("en", "uk", "ar"))
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("<>&\"'{}%#\u00a0\u2028\u200f—"),
    max_size=60,
)
COUNTS = st.integers(0, 3)


@st.composite
def letters(draw: st.DrawFn) -> Letter:
    """Any part of the sample letter, its pieces repeated under other ids and in languages of their own."""
    sample = sample_letter(draw(LANGUAGES))
    assert sample.lead is not None

    def vary(piece: Piece) -> Piece:
        return replace(piece, id=draw(st.sampled_from("abcde")), language=draw(LANGUAGES), title=draw(WORDS) or "-")

    def build_item() -> Piece:
        small = sample.lead.small_picture if draw(st.booleans()) else None
        summary = draw(WORDS) if draw(st.booleans()) else ""
        return replace(vary(sample.lead), summary=summary, small_picture=small, picture=small)

    def some(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        return tuple(vary(pieces[0]) for _ in range(draw(COUNTS)))

    return replace(
        sample,
        subject=draw(WORDS),
        preheader=draw(WORDS),
        topics=tuple(draw(st.lists(WORDS.filter(str.strip), max_size=3))),
        lead=build_item() if draw(st.booleans()) else None,
        sections=tuple(
            Section(draw(WORDS), tuple(build_item() for _ in range(draw(st.integers(1, 3))))) for _ in range(draw(COUNTS))
        ),
        corrections=some(sample.corrections),
        withdrawals=some(sample.withdrawals),
        more=some(sample.more),
        unnamed_count=draw(st.sampled_from((0, 0, 1, 25))),
    )


@settings(max_examples=60, deadline=None)
@given(letter=letters())
def test_joined_pieces_equal_the_whole_page(letter: Letter) -> None:
    assert INLINER.render(letter) == INLINER.render_whole(letter)


@settings(max_examples=15, deadline=None)
@given(letter=letters())
def test_a_join_does_not_depend_on_what_was_rendered_before(letter: Letter) -> None:
    assert INLINER.render(letter) == Inliner(Templates()).render(letter)
