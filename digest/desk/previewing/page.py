"""What stands around a letter that is looked at: the choices, the frames it is shown in, its sizes, what is wrong."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import groupby, product
from typing import Any
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError

from digest.desk.previewing.choosing import EXTENTS, LETTER, TOPIC, Choice, list_topics, read_choice
from digest.desk.previewing.gathering import Material
from digest.desk.previewing.looking import Sheet
from digest.errors import DigestError, Problem
from digest.mail.fitting import HTML_LIMIT
from digest.settings import Settings
from digest.templates import direction

__all__ = ["Page", "build_page", "build_query"]

_PARAMETERS = {"list_id": "list", "carries": "items"}
_EXTENTS = {
    "5": "The newest 5 items",
    "1": "The newest item alone",
    "12": "The newest 12 items",
    "all": "All items",
    "60": "60 items (repeated)",
    "mixed": "3 items and notices",
    "notices": "Notices alone",
}
_CHOICES: dict[str, tuple[str, dict[str, str]]] = {
    "form": ("Form", {"full": "Full", "discreet": "Discreet"}),
    "pictures": ("Pictures", {"shown": "Shown", "blocked": "Blocked", "none": "None"}),
    "part": ("Part", {"html": "HTML", "text": "Text", "source": "Source"}),
    "width": ("Width", {"both": "Both", "phone": "Phone", "desktop": "Desktop"}),
    "light": ("Light", {"light": "Light", "dark": "Dark", "both": "Both"}),
}
_LETTERS = {
    "confirmation": "Please confirm",
    "present": "You already get it",
    "preferences": "The link to change choices",
    "goodbye": "Goodbye",
    "press-feed": "A private feed's address",
    "approval-wanted": "A notice to staff",
}
_RHYTHMS = {"weekly": "Weekly", "daily": "Daily", "at-once": "At once"}
_WIDTHS = {"phone": 375, "desktop": 700}
_SHOWN_HEADERS = 24


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen; those of a `group` stand together under its name."""

    value: str
    label: str
    is_chosen: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """One choice: `name` in the query, and what is chosen when the query does not say; `is_short` when all fit in a row."""

    name: str
    title: str
    options: tuple[Option, ...]
    default: str
    is_short: bool = True

    @property
    def grouped(self) -> tuple[tuple[str, tuple[Option, ...]], ...]:
        """The options by their groups, in their order."""
        return tuple((group, tuple(options)) for group, options in groupby(self.options, lambda option: option.group))


@dataclass(frozen=True, slots=True)
class Frame:
    """One showing of the letter: `screen` is phone or desktop, `width` in CSS pixels, `address` that of its HTML."""

    screen: str
    width: int
    light: str
    address: str

    @property
    def title(self) -> str:
        """What it shows, in words."""
        return f"{self.screen.capitalize()}, {self.width} pixels, {self.light}"


@dataclass(frozen=True, slots=True)
class Size:
    """How large something is in octets; `limit` when there is one."""

    title: str
    octets: int
    limit: int = 0

    @property
    def words(self) -> str:
        """In thousands of octets, as mail services count."""
        return f"{self.octets / 1000:.1f} kB" + (f" of {self.limit // 1000}" if self.limit else "")


@dataclass(frozen=True, slots=True)
class Carried:
    """An item that the letter carries: its title and language, its file, and what keeps it from being sent today."""

    title: str
    language: str
    direction: str
    file: str
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page shows. Without a sheet `trouble` says why there is no letter."""

    newsroom: str
    token: str
    controls: tuple[Control, ...] = ()
    drafts: bool = False
    query: str = ""
    choice: Choice | None = None
    sheet: Sheet | None = None
    trouble: DigestError | None = None
    frames: tuple[Frame, ...] = ()
    sizes: tuple[Size, ...] = ()
    carried: tuple[Carried, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    item_count: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def snippet(self) -> str:
        """What a list of letters shows beside the subject: the preheader, else how the text begins."""
        assert self.sheet is not None
        return self.sheet.preheader if self.sheet.html else " ".join(self.sheet.text.split())[:150]

    @property
    def initial(self) -> str:
        """The first letter of the sender's name."""
        assert self.sheet is not None
        return self.sheet.sender[:1].upper()

    @property
    def direction(self) -> str:
        """The direction of the letter's script."""
        assert self.choice is not None
        return direction(self.choice.language)

    @property
    def source(self) -> str:
        """The message as it is sent, by lines; it holds nothing but ASCII."""
        assert self.sheet is not None
        return self.sheet.message.decode("ascii", "replace").replace("\r\n", "\n")

    @property
    def finding_counts(self) -> str:
        """How many errors and warnings an inspection found, in words."""
        found = [finding.severity for finding in self.sheet.findings] if self.sheet else []
        parts = [_count(found.count(name), name) for name in ("error", "warning") if name in found]
        return ", ".join(parts) or "Nothing to object to"


