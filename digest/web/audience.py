"""How feeds are read, without anything about persons: answers in full and with 304, and what aggregators say of themselves.

An aggregator fetches a feed once for many people and may name their number in its User-Agent. Only its name and the number
are kept; addresses, and the User-Agent itself, never are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Counter", "Counts", "read_audience"]

_COUNT = re.compile(
    r"\b([0-9]{1,8}) (?:subscriber|reader|user)s?\b|\b(?:subscriber|reader|user)s?[ :=]([0-9]{1,8})\b", re.IGNORECASE
)
_BROWSER = re.compile(r"Mozilla/[0-9.]+ \(compatible; *")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9.-]*")
_LONGEST_AGENT, _LONGEST_NAME, _MOST_WORDS = 300, 40, 3
_MOST_SUBSCRIBERS = 10_000_000
"""Who claims more is not believed."""
_MOST_PATHS, _MOST_PAIRS = 20_000, 20_000
"""How much is counted between two takings at the most."""


def read_audience(user_agent: str) -> tuple[str, int] | None:
    """An aggregator's name and for how many subscribers it says it fetches; None where no number is named.

    The name is at most 40 letters, digits, dots, hyphens and single spaces, beginning with a letter.
    """
    text = user_agent[:_LONGEST_AGENT]
    found = _COUNT.search(text)
    name = _read_name(text) if found else ""
    count = int(found[1] or found[2]) if found else 0
    return (name, count) if name and 0 < count <= _MOST_SUBSCRIBERS else None


def _read_name(text: str) -> str:
    """The words that a User-Agent begins with, or those behind `Mozilla/5.0 (compatible;`: up to a version or a sign."""
    disguised = _BROWSER.match(text)
    words = []
    for word in (text[disguised.end() :] if disguised else text).split()[:_MOST_WORDS]:
        plain = re.split(r"[/;,(]", word, maxsplit=1)[0]
        if not _WORD.fullmatch(plain):
            break
        words.append(plain)
        if plain != word:
            break
    name = " ".join(words)[:_LONGEST_NAME].rstrip(" .-")
    return "" if name == "Mozilla" else name


_read_once = lru_cache(maxsize=1024)(read_audience)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted: answers in full and answers "unchanged" by path, and subscribers by path and aggregator."""

    full: Mapping[str, int]
    unchanged: Mapping[str, int]
    audience: Mapping[tuple[str, str], int]


class Counter:
    """Counts how feeds are fetched, in memory only, until it is taken."""

    def __init__(self) -> None:
        self._full: dict[str, int] = {}
        self._unchanged: dict[str, int] = {}
        self._audience: dict[tuple[str, str], int] = {}

    def note(self, path: str, status: int, user_agent: str) -> None:
        """A feed was answered.

        Args:
            path: the feed's path on the site, such as `/feeds/all.atom`; only of feeds that exist.
            status: 304, or the status of a full answer (200, 226).
            user_agent: as it was sent; of it only an aggregator's name and number are kept, until they are taken.
        """
        answers = self._unchanged if status == 304 else self._full
        if path in answers or len(answers) < _MOST_PATHS:
            answers[path] = answers.get(path, 0) + 1
        audience = _read_once(user_agent[:_LONGEST_AGENT])
        if audience is not None:
            pair = (path, audience[0])
            if pair in self._audience or len(self._audience) < _MOST_PAIRS:
                self._audience[pair] = audience[1]

    def take(self) -> Counts:
        """What was counted since the last time; counting begins anew."""
        counts = Counts(self._full, self._unchanged, self._audience)
        self._full, self._unchanged, self._audience = {}, {}, {}
        return counts
