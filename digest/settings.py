"""newsroom.toml and the environment, as frozen values.

A site is a folder with `newsroom.toml`. Every key of a table that is not a list of things (`[newsroom]`, `[feeds]`,
`[pictures]`, `[delivery]`, `[web]`) can be set by the environment as `DIGEST_TABLE_KEY`; secrets come only from there.
Unknown keys are errors, with file and line, all at once.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from digest.clock import zone
from digest.errors import Problem, SettingsError

__all__ = [
    "NAME",
    "Mailbox",
    "ReaderList",
    "Rhythm",
    "Settings",
    "Site",
    "Slot",
    "find_site",
    "open_site",
    "read_settings",
]

NAME = "newsroom.toml"
Rhythm = Literal["weekly", "daily", "at-once"]
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
RESERVED = frozenset({"all", "api", "archive", "confirm", "desk", "editions", "feeds", "items", "photos", "preferences"})
RESERVED |= {"subscribe", "topics", "u", "weekly", "daily", "at-once", "static", "index"}
_PLAIN_VARIABLES = frozenset(f"DIGEST_{name}" for name in ("SITE", "NOW", "KEYS", "SMTP_URL", "DATABASE_URL", "TEST_ALL"))
_FLAT_TABLES = ("newsroom", "feeds", "pictures", "delivery", "web")
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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
    name, address = parseaddr(value)
    if not name or not re.fullmatch(r"[^@\s<>,;:\"]+@[A-Za-z0-9.-]+", address) or any(c in value for c in "\r\n\0"):
        raise ValueError('write it as "Name <name@example.org>"')
    return Mailbox(name, address)


def _read_duration(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return timedelta(seconds=value)
    found = re.fullmatch(r"(\d{1,6})\s*(s|min|m|h|d)", value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError('write a duration such as "30 s", "5 min", "48 h" or "35 d"')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


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
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write the address of the public site, such as https://news.example.org")
    return value.rstrip("/")


def _check_language(value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise ValueError("write a language tag (RFC 5646) such as en or uk")
    return value


def _check_tag_authority(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?", value):
        raise ValueError('write a domain you held on a date, as RFC 4151 asks: "news.example.org,2026"')
    return value


def _check_text(value: str) -> str:
    if not value.strip() or any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise ValueError("write one line of text")
    return value.strip()


Text = Annotated[str, AfterValidator(_check_text)]
Language = Annotated[str, AfterValidator(_check_language)]
Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
Sender = Annotated[Mailbox, BeforeValidator(_read_mailbox)]


class Table(BaseModel):
    """A table of newsroom.toml: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Newsroom(Table):
    """Who publishes, where, in which languages and on which clock."""

    name: Text
    title: Text
    tagline: str = ""
    language: Language = "en"
    languages: tuple[Language, ...] = ()
    zone: Annotated[str, AfterValidator(_check_zone)]
    base_url: Annotated[str, AfterValidator(_check_base_url)]
    postal_address: Text
    contact: str = ""
    tag_authority: Annotated[str, AfterValidator(_check_tag_authority)]


class Label(Table):
    """A topic or a kind: its title, and its title in other languages."""

    title: Text
    titles: dict[Language, Text] = {}

    def in_language(self, language: str) -> str:
        """The title in that language, else the plain one."""
        return self.titles.get(language, self.title)


class Topic(Label):
    """A subject people follow. `keywords` only propose topics for imported items."""

    keywords: tuple[str, ...] = ()
    ended: str | None = None
    moved_to: str | None = None


class Kind(Label):
    """A sort of item."""


class ReaderList(Table):
    """A group people can subscribe to, with its own sender and rhythms."""

    title: Text
    sender: Sender
    reply_to: str = ""
    rhythms: tuple[Rhythm, ...] = Field(default=("weekly",), min_length=1)
    schedule: dict[Rhythm, Annotated[Slot, BeforeValidator(_read_slot)]] = {}
    max_age: Duration = timedelta(days=35)
    at_once: Literal["all", "urgent"] | None = None
    approval: Literal["each", "standing"] = "each"
    approvers: tuple[Sender, ...] = ()


class Feeds(Table):
    """How feeds are written."""

    entries: int = Field(default=50, ge=1, le=500)


class Pictures(Table):
    """From which other hosts https pictures may load."""

    hosts: tuple[str, ...] = ()


class Import(Table):
    """How imported items are mapped."""

    topics: dict[str, str] = {}


class Delivery(Table):
    """How mail leaves: see the operators' page for what each state means."""

    connections: int = Field(default=8, ge=1, le=200)
    retry_after: Duration = timedelta(minutes=5)
    retry_for: Duration = timedelta(hours=48)
    unknown: Literal["again", "hold"] = "again"
    outbox: bool = False


