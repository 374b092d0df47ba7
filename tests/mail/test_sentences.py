"""Every sentence of a letter is there in every language, with the same places for values."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest

from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.text import render_text
from digest.mail.wording import build_sentences, discreet_sender, neutral_subject
from digest.settings import read_settings
from digest.templates import Templates

LANGUAGES = ("uk", "ru", "ar", "fr", "es")
OF_PYTHON = (
    "You get this letter because you asked for news about %(topics)s.",
    "You get this letter because you subscribed to %(list)s.",
    "Your letter of %(day)s",
    "Letters",
    "Other news",
)


def _sentences(root: Path) -> set[str]:
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    found = set(OF_PYTHON)
    for file in (root / "templates" / "mail").iterdir():
        if file.suffix in (".html", ".txt"):
            found |= {str(message) for _, _, message in environment.extract_translations(file.read_text("utf-8"))}  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str, templates: Templates, root: Path) -> None:
    words = templates.words(language)
    for sentence in _sentences(root):
        told = words.gettext(sentence)
        assert told != sentence
        assert sorted(re.findall(r"%\(\w+\)s", told)) == sorted(re.findall(r"%\(\w+\)s", sentence))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_holds_no_english_chrome(
    language: str, warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(2, language=language, unnamed_count=3)
    page = "".join(warm.render(letter)) + "".join(render_text(letter, templates))

    for words in ("You get", "Unsubscribe", "more on the web", "Read the whole", "No tracking", "The rest"):
        assert words not in page


@pytest.mark.parametrize(
    ("language", "count", "line"),
    [
        ("en", 1, "1 more on the web"),
        ("uk", 1, "Ще 1 матеріал на сайті"),
        ("uk", 3, "Ще 3 матеріали на сайті"),
        ("uk", 11, "Ще 11 матеріалів на сайті"),
        ("ru", 22, "Ещё 22 материала на сайте"),
        ("ar", 2, "مادتان أخريان على الموقع"),
        ("ar", 7, "7 مواد أخرى على الموقع"),
        ("fr", 2, "2 autres articles en ligne"),
        ("es", 5, "5 más en la web"),
    ],
)
def test_numbers_take_the_form_of_their_language(
    language: str, count: int, line: str, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(1, language=language, unnamed_count=count)

    assert build_sentences(letter, templates.words(language)).more == line


def test_topics_are_strung_together_as_the_language_does(templates: Templates, make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(1, language="uk", topics=("Росія", "Україна", "Білорусь"))

    assert build_sentences(letter, templates.words("uk")).reason.endswith("новини: Росія, Україна і Білорусь.")


@pytest.mark.parametrize("language", ("en", *LANGUAGES))
def test_a_neutral_subject_says_no_more_than_a_day(language: str, templates: Templates) -> None:
    words = templates.words(language)

    assert "28" in neutral_subject("28 February", words)
    assert len(neutral_subject("28 February 2022", words)) < 50


@pytest.mark.parametrize("language", ("en", *LANGUAGES))
def test_a_discreet_sender_has_one_neutral_word_for_a_name(language: str, templates: Templates, root: Path) -> None:
    chosen = read_settings(root / "newsroom.toml", {}).lists["supporters"]

    assert len(discreet_sender(chosen, templates.words(language)).name.split()) == 1
