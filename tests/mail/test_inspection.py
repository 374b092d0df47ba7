"""Everything that must not go out is found; what may go out is not held back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.errors import Problem
from digest.mail.compile import CompiledMessage, compile_message
from digest.mail.fitting import HTML_LIMIT
from digest.mail.inspection import inspect
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.slotted import Slotted
from digest.mail.text import render_text
from digest.templates import Templates


@pytest.fixture
def parts(warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]) -> tuple[Letter, Slotted, Slotted]:
    """A letter in order: itself, its HTML, its text."""
    letter = make_letter(3)
    return letter, warm.render(letter), render_text(letter, templates)


def _errors(found: tuple[Problem, ...]) -> list[str]:
    return [problem.text for problem in found if problem.severity == "error"]


def test_the_samples_are_in_order(letter: Letter, warm: Inliner, templates: Templates) -> None:
    html = None if letter.is_discreet else warm.render(letter)
    text = render_text(letter, templates)
    message = compile_message(letter, html, text, datetime(2022, 2, 28, tzinfo=UTC), 63)

    assert inspect(letter, html, text, message) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('alt="Drawing', 'alt="" title="Drawing', "no alternative text"),
        ('alt="Drawing of a street with people at dusk"', "", "no alternative text"),
        (' width="600"', "", "lacks width or height"),
        ('src="https://', 'src="http://', "not loaded by https"),
        ("Alarm", "{{ item.title }}", "template code was left"),
        ("The week", "{% if x %}", "template code was left"),
        ('<table role="presentation"', "<table", "lacks role"),
        ('<html lang="en"', "<html", "first html needs lang"),
        ('<div class="paper" lang="en"', '<div class="paper"', "first div needs lang"),
        ("<!DOCTYPE html>", "", "DOCTYPE"),
        ('href="https://news.example.org/items/item-1/"', 'href="https://elsewhere.example/"', "it lacks the link"),
    ],
)
def test_a_fault_of_the_html_is_found(old: str, new: str, expected: str, parts: tuple[Letter, Slotted, Slotted]) -> None:
    letter, html, text = parts
    letter = replace(letter)
    assert any(old in part for part in html) or old == "Alarm"
    broken = tuple(part.replace(old, new) for part in html) if old != "Alarm" else (html[0] + new, html[1])

    assert any(expected in error for error in _errors(inspect(letter, broken, text)))


def test_a_fault_of_the_text_is_found(parts: tuple[Letter, Slotted, Slotted]) -> None:
    letter, html, text = parts

    assert any("lacks the link https" in error for error in _errors(inspect(letter, html, (text[0][:200], text[1]))))
    assert any("{{ leave_url }}" in error for error in _errors(inspect(letter, html, ("".join(text),))))
    assert any("{{ leave_url }}" in error for error in _errors(inspect(letter, ("".join(html),), text)))


def test_a_letter_that_would_be_cut_off_is_held_back(parts: tuple[Letter, Slotted, Slotted]) -> None:
    letter, html, text = parts

    assert any("100,000" in error for error in _errors(inspect(letter, (*html[:-1], html[-1] + "x" * HTML_LIMIT), text)))
    long = inspect(letter, (*html[:-1], html[-1] + "x" * 80_000), text)
    assert [problem.severity for problem in long] == ["warning"]


def test_a_message_without_places_is_held_back(parts: tuple[Letter, Slotted, Slotted]) -> None:
    bad = CompiledMessage((b"To: x\n\r\n.\r\n" + b"x" * 999,), (), 10)

    errors = " ".join(_errors(inspect(*parts, bad)))

    assert "has no place" in errors
    assert "CR LF" in errors
    assert "998" in errors


@pytest.mark.parametrize("link", ["https://example.org/a$b[1]!(2)'*;c?d=e&f=%C3%A9,~+@:g#h", "https://example.org/%7Bx%7D"])
def test_any_address_of_an_item_is_the_same_in_both_parts(
    link: str, warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(1)
    assert letter.lead
    letter = replace(letter, lead=replace(letter.lead, link=link))

    assert _errors(inspect(letter, warm.render(letter), render_text(letter, templates))) == []


def test_braces_in_an_item_hold_nothing_back(
    warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(1)
    assert letter.lead
    letter = replace(letter, lead=replace(letter.lead, title="A set {1, {2}} and 100 %"))

    assert _errors(inspect(letter, warm.render(letter), render_text(letter, templates))) == []
