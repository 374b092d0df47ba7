"""Every kind of page in a real browser: axe finds no violation, all is reached by keyboard, nothing needs a script."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

WIDTHS = (375, 1200)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STYLE = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]}}
"""The rules that a page may break at one width or in one colour scheme and keep in another."""
PAGES = {
    "front": "/",
    "item with corrections": "/items/preschool-cluster-munitions/",
    "item that was withdrawn": "/items/state-department-letter/",
    "item in another language": "/items/in-arabic/",
    "topic": "/topics/ukraine/",
    "topic without items": "/topics/empty/",
    "topic that ended": "/topics/over/",
    "topic that moved": "/topics/kremlin/",
    "archive": "/archive/",
    "year": "/archive/2022/",
    "year of months": "/archive/2020/",
    "month": "/archive/2020/02/",
    "feeds": "/feeds/",
    "feed": "/feeds/ukraine.html",
    "narrow feed": "/feeds/ukraine+press-release.html",
    "digest": "/editions/2022-w09-supporters/",
    "digest in another language": "/editions/2022-w09-supporters/ar/",
    "past digests": "/editions/",
    "no such page": "/404.html",
}
TOPICS = """
[topics.empty]
title = "Nothing yet"
[topics.old]
title = "What was"
[topics.over]
title = "Nobel Peace Prize"
ended = 2022-03-05
[topics.kremlin]
title = "The Kremlin"
moved_to = "russia"
"""
CORRECTED = """corrections:
  - {date: 2022-03-01, note: "An earlier version gave another day."}
  - {date: 2022-03-02, note: "The number was one, not two."}
updated: 2022-03-03T10:00:00+00:00
"""


@pytest.fixture
def sites(terminal: Any, root: Path, tmp_path: Path) -> dict[str, Path]:
    """The sample with everything that can happen to it, in English and in Arabic."""
    folder = terminal.folder
    shutil.copytree(root / "items", folder / "items", dirs_exist_ok=True)
    for name in ("newsroom.toml", "sample-readers.csv"):
        shutil.copy(root / name, folder / name)
    settings = folder / "newsroom.toml"
    settings.write_text(settings.read_text() + "combinations = true\n" + TOPICS)
    for number in range(110):
        terminal.item(f"old-{number}", f"Item {number}", f"2020-{1 + number % 11:02}-03", "over" if number < 3 else "old")
    terminal.item(
        "in-arabic", "عنوان", "2022-02-28", "russia", "نص قصير.", language="ar", translation_of="russia-anti-war-protests"
    )
    terminal.run("demo", "--once")
    _insert(folder / "items" / "2022-02-27-preschool-cluster-munitions.md", CORRECTED)
    gone = 'withdrawn: {date: 2022-03-05, reason: "It was published before it was sent."}\n'
    _insert(folder / "items" / "2022-02-16-state-department-letter.md", gone)
    terminal.variables["DIGEST_NOW"] = "2022-03-08T12:00:00+00:00"
    terminal.run("publish", "--at", "2022-03-08T12:00:00+00:00")
    shutil.copytree(folder / "public", tmp_path / "english")
    (folder / "items" / "in-arabic.md").unlink()
    settings.write_text(settings.read_text().replace('language = "en"', 'language = "ar"'))
    terminal.run("publish", "--at", "2022-03-08T12:00:00+00:00", expect=None)
    return {"english": tmp_path / "english", "arabic": folder / "public"}


def _insert(item: Path, lines: str) -> None:
    item.write_text(item.read_text().replace("\n---\n", f"\n{lines}---\n", 1))


@pytest.fixture
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=options)
        yield chromium
        chromium.close()


def stay(route: Route) -> None:
    """A page that leads on at once is looked at without that."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('http-equiv="refresh"', ""))


def look(browser: Browser, address: str, pages: dict[str, str]) -> list[str]:
    """What axe finds on pages: by every rule, and again by those of style for each width and colour scheme."""
    page = browser.new_page()
    page.route("**/topics/kremlin/", stay)
    axe, found = Axe(axe_script=""), []
    for name, path in pages.items():
        answer = page.goto(f"{address}{path}", wait_until="domcontentloaded")
        assert answer is not None and answer.ok, path
        page.evaluate(AXE_SCRIPT)
        for number, (width, scheme) in enumerate(product(WIDTHS, SCHEMES)):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            report = axe.run(page, options=STYLE if number else None)
            if report.violations_count:
                found.append(f"{name}, {width}, {scheme}: {report.generate_report()}")
    page.close()
    return found


def test_axe_finds_nothing(sites: dict[str, Path], browser: Browser, serve: Callable[[Path], str]) -> None:
    assert look(browser, serve(sites["english"]), PAGES) == []
    few = {name: PAGES[name] for name in ("front", "item with corrections", "feeds", "feed", "month", "digest")}
    assert look(browser, serve(sites["arabic"]), few) == []


def test_everything_is_reached_by_keyboard(sites: dict[str, Path], browser: Browser, serve: Callable[[Path], str]) -> None:
    """Every link takes its turn and shows that it has it; one click marks an address, for copying without a script."""
    address = serve(sites["english"])
    page = browser.new_page(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    for path in ("/", "/items/preschool-cluster-munitions/", "/feeds/ukraine.html"):
        page.goto(f"{address}{path}")
        wanted = page.eval_on_selector_all("a[href]:not([tabindex='-1'])", "links => links.map(a => a.getAttribute('href'))")
        reached = [_step(page) for _ in wanted]
        assert [href for href, _ in reached] == wanted, path
        assert wanted[0] == "#main", "the first one leads past the masthead"
        assert not [href for href, shown in reached if not shown], path
    page.goto(address)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    page.goto(f"{address}/feeds/ukraine.html")
    page.click(".addresses code >> nth=0")
    assert page.evaluate("String(getSelection()).trim()") == "http://127.0.0.1:8080/feeds/ukraine.atom"


def _step(page: Page) -> tuple[str, bool]:
    """Go to the next link: where it leads, and whether one sees that it has the focus."""
    page.keyboard.press("Tab")
    found: list[Any] = page.evaluate(
        """() => {
            const link = document.activeElement, style = getComputedStyle(link), box = link.getBoundingClientRect();
            const seen = box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight;
            return [link.getAttribute("href"), seen && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
        }"""
    )
    return found[0], found[1]
