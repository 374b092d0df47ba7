"""The dialogue with a relay about letters, on a connection that aiosmtplib has made: our own protocol on its transport.

aiosmtplib connects, protects the line, logs in and asks what the relay offers; then its transport is taken over, for it
gives each command a round trip of its own and reads the body several times. Where the relay offers PIPELINING (RFC 2920)
the next letter's envelope leaves in one write with the body before it, so that a letter costs one round trip.

Rules of the taking over: it happens only when no answer is awaited and none has come unasked; from then on no command of
aiosmtplib's is used; when the line is lost its client is closed by us, as its own protocol would have done.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple, cast

import aiosmtplib

__all__ = ["Answer", "Dialogue", "take_over"]

_BUFFER_OCTETS: Final = 4096
"""What is read at once: asyncio's own buffer for a plain protocol is made anew, with 256 KiB, at each read."""
_GRACE_SECONDS: Final = 0.05
"""What has come while this process stood still is read first: uvloop looks at clocks before it looks at lines."""
_LONGEST_LINE: Final = 2048
_MOST_LINES: Final = 100
_KEPT_OCTETS: Final = 512


class Answer(NamedTuple):
    """An answer of the relay: its three digits, and what follows them in its lines, cut and joined by blanks.

    `is_last` is false for a line behind which another one of the same answer follows.
    """

    code: int
    octets: bytes
    is_last: bool = True

    @property
    def text(self) -> str:
        """What it says; octets that are no UTF-8 (RFC 6531) are shown as such."""
        return self.octets.decode("utf-8", "replace")


class Dialogue(asyncio.BufferedProtocol):
    """One connection after its opening: what is written, and the answers to it, counted against what is expected.

    Answers that were read before a loss stay valid. An answer that nobody asked for ends the connection; 421 says that
    the relay is about to close it (RFC 5321 section 3.8).

    Attributes:
        loss: why the connection is of no more use, empty while it is.
    """

    def __init__(self, client: aiosmtplib.SMTP, transport: asyncio.Transport) -> None:
        self.loss = ""
        self._client = client
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._space = bytearray(_BUFFER_OCTETS)
        self._view = memoryview(self._space)
        self._rest = b""
        self._lines: list[bytes] = []
        self._answers: deque[Answer] = deque()
        self._expected = 0
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._paused = False
        self._is_protected = transport.get_extra_info("ssl_object") is not None

    # -- what the loop calls

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next octets go."""
        del sizehint
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Octets have come."""
        data = self._rest + self._space[:nbytes]
        lines = data.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST_LINE:
            self.drop("it sends a line without an end")
            return
        for line in lines:
            if self.loss:
                return
            answer = _read_answer(line)
            if answer is not None and answer.is_last and self._expected and not self._lines and answer.code != 421:
                self._expected -= 1
                self._answers.append(answer)
            else:
                self._read_line(line, answer)
        if self._waiter is not None and len(self._answers) >= self._wanted:
            self._wake()

    def eof_received(self) -> bool:
        """The relay writes no more."""
        self._lose("the connection was lost")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is gone."""
        text = exc.strerror if isinstance(exc, OSError) else None
        self._lose(text or "the connection was lost")
        self._client.close()

    def pause_writing(self) -> None:
        """What was written is still on this machine."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has left."""
        self._paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # -- what a session calls

    def write(self, parts: Sequence[bytes], answers: int) -> None:
        """Write octets after which so many answers are expected. Nothing is written to a connection that is lost."""
        if not self.loss:
            self._expected += answers
            if self._is_protected:  # else each piece would be a record of its own
                self._transport.write(b"".join(parts))
            else:
                self._transport.writelines(parts)

    async def read(self, answers: int, seconds: float) -> list[Answer]:
        """So many answers, or as many as came before the connection was lost; then `loss` says why."""
        if not self._has(answers):
            await self._wait_patiently(answers, seconds)
        return [self._answers.popleft() for _ in range(min(answers, len(self._answers)))]

    def peek(self, answers: int) -> list[Answer]:
        """The next answers, as many of them as are there; they stay to be read."""
        return list(islice(self._answers, answers))

    def skip(self, answers: int) -> None:
        """Drop so many answers that were looked at."""
        for _ in range(answers):
            self._answers.popleft()

    @property
    def is_full(self) -> bool:
        """Whether what was written before is still on this machine, so that `drain` would wait."""
        return self._paused and not self.loss

    async def drain(self, seconds: float) -> None:
        """Wait until what was written before has left this machine, as far as the relay reads at all."""
        if self.is_full:
            self._writable = self._loop.create_future()
            timer = self._loop.call_later(seconds, self.drop, "it reads no more")
            try:
                await self._writable
            finally:
                timer.cancel()
                self._writable = None

    def drop(self, why: str = "the connection was dropped") -> None:
        """Drop the line at once, with whatever is still unwritten; the first reason stays."""
        self._lose(why)
        self._transport.abort()

    def _has(self, answers: int) -> bool:
        """Whether so many answers are there, or no more will come."""
        return len(self._answers) >= answers or bool(self.loss)

    async def _wait_patiently(self, answers: int, seconds: float) -> None:
        await self._wait(answers, seconds)
        if not self._has(answers):
            await self._wait(answers, _GRACE_SECONDS)
        if not self._has(answers):
            self.drop("no answer in time")

    async def _wait(self, answers: int, seconds: float) -> None:
        self._wanted = answers
        self._waiter = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _lose(self, why: str) -> None:
        self.loss = self.loss or why
        self._wake()
        self.resume_writing()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _read_line(self, line: bytes, answer: Answer | None) -> None:
        if len(line) > _LONGEST_LINE or len(self._lines) >= _MOST_LINES:
            self.drop("its answer is too long")
        elif answer is None:
            self.drop("its answer is none")
        elif not answer.is_last:
            self._lines.append(answer.octets)
        elif self._lines:
            octets = b" ".join((*self._lines, answer.octets))
            self._lines.clear()
            self._take(Answer(answer.code, octets[:_KEPT_OCTETS]))
        else:
            self._take(answer)

    def _take(self, answer: Answer) -> None:
        if self._expected:
            self._expected -= 1
            self._answers.append(answer)
        elif answer.code != 421:
            self.drop("it answers what was not asked")
        if answer.code == 421:
            self.drop(f"421 {answer.text}")


@lru_cache(maxsize=64)
def _read_answer(line: bytes) -> Answer | None:
    """What one line says, None if it is no line of an answer; relays say the same few things over and over."""
    if len(line) > _LONGEST_LINE or not line[:3].isdigit() or line[3:4] not in (b" ", b"-", b"", b"\r"):
        return None
    return Answer(int(line[:3]), line[4:].rstrip()[:_KEPT_OCTETS], line[3:4] != b"-")


def take_over(client: aiosmtplib.SMTP) -> Dialogue | None:
    """Our own protocol on a client's transport; None when something has come that nobody asked for, a farewell perhaps.

    The client must be connected, and wait for nothing.
    """
    protocol, transport = client.protocol, client.transport
    if protocol is None or transport is None or transport.is_closing():
        return None
    if protocol._buffer or protocol._response_pending:  # noqa: SLF001 (a test tells when they are called otherwise)
        return None
    line = cast("asyncio.Transport", transport)  # uvloop's share no base class with asyncio's
    dialogue = Dialogue(client, line)
    line.set_protocol(dialogue)
    return dialogue
