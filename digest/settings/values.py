"""The values that newsroom.toml is written in: mailboxes, durations, moments of a schedule, addresses, language tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from digest.clock import zone

__all__ = [
    "EVERY_OTHER", "LANGUAGE", "LOOPBACK", "BaseUrl", "Domain", "Duration", "FirstDay", "Hours", "HubUrl", "Language",
    "Limit", "Line", "Listen", "LongDuration", "Mailbox", "Network", "Plan", "QuietHours", "ReceivingDomain", "ReplyTo",
    "Rhythm", "Schedule", "Sender", "Slot", "TagAuthority", "Text", "ZoneName",
]  # fmt: skip

EVERY_OTHER = "*"
"""Stands for each receiving domain that has no table of its own."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""What this machine calls itself."""

Rhythm = Literal["weekly", "daily", "at-once"]
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_TIME = r"((?:[01][0-9]|2[0-3]):[0-5][0-9])"
_HOURS = re.compile(rf"{_TIME}\s*-\s*{_TIME}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63})")
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ADDRESS = re.compile(r"[!#-+\--9=?A-Z\[-~]+@[A-Za-z0-9.-]+")
_NAMED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^"<>]*?))\s*<([^<>]*)>\s*')
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""Control characters, line ends, and what no XML document can hold (XML 1.0 section 2.2)."""
_MOST = 10**9
_LONGEST = 100 * 366 * 86400
_SHORTEST_RECORD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A sender or approver: `Name <address>` (RFC 5322 section 3.4), the name required."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part behind the @, lower case."""
        return self.address.rpartition("@")[2].lower()

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


@dataclass(frozen=True, slots=True)
class Slot:
    """A weekly or daily moment on the newsroom's clock; `weekday` counts from Monday = 0, None means every day."""

    weekday: int | None
    hour: int
    minute: int

    def __str__(self) -> str:
        time = f"{self.hour:02}:{self.minute:02}"
        return time if self.weekday is None else f"{_DAYS[self.weekday]} {time}"


@dataclass(frozen=True, slots=True)
class Hours:
    """From one time of the newsroom's clock to another, over midnight when the second is the earlier one.

    Both are minutes since 00:00 and never the same; the first is inside, the second is not.
    """

    start: int
    end: int


def _read_mailbox(value: object) -> object:
    if not isinstance(value, str):
        return value
    mailbox = _split_mailbox(value)
    if mailbox is None or not mailbox.name:
        raise ValueError('write it as "Name <name@example.org>"')
    return mailbox


def _split_mailbox(value: str) -> Mailbox | None:
    """Name and address of a text that is one mailbox and nothing more; a name in quotation marks may hold any sign."""
    found = _NAMED.fullmatch(value)
    if not found or not _ADDRESS.fullmatch(found[3]) or _UNWRITABLE.search(value):
        return None
    return Mailbox(re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2], found[3])


def _read_duration(value: object) -> object:
    seconds = value if isinstance(value, int) and not isinstance(value, bool) else -1
    found = re.fullmatch(r"([0-9]{1,9})\s*(s|min|m|h|d)", value.strip()) if isinstance(value, str) else None
    if found:
        seconds = int(found[1]) * _UNITS[found[2]]
    if not 0 <= seconds <= _LONGEST:
        raise ValueError('write a duration such as "30 s", "5 min", "48 h" or "35 d"')
    return timedelta(seconds=seconds)


def _check_long(value: timedelta) -> timedelta:
    if value < _SHORTEST_RECORD:
        raise ValueError('write "90 d" or more: what was done lately must be found')
    return value


def _read_slot(value: object) -> object:
    found = (
        re.fullmatch(r"(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([01]\d|2[0-3]):([0-5]\d)", value)
        if isinstance(value, str)
        else None
    )
    if not found:
        raise ValueError('write "Fri 09:00" for a weekly moment, "09:00" for a daily one')
    return Slot(_DAYS.index(found[1]) if found[1] else None, int(found[2]), int(found[3]))


def _read_hours(value: object) -> object:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if not found or found[1] == found[2]:
        raise ValueError('write from when to when, such as "22:00-07:00"')
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in found.groups())
    return Hours(start, end)


