"""A designer, a translator and an officer at work: what they save appears in the browser, and nothing else happens."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

LOOKS = {
    "html": "/",
    "arabic": "/?language=ar&items=mixed&light=both",
    "text": "/?part=text&light=both",
    "source": "/?part=source",
    "discreet": "/?form=discreet",
    "confirmation": "/?items=letter:confirmation",
    "long, with findings": "/?items=60&pictures=blocked",
}


class Preview:
    """`digest preview` in a process of its own."""

    def __init__(self, terminal: Any, *words: str) -> None:
        command = [sys.executable, "-W", "error", "-m", "digest", "preview", "--listen", "127.0.0.1:0", *words]
        environment = {**os.environ, **terminal.variables, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            command, cwd=terminal.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.line = self._process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", self.line)
        if not found:
            pytest.fail(f"it does not say where it is: {self.line!r} {self._process.communicate(timeout=20)}")
        self.address = found[0]

    def end(self) -> tuple[int, str, str, float]:
        """End it as Ctrl-C does: exit status, what else it printed, complaints, and how many seconds that took."""
        begun = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        printed, complaints = self._process.communicate(timeout=20)
        return self._process.returncode, printed, complaints, time.monotonic() - begun

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def sample(terminal: Any, root: Path) -> Any:
    """The sample's items and settings."""
    shutil.copytree(root / "items", terminal.folder / "items", dirs_exist_ok=True)
    shutil.copy(root / "newsroom.toml", terminal.folder)
    return terminal


@pytest.fixture
def preview(sample: Any) -> Iterator[Preview]:
    running = Preview(sample)
    yield running
    running.kill()


@pytest.fixture
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, preview: Preview) -> Iterator[Page]:
    """A page that is told of changes; it must meet no error while it is open."""
    opened = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.goto(preview.address)
    expect(opened.get_by_role("status")).to_have_text("Every change is shown at once.")
    yield opened
    opened.close()
    assert faults == []


def colour(page: Page, selector: str, frame: int = 0) -> str:
    """The ground of something in a letter, as the browser paints it."""
    inside = page.frame_locator(f"main:not(.is-waiting) figure >> nth={frame} >> iframe").locator(selector).first
    return str(inside.evaluate("one => getComputedStyle(one).backgroundColor"))


def choose(page: Page, group: str, name: str) -> None:
    """Choose one of a few, as with a mouse."""
    page.get_by_role("group", name=group, exact=True).get_by_role("radio", name=name, exact=True).check()