class Web(Table):
    """Where `digest serve` listens: `host:port`, else the loopback address of base_url, else 127.0.0.1:8080."""

    listen: str = ""


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

    @cached_property
    def zone(self) -> ZoneInfo:
        """The newsroom's time zone."""
        return zone(self.newsroom.zone)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """All languages, the newsroom's own first."""
        own = self.newsroom.language
        return (own, *(tag for tag in self.newsroom.languages if tag != own))

    @cached_property
    def listen(self) -> tuple[str, int]:
        """Host and port for `digest serve`."""
        if self.web.listen:
            host, _, port = self.web.listen.rpartition(":")
            return host.strip("[]"), int(port)
        parts = urlsplit(self.newsroom.base_url)
        if parts.hostname in ("127.0.0.1", "localhost", "::1"):
            return parts.hostname, parts.port or 80
        return "127.0.0.1", 8080


@dataclass(frozen=True)
class Site:
    """A site's folder with its settings and the environment's values that have no key."""

    folder: Path
    settings: Settings
    smtp_url: str = ""
    database_url: str = ""
    keys_folder: Path | None = None

    @property
    def items(self) -> Path:
        """Where the items lie."""
        return self.folder / "items"

    @property
    def photos(self) -> Path:
        """Where the items' photos lie."""
        return self.folder / "items" / "photos"

    @property
    def templates(self) -> Path:
        """The site's own templates, which win file by file over the shipped ones."""
        return self.folder / "templates"

    @property
    def public(self) -> Path:
        """Where the public site is written."""
        return self.folder / "public"

    @property
    def var(self) -> Path:
        """What the product keeps: database, variants, re-encoded photos, outbox."""
        return self.folder / "var"

    @property
    def keys(self) -> Path:
        """Where the three keys lie."""
        return self.keys_folder or self.folder / "keys"


def find_site(argument: str | None = None, environment: Mapping[str, str] | None = None, start: Path | None = None) -> Path:
    """The site's folder: the argument, else `DIGEST_SITE`, else the nearest folder upward with a newsroom.toml.

    Raises:
        SettingsError: there is no newsroom.toml.
    """
    environment = os.environ if environment is None else environment
    named = argument or environment.get("DIGEST_SITE", "")
    if named:
        if (Path(named) / NAME).is_file():
            return Path(named).resolve()
        raise SettingsError(named, f"it has no {NAME}", f"Make a site there with: digest init {named}")
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder
    raise SettingsError(
        str(here),
        f"neither it nor a folder above has a {NAME}",
        "Go to your site, name it with --site DIR, or make one: digest init DIR",
    )


def open_site(folder: Path, environment: Mapping[str, str] | None = None) -> Site:
    """Read a site's settings.

    Raises:
        SettingsError: newsroom.toml or the environment does not fit; all problems at once.
    """
    environment = os.environ if environment is None else environment
    keys = environment.get("DIGEST_KEYS", "")
    return Site(
        folder=folder,
        settings=read_settings(folder / NAME, environment),
        smtp_url=environment.get("DIGEST_SMTP_URL", ""),
        database_url=environment.get("DIGEST_DATABASE_URL", ""),
        keys_folder=Path(keys) if keys else None,
    )


