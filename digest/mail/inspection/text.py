"""The plain text part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.staff import MARKUP, describe_code
from digest.mail.inspection.structure import find_residue
from digest.mail.letter import Letter
from digest.mail.text import WIDTH

__all__ = ["inspect_text"]

_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_SIGNATURE = "\n-- \n"


def inspect_text(letter: Letter, text: str) -> Iterator[Finding]:
    """Whether it reads as a text, and says all that the letter says."""
    if code := find_residue(text, letter):
        yield describe_code("text", code, letter)
    if _SIGNATURE not in text:
        yield Finding("text", "it has no footer behind a line of two hyphens and a blank", "warning")
    own = repr(letter)
    for pattern, what in ((_ENTITY, "an HTML entity"), (MARKUP, "an HTML element")):
        found = next((found[0] for found in pattern.finditer(text) if found[0] not in own), "")
        if found:
            yield Finding("text", f"{what} stands in it: {cut(found)}; write plain text in the template")
    long = next((line for line in text.split("\n") if len(line) > WIDTH and " " in line.strip()), "")
    if long:
        yield Finding("text", f"a line has more than {WIDTH} characters", "warning", cut(long))
    for name, needed in (("postal address", letter.postal_address), ("newsroom's name", letter.newsroom)):
        if _squeeze(needed) not in _squeeze(text):
            yield Finding("text", f"the {name} does not stand in it; write it into the footer")
    said = _squeeze(text)
    for piece in (*letter.items, *letter.corrections, *letter.withdrawals, *letter.more):
        if _squeeze(piece.title) not in said:
            yield Finding(f"item {piece.id}", "its title is missing in the text; look at the template")


def _squeeze(words: str) -> str:
    return "".join(words.split())
