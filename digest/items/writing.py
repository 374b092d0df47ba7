"""Item files as text: front matter that reads back as the same values, whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from digest.items.characters import normalise

__all__ = ["FieldValue", "render_item", "render_value"]

FieldValue: TypeAlias = "str | bool | Sequence[FieldValue] | Mapping[str, FieldValue] | None"
"""What a field may hold: text, a flag, a list, or fields of its own; None leaves it out."""

_PLAIN = re.compile(r"[A-Za-z0-9](?:\w|[ ./+'’(),;?-]|:(?=\w))*")
_MEANING = re.compile(r"(?:null|true|false|yes|no|on|off|y|n)", re.IGNORECASE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def render_item(fields: Mapping[str, FieldValue], body: str = "") -> str:
    """The text of an item file: fields in the order given, those that are None left out, then the body.

    Every text is quoted when YAML would take it for anything else; `read_item` gives the same values back.
    """
    lines = [line for name, value in fields.items() if value is not None for line in _render_field(name, value)]
    text = body.strip("\n").rstrip()
    return "\n".join(["---", *lines, "---", *([text] if text else [])]) + "\n"


def _render_field(name: str, value: FieldValue) -> list[str]:
    """A field's lines; a list or table that is not empty stands below its name, indented."""
    if isinstance(value, Mapping):
        inner = [line for key, part in value.items() if part is not None for line in _render_field(key, part)]
        return [f"{name}:", *("  " + line for line in inner)] if inner else [f"{name}: {{}}"]
    if isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(part, Mapping) for part in value):
        return [f"{name}:", *("  " + line for part in value for line in _render_entry(part))]
    return [f"{name}: {render_value(value)}"]


def _render_entry(entry: FieldValue) -> list[str]:
    if not isinstance(entry, Mapping):
        return [f"- {render_value(entry)}"]
    lines = [line for key, part in entry.items() if part is not None for line in _render_field(key, part)]
    return [("- " if place == 0 else "  ") + line for place, line in enumerate(lines)]


def render_value(value: FieldValue) -> str:
    """One value on one line of YAML: a flag, a text, or a list in square brackets."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _render_text(normalise(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_render_inside(part)}" for key, part in value.items() if part is not None) + "}"
    return "[" + ", ".join(_render_inside(part) for part in value or ()) + "]"


def _render_inside(value: FieldValue) -> str:
    """A value inside brackets, where a comma would end a plain text."""
    return _quote(normalise(value)) if isinstance(value, str) and re.search(r"[^\w-]", value) else render_value(value)


def _render_text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and not _MEANING.fullmatch(text) and text == text.strip()
    return text if plain else _quote(text)


def _quote(text: str) -> str:
    return '"' + "".join(c if _is_written(c) else _ESCAPES.get(c) or _escape(c) for c in text) + '"'


def _is_written(character: str) -> bool:
    """Whether a character stands for itself; joiners and no-break spaces do, as people type them in names and numbers."""
    return character not in _ESCAPES and (character.isprintable() or character in "\u00a0\u200d\u200c")


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
