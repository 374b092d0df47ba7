"""A variant as it will be sent: filled, shortened until it fits, rendered. What is approved, looked at and compiled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.editions.content import VariantContent
from digest.mail.compile import CompiledMessage, compile_message
from digest.mail.filling import Filling
from digest.mail.fitting import fit
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.slotted import Slotted
from digest.mail.text import render_text

__all__ = ["Proof", "build_proof"]


@dataclass(frozen=True, slots=True)
class Proof:
    """The letter, its HTML (none in discreet form) and its text."""

    letter: Letter
    html: Slotted | None
    text: Slotted

    def compile(self, date: datetime, leave_length: int) -> CompiledMessage:
        """The ready message; see `digest.mail.compile.compile_message`."""
        return compile_message(self.letter, self.html, self.text, date, leave_length)


def build_proof(content: VariantContent, filling: Filling, inliner: Inliner) -> Proof:
    """One variant, rendered.

    Raises:
        TemplateError: a template cannot be used.
        EditionError: it does not fit whatever is cut.
    """
    letter = fit(filling.build_letter(content), inliner)
    html = None if letter.is_discreet else inliner.render(letter)
    return Proof(letter, html, render_text(letter, filling.templates))
