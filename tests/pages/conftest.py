"""A small newsroom for the tests of pages: an item in English, one in Ukrainian, one withdrawn, made from real parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from digest.feeds.selection import build_feeds
from digest.items.model import Content, Correction, Photo, Withdrawal
from digest.newsroom.document import Document, Group
from digest.newsroom.log import Event, EventType
from digest.newsroom.pictures import Picture, Pictures, Rendition
from digest.newsroom.public import Newsroom, build_newsroom
from digest.pages.site import plan_pages
from digest.settings import Settings, build_settings
from digest.templates import Templates

PHOTO_HASH = "5f" * 32

NEWSROOM = """
[newsroom]
name = "Example Watch"
title = "Example Watch news"
tagline = "Reports for the press and for readers."
language = "LANGUAGE"
languages = ["en", "uk", "ar"]
zone = "Europe/London"
base_url = "https://news.example.org/press"
postal_address = "1 Example Street, London"
contact = "press@example.org"
tag_authority = "news.example.org,2022"
[topics.ukraine]
title = "Ukraine"
titles = { uk = "Україна", ar = "أوكرانيا" }
[topics.russia]
title = "Russia"
[topics.belarus]
title = "Belarus"
moved_to = "russia"
[kinds.press-release]
title = "Press release"
[kinds.update]
title = "Update"
[pictures]
hosts = ["pictures.example.org"]
"""


@dataclass
class Element:
    """A start tag with its attributes and the text directly inside it."""

    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page:
    """What the tests ask of a page."""

    elements: list[Element] = field(default_factory=list)

    def all(self, tag: str, /, **wanted: str) -> list[Element]:
        """The elements of that name whose attributes have these values."""
        return [e for e in self.elements if e.name == tag and all(e.attributes.get(k) == v for k, v in wanted.items())]


class _Parser(HTMLParser):
    _VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.page.elements.append(element)
        if tag not in self._VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a start"
        assert self.open.pop().name == tag, f"</{tag}> closes something else"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read_page(data: bytes) -> Page:
    """A page as its elements; fails when tags do not close in order."""
    parser = _Parser()
    parser.feed(data.decode())
    parser.close()
    assert not parser.open, f"never closed: {[e.name for e in parser.open]}"
    return parser.page


def make_content(name: str, **changes: Any) -> Content:
    day = changes.pop("day", date(2022, 2, 25))
    values: dict[str, Any] = {
        "id": name, "title": f"Title of {name}", "kind": "press-release", "topics": ("ukraine",),
        "summary": f"Summary of {name}.", "language": "en", "date": day,
        "date_at": datetime(day.year, day.month, day.day, tzinfo=UTC), "body": f"Body of *{name}*.",
    }  # fmt: skip
    return Content(**{**values, **changes})


def make_event(content: Content, number: int, **changes: Any) -> Event:
    local = content.photo is not None and not content.photo.is_remote
    values: dict[str, Any] = {
        "type": EventType.RELEASED, "item": content.id, "at": content.date_at,
        "entry_id": f"tag:news.example.org,2022:items/{content.id}", "content": content,
        "published_at": content.date_at, "updated_at": content.updated_at or content.date_at,
        "photo": PHOTO_HASH if local else None, "corrections": len(content.corrections), "number": number,
    }  # fmt: skip
    return Event(**{**values, **changes})


def sample_events() -> list[Event]:
    """Five items: with a photo; with a correction; in Ukrainian; in Arabic, a translation of the first; withdrawn."""
    photo = Photo(src="crowd.jpg", alt="A crowd", caption="In the square.", credit="Illustration: Example Watch")
    fix = Correction(date=date(2022, 2, 27), note="It was Tuesday.")
    gone = Withdrawal(date=date(2022, 2, 26), reason="The account could not be confirmed.")
    contents = [
        make_content("square", photo=photo, day=date(2022, 2, 28), topics=("russia", "ukraine")),
        make_content("hospital", corrections=(fix,), kind="update"),
        make_content("arkhiv", language="uk", title="Архів зачинено", summary="Двері зачинені.", body="Двері зачинені."),
        make_content("square-ar", language="ar", title="الساحة", translation_of="square", day=date(2022, 2, 28)),
        make_content(
            "taken-back", withdrawn=gone, body="Nobody may read this", issuer="Somebody", contact="secret@example.org"
        ),
    ]
    events = [make_event(content, number) for number, content in enumerate(contents, 1)]
    return [*events, make_event(contents[-1], 6, type=EventType.WITHDRAWN)]


@dataclass(frozen=True)
class House:
    """A newsroom's settings, items, pictures and templates, and its pages."""

    settings: Settings
    newsroom: Newsroom
    pictures: Pictures
    templates: Templates

    def plan(self, site_key: str = "", now: datetime | None = None, **more: Any) -> list[Group]:
        """All groups of pages."""
        feeds = build_feeds(self.newsroom, self.settings, now)
        return list(plan_pages(self.newsroom, self.settings, self.pictures, self.templates, feeds, site_key, **more))

    def documents(self, **more: Any) -> dict[str, Document]:
        """All pages before they are rendered, by their paths."""
        found = [document for group in self.plan(**more) for document in group.list()]
        assert len(found) == len({document.path for document in found}), "a path is there twice"
        return {document.path: document for document in found}

    def build(self, **more: Any) -> dict[str, bytes]:
        """All pages."""
        return {path: document.render() for path, document in self.documents(**more).items()}


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates()


@pytest.fixture(scope="session")
def open_house(templates: Templates) -> Callable[..., House]:
    """Makes a house from release events, in a language, with more lines of settings."""

    def make(events: list[Event] | None = None, language: str = "en", more: str = "") -> House:
        settings = build_settings(NEWSROOM.replace("LANGUAGE", language) + more, {})
        files = [Rendition(f"crowd-{width}.jpg", width, width * 9 // 16, 1000) for width in (1600, 1200, 400)]
        newsroom = build_newsroom(sample_events() if events is None else events)
        return House(settings, newsroom, {PHOTO_HASH: Picture(*files)}, templates)

    return make


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """The sample newsroom."""
    return open_house()


@pytest.fixture
def events() -> Callable[[], list[Event]]:
    """The events of the sample newsroom."""
    return sample_events


@pytest.fixture
def read() -> Callable[[bytes], Page]:
    return read_page


@pytest.fixture
def content() -> Callable[..., Content]:
    return make_content


@pytest.fixture
def event() -> Callable[..., Event]:
    return make_event