def _check_domain(value: str) -> str:
    """A domain as addresses have it: small letters, and names of other scripts as in the DNS (RFC 5890)."""
    if not _DOMAIN.fullmatch(value) or len(value) > 253:
        raise ValueError('write the domain behind the @ in small letters and quotation marks: "example.org"')
    return value


def _read_first_day(value: object) -> object:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date) or isinstance(day, datetime):
        raise ValueError("write the first day, such as 2026-12-01")
    return day


def _read_plan(value: object) -> object:
    days = list(value) if isinstance(value, list | tuple) else []
    if not days or not all(type(count) is int and 0 < count <= _MOST for count in days):
        raise ValueError("write how many letters may leave on each day, such as [200, 400, 800]")
    return tuple(days)


def _check_receiving_domain(value: str) -> str:
    return value if value == EVERY_OTHER else _check_domain(value)


def _check_zone(value: str) -> str:
    zone(value)
    return value


def _check_base_url(value: str) -> str:
    advice = "write the address of the public site, such as https://news.example.org"
    if not re.fullmatch(r"https?://[!-~]+", value) or any(sign in value for sign in '?#@"<>\\'):
        raise ValueError(advice)
    parts = urlsplit(value)
    if not parts.hostname or parts.port == 0:  # asking for the port refuses one that cannot be
        raise ValueError(advice)
    return value.rstrip("/")


def _check_language(value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise ValueError("write a language tag (RFC 5646) such as en or uk")
    return value


def _check_tag_authority(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?", value):
        raise ValueError('write a domain you held on a date, as RFC 4151 asks: "news.example.org,2026"')
    return value


def _check_line(value: str) -> str:
    if _UNWRITABLE.search(value):
        raise ValueError("write one line of text")
    return value.strip()


def _check_text(value: str) -> str:
    if not value.strip():
        raise ValueError("write one line of text")
    return _check_line(value)


def _check_reply_to(value: str) -> str:
    """One address, with a name or without; a name is put into quotation marks where it would end at one of its signs."""
    if not value or _ADDRESS.fullmatch(value):
        return value
    mailbox = _split_mailbox(value)
    if mailbox is None:
        raise ValueError('write one address that is read, such as "desk@example.org", or leave it out')
    if parseaddr(value) == (mailbox.name, mailbox.address):
        return value
    name = mailbox.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{mailbox.address}>'


def _check_listen(value: str) -> str:
    found = re.fullmatch(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", value)
    if value and (not found or not 0 < int(found[1]) < 65536):
        raise ValueError('write host and port, such as "127.0.0.1:8080" or "[::1]:8080"')
    return value


def _read_network(value: object) -> object:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        return ip_network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        raise ValueError('write an address or a network, such as "192.0.2.7" or "10.0.0.0/8"') from None


def _check_hub(value: str) -> str:
    """An address with a query is fine for a hub, one with a fragment is not."""
    parts = urlsplit(value)
    if value and not (re.fullmatch(r"https?://[!-~]+", value) and parts.hostname and not parts.fragment):
        raise ValueError("write the address of a WebSub hub, such as https://hub.example.org/")
    return value


Text = Annotated[str, AfterValidator(_check_text)]
Line = Annotated[str, AfterValidator(_check_line)]
ReplyTo = Annotated[str, AfterValidator(_check_reply_to)]
Listen = Annotated[str, AfterValidator(_check_listen)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_read_network)]
Language = Annotated[str, AfterValidator(_check_language)]
Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
LongDuration = Annotated[Duration, AfterValidator(_check_long)]
Sender = Annotated[Mailbox, BeforeValidator(_read_mailbox)]
FirstDay = Annotated[date, BeforeValidator(_read_first_day)]
Limit = Annotated[int, Field(ge=0, le=_MOST)]
Plan = Annotated[tuple[int, ...], BeforeValidator(_read_plan)]
QuietHours = Annotated[Hours, BeforeValidator(_read_hours)]
Domain = Annotated[str, AfterValidator(_check_domain)]
ReceivingDomain = Annotated[str, AfterValidator(_check_receiving_domain)]
Schedule = Annotated[Slot, BeforeValidator(_read_slot)]
ZoneName = Annotated[str, AfterValidator(_check_zone)]
BaseUrl = Annotated[str, AfterValidator(_check_base_url)]
HubUrl = Annotated[str, AfterValidator(_check_hub)]
TagAuthority = Annotated[str, AfterValidator(_check_tag_authority)]
