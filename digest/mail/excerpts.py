"""Shortening a text so that it says nothing else: no quotation, aside or figure is broken off."""

from __future__ import annotations

import re
from typing import NamedTuple

from digest.items.markdown import cut_at_word

__all__ = ["Open", "excerpt", "find_dangling", "find_open"]

_CLOSING = {
    "“": "”", "„": "“”‟", "‟": "”", "«": "»", "‹": "›", "‚": "‘’", "‘": "’", '"': '"', "»": "«",
    "「": "」", "『": "』", "(": ")", "[": "]", "（": "）",
}  # fmt: skip
_SIGN = re.compile("[" + re.escape("".join({*_CLOSING, *"".join(_CLOSING.values())})) + "]")
_DOUBTFUL = frozenset({'"', "‘", "‚", "»"})  # these may also be inches, apostrophes or the other end
_BEFORE_WORDS = frozenset("([“„«‘—–-/¿¡$€£")
_LOOSE = " ,;:–—-"
_LEAST_SHARE = 1 / 4  # of the room that must be filled before a quotation is rather left out whole
_DANGLING = re.compile(
    r"\s(?:[$€£₴₽№]?\d[\d.,]*|(?:Mr|Mrs|Ms|Dr|Prof|St|No|Gen|Sen|Gov|Mme|Mlle|Sra?|г|ул|им|вул|ім|د|أ)\.?)$"
)


class Open(NamedTuple):
    """A quotation or bracket that is not closed: where it begins, and the sign that would close it."""

    start: int
    closing: str

    @property
    def is_quotation(self) -> bool:
        """Whether it is speech, not an aside in brackets."""
        return self.closing not in ")]）"


def excerpt(text: str, limit: int) -> str:
    """At most `limit` characters of a text on one line; what is longer ends behind a word, with an ellipsis.

    It ends before a quotation or bracket for which there is no room. One that begins so early that hardly anything would be
    left is closed behind the ellipsis. Of a figure or title, such as the 1 of 1 200 or the Mr of a name, nothing is left.
    """
    whole = " ".join(text.split())
    if len(whole) <= limit:
        return whole
    head = _cut(whole, limit)
    still_open = find_open(head)
    if not still_open:
        return f"{head}…"
    before = head[: still_open[0].start].rstrip(_LOOSE)
    if len(before) >= limit * _LEAST_SHARE:
        return f"{_drop_dangling(before)}…"
    for room in range(limit - len(still_open), 0, -1):
        head = _cut(whole, room)
        closed = f"{head}…{''.join(one.closing for one in reversed(find_open(head)))}"
        if len(closed) <= limit:
            return closed
    return "…"


def find_open(text: str) -> list[Open]:
    """What is open at the end of a text, the outermost first.

    An apostrophe closes nothing and opens nothing; nor do the inches of 5" or an end without a beginning.
    """
    stack: list[tuple[int, str]] = []
    for found in _SIGN.finditer(text):
        sign, place = found[0], found.start()
        if sign == "’" and text[place + 1 : place + 2].isalnum():
            continue
        depth = next((n for n in range(len(stack) - 1, -1, -1) if sign in _CLOSING[stack[n][1]]), None)
        if depth is not None and not (sign == '"' and _begins_word(text, place)):
            del stack[depth:]
        elif sign in _CLOSING and (_begins_word(text, place) if sign in _DOUBTFUL else not _ends_word(text, place)):
            stack.append((place, sign))
    return [Open(place, _CLOSING[sign][0]) for place, sign in stack]


def find_dangling(text: str) -> str:
    """The figure or title at the end of a text that says nothing without what follows; empty when there is none."""
    found = _DANGLING.search(text)
    return found[0].strip() if found else ""


def _cut(text: str, limit: int) -> str:
    return _drop_dangling(cut_at_word(text, limit).removesuffix("…"))


def _drop_dangling(text: str) -> str:
    while (shorter := _DANGLING.sub("", text).rstrip(_LOOSE)) and shorter != text:
        text = shorter
    return text


def _begins_word(text: str, place: int) -> bool:
    """Whether a sign stands before a word and behind a blank or another beginning."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return (not before or before.isspace() or before in _BEFORE_WORDS) and (after.isalnum() or after in _BEFORE_WORDS)


def _ends_word(text: str, place: int) -> bool:
    """Whether a sign stands behind a word or its full stop, and before none."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return bool(before) and (before.isalnum() or before in ".!?…") and not after.isalnum()
