"""The rules of theme.toml: which keys there are, what each can be, and which colours must stand out from each other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from digest.errors import TemplateError

__all__ = ["CONTRAST", "LOGO_HEIGHTS", "MAIL_WIDTHS", "PAIRS", "TEXT_LIMIT", "WIDTHS", "contrast", "judge_theme"]

PAIRS = (
    ("ink", "paper"), ("ink", "card"), ("ink", "notice"),
    ("text", "paper"), ("text", "card"), ("text", "notice"),
    ("soft", "paper"), ("soft", "card"), ("soft", "notice"),
    ("text", "rule"),
    ("on_accent", "accent"),
    ("on_button", "button"),
)  # fmt: skip
"""Every colour of text with a colour it stands on."""

CONTRAST = 4.5
"""The least contrast of a pair: WCAG 2.2, success criterion 1.4.3."""

WIDTHS = range(200, 4001)
"""How wide, in CSS pixels, a page can be."""

MAIL_WIDTHS = range(320, 641)
"""How wide, in CSS pixels, a letter can be: mail programs show no more without scrolling sideways."""

LOGO_HEIGHTS = range(16, 161)
"""How high, in CSS pixels, a logo can be."""

TEXT_LIMIT = 500
"""How many characters the words of a footer can have."""

_COLOUR = re.compile("#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
_MEASURE = re.compile(r"[1-9][0-9]{0,3}(?:\.[0-9]{1,3})?(?:ch|rem|px)")
_BREAKS_OUT = re.compile("[;{}<>\n]")
_PICTURE = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.(?:png|jpe?g|gif)", re.IGNORECASE)
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[!-~]*)?")
_LINKS = 'Write links = [{ title = "Donate", address = "https://example.org/donate" }].'
_MODES = ("light", "dark")


def judge_theme(theme: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Refuse a whole theme whose values would spoil style sheets, or make something hard to read.

    `known` is the shipped theme: its tables and keys are all there are.

    Raises:
        TemplateError: it names the table and key, or the pair of colours and their contrast.
    """
    for table, values in theme.items():
        if table not in known:
            raise _refusal(f"there is no table [{_show(table, quoted=False)}]", f"The tables are {', '.join(known)}.")
        if not isinstance(values, dict):
            raise _refusal(f"{table} is no table", f"Write [{table}] on a line of its own, and its keys below.")
        for key, value in values.items():
            if key not in known[table]:
                cause = f"[{table}] has no key {_show(key, quoted=False)}"
                raise _refusal(cause, f"Its keys are {', '.join(known[table])}.")
            _judge_value(table, key, value)
    for mode, text, ground, ratio in _measure_pairs(theme):
        if ratio < CONTRAST:
            found = math.floor(ratio * 100) / 100  # rounded down, so that 4.499 does not read as enough
            cause = f"[{mode}] {text} on {ground} has a contrast of {found:.2f}, less than {CONTRAST}"
            raise _refusal(cause, "Make one of the two lighter or darker.")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance, from 0 to 1 (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _measure_pairs(theme: Mapping[str, Any]) -> Iterator[tuple[str, str, str, float]]:
    for mode in _MODES:
        for text, ground in PAIRS:
            yield mode, text, ground, contrast(theme[mode][text], theme[mode][ground])


def _judge_value(table: str, key: str, value: object) -> None:
    name, shown = f"[{table}] {key}:", _show(value)
    if table in _MODES:
        if not (isinstance(value, str) and _COLOUR.fullmatch(value)):
            raise _refusal(f"{name} {shown} is no colour", "Write it like #f4f3ef.")
    elif table == "type":
        if not isinstance(value, str) or not value.strip():
            raise _refusal(f"{name} {shown} names no typeface", "Write it like \"Georgia, 'Noto Serif', serif\".")
        if _BREAKS_OUT.search(value):
            raise _refusal(f"{name} {shown} holds one of ; {{ }} < > or a line break", "Name typefaces only.")
    elif table == "logo":
        _judge_logo(key, value)
    elif table == "footer":
        _judge_footer(key, value)
    elif key == "measure":
        if not (isinstance(value, str) and _MEASURE.fullmatch(value)):
            raise _refusal(f"{name} {shown} is no width of a line", "Write it like 66ch, 40rem or 600px.")
    else:
        _judge_pixels(name, value, MAIL_WIDTHS if key == "mail" else WIDTHS, "width")


def _judge_pixels(name: str, value: object, allowed: range, what: str) -> None:
    if type(value) is not int or value not in allowed:  # true and false are whole numbers to Python
        remedy = f"Write a whole number of pixels, {allowed.start} to {allowed.stop - 1}."
        raise _refusal(f"{name} {_show(value)} is no {what}", remedy)


def _judge_logo(key: str, value: object) -> None:
    name = f"[logo] {key}:"
    if key == "height":
        _judge_pixels(name, value, LOGO_HEIGHTS, "height of a logo")
    elif not isinstance(value, str) or not value.isprintable() or len(value) > 200:
        raise _refusal(f"{name} {_show(value)} is no plain text of one line", "Write it in quotation marks.")
    elif key != "alt" and value and not (_PICTURE.fullmatch(value) and ".." not in value):
        remedy = "Name a PNG, JPEG or GIF file below templates/ in plain letters and digits, such as logo.png."
        raise _refusal(f"{name} {_show(value)} cannot be the name of a logo", remedy)


def _judge_footer(key: str, value: object) -> None:
    name = f"[footer] {key}:"
    if key == "text":
        _judge_text(name, value)
    elif key == "texts":
        _judge_texts(name, value)
    elif not isinstance(value, list):
        raise _refusal(f"{name} {_show(value)} is no list", _LINKS)
    else:
        for link in value:
            _judge_link(name, link)


def _judge_link(name: str, link: object) -> None:
    if not isinstance(link, dict) or not {"title", "address"} <= link.keys() <= {"title", "titles", "address"}:
        raise _refusal(f"{name} {_show(link)} is no link with title and address", _LINKS)
    _judge_text(name, link["title"])
    _judge_texts(name, link.get("titles", {}))
    if not link["title"].strip():
        raise _refusal(f"{name} a link has no title", _LINKS)
    if not (isinstance(link["address"], str) and _ADDRESS.fullmatch(link["address"])):
        raise _refusal(f"{name} {_show(link['address'])} is no address of the web", _LINKS)


def _judge_texts(name: str, value: object) -> None:
    if not isinstance(value, dict):
        raise _refusal(f"{name} {_show(value)} names no languages", 'Write { fr = "...", uk = "..." }.')
    for text in value.values():
        _judge_text(name, text)


def _judge_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.isprintable() or len(value) > TEXT_LIMIT:
        cause = f"{name} {_show(value)} is no plain text of one line with at most {TEXT_LIMIT} characters"
        raise _refusal(cause, "Write it in quotation marks, without line breaks.")


def _show(value: object, *, quoted: bool = True) -> str:
    text = repr(value) if quoted or not str(value).isprintable() else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _refusal(cause: str, remedy: str) -> TemplateError:
    return TemplateError("templates/theme.toml", cause, remedy)
