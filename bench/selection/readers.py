"""The model's readers: each a subscription in one epoch, on one of two lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from bench.selection.newsroom import LANGUAGES, TOPICS, Newsroom
from digest.editions.facts import EVERYTHING
from digest.editions.interests import build_interest, change_topics
from digest.subscribers.subscriptions import import_floor

if TYPE_CHECKING:
    from bench.selection.editions import Delivery, Edition

PRESS, SUPPORTERS = 0, 1
RHYTHMS: Mapping[int, tuple[str, ...]] = {PRESS: ("weekly", "daily", "at-once"), SUPPORTERS: ("weekly", "daily")}
MOST_READERS = 4


@dataclass(eq=False, slots=True)
class Reader:
    """A subscription from confirmation to leaving; who returns later is a new one.

    Attributes:
        place: which list.
        confirmed: the position from which the subscription counts at all.
        interest, had: as the product keeps them.
        follows: the oracle's own record of what was promised: topic -> position above which entries count.
        urgent: whether urgent items come at once beside the rhythm.
        deliveries: every delivery ever made for this subscription.
        got: those of which a copy really arrived, in the order of arrival.
    """

    place: int
    language: str
    rhythm: str
    urgent: bool
    confirmed: int
    interest: Mapping[str, int]
    follows: dict[str, int]
    had: Mapping[str, int] = field(default_factory=dict)
    active: bool = True
    paused: bool = False
    deliveries: list[Delivery] = field(default_factory=list)
    got: list[Delivery] = field(default_factory=list)


class Readership(Newsroom):
    """What readers do.

    Attributes:
        readers: the present subscription of every person.
        last_frozen: list and rhythm -> the highest horizon of its frozen regular editions, as the product has it.
        last_regular: the same by the oracle's own record.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.readers: list[Reader] = []
        self.last_frozen: dict[tuple[int, str], int] = {}
        self.last_regular: dict[tuple[int, str], int] = {}
        self.editions: list[Edition] = []

    def served(self, reader: Reader) -> int | None:
        """The highest horizon of the frozen regular editions that the reader's rhythm has."""
        return self.last_frozen.get((reader.place, reader.rhythm))

    def changed_interest(self, reader: Reader, topics: Collection[str]) -> Mapping[str, int]:
        """What the product makes of the reader's new choice."""
        return change_topics(reader.interest, topics, confirmed=reader.confirmed, last_frozen=self.served(reader))

    def returned(self, old: Reader) -> Reader:
        """The subscription of somebody who left and signs up again."""
        return self.new_reader(old.place, len(self.log))

    def any_topics(self) -> tuple[str, ...]:
        """A random choice of topics; none stands for everything."""
        return tuple(self.random.sample(TOPICS, self.random.choice((0, 0, 1, 1, 2, 2, 3))))

    def new_reader(self, place: int, floor: int) -> Reader:
        topics, rhythm = self.any_topics(), self.random.choice(RHYTHMS[place])
        return Reader(
            place,
            self.random.choice((*LANGUAGES, "en", "it")),
            rhythm,
            place == SUPPORTERS and self.chance(0.5),
            floor,
            build_interest(topics, floor),
            dict.fromkeys(topics or (EVERYTHING,), floor),
        )

    # What can happen, each at random.

    def step_sign_up(self) -> None:
        if len(self.readers) < MOST_READERS:
            self.readers.append(self.new_reader(self.random.choice((PRESS, SUPPORTERS)), len(self.log)))

    def step_import(self) -> None:
        if len(self.readers) < MOST_READERS:
            reader = self.new_reader(self.random.choice((PRESS, SUPPORTERS)), 0)
            since = self.now.date() - timedelta(days=self.random.randint(0, 9)) if self.chance(0.5) else None
            reader.confirmed = import_floor(
                rhythm=reader.rhythm,
                since=since,
                zone=UTC,
                now=self.now,
                log_end=len(self.log),
                frozen_horizon=self.served(reader),
                position_before=lambda moment: sum(event.at < moment for event in self.log),
            )
            reader.interest = dict.fromkeys(reader.interest, reader.confirmed)
            reader.follows = dict.fromkeys(reader.follows, reader.confirmed)
            self.readers.append(reader)

    def step_leave(self) -> None:
        if (reader := self.any_reader()) and self.chance(0.5):
            reader.active = False

    def step_undo(self) -> None:
        if (reader := self.any_reader()) and self.chance(0.5):
            reader.active = True

    def step_return(self) -> None:
        """Somebody who left signs up again: the old epoch's deliveries no longer concern them."""
        gone = [index for index, reader in enumerate(self.readers) if not reader.active]
        if gone and self.chance(0.7):
            index = self.random.choice(gone)
            self.readers[index] = self.returned(self.readers[index])

    def step_pause(self) -> None:
        if reader := self.any_reader():
            reader.paused = not reader.paused

    def step_rhythm(self) -> None:
        if reader := self.any_reader():
            reader.rhythm = self.random.choice(RHYTHMS[reader.place])

    def step_urgent(self) -> None:
        if (reader := self.any_reader()) and reader.place == SUPPORTERS:
            reader.urgent = not reader.urgent

    def step_language(self) -> None:
        if (reader := self.any_reader()) and self.chance(0.5):
            reader.language = self.random.choice(LANGUAGES)

    def step_topics(self) -> None:
        if reader := self.any_reader():
            topics = self.any_topics()
            reader.interest = self.changed_interest(reader, topics)
            reader.follows = self.promised(reader, topics)

    def any_reader(self) -> Reader | None:
        return self.random.choice(self.readers) if self.readers else None

    def promised(self, reader: Reader, topics: tuple[str, ...]) -> dict[str, int]:
        """The oracle's record after a change of topics, told apart case by case."""
        added = max(reader.confirmed, self.last_regular.get((reader.place, reader.rhythm), 0))
        old = reader.follows
        if not topics:
            return old if EVERYTHING in old else {**old, EVERYTHING: added}
        promised = {}
        for topic in topics:
            if EVERYTHING in old and topic in old:
                promised[topic] = min(old[EVERYTHING], old[topic])
            elif EVERYTHING in old or topic in old:
                promised[topic] = old.get(topic, old.get(EVERYTHING, 0))
            else:
                promised[topic] = added
        return promised
