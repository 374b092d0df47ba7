"""Whatever a designer writes, an inspection ends with findings, never with a crash."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.mail.inspection.colours import contrast
from digest.mail.inspection.runs import Colour
from digest.mail.inspection.sheets import Rule, read_declarations, read_rules

ODD = st.sampled_from(
    [
        "<", ">", "</", "<a href='//['>x</a>", "<a href='https://[::1/'>x</a>", "<img src='https://[x'>", "{", "}", "{{",
        "<!--", "-->", "<style>", "</style>", '"', "&#0;", "\x01", "<p style='font-size:9e999px;color:rgb(999,1,1)'>x",
        "<body>", "<table width=9999999999>", "<frameset>", "<h7>", "@media", "<?xml?>", "]]>", "<svg:x>", "<a href>x</a>",
        "<p style='color:#12'>x", "\ufeff", "<p style='font-size:1.2.3px'>x",
    ]
)  # fmt: skip
COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 400), ODD), max_size=5))
def test_no_page_breaks_the_inspection(sheet, cuts):
    html = "".join(sheet.html)
    for place, length, odd in cuts:
        html = html[:place] + odd + html[place + length :]

    replace(sheet, html=(html, ""), message=None).inspect()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(0, 12_000), st.binary(max_size=8)), min_size=1, max_size=4))
def test_no_message_breaks_the_inspection(sheet, cuts):
    first, *rest = sheet.message.constants
    constants = [first, *rest]
    for place, odd in cuts:
        number = place % len(constants)
        constants[number] = constants[number][:place] + odd + constants[number][place + len(odd) :]

    replace(sheet, message=replace(sheet.message, constants=tuple(constants))).inspect()


@given(one=COLOURS, other=COLOURS)
def test_contrast_is_the_same_both_ways_and_between_1_and_21(one, other):
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0001
    assert contrast(one, one) == 1


def test_contrasts_are_those_of_the_standard():
    assert round(contrast(Colour(0, 0, 0), Colour(255, 255, 255)), 2) == 21
    assert round(contrast(Colour(119, 119, 119), Colour(255, 255, 255)), 2) == 4.48
    assert round(contrast(Colour(5, 5, 5), Colour(255, 255, 255)), 2) == 20.38


@given(st.text(alphabet="ab{};:@!/*() ,.\n", max_size=60))
def test_any_style_sheet_is_read(text):
    assert all(isinstance(rule, Rule) for rule in read_rules(text))


@pytest.mark.parametrize(
    ("style", "read"),
    [
        ("color:#111", {"color": ("#111", False)}),
        ("COLOR : red ! important;color:blue", {"color": ("blue", False)}),
        ("background:url(data:image/png;base64,xx);margin:0", {"background": ("url(data:image/png;base64,xx)", False),
         "margin": ("0", False)}),
        ("color:red!important", {"color": ("red", True)}),
        ("", {}),
    ],
)  # fmt: skip
def test_declarations_are_read(style, read):
    assert read_declarations(style) == read


def test_rules_are_read_with_their_condition():
    sheet = (
        "/* {x} */ @import 'a.css'; .a, .b{color:red} @media (max-width:9px){.c{color:blue}.d{}} @font-face{x:y} p{margin:0}"
    )

    assert [(rule.selectors, rule.media) for rule in read_rules(sheet)] == [
        ((".a", ".b"), ""),
        ((".c",), "(max-width:9px)"),
        ((".d",), "(max-width:9px)"),
        (("p",), ""),
    ]
