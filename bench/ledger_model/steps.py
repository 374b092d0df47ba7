"""What can happen next in a moment of the small world, and the moment that each of it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from bench.ledger_model.database import Database
from bench.ledger_model.oracle import BrokenPromiseError, check_body, check_letters, check_moment, check_rest
from bench.ledger_model.states import IDLE, Copies, Line, Moment, Outcome, People, Spared, settle_places
from digest.delivery import ledger
from digest.delivery.transitions import Decision, Ending
from digest.store.sending import Question

__all__ = ["World", "Worlds"]

Step = tuple[str, Moment]
_REFUSALS = (Ending.FAILED, Ending.DEFERRED)


@dataclass(frozen=True)
class World:
    """How large a world is, and what may befall it.

    Attributes:
        letters: how many letters there are.
        senders: how many senders there may be at a time, of `lines` connections each.
        max_unknown: how many lost answers are followed by another copy.
        single: whether they are single letters and not an edition's.
        spared: how often each thing may happen.
    """

    name: str
    letters: int = 1
    senders: int = 2
    lines: int = 1
    max_unknown: int = 1
    single: bool = False
    spared: Spared = field(default_factory=Spared)


class Worlds:
    """The steps of a world, each on the real ledger in its database."""

    def __init__(self, world: World, database: Database) -> None:
        self._world = world
        self._database = database
        self._most = 1 if world.single else 1 + world.max_unknown

    def begin(self) -> Moment:
        """The first moment: all is queued, and nobody sends."""
        world = self._world
        return Moment(self._database.rows, (None,) * world.senders, (Copies(),) * world.letters, People(), world.spared)

    def find_steps(self, moment: Moment) -> Iterator[tuple[str, Moment, bool]]:
        """All that can happen now: what it is, where it leads, and whether it is people or chance who do it."""
        for name, after in self._work(moment):
            check_rest(moment.rows, after.rows)
            yield self._look_at(name, moment, after, chance=False)
        for name, after in self._befall(moment):
            check_rest(moment.rows, after.rows)
            yield self._look_at(name, moment, after, chance=True)
        for name, after in self._act(moment):
            yield self._look_at(name, moment, after, chance=True)

    def _look_at(self, name: str, before: Moment, after: Moment, *, chance: bool) -> tuple[str, Moment, bool]:
        if after is not before:
            try:
                check_moment(after)
                if self._world.single:
                    check_letters(after)
            except BrokenPromiseError as error:
                raise BrokenPromiseError(f"{error} (by: {name})") from None
            after = settle_places(after)
        return name, after, chance

    # -- what senders and a relay do that works

    def _work(self, moment: Moment) -> Iterator[Step]:
        for place, lines in enumerate(moment.senders, 1):
            if lines is None:
                yield f"{place} starts", self._start(moment, place)
                continue
            yield f"{place} looks around", self._review(moment, place)
            for index, line in enumerate(lines):
                if line.flying is None:
                    yield f"{place} asks", self._ask(moment, place, index)
                else:
                    yield (
                        f"{place}: the relay takes {line.flying}",
                        self._answer(moment, place, index, Ending.SENT, taken=True),
                    )
            idle = [index for index, line in enumerate(lines) if line.flying is None]
            if len(idle) > 1:
                yield f"{place} asks for all", self._ask(moment, place, *idle)

    def _start(self, moment: Moment, place: int) -> Moment:
        self._put_back(moment)
        self._database.start(place)
        return self._set_lines(moment, place, (IDLE,) * self._world.lines)._replace(rows=self._database.rows)

    def _review(self, moment: Moment, place: int) -> Moment:
        self._put_back(moment)
        self._database.review(place)
        return moment._replace(rows=self._database.rows)

    def _ask(self, moment: Moment, place: int, *indexes: int) -> Moment:
        """The next question of connections; the ledger answers all of them with one transaction."""
        lines = [self._lines(moment, place)[index] for index in indexes]
        questions = [self._question(line) for line in lines]
        self._put_back(moment)
        answers = self._database.exchange(place, *questions)
        after = moment._replace(rows=self._database.rows)
        for index, line, question, answer in zip(indexes, lines, questions, answers, strict=True):
            after = self._hear(moment, after, place, index, line, question, answer)
        return after

    def _question(self, line: Line) -> Question:
        """What a connection asks: how a letter ended, and when no other end is left to be told, what next."""
        hand = self._database.in_hand
        first = line.outcomes[0] if line.outcomes else None
        outcome = None if first is None else ledger.Outcome(hand(first.letter), first.ending, 250)
        if len(line.outcomes) > 1:
            return Question(outcome, None, False)
        return Question(outcome, None if line.picked is None else hand(line.picked), True)

    def _hear(
        self, before: Moment, after: Moment, place: int, index: int, line: Line, question: Question, answer: ledger.Answer
    ) -> Moment:
        """What a connection does when its question is answered; what it said is durable then."""
        flying, picked = None, line.picked
        if line.outcomes:
            said = line.outcomes[0]
            if said.body and said.ending not in (Ending.SENT, Ending.UNKNOWN):
                after = self._count(after, said.letter, perhaps=-1)
        if question.go is not None and answer.allowed:
            assert line.picked is not None
            check_body(before._replace(copies=after.copies), line.picked, self._most)
            after, flying = self._count(after, line.picked, perhaps=1), line.picked
        if question.want:
            picked = None if answer.next is None else answer.next.id - 1
        return self._set_line(after, place, index, Line(flying, picked, line.outcomes[1:]))

    def _answer(self, moment: Moment, place: int, index: int, ending: Ending, *, taken: bool) -> Moment:
        """The relay answers a body, or does not."""
        line = self._lines(moment, place)[index]
        assert line.flying is not None
        moment = self._count(moment, line.flying, taken=int(taken), lost=int(ending is Ending.UNKNOWN))
        ended = (*line.outcomes, Outcome(line.flying, ending, body=True))
        return self._set_line(moment, place, index, Line(None, line.picked, ended))

    # -- what befalls them

    def _befall(self, moment: Moment) -> Iterator[Step]:
        spared = moment.spared
        for place, lines in enumerate(moment.senders, 1):
            if lines is None:
                continue
            if spared.kills:
                yield from self._kill(moment, place)
            if spared.closings and all(line.flying is None and not line.outcomes for line in lines):
                yield f"{place} ends", self._end(self._spend(moment, "closings"), place)
            for index, line in enumerate(lines):
                if spared.drops and line.flying is not None:
                    dropped = self._spend(moment, "drops")
                    for taken in (True, False):
                        word = "taken" if taken else "lost"
                        after = self._answer(dropped, place, index, Ending.UNKNOWN, taken=taken)
                        yield f"{place}: {line.flying} is {word} and the line drops", after
                if spared.refusals:
                    yield from self._refuse(self._spend(moment, "refusals"), place, index, line)

    def _kill(self, moment: Moment, place: int) -> Iterator[Step]:
        """What is on the wire is taken or not; nobody hears of it, nor of what was not yet written down."""
        lines = self._lines(moment, place)
        flying = [line.flying for line in lines if line.flying is not None]
        told = [said.letter for line in lines for said in line.outcomes if said.body and said.ending is not Ending.UNKNOWN]
        dead = self._set_lines(self._spend(moment, "kills"), place, None)
        for number in (*flying, *told):
            dead = self._count(dead, number, lost=1)
        for fates in product((True, False), repeat=len(flying)):
            after = dead
            for number, taken in zip(flying, fates, strict=True):
                after = self._count(after, number, taken=int(taken))
            yield f"{place} is killed ({', '.join('taken' if taken else 'lost' for taken in fates)})", after

    def _refuse(self, moment: Moment, place: int, index: int, line: Line) -> Iterator[Step]:
        """The relay refuses a body, or the envelope of a letter that is only picked; or it blames us."""
        if line.flying is not None:
            for ending in (*_REFUSALS, Ending.RETURNED):
                yield f"{place}: {line.flying} is {ending}", self._answer(moment, place, index, ending, taken=False)
        elif line.picked is not None:
            for ending in _REFUSALS:
                ended = (*line.outcomes, Outcome(line.picked, ending, body=False))
                after = self._set_line(moment, place, index, Line(None, None, ended))
                yield f"{place}: the envelope of {line.picked} is {ending}", after

    def _end(self, moment: Moment, place: int) -> Moment:
        self._put_back(moment)
        self._database.end(place)
        return self._set_lines(moment, place, None)._replace(rows=self._database.rows)

    # -- what people do

    def _act(self, moment: Moment) -> Iterator[Step]:
        spared, people = moment.spared, moment.people
        if spared.leaves:
            for number in range(self._world.letters):
                if number not in people.gone:
                    gone = people._replace(gone=people.gone | {number})
                    yield f"reader {number} leaves", self._do(self._spend(moment, "leaves"), gone, "leave", number)
        if moment.rows.edition == "sending" and spared.pauses:
            yield "staff pause", self._do(self._spend(moment, "pauses"), people._replace(paused=True), "pause")
        if moment.rows.edition == "paused":
            yield "staff resume", self._do(moment, people._replace(paused=False), "resume")
        if moment.rows.edition in ("sending", "paused") and spared.cancels:
            cancelled = people._replace(cancelled=True, paused=False)
            yield "staff cancel", self._do(self._spend(moment, "cancels"), cancelled, "cancel")
        if moment.rows.edition in ("sending", "paused") and spared.corrections:
            corrected = people._replace(corrected=True)
            yield "staff correct", self._do(self._spend(moment, "corrections"), corrected, "correct")
        if spared.decisions:
            for number, row in enumerate(moment.rows.deliveries):
                if row.state == "held":
                    yield from self._decide(self._spend(moment, "decisions"), number)

    def _decide(self, moment: Moment, number: int) -> Iterator[Step]:
        for decision in Decision:
            after = self._do(moment, moment.people, "decide", number, decision)
            state = after.rows.deliveries[number].state
            if state != "held":
                more = self._count(after, number, more=int(state == "queued"))
                copies = more.copies[number]._replace(received=state == "sent", given_up=state == "failed")
                yield f"staff decide {number}: {decision}", self._set_copies(more, number, copies)

    def _do(self, moment: Moment, people: People, name: str, *values: object) -> Moment:
        self._put_back(moment)
        getattr(self._database, name)(*values)
        return moment._replace(rows=self._database.rows, people=people)

    # -- the small change

    def _put_back(self, moment: Moment) -> None:
        self._database.living = frozenset(place for place, lines in enumerate(moment.senders, 1) if lines is not None)
        self._database.put_back(moment.rows)

    def _lines(self, moment: Moment, place: int) -> tuple[Line, ...]:
        lines = moment.senders[place - 1]
        assert lines is not None
        return lines

    def _set_lines(self, moment: Moment, place: int, lines: tuple[Line, ...] | None) -> Moment:
        senders = (*moment.senders[: place - 1], lines, *moment.senders[place:])
        return moment._replace(senders=senders)

    def _set_line(self, moment: Moment, place: int, index: int, line: Line) -> Moment:
        lines = self._lines(moment, place)
        return self._set_lines(moment, place, (*lines[:index], line, *lines[index + 1 :]))

    def _count(
        self, moment: Moment, number: int, *, perhaps: int = 0, taken: int = 0, lost: int = 0, more: int = 0
    ) -> Moment:
        now = moment.copies[number]
        copies = now._replace(
            perhaps=now.perhaps + perhaps, taken=now.taken + taken, lost=now.lost + lost, more=now.more + more
        )
        return self._set_copies(moment, number, copies)

    def _set_copies(self, moment: Moment, number: int, copies: Copies) -> Moment:
        return moment._replace(copies=(*moment.copies[:number], copies, *moment.copies[number + 1 :]))

    def _spend(self, moment: Moment, name: str) -> Moment:
        return moment._replace(spared=moment.spared._replace(**{name: getattr(moment.spared, name) - 1}))
