"""Everything can be read, in the light and in the dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest

from digest.mail.letter import CorrectionPiece, Letter, WithdrawalPiece
from digest.mail.pieces import Inliner
from digest.mail.text import render_text
from digest.templates import Templates

PAIRS = [
    *product(("ink", "text", "soft"), ("paper", "card")),
    ("ink", "notice"),
    ("text", "notice"),
    ("text", "rule"),
    ("on_button", "button"),
    ("on_accent", "accent"),
]


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(mode: str, front: str, ground: str, templates: Templates) -> None:
    assert _contrast(templates.theme[mode][front], templates.theme[mode][ground]) >= 4.5


def test_the_dark_turns_every_ground_and_every_ink(templates: Templates) -> None:
    """A class that colours an element in the light and keeps its colour in the dark would be unreadable there."""
    coloured = {
        selector
        for selector, rules in re.findall(r"^\.([\w-]+) \{([^}]*)\}", templates.render("mail/mail.css", "en"), re.MULTILINE)
        if re.search(r"#[0-9a-f]{3,6}", rules)
    }
    dark = templates.render("mail/head.css", "en").split("@media (prefers-color-scheme:dark){")[1]
    turned = set(re.findall(r"\.([\w-]+)[,{]", dark))

    assert len(coloured) > 8
    assert coloured - turned == set()
    for rule in re.findall(r"\{([^{}]*)\}", dark):
        assert all(declaration.endswith("!important") for declaration in rule.strip("}").split(";") if declaration)


def test_no_colour_stands_outside_the_theme(templates: Templates) -> None:
    for name in ("mail.css", "head.css", "_base.html", "_macros.html", "edition.html"):
        assert not re.search(rb"(?<!&)#[0-9a-fA-F]{3,6}\b", templates.read_bytes(f"mail/{name}")), name


def _read_sheets(language: str, templates: Templates) -> dict[str, dict[str, str]]:
    """The declarations of each rule in both style sheets, under a name that is the same in all languages."""
    sheets = (templates.render(f"mail/{name}.css", language) for name in ("mail", "head"))
    rules = re.findall(r"([^{};\n]+?) ?\{([^{}]+)\}", "\n".join(sheets))
    return {
        f"{number} {selector}": {
            name.strip(): value.strip()
            for name, _, value in (declaration.partition(":") for declaration in body.split(";") if declaration.strip())
        }
        for number, (selector, body) in enumerate(rules)
    }


def _mirror(word: str) -> str:
    return re.sub(r"\b(left|right)\b", lambda side: {"left": "right", "right": "left"}[side[1]], word)


def test_from_right_to_left_is_the_mirror_image(templates: Templates) -> None:
    """Every side that a rule names is the other one in Arabic; nothing else changes but the height of lines."""
    latin, arabic = _read_sheets("en", templates), _read_sheets("ar", templates)

    assert latin.keys() == arabic.keys()
    for selector, rules in latin.items():
        mirrored = {_mirror(name): _mirror(value) for name, value in rules.items() if name != "line-height"}
        found = {name: value for name, value in arabic[selector].items() if name != "line-height"}
        assert found == mirrored, selector
    assert any("right" in name + value for rules in arabic.values() for name, value in rules.items())


def test_arabic_lines_have_room_for_what_stands_above_and_below_its_letters(templates: Templates) -> None:
    latin, arabic = _read_sheets("en", templates), _read_sheets("ar", templates)
    for selector, rules in arabic.items():
        size, height = rules.get("font-size", ""), rules.get("line-height", "")
        if size and height and selector.split()[1] != ".square":
            ours, theirs = (int(re.sub(r"\D", "", value)) for value in (height, latin[selector]["line-height"]))
            assert ours > theirs or ours == 1, selector
            assert ours == 1 or ours / int(re.sub(r"\D", "", size)) >= 1.6, selector


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("corrections",), "We have corrected something that we sent you"),
        (("withdrawals",), "We have taken back something that we sent you"),
        (("corrections", "withdrawals"), "We have corrected and taken back some of what we sent you"),
    ],
)
def test_a_letter_of_nothing_but_notices_says_so(
    names: tuple[str, ...],
    sentence: str,
    make_letter: Callable[..., Letter],
    correction: CorrectionPiece,
    withdrawal: WithdrawalPiece,
    warm: Inliner,
    templates: Templates,
) -> None:
    notices = {"corrections": (correction,), "withdrawals": (withdrawal,)}
    carried = {name: notices[name] for name in names}

    alone, among = make_letter(0, **carried), make_letter(2, **carried)

    for letter, is_said in ((alone, True), (among, False)):
        assert warm.render(letter) == warm.render_whole(letter)
        for part in (warm.render(letter), render_text(letter, templates)):
            assert (sentence in "".join(part)) is is_said


def test_a_long_letter_says_what_it_holds(make_letter: Callable[..., Letter], warm: Inliner, templates: Templates) -> None:
    for count, line in ((5, "5 items on"), (6, "6 items on Russia and Ukraine")):
        letter = make_letter(count)
        assert warm.render(letter) == warm.render_whole(letter)
        for part in (warm.render(letter), render_text(letter, templates)):
            assert (line in "".join(part)) is (count >= 6)
