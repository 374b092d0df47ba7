"""From the text of newsroom.toml and the environment to settings: every problem at once, each with its line."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from digest.errors import Problem, SettingsError
from digest.settings.tables import (
    Delivery,
    Feeds,
    Import,
    Kind,
    Newsroom,
    Pictures,
    ReaderList,
    Settings,
    Table,
    Topic,
    Web,
)

__all__ = ["NAME", "RESERVED", "build_settings", "locate", "read_settings"]

NAME = "newsroom.toml"
"""The file that makes a folder a site."""
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""What topics, kinds and lists may be called."""
RESERVED = frozenset({"all", "api", "archive", "confirm", "desk", "editions", "feeds", "items", "photos", "preferences"})
RESERVED |= {"subscribe", "topics", "u", "weekly", "daily", "at-once", "static", "index"}
"""Names that an address of the site needs for itself; no topic, kind, list or item can have one."""
_PLAIN_VARIABLES = frozenset(f"DIGEST_{name}" for name in ("SITE", "NOW", "KEYS", "SMTP_URL", "DATABASE_URL", "TEST_ALL"))
_FLAT_TABLES = ("newsroom", "feeds", "pictures", "delivery", "web")


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
