"""One strict, sandboxed environment a language: the site's files win one by one, and every fault names its template."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import shipped
from digest.errors import TemplateError
from digest.templates import Templates, direction
from digest.theming import PAIRS, contrast, judge_theme

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "templates"


@pytest.fixture
def write(folder: Path) -> Write:
    def write(name: str, text: str | bytes) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def render(folder: Path, name: str = "x.html", language: str = "en", **values: object) -> str:
    return Templates(folder).render(name, language, **values)


def test_two_languages_never_leak_into_each_other(folder: Path, write: Write) -> None:
    write("locale/uk.po", HEADER + 'msgid "Good"\nmsgstr "Добре"\n')
    write("locale/ru.po", HEADER + 'msgid "Good"\nmsgstr "Хорошо"\n')
    write("macros.html", "{% macro word() %}{{ _('Good') }}{% endmacro %}")
    write("x.html", "{% from 'macros.html' import word %}{{ word() }} {% trans %}Good{% endtrans %} {{ lang }} {{ dir }}")
    templates = Templates(folder)

    for _ in range(2):
        assert templates.render("x.html", "uk") == "Добре Добре uk ltr"
        assert templates.render("x.html", "ru") == "Хорошо Хорошо ru ltr"
        assert templates.render("x.html", "ar") == "Good Good ar rtl"
        assert templates.words("uk").gettext("Good") == "Добре"


def test_a_sentence_that_is_not_translated_stays_english(folder: Path, write: Write) -> None:
    write(
        "locale/uk.po",
        HEADER
        + '#, fuzzy\nmsgid "Good"\nmsgstr "?"\n\nmsgid "Bad"\nmsgstr ""\n\nmsgctxt "menu"\nmsgid "Open"\nmsgstr "?"\n',
    )
    words = Templates(folder).words("uk")
    assert [words.gettext(sentence) for sentence in ("Good", "Bad", "Open", "Never heard")] == [
        "Good",
        "Bad",
        "Open",
        "Never heard",
    ]


def test_the_sites_files_win_one_by_one(folder: Path, write: Write) -> None:
    write("pages/footer.html", "ours alone")
    templates = Templates(folder)

    assert templates.render("pages/footer.html", "en") == "ours alone"
    assert templates.read_bytes("pages/favicon.svg") == (shipped.folder("templates") / "pages/favicon.svg").read_bytes()
    write("pages/favicon.svg", b"<svg/>")
    assert templates.read_bytes("pages/favicon.svg") == b"<svg/>"


def test_a_sites_template_can_extend_the_shipped_one_of_its_name(folder: Path, write: Write) -> None:
    write("desk/_plain.html", "{% extends 'shipped/desk/_plain.html' %}{% block body %}from the site{% endblock %}")
    whole = (shipped.folder("templates") / "desk/_plain.html").read_text()
    assert "block body" in whole
    assert "from the site" in render(folder, "desk/_plain.html", title="T")
    assert "<!doctype html>" in render(folder, "desk/_plain.html", title="T").lower()


@pytest.mark.parametrize(
    ("text", "place", "cause"),
    [
        ("\n{{ nowhere }}", "templates/x.html:2", "'nowhere' is undefined"),
        ("{{ theme.nowhere.ink }}", "templates/x.html:1", "has no attribute 'nowhere'"),
        ("{% if %}", "templates/x.html:1", "Expected an expression"),
        ("{{ 'a'|shout }}", "templates/x.html:1", "No filter named 'shout'"),
        ("{% include 'gone.html' %}", "templates/gone.html", "there is no such template"),
        ("{% include '/etc/hostname' %}", "templates//etc/hostname", "there is no such template"),
        ("{% include '../secret.html' %}", "templates/../secret.html", "there is no such template"),
        ("{% extends 'x.html' %}", "templates/x.html", "extends or includes itself"),
        ("{% include 'x.html' %}", "templates/x.html", "extends or includes itself"),
        ("{{ 1 / 0 }}", "templates/x.html:1", "division by zero"),
        ("{{ value + 1 }}", "templates/x.html:1", "can only concatenate list"),
        ("{{ value() }}", "templates/x.html:1", "not callable"),
        ("{{ '%d' % 'a' }}", "templates/x.html:1", "a real number is required"),
        ("{{ range(1000000) }}", "templates/x.html:1", "Range too big"),
        ("{{ value.append(1) }}", "templates/x.html:1", "unsafe"),
        ("{{ ''.__class__.__mro__ }}", "templates/x.html:1", "unsafe"),
        ("{{ value.__class__ }}", "templates/x.html:1", "unsafe"),
        ("{{ render.__globals__ }}", "templates/x.html:1", "'render' is undefined"),
    ],
)
def test_a_template_at_fault_is_named_with_its_line(text: str, place: str, cause: str, folder: Path, write: Write) -> None:
    write("../secret.html", "secret")
    write("x.html", text)
    with pytest.raises(TemplateError) as refusal:
        render(folder, value=[])
    assert refusal.value.subject == place
    assert cause in refusal.value.cause
    assert refusal.value.remedy


def test_the_innermost_template_is_blamed(folder: Path, write: Write) -> None:
    write("inner.html", "\n\n{{ nowhere }}")
    write("x.html", "{% include 'inner.html' %}")
    with pytest.raises(TemplateError, match=r"templates/inner\.html:3"):
        render(folder)


@pytest.mark.parametrize(
    ("name", "data"), [("x.html", b"caf\xe9"), ("locale/uk.po", HEADER.encode() + b'msgid "a"\nmsgstr "\xe9"\n')]
)
def test_a_file_that_is_not_utf8_is_named(name: str, data: bytes, folder: Path, write: Write) -> None:
    write("x.html", "fine")
    write(name, data)
    with pytest.raises(TemplateError, match=f"templates/{name}"):
        render(folder, language="uk")


def test_pages_are_escaped_and_text_is_not(folder: Path, write: Write) -> None:
    for name in ("x.html", "x.xml", "x.txt"):
        write(name, "{{ value }}")
    shown = [render(folder, name, value="<b>&") for name in ("x.html", "x.xml", "x.txt")]
    assert shown == ["&lt;b&gt;&amp;", "&lt;b&gt;&amp;", "<b>&"]


def test_a_sentence_with_markup_in_its_values_is_escaped(folder: Path, write: Write) -> None:
    write("locale/uk.po", HEADER + 'msgid "From %(who)s"\nmsgstr "Від %(who)s"\n')
    write("x.html", "{% trans who=value %}From {{ who }}{% endtrans %}")
    assert render(folder, language="uk", value="<i>") == "Від &lt;i&gt;"


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ru", {1: 0, 2: 1, 4: 1, 5: 2, 11: 2, 12: 2, 21: 0, 22: 1, 25: 2, 111: 2, 0: 2}),
        ("uk", {1: 0, 3: 1, 5: 2, 11: 2, 14: 2, 31: 0, 104: 1, 0: 2}),
        ("ar", {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 4, 103: 3}),
    ],
)
def test_numbers_take_the_form_of_their_language(language: str, forms: dict[int, int]) -> None:
    words = Templates().words(language)
    shown = {number: words.ngettext("%(num)s item", "%(num)s items", number) for number in range(120)}
    groups = {number: shown[number] for number in forms}

    for one, form in forms.items():
        for other, same in forms.items():
            assert (groups[one] == groups[other]) == (form == same), (one, other)
    assert all("item" not in text for text in groups.values()), "the catalog has no such sentence"


def test_the_plural_of_a_language_without_catalog_is_english() -> None:
    words = Templates().words("xx")
    assert [words.ngettext("one", "many", number) for number in (0, 1, 2)] == ["many", "one", "many"]


@pytest.mark.parametrize("rule", ["n/0", "import os", "n ==", "__import__('os')", "n%0"])
def test_a_plural_rule_that_cannot_be_used_is_refused(rule: str, folder: Path, write: Write) -> None:
    write("locale/uk.po", HEADER + f'"Plural-Forms: nplurals=2; plural={rule};\\n"\n')
    with pytest.raises(TemplateError, match=r"templates/locale/uk\.po"):
        Templates(folder).words("uk")


@settings(max_examples=60)
@given(text=st.text(st.sampled_from('msgid str"\\n[]0123#, fuzy:%()'), max_size=80))
def test_any_locale_file_gives_words_or_is_named(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "locale").mkdir()
    (folder / "locale" / "uk.po").write_text(text)
    try:
        assert Templates(folder).words("uk").gettext("never heard") == "never heard"
    except TemplateError as error:
        assert re.fullmatch(r"templates/locale/uk\.po(:[1-9]\d*)?", error.subject)


def test_days_are_told_as_the_language_tells_them() -> None:
    day, templates = date(2022, 2, 28), Templates()
    assert templates.words("en").day(day) == "28 February 2022"
    assert templates.words("en").short_day(day) == "28 February"
    assert templates.words("es").short_day(day) == "28 de febrero"
    assert templates.words("uk").day(day).startswith("28 лютого 2022")
    assert templates.words("en").time(datetime(2022, 2, 28, 18, 5, tzinfo=UTC), UTC) == "18:05"


@pytest.mark.parametrize("language", ["tlh", "zz-a1", "qq"])
def test_a_language_that_nobody_has_names_of_months_for_is_told_days_in_english(language: str) -> None:
    assert Templates().words(language).day(date(2022, 2, 28)) == "28 February 2022"


def test_the_sites_theme_wins_key_by_key(folder: Path, write: Write) -> None:
    ours = Templates().theme
    write("theme.toml", '[light]\npaper = "#FFF"\n[width]\nmail = 640\nmeasure = "40.5rem"\n')
    theme = Templates(folder).theme

    assert theme["light"] == {**ours["light"], "paper": "#FFF"}
    assert theme["width"] == {**ours["width"], "mail": 640, "measure": "40.5rem"}
    assert (theme["dark"], theme["type"]) == (ours["dark"], ours["type"])


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("[light]\npaper = 'zzz'", "[light] paper: 'zzz' is no colour", "Write it like #f4f3ef."),
        ("[dark]\nrule = '#12345'", "[dark] rule: '#12345' is no colour", "#f4f3ef"),
        ("[dark]\nrule = '#f4f3ef; x'", "[dark] rule: '#f4f3ef; x' is no colour", "#f4f3ef"),
        ('[dark]\nrule = "#f4f3ef\\n"', "[dark] rule: '#f4f3ef\\n' is no colour", "#f4f3ef"),
        ("[dark]\nrule = 123", "[dark] rule: 123 is no colour", "#f4f3ef"),
        ("[light]\npapper = '#fff'", "[light] has no key papper", "paper, card"),
        ("[type]\nmono = 'Courier'", "[type] has no key mono", "serif, sans"),
        ("[sepia]\npaper = '#fff'", "there is no table [sepia]", "light, dark, type, width"),
        ("light = '#fff'", "light is no table", "[light]"),
        ("[[light]]\npaper = '#fff'", "light is no table", "[light]"),
        ("[type]\nserif = ' '", "[type] serif: ' ' names no typeface", "Georgia"),
        ("[type]\nserif = 7", "[type] serif: 7 names no typeface", "Georgia"),
        ("[width]\nmail = 319", "[width] mail: 319 is no width", "320 to 640"),
        ("[width]\npage = 4001", "[width] page: 4001 is no width", "200 to 4000"),
        ("[width]\npage = 1080.0", "[width] page: 1080.0 is no width", "200 to 4000"),
        ("[width]\npage = true", "[width] page: True is no width", "200 to 4000"),
        ("[width]\nmeasure = '66 ch'", "[width] measure: '66 ch' is no width of a line", "66ch, 40rem or 600px"),
        ("[width]\nmeasure = 66", "[width] measure: 66 is no width of a line", "66ch, 40rem or 600px"),
        ("[light]\nsoft = '#777777'", "[light] soft on paper has a contrast of 4.03, less than 4.5", "lighter or darker"),
        ("[dark]\non_button = '#fff'", "[dark] on_button on button has a contrast of 1.41, less than 4.5", "lighter"),
    ],
)
def test_a_theme_that_would_spoil_the_look_is_refused(
    text: str, cause: str, remedy: str, folder: Path, write: Write
) -> None:
    write("theme.toml", text)
    with pytest.raises(TemplateError) as refusal:
        assert Templates(folder).theme
    assert (refusal.value.subject, refusal.value.cause) == ("templates/theme.toml", cause)
    assert remedy in refusal.value.remedy


@pytest.mark.parametrize("sign", [";", "{", "}", "<", ">", "\\n"])
def test_a_typeface_cannot_break_out_of_its_rule(sign: str, folder: Path, write: Write) -> None:
    write("theme.toml", f'[type]\nsans = "Arial{sign} serif"\n')
    with pytest.raises(TemplateError, match=r"\[type\] sans: .* holds one of ; \{ \} < > or a line break"):
        assert Templates(folder).theme


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000", "#ffffff", 21),
        ("#fff", "#FFFFFF", 1),
        ("#777777", "#fff", 4.48),
        ("#767676", "#fff", 4.54),
        ("#f00", "#fff", 4.0),
    ],
)
def test_contrast_is_as_wcag_counts_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_every_pair_is_held_to_its_contrast(mode: str, text: str, ground: str) -> None:
    known = Templates().theme
    theme = {**known, mode: {**known[mode], text: known[mode][ground]}}
    with pytest.raises(TemplateError, match=rf"\[{mode}\] {text} on \w+ has a contrast"):
        judge_theme(theme, known)


@pytest.mark.parametrize("text", ["[broken", "a = " + "[" * 5000])
def test_a_broken_theme_is_named(text: str, folder: Path, write: Write) -> None:
    write("theme.toml", text)
    with pytest.raises(TemplateError, match=r"templates/theme\.toml"):
        assert Templates(folder).theme


def test_what_an_approval_covers_are_the_files_in_effect(folder: Path, write: Write) -> None:
    before = Templates(folder).digests("mail", "theme.toml", "locale")
    assert {"mail/edition.html", "theme.toml", "locale/uk.po"} <= before.keys()
    assert not any(name.startswith("pages/") for name in before)

    write("mail/edition.txt", "own")
    write("mail/.hidden", "x")
    write("mail/edition.html~", "x")
    after = Templates(folder).digests("mail", "theme.toml", "locale")
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == {"mail/edition.txt"}


def test_scripts_have_their_direction() -> None:
    assert [direction(tag) for tag in ("en", "ar", "he-IL", "uk", "fa")] == ["ltr", "rtl", "rtl", "ltr", "rtl"]
