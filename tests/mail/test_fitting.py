"""A letter always arrives whole: below 100,000 octets of HTML, with everything shown, named or counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.errors import EditionError
from digest.mail.fitting import HTML_LIMIT, fit
from digest.mail.letter import CorrectionPiece, ItemPiece, Letter, Section
from digest.mail.pieces import Inliner
from digest.mail.slotted import fill
from digest.templates import Templates

LEAVE = "https://news.example.org/u/" + "A" * 200


def _size(letter: Letter, inliner: Inliner) -> int:
    return len(fill(inliner.render(letter), LEAVE).encode())


def _long(item: ItemPiece, size: int) -> ItemPiece:
    return replace(item, title=(item.title + " — Російська поліція ")[:200], summary="Слово “за” словом. " * size)


def _build(
    count: int, topics: int, size: int, make_letter: Callable[..., Letter], make_item: Callable[..., ItemPiece]
) -> Letter:
    items = [_long(make_item(number), size) for number in range(count)]
    sections = [Section(f"Topic {n}", tuple(items[1 + n :: topics])) for n in range(topics) if items[1 + n :: topics]]
    return make_letter(0, lead=items[0], sections=tuple(sections), topics=tuple(section.heading for section in sections))


@example(count=60, topics=38, size=11)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 150), topics=st.integers(1, 40), size=st.integers(0, 60))
def test_any_number_of_items_fits(
    count: int,
    topics: int,
    size: int,
    templates: Templates,
    make_letter: Callable[..., Letter],
    make_item: Callable[..., ItemPiece],
) -> None:
    letter = _build(count, topics, size, make_letter, make_item)
    inliner = Inliner(templates)

    fitted = fit(letter, inliner)

    assert _size(fitted, inliner) < HTML_LIMIT
    assert len(fitted.items) + fitted.more_count == count
    assert {item.id for item in fitted.items}.isdisjoint(link.id for link in fitted.more)
    assert fitted.lead is not None
    assert inliner.render(fitted) == inliner.render_whole(fitted)


def test_five_hundred_items_fit(
    warm: Inliner, make_letter: Callable[..., Letter], make_item: Callable[..., ItemPiece]
) -> None:
    fitted = fit(_build(500, 12, 30, make_letter, make_item), warm)

    assert HTML_LIMIT * 0.9 < _size(fitted, warm) < HTML_LIMIT
    assert len(fitted.items) + fitted.more_count == 500
    assert len(fitted.sections) == 12  # no topic is silenced by another
    assert len(fitted.more) > 50
    assert fitted.unnamed_count > 0


def test_all_that_is_cut_is_named_as_long_as_there_is_room(
    warm: Inliner, make_letter: Callable[..., Letter], make_item: Callable[..., ItemPiece]
) -> None:
    fitted = fit(_build(90, 5, 30, make_letter, make_item), warm)

    assert fitted.unnamed_count == 0
    assert len(fitted.more) > 5
    assert f"{len(fitted.more)} more on the web" in "".join(warm.render(fitted))


def test_many_notices_fit_too(warm: Inliner, make_letter: Callable[..., Letter], correction: CorrectionPiece) -> None:
    notices = tuple(replace(correction, id=f"old-{number}", note="Виправлено. " * 80) for number in range(150))
    fitted = fit(make_letter(3, corrections=notices), warm)

    assert _size(fitted, warm) < HTML_LIMIT
    assert len(fitted.corrections) + len(fitted.items) + fitted.more_count == 153


def test_a_short_letter_stays_as_it_is(letter: Letter, warm: Inliner) -> None:
    assert fit(letter, warm) == letter


def test_twelve_items_take_about_thirty_thousand_octets(warm: Inliner, make_letter: Callable[..., Letter]) -> None:
    assert _size(make_letter(12), warm) < 30_000


def test_a_long_excerpt_is_always_shortened(warm: Inliner, make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(2)
    assert letter.lead
    fitted = fit(replace(letter, lead=replace(letter.lead, summary="many words " * 200)), warm)

    assert fitted.lead and len(fitted.lead.summary) <= 600
    assert fitted.lead.summary.endswith("…")


def test_an_introduction_without_end_is_refused(warm: Inliner, make_letter: Callable[..., Letter]) -> None:
    with pytest.raises(EditionError, match="introduction"):
        fit(make_letter(3, introduction="слово " * 20_000), warm)
