"""From the text of newsroom.toml and the environment to settings: every problem at once, each with its line."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from digest.errors import Problem, SettingsError
from digest.settings.finding import NAME
from digest.settings.tables import (
    Delivery,
    Desk,
    DomainPace,
    Feeds,
    Import,
    Kind,
    Newsroom,
    Pictures,
    ReaderList,
    Retention,
    Settings,
    Table,
    Topic,
    Web,
)

__all__ = ["RESERVED", "build_settings", "locate", "read_settings"]

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""What topics, kinds and lists may be called."""
RESERVED = frozenset({"all", "api", "archive", "confirm", "desk", "editions", "feeds", "items", "photos", "preferences"})
RESERVED |= {"address", "subscribe", "topics", "u", "undo", "weekly", "daily", "at-once", "static", "index"}
"""Names that an address of the site needs for itself; no topic, kind, list or item can have one."""
_WORD = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_PLAIN_VARIABLES = frozenset(f"DIGEST_{name}" for name in ("SITE", "NOW", "KEYS", "SMTP_URL", "DATABASE_URL", "TEST_ALL"))
_FLAT_TABLES = ("newsroom", "feeds", "pictures", "delivery", "web", "desk", "retention")


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
    except RecursionError:
        raise SettingsError(name, "its brackets are nested too deeply", "Write plain lists and tables.") from None
    source = _Source(name, locate(text), {})
    problems = [*_apply_environment(data, environment, source.variables), *_check_names(data, source)]
    settings = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        problems += [_describe(fault, source) for fault in error.errors()]
    if settings is not None:
        checks = (_check_schedules, _check_senders, _check_warm_up, _check_links)
        problems += [problem for check in checks for problem in check(settings, source)]
    if problems or settings is None:
        raise SettingsError(name, f"{len(problems)} of its settings do not fit", "Mend them:", tuple(sorted(problems)))
    return settings


@dataclass(frozen=True, slots=True)
class _Source:
    """Where settings come from: the file's name, the line of each key, and the variables that took a key's place."""

    name: str
    lines: Mapping[tuple[str, ...], int]
    variables: dict[tuple[str, ...], str]

    def problem(self, path: tuple[str, ...], text: str) -> Problem:
        """What is wrong with the value at a path, shown where it was written."""
        if path[:2] in self.variables:
            return Problem("environment", 0, self.variables[path[:2]], text)
        line = next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 0)
        return Problem(self.name, line, ".".join(f'"{part}"' if "." in part else part for part in path), text)