def build_query(choice: Choice, **changes: Any) -> str:
    """The query that `read_choice` reads this look from."""
    changed = replace(choice, **changes)
    values = {_PARAMETERS.get(one.name, one.name): getattr(changed, one.name) for one in fields(changed)}
    return urlencode(
        {name: value for name, value in values.items() if isinstance(value, str)} | _say_drafts(changed), safe=":"
    )


def _say_drafts(choice: Choice) -> dict[str, str]:
    return {"drafts": "yes"} if choice.drafts else {}


def build_page(
    settings: Settings,
    token: str,
    choice: Choice,
    shown: Sheet | DigestError,
    materials: Sequence[Material],
    problems: tuple[Problem, ...],
    now: datetime,
) -> Page:
    """The page of one look: a letter, or why there is none."""
    page = Page(
        newsroom=settings.newsroom.name,
        token=token,
        controls=tuple(_build_controls(choice, settings)),
        drafts=choice.drafts,
        query=build_query(choice),
        choice=choice,
        item_count=len(materials),
        problems=problems,
    )
    if isinstance(shown, DigestError):
        return replace(page, trouble=shown)
    return replace(
        page,
        sheet=shown,
        frames=tuple(_build_frames(choice)),
        sizes=tuple(_measure(shown)),
        carried=tuple(_build_carried(one, settings, now) for one in shown.carried),
        headers=_read_headers(shown.message),
    )


def _build_controls(choice: Choice, settings: Settings) -> Iterator[Control]:
    default = read_choice({"list": choice.list_id}, settings)
    first = read_choice({}, settings)
    lists = {name: one.title for name, one in settings.lists.items()}
    if len(lists) > 1:
        yield _control("list", "List", lists, choice.list_id, first.list_id, is_short=len(lists) == 2)
    rhythms: dict[str, str] = {name: _RHYTHMS[name] for name in settings.lists[choice.list_id].rhythms}
    if len(rhythms) > 1:
        yield _control("rhythm", "Rhythm", rhythms, choice.rhythm, default.rhythm)
    yield _build_letters(choice, settings, default)
    if len(settings.languages) > 1:
        names = {name: _name_language(name) for name in settings.languages}
        yield _control("language", "Language", names, choice.language, default.language, is_short=False)
    for name, (title, labels) in _CHOICES.items():
        yield _control(name, title, labels, getattr(choice, name), getattr(default, name))


def _build_letters(choice: Choice, settings: Settings, default: Choice) -> Control:
    topics = {f"{TOPIC}{name}": settings.topics[name].title for name in list_topics(settings)}
    single = {f"{LETTER}{kind}": words for kind, words in _LETTERS.items()}
    editions = {name: _EXTENTS[name] for name in EXTENTS}
    groups = {"An edition with": editions, "What a reader of a topic gets": topics, "Other letters": single}
    options = (
        Option(value, label, value == choice.carries, group)
        for group, labels in groups.items()
        for value, label in labels.items()
    )
    return Control("items", "Letter", tuple(options), default.carries, is_short=False)


def _control(name: str, title: str, labels: dict[str, str], chosen: str, default: str, *, is_short: bool = True) -> Control:
    options = tuple(Option(value, label, value == chosen) for value, label in labels.items())
    return Control(name, title, options, default, is_short)


def _name_language(tag: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


def _build_frames(choice: Choice) -> Iterator[Frame]:
    screens = ("phone", "desktop") if choice.width == "both" else (choice.width,)
    for light, screen in product(("light", "dark") if choice.light == "both" else (choice.light,), screens):
        yield Frame(screen, _WIDTHS[screen], light, f"/letter?{build_query(choice, light=light)}")


def _measure(sheet: Sheet) -> Iterator[Size]:
    if sheet.html is not None:
        yield Size("HTML", len(sheet.html.encode()), HTML_LIMIT)
    yield Size("Text", len(sheet.text.encode()))
    yield Size("Message", len(sheet.message))


def _build_carried(material: Material, settings: Settings, now: datetime) -> Carried:
    content = material.content
    local = material.at.astimezone(settings.zone)
    later = f"from {local:%d %B %Y, %H:%M}" if material.at > now else ""
    note = ", ".join(part for part in ("draft" if material.is_draft else "", later) if part)
    return Carried(content.title, content.language, direction(content.language), material.file, note)


def _read_headers(message: bytes) -> tuple[tuple[str, str], ...]:
    """The fields of the head as mail programs read them."""
    read = email.message_from_bytes(message, policy=email.policy.default)
    return tuple((name, str(value)) for name, value in read.items())[:_SHOWN_HEADERS]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
