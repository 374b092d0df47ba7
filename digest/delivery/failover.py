"""Several relays as one way for letters: the first that answers takes them, and the preferred one as soon as it is back.

A relay that cannot be had, refuses us or hangs up before any answer is left alone for a growing while, as long as another
one works; only when all fail is it trouble. An answer that was lost stays lost, whichever relay it was: the ledger decides
about a second copy. How many connections each relay takes is kept here too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from digest.delivery.pace import Standing
from digest.delivery.transitions import Ending
from digest.delivery.transport import FullError, Letter, Reply, Session, Stage, Transport, UnreachableError
from digest.delivery.verdicts import Verdict, describe, judge

__all__ = ["Candidate", "Failover", "FailoverSession"]

_OF_LATE = 30.0

Tell = Callable[[str], None]
"""Is told in a sentence when a relay is given up for a while, and when it takes letters again."""


def _tell_nobody(_sentence: str) -> None:
    pass


@dataclass(slots=True)
class Candidate:
    """One relay of several, and how it does.

    `connections` may be open at a time. `fault` is what it said last if that keeps us from using it; `proven` that it has
    taken a letter; `answered_at` when it last answered about one.
    """

    transport: Transport
    connections: int
    standing: Standing = field(default_factory=Standing)
    sessions: set[FailoverSession] = field(default_factory=set)
    opening: int = 0
    fault: Reply | None = None
    proven: bool = False
    answered_at: float = float("-inf")

    @property
    def is_full(self) -> bool:
        """Whether it has all the connections that it takes."""
        return len(self.sessions) + self.opening >= self.connections

    def is_at_work(self, moment: float) -> bool:
        """Whether a connection to it stands, and letters had answers of late."""
        return moment - self.answered_at < _OF_LATE and any(session.stands for session in self.sessions)


class Failover:
    """A transport over several, the preferred one first.

    Args:
        candidates: the relays; each is used within its limits.
        tell: hears what happens to relays, each thing once.
        clock: seconds that only go forward.
    """

    def __init__(
        self, candidates: Sequence[Candidate], tell: Tell = _tell_nobody, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = ", else ".join(one.transport.name for one in candidates)
        self._candidates = tuple(candidates)
        self._tell = tell
        self._clock = clock

    async def open(self) -> FailoverSession:
        """A session with the first relay that answers; those that failed of late are called last.

        Raises:
            FullError: the relay that is in use takes no more connections.
            UnreachableError: none can be had; the reply is the one that leaves most hope, and names the others.
            DeliveryError: one cannot be had until something on this machine is mended.
        """
        moment = self._clock()
        replies: list[Reply] = []
        for one in sorted(self._candidates, key=lambda one: max(one.standing.until, moment)):
            if one.is_full:
                raise FullError(Reply(Stage.CONNECT, None, "it has all its connections", one.transport.name))
            try:
                return await self._call(one)
            except UnreachableError as error:
                if one.is_at_work(self._clock()):  # it wants no more connections than it has
                    raise FullError(error.reply) from error
                replies.append(self._leave(one, error.reply, ours=judge(error.reply).pause))
        first, *others = sorted(replies, key=lambda reply: judge(reply).pause)
        raise UnreachableError(replace(first, others=tuple(others)))

    async def _call(self, one: Candidate) -> FailoverSession:
        one.opening += 1
        one.standing.call(self._clock())
        try:
            session = FailoverSession(await one.transport.open(), one, self)
        finally:
            one.opening -= 1
        one.sessions.add(session)
        return session

    def _leave(self, one: Candidate, reply: Reply, *, ours: bool) -> Reply:
        is_known = one.fault is not None
        one.fault = replace(reply, relay=one.transport.name)
        one.standing.fail(self._clock(), ours=ours)
        if not is_known:
            self._tell(f"{describe(one.fault, one.transport.name)}; the next relay is tried")
        return one.fault

    def _welcome(self, one: Candidate) -> None:
        one.standing.progress()
        one.answered_at = self._clock()
        if one.fault is not None:
            one.fault = None
            self._tell(f"the relay {one.transport.name} takes letters again")

    # -- for its sessions

    def is_surpassed(self, one: Candidate) -> bool:
        """Whether a relay that is preferred to this one is well, or is to be tried again now."""
        moment = self._clock()
        before = self._candidates[: self._candidates.index(one)]
        return any(other.standing.is_well or not (other.standing.is_left(moment) or other.is_full) for other in before)

    def note(self, one: Candidate, reply: Reply, *, wide: bool, has_answered: bool) -> Reply:
        """Take in how a letter ended at a relay; the reply says whether another one may take that letter."""
        verdict = judge(reply, wide=wide, proven=one.proven)
        if verdict.progress and not verdict.pause:
            self._welcome(one)
            one.proven = one.proven or verdict.ending is Ending.SENT
            return reply
        if not _speaks_against(reply, verdict, has_answered=has_answered):
            return reply
        fault, moment = self._leave(one, reply, ours=verdict.pause), self._clock()
        others = [other for other in self._candidates if other is not one]
        if verdict.ending is not Ending.UNKNOWN and any(not other.standing.is_left(moment) for other in others):
            return replace(fault, elsewhere=True)
        return replace(fault, others=tuple(other.fault for other in others if other.fault is not None))


class FailoverSession:
    """A session with one of several relays."""

    def __init__(self, session: Session, one: Candidate, failover: Failover) -> None:
        self._session, self._one, self._failover = session, one, failover
        self._has_answered = False
        self._is_announced = False

    @property
    def relay(self) -> str:
        """The name of the relay."""
        return self._session.relay

    @property
    def stands(self) -> bool:
        """Whether the connection stands, of use for another letter or not."""
        return self._session.usable

    @property
    def pipelines(self) -> bool:
        """Whether the next envelope may leave together with a body; not when it is better sent to another relay."""
        return self._session.pipelines and not self._failover.is_surpassed(self._one)

    @property
    def usable(self) -> bool:
        """Whether the next letter can go this way; not when another relay is to be preferred again."""
        return self._session.usable and (self._is_announced or not self._failover.is_surpassed(self._one))

    async def announce(self, letter: Letter) -> Reply:
        """Send a letter's envelope.

        Raises:
            DeliveryError: nothing left, and nothing can leave until something on this machine is mended.
        """
        return self._note(letter, await self._session.announce(letter))

    async def deliver(self, letter: Letter, following: Letter | None = None) -> tuple[Reply, Reply | None]:
        """Send the body of the letter that was announced, and the next envelope behind it where that is possible.

        Raises:
            DeliveryError: nothing of it left, and nothing can leave until something on this machine is mended.
        """
        self._is_announced = False
        reply, invitation = await self._session.deliver(letter, following)
        noted = self._note(letter, reply)
        if following is None or invitation is None or reply.code is None:
            return noted, invitation
        return noted, self._note(following, invitation)

    async def close(self) -> None:
        """Take leave politely."""
        self._one.sessions.discard(self)
        await self._session.close()

    def abort(self) -> None:
        """Drop the line at once."""
        self._one.sessions.discard(self)
        self._session.abort()

    def _note(self, letter: Letter, reply: Reply) -> Reply:
        if reply.invites_body:
            self._is_announced = True
            return reply
        wide = not letter.recipient.isascii()
        noted = self._failover.note(self._one, reply, wide=wide, has_answered=self._has_answered)
        self._has_answered = self._has_answered or reply.code not in (None, 421)
        return noted


def _speaks_against(reply: Reply, verdict: Verdict, *, has_answered: bool) -> bool:
    """Whether how a letter ended says something about the relay, and not about the letter alone.

    Lines drop, and relays hang up after so many letters; a relay that does so before its first answer is of no use.
    """
    if verdict.pause:
        return True
    if not verdict.close:
        return False
    return not has_answered if reply.code in (None, 421) else True