def locate(text: str) -> dict[tuple[str, ...], int]:
    """The line of each key and table of a TOML text, by its path; a plain scan that is enough for messages."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\[\]]+?)\s*\]", line)
        key = re.match(rf"\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=", line)
        if not header and not key:
            continue
        named = (header or key)[1]  # type: ignore[index]
        path = tuple(part.strip("\"'") for part in re.findall(_WORD, named))
        if header:
            table = path
        else:
            path = (*table, *path)
        for end in range(1, len(path) + 1):
            lines.setdefault(path[:end], number)
    return lines


def _apply_environment(
    data: dict[str, Any], environment: Mapping[str, str], variables: dict[tuple[str, ...], str]
) -> Iterator[Problem]:
    """Put the environment's values in place of the file's; `variables` learns which took the place of what."""
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
            variables[table, key] = variable


def _read_variable(value: str) -> object:
    """A variable's text as TOML would read it, else the text itself: 5, true, ["a"] and plain words all work."""
    try:
        read = tomllib.loads(f"value = {value}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return value
    return read["value"] if len(read) == 1 else value


def _suggest(word: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {near[0]}?)" if near else ""


def _describe(fault: Any, source: _Source) -> Problem:
    """One pydantic error in the words of the person who edits the file."""
    path = tuple(str(part) for part in fault["loc"] if not isinstance(part, int) and part != "[key]")
    if fault["type"] == "extra_forbidden":
        text = (
            f"there is no such setting{_suggest(path[-1], dict.fromkeys(_fields_at(path[:-1])))}; remove it or mend its name"
        )
    elif fault["type"] == "missing":
        text = "it is required; add it"
    else:
        text = fault["msg"].removeprefix("Value error, ")
    return source.problem(path, text)


def _fields_at(path: tuple[str, ...]) -> list[str]:
    tables: dict[str, type[Table]] = {
        "newsroom": Newsroom, "topics": Topic, "kinds": Kind, "lists": ReaderList, "feeds": Feeds,
        "pictures": Pictures, "import": Import, "delivery": Delivery, "web": Web, "desk": Desk,
        "retention": Retention,
    }  # fmt: skip
    if not path:
        return list(tables)
    table = DomainPace if path[:2] == ("delivery", "domains") else tables.get(path[0])
    return list(table.model_fields) if table else []


def _check_names(data: Mapping[str, Any], source: _Source) -> Iterator[Problem]:
    """Topic, kind, list and language ids share one namespace, because feeds and pages are named by them."""
    taken: dict[str, str] = dict.fromkeys(_languages(data.get("newsroom")), "newsroom.languages")
    for table in ("topics", "kinds", "lists"):
        entries = data.get(table)
        for word in entries if isinstance(entries, dict) else ():
            if not ID.fullmatch(word) or len(word) > 40:
                yield source.problem((table, word), "use small letters, digits and single hyphens, 40 at most")
            elif word in RESERVED:
                text = "this name is reserved for an address of the site; choose another"
                yield source.problem((table, word), text)
            elif word in taken:
                yield source.problem((table, word), f"{taken[word]} has this name too; choose another")
            taken.setdefault(word, f"{table}.{word}")


def _languages(newsroom: object) -> list[str]:
    """The languages that a [newsroom] names, as far as they can be read."""
    if not isinstance(newsroom, dict):
        return []
    own, more = newsroom.get("language", Newsroom.model_fields["language"].default), newsroom.get("languages")
    return [tag for tag in (own, *(more if isinstance(more, list) else ())) if isinstance(tag, str)]


def _check_schedules(settings: Settings, source: _Source) -> Iterator[Problem]:
    text = "schedule.weekly takes a weekday, schedule.daily none; name only rhythms of the list"
    for word, entry in settings.lists.items():
        for rhythm, slot in entry.schedule.items():
            fits = rhythm in entry.rhythms and rhythm != "at-once"
            if not fits or (rhythm == "weekly") != (slot.weekday is not None):
                yield source.problem(("lists", word, "schedule", rhythm), text)


def _check_senders(settings: Settings, source: _Source) -> Iterator[Problem]:
    for word, entry in settings.lists.items():
        discreet = entry.discreet_sender
        if discreet is not None and discreet.domain != entry.sender.domain:
            text = f"its domain must be that of sender, {entry.sender.domain}"
            yield source.problem(("lists", word, "discreet_sender"), text)


def _check_warm_up(settings: Settings, source: _Source) -> Iterator[Problem]:
    senders = sorted({entry.sender.domain for entry in settings.lists.values()})
    for domain in settings.delivery.warm_up:
        if domain not in senders:
            text = f"no list has a sender of that domain; they have {', '.join(senders) or 'none'}"
            yield source.problem(("delivery", "warm_up", domain), text)


def _check_links(settings: Settings, source: _Source) -> Iterator[Problem]:
    for word, topic in settings.topics.items():
        if topic.moved_to is not None and topic.moved_to not in settings.topics:
            yield source.problem(("topics", word, "moved_to"), f"there is no topic {topic.moved_to!r}")
        elif topic.moved_to is not None and settings.find_topic(word) is None:
            yield source.problem(("topics", word, "moved_to"), "it leads back to itself; name the topic that goes on")
    for word, target in settings.imports.topics.items():
        if target not in settings.topics:
            yield source.problem(("import", "topics", word), f"there is no topic {target!r}")
