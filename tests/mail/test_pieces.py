"""Joined pieces are the page; premailer's known faults do not reach a letter."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import warnings
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import premailer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest import shipped
from digest.errors import TemplateError
from digest.mail.inlining import inline_page
from digest.mail.letter import CorrectionPiece, ItemPiece, Letter, Section
from digest.mail.pieces import Inliner
from digest.mail.style_sheets import read_rules
from digest.templates import Templates

LEAVE = "https://news.example.org/u/" + "A" * 36
ATTRIBUTES = {
    "html": {"lang", "dir"},
    "meta": {"charset", "name", "content"},
    "div": {"class", "style", "lang", "dir"},
    "body": {"class", "style"},
    "table": {"role", "class", "style", "width", "cellpadding", "cellspacing", "border", "dir", "align"},
    "td": {"class", "style", "align", "valign", "width", "height", "bgcolor", "lang", "dir"},
    "img": {"class", "style", "src", "width", "height", "alt", "border", "lang", "dir"},
    "a": {"class", "style", "href"},
    "p": {"class", "style", "align", "lang", "dir"},
    "h1": {"class", "style", "align", "lang", "dir"},
    "h2": {"class", "style", "align", "lang", "dir"},
    "span": {"class", "style"},
}
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("<>&\"'{}%#\u00a0\u2028\u200f—"),
    max_size=80,
)


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _html(inliner: Inliner, letter: Letter) -> str:
    return LEAVE.join(inliner.render(letter))


def test_joined_pieces_equal_the_whole_page(letter: Letter, inliner: Inliner) -> None:
    assert inliner.render(letter) == inliner.render_whole(letter)


def test_a_join_from_memory_equals_one_from_scratch(letter: Letter, inliner: Inliner) -> None:
    first = inliner.render(letter)

    assert inliner.render(letter) == first
    assert Inliner(Templates()).render(letter) == first


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choices=st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=5, unique=True), min_size=1, max_size=4))
def test_every_variant_equals_its_whole_page(
    choices: list[list[int]], templates: Templates, make_letter: Callable[..., Letter], make_item: Callable[..., ItemPiece]
) -> None:
    """Whatever was rendered before: what a join takes from memory does not depend on it."""
    inliner = Inliner(templates)
    for numbers in choices:
        lead, *others = [make_item(number) for number in numbers]
        letter = make_letter(0, lead=lead, sections=(Section("Russia", tuple(others)),) if others else ())
        assert inliner.render(letter) == inliner.render_whole(letter)


def test_a_variant_of_known_pieces_is_not_inlined_again(
    inliner: Inliner, make_letter: Callable[..., Letter], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_letter(6)
    inliner.render(whole)
    monkeypatch.delattr(premailer.Premailer, "transform")

    fewer = replace(whole, sections=whole.sections[:1], topics=("Russia",), preheader="Other words", subject="Other")

    assert "Other words" in _html(inliner, fewer)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXT, summary=TEXT, alt=TEXT, preheader=TEXT, topic=TEXT)
def test_hostile_words_stay_words(
    title: str, summary: str, alt: str, preheader: str, topic: str, warm: Inliner, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(2, preheader=preheader, subject=title, topics=(topic,))
    assert letter.lead and letter.lead.picture
    picture = replace(letter.lead.picture, alt=f"{alt}<!--/item-->")
    letter = replace(letter, lead=replace(letter.lead, title=f"{title}.", summary=f"{summary}.", picture=picture))

    page = _Page(_html(warm, letter))

    assert warm.render(letter) == warm.render_whole(letter)
    assert f"{title}." in page.words
    assert f"{summary}." in page.words
    assert next(image["alt"] for tag, image in page.elements if tag == "img") == picture.alt


def test_rules_for_dark_and_phone_survive_as_written(letter: Letter, warm: Inliner, templates: Templates) -> None:
    """premailer's habit of stripping `!important` would leave them without effect against the elements' own styles."""
    kept = templates.render("mail/head.css", letter.language)
    html = _html(warm, letter)

    assert kept in html
    assert kept.count("!important") > 20
    assert html.count("<style>") == 2  # that one, and one that only Outlook reads
    assert "mso" in html.split("<style>")[2] or "<!--[if mso]>" in html
    assert len(kept.encode()) < 8_000
    assert kept.count("{") == kept.count("}")
    assert not re.search(r"@import|@font-face|url\(|@media[^{]*\{[^}]*@media", kept)


def test_the_document_is_whole(letter: Letter, warm: Inliner) -> None:
    html = _html(warm, letter)
    page = _Page(html)

    assert html.startswith("<!DOCTYPE html>\n<html ")
    assert html.count("<title>") == 1
    assert [tag for tag, _ in page.elements].count("h1") == 1
    for tag in ("html", "div"):
        first = next(attributes for name, attributes in page.elements if name == tag)
        assert (first["lang"], first["dir"]) == (letter.language, "rtl" if letter.language == "ar" else "ltr")
    assert not {tag for tag, _ in page.elements} & {"script", "link", "form", "svg", "video", "base", "iframe", "object"}


def test_every_attribute_is_one_that_html_knows_for_its_element(letter: Letter, warm: Inliner) -> None:
    for tag, attributes in _Page(_html(warm, letter)).elements:
        if tag in ATTRIBUTES:
            assert set(attributes) <= ATTRIBUTES[tag], (tag, attributes)
        if "width" in attributes:
            assert re.fullmatch(r"\d+|100%", attributes["width"])
        if "height" in attributes:
            assert attributes["height"].isdigit()
        if tag == "table":
            assert attributes["role"] == "presentation"


def test_pictures_keep_their_shape_and_never_push_the_text_aside(letter: Letter, warm: Inliner) -> None:
    for tag, attributes in _Page(_html(warm, letter)).elements:
        if tag == "img":
            assert attributes["alt"]
            assert {"width:100%", "height:auto"} <= set(attributes["style"].split("; "))
            assert int(attributes["width"]) <= 600
            assert int(attributes["width"]) * 9 / 16 == pytest.approx(int(attributes["height"]), abs=1)


def test_a_narrow_picture_is_not_blown_up(warm: Inliner, make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(1)
    assert letter.lead and letter.lead.picture
    upright = replace(letter.lead, picture=replace(letter.lead.picture, width=600, height=1200))

    html = _html(warm, replace(letter, lead=upright))

    assert 'width="320" height="640"' in html
    assert "max-width:320px" in html


def test_inlining_is_silent(letter: Letter, inliner: Inliner, caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        inliner.render(letter)

    assert caught == []
    assert [record for record in caplog.records if "css" in record.name.lower()] == []


def test_all_links_are_the_letters_own_and_the_leave_link(letter: Letter, warm: Inliner) -> None:
    page = _Page(_html(warm, letter))

    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}

    assert links == {*letter.links(), LEAVE}
    assert all("?" not in attributes.get("src", "") for _, attributes in page.elements)


def test_links_come_out_as_they_went_in(warm: Inliner, make_letter: Callable[..., Letter]) -> None:
    """premailer escapes what it takes for braces in a link, and must leave `&` and escapes of other scripts alone."""
    link = "https://news.example.org/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8?a=1&b=2&copy=3#%7B%7Bx%7D%7D"
    letter = make_letter(2)
    assert letter.lead
    html = _html(warm, replace(letter, lead=replace(letter.lead, link=link)))

    assert link in [attributes["href"] for tag, attributes in _Page(html).elements if tag == "a"]
    assert f'href="{link.replace("&", "&amp;")}"' in html


def test_blanks_that_do_not_break_stay_so(warm: Inliner, make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(1)
    assert letter.lead
    page = _Page(_html(warm, replace(letter, lead=replace(letter.lead, title="10\u00a0000 people"))))

    assert "10\u00a0000 people" in page.words


def test_every_element_has_the_style_that_the_cascade_gives_it(letter: Letter, warm: Inliner, templates: Templates) -> None:
    """Of rules with one class each the later wins, whatever the order of the classes in the element."""
    rules = read_rules(templates.render("mail/mail.css", letter.language))
    assert all(re.fullmatch(r"\.[a-z-]+", rule.selectors) for rule in rules)

    for tag, attributes in _Page(_html(warm, letter)).elements:
        expected: dict[str, str] = {}
        for rule in rules:
            if rule.selectors[1:] in attributes.get("class", "").split():
                expected |= _read_style(";".join(rule.declarations))
        found = _read_style(attributes.get("style", ""))
        assert expected.items() <= found.items(), (tag, attributes)


def _read_style(style: str) -> dict[str, str]:
    style = re.sub(r"#(.)\1(.)\2(.)\3\b", r"#\1\2\3", style.replace('"', "'"))  # premailer writes colours short
    pairs = (part.split(":", 1) for part in style.split(";") if part.strip())
    return {name.strip(): " ".join(value.split()) for name, value in pairs}


def test_inlining_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """premailer fetches linked style sheets, from the network or the disk, unless it is told not to."""
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(socket, "create_connection", None)
    links = '<link rel="stylesheet" href="https://x.example/a.css"><link rel="stylesheet" href="/etc/hostname">'

    assert links in inline_page(f"<html><head>{links}</head><body></body></html>")


def test_an_item_in_another_language_says_so(warm: Inliner, make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(2)
    assert letter.lead
    html = _html(warm, replace(letter, lead=replace(letter.lead, language="ar", title="بيان")))

    assert re.search(r'<h2 class="headline far" lang="ar" dir="rtl"[^>]*text-align:right', html)


def test_arabic_is_mirrored(warm: Inliner, make_letter: Callable[..., Letter], correction: CorrectionPiece) -> None:
    letter = make_letter(2, language="ar", corrections=(correction,))
    html = _html(warm, letter)
    latin = _html(warm, replace(letter, language="en"))

    assert "border-right:5px" in html and "border-left:5px" not in html
    assert "border-left:5px" in latin and "border-right:5px" not in latin
    assert re.search(r'class="masthead[^>]*text-align:right', html)


class TestTemplatesOfASite:
    """A designer moves and restyles; what cannot work is named."""

    @pytest.fixture
    def own(self, tmp_path: Path) -> Path:
        folder = shipped.folder("templates") / "mail"
        shutil.copytree(str(folder), tmp_path / "mail")
        return tmp_path

    def _change(self, own: Path, name: str, old: str, new: str) -> Inliner:
        file = own / "mail" / name
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")
        return Inliner(Templates(own))

    def test_notices_can_be_moved_to_the_top(
        self, own: Path, make_letter: Callable[..., Letter], correction: CorrectionPiece
    ) -> None:
        text = (own / "mail" / "edition.html").read_text("utf-8")
        start, end = text.index("{% for piece in letter.corrections %}"), text.index("{% for piece in letter.withdrawals %}")
        lead = text.index("{% if letter.lead %}")
        moved = text[:lead] + text[start:end] + text[lead:start] + text[end:]
        (own / "mail" / "edition.html").write_text(moved, "utf-8")
        inliner = Inliner(Templates(own))
        letter = make_letter(3, corrections=(correction,))

        html = _html(inliner, letter)

        assert inliner.render(letter) == inliner.render_whole(letter)
        assert html.index(correction.title) < html.index('class="headline')

    def test_a_missing_mark_is_named(self, own: Path, make_letter: Callable[..., Letter]) -> None:
        inliner = self._change(own, "edition.html", '{{ mark("item", item) }}\n', "")
        with pytest.raises(TemplateError, match=r"item"):
            inliner.render(make_letter(3))

    def test_a_missing_frame_mark_is_named(self, own: Path, make_letter: Callable[..., Letter]) -> None:
        inliner = self._change(own, "_base.html", '{{ mark("inlined") }}\n', "")
        with pytest.raises(TemplateError, match=r"inlined"):
            inliner.render(make_letter(3))
