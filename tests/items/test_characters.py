"""What is hidden is found; what is typographic stays."""

from __future__ import annotations

import unicodedata

import pytest

from digest.items.characters import find_forbidden, fold, is_visible, replace_forbidden


@pytest.mark.parametrize(
    "character",
    [
        "\0",
        "\x07",
        "\x1b",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202a",
        "\u202e",
        "\u2066",
        "\u2069",
        "\ufffe",
        "\ufdd0",
        "\U0001ffff",
    ],
)
def test_hidden_characters_are_found_with_their_line(character: str) -> None:
    [(line, name)] = find_forbidden(f"one\ntwo{character}\nthree")
    assert line == 2
    assert f"U+{ord(character):04X}" in name


def test_every_forbidden_character_is_found_in_the_midst_of_others() -> None:
    categories = {code: unicodedata.category(chr(code)) for code in range(0x110000)}
    controls = {code for code, category in categories.items() if category == "Cc"} - {9, 10, 13}
    ends = {plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)} | set(range(0xFDD0, 0xFDF0))
    lone = {code for code, category in categories.items() if category in ("Cs", "Zl", "Zp")}
    hidden = {*range(0x202A, 0x202F), *range(0x2066, 0x2070), *range(0xFFF9, 0xFFFC)}

    found = {code for code in categories if replace_forbidden(f"\ta{chr(code)}\u00a0b\r\n") != f"\ta{chr(code)}\u00a0b\r\n"}
    assert found == controls | ends | lone | hidden
    assert {code for code in range(128) if replace_forbidden(f"a{chr(code)}b") != f"a{chr(code)}b"} == controls & set(
        range(128)
    )


@pytest.mark.parametrize(
    "text", ["tab\there", "נגד \u200fמלחמה", "می\u200cخواهم", "👩\u200d💻", "Київ", "a\u00a0b", "\ufffd"]
)
def test_characters_that_people_need_are_not(text: str) -> None:
    assert not list(find_forbidden(text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        (" \u00a0 Title \u00a0 \u00a0", "Title"),
        ("one\n two\t\tthree", "one two three"),
        ("said:\u00a0 “no”", "said: “no”"),
        ("5\u00a0000 people", "5\u00a0000 people"),
        ("\u200b\ufeffx\u2060", "x"),
        ("\u3000x\u2009", "x"),
    ],
)
def test_text_folds_to_one_line_and_keeps_single_no_break_spaces(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u00ad\u2060", "\u3164", "\u2800", "\u200e\u200f", "\u0301"])
def test_nothing_to_see_is_known(text: str) -> None:
    assert not is_visible(text)
    assert is_visible(text + "я")


def test_letters_figures_and_signs_are_seen_and_nothing_else() -> None:
    seen = {code for code in range(0x110000) if is_visible(chr(code))}
    known = {code for code in range(0x110000) if unicodedata.category(chr(code))[0] in "LNPS"}
    assert known - seen == {0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0}
    assert seen < known
