"""The strict YAML parser of front matter.

Aliases, tags, duplicate keys and deep nesting are refused, so a small file can never become a large value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from digest.items.characters import find_forbidden, normalise, replace_forbidden
from digest.items.frontmatter import Fault, guess_claims, refuse_character
from digest.items.plainmatter import NULLS, Path, Value

__all__ = ["Parser"]

MAX_DEPTH = 8
MAX_VALUES = 1000
_ADVICE = (
    ("mapping values", "a text that holds a colon and a blank must stand in quotes; indent fields alike"),
    ("cannot start any token", "a text cannot begin with @, %, ` or a tab unless it stands in quotes; indent with blanks"),
    ("expected key", 'put the whole text in quotes, with \\" for one inside, and indent the line like its neighbours'),
    ("unexpected end of stream", "a quotation mark or bracket is opened here and never closed; close it"),
    ("document", "only `---` ends the front matter; remove the line that begins with --- or ... or %"),
    ("expected ',' or", "a bracket is opened and not closed on this line; close it, or put the text in quotes"),
)  # fmt: skip


class _StopError(Exception):
    """The rest of the front matter is not worth reading."""


@dataclass
class Parser:
    """Plain values, the line of each, and faults, from the stream of YAML events."""

    source: list[str]
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    readable: bool = True
    count: int = 0

    def parse(self) -> dict[str, Value]:
        """All fields; when YAML cannot be read, only what the looks of the lines tell."""
        try:
            return self._read_document(yaml.parse("\n".join(self.source) + "\n", Loader=yaml.CSafeLoader))
        except yaml.MarkedYAMLError as error:
            self._explain(error)
        except yaml.YAMLError:
            self.faults.append(Fault(1, (), "the front matter cannot be read as YAML; type its lines anew"))
        except _StopError:
            pass
        self.readable = False
        return guess_claims(self.source)

    def _read_document(self, events: Iterator[Any]) -> dict[str, Value]:
        next(events)
        first = next(events)
        if isinstance(first, yaml.StreamEndEvent):
            return {}
        root = next(events)
        if not isinstance(root, yaml.MappingStartEvent):
            self._refuse(root, (), "write one `field: value` on each line")
            raise _StopError
        data = self._read_mapping(root, events, ())
        next(events)
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, (), "only a line --- alone ends the front matter; remove this line")
            raise _StopError
        return data

    def _read(self, event: Any, events: Iterator[Any], path: Path) -> Value:
        self._check(event, path)
        if isinstance(event, yaml.AliasEvent):
            return None
        if isinstance(event, yaml.ScalarEvent):
            return self._read_scalar(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._read_mapping(event, events, path)
        values: list[Value] = []
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            here = (*path, len(values))
            self.lines[here] = self._line(inner)
            values.append(self._read(inner, events, here))
        return values

    def _read_mapping(self, event: Any, events: Iterator[Any], path: Path) -> dict[str, Value]:
        values: dict[str, Value] = {}
        if not path:
            self._check(event, path)
        for key in events:
            if isinstance(key, yaml.MappingEndEvent):
                break
            if not isinstance(key, yaml.ScalarEvent):
                self._refuse(key, path, "a field's name must be one plain word; rename it")
                raise _StopError
            self._check(key, path)
            name = normalise(key.value)
            if name in values:
                self._refuse(key, (*path, name), f"line {self.lines[(*path, name)]} has it already; remove one of the two")
                self._read(next(events), events, (*path, name))
                continue
            self.lines[(*path, name)] = self._line(key)
            values[name] = None
            values[name] = self._read(next(events), events, (*path, name))
        return values

    def _read_scalar(self, event: Any, path: Path) -> str | None:
        if not event.implicit[0]:
            return self._clean(event, path)
        if event.value in NULLS:
            return None
        rest = self.source[event.end_mark.line][event.end_mark.column :]
        if re.match(r"\s+#[^\s#]", rest):
            self._refuse(
                event, path, f"{rest.split()[0][:30]!r} and what follows would be a comment; put the text in quotes"
            )
        return str(event.value)

    def _clean(self, event: Any, path: Path) -> str:
        """The text of a quoted scalar, whose escapes may make characters that the file itself does not hold."""
        text = normalise(event.value)
        for _, name in find_forbidden(text):
            self._refuse(event, path, refuse_character(name))
            return replace_forbidden(text)
        return text

    def _check(self, event: Any, path: Path) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            self._refuse(event, (), f"the front matter holds more than {MAX_VALUES} names and values; shorten it")
            raise _StopError
        if len(path) > MAX_DEPTH:
            self._refuse(event, path[:1], f"it is nested more than {MAX_DEPTH} levels deep; write it flat")
            raise _StopError
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, path, "YAML aliases (*name) are not taken; put a text that begins with * in quotes")
        elif event.anchor is not None:
            self._refuse(event, path, "YAML anchors (&name) are not taken; put a text that begins with & in quotes")
        if getattr(event, "tag", None) is not None:
            self._refuse(event, path, "YAML tags (!name) are not taken; put a text that begins with ! in quotes")

    def _explain(self, error: yaml.MarkedYAMLError) -> None:
        problem = error.problem or ""
        mark = error.problem_mark
        if "end of stream" in problem or "expected ',' or" in problem:
            mark = error.context_mark or mark
        advice = next((text for part, text in _ADVICE if part in problem), "put text with special characters in quotes")
        line = (mark.line if mark else 0) + 2
        self.faults.append(Fault(line, self._path_at(line), f"it cannot be read as YAML from here on: {advice}"))

    def _path_at(self, line: int) -> Path:
        return next((path for path, at in self.lines.items() if at == line), ())

    def _refuse(self, event: Any, path: Path, text: str) -> None:
        self.faults.append(Fault(self._line(event), path, text))

    def _line(self, event: Any) -> int:
        return int(event.start_mark.line) + 2
