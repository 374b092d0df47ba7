"""What was promised of a run, judged by what the relay really got. Pure: evidence in, broken promises out.

The ledger is believed only where the relay's log or the order of the audit bears it out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from smtp_words import Event

from bench.chaos.audit import Step
from bench.chaos.fleet import Running

__all__ = ["Delivery", "Evidence", "judge", "judge_delivery"]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_LOSSES = frozenset({"lost", "torn"})
_REFUSING = frozenset({"rcpt", "body", "mail", "data"})


@dataclass(frozen=True)
class Delivery:
    """A row of the ledger at the end; `reader` is the subscription's number, None for a single letter.

    `letter` is what was approved for this reader: Message-ID and SHA-256 of the message; None when that is not known.
    """

    id: int
    reader: int | None
    recipient: str
    state: str
    unknown_count: int
    letter: tuple[str, str] | None = None


@dataclass(frozen=True)
class Evidence:
    """All that is known of a run.

    `downs` are the moments at which the relay itself was killed; `most_copies` how many copies a reader may get;
    `connections` how many each sender has (0: not known).
    """

    deliveries: Sequence[Delivery]
    steps: Sequence[Step]
    events: Sequence[Event]
    senders: Sequence[Running]
    edition_state: str
    audience_count: int
    downs: Sequence[float] = ()
    most_copies: int = 2
    connections: int = 0

    @cached_property
    def events_of(self) -> Mapping[str, Sequence[Event]]:
        """What the relay knows of each recipient, in order."""
        return _group((event.recipient, event) for event in self.events)

    @cached_property
    def steps_of(self) -> Mapping[int | str, Sequence[Step]]:
        """The steps of each delivery, in order."""
        return _group((step.id, step) for step in self.steps if step.what == "delivery")

    @cached_property
    def left_at(self) -> Mapping[int | str, Step]:
        """The step by which each reader left who did."""
        return {step.id: step for step in self.steps if step.what == "reader" and step.became != "active"}


@dataclass
class Copies:
    """One reader's letters: bodies that began, copies that were taken, bodies that ended in nothing sayable."""

    begun: list[float] = field(default_factory=list)
    taken: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    losses: int = 0
    refusals: int = 0

    @classmethod
    def of(cls, events: Sequence[Event]) -> Copies:
        """What the relay's log has; a copy's moment is that of the first octet of its body."""
        copies, open_bodies = cls(), {}
        for event in events:
            if event.kind == "begun":
                copies.begun.append(event.moment)
                open_bodies[event.connection] = event.moment
            elif event.kind == "taken":
                copies.taken.append((open_bodies.get(event.connection, event.moment), event.detail))
            elif event.kind in _LOSSES:
                copies.losses += 1
            elif event.kind == "refused" and event.detail[0] in _REFUSING:
                copies.refusals += event.detail[1].startswith("5")
        return copies


def judge(evidence: Evidence) -> Counter[str]:
    """How often each promise was broken; empty when all were kept."""
    broken = Counter(_judge_edition(evidence))
    intents = _find_bad_intents(evidence)
    broken.update(intents)
    for delivery in evidence.deliveries:
        broken.update(judge_delivery(evidence, delivery))
    broken.update(_judge_places(evidence.senders))
    return broken


def judge_delivery(evidence: Evidence, delivery: Delivery) -> Iterator[str]:
    """The promises that were broken to one person."""
    copies = Copies.of(evidence.events_of.get(delivery.recipient, ()))
    steps = evidence.steps_of.get(delivery.id, ())
    yield from _judge_end(evidence, delivery, copies)
    yield from _judge_copies(evidence, delivery, copies, steps)
    yield from _judge_doubts(evidence, delivery, copies, steps)


def _judge_edition(evidence: Evidence) -> Iterator[str]:
    if evidence.edition_state not in ("finished", "cancelled"):
        yield f"the edition ended {evidence.edition_state}"
    readers = [delivery.reader for delivery in evidence.deliveries if delivery.reader is not None]
    if len(readers) != evidence.audience_count:
        yield "the counts do not add up to the audience"
    if len(set(readers)) < len(readers):
        yield "a reader has two deliveries of one edition"
    if len({(event.recipient, event.detail[0]) for event in evidence.events if event.kind == "taken"}) > len(
        {event.detail[0] for event in evidence.events if event.kind == "taken"}
    ):
        yield "two readers got letters of one Message-ID"
    known = {delivery.recipient for delivery in evidence.deliveries}
    for recipient in evidence.events_of:
        if recipient and recipient not in known:
            yield "a letter went to somebody who is no reader"


