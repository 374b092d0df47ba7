"""The loop of one connection: pick, compose, ask, send, and put down how it ended with the next question.

It connects only with a picked delivery in hand and never has more than two: one in flight and the next one picked.
"""

from __future__ import annotations

import asyncio

from digest.delivery.ledger import Answer, Outcome, Picked
from digest.delivery.pace import relay_wait
from digest.delivery.shift import Shift
from digest.delivery.transitions import Ending, Refusal
from digest.delivery.transport import Letter, Session, UnreachableError
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
        self._outcome: Outcome | None = None
        self._picked: Picked | None = None

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
        while not self._shift.halted.is_set():
            if self._picked is None:
                await self._ask(None, want=True)
            if self._picked is None or not await self._is_open():
                return
            letter = await self._compose(self._picked)
            if letter is None or self._shift.halted.is_set():
                continue
            going = self._picked
            answer = await self._ask(going, want=True)
            if answer.allowed:
                await self._send(going, letter)
            elif answer.refusal is Refusal.UNAPPROVED:
                await self._pause(going.edition, _UNAPPROVED, one=True)

    async def _ask(self, going: Picked | None, *, want: bool) -> Answer:
        outcome = self._outcome
        answer = await self._shift.ledger.ask(outcome, going, want)
        self._outcome = None
        if want:
            self._picked = answer.next
        self._shift.note(answer, tried=outcome is not None and outcome.ending is not Ending.RETURNED)
        return answer

    async def _is_open(self) -> bool:
        """Whether there is a usable session; opens one when there is none. Outcomes are written before any wait."""
        if self._session is not None and self._session.usable:
            return True
        await self._leave()
        if self._outcome is not None:
            await self._ask(None, want=False)
        if not self._shift.trouble.failures:
            return await self._open()
        async with self._shift.door:  # while the relay is in trouble one connection alone knocks, the others wait behind it
            return await self._open()

    async def _open(self) -> bool:
        shift = self._shift
        while not shift.halted.is_set():
            await shift.rest(relay_wait(shift.trouble.failures))
            if shift.halted.is_set():
                break
            try:
                self._session = await shift.transport.open()
            except UnreachableError as error:
                if judge(error.reply).pause:
                    await shift.halt(describe(error.reply, shift.transport.name))
                else:
                    await shift.fail(error.reply, connecting=True)
                if shift.session_count:
                    return False  # the relay wants no more connections than it has
                continue
            except DigestError as error:
                await shift.halt(str(error))
                return False
            shift.session_count += 1
            shift.trouble.connect()
            shift.opened.set()
            return True
        return False

    async def _compose(self, picked: Picked) -> Letter | None:
        try:
            return await self._shift.compose(picked)
        except DigestError as error:
            await self._put_back(behind=True)
            if picked.edition is None:
                self._outcome = Outcome(picked, Ending.FAILED, reply=redact_reply(error.cause))
            else:
                await self._pause(picked.edition, str(error), one=True)
            return None

    async def _send(self, going: Picked, letter: Letter) -> None:
        if self._session is None:
            raise RuntimeError("a letter was let go without a session")
        shift = self._shift
        try:
            reply = await self._session.send(letter)
        except DigestError as error:
            self._outcome = Outcome(going, Ending.RETURNED, behind=True)
            await shift.halt(str(error))
            return
        verdict = judge(reply, wide=not letter.recipient.isascii(), proven=shift.proven)
        self._outcome = Outcome(
            going,
            verdict.ending,
            reply.code,
            redact_reply(reply.text, letter.recipient),
            domain_wide=verdict.domain_wide,
            at_once=verdict.at_once,
            behind=verdict.pause,
        )
        shift.proven = shift.proven or verdict.ending is Ending.SENT
        if verdict.close:
            await self._leave()
        if verdict.progress:
            shift.trouble.progress()
        elif verdict.close:
            await shift.fail(reply, connecting=False)
        if verdict.pause:
            await self._pause(going.edition, describe(reply, shift.transport.name), one=verdict.edition_only)

    async def _pause(self, edition: str | None, reason: str, *, one: bool) -> None:
        """Pause one edition, or everything: also when a single letter shows the fault, since letters cannot be paused."""
        if one and edition is not None:
            await self._shift.ledger.pause(edition, reason)
        else:
            await self._shift.halt(reason)

    async def _put_back(self, *, behind: bool = False) -> None:
        """Turn the picked delivery into an outcome that puts it back; the one before it is written first."""
        if self._picked is not None:
            if self._outcome is not None:
                await self._ask(None, want=False)
            self._outcome, self._picked = Outcome(self._picked, Ending.RETURNED, behind=behind), None

    async def _end(self) -> None:
        for attempt in range(1, _WRITE_TRIES + 1):
            try:
                await self._put_back()
                if self._outcome is not None:
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
