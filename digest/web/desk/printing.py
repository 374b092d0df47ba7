"""The site as the desk's pages need it, and how a page is made: kept until newsroom.toml or a template changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property
from typing import Any

from digest import clock
from digest.desk.workplace import Workplace
from digest.errors import TemplateError
from digest.settings import Site
from digest.staff.roles import Right
from digest.templates import Templates
from digest.web.desk.visiting import Visit
from digest.web.readers.guarding import own_names

__all__ = ["House", "Printer", "count", "format_day", "format_moment"]

_LOOK_EVERY = 2.0
_SECTIONS: Sequence[tuple[str, str, Right]] = (
    ("/desk/", "Today", Right.LOOK),
    ("/desk/editions", "Editions", Right.LOOK),
    ("/desk/held", "Letters in doubt", Right.APPROVE),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the navigation."""

    address: str
    title: str
    is_here: bool


@dataclass(frozen=True)
class House:
    """A site in one state of its settings and templates."""

    site: Site
    place: Workplace
    stamp: object
    spare: Templates

    @property
    def names(self) -> frozenset[str]:
        """The host names by which the server may be asked."""
        return own_names(self.site.settings)

    @property
    def is_secure(self) -> bool:
        """Whether people come by https, so that the cookie can be kept to that."""
        return self.site.settings.newsroom.base_url.startswith("https:")

    def at(self, now: datetime) -> Workplace:
        """A workplace of one request; to be closed."""
        return self.place.at(now)

    @cached_property
    def style(self) -> bytes:
        """The style sheet of the desk."""
        return self._render("desk/desk.css", {}).encode()

    @cached_property
    def script(self) -> bytes:
        """The script of the desk."""
        return self.place.templates.read_bytes("desk/desk.js")

    def render(self, template: str, visit: Visit | None, values: Mapping[str, Any]) -> bytes:
        """A page: a template with `desk` (see `Frame`), the functions `when`, `day` and `count`, and the values."""
        zone = self.site.settings.zone
        frame = Frame(self.site.settings.newsroom.name, visit, _build_sections(visit))
        common: dict[str, Any] = {
            "desk": frame,
            "when": lambda moment: format_moment(moment, zone),
            "day": lambda moment: format_day(moment, zone),
            "count": count,
        }
        return self._render(template, {**common, **values}).encode()

    def _render(self, template: str, values: Mapping[str, Any]) -> str:
        """With our own templates where the site's are broken: staff must be able to see what is wrong."""
        try:
            return self.place.templates.render(template, "en", **values)
        except TemplateError:
            return self.spare.render(template, "en", **values)


@dataclass(frozen=True)
class Frame:
    """What stands around every page of the desk."""

    newsroom: str
    visit: Visit | None
    sections: Sequence[Link]

    @property
    def member(self) -> str:
        """Who is signed in; empty when nobody is."""
        return self.visit.member.name if self.visit else ""

    @property
    def token(self) -> str:
        """What every form sends back."""
        return self.visit.token if self.visit else ""

    @property
    def said(self) -> tuple[str, str]:
        """A sentence about what was just done, and its tone; both empty when there is nothing to say."""
        return self.visit.said if self.visit else ("", "")

    @property
    def is_proved(self) -> bool:
        """Whether the password was given within the last minutes."""
        return self.visit.is_proved if self.visit else False

    @property
    def has_codes(self) -> bool:
        """Whether the member has a second factor."""
        return self.visit.member.has_codes if self.visit else False


class Printer:
    """Gives the present house; for any thread.

    Args:
        site_of: the site with its present settings.
    """

    def __init__(self, site_of: Callable[[], Site]) -> None:
        self._site_of = site_of
        self._house: House | None = None
        self._looked_at = 0.0
        self._lock = threading.Lock()

    def house(self) -> House:
        """The site as it is now, within two seconds."""
        with self._lock:
            site, now = self._site_of(), time.monotonic()
            if self._house is not None and self._house.site is site and now - self._looked_at < _LOOK_EVERY:
                return self._house
            place = Workplace(site, clock.now(), "desk")
            stamp = place.templates.stamp()
            if self._house is None or self._house.site is not site or self._house.stamp != stamp:
                self._house = House(site, place, stamp, self._house.spare if self._house else Templates())
            self._looked_at = now
            return self._house


def _build_sections(visit: Visit | None) -> Sequence[Link]:
    if visit is None:
        return ()
    here = visit.address
    return [
        Link(address, title, here == address or (address != "/desk/" and here.startswith(f"{address}/")))
        for address, title, right in _SECTIONS
        if visit.may(right)
    ]


def format_moment(moment: datetime | None, zone: tzinfo) -> str:
    """`Fri 9 October 2026, 14:05` in that zone; a dash for none."""
    if moment is None:
        return "–"
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%B %Y, %H:%M}"


def format_day(day: date | datetime | None, zone: tzinfo) -> str:
    """`Fri 9 October 2026`; a moment by its day in that zone, a dash for none."""
    if day is None:
        return "–"
    if isinstance(day, datetime):
        day = day.astimezone(zone).date()
    return f"{day:%a} {day.day} {day:%B %Y}"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 reader`, `12,430 readers`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
