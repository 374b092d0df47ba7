"""A relay with limits, moods and a bad network: everybody is mailed all the same, and no second copy goes unmarked."""

from __future__ import annotations

import asyncio
import itertools
import time
from datetime import timedelta
from types import ModuleType

import pytest

from digest.delivery.pace import Rules
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.smtp import SmtpTransport, Timeouts
from digest.errors import Status
from digest.store.ledger import open_ledger

pytestmark = pytest.mark.anyio
READERS = 24


@pytest.fixture
def readers(world, worlds: ModuleType):  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(READERS)
    return world


async def send(  # type: ignore[no-untyped-def]
    world, worlds: ModuleType, port: int, *, connections: int = 6, command: float = 2.0, body: float = 2.0
) -> Report:
    ledger = open_ledger(world.file, Rules(retry_after=1), only=worlds.EDITION)
    way = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}"), timeouts=Timeouts(command, body, 0.2))
    limits = Limits(connections=connections, wait=timedelta(seconds=10))
    try:
        return await Sender(ledger, way, worlds.compose, limits).run()
    finally:
        await ledger.close()


def assert_everybody_once(world, server, report: Report) -> None:  # type: ignore[no-untyped-def]
    assert (report.status, world.edition(), world.counts()) == (Status.FINISHED, "finished", {"sent": READERS})
    assert len(server.recipients) == READERS and set(server.recipients.values()) == {1}
    assert world.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0") == [(0,)]


@pytest.mark.parametrize("most", [1, 2])
async def test_no_more_connections_are_used_than_the_relay_bears(most: int, readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(lambda m: 0.01 if m.stage == "body" else None, most=most) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)
    assert server.connection_count <= 30, "the relay was called again and again"


@pytest.mark.parametrize("closes", [False, True], ids=["with 421", "without a word"])
@pytest.mark.parametrize("letters", [1, 7])
async def test_a_relay_that_takes_few_letters_a_connection_gets_all_of_them(  # type: ignore[no-untyped-def]
    letters: int, closes: bool, readers, worlds, fake
) -> None:
    async with fake.ScriptedServer(letters=letters, closes=closes) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)
    assert server.connection_count >= READERS // letters


async def test_a_listener_that_is_gone_for_a_second_is_called_again(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    gone = []

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "body" and len(server.accepted) >= 10 and not gone:
            gone.append(asyncio.ensure_future(server.go_away(1.0)))
        return 0.01 if moment.stage == "body" else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, server.port)

    doubted = readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0")[0][0]
    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": READERS})
    assert len(server.recipients) == READERS
    assert sum(server.recipients.values()) <= READERS + doubted
    assert doubted <= 6


