"""Single letters in a real browser: axe finds nothing, and no link however long makes a phone scroll sideways."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

WIDTH = 320
"""Of the narrowest phones that are still in use, in CSS pixels."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def page(program: Callable[[str], str]) -> Iterator[Page]:
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=program("chromium"), args=options)
        yield browser.new_page(viewport={"width": WIDTH, "height": 700})
        browser.close()


@pytest.fixture
def letters(root: Path) -> list[Path]:
    """The golden pages, one of each kind and language."""
    return sorted((root / "tests" / "golden" / "mail" / "single").glob("*.html"))


def _widest(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found


def test_single_letters_are_fit_for_everybody(page: Page, letters: list[Path]) -> None:
    axe, found = Axe(axe_script=""), []
    for file in letters:
        page.set_content(file.read_text("utf-8"))
        page.evaluate(AXE_SCRIPT)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            report = axe.run(page, options=RULES)
            if report.violations_count:
                found.append(f"{file.name}, {scheme}: {report.generate_report()}")
        if _widest(page) > WIDTH:
            found.append(f"{file.name}: {_widest(page)} pixels wide")
    assert len(letters) >= 31
    assert found == []


def test_the_button_can_be_hit_with_a_thumb(page: Page, letters: list[Path]) -> None:
    """At least 44 pixels high and, on a phone, as wide as the letter; it is the only thing that looks like one."""
    for file in letters:
        page.set_content(file.read_text("utf-8"))
        boxes: list[Any] = [link.bounding_box() for link in page.query_selector_all("a.press")]
        assert len(boxes) == (0 if file.name.startswith(("last-goodbye", "notice")) else 1), file.name
        assert all(box["height"] >= 44 and box["width"] >= 260 for box in boxes), file.name
