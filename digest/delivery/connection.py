"""The loop of one connection: pick, compose, ask, send, and put down how it ended with the next question.

It connects only with a picked delivery in hand and never has more than two: one in flight and the next one picked.
"""

from __future__ import annotations

import asyncio

from digest.delivery.ledger import Answer, Outcome, Picked
from digest.delivery.shift import Shift
from digest.delivery.transitions import Ending, Refusal
from digest.delivery.transport import FullError, Letter, Reply, Session, UnreachableError
from digest.delivery.verdicts import describe, judge, redact_reply
from digest.errors import DigestError, StoreError

__all__ = ["Connection"]

_WRITE_TRIES = 5
_UNAPPROVED = "what was approved is not what was frozen; approve the edition anew"


class Connection:
    """One way to the relay and the letters that go along it; `run` ends when nothing is due or the run is halted."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._session: Session | None = None
        self._outcomes: list[Outcome] = []
        self._picked: Picked | None = None
        self._letter: Letter | None = None  # the copy of what is picked, once it is made
        self._announced = False  # its envelope was accepted

    async def run(self) -> None:
        """Work until nothing is due; what is known is written in any case, what is picked is put back."""
        with self._shift.working():
            try:
                try:
                    await self._work()
                except Exception as error:  # noqa: BLE001 (whatever breaks, what is known must still be written)
                    self._shift.break_off(error)
                await self._end()
            except asyncio.CancelledError:
                if self._session is not None:
                    self._session.abort()
                raise

    async def _work(self) -> None:
        while self._goes_on():
            if self._picked is None:
                await self._ask(None, want=True)
            if self._picked is None:
                if not await self._is_kept():
                    return
                continue
            if not self._is_usable and not await self._is_open():
                return
            letter = self._letter if self._letter is not None else await self._compose(self._picked)
            if letter is None or not self._goes_on() or not (self._announced or await self._is_announced(letter)):
                continue
            going, self._picked, self._announced, self._letter = self._picked, None, False, None
            answer = await self._ask(going, want=not self._shift.halted.is_set())
            if answer.allowed:
                await self._send(going, letter)
                continue
            await self._leave()  # its envelope was accepted, and only the end of the line takes that back
            if answer.refusal is Refusal.UNAPPROVED:
                await self._pause(going.edition, _UNAPPROVED, one=True)

    def _goes_on(self) -> bool:
        """Whether there is more to do: at a signal, the letter that was announced; at a fault, nothing."""
        shift = self._shift
        return not shift.halted.is_set() or (self._announced and not shift.reason and shift.failure is None)

    async def _ask(self, going: Picked | None, *, want: bool) -> Answer:
        """Tell the ledger what it does not know yet, one by one, and ask with the last of it."""
        shift = self._shift
        relay = self._session.relay if self._session is not None else shift.relay
        while True:
            is_last = len(self._outcomes) <= 1
            outcome = self._outcomes[0] if self._outcomes else None
            answer = await shift.ledger.ask(outcome, going if is_last else None, want and is_last, relay)
            if outcome is not None:
                del self._outcomes[0]
            if want and is_last:
                self._picked = answer.next
            if (reason := shift.note(answer, outcome)) is not None and outcome is not None:
                await shift.ledger.pause(outcome.picked.edition, reason)
            if is_last:
                return answer

    async def _is_kept(self) -> bool:
        """Whether an open connection has waited a moment for what is due soon, rather than to be made anew."""
        return self._is_usable and await self._shift.is_soon_due()

    @property
    def _is_usable(self) -> bool:
        return self._session is not None and self._session.usable

    async def _is_open(self) -> bool:
        """Whether a session could be opened, in place of one no longer usable. Outcomes are written before any wait."""
        self._announced = False
        await self._leave()
        if self._outcomes:
            await self._ask(None, want=False)
        shift, wanted = self._shift, True
        while wanted and self._session is None and not shift.halted.is_set():
            if not shift.trouble.failures:
                wanted = await self._open(knocking=False)
                continue
            async with shift.door:  # while the relay is in trouble one connection alone knocks, the others wait behind it
                await shift.rest_from_trouble()
                wanted = await self._open(knocking=True)
        return self._session is not None

    async def _open(self, *, knocking: bool) -> bool:
        """Try once to open a session; False when it should not be tried again."""
        shift = self._shift
        if shift.halted.is_set():
            return False
        try:
            self._session = await shift.transport.open()
        except FullError:
            shift.crowded = True
            return False
        except UnreachableError as error:
            if judge(error.reply).pause:
                await shift.halt(describe(error.reply, shift.transport.name))
            else:
                # connections that were opened together count once, or the wait would grow with their number
                await shift.fail(error.reply, connecting=knocking or not shift.trouble.failures)
            if shift.session_count:
                shift.crowded = True  # the relay wants no more connections than it has
            return not shift.session_count
        except DigestError as error:
            await shift.halt(str(error))
            return False
        shift.relay = self._session.relay
        shift.session_count += 1
        shift.trouble.connect()
        shift.opened.set()
        return True

    async def _compose(self, picked: Picked) -> Letter | None:
        shift = self._shift
        try:
            return await shift.compose_aside(picked) if shift.composes_aside else shift.compose(picked)
        except DigestError as error:
            self._picked = None
            if picked.edition is None:
                self._outcomes.append(Outcome(picked, Ending.FAILED, reply=redact_reply(error.cause)))
            else:
                self._outcomes.append(Outcome(picked, Ending.RETURNED, behind=True))
                await self._pause(picked.edition, str(error), one=True)
            return None

    async def _is_announced(self, letter: Letter) -> bool:
        """Whether the envelope of what is picked is accepted; else how that ended is noted."""
        assert self._session is not None and self._picked is not None
        try:
            reply = await self._session.announce(letter)
        except DigestError as error:
            await self._balk(self._picked, error)
            self._picked = None
            return False
        return await self._take_invitation(letter, reply)

    async def _take_invitation(self, letter: Letter, reply: Reply) -> bool:
        self._announced = reply.invites_body
        if self._announced:
            self._letter = letter
        else:
            picked, self._picked, self._letter = self._picked, None, None
            assert picked is not None
            await self._judge(picked, letter, reply)
        return self._announced

    async def _send(self, going: Picked, letter: Letter) -> None:
        """The body, and with it the next envelope if that can go along."""
        assert self._session is not None
        following = None
        try:
            if self._picked is not None and self._session.pipelines and not self._shift.halted.is_set():
                following = self._letter = await self._compose(self._picked)
        except Exception:
            self._outcomes.append(Outcome(going, Ending.RETURNED))  # nothing of it has left
            raise
        try:
            reply, invitation = await self._session.deliver(letter, following)
        except DigestError as error:
            await self._balk(going, error)
            return
        await self._judge(going, letter, reply)
        if following is None or invitation is None:
            return
        if invitation.invites_body:
            self._announced = True
        elif invitation.code is None and reply.code in (None, 421):  # it was lost with the letter before it
            self._letter = None
        else:
            await self._take_invitation(following, invitation)

    async def _judge(self, picked: Picked, letter: Letter, reply: Reply) -> None:
        """Note how a letter ended, and what follows from it for the connection and the run."""
        shift, relay = self._shift, self._session.relay if self._session is not None else ""
        verdict = judge(reply, wide=not letter.recipient.isascii(), proven=relay in shift.proven)
        said_of = letter.recipient if reply.code is not None else ""  # without a code the words are our own
        self._outcomes.append(
            Outcome(
                picked,
                verdict.ending,
                reply.code,
                redact_reply(reply.text, said_of),
                domain_wide=verdict.domain_wide,
                at_once=verdict.at_once,
                behind=verdict.pause or verdict.behind,
            )
        )
        if verdict.ending is Ending.SENT:
            shift.proven.add(relay)
        if verdict.close:
            await self._leave()
        if verdict.progress:
            shift.trouble.progress()
        elif verdict.close:
            await shift.fail(reply, connecting=False)
        if verdict.pause:
            await self._pause(picked.edition, describe(reply, shift.transport.name), one=verdict.edition_only)

    async def _balk(self, picked: Picked, error: DigestError) -> None:
        """Nothing of a letter left, and nothing can leave until something on this machine is mended."""
        self._outcomes.append(Outcome(picked, Ending.RETURNED, behind=True))
        await self._shift.halt(str(error))

    async def _pause(self, edition: str | None, reason: str, *, one: bool) -> None:
        """Pause one edition, or everything: also when a single letter shows the fault, since letters cannot be paused."""
        if one and edition is not None:
            await self._shift.ledger.pause(edition, reason)
        else:
            await self._shift.halt(reason)

    async def _end(self) -> None:
        if self._picked is not None:
            self._outcomes.append(Outcome(self._picked, Ending.RETURNED))
            self._picked = None
        for attempt in range(1, _WRITE_TRIES + 1):
            try:
                if self._outcomes:
                    await self._ask(None, want=False)
                break
            except StoreError as error:  # a disk may have room again in a moment; what is not written will be in doubt
                self._shift.break_off(error)
                if attempt < _WRITE_TRIES:
                    await asyncio.sleep(1)
        await self._leave()

    async def _leave(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            self._shift.session_count -= 1
            await session.close()