async def test_when_a_relay_is_back_all_connections_are_back_with_it(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    """It goes away while many connections open at once; that is one failure, and only one of them knocks from then on."""
    calls: list[float] = []

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "connect":
            calls.append(time.monotonic())
            return fake.Act.DROP if len(calls) > 1 and time.monotonic() - calls[1] < 1.5 else None
        return fake.Act.DROP if moment.stage == "body" and len(calls) < 13 else 0.01

    async with fake.ScriptedServer(script) as server:
        began = time.monotonic()
        report = await send(readers, worlds, server.port, connections=12)
        seconds = time.monotonic() - began

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": READERS})
    assert len(calls) < 40, "the relay was called again and again"
    assert seconds < 12, "a connection went on waiting for a relay that was back"


async def test_answers_that_come_octet_by_octet_are_understood(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(lambda _moment: fake.Split()) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)


async def test_answers_of_many_lines_are_one_answer_each(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage in ("mail", "rcpt", "body"):
            return "\r\n".join([*(f"250-line {number}" for number in range(20)), "250 the last"])
        return None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)


async def test_an_answer_that_is_late_but_in_time_is_waited_for(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    """However long each step takes, as long as it stays within its own patience."""
    slow = iter([True] * 6)

    def script(moment):  # type: ignore[no-untyped-def]
        return fake.Late(1.2) if moment.stage in ("body", "rcpt") and next(slow, False) else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)


async def test_a_relay_that_is_full_for_a_while_gets_everything_when_it_is_not(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    refusals = itertools.count()

    def script(moment):  # type: ignore[no-untyped-def]
        return "452 4.3.1 insufficient storage" if moment.stage == "rcpt" and next(refusals) < 4 else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)
    assert readers.rows("SELECT DISTINCT attempt_count FROM delivery") == [(1,)], "that was no try of any letter"
    assert readers.rows("SELECT count(*) FROM domain_pace") == [(0,)], "nor the fault of any reader's domain"


async def test_what_we_say_ourselves_is_not_taken_for_an_address(world, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(1, domain="connection")
    drops = itertools.count()

    def script(moment):  # type: ignore[no-untyped-def]
        return fake.Act.DROP if moment.stage == "rcpt" and next(drops) < 1 else None

    async with fake.ScriptedServer(script) as server:
        ledger = open_ledger(world.file, Rules(), only=worlds.EDITION)
        way = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{server.port}"), timeouts=Timeouts(2.0, 2.0, 0.2))
        said: list[str] = []

        def look(_progress: object) -> None:
            said.extend(reply for (reply,) in world.rows("SELECT reply FROM delivery") if reply)

        try:
            await Sender(ledger, way, worlds.compose, Limits(connections=1), look).run()
        finally:
            await ledger.close()

    assert "the connection was lost" in said and not any("<domain>" in reply for reply in said[:1])


async def test_greylisting_of_everybody_costs_one_more_try_and_nothing_else(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(lambda m: "451 4.7.1 grey" if m.stage == "rcpt" and m.tries == 1 else None) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)
    assert set(server.tries.values()) == {2}
    assert readers.rows("SELECT DISTINCT attempt_count FROM delivery") == [(2,)]


async def test_a_relay_without_pipelining_is_never_told_two_things_at_once(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    """The server reports every breach of RFC 2920 at its end."""
    async with fake.ScriptedServer(extensions=["8BITMIME"]) as server:
        report = await send(readers, worlds, server.port)

    assert_everybody_once(readers, server, report)


@pytest.mark.parametrize("extensions", [["PIPELINING"], []], ids=["pipelining", "one by one"])
async def test_refusals_between_good_letters_are_never_taken_for_another_letters_answer(  # type: ignore[no-untyped-def]
    extensions: list[str], readers, worlds, fake
) -> None:
    """Every third reader is unknown, every fifth is spam, every seventh early: each row says what was said of it."""

    def number(moment) -> int:  # type: ignore[no-untyped-def]
        return int(moment.recipient.partition("@")[0].partition("-")[2] or 0)

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "rcpt" and number(moment) % 3 == 0:
            return f"550 5.1.1 nobody {number(moment)}"
        if moment.stage == "body" and number(moment) % 5 == 0:
            return f"554 5.7.1 spam {number(moment)}"
        if moment.stage == "data" and number(moment) % 7 == 0:
            return f"450 4.2.1 early {number(moment)}" if moment.tries == 1 else None
        return None

    async with fake.ScriptedServer(script, extensions=extensions) as server:
        report = await send(readers, worlds, server.port)

    rows = dict(readers.rows("SELECT id, reply FROM delivery WHERE state = 'failed'"))
    expected = {n: f"5.1.1 nobody {n}" for n in range(3, READERS + 1, 3)}
    expected |= {n: f"5.7.1 spam {n}" for n in range(5, READERS + 1, 5) if n % 3}
    assert report.status is Status.FINISHED
    assert rows == expected
    assert readers.counts() == {"failed": len(expected), "sent": READERS - len(expected)}
    assert set(server.recipients) == {f"reader-{n}@example.org" for n in range(1, READERS + 1) if n not in expected}
    assert set(server.recipients.values()) == {1}


async def test_a_sender_address_that_is_refused_in_mid_run_pauses_and_fails_nobody(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    mails = itertools.count()

    def script(moment):  # type: ignore[no-untyped-def]
        return "550 5.7.1 sender not owned by you" if moment.stage == "mail" and next(mails) >= 12 else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, server.port)

    assert report.status is Status.PAUSED and "refuses the sender's address: 550" in report.reason
    assert readers.rows("SELECT state, paused_by FROM edition") == [("paused", "self")]
    assert readers.counts() == {"sent": len(server.accepted), "queued": READERS - len(server.accepted)}
    assert readers.rows("SELECT max(unknown_count), max(attempt_count) FROM delivery WHERE state = 'queued'") == [(0, 0)]


async def test_an_invitation_to_send_a_body_to_nobody_is_not_taken(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    """A relay that refuses the reader and says 354 all the same (RFC 2920 section 3.1) gets no body."""

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.recipient != "reader-4@example.org":
            return None
        return {"rcpt": "550 5.1.1 nobody", "data": "354 go on"}.get(moment.stage)

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, server.port)

    assert (report.status, readers.counts()) == (Status.FINISHED, {"failed": 1, "sent": READERS - 1})
    assert [event for event in server.events if event.kind == "begun" and event.recipient == "reader-4@example.org"] == []
    assert all(letter.message_id for letter in server.accepted)
