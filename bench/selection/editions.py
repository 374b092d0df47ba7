"""The model's editions and deliveries: what staff, the sender and the relay do."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from bench.selection import oracle
from bench.selection.newsroom import NEWSROOM_LANGUAGE, Item
from bench.selection.readers import Reader, Readership
from digest.editions.facts import ItemFacts, build_facts, build_roots
from digest.editions.interests import age_floors, build_forgotten, prune_had, settled_position
from digest.editions.selection import (
    Candidates,
    Rule,
    Selection,
    add_to_had,
    build_candidates,
    could_carry,
    select,
)

URGENT = "urgent"
OPEN = frozenset(("queued", "inflight", "held"))
UNFROZEN = frozenset(("draft", "approved"))
MOST_EDITIONS, MOST_UNFINISHED = 40, 4


@dataclass(eq=False, slots=True)
class Edition:
    """An edition, a part of one, or an extra one.

    Attributes:
        period: what parts of one edition share.
        audience: for a part the readers whom it makes up for; None for everyone on the list with the rhythm.
        regular: whether it counts as the last frozen edition.
    """

    place: int
    rhythm: str
    period: int
    horizon: int
    moment: datetime
    audience: tuple[Reader, ...] | None = None
    regular: bool = True
    state: str = "draft"
    excluded: set[str] = field(default_factory=set)
    deliveries: list[Delivery] = field(default_factory=list)

    def readers(self, everyone: list[Reader]) -> list[Reader]:
        """Who gets a copy if there is something to carry."""
        if self.audience is not None:
            readers = [reader for reader in everyone if reader in self.audience]
        elif self.rhythm == URGENT:
            readers = [reader for reader in everyone if reader.urgent]
        else:
            readers = [reader for reader in everyone if reader.rhythm == self.rhythm]
        return [reader for reader in readers if reader.place == self.place and reader.active and not reader.paused]


@dataclass(frozen=True, slots=True)
class Promise:
    """What the oracle must know of the moment when a delivery was made.

    Attributes:
        log_end: the log's end then.
        follows: what the reader followed, as `Reader.follows`.
        language: the language they had chosen.
        roots: the root of every item.
        left_out: what staff had left out, this time or for good.
    """

    log_end: int
    follows: Mapping[str, int]
    language: str
    roots: Mapping[str, str]
    left_out: AbstractSet[str]


@dataclass(eq=False, slots=True)
class Delivery:
    """One letter.

    Attributes:
        texts: item -> corrections that its text, as approved, includes.
        doubts: how often it is unknown whether a copy arrived.
        copies: how many copies really arrived.
        stopped: whether a correction or withdrawal of something in it came after freezing.
        decided: whether staff settled the doubt.
    """

    reader: Reader
    edition: Edition
    selection: Selection
    texts: Mapping[str, int]
    promise: Promise
    state: str = "queued"
    doubts: int = 0
    copies: int = 0
    stopped: bool = False
    decided: bool = False
    settled: bool = False


class World(Readership):
    """What staff, sender and relay do; a mutant overrides one of the small methods at the beginning.

    Attributes:
        barred: (item, list) pairs that staff ruled out for good.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.barred: set[tuple[str, int]] = set()
        self.periods = 0

    # Where the product decides, and where a fault in its use would show.

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        return build_facts(self.log, horizon)

    def rule(self, edition: Edition) -> Rule:
        barred = frozenset(item for item, place in self.barred if place == edition.place)
        excluded = frozenset(edition.excluded)
        return Rule(edition.moment, self.max_age, excluded, barred, edition.rhythm == URGENT, NEWSROOM_LANGUAGE)

    def candidates(self, edition: Edition) -> Candidates:
        return build_candidates(self.facts(edition.horizon), build_roots(self.log), self.rule(edition))

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        return select(candidates, reader.interest, reader.language, self.had(reader), self.claimed(reader))

    def had(self, reader: Reader) -> Mapping[str, int]:
        had = reader.had
        for delivery in reader.deliveries:
            if delivery.state == "sent" and not delivery.settled:
                had = self.added(had, delivery.selection)
        return had

    def added(self, had: Mapping[str, int], selection: Selection) -> Mapping[str, int]:
        return add_to_had(had, selection)

    def claimed(self, reader: Reader) -> frozenset[str]:
        return frozenset().union(*(delivery.selection.items for delivery in reader.deliveries if self.claims(delivery)))

    def claims(self, delivery: Delivery) -> bool:
        return delivery.state in OPEN

    def adds_to_had(self, delivery: Delivery) -> bool:
        return delivery.state == "sent"

    def is_concerned(self, edition: Edition, item: Item) -> bool:
        facts = self.facts(edition.horizon)
        return item.name in facts and could_carry(facts[item.name], self.rule(edition))

    def moves_floors(self, edition: Edition) -> bool:
        return edition.regular

    def is_stale(self, delivery: Delivery, item: Item) -> bool:
        return item.name in delivery.texts

    def stop_late(self, delivery: Delivery) -> None:
        """Mark one that cannot be called back any more, so that it is at least not tried again."""
        delivery.stopped = True

    def ended(self, delivery: Delivery, wanted: str) -> str:
        """The state in which a delivery ends that is not to be tried again: doubt stays doubt."""
        return "held" if delivery.doubts else wanted

    def may_leave(self, delivery: Delivery) -> bool:
        return delivery.reader.active and delivery.reader in self.readers

    def grows_old_at(self) -> datetime:
        """The moment to which ages are counted when rows are tidied: editions not yet frozen may look back further."""
        return min([self.now, *(edition.moment for edition in self.editions if edition.state in UNFROZEN)])

    def aged(self, reader: Reader) -> Mapping[str, int]:
        moments = [event.at for event in self.log]
        return age_floors(reader.interest, settled_position(moments, self.grows_old_at(), self.max_age))

    def forgotten(self) -> frozenset[str]:
        return build_forgotten(self.facts(len(self.log)), build_roots(self.log), self.grows_old_at(), self.max_age)

    # Editions.

    def append(self, type_: str, item: Item, before: tuple[str, ...], backfill: bool) -> None:
        """Log an event, and in the same breath return or stop what it makes wrong."""
        super().append(type_, item, before, backfill)
        if type_ == "refiled":
            for edition in self.editions:
                edition.state = "draft" if edition.state == "approved" else edition.state
        elif type_ != "released":
            for edition in tuple(self.editions):
                self.recall(edition, item)

    def recall(self, edition: Edition, item: Item) -> None:
        if edition.state in UNFROZEN:
            if self.is_concerned(edition, item):
                edition.state, edition.horizon, edition.moment = "draft", len(self.log), self.now
            return
        stale = [delivery for delivery in edition.deliveries if self.is_stale(delivery, item)]
        for delivery in stale:
            if delivery.state == "queued":
                delivery.state = self.ended(delivery, "cancelled")
            if delivery.state in ("inflight", "held"):
                self.stop_late(delivery)
        if any(delivery.state == "cancelled" for delivery in stale):
            self.make_part(edition)

    def make_part(self, edition: Edition) -> None:
        """Draft a part for the readers whose delivery in this period was cancelled, unless one is waiting already."""
        family = [other for other in self.editions if other.period == edition.period]
        left = [delivery.reader for other in family for delivery in other.deliveries if delivery.state == "cancelled"]
        if left and not any(other.state in UNFROZEN for other in family):
            part = Edition(edition.place, edition.rhythm, edition.period, len(self.log), self.now, tuple(left), False)
            self.editions.append(part)

    def draft(self, place: int, rhythm: str, regular: bool = True) -> Edition:
        self.periods += 1
        edition = Edition(place, rhythm, self.periods, len(self.log), self.now, None, regular)
        self.editions.append(edition)
        return edition

    def any_edition(self, *states: str) -> Edition | None:
        editions = [edition for edition in self.editions if edition.state in states]
        return self.random.choice(editions) if editions else None

    def step_draft(self) -> None:
        unfinished = sum(edition.state not in ("cancelled", "sending") for edition in self.editions)
        reader = self.any_reader()
        if reader and len(self.editions) < MOST_EDITIONS and unfinished < MOST_UNFINISHED:
            urgent = reader.urgent and self.chance(0.4)
            self.draft(reader.place, URGENT if urgent else reader.rhythm, regular=not urgent and self.chance(0.9))

    def step_prepare(self) -> None:
        """Prepare again: drafts move on to the present, a cancelled edition gets a part."""
        for edition in self.editions:
            if edition.state == "draft":
                edition.horizon, edition.moment = len(self.log), self.now
        if (cancelled := self.any_edition("cancelled")) and len(self.editions) < MOST_EDITIONS:
            self.make_part(cancelled)

    def step_exclude(self) -> None:
        if self.items and (edition := self.any_edition(*UNFROZEN)):
            item = self.random.choice(tuple(self.items))
            edition.state = "draft"
            if self.chance(0.2):
                self.barred.add((item, edition.place))
            else:
                edition.excluded ^= {item}

    def step_approve(self) -> None:
        if edition := self.any_edition("draft"):
            edition.state = "approved"

    def step_freeze(self) -> None:
        if edition := self.any_edition("approved"):
            self.freeze(edition)

    def freeze(self, edition: Edition) -> None:
        """Make the deliveries of an edition."""
        edition.state = "sending"
        if readers := edition.readers(self.readers):
            candidates, roots = self.candidates(edition), self.roots()
            for reader in readers:
                if selection := self.selection(candidates, reader):
                    self.make_delivery(edition, reader, selection, roots)
        for record, counts in ((self.last_frozen, self.moves_floors(edition)), (self.last_regular, edition.regular)):
            key = edition.place, edition.rhythm
            if counts:
                record[key] = max(edition.horizon, record.get(key, 0))

    def make_delivery(self, edition: Edition, reader: Reader, selection: Selection, roots: Mapping[str, str]) -> None:
        carried = [item for item, _ in (*selection.new, *selection.corrected)]
        texts = {item: self.items[item].corrections_at(edition.horizon) for item in carried}
        left_out = edition.excluded | {item for item, place in self.barred if place == edition.place}
        promise = Promise(len(self.log), reader.follows, reader.language, roots, left_out)
        delivery = Delivery(reader, edition, selection, texts, promise)
        edition.deliveries.append(delivery)
        reader.deliveries.append(delivery)

    def step_routine(self) -> None:
        """An ordinary week: an edition is prepared, approved, frozen and sent, with the relay's usual luck."""
        if (reader := self.any_reader()) and len(self.editions) < MOST_EDITIONS:
            edition = self.draft(reader.place, reader.rhythm)
            self.freeze(edition)
            for _ in edition.deliveries:
                self.step_send()
                self.step_reply()

    def step_hold(self) -> None:
        if edition := self.any_edition("sending", "paused"):
            edition.state = "paused" if edition.state == "sending" else "sending"

    def step_cancel(self) -> None:
        if self.chance(0.5) and (edition := self.any_edition("sending", "paused")):
            edition.state = "cancelled"
            for delivery in edition.deliveries:
                if delivery.state == "queued":
                    delivery.state = self.ended(delivery, "cancelled")

    # Deliveries.

    def deliveries(self, *states: str) -> list[Delivery]:
        return [delivery for edition in self.editions for delivery in edition.deliveries if delivery.state in states]

    def ready(self) -> list[Delivery]:
        """Deliveries that may leave now."""
        return [delivery for delivery in self.deliveries("queued") if delivery.edition.state == "sending"]

    def step_send(self) -> None:
        if ready := self.ready():
            delivery = self.random.choice(ready)
            if self.may_leave(delivery):
                delivery.state = "inflight"
                oracle.judge_intent(self, delivery)
            else:
                delivery.state = self.ended(delivery, "cancelled")

    def step_reply(self) -> None:
        if inflight := self.deliveries("inflight"):
            self.reply(self.random.choice(inflight), self.random.random())

    def reply(self, delivery: Delivery, luck: float) -> None:
        """The relay accepts (72 %), refuses for good (8 %), for now (8 %), or the answer is lost (12 %)."""
        if luck < 0.72:
            self.arrive(delivery)
            delivery.state = "sent"
        elif luck < 0.80:
            delivery.state = self.ended(delivery, "failed")
        elif luck < 0.88:
            delivery.state = "queued" if self.may_return(delivery) else self.ended(delivery, "cancelled")
        else:
            delivery.doubts += 1
            if self.chance(0.5):
                self.arrive(delivery)
            delivery.state = "queued" if delivery.doubts == 1 and self.may_return(delivery) else "held"

    def may_return(self, delivery: Delivery) -> bool:
        """Whether the same bytes may be tried again."""
        return delivery.edition.state != "cancelled" and not delivery.stopped

    def arrive(self, delivery: Delivery) -> None:
        """A copy reaches the reader; further ones of the same bytes only follow a marked doubt."""
        delivery.copies += 1
        if delivery.copies == 1:
            oracle.judge_copy(self, delivery)
            delivery.reader.got.append(delivery)

    def step_decide(self) -> None:
        if held := self.deliveries("held"):
            self.decide(self.random.choice(held), self.random.choice(("received", "again", "give up")))

    def decide(self, delivery: Delivery, verdict: str) -> None:
        """Staff decide about a held one; sending again is refused where it would be wrong."""
        if verdict == "again":
            if self.may_leave(delivery) and self.may_return(delivery):
                delivery.state = "queued"
            return
        delivery.decided = True
        delivery.state = "sent" if verdict == "received" else "failed"

    def step_settle(self) -> None:
        """Write what was sent into `had`."""
        for reader in self.readers:
            for delivery in reader.deliveries:
                if self.adds_to_had(delivery) and not delivery.settled:
                    delivery.settled = True
                    reader.had = self.added(reader.had, delivery.selection)

    def step_tidy(self) -> None:
        """Let floors age and `had` forget."""
        forgotten = self.forgotten()
        for reader in self.readers:
            reader.had = prune_had(reader.had, forgotten)
            reader.interest = self.aged(reader)
