"""The values that newsroom.toml is written in: mailboxes, durations, moments of a schedule, addresses, language tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from digest.clock import zone

__all__ = [
    "LANGUAGE", "LOOPBACK", "BaseUrl", "Duration", "HubUrl", "Language", "Line", "Listen", "Mailbox", "ReplyTo", "Rhythm",
    "Schedule", "Sender", "Slot", "TagAuthority", "Text", "ZoneName",
]  # fmt: skip

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""What this machine calls itself."""

Rhythm = Literal["weekly", "daily", "at-once"]
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ADDRESS = re.compile(r"[!#-+\--9=?A-Z\[-~]+@[A-Za-z0-9.-]+")
_NAMED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^"<>]*?))\s*<([^<>]*)>\s*')
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""Control characters, line ends, and what no XML document can hold (XML 1.0 section 2.2)."""
_LONGEST = 100 * 366 * 86400


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


def _read_slot(value: object) -> object:
    found = (
        re.fullmatch(r"(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([01]\d|2[0-3]):([0-5]\d)", value)
        if isinstance(value, str)
        else None
    )
    if not found:
        raise ValueError('write "Fri 09:00" for a weekly moment, "09:00" for a daily one')
    return Slot(_DAYS.index(found[1]) if found[1] else None, int(found[2]), int(found[3]))


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
Language = Annotated[str, AfterValidator(_check_language)]
Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
Sender = Annotated[Mailbox, BeforeValidator(_read_mailbox)]
Schedule = Annotated[Slot, BeforeValidator(_read_slot)]
ZoneName = Annotated[str, AfterValidator(_check_zone)]
BaseUrl = Annotated[str, AfterValidator(_check_base_url)]
HubUrl = Annotated[str, AfterValidator(_check_hub)]
TagAuthority = Annotated[str, AfterValidator(_check_tag_authority)]