def _judge_end(evidence: Evidence, delivery: Delivery, copies: Copies) -> Iterator[str]:
    """Everybody was mailed, or is at rest for a reason that the run really gave; a single letter in doubt is given up."""
    taken, state = len(copies.taken), delivery.state
    given_up = delivery.reader is None and state == "failed" and delivery.unknown_count
    left = delivery.reader in evidence.left_at
    if state in ("queued", "picked", "inflight"):
        yield f"a delivery was left {state}"
    elif state == "sent" and not taken:
        yield "somebody was missed: sent, and never taken"
    elif state == "failed" and not copies.refusals and not given_up:
        yield "failed without a refusal"
    elif state == "held" and (delivery.reader is None or not delivery.unknown_count):
        yield "held without a doubt"
    elif state == "suppressed" and not left:
        yield "suppressed without having left"
    elif state == "cancelled" and evidence.edition_state != "cancelled":
        yield "cancelled without a cancel"
    if taken and state not in ("sent", "held") and not given_up:
        yield f"a copy was taken, and the ledger says {state}"


def _judge_copies(evidence: Evidence, delivery: Delivery, copies: Copies, steps: Sequence[Step]) -> Iterator[str]:
    """No copy without an intent before it, no second one without a mark before it, no two that differ."""
    if len(copies.taken) > (1 if delivery.reader is None else evidence.most_copies):
        yield "more copies than the cap"
    if len({detail for _, detail in copies.taken}) > 1:
        yield "a second copy was not the same bytes"
    if delivery.letter is not None and any(detail != delivery.letter for _, detail in copies.taken):
        yield "a letter was not the one that was approved"
    intents = [step.moment for step in steps if step.became == "inflight"]
    for number, moment in enumerate(copies.begun):
        if sum(intent <= moment for intent in intents) <= number:
            yield "a body began without an intent"
    marks = [step.moment for step in _marks(steps)]
    for number, (moment, _) in enumerate(sorted(copies.taken)):
        if sum(mark <= moment for mark in marks) < number:
            yield "a second copy without a mark before it"


def _judge_doubts(evidence: Evidence, delivery: Delivery, copies: Copies, steps: Sequence[Step]) -> Iterator[str]:
    """Every mark has a cause: an answer that was lost, or a sender or a relay that died with the letter in flight."""
    marks = list(_marks(steps))
    if len(marks) != delivery.unknown_count:
        yield "marks that nobody saw being made"
    causeless = sum(not _has_died(evidence, steps, mark) for mark in marks)
    if causeless > copies.losses:
        yield "a doubt that could be known"


def _has_died(evidence: Evidence, steps: Sequence[Step], mark: Step) -> bool:
    """Whether the sender of a letter in doubt, or the relay, died while it was in flight."""
    intent = max((step for step in steps if step.number < mark.number and step.became == "inflight"), default=None)
    if intent is None:
        return False
    if any(intent.moment <= down <= mark.moment + 1 for down in evidence.downs):
        return True
    return any(
        running.died
        and running.place in (intent.sender, None)
        and (running.killed_at or running.began_at) <= mark.moment + 0.001
        and (running.ended_at is None or intent.moment <= running.ended_at)
        for running in evidence.senders
    )


def _find_bad_intents(evidence: Evidence) -> Iterator[str]:
    """No body is let go for a reader after their leaving, nor while the edition stands still: by the order of the audit."""
    readers = {delivery.id: delivery.reader for delivery in evidence.deliveries}
    left: set[int | str] = set()
    sending = True
    open_bodies: Counter[int | None] = Counter()
    for step in evidence.steps:
        if step.what == "edition":
            sending = step.became == "sending"
        elif step.what == "reader":
            (left.discard if step.became == "active" else left.add)(step.id)
        elif step.was == "inflight" and step.became != "inflight":
            open_bodies[step.sender] -= 1
        elif step.became == "inflight":
            open_bodies[step.sender] += 1
            if open_bodies[step.sender] > evidence.connections > 0:
                yield "more letters in flight than connections"
            reader = readers.get(int(step.id), -1)
            if reader in left:
                yield "a body let go for a reader who had left"
            if not sending and reader is not None:
                yield "a body let go while the edition stood still"


def _judge_places(senders: Sequence[Running]) -> Iterator[str]:
    """No sender takes a place before the one that was killed there is dead."""
    for first in senders:
        for second in senders:
            if first is second or first.place is None or first.place != second.place or first.killed_at is None:
                continue
            assert first.placed_at is not None and second.placed_at is not None
            if first.placed_at < second.placed_at < first.killed_at:
                yield "two senders at one place"


def _marks(steps: Sequence[Step]) -> Iterator[Step]:
    count = 0
    for step in steps:
        if (step.unknown_count or 0) > count:
            count = step.unknown_count or 0
            yield step


def _group(pairs: Iterable[tuple[_Key, _Value]]) -> Mapping[_Key, Sequence[_Value]]:
    groups: defaultdict[_Key, list[_Value]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
