"""The plain text is worth reading by itself, and leads where the HTML leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.letter import CorrectionPiece, Letter, WithdrawalPiece
from digest.mail.pieces import Inliner
from digest.mail.text import WIDTH, render_text, wrap_line
from digest.templates import Templates

LEAVE = "https://news.example.org/u/" + "A" * 36


def _text(letter: Letter, templates: Templates) -> str:
    return LEAVE.join(render_text(letter, templates))


def test_lines_are_wrapped_and_links_stand_alone(letter: Letter, templates: Templates) -> None:
    for line in _text(letter, templates).split("\n"):
        assert len(line) <= WIDTH or " " not in line.strip()
        assert "https://" not in line or line.startswith("https://")
        assert line == line.rstrip() or line == "-- "


def test_every_link_of_the_letter_stands_in_it(letter: Letter, templates: Templates) -> None:
    lines = _text(letter, templates).split("\n")

    assert {*letter.links(), LEAVE} == {line for line in lines if line.startswith("https://")}


def test_it_ends_with_a_footer(letter: Letter, templates: Templates) -> None:
    body, _, footer = _text(letter, templates).partition("\n-- \n")

    assert body
    assert LEAVE in footer
    assert letter.newsroom in footer
    assert "New York" in footer


def test_words_stay_words(templates: Templates, make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(1)
    assert letter.lead
    text = _text(replace(letter, lead=replace(letter.lead, title="A & B <c> “d” {{ e }}")), templates)

    assert "A & B <c> “d” {{ e }}" in text
    assert "&amp;" not in text


def test_a_discreet_letter_opens_neutrally(templates: Templates, make_letter: Callable[..., Letter]) -> None:
    """Many programs show the first words of a letter on a locked screen."""
    opening = _text(make_letter(5, form="discreet"), templates)[:190].lower()

    for word in ("newsroom", "russia", "ukraine", "supporters", "rights", "police"):
        assert word not in opening


def test_notices_are_told(
    templates: Templates, make_letter: Callable[..., Letter], correction: CorrectionPiece, withdrawal: WithdrawalPiece
) -> None:
    text = _text(make_letter(0, corrections=(correction,), withdrawals=(withdrawal,)), templates)
    flat = " ".join(text.split())

    for words in (correction.title, correction.note, withdrawal.title, withdrawal.reason, "CORRECTION", "WITHDRAWN"):
        assert words in flat


def test_what_was_cut_is_named_and_counted(templates: Templates, letter: Letter, letter_name: str) -> None:
    text = _text(letter, templates)

    assert ("ON THE WEB\n" in text) == (letter_name == "cut")
    assert ("The rest is in the web edition." in text) == (letter_name == "cut")


def test_the_reason_names_the_topics_of_this_letter(templates: Templates, make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(3)

    assert "because you asked for news about Russia and Ukraine." in " ".join(_text(letter, templates).split())
    assert "because you subscribed to Supporters." in " ".join(_text(replace(letter, topics=()), templates).split())


@pytest.mark.parametrize(("line", "wrapped"), [("-- ", "-- "), ("a ", "a"), ("", ""), ("   ", "")])
def test_blanks_at_ends_are_dropped_but_in_the_line_before_a_footer(line: str, wrapped: str) -> None:
    assert wrap_line(line) == wrapped


@given(st.text(st.sampled_from("ab й -\u00a0"), max_size=300), st.integers(0, 6))
def test_wrapping_loses_no_word(text: str, indent: int) -> None:
    lines = wrap_line(" " * indent + text).split("\n")

    assert [word for line in lines for word in line.split(" ") if word] == [word for word in text.split(" ") if word]
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in lines)


def test_a_wrapped_arabic_paragraph_goes_on_from_right_to_left() -> None:
    """Programs tell each line's direction by its first letter, so one that a Latin word begins would turn round."""
    paragraph = "كلمات عربية كثيرة حتى نهاية السطر الأول من هذه الفقرة الطويلة حقًا هنا Watch أسماء المعابر"
    first, second = wrap_line(paragraph).split("\n")

    assert second.startswith("\u200fWatch")
    assert not first.startswith("\u200f")
    assert "\u200f" not in wrap_line(f"Latin words that go on and on, with some more behind them: {paragraph}")


def test_staffs_own_words_keep_their_language_in_a_letter_of_another(
    inliner: Inliner, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(1, language="ar", title="Our week", introduction="Hello.", introduction_language="en")
    own, staffs = ("".join(inliner.render(replace(letter, title_language=language))) for language in ("", "en"))

    for html, word, name, turned in (
        (own, "Hello.", "p", True),
        (own, "Our week", "h1", False),
        (staffs, "Our week", "h1", True),
    ):
        (found,) = re.findall(rf"<{name} [^>]*>{re.escape(word)}</{name}>", html)
        assert ('lang="en" dir="ltr"' in found and "text-align:left" in found) == turned
