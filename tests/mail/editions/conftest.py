"""The golden editions, made as a press makes them: items, a newsroom of their events, a variant, its proof, its message.

tests/golden/editions.toml says what each carries, tests/golden/newsroom/ holds the items.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, sync_playwright

from digest.editions.content import CarriedItem, VariantContent
from digest.editions.edition import Choices, Edition
from digest.items.model import Content
from digest.mail.compile import CompiledMessage, splice
from digest.mail.filling import Filling
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.proof import Proof, build_proof
from digest.mail.slotted import fill
from digest.newsroom.log import Event, EventType
from digest.newsroom.pictures import Picture, Pictures, Rendition
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings, build_settings
from digest.templates import Templates

GOLDEN = Path(__file__).parents[2] / "golden"
ROOT = GOLDEN.parents[1]
BASE = "https://newsroom.example.org"
LEAVE = f"{BASE}/u/{'A' * 36}"
MOMENT = datetime(2022, 2, 28, 18, tzinfo=UTC)
LANGUAGES = ("en", "uk", "ru", "ar", "fr", "es")
RECIPES: dict[str, dict[str, Any]] = tomllib.loads((GOLDEN / "editions.toml").read_text("utf-8"))
PERIODS = {"weekly": "2022-w09", "daily": "2022-02-28", "at-once": "2022-02-28"}
SIZES = {"barred-window": (800, 1200), "letters": (320, 180)}
"""Of photos that are not 1200 by 675 pixels: one is upright, one smaller than a letter is wide."""


@dataclass(frozen=True)
class Copy:
    """A golden edition in one language, as one reader gets it: the letter, both parts, the message without a signature."""

    name: str
    proof: Proof
    message: CompiledMessage
    data: bytes

    @property
    def letter(self) -> Letter:
        """What it shows."""
        return self.proof.letter

    @property
    def html(self) -> str:
        """The HTML part; there is none in discreet form."""
        assert self.proof.html is not None
        return fill(self.proof.html, LEAVE)

    @property
    def text(self) -> str:
        """The text part."""
        return fill(self.proof.text, LEAVE)

    @property
    def leave_url(self) -> str:
        """The link to leave of this reader."""
        return LEAVE

    @property
    def is_original(self) -> bool:
        """Whether it is in the language in which it is kept as files."""
        return bool(RECIPES[self.name]["language"] == self.letter.language)

    @property
    def has_own_title(self) -> bool:
        """Whether staff wrote the title, in whatever language."""
        return "title" in RECIPES[self.name]

    @property
    def label(self) -> str:
        """What it is called in a complaint."""
        return f"{self.name} in {self.letter.language}"


def _read_contents(settings: Settings) -> Iterator[Content]:
    zone = ZoneInfo(settings.newsroom.zone)
    for language in LANGUAGES:
        for values in tomllib.loads((GOLDEN / "newsroom" / f"{language}.toml").read_text("utf-8"))["items"]:
            yield Content(**{"language": "en", "date_at": datetime.combine(values["date"], time(), zone), **values})


def _build_events(content: Content) -> Iterator[Event]:
    """Released as it stands, then corrected and withdrawn, each as often as it says."""
    moment = datetime.combine(content.date, time(12), UTC)
    types = [EventType.RELEASED, *[EventType.CORRECTED] * len(content.corrections)]
    types += [EventType.WITHDRAWN] if content.withdrawn else []
    for count, kind in enumerate(types):
        yield Event(
            type=kind, item=content.id, at=moment, content=content, published_at=moment,
            entry_id=f"tag:newsroom.example.org,2021:items/{content.id}", updated_at=content.updated_at or moment,
            photo=content.photo.src if content.photo else None, corrections=min(count, len(content.corrections)),
        )  # fmt: skip


def _build_picture(source: str) -> Picture:
    stem = source.removesuffix(".jpg")
    whole = SIZES.get(stem, (1200, 675))

    def rendition(width: int) -> Rendition:
        scale = min(1, width / whole[0])
        return Rendition(f"{stem}-{width}.jpg", round(whole[0] * scale), round(whole[1] * scale), 50_000)

    return Picture(rendition(1600), rendition(1200), rendition(400))


def _repeat(contents: Sequence[Content], count: int) -> Iterator[Content]:
    for number in range(count):
        round_number, place = divmod(number, len(contents))
        content = contents[place]
        ending = {"id": f"{content.id}-{round_number}", "title": f"{content.title} ({round_number + 1})"}
        yield Content(**content.model_dump() | ending) if round_number else content


class Press:
    """Makes the golden editions of one state of the templates, each once."""

    def __init__(self, templates: Templates) -> None:
        text = (ROOT / "newsroom.toml").read_text("utf-8")
        self.settings = build_settings(text.replace("http://127.0.0.1:8080", BASE), {})
        self._templates = templates
        self._inliner = Inliner(templates)
        self._contents = {content.id: content for content in _read_contents(self.settings)}
        self.make = cache(self._make)

    def _make(self, name: str, language: str = "") -> Copy:
        recipe = RECIPES[name]
        new = [self._contents[item] for item in recipe.get("new", ())]
        new = [*_repeat(new, recipe["count"])] if "count" in recipe else new
        corrected = [self._contents[item] for item in recipe.get("corrected", ())]
        withdrawn = [self._contents[item] for item in recipe.get("withdrawn", ())]
        newsroom = build_newsroom(chain.from_iterable(map(_build_events, (*new, *corrected, *withdrawn))))
        content = VariantContent(
            language=language or recipe["language"],
            form=recipe.get("form", "full"),
            new=tuple(CarriedItem(one.id, len(one.corrections), next(iter(one.topics), "")) for one in new),
            corrected=tuple((one.id, max(1, len(one.corrections))) for one in corrected),
            withdrawn=tuple(one.id for one in withdrawn),
        )
        proof = build_proof(content, self._fill(recipe, newsroom), self._inliner)
        message = proof.compile(MOMENT, len(LEAVE))
        message_id = f"<{'a' * 26}@{proof.letter.sender.domain}>"
        data = splice(message, to=b"reader@example.org", message_id=message_id.encode(), leave_url=LEAVE.encode())
        return Copy(name, proof, message, data)

    def _fill(self, recipe: Mapping[str, Any], newsroom: Newsroom) -> Filling:
        rhythm, list_id = recipe.get("rhythm", "weekly"), recipe.get("list", "supporters")
        edition = Edition(
            id=f"{PERIODS[rhythm]}-{list_id}", list_id=list_id, rhythm=rhythm, period=PERIODS[rhythm], moment=MOMENT,
            horizon=newsroom.end, changed_by="ada", changed_what="prepare", changed_at=MOMENT,
            choices=Choices(**{key: recipe[key] for key in ("title", "subject", "introduction") if key in recipe}),
        )  # fmt: skip
        pictures: Pictures = {}
        if recipe.get("pictures", True):
            pictures = {item.photo: _build_picture(item.photo) for item in newsroom if item.photo}
        return Filling(edition, newsroom, pictures, self.settings, self._templates)


@pytest.fixture(scope="session")
def press(templates: Templates) -> Press:
    """Makes golden editions with the shipped templates."""
    return Press(templates)


@pytest.fixture(params=RECIPES)
def name(request: pytest.FixtureRequest) -> str:
    """Each golden edition's name in turn."""
    return str(request.param)


