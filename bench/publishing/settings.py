"""newsroom.toml as it is changed while a history goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bench.publishing.files import ZONE

TOPICS = ("ukraine", "russia", "harbour")
KINDS = ("press-release", "update")
LANGUAGES = ("en", "uk")
Choice = tuple[str | None, str | None, str | None]
"""The topic, kind and language that a feed is restricted to; None: not."""
TAG = "tag:newsroom.example.org,2020:"
BASE = "https://news.example.org/"
_TEXT = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
language = "en"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[kinds.press-release]
title = "Press release"
[kinds.update]
title = "Update"
"""


@dataclass(frozen=True)
class Rules:
    """The settings that histories change. `tombstone_hours` is `[feeds] tombstone_after`; `ended` has a day for a topic."""

    entries: int = 3
    tombstone_hours: int = 48
    archives: bool = True
    combinations: bool = False
    moved: tuple[tuple[str, str], ...] = ()
    ended: tuple[tuple[str, str], ...] = ()

    @property
    def tombstone_after(self) -> timedelta:
        """For how long a withdrawn item's notice and an ended topic's feed stay."""
        return timedelta(hours=self.tombstone_hours)

    def render(self) -> str:
        """The whole file."""
        lines = [_TEXT]
        for topic in TOPICS:
            lines += [f"[topics.{topic}]", f'title = "{topic.title()}"']
            lines += [f'moved_to = "{target}"' for name, target in self.moved if name == topic]
            lines += [f"ended = {day}" for name, day in self.ended if name == topic]
        lines += ["[feeds]", f"entries = {self.entries}", f'tombstone_after = "{self.tombstone_hours} h"']
        lines += [f"archives = {str(self.archives).lower()}", f"combinations = {str(self.combinations).lower()}", ""]
        return "\n".join(lines)

    def reach(self, topic: str) -> str:
        """Where a topic goes on."""
        moves = dict(self.moved)
        while topic in moves:
            topic = moves[topic]
        return topic

    def judge_topic(self, topic: str, now: datetime) -> str:
        """What has become of a topic's feeds: open, ended, moved, or over when nothing is left to say."""
        target = self.reach(topic)
        day = dict(self.ended).get(target)
        end = day and _start(day)
        if end and end + self.tombstone_after <= now:
            return "over"
        if target != topic:
            return "moved"
        return "ended" if end and end <= now else "open"


def name_feeds(rules: Rules) -> Iterable[tuple[str, Choice]]:
    """Every name that a feed can have under these settings, with its topic, kind and language."""
    choices: list[Choice] = [(None, None, None), *((topic, None, None) for topic in TOPICS)]
    choices += [*((None, kind, None) for kind in KINDS), *((None, None, language) for language in LANGUAGES)]
    if rules.combinations:
        choices = [(topic, kind, one) for topic in (None, *TOPICS) for kind in (None, *KINDS) for one in (None, *LANGUAGES)]
    for topic, kind, language in choices:
        name = "+".join(part for part in (topic, kind) if part) or "all"
        yield f"{name}.{language}" if language else name, (topic, kind, language)


def _start(day: str) -> datetime:
    first = date.fromisoformat(day)
    return datetime(first.year, first.month, first.day, tzinfo=ZONE).astimezone(UTC)
