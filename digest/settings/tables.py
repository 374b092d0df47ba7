"""The tables of newsroom.toml as frozen models; unknown keys are refused."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from functools import cached_property
from ipaddress import ip_network
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from digest.clock import zone
from digest.settings.values import (
    LOOPBACK,
    BaseUrl,
    Domain,
    Duration,
    FirstDay,
    HubUrl,
    Language,
    Limit,
    Line,
    Listen,
    LongDuration,
    Network,
    Plan,
    QuietHours,
    ReceivingDomain,
    ReplyTo,
    Rhythm,
    Schedule,
    Sender,
    TagAuthority,
    Text,
    ZoneName,
)

__all__ = [
    "Delivery", "Desk", "DomainPace", "Feeds", "Import", "Kind", "Label", "Newsroom", "Pictures", "ReaderList", "Retention",
    "Settings", "Table", "Topic", "Web",
]  # fmt: skip

_NO_OUTPUT: dict[str, bool | set[str]] = {
    "delivery": True, "imports": True, "desk": True, "retention": True, "web": {"listen", "trusted_proxies"},
}  # fmt: skip
"""The values that nothing published or mailed follows from."""


class Table(BaseModel):
    """A table of newsroom.toml: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Newsroom(Table):
    """Who publishes, where, in which languages and on which clock."""

    name: Text
    title: Text
    tagline: Line = ""
    language: Language = "en"
    languages: tuple[Language, ...] = ()
    zone: ZoneName
    base_url: BaseUrl
    postal_address: Text
    contact: Line = ""
    tag_authority: TagAuthority


class Label(Table):
    """A topic, kind or list: its title, and its title in other languages."""

    title: Text
    titles: dict[Language, Text] = {}

    def in_language(self, language: str) -> str:
        """The title in that language, else the plain one."""
        return self.titles.get(language, self.title)


class Topic(Label):
    """A subject people follow. `keywords` only propose topics for imported items."""

    keywords: tuple[str, ...] = ()
    ended: date | None = None
    moved_to: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether people can still choose it."""
        return self.ended is None and self.moved_to is None


class Kind(Label):
    """A sort of item."""


class ReaderList(Label):
    """A group people can subscribe to, with its own sender and rhythms."""

    sender: Sender
    discreet_sender: Sender | None = None
    reply_to: ReplyTo = ""
    rhythms: tuple[Rhythm, ...] = Field(default=("weekly",), min_length=1)
    schedule: dict[Rhythm, Schedule] = {}
    quiet_hours: QuietHours | None = None
    max_age: Duration = timedelta(days=35)
    at_once: Literal["all", "urgent"] | None = None
    approval: Literal["each", "standing"] = "each"
    approvers: tuple[Sender, ...] = ()
    indexed: bool = True


class Feeds(Table):
    """How feeds are written."""

    entries: int = Field(default=50, ge=1, le=500)
    hub: HubUrl = ""
    combinations: bool = False
    archives: bool = True
    tombstone_after: Duration = timedelta(days=30)


class Pictures(Table):
    """From which other hosts https pictures may load."""

    hosts: tuple[str, ...] = ()


class Import(Table):
    """How imported items are mapped: a category's name to a topic's id. `fetch` allows imports by address."""

    topics: dict[str, str] = {}
    fetch: bool = False


class DomainPace(Table):
    """How many letters may leave to one receiving domain; 0 = no limit."""

    per_second: Limit = 0
    per_hour: Limit = 0


class Delivery(Table):
    """How mail leaves: see the operators' page for what each state means.

    `connections` to `per_hour` are for each relay that names nothing else; 0 = no limit. `domains` has receiving domains,
    `warm_up` the first day of each new sending domain, `warm_up_plan` how many letters may leave on that day and on each
    day after it; behind its end there is no limit.
    """

    connections: int = Field(default=8, ge=1, le=200)
    letters_per_connection: Limit = 0
    per_second: Limit = 0
    per_hour: Limit = 0
    domains: dict[ReceivingDomain, DomainPace] = {}
    warm_up: dict[Domain, FirstDay] = {}
    warm_up_plan: Plan = (200, 400, 800, 1600, 3200, 6400, 12800, 25600, 50000)
    retry_after: Duration = timedelta(minutes=5)
    retry_for: Duration = timedelta(hours=48)
    unknown: Literal["again", "hold"] = "again"
    outbox: bool = False
    sign: bool = True


class Web(Table):
    """Where `digest serve` listens, whose word on a visitor's address counts, and whether people sign up on the web.

    `listen` is `host:port`, else the loopback address of base_url, else 127.0.0.1:8080.
    """

    listen: Listen = ""
    trusted_proxies: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    sign_up: bool = True


class Desk(Table):
    """How staff work together, and how long a sign-in counts.

    `four_eyes`: whoever changed an edition last does not approve it. `hold`: how long the first letter of an edition waits
    after the desk's word to send. `idle_limit`: how long a session may do nothing; `session_limit`: how long it lasts.
    """

    four_eyes: bool = True
    hold: Duration = timedelta(minutes=5)
    idle_limit: Duration = timedelta(hours=1)
    session_limit: Duration = timedelta(hours=12)


class Retention(Table):
    """How long what nobody needs to work is kept: the journal of what staff did."""

    journal: LongDuration = timedelta(days=730)


class Settings(Table):
    """All of newsroom.toml with the environment's changes applied."""

    newsroom: Newsroom
    topics: dict[str, Topic] = {}
    kinds: dict[str, Kind]
    lists: dict[str, ReaderList] = {}
    feeds: Feeds = Feeds()
    pictures: Pictures = Pictures()
    imports: Import = Field(default=Import(), alias="import")
    delivery: Delivery = Delivery()
    web: Web = Web()
    desk: Desk = Desk()
    retention: Retention = Retention()

    def find_topic(self, topic: str) -> str | None:
        """Where a topic goes on: itself, or the topic that it moved to, by any number of moves; None when they lead round.

        A topic that newsroom.toml does not know stays itself.
        """
        passed = {topic}
        while (known := self.topics.get(topic)) is not None and known.moved_to is not None:
            topic = known.moved_to
            if topic in passed:
                return None
            passed.add(topic)
        return topic

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 in hexadecimal over all values that outputs may follow from."""
        return hashlib.sha256(self.model_dump_json(exclude=_NO_OUTPUT).encode()).hexdigest()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The newsroom's time zone."""
        return zone(self.newsroom.zone)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """All languages, the newsroom's own first."""
        return tuple(dict.fromkeys((self.newsroom.language, *self.newsroom.languages)))

    @cached_property
    def listen(self) -> tuple[str, int]:
        """Host and port for `digest serve`."""
        if self.web.listen:
            host, _, port = self.web.listen.rpartition(":")
            return host.strip("[]"), int(port)
        parts = urlsplit(self.newsroom.base_url)
        if parts.hostname in LOOPBACK:
            return parts.hostname, parts.port or 80
        return "127.0.0.1", 8080
