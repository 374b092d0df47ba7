"""A release log written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.editions.facts import LogEvent, build_facts, build_roots, topics_entered
from digest.editions.selection import Rule, Selection, build_candidates, select

START = datetime(2022, 2, 21, 9, tzinfo=UTC)


class Log:
    """A release log written by hand; every event is a day after the one before, unless `day` says otherwise."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []

    @property
    def end(self) -> int:
        return len(self.events)

    def add(self, type_: str, item: str, **changes: object) -> int:
        """Append an event; what `changes` does not name stays as it was. Returns its number."""
        last = next((event for event in reversed(self.events) if event.item == item), None)
        form = {"root": item, "language": "en", "topics": ("ukraine",), "urgent": False}
        if last:
            form = {name: getattr(last, name) for name in form}
        day, backfill = changes.pop("day", len(self.events)), changes.pop("backfill", False)
        form |= changes
        entered = topics_entered(last.topics if last else (), form["topics"], first=last is None)
        at = START + timedelta(days=day)
        self.events.append(LogEvent(self.end + 1, type_, item, **form, entered=entered, at=at, backfill=backfill))
        return self.end

    def facts(self, horizon: int | None = None):
        return build_facts(self.events, self.end if horizon is None else horizon)

    def rule(self, horizon: int | None = None, **changes: object) -> Rule:
        at = self.events[(self.end if horizon is None else horizon) - 1].at
        usual = {
            "moment": at,
            "max_age": timedelta(days=35),
            "excluded": frozenset(),
            "barred": frozenset(),
            "urgent_only": False,
            "newsroom_language": "en",
        }
        return Rule(**usual | changes)

    def select(self, interest, had=None, claimed=(), language="en", horizon=None, **rule) -> Selection:
        facts = self.facts(horizon)
        candidates = build_candidates(facts, build_roots(self.events), self.rule(horizon, **rule))
        return select(candidates, interest, language, had or {}, frozenset(claimed))


@pytest.fixture
def log() -> Log:
    """An empty release log that begins on 21 February 2022 at 9:00 UTC."""
    return Log()
