"""The text that stands with a picture: who made it, and what it shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.items.characters import fold

__all__ = ["PictureText", "is_credit", "read_picture_text"]

_PICTURE = r"(?:photos?|photographs?|pictures?|images?)"
_SAYS = r"(?:credits?\s*)?(?:should\s+read|by|courtesy\s+of)"
_LEAD = rf"(?:{_PICTURE}\s+{_SAYS}|(?:{_PICTURE}\s+)?credits?\s*:|{_PICTURE}\s*:)\s*:?\s*"
_AGENCIES = (
    "AFP|AP|EPA|EFE|DPA|ANSA|TASS|UNIAN|Reuters|Getty Images|Anadolu(?: Agency)?|Bloomberg|Shutterstock|Alamy|NurPhoto"
    "|LightRocket|SOPA Images|Sipa(?: USA)?|Magnum(?: Photos)?"
)
_PREFIX = re.compile(_LEAD, re.IGNORECASE)
_LINE = re.compile(rf"(?:{_LEAD}|©)\s*\S.*", re.IGNORECASE)
_BRACKETED = re.compile(rf"[(\[]\s*((?:{_LEAD}|©)[^()\[\]]*)[)\]]", re.IGNORECASE)
_AGENCY = re.compile(rf"(?:^|/\s?|\bvia\s)(?:{_AGENCIES})$")
_LONGEST_CREDIT = 200


@dataclass(frozen=True, slots=True)
class PictureText:
    """What is known of a picture. `other_credits` are those left out, because one line named its maker twice."""

    caption: str = ""
    credit: str = ""
    other_credits: tuple[str, ...] = ()


def is_credit(line: str) -> bool:
    """Whether a line holds, or is, the name of who made a picture."""
    return _is_credit_line(line) or bool(_BRACKETED.search(line))


def _is_credit_line(line: str) -> bool:
    return len(line) <= _LONGEST_CREDIT and bool(_LINE.fullmatch(line) or _AGENCY.search(line))


def read_picture_text(lines: Sequence[str]) -> PictureText:
    """Caption and credit from the lines that stand before an item.

    A credit is a line of its own, or stands in brackets in the caption's line. When there are two, the one that says how
    the credit "should read" wins, else the first.
    """
    found: list[str] = []
    captions: list[str] = []
    for line in map(fold, lines):
        if _is_credit_line(line):
            found.append(line)
        else:
            found += _BRACKETED.findall(line)
            captions.append(_BRACKETED.sub("", line))
    wanted = [credit for credit in found if "should read" in credit.lower()] + found
    names = list(dict.fromkeys(fold(_PREFIX.sub("", credit, count=1)) for credit in wanted))
    return PictureText(fold(" ".join(captions)), names[0] if names else "", tuple(names[1:]))