@pytest.fixture
def copy(name: str, press: Press) -> Copy:
    """Each golden edition in turn, in its own language."""
    return press.make(name)


@pytest.fixture
def copies(name: str, press: Press) -> list[Copy]:
    """Each golden edition in turn, in every language."""
    return [press.make(name, language) for language in LANGUAGES]


@pytest.fixture(params=[name for name, recipe in RECIPES.items() if recipe.get("form") != "discreet"])
def full_copies(request: pytest.FixtureRequest, press: Press) -> list[Copy]:
    """Each golden edition with HTML in turn: first in its own language, then, if it is not a long one, in every other."""
    recipe = RECIPES[request.param]
    others = () if "count" in recipe else [language for language in LANGUAGES if language != recipe["language"]]
    return [press.make(request.param, language) for language in (recipe["language"], *others)]


@pytest.fixture(scope="session")
def all_copies(press: Press) -> Callable[[], list[Copy]]:
    """Makes every golden edition in every language."""
    return lambda: [press.make(name, language) for name in RECIPES for language in LANGUAGES]


@pytest.fixture
def golden(refresh_golden: bool) -> Callable[[str, bytes], None]:
    """Compares octets with a golden file of mail, or writes it anew."""

    def compare(file_name: str, data: bytes) -> None:
        file = GOLDEN / "mail" / file_name
        if refresh_golden:
            file.write_bytes(data)
        assert file.read_bytes() == data, f"{file_name} differs; look at it, then run pytest --refresh-golden"

    return compare


@pytest.fixture(scope="module")
def open_page() -> Iterator[Callable[[str], Page]]:
    """Gives the page of a Chromium that is started once for all tests of a module."""
    opened: list[Page] = []
    with sync_playwright() as playwright:

        def give(path: str) -> Page:
            if not opened:
                options = ["--no-sandbox"] if os.geteuid() == 0 else []
                opened.append(playwright.chromium.launch(executable_path=path, args=options).new_page())
            return opened[0]

        yield give
