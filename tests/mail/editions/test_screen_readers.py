"""What golden editions say to those who listen: axe finds no violation, and the outline is read in a sensible order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Scheme = Literal["light", "dark"]
OFF = {rule: {"enabled": False} for rule in ("region", "landmark-one-main", "bypass")}
"""Rules for whole pages that a letter does not follow: mail programs show it inside a page of their own, which has landmarks
and its main part already, and half of them drop the elements that would make some."""
STYLE = ("color-contrast", "link-in-text-block")
"""Rules that depend on colours: they are asked in light and dark for a letter's own language, and change in no other."""
ORIGINAL: tuple[tuple[Scheme, dict[str, Any]], ...] = (
    ("light", {"resultTypes": ["violations"], "rules": OFF}),
    ("dark", {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": STYLE}}),
)
TRANSLATED: tuple[tuple[Scheme, dict[str, Any]], ...] = (
    ("light", {"resultTypes": ["violations"], "rules": {**OFF, **{rule: {"enabled": False} for rule in STYLE}}}),
)


@pytest.fixture
def page(open_page: Callable[[str], Page], program: Callable[[str], str]) -> Page:
    """A page that loads nothing from anywhere, and knows axe."""
    page = open_page(program("chromium"))
    if not page.evaluate("'axe' in window"):
        page.route("**/*", lambda route: route.abort())
        page.evaluate(AXE_SCRIPT)
    return page


def test_axe_finds_nothing(full_copies: list[Any], page: Page) -> None:
    axe = Axe(axe_script="")
    found = []
    for copy in full_copies:
        page.set_content(copy.html)
        for scheme, options in ORIGINAL if copy.is_original else TRANSLATED:
            page.emulate_media(color_scheme=scheme)
            report = axe.run(page, options=options)
            if report.violations_count:
                found.append(f"{copy.label}, {scheme}: {report.generate_report()}")
    assert not found, "\n".join(found)


def test_the_outline_is_read_in_a_sensible_order(
    full_copies: list[Any], page: Page, golden: Callable[[str, bytes], None]
) -> None:
    copy = full_copies[0]
    page.set_content(copy.html)
    outline = page.locator("body").aria_snapshot()

    golden(f"{copy.name}.aria.yml", f"{outline}\n".encode())