def wait_for(page: Page, holds: Callable[[], bool], seconds: float = 10) -> float:
    """How long it took until something held."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            if holds():
                return time.monotonic() - begun
        except Exception:  # noqa: BLE001 (a letter is just being exchanged for the next)
            pass
        page.wait_for_timeout(20)
    raise AssertionError("it did not appear")


def test_a_colour_a_sentence_and_an_item_appear_as_they_are_saved(sample: Any, page: Page) -> None:
    page.evaluate("window.scrollTo(0, 400)")
    page.evaluate("window.isStillHere = true")
    sample.write("templates/theme.toml", '[light]\naccent = "#00c2a8"\n')
    wait_for(page, lambda: colour(page, ".chip") == "rgb(0, 194, 168)")
    assert page.evaluate("[window.scrollY, window.isStillHere]") == [400, True]
    wait_for(
        page, lambda: page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent')") == "#00c2a8"
    )

    sample.item("fresh", "Ein neuer Titel", "2022-03-01")
    letter = page.frame_locator("main:not(.is-waiting) figure >> nth=0 >> iframe")
    expect(letter.get_by_text("Ein neuer Titel")).to_be_visible()

    shutil.copytree(Path(__file__).parents[2] / "templates" / "locale", sample.folder / "templates" / "locale")
    sentences = sample.folder / "templates" / "locale" / "fr.po"
    page.get_by_label("Language").select_option("fr")
    page.wait_for_url("**/?language=fr")
    sentences.write_text(re.sub(r'(msgid "The week"\nmsgstr) ".*"', r'\1 "La semaine nouvelle"', sentences.read_text()))
    expect(letter.get_by_role("heading", level=1)).to_have_text("La semaine nouvelle")
    assert page.evaluate("window.isStillHere"), "the page was never loaded again"


def test_a_change_is_seen_in_about_a_second(sample: Any, page: Page, preview: Preview) -> None:
    page.goto(f"{preview.address}/?items=12")
    expect(page.get_by_role("status")).to_have_text("Every change is shown at once.")
    took = []
    for accent, painted in (
        ("#00c2a8", "rgb(0, 194, 168)"),
        ("#ff8800", "rgb(255, 136, 0)"),
        ("#ffd60a", "rgb(255, 214, 10)"),
    ):
        sample.write("templates/theme.toml", f'[light]\naccent = "{accent}"\n')
        took.append(wait_for(page, lambda painted=painted: colour(page, ".chip") == painted))  # type: ignore[misc]
    assert min(took) < 1.5, took


def test_a_broken_theme_is_explained_and_mends_itself(sample: Any, page: Page) -> None:
    sample.write("templates/theme.toml", '[light]\naccent = "yellowish"\n')
    expect(page.get_by_role("alert")).to_contain_text("yellowish")
    expect(page.get_by_role("alert")).to_contain_text("templates/theme.toml")
    sample.write("templates/theme.toml", '[light]\naccent = "#00c2a8"\n')
    wait_for(page, lambda: colour(page, ".chip") == "rgb(0, 194, 168)")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_light_and_dark_are_shown_in_any_browser(page: Page) -> None:
    assert colour(page, "body") == "rgb(244, 243, 239)"
    choose(page, "Light", "Dark")
    page.wait_for_url("**/?light=dark")
    wait_for(page, lambda: colour(page, "body") == "rgb(18, 18, 20)")
    page.emulate_media(color_scheme="dark")
    choose(page, "Light", "Both")
    wait_for(page, lambda: page.locator("main:not(.is-waiting) iframe").count() == 4)
    wait_for(page, lambda: [colour(page, "body", number) for number in (0, 2)] == ["rgb(244, 243, 239)", "rgb(18, 18, 20)"])
    page.go_back()
    page.wait_for_url("**/?light=dark")
    wait_for(page, lambda: colour(page, "body") == "rgb(18, 18, 20)")
    assert page.locator("input[name=light]:checked").input_value() == "dark"


def test_frames_are_as_high_as_letters_and_letters_no_wider_than_screens(page: Page, preview: Preview) -> None:
    for query in (
        "?items=12",
        "?items=mixed&language=ar",
        "?items=letter:confirmation&language=uk",
        "?items=60&pictures=blocked",
    ):
        page.goto(f"{preview.address}/{query}")
        wait_for(page, lambda: page.evaluate(FITS) == [True, True])
        assert page.locator(".wide:visible").count() == 0, query


FITS = """() => [...document.querySelectorAll("iframe")].map(frame => {
  const root = frame.contentDocument.documentElement;
  return root.scrollHeight <= frame.clientHeight + 1 && frame.clientHeight < root.getBoundingClientRect().height + 2
    && frame.clientHeight > 300;
})"""


def test_pictures_can_be_blocked(page: Page) -> None:
    loaded = "one => one.naturalWidth"
    frame = page.frame_locator("main:not(.is-waiting) figure >> nth=0 >> iframe")
    wait_for(page, lambda: frame.locator("img").first.evaluate(loaded) > 0)
    choose(page, "Pictures", "Blocked")
    page.wait_for_url("**/?pictures=blocked")
    wait_for(page, lambda: frame.locator("img").first.evaluate(loaded) == 0)
    assert frame.locator("img").first.get_attribute("alt")


def test_choices_work_by_keyboard_and_keep_their_place(page: Page) -> None:
    page.locator("input[name=form]:checked").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/?form=discreet")
    expect(page.locator("main:not(.is-waiting) pre")).to_have_count(2)
    assert page.evaluate("[document.activeElement.name, document.activeElement.value]") == ["form", "discreet"]


def test_everything_works_without_scripts(browser: Browser, preview: Preview) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(preview.address)
    page.get_by_label("Language").select_option("ar")
    choose(page, "Light", "Dark")
    page.get_by_role("button", name="Show").click()
    assert "language=ar" in page.url and "light=dark" in page.url
    frame = page.frame_locator("iframe >> nth=0")
    assert frame.locator("html").get_attribute("dir") == "rtl"
    page.close()


def test_axe_finds_nothing_and_a_phone_is_wide_enough(browser: Browser, preview: Preview, sample: Any) -> None:
    sample.write("items/broken.md", "---\ntitle: A title: with a colon\n---\nBody.")
    page = browser.new_page()
    axe, found = Axe(axe_script=""), []
    for name, path in LOOKS.items():
        page.goto(f"{preview.address}{path}")
        page.evaluate(AXE_SCRIPT)
        for width, scheme in product((375, 1440), ("light", "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            report = axe.run(page)
            if report.violations_count:
                found.append(f"{name}, {width}, {scheme}: {report.generate_report()}")
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                found.append(f"{name}, {width}: {over} pixels wider than the screen")
    assert found == []


def test_it_ends_quietly_with_pages_open_and_leaves_nothing_behind(sample: Any, page: Page, preview: Preview) -> None:
    before = sorted(sample.folder.rglob("*"))
    page.get_by_label("Language").select_option("uk")
    page.wait_for_url("**/?language=uk")
    status, printed, complaints, seconds = preview.end()
    assert (status, printed, complaints) == (0, "", "")
    assert seconds < 3
    assert sorted(sample.folder.rglob("*")) == before
    expect(page.get_by_role("status")).to_contain_text("has stopped")


def test_a_new_site_can_be_looked_at_where_nothing_may_be_written(terminal: Any, tmp_path: Path) -> None:
    terminal.run("init", str(tmp_path / "news"))
    terminal.folder = tmp_path / "news"
    before = sorted(terminal.folder.rglob("*"))
    for path in (terminal.folder, *before):
        path.chmod(path.stat().st_mode & ~0o222)
    running = Preview(terminal)
    try:
        import urllib.request

        with urllib.request.urlopen(running.address) as answer:
            assert "newsroom is open" in answer.read().decode()
    finally:
        running.kill()
        for path in (terminal.folder, *before):
            path.chmod(path.stat().st_mode | 0o200)
    assert sorted(terminal.folder.rglob("*")) == before


@pytest.mark.parametrize("listen", ["0.0.0.0:8091", "news.example.org:80", "127.0.0.1", "127.0.0.1:x", "192.0.2.1:8091"])
def test_it_listens_on_this_machine_alone(sample: Any, listen: str) -> None:
    printed = sample.run("preview", "--listen", listen, expect=2)
    assert "listens on this machine alone" in printed
