"""Excerpts that say something else than the item does: a quotation, an aside or a number broken off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.mail.excerpts import find_dangling, find_open
from digest.mail.inspection.finding import Finding, cut
from digest.mail.letter import Letter

__all__ = ["inspect_excerpts"]

_ELLIPSIS = re.compile(r"\s*[(\[]?(?:…|\.\.\.)[)\]]?$")


def inspect_excerpts(letter: Letter) -> Iterator[Finding]:
    """The summaries, notes and reasons as the letter shows them."""
    for item in letter.items:
        yield from _inspect(f"item {item.id}", "summary", item.summary)
    for correction in letter.corrections:
        yield from _inspect(f"item {correction.id}", "correction", correction.note)
    for withdrawal in letter.withdrawals:
        yield from _inspect(f"item {withdrawal.id}", "reason", withdrawal.reason)


def _inspect(field: str, name: str, text: str) -> Iterator[Finding]:
    head = _ELLIPSIS.sub("", text)
    still_open = find_open(head)
    quotation = next((one for one in still_open if one.is_quotation), None)
    if head != text and quotation:
        words = f"its {name} breaks off inside a quotation; end it before the quotation, or behind its last word"
        yield Finding(field, words, "error", cut(head[quotation.start :]))
    elif quotation:
        words = f"its {name} begins a quotation that does not end; close it"
        yield Finding(field, words, "warning", cut(head[quotation.start :]))
    elif still_open:
        words = f"its {name} opens a bracket that is not closed; close it"
        yield Finding(field, words, "warning", cut(head[still_open[0].start :]))
    if head != text and (dangling := find_dangling(head)):
        yield Finding(field, f"its {name} breaks off behind “{dangling}”; end it behind a whole thought", "warning")
