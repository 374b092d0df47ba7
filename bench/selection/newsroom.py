"""The model newsroom: items of three topics and three languages, and the release log that their changes make."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from digest.editions.facts import LogEvent, topics_entered

TOPICS = ("a", "b", "c")
LANGUAGES = ("en", "fr", "de")
NEWSROOM_LANGUAGE = "en"
FIRST_DAY = datetime(2022, 1, 3, tzinfo=UTC)


@dataclass(eq=False, slots=True)
class Item:
    """An item as its authors have it now, and what the log says of it so far."""

    name: str
    root: str
    language: str
    topics: tuple[str, ...]
    urgent: bool
    due: int
    backfill: bool
    history: list[LogEvent] = field(default_factory=list)
    withdrawn: bool = False

    def corrections_at(self, horizon: int) -> int:
        """How many corrections its text includes at a position of the log."""
        return sum(event.type == "corrected" for event in self.history if event.number <= horizon)


class Newsroom:
    """What authors do, and the log of it.

    Attributes:
        day: today, counted from the first day of the history.
        stride: days that pass when time goes on; large ones let floors grow old and memories fade.
        max_age: the lists' `max_age`.
        most_items: how many items there will be; to few ones more happens.
        log: all events so far.
        items: all released items.
        faults: the broken promises found so far, counted.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        days, self.stride = self.random.choice(((9999, 1), (9999, 1), (6, 1), (35, 3), (35, 25), (120, 60), (120, 100)))
        self.max_age = timedelta(days=days)
        self.most_items = self.random.choice((3, 6, 15))
        self.day = 0
        self.log: list[LogEvent] = []
        self.items: dict[str, Item] = {}
        self.drafts: list[Item] = []
        self.faults: Counter[str] = Counter()

    @property
    def now(self) -> datetime:
        """The moment of today."""
        return FIRST_DAY + timedelta(days=self.day)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def live(self) -> list[Item]:
        """Items that are out and not withdrawn."""
        return [item for item in self.items.values() if not item.withdrawn]

    def roots(self) -> dict[str, str]:
        """The root of every released item, found by walking from translation to original."""
        found = {}
        for name in self.items:
            root = name
            while root in self.items and self.items[root].root != root:
                root = self.items[root].root
            found[name] = root
        return found

    def append(self, type_: str, item: Item, before: tuple[str, ...], backfill: bool) -> None:
        """Log an event of the item in its present form; editions that it concerns learn of it."""
        entered = topics_entered(before, item.topics, first=type_ == "released")
        form = item.name, item.root, item.language, item.topics
        event = LogEvent(len(self.log) + 1, type_, *form, entered, self.now, item.urgent, backfill)
        self.log.append(event)
        item.history.append(event)

    # What can happen, each at random.

    def step_day(self) -> None:
        self.day += self.stride

    def step_write(self) -> None:
        if len(self.items) + len(self.drafts) >= self.most_items:
            return
        name = f"i{len(self.items) + len(self.drafts)}"
        originals = [item for item in (*self.items.values(), *self.drafts) if item.root == item.name]
        root, topics = name, tuple(self.random.sample(TOPICS, self.random.choice((0, 1, 1, 2, 2, 2))))
        languages = list(LANGUAGES) if self.chance(0.3) else [NEWSROOM_LANGUAGE]
        if originals and self.chance(0.4):
            original = self.random.choice(originals)
            root = original.name
            topics = original.topics if self.chance(0.8) else topics
            family = [item for item in (*self.items.values(), *self.drafts) if item.root == root]
            languages = [language for language in LANGUAGES if language not in {item.language for item in family}]
        if languages:
            due = self.day + self.random.choice((0, 0, 0, 0, 1)) * self.stride
            language = self.random.choice(languages)
            self.drafts.append(Item(name, root, language, topics, self.chance(0.35), due, self.chance(0.12)))

    def step_publish(self) -> None:
        for draft in [draft for draft in self.drafts if draft.due <= self.day]:
            self.drafts.remove(draft)
            self.items[draft.name] = draft
            self.append("released", draft, (), draft.backfill)

    def step_correct(self) -> None:
        if item := self.pick(self.live()):
            before = self.revise(item)
            self.append("corrected", item, before, self.chance(0.12))

    def step_refile(self) -> None:
        if item := self.pick(self.live()):
            before = self.revise(item)
            if self.chance(0.1):
                self.join(item)
            self.append("refiled", item, before, self.chance(0.12))

    def step_withdraw(self) -> None:
        if self.chance(0.6) and (item := self.pick(self.live())):
            item.withdrawn = True
            self.append("withdrawn", item, item.topics, self.chance(0.12))

    def pick(self, items: list[Item]) -> Item | None:
        return self.random.choice(items) if items else None

    def revise(self, item: Item) -> tuple[str, ...]:
        """Perhaps move the item between topics or make it urgent; returns the topics it had before."""
        before = item.topics
        if self.chance(0.5):
            topic = self.random.choice(TOPICS)
            if topic not in before:
                item.topics = (*before, topic)
            elif len(before) > 1:
                item.topics = tuple(other for other in before if other != topic)
        if self.chance(0.1):
            item.urgent = not item.urgent
        return before

    def join(self, item: Item) -> None:
        """Say of an item, after the fact, that it translates another."""
        roots = self.roots()
        taken = {other.language for other in self.items.values() if roots[other.name] == roots[item.name]}
        strangers = [
            other
            for other in self.items.values()
            if roots[other.name] != roots[item.name] and other.root == other.name and other.language not in taken
        ]
        if item.root == item.name and (other := self.pick(strangers)):
            item.root = other.name
