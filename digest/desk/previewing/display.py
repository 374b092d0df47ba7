"""A letter's HTML as another screen or mail program would show it: in the dark, with pictures blocked, with local photos.

Only for looking: none of this is ever sent.
"""

from __future__ import annotations

import re

from digest.desk.previewing.choosing import PictureMode

__all__ = ["build_display"]

_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")
_COLOUR_SCHEME = re.compile(
    r"(color-scheme\s*:\s*|<meta name=\"(?:supported-)?color-schemes?\" content=\")(?:light dark|dark light)"
)
_ALWAYS, _NEVER = "(min-width:0)", "(max-width:0)"
_IMAGE = re.compile(r"<(?:img|source)\b[^>]*>")
_SOURCE = re.compile(r"""\s(?:src|srcset|background)\s*=\s*(?:"[^"]*"|'[^']*')""")
_BACKGROUND = re.compile(r"url\([^)]*\)")
_HEAD = re.compile(r"<head\b[^>]*>")


def build_display(html: str, base_url: str, *, dark: bool, pictures: PictureMode = "shown") -> str:
    """The HTML for a browser.

    Args:
        html: the letter as it is sent, with a leave link in it.
        base_url: pictures below this address are taken from where the page itself is served.
        dark: whether the reader's device is dark, whatever the browser's is.
        pictures: blocked ones leave their alternative text, as in a mail program that does not load them.
    """
    shown = _force_light(html, dark)
    if pictures == "blocked":
        shown = _IMAGE.sub(lambda found: _SOURCE.sub("", found[0]), shown)
        shown = _BACKGROUND.sub("none", shown)
    else:
        shown = _IMAGE.sub(lambda found: found[0].replace(f'"{base_url}/', '"/'), shown)
    return _HEAD.sub(lambda found: f'{found[0]}<base target="_blank">', shown, count=1)


def _force_light(html: str, dark: bool) -> str:
    """The rules for the wanted light always hold, those for the other never."""
    wanted = "dark" if dark else "light"
    fixed = _SCHEME.sub(lambda found: _ALWAYS if found[1] == wanted else _NEVER, html)
    return _COLOUR_SCHEME.sub(lambda found: f"{found[1]}{wanted}", fixed)
