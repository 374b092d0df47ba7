"""One request as handlers see it, and what they answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from digest.desk.workplace import Workplace
from digest.pages.reader_pages import ReaderPages
from digest.pages.reader_views import Entry, Fault
from digest.settings import Settings
from digest.web.fields import Field
from digest.web.readers.forms import Fields, judge_address
from digest.web.readers.printing import House
from digest.web.readers.stamps import Stamps

__all__ = ["HTML", "Act", "Answer", "Show", "Visit", "choose_language", "judge_guard"]

HTML = "text/html; charset=utf-8"
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. One that `is_found` may be shown by search engines; it is the same for everybody."""

    body: bytes
    status: int = 200
    media_type: str = HTML
    fields: tuple[Field, ...] = ()
    is_found: bool = False


@dataclass(frozen=True)
class Visit:
    """Who wants what, as far as a page needs to know: `name` is what follows the address's first step.

    `network` is the address that asked, for limits alone; `accepted` the languages that the browser names.
    """

    name: str = field(repr=False)
    house: House
    place: Workplace
    stamps: Stamps
    query: Fields = field(default_factory=dict)
    accepted: str = ""
    network: str = field(default="", repr=False)

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.place.now

    @property
    def settings(self) -> Settings:
        """The site's settings."""
        return self.house.site.settings

    @cached_property
    def language(self) -> str:
        """The language that is asked for, where the link does not say whose it is."""
        asked = next(iter(self.query.get("language", ())), "")
        return asked if asked in self.settings.languages else choose_language(self.accepted, self.settings.languages)

    def pages(self, language: str = "", form: str = "full") -> ReaderPages:
        """The pages in that language, else in the one that is asked for."""
        return self.house.pages(language or self.language, form)


Show = Callable[[Visit], Answer]
Act = Callable[[Visit, Fields], Answer]


def choose_language(accepted: str, languages: Sequence[str]) -> str:
    """The one that a browser likes best (RFC 9110 section 12.5.4, by prefixes); the first one when it likes none."""
    liked: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        found = _RANGE.fullmatch(part)
        if found and float(found[2] or 1) > 0:
            liked.append((-float(found[2] or 1), found[1].lower()))
    for _, wanted in sorted(liked, key=lambda one: one[0]):
        for language in languages:
            if wanted == "*" or language.lower() == wanted or wanted.startswith(f"{language.lower()}-"):
                return language
    return languages[0]


def judge_guard(visit: Visit, fields: Fields, entry: Entry) -> tuple[tuple[Fault, ...], str]:
    """Why a form that anybody can send is shown again, with the stamp that it then has; nothing when it is taken."""
    stamp = next(iter(fields.get("opened", ())), "")
    verdict = visit.stamps.judge(stamp, visit.now)
    trapped: Literal["trap"] | None = "trap" if any(fields.get("website", ())) else None
    wrong = judge_address(entry.address)
    faults = (wrong,) if wrong else tuple(fault for fault in (trapped, verdict) if fault is not None)[:1]
    return faults, stamp if verdict is None else visit.stamps.renew(visit.now)
