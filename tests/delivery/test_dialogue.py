"""The dialogue about letters: answers that come in any pieces, and the taking over of aiosmtplib's connections."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import AsyncIterator, Callable

import aiosmtplib
import pytest
import uvloop
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery.dialogue import Dialogue, take_over
from digest.delivery.relay import parse_smtp_url
from digest.delivery.smtp import SmtpTransport, Timeouts
from digest.delivery.transport import Letter, Stage, UnreachableError, send_letter

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=sorted(LOOPS))
def run(request: pytest.FixtureRequest) -> Callable[..., object]:
    """Runs a coroutine on each of the event loops."""

    def runner(work: object) -> object:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as loop:
            return loop.run(work)  # type: ignore[arg-type]

    return runner


class Line(asyncio.Transport):
    """A line that takes what is written, and notes that it was dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped = False

    def abort(self) -> None:
        self.dropped = True

    def writelines(self, list_of_data: object) -> None:
        """Taken."""


def feed(dialogue: Dialogue, data: bytes) -> None:
    view = dialogue.get_buffer(-1)
    view[: len(data)] = data
    dialogue.buffer_updated(len(data))


def begin(expected: int) -> tuple[Dialogue, Line]:
    line = Line()
    dialogue = Dialogue(aiosmtplib.SMTP(), line)
    dialogue.write([b"whatever"], expected)
    return dialogue, line


@given(cuts=st.lists(st.integers(1, 120), max_size=12, unique=True))
@settings(max_examples=100)
def test_answers_may_come_in_any_pieces(cuts: list[int]):
    data = (
        b"250 2.1.0 ok\r\n250-2.1.5 first\r\n250-2.1.5 \xd0\xb4\xd1\x80\xd1\x83\xd0\xb3\xd0\xb5\r\n250 last\r\n354 go on\r\n"
    )

    async def talk() -> None:
        dialogue, _ = begin(3)
        bounds = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
        for start, end in itertools.pairwise(bounds):
            feed(dialogue, data[start:end])
        answers = await dialogue.read(3, 1)
        assert [answer.code for answer in answers] == [250, 250, 354]
        assert answers[1].text == "2.1.5 first 2.1.5 друге last"
        assert not dialogue.loss

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"250 ok\r\n250 and again\r\n", "not asked"),
        (b"hello\r\n", "is none"),
        (b"25\r\n", "is none"),
        (b"2500 ok\r\n", "is none"),
        (b"250-" + b"x" * 3000, "without an end"),
        (b"250-more\r\n" * 101, "too long"),
        (b"250 ok\r\n421 4.3.2 shutting down\r\n", "421 4.3.2 shutting down"),
    ],
)
def test_what_is_no_answer_ends_the_connection(data: bytes, why: str):
    async def talk() -> None:
        dialogue, line = begin(1)
        for start in range(0, len(data), 1000):
            if not dialogue.loss:
                feed(dialogue, data[start : start + 1000])
        assert why in dialogue.loss
        assert line.dropped

    asyncio.run(talk())


def test_answers_that_came_before_a_loss_stay_valid():
    async def talk() -> None:
        dialogue, _ = begin(4)
        feed(dialogue, b"250 taken\r\n250 sender\r\n")
        dialogue.connection_lost(ConnectionResetError(104, "reset"))
        assert [answer.code for answer in await dialogue.read(4, 1)] == [250, 250]
        assert dialogue.loss == "reset"
        assert await dialogue.read(1, 1) == []

    asyncio.run(talk())


def test_the_first_reason_of_a_loss_stays():
    async def talk() -> None:
        dialogue, line = begin(1)
        assert await dialogue.read(1, 0.01) == []
        dialogue.connection_lost(None)
        assert dialogue.loss == "no answer in time"
        assert line.dropped

    asyncio.run(talk())


def test_nothing_is_written_while_the_relay_reads_nothing():
    async def talk() -> None:
        dialogue, _ = begin(1)
        dialogue.pause_writing()
        waiting = asyncio.create_task(dialogue.drain(5))
        await asyncio.sleep(0)
        assert not waiting.done()
        dialogue.resume_writing()
        await waiting
        assert not dialogue.loss
        dialogue.pause_writing()
        await dialogue.drain(0.01)
        assert dialogue.loss == "it reads no more"

    asyncio.run(talk())


def test_a_farewell_right_behind_the_greeting_is_seen(run):
    """aiosmtplib leaves what it did not ask for in its buffer; whoever takes over must not lose it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-hello\r\n250 PIPELINING\r\n421 4.3.2 going down\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()

    async def talk() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UnreachableError) as caught:
            await SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}")).open()
        assert caught.value.reply.stage is Stage.EHLO
        await ended.wait()
        server.close()
        await server.wait_closed()

    run(talk())


@contextlib.asynccontextmanager
async def real_server(wrapped: ssl.SSLContext | None = None, **options: object) -> AsyncIterator[tuple[int, list[bytes]]]:
    received: list[bytes] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
            received.append(envelope.content)  # type: ignore[attr-defined]
            return "250 2.0.0 taken"

    def check(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        good = (getattr(data, "login", b""), getattr(data, "password", b"")) == (b"someone", b"secret")
        return AuthResult(success=good, handled=good)

    if wrapped is None and options:
        options |= {"auth_required": True, "authenticator": check}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Handler(), hostname="fake", **options), "127.0.0.1", 0, ssl=wrapped
    )
    try:
        yield server.sockets[0].getsockname()[1], received
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("mode", ["plain", "starttls", "tls"])
def test_every_sort_of_connection_can_be_taken_over(run, mode: str, certificate, letter: Callable[..., Letter]):
    """Fails when aiosmtplib calls otherwise what is used below its public surface."""
    urls = {
        "plain": "smtp://127.0.0.1:{}",
        "starttls": "smtp+starttls://someone:secret@127.0.0.1:{}?ca=" + str(certificate.file),
        "tls": "smtps://127.0.0.1:{}?ca=" + str(certificate.file),
    }
    options = {
        "starttls": {"tls_context": certificate.server, "require_starttls": True},
        "tls": {"wrapped": certificate.server},
    }
    copies = [letter(number=number, message=(b"x" * 70 + b"\r\n") * 3000) for number in range(3)]

    async def talk() -> None:
        async with real_server(**options.get(mode, {})) as (port, received):
            session = await SmtpTransport(parse_smtp_url(urls[mode].format(port)), timeouts=Timeouts(10, 10, 2)).open()
            replies = [await send_letter(session, copy) for copy in copies]
            await session.close()
        assert [reply.code for reply in replies] == [250, 250, 250]
        assert received == [copy.message for copy in copies]

    run(talk())


def test_a_client_whose_connection_was_taken_over_is_closed_with_it(run):
    async def talk() -> None:
        async with real_server() as (port, _):
            client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
            await client.connect()
            await client.ehlo()
            dialogue = take_over(client)
            assert dialogue is not None
            dialogue.drop()
            await asyncio.sleep(0.05)
            assert not client.is_connected
            await asyncio.wait_for(client.connect(), 5)  # its lock was given back
            client.close()
            await asyncio.sleep(0.05)

    run(talk())
