"""Letters show the newsroom's own logo and footer, the same to all readers, in both parts."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from digest.mail.inspection import inspect
from digest.mail.pieces import Inliner
from digest.mail.text import render_text
from digest.templates import Templates

THEME = """
[logo]
file = "logo.png"
%s
[footer]
text = "Charity no. 7 <of all>"
links = [{ title = "Donate & help", titles = { ar = "تبرع" }, address = "https://example.org/donate?a=1&b=2" }]
"""


@pytest.fixture
def branded(tmp_path):
    def build(more: str = "") -> Templates:
        for name in ("logo.png", "dark.png"):
            data = BytesIO()
            Image.new("L", (320, 80), len(name)).save(data, "PNG")
            (tmp_path / name).write_bytes(data.getvalue())
        (tmp_path / "theme.toml").write_text(THEME % more, "utf-8")
        return Templates(tmp_path)

    return build


def render(letter, templates):
    return "".join(Inliner(templates).render(letter)), "".join(render_text(letter, templates))


def test_the_logo_stands_in_the_place_of_square_and_name(branded, make_letter):
    templates = branded('dark = "dark.png"')
    html, _ = render(make_letter(), templates)

    assert f'src="https://news.example.org/{templates.logo.name}" width="160" height="40" alt="The Newsroom"' in html
    assert f'src="https://news.example.org/{templates.logo.dark_name}"' in html
    assert html.index("display:none") and 'class="square"' not in html
    assert ".dark-logo{display:block!important}" in html


def test_a_logo_without_a_dark_one_keeps_its_light_ground_in_the_dark(branded, make_letter):
    html, _ = render(make_letter(), branded())

    assert "dark-logo sans" not in html
    assert ".on-light{background-color:#f4f3ef!important;color:#111111!important}" in html


@pytest.mark.parametrize("more", ["", 'dark = "dark.png"', 'alt = "The Watch"'])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_branded_letter_passes_the_inspection(branded, make_letter, more, language):
    templates = branded(more)
    letter = make_letter(language=language)
    html, text = Inliner(templates).render(letter), render_text(letter, templates)

    assert [problem for problem in inspect(letter, html, text) if problem.severity == "error"] == []


def test_words_and_links_of_the_footer_stand_in_both_parts_in_the_language_of_the_reader(branded, make_letter):
    templates = branded()
    html, text = render(make_letter(), templates)
    arabic, _ = render(make_letter(language="ar"), templates)

    assert "Charity no. 7 &lt;of all&gt;" in html and "Charity no. 7 <of all>" in text
    assert "Donate &amp; help</a>" in html and "\nDonate & help\nhttps://example.org/donate?a=1&b=2\n" in text
    assert "تبرع</a>" in arabic


def test_a_discreet_letter_has_none_of_it(branded, make_letter):
    _, text = render(replace(make_letter(), form="discreet"), branded())
    assert "Charity" not in text and "donate" not in text
