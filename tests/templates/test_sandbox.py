"""What is read without detours is as safe as what the sandbox judges, and templates render what they did before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.templates import Templates

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
Render = Callable[..., str]


@dataclass(frozen=True)
class Card:
    """A value as pages hand it to templates."""

    title: str = "Title"
    _secret: str = "secret"
    notes: list[str] = field(default_factory=list)

    @property
    def brief(self) -> str:
        """Half of the title."""
        return self.title[:2]

    def erase(self) -> str:
        """What no template may do."""
        self.notes.clear()
        return "erased"

    erase.alters_data = True  # type: ignore[attr-defined]  # how a method says that templates may not call it


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Renders a text as a page, with a card."""
    folder = tmp_path / "templates"
    (folder / "locale").mkdir(parents=True)
    (folder / "locale" / "uk.po").write_text(HEADER + 'msgid "Good %(x)s"\nmsgstr "<b> & 100%% %(x)s"\n')
    (folder / "macros.html").write_text("{% macro word(card) %}{{ card.title }}{% endmacro %}{% set _hidden = 1 %}")

    def make(text: str, language: str = "en", **values: object) -> str:
        (folder / "x.html").write_text(text)
        return Templates(folder).render("x.html", language, card=Card(), **values)

    return make


def test_fields_and_properties_are_read(render: Render) -> None:
    assert render("{{ card.title }} {{ card.brief }} {{ card.notes | length }}") == "Title Ti 0"


@pytest.mark.parametrize(
    "text",
    [
        "{{ card._secret }}",
        "{{ card.__class__ }}",
        "{{ card.__init__.__globals__ }}",
        "{{ card.erase() }}",
        "{{ card.notes.append('x') }}",
        "{{ card.title.__class__ }}",
        "{{ '{0.__class__}'.format(card) }}",
        "{{ format.title.format(card) }}",
        "{{ words._catalog }}",
        "{{ words.day.__func__ }}",
        "{{ words.day.__globals__ }}",
        "{{ words.gettext.__self__ }}",
        "{% import 'macros.html' as show %}{{ show._hidden }}",
        "{% import 'macros.html' as show %}{{ show.__dict__ }}",
        "{% import 'macros.html' as show %}{{ show.word._func }}",
        "{% for _ in [1] %}{{ loop._iterator }}{% endfor %}",
        "{{ card.nowhere }}",
    ],
)
def test_the_rest_is_refused_as_ever(text: str, render: Render) -> None:
    with pytest.raises(TemplateError) as refusal:
        render(text, format=Card("{0.__class__}"))
    assert refusal.value.subject == "templates/x.html:1"


def test_a_sentence_is_set_in_as_a_call_would_show_it(render: Render) -> None:
    """It is the translator's markup, a doubled percent sign is one, and what has values is put together when rendered."""
    assert render("{{ _('Good') }}", "en") == "Good"
    assert render("{{ _('Never heard of <i>') }}") == "Never heard of <i>"
    assert render("{{ _('100%%') }} {{ 'a' ~ _('<i>') }}") == "100% a<i>"
    assert render("{{ _('Good %(x)s', x='<') }}", "uk") == "<b> & 100% &lt;"
    assert render("{% set word = 'Good' %}{{ _(word) }}") == "Good"
    assert render("{{ _('Good') | upper }}|{{ ngettext('%(num)s item', '%(num)s items', 2) }}") == "GOOD|2 items"


def test_a_translation_that_wants_a_value_and_gets_none_is_an_error(render: Render) -> None:
    with pytest.raises(TemplateError, match=r"templates/x\.html"):
        render("{{ _('Good %(x)s') }}", "uk")


def test_a_macro_escapes_what_it_is_given(render: Render) -> None:
    text = "{% import 'macros.html' as show %}{% for card in cards %}{{ show.word(card) }}{{ loop.index }}{% endfor %}"
    assert render(text, cards=[Card("<"), Card("&")]) == "&lt;1&amp;2"


def test_the_fingerprint_covers_every_file_that_pages_can_come_from(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    states = [Templates(own).fingerprint]
    own.mkdir()
    for name, text in (("theme.toml", ""), ("pages/card.html", "x"), ("pages/card.html", "y"), ("locale/uk.po", HEADER)):
        (own / name).parent.mkdir(exist_ok=True)
        (own / name).write_text(text)
        states.append(Templates(own).fingerprint)
    assert len(set(states)) == len(states)
    (own / "pages" / "card.html~").write_text("an editor's copy")
    assert Templates(own).fingerprint == Templates(own).fingerprint == states[-1]
