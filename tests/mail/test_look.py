"""Everything can be read, in the light and in the dark."""

from __future__ import annotations

import re
from itertools import product

import pytest

from digest.templates import Templates

PAIRS = [
    *product(("ink", "text", "soft"), ("paper", "card")),
    ("ink", "notice"),
    ("text", "notice"),
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
