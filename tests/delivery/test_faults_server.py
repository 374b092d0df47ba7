"""The scripted server is believed in all tests of faults, so it is looked at itself: by clients that do as they like."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.anyio
ENVELOPE = b"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n"
MESSAGE = b"Message-ID: <1@x>\r\n\r\nHello\r\n.\r\n"


class Client:
    """Says octets and hears lines."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def talk(self, said: bytes, answers: int) -> list[str]:
        """Say something, and hear so many answers; an empty one is a closed line."""
        self._writer.write(said)
        heard = []
        while len(heard) < answers:
            line = (await asyncio.wait_for(self._reader.readline(), 5)).decode()
            if line[3:4] != "-":
                heard.append(line[:3])
        return heard


async def greet(client: Client) -> None:
    assert await client.talk(b"EHLO x\r\n", 2) == ["220", "250"]


async def test_a_letter_and_the_next_envelope_may_come_in_one_go(fake: ModuleType) -> None:
    async with fake.ScriptedServer() as server, Client(server.port) as client:
        await greet(client)
        assert await client.talk(ENVELOPE + b"DATA\r\n", 3) == ["250", "250", "354"]
        assert await client.talk(MESSAGE + ENVELOPE + b"DATA\r\n", 4) == ["250", "250", "250", "354"]
        assert await client.talk(MESSAGE, 1) == ["250"]

    assert len(server.accepted) == 2
    assert [event.kind for event in server.events] == ["ready", "begun", "taken", "ready", "begun", "taken"]


@pytest.mark.parametrize(
    ("said", "extensions"),
    [
        (ENVELOPE + b"DATA\r\n" + MESSAGE, ["PIPELINING"]),
        (b"EHLO x\r\nMAIL FROM:<a@x>\r\n", ["PIPELINING"]),
        (b"NOOP\r\nMAIL FROM:<a@x>\r\n", ["PIPELINING"]),
        (ENVELOPE, []),
        (b"RSET\r\nMAIL FROM:<a@x>\r\n", []),
    ],
)
async def test_a_client_that_says_too_much_at_once_is_reported(fake: ModuleType, said: bytes, extensions: list[str]) -> None:
    with pytest.raises(AssertionError, match="RFC 2920"):
        async with fake.ScriptedServer(extensions=extensions) as server, Client(server.port) as client:
            await greet(client)
            await client.talk(said, 2)


async def test_a_refused_reader_leaves_no_letter_to_begin(fake: ModuleType) -> None:
    refuse = {"rcpt": "550 5.1.1 nobody"}
    async with fake.ScriptedServer(lambda m: refuse.get(m.stage)) as server, Client(server.port) as client:
        await greet(client)
        assert await client.talk(ENVELOPE + b"DATA\r\n", 3) == ["250", "550", "554"]
        assert await client.talk(b"RSET\r\nRCPT TO:<b@y>\r\nDATA\r\n", 3) == ["250", "503", "554"]


async def test_a_354_without_a_body_and_a_body_without_an_end_are_told_apart(fake: ModuleType) -> None:
    async with fake.ScriptedServer() as server:
        for said in (b"", b"Message-ID: <1@x>\r\n"):
            async with Client(server.port) as client:
                await greet(client)
                await client.talk(ENVELOPE + b"DATA\r\n", 3)
                client._writer.write(said)
        while server.open_count:  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)

    assert [event.kind for event in server.events] == ["ready", "unused", "ready", "begun", "torn"]
    assert server.accepted == []


async def test_a_letter_is_in_the_log_before_its_answer_can_be_heard(fake: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with fake.ScriptedServer(lambda _moment: fake.Split(gap=0.01), log=log) as server, Client(server.port) as client:
        await greet(client)
        await client.talk(ENVELOPE + b"DATA\r\n", 3)
        client._writer.write(MESSAGE)
        assert await client._reader.read(1) == b"2"
        events = fake.read_events(log.read_text().splitlines())

    assert [event.kind for event in events] == ["ready", "begun", "taken"]
    assert events == server.events[:3] or [e[1:] for e in events] == [e[1:] for e in server.events[:3]]
    assert events[-1].detail[0] == "<1@x>" and events[-1].recipient == "b@y"


async def test_limits_are_kept(fake: ModuleType) -> None:
    async with fake.ScriptedServer(most=1, letters=1) as server, Client(server.port) as first:
        await greet(first)
        async with Client(server.port) as second:
            assert await second.talk(b"", 2) == ["421", ""]
        await first.talk(ENVELOPE + b"DATA\r\n", 3)
        assert await first.talk(MESSAGE + ENVELOPE, 3) == ["250", "421", ""]

    assert len(server.accepted) == 1


async def test_a_reset_is_a_reset(fake: ModuleType) -> None:
    reset = {"mail": fake.Act.RESET}
    async with fake.ScriptedServer(lambda m: reset.get(m.stage)) as server, Client(server.port) as client:
        await greet(client)
        with pytest.raises(ConnectionResetError):
            await client.talk(b"MAIL FROM:<a@x>\r\n", 1)
