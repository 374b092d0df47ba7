"""Items of about 5 KB of Markdown, the same ones for the same seed and count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

__all__ = ["KINDS", "TOPIC_COUNT", "Sample", "build_items"]

KINDS = ("press-release", "update", "report", "campaign", "victory", "statement")
TOPIC_COUNT = 60
_FIRST_DAY = date(2016, 1, 4)
_DAYS = 3650
_WORDS = re.findall(
    r"\w+",
    "the of in and that after said today court police rights human law region protest journalist prisoner family "
    "children hospital village border river evidence report witness statement government minister parliament appeal "
    "immediately released detained arrested investigated documented published condemned demanded unlawful peaceful",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One item: its file's name, front matter values and Markdown body."""

    name: str
    title: str
    day: date
    kind: str
    topics: tuple[str, ...]
    summary: str
    body: str


def build_items(count: int, seed: int = 7) -> Iterator[Sample]:
    """That many items over ten years, sixty topics and six kinds."""
    chance = Random(seed)
    for number in range(count):
        topics = sorted(chance.sample(range(TOPIC_COUNT), chance.randint(1, 3)))
        yield Sample(
            name=f"item-{number:06}",
            title=f"{_sentence(chance, 9)} {number}",
            day=_FIRST_DAY + timedelta(days=number * _DAYS // count),
            kind=chance.choice(KINDS),
            topics=tuple(f"topic-{topic}" for topic in topics),
            summary=f"{_sentence(chance, 25)}.",
            body=_build_body(chance),
        )


def _sentence(chance: Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words)).capitalize()


def _build_body(chance: Random) -> str:
    parts = [f"{_sentence(chance, 62)}." for _ in range(11)]
    parts[2] = (
        f"{_sentence(chance, 30)} **{_sentence(chance, 3)}** and [{_sentence(chance, 4)}](https://example.org/report)."
    )
    parts[3] = f"## {_sentence(chance, 5)}"
    parts[5] = "\n".join(f"- {_sentence(chance, 9)}" for _ in range(4))
    parts[8] = f"> {_sentence(chance, 40)}."
    return "\n\n".join(parts) + "\n"
