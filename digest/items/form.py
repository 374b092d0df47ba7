"""The fields of one item file while they are read: each reader returns a clean value, or reports what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from digest.errors import Problem
from digest.items.characters import fold, is_visible
from digest.items.frontmatter import FrontMatter, Path, Value

__all__ = ["Form", "name_field", "quote", "suggest"]

Severity = Literal["error", "warning"]
T = TypeVar("T")
_YAML_BOOLEANS = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false"})


def quote(text: str) -> str:
    """A value as it may stand in a message: on one line, nothing hidden, not long."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` when a known word looks much like this one, else nothing."""
    import difflib

    words = list(known)
    near = difflib.get_close_matches(word.lower(), words, 1) if len(word) <= 80 and len(words) <= 1000 else []
    return f"; did you mean {near[0]}?" if near else ""


def name_field(path: Path) -> str:
    """A path as people read it: `photo.credit`, `corrections[0].note`."""
    name = ""
    for part in path:
        shown = part if isinstance(part, int) or part.isprintable() else repr(part)
        name += f"[{shown}]" if isinstance(shown, int) else f".{shown[:60]}" if name else shown[:60]
    return name


@dataclass
class Form:
    """Front matter under reading.

    A reader gives None (or an empty value) both for what is absent and for what it reported; a field whose form was at
    fault already is not reported a second time.
    """

    file: str
    matter: FrontMatter
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._faulty = {fault.path for fault in self.matter.faults}
        for fault in self.matter.faults:
            self.problems.append(Problem(self.file, fault.line, name_field(fault.path), fault.text))

    def report(self, path: Path, text: str, severity: Severity = "error") -> None:
        """Note a problem at a field's line."""
        if not any(path[:end] in self._faulty for end in range(1, len(path) + 1)):
            self.problems.append(Problem(self.file, self.matter.line(path), name_field(path), text, severity))

    def value(self, path: Path) -> Value:
        """What stands in a field; None when it is absent or empty."""
        value: Value = self.matter.data
        for part in path:
            if isinstance(part, int):
                value = value[part] if isinstance(value, list) and part < len(value) else None
            else:
                value = value.get(part) if isinstance(value, dict) else None
        return None if isinstance(value, str) and not is_visible(value) else value

    def has(self, *path: str | int) -> bool:
        """Whether a field is there, be it empty."""
        return path in self.matter.lines

    def require(self, path: Path, advice: str) -> None:
        """Report a field that is absent or empty."""
        if self.value(path) is None:
            self.report(path, f"it is empty; {advice}" if self.has(*path) else f"it is required; {advice}")

    def text(self, *path: str | int, limit: int = 300) -> str | None:
        """Plain text, folded to one line of at most `limit` characters."""
        value = self.value(path)
        if value is None:
            return None
        if not isinstance(value, str):
            self.report(path, "write plain text here, in quotes if it begins with [ or {")
            return None
        text = fold(value)
        if len(text) > limit:
            self.report(path, f"it has {len(text)} characters; shorten it to {limit}")
            return None
        return text

    def read(self, path: Path, reader: Callable[[str], T], limit: int = 2000) -> T | None:
        """Text turned into a value by a reader, whose ValueError says what to write instead."""
        text = self.text(*path, limit=limit)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as error:
            self.report(path, f"{quote(text)} does not fit: {error}")
            return None

    def choice(self, path: Path, known: Collection[str], what: str) -> str | None:
        """One of a set of words."""
        text = self.text(*path)
        if text is None or text in known:
            return text
        self.report(path, f"{quote(text)} is not {what}{suggest(text, known) or _list_choices(known)}")
        return None

    def flag(self, path: Path) -> bool:
        """True or false; false when absent."""
        text = self.text(*path)
        if text in (None, "true", "false"):
            return text == "true"
        hint = "write true or false" + (" (YAML's other words for them are not taken)" if _is_boolean(text) else "")
        self.report(path, f"{quote(text or '')} is neither true nor false; {hint}")
        return False

    def entries(self, path: Path, advice: str) -> range:
        """The positions of a list."""
        value = self.value(path)
        if value is None or isinstance(value, list):
            return range(len(value or ()))
        self.report(path, advice)
        return range(0)

    def words(self, path: Path, known: Collection[str], what: str) -> tuple[str, ...]:
        """A list of words of a set, each once, in the order written."""
        found: dict[str, None] = {}
        if self.value(path) is None:
            return ()
        for place in self.entries(path, f"write a list in square brackets, such as [{', '.join(list(known)[:2])}]"):
            here = (*path, place)
            self.require(here, "remove the entry")
            word = self.choice(here, known, what)
            if word is not None:
                found[word] = None
        return tuple(found)

    def table(self, path: Path, known: Collection[str]) -> bool:
        """Whether a field holds fields of its own; unknown ones among them are reported."""
        value = self.value(path)
        if isinstance(value, dict):
            for name in value:
                if name not in known:
                    self.report((*path, name), f"there is no such field{suggest(name, known) or _list_choices(known)}")
            return True
        if value is not None:
            self.report(path, f"write its fields below it, indented: {', '.join(known)}")
        return False


def _is_boolean(text: str | None) -> bool:
    return (text or "").lower() in _YAML_BOOLEANS


def _list_choices(known: Collection[str]) -> str:
    words = list(known)
    return f"; choose from: {', '.join(words[:12])}{' …' if len(words) > 12 else ''}" if words else ""
