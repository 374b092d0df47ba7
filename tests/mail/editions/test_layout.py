"""Golden editions in a real browser: narrow and wide, light and dark, pictures on and off, and as webmail shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, Route

WIDTHS = (320, 375, 700)
Scheme = Literal["light", "dark"]
ALL: tuple[tuple[Scheme, int], ...] = tuple((scheme, width) for scheme in ("light", "dark") for width in WIDTHS)
FEW: tuple[tuple[Scheme, int], ...] = (("light", 320), ("dark", 700))
"""In which schemes and at which widths a letter is looked at; another language changes words only, and the direction."""
MEASURE = (Path(__file__).parent / "measure.js").read_text("utf-8")


class _Tags(HTMLParser):
    """The names of a page's start tags in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)


@pytest.fixture
def page(open_page: Callable[[str], Page], program: Callable[[str], str]) -> Iterator[Page]:
    """A page that loads nothing from anywhere."""
    page = open_page(program("chromium"))
    page.route("**/*", lambda route: route.abort())
    page.emulate_media(color_scheme="light")
    yield page
    page.unroute_all()


def _two(copies: Iterable[Any]) -> list[Any]:
    """A letter in its own language and in Arabic: what depends on the markup, and on the direction at most."""
    return [copy for copy in copies if copy.is_original or copy.letter.language == "ar"]


def _measure(page: Page, copy: Any, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    found: list[str] = page.evaluate(MEASURE, [copy.letter.web_url, copy.leave_url])
    return found


def _measure_all(page: Page, copy: Any, views: Iterable[tuple[Scheme, int]]) -> Iterator[str]:
    page.set_content(copy.html)
    for scheme, width in views:
        page.emulate_media(color_scheme=scheme)
        for fault in _measure(page, copy, width):
            yield f"{copy.label}, {width}, {scheme}: {fault}"


def test_a_letter_without_pictures_is_a_good_page(full_copies: list[Any], page: Page) -> None:
    found = [fault for copy in full_copies for fault in _measure_all(page, copy, ALL if copy.is_original else FEW)]

    assert not found, "\n".join(found)


def test_a_letter_with_pictures_is_a_good_page(full_copies: list[Any], page: Page, root: Path) -> None:
    copy = full_copies[0]

    def show(route: Route) -> None:
        found = re.search(r"/photos/([\w-]+)-\d+\.jpg$", route.request.url)
        assert found, f"a letter loads {route.request.url}"
        route.fulfill(path=root / "items" / "photos" / f"{found[1]}.jpg")

    page.route("**/*", show)
    found = [*_measure_all(page, copy, ALL)]
    assert not found, "\n".join(found)


def test_small_pictures_vanish_from_a_phone_with_their_credits(full_copies: list[Any], page: Page) -> None:
    for copy in _two(full_copies):
        small = [item.small_picture for item in copy.letter.items[1:] if item.small_picture]
        page.set_content(copy.html)
        for width, is_there in ((479, False), (700, True)):
            page.set_viewport_size({"width": width, "height": 900})
            seen = page.inner_text("body")
            for picture in small:
                is_lead = copy.letter.lead.picture and picture.credit == copy.letter.lead.picture.credit
                assert (picture.credit in seen) is (is_there or bool(is_lead)), f"{copy.label}, {width}"
            visible = page.evaluate("[...document.images].filter((image) => image.checkVisibility()).length")
            assert visible == bool(copy.letter.lead and copy.letter.lead.picture) + len(small) * is_there, copy.label


def test_webmail_that_drops_head_and_styles_shows_a_readable_letter(full_copies: list[Any], page: Page) -> None:
    """Some webmail keeps what stands inside the body, and of styles those in the elements."""
    found = []
    for copy in full_copies:
        left = re.sub(r"(?s)^.*?<body[^>]*>|</body>.*|<!--.*?-->| class=\"[^\"]*\"", "", copy.html)
        assert "<style" not in left
        page.set_content(f"<!DOCTYPE html><html lang='en'><title>Webmail</title><div>{left}</div>")
        for width in (375, 700) if copy.is_original else (375,):
            found += [f"{copy.label}, {width}: {fault}" for fault in _measure(page, copy, width)]
    assert not found, "\n".join(found)


def test_a_browser_reads_the_elements_as_they_were_written(full_copies: list[Any], page: Page) -> None:
    """Nothing is misplaced, added or dropped when an HTML5 parser reads it, but for the bodies of tables."""
    for copy in _two(full_copies):
        page.set_content(copy.html)
        read = page.evaluate("[...document.querySelectorAll('*')].map((element) => element.localName)")
        assert [tag for tag in read if tag != "tbody"] == _Tags(copy.html).names, copy.label
