"""A letter in order, and ways to put one thing out of order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.errors import Problem
from digest.mail.compile import CompiledMessage, compile_message
from digest.mail.inspection import Inspector, inspect
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.slotted import Slotted
from digest.mail.text import render_text
from digest.templates import Templates


@dataclass(frozen=True, repr=False)
class Sheet:
    """A letter with its parts and its message."""

    letter: Letter
    html: Slotted | None
    text: Slotted
    message: CompiledMessage | None

    def __repr__(self) -> str:
        return f"Sheet({self.letter.subject!r})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis would print every octet of it

    def inspect(self) -> list[str]:
        """What is found: `error html: …`."""
        return _lines(inspect(self.letter, self.html, self.text, self.message))

    def look(self, names: frozenset[str] = frozenset()) -> list[str]:
        """The same by somebody who knows of names that a discreet letter must not tell."""
        inspector = Inspector(self.letter.edition, names)
        inspector.look(self.letter, self.html, self.text, self.message)
        return _lines(inspector.problems)

    def change(self, old: str, new: str) -> Sheet:
        """The HTML with a text exchanged everywhere, without its message."""
        assert self.html is not None
        assert old in "".join(self.html), old
        return replace(self, html=tuple(part.replace(old, new) for part in self.html), message=None)

    def add(self, snippet: str) -> Sheet:
        """The HTML with something more at its end."""
        return self.change("</body>", f"{snippet}</body>")

    def style(self, rules: str) -> Sheet:
        """The HTML with one more style block."""
        return self.change("</head>", f"<style>{rules}</style></head>")

    def write(self, old: str, new: str) -> Sheet:
        """The text with a text exchanged, without its message."""
        assert old in "".join(self.text), old
        return replace(self, text=tuple(part.replace(old, new) for part in self.text), message=None)

    def patch(self, old: bytes, new: bytes) -> Sheet:
        """The message with octets exchanged."""
        assert self.message is not None
        assert old in b"".join(self.message.constants), old
        constants = tuple(constant.replace(old, new) for constant in self.message.constants)
        return replace(self, message=replace(self.message, constants=constants))


def _lines(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{problem.severity} {problem.field}: {problem.text}" for problem in problems]


@pytest.fixture(scope="session")
def press(warm: Inliner, templates: Templates) -> Callable[[Letter], Sheet]:
    """Renders and compiles a letter."""

    def render(letter: Letter) -> Sheet:
        html = None if letter.is_discreet else warm.render(letter)
        text = render_text(letter, templates)
        return Sheet(letter, html, text, compile_message(letter, html, text, datetime(2022, 2, 28, tzinfo=UTC), 63))

    return render


@pytest.fixture(scope="session")
def sheet(press: Callable[[Letter], Sheet], make_letter: Callable[..., Letter]) -> Sheet:
    """A letter of three items, in order."""
    return press(make_letter(3))
