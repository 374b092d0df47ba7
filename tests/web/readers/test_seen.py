"""The readers' pages in a real browser, in English and Arabic: axe finds nothing, also with text twice as large."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from digest.templates import Templates

PROGRAM = """
import sys
from pathlib import Path
from digest.settings import Site, build_settings
from digest.web.public_site import build_app
from digest.web.readers.app import ReaderApp, build_reader_routes
from digest.web.serving import listen, serve

folder = Path(sys.argv[1])
site = Site(folder, build_settings((folder / "newsroom.toml").read_text(), {}))
listener = listen("127.0.0.1", 0)
app = build_app(site, build_reader_routes(ReaderApp(lambda: site)))
serve(app, listener, lambda: print(listener.getsockname()[1], flush=True))
"""
STYLE = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}}
LARGER = """() => {
    const all = [...document.querySelectorAll("body *")].map(one => [one, getComputedStyle(one)])
        .map(([one, style]) => [one, parseFloat(style.fontSize), parseFloat(style.lineHeight)]);
    for (const [one, size, line] of all) {
        one.style.fontSize = `${2 * size}px`;
        one.style.lineHeight = isNaN(line) ? "normal" : `${2 * line}px`;
    }
}"""
OPEN = "() => document.querySelectorAll('details').forEach(one => { one.open = true })"


@pytest.fixture
def served(door: Any) -> Iterator[str]:
    """The site's address, over sockets, by the real clock."""
    from digest.clock import real_now

    door.now = real_now()
    public = door.folder / "public"
    public.mkdir()
    for name, template in (("style.css", "site.css"), ("favicon.svg", "favicon.svg")):
        (public / name).write_text(Templates().render(f"pages/{template}", "en"))
    (door.folder / "newsroom.toml").write_text(door.settings)
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(door.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


@pytest.fixture
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=options)
        yield chromium
        chromium.close()


def walk(page: Page, address: str, door: Any, language: str, form: str) -> Iterator[str]:
    """Goes through every page as a reader would, and stops at each; its name."""
    query = f"?language={language}"
    readers = [door.enrol(f"{name}@example.org", language=language, form=form) for name in ("first", "second")]
    door.enrol("first@example.org", "press", rhythm="daily", topics=(), language=language, form=form)
    for name, path in (("lists", "/subscribe/"), ("ask", "/preferences/"), ("form", "/subscribe/supporters")):
        page.goto(f"{address}{path}{query}")
        yield name
    page.check("[name=scope][value=some]")
    page.check("[name=topic][value=russia]")
    page.select_option("select", language)
    page.check(f"[name=form][value={form}]")
    page.fill("[name=address]", "new@example.org")
    page.evaluate("document.querySelector('[name=website]').value = 'filled in'")
    page.click("button[value=subscribe]")
    yield "form to mend"
    page.click("button[value=subscribe]")
    yield "look into your mail"
    (confirm,) = door.links("confirm")
    page.goto(f"{address}{confirm}")
    yield "confirm"
    page.click("button")
    yield "welcome"
    page.goto(f"{address}/preferences/{door.choices_token(readers[0])}")
    page.evaluate(OPEN)
    yield "choices"
    page.evaluate("document.querySelectorAll('form').forEach(one => { one.noValidate = true })")
    page.click("button[value=move]")
    yield "choices to mend"
    page.goto(f"{address}/u/{door.leave_token(readers[1])}")
    yield "leave"
    page.click("button[value=leave]")
    yield "left"
    page.click("button[value=return]")
    yield "back"
    page.goto(f"{address}/u/nothing{query}")
    yield "no such link"


@pytest.mark.parametrize(("language", "form"), [("en", "full"), ("ar", "discreet")])
def test_axe_finds_nothing_also_with_larger_text(language: str, form: str, door: Any, served: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme="light")
    page, axe, found = context.new_page(), Axe(axe_script=""), []
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for name in walk(page, served, door, language, form):
        page.evaluate(AXE_SCRIPT)
        for width, scheme in ((1200, "light"), (375, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if width == 375:
                page.evaluate(LARGER)
            report = axe.run(page, options=None if width == 1200 else STYLE)
            if report.violations_count:
                found.append(f"{name}, {width}, {scheme}: {report.generate_report()}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{name}, {width}, {scheme}: wider than the screen")
    context.close()

    assert found == []
    assert [one for one in errors if "422" not in one and "404" not in one] == []


def test_everything_works_without_scripts_and_by_keyboard(door: Any, served: str, browser: Browser) -> None:
    """Signing up with the keyboard alone, scripts switched off; the field that nobody sees is never reached."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/subscribe/supporters")
    page.focus("[name=address]")
    page.keyboard.type("keys@example.org")
    page.wait_for_timeout(3000)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Please look into your mail")
    (confirm,) = door.links("confirm")
    page.goto(f"{served}{confirm}")
    page.focus("button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Welcome")
    context.close()

    assert door.person("keys@example.org")[0].is_active