def read_settings(file: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read newsroom.toml and apply the environment.

    Raises:
        SettingsError: it cannot be read or does not fit; every problem with its line.
    """
    environment = os.environ if environment is None else environment
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(str(file), f"it cannot be read ({error.strerror})", "Mend the file's place or rights.") from None
    except UnicodeDecodeError:
        raise SettingsError(str(file), "it is not UTF-8 text", "Save it as UTF-8.") from None
    return build_settings(text, environment, file.name)


def build_settings(text: str, environment: Mapping[str, str], name: str = NAME) -> Settings:
    """Settings from the text of newsroom.toml and environment variables; a pure function.

    Raises:
        SettingsError: every problem with its line.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(name, str(error), "Mend that line; strings need quotes, tables square brackets.") from None
    lines = locate(text)
    problems = list(_apply_environment(data, environment))
    settings = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        problems += [_describe(fault, lines, name) for fault in error.errors()]
    if settings is not None:
        problems += _check_names(settings, lines, name)
    if problems or settings is None:
        raise SettingsError(name, f"{len(problems)} of its settings do not fit", "Mend them:", tuple(sorted(problems)))
    return settings


def locate(text: str) -> dict[tuple[str, ...], int]:
    """The line of each key and table of a TOML text, by its path; a plain scan that is enough for messages."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\[\]]+?)\s*\]", line)
        key = re.match(r'\s*((?:[\w-]+|"[^"]*")(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=', line)
        if not header and not key:
            continue
        named = (header or key)[1]  # type: ignore[index]
        path = tuple(part.strip().strip('"') for part in named.split("."))
        if header:
            table = path
        else:
            path = (*table, *path)
        for end in range(1, len(path) + 1):
            lines.setdefault(path[:end], number)
    return lines


def _apply_environment(data: dict[str, Any], environment: Mapping[str, str]) -> Iterator[Problem]:
    known = {
        f"DIGEST_{table}_{key}".upper(): (table, key)
        for table in _FLAT_TABLES
        for key in Settings.model_fields[table].annotation.model_fields  # type: ignore[union-attr]
    }
    for variable, value in sorted(environment.items()):
        if not variable.startswith("DIGEST_") or variable in _PLAIN_VARIABLES:
            continue
        if variable not in known:
            yield Problem("environment", 0, variable, f"there is no such setting{_suggest(variable, known)}; unset it")
            continue
        table, key = known[variable]
        if isinstance(data.setdefault(table, {}), dict):
            data[table][key] = _read_variable(value)


def _read_variable(value: str) -> object:
    """A variable's text as TOML would read it, else the text itself: 5, true, ["a"] and plain words all work."""
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _suggest(word: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {near[0]}?)" if near else ""


def _describe(fault: Any, lines: Mapping[tuple[str, ...], int], name: str) -> Problem:
    """One pydantic error in the words of the person who edits the file."""
    path = tuple(str(part) for part in fault["loc"] if not isinstance(part, int))
    line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 0)
    if fault["type"] == "extra_forbidden":
        siblings = {key: None for known in (_fields_at(path[:-1]),) for key in known}
        text = f"there is no such setting{_suggest(path[-1], siblings)}; remove it or mend its name"
    elif fault["type"] == "missing":
        text = "it is required; add it"
    else:
        text = fault["msg"].removeprefix("Value error, ")
    return Problem(name, line, ".".join(path), text)


def _fields_at(path: tuple[str, ...]) -> list[str]:
    tables: dict[str, type[Table]] = {
        "newsroom": Newsroom, "topics": Topic, "kinds": Kind, "lists": ReaderList, "feeds": Feeds,
        "pictures": Pictures, "import": Import, "delivery": Delivery, "web": Web,
    }  # fmt: skip
    if not path:
        return list(tables)
    return list(tables[path[0]].model_fields) if path[0] in tables else []


def _check_names(settings: Settings, lines: Mapping[tuple[str, ...], int], name: str) -> Iterator[Problem]:
    """Topic, kind, list and language ids share one namespace, because feeds and pages are named by them."""
    taken: dict[str, str] = dict.fromkeys(settings.languages, "newsroom.languages")
    for table, ids in (("topics", settings.topics), ("kinds", settings.kinds), ("lists", settings.lists)):
        for word in ids:
            line, field = lines.get((table, word), 0), f"{table}.{word}"
            if not ID.fullmatch(word) or len(word) > 40:
                yield Problem(name, line, field, "use small letters, digits and single hyphens, 40 at most")
            elif word in RESERVED:
                yield Problem(name, line, field, "this name is reserved for an address of the site; choose another")
            elif word in taken:
                yield Problem(name, line, field, f"{taken[word]} has this name too; choose another")
            taken.setdefault(word, field)
    for word, entry in settings.lists.items():
        for rhythm in entry.schedule:
            if (
                rhythm not in entry.rhythms
                or rhythm == "at-once"
                or (rhythm == "weekly") != (entry.schedule[rhythm].weekday is not None)
            ):
                line = lines.get(("lists", word, "schedule", rhythm), 0)
                yield Problem(
                    name,
                    line,
                    f"lists.{word}.schedule.{rhythm}",
                    "schedule.weekly takes a weekday, schedule.daily none; name only rhythms of the list",
                )
    yield from _check_links(settings, lines, name)


def _check_links(settings: Settings, lines: Mapping[tuple[str, ...], int], name: str) -> Iterator[Problem]:
    for word, topic in settings.topics.items():
        if topic.moved_to is not None and topic.moved_to not in settings.topics:
            yield Problem(
                name,
                lines.get(("topics", word, "moved_to"), 0),
                f"topics.{word}.moved_to",
                f"there is no topic {topic.moved_to!r}",
            )
    for word, target in settings.imports.topics.items():
        if target not in settings.topics:
            yield Problem(
                name, lines.get(("import", "topics", word), 0), f"import.topics.{word}", f"there is no topic {target!r}"
            )
