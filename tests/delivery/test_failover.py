"""Several relays: the first that answers takes the letters, nobody is missed or doubled, and the preferred one returns."""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections import Counter
from datetime import timedelta
from types import ModuleType

import pytest

from digest.delivery.failover import Candidate, Failover
from digest.delivery.pace import Rules
from digest.delivery.pacing import Allowance, Pacing
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.smtp import SmtpTransport, Timeouts
from digest.delivery.transport import FullError
from digest.errors import Status
from digest.store.ledger import open_ledger

pytestmark = pytest.mark.anyio
READERS = 24


class Clock:
    """Seconds that go forward as they do, and further when a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    """What was said of the relays."""
    return []


@pytest.fixture
def readers(world, worlds: ModuleType):  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(READERS)
    return world


def candidate(
    port: int, connections: int = 4, *, letters: int = 0, scheme: str = "smtp", user: str = "", options: str = ""
) -> Candidate:
    url = parse_smtp_url(f"{scheme}://{user}127.0.0.1:{port}{options}")
    return Candidate(
        SmtpTransport(url, timeouts=Timeouts(command=0.5, body=0.5, quit=0.2), most_letters=letters), connections
    )


def name(port: int) -> str:
    return f"127.0.0.1:{port}"


async def send(world, worlds: ModuleType, failover: Failover, **options) -> Report:  # type: ignore[no-untyped-def]
    pacing, max_unknown = options.pop("pacing", Pacing()), options.pop("max_unknown", 1)
    limits = Limits(**{"connections": 4, "wait": timedelta(seconds=3), "patience": timedelta(seconds=3)} | options)
    ledger = open_ledger(
        world.file, Rules(retry_after=1, retry_for=10**9, max_unknown=max_unknown), only=worlds.EDITION, pacing=pacing
    )
    try:
        return await Sender(ledger, failover, worlds.compose, limits).run()
    finally:
        await ledger.close()


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# -- the first relay fails


FAULTS = [
    ("connect", "421 4.3.2 too busy", "refuses the connection: 421"),
    ("connect", "554 no service here", "refuses the connection: 554"),
    ("connect", "drop", "cannot be reached"),
    ("connect", "hang", "cannot be reached: no answer in time"),
    ("ehlo", "550 5.7.1 go away", "refuses the connection: 550"),
    ("auth", "535 5.7.8 bad credentials", "does not let us log in: 535"),
    ("auth", "drop", "cannot be reached"),
    ("tls", "454 4.7.0 not now", "no protected connection"),
    ("tls", "garbage", "no protected connection"),
    ("mail", "drop", "drops the connection"),
    ("mail", "hang", "drops the connection"),
    ("mail", "421 4.3.2 closing", "takes no more letters from us for now: 421"),
    ("mail", "550 5.7.1 sender rejected", "refuses the sender's address: 550"),
    ("mail", "452 4.3.1 Insufficient system storage", "takes no more letters from us for now: 452"),
    ("rcpt", "554 5.7.1 Relay access denied", "refuses to take letters from us: 554"),
    ("rcpt", "550 5.4.5 Daily user sending limit exceeded", "takes no more letters from us for now: 550"),
    ("rcpt", "drop", "drops the connection"),
    ("data", "drop", "drops the connection"),
    ("body", "530 5.7.0 authentication required", "refuses to take letters from us: 530"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "answer", "reason"), FAULTS, ids=lambda value: str(value)[:24])
async def test_when_the_first_relay_fails_the_second_takes_all_letters_once(  # type: ignore[no-untyped-def]
    stage: str, answer: str, reason: str, readers, worlds, fake, certificate, told
) -> None:
    acts = {act.value: act for act in fake.Act}
    secured = {"scheme": "smtp+starttls", "options": f"?ca={certificate.file}"} if stage == "tls" else {}
    context: ssl.SSLContext | None = certificate.server if stage == "tls" else None

    def script(moment):  # type: ignore[no-untyped-def]
        return acts.get(answer, answer) if moment.stage == stage else None

    async with (
        fake.ScriptedServer(script, extensions=["AUTH PLAIN"], context=context, strict=False) as first,
        fake.ScriptedServer() as second,
    ):
        ways = [candidate(first.port, user="someone:secret@", **secured), candidate(second.port)]
        report = await send(readers, worlds, Failover(ways, told.append))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": READERS})
    assert set(second.recipients.values()) == {1} and len(second.recipients) == READERS
    assert not first.accepted
    (sentence,) = told
    assert name(first.port) in sentence and reason in sentence and sentence.endswith("; the next relay is tried")
    assert set(readers.rows("SELECT unknown_count FROM delivery")) == {(0,)}


async def test_a_relay_where_nobody_listens_is_called_once_and_then_left_alone(readers, worlds, fake, told) -> None:  # type: ignore[no-untyped-def]
    port = unused_port()
    async with fake.ScriptedServer() as second:
        report = await send(readers, worlds, Failover([candidate(port), candidate(second.port)], told.append))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": READERS})
    assert set(second.recipients.values()) == {1}
    assert told == [f"the relay {name(port)} cannot be reached: Connection refused; the next relay is tried"]


async def test_a_second_relay_is_not_even_called_while_the_first_is_well(readers, worlds, fake, told) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer() as first, fake.ScriptedServer() as second:
        report = await send(readers, worlds, Failover([candidate(first.port), candidate(second.port)], told.append))

    assert (report.status, len(first.accepted), second.connection_count, told) == (Status.FINISHED, READERS, 0, [])


async def test_a_refused_reader_is_no_fault_of_the_relay_and_is_offered_to_no_other(readers, worlds, fake, told) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        return "550 5.1.1 no such user" if moment.stage == "rcpt" and moment.recipient.startswith("reader-1@") else None

    async with fake.ScriptedServer(script) as first, fake.ScriptedServer() as second:
        await send(readers, worlds, Failover([candidate(first.port), candidate(second.port)], told.append))

    assert readers.counts() == {"failed": 1, "sent": READERS - 1}
    assert (second.connection_count, told) == (0, [])


async def test_readers_who_are_greylisted_stay_with_their_relay(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def grey(moment):  # type: ignore[no-untyped-def]
        return "451 4.7.1 greylisted" if moment.stage == "rcpt" and moment.tries == 1 else None

    async with fake.ScriptedServer(grey) as first, fake.ScriptedServer() as second:
        report = await send(readers, worlds, Failover([candidate(first.port), candidate(second.port)]))

    assert (report.status, len(first.accepted), second.connection_count) == (Status.FINISHED, READERS, 0)


async def test_a_relay_that_dies_in_mid_run_is_replaced_and_only_what_was_in_flight_is_in_doubt(  # type: ignore[no-untyped-def]
    readers, worlds, fake, told
) -> None:
    def die(moment):  # type: ignore[no-untyped-def]
        if len(first.accepted) >= 8:
            first._server.close()
            return fake.Act.RESET
        return None

    async with fake.ScriptedServer(die) as first, fake.ScriptedServer() as second:
        report = await send(readers, worlds, Failover([candidate(first.port), candidate(second.port)], told.append))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": READERS})
    copies = first.recipients + second.recipients
    doubted = {
        f"reader-{number}@example.org" for (number,) in readers.rows("SELECT id FROM delivery WHERE unknown_count > 0")
    }
    assert len(copies) == READERS
    assert {recipient for recipient, count in copies.items() if count > 1} <= doubted
    assert len(doubted) <= 4, "at most one for each connection"
    assert len(second.accepted) >= READERS - 8 - 4
    assert any(name(first.port) in sentence for sentence in told)


# -- all fail


async def test_when_every_relay_fails_the_edition_pauses_and_each_is_named(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def refuse(moment):  # type: ignore[no-untyped-def]
        return "535 5.7.8 bad credentials" if moment.stage == "auth" else None

    port = unused_port()
    async with fake.ScriptedServer(refuse, extensions=["AUTH PLAIN"]) as second:
        failover = Failover([candidate(port), candidate(second.port, user="someone:secret@")])
        report = await send(readers, worlds, failover)

    assert (report.status, readers.counts()) == (Status.PAUSED, {"queued": READERS})
    assert f"the relay {name(port)} cannot be reached: Connection refused" in report.reason
    assert f"the relay {name(second.port)} does not let us log in: 535" in report.reason
    assert "someone" not in report.reason and "secret" not in report.reason
    assert readers.rows("SELECT sum(attempt_count) FROM delivery") == [(0,)]


async def test_what_one_relay_has_proven_is_not_believed_of_another(readers, worlds, fake, clock) -> None:  # type: ignore[no-untyped-def]
    """The second took letters and is gone; the first says that it relays nothing for us. That is no reader's fault."""

    def busy_then_stranger(moment):  # type: ignore[no-untyped-def]
        if len(second.accepted) < 6:
            return "421 4.3.2 too busy" if moment.stage == "connect" else None
        return "554 5.7.1 Relay access denied" if moment.stage == "rcpt" else None

    def leave(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "mail" and len(second.accepted) >= 6:
            second._server.close()
            clock.ahead = 400
            return fake.Act.DROP
        return None

    async with fake.ScriptedServer(busy_then_stranger) as first, fake.ScriptedServer(leave) as second:
        report = await send(
            readers, worlds, Failover([candidate(first.port), candidate(second.port)], clock=clock), connections=1
        )

    assert report.status is Status.PAUSED and "Relay access denied" in report.reason
    assert readers.counts() == {"queued": READERS - 6, "sent": 6}


# -- the first is back


async def test_the_preferred_relay_is_preferred_again_as_soon_as_it_is_back(readers, worlds, fake, told, clock) -> None:  # type: ignore[no-untyped-def]
    def busy(moment):  # type: ignore[no-untyped-def]
        return "421 4.3.2 too busy" if moment.stage == "connect" and len(second.accepted) < 8 else None

    def count(moment):  # type: ignore[no-untyped-def]
        clock.ahead = 400 if len(second.accepted) >= 8 else 0
        return 0.02 if moment.stage == "body" else None

    readers.add_readers(60, first=READERS + 1)
    async with fake.ScriptedServer(busy) as first, fake.ScriptedServer(count) as second:
        report = await send(readers, worlds, Failover([candidate(first.port), candidate(second.port)], told.append, clock))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": READERS + 60})
    copies = first.recipients + second.recipients
    assert len(copies) == READERS + 60 and set(copies.values()) == {1}
    assert len(first.accepted) > 2 * len(second.accepted), "one letter finds out, then all connections change over"
    assert told[0].startswith(f"the relay {name(first.port)} refuses the connection")
    assert told[1:] == [f"the relay {name(first.port)} takes letters again"]


async def test_a_relay_that_is_still_away_costs_one_call_at_a_time(readers, worlds, fake, clock) -> None:  # type: ignore[no-untyped-def]
    calls = Counter[int]()

    def away(moment):  # type: ignore[no-untyped-def]
        calls[len(second.accepted)] += 1
        return fake.Act.DROP

    def late(moment):  # type: ignore[no-untyped-def]
        clock.ahead = len(second.accepted) * 2
        return 0.01 if moment.stage == "body" else None

    async with fake.ScriptedServer(away) as first, fake.ScriptedServer(late) as second:
        report = await send(readers, worlds, Failover([candidate(first.port), candidate(second.port)], clock=clock))

    assert (report.status, len(second.accepted)) == (Status.FINISHED, READERS)
    assert first.most_open == 1
    assert 2 <= first.connection_count <= 6, "after 5, 10, 20 seconds"


# -- limits of each


async def test_each_relay_has_as_many_connections_as_it_takes(readers, worlds, fake, clock) -> None:  # type: ignore[no-untyped-def]
    def slow(moment):  # type: ignore[no-untyped-def]
        return 0.02 if moment.stage == "body" else None

    async with fake.ScriptedServer(slow) as first, fake.ScriptedServer(slow) as second:
        ways = [candidate(first.port, 2, letters=3), candidate(second.port, 6)]
        report = await send(readers, worlds, Failover(ways), connections=6)
        assert (report.status, first.most_open, second.connection_count) == (Status.FINISHED, 2, 0)
        assert first.connection_count >= READERS // 3

        first._server.close()
        readers.add_readers(READERS, first=100)
        readers.do("UPDATE edition SET state = 'sending'")
        report = await send(readers, worlds, Failover(ways, clock=clock), connections=6)

    assert (report.status, second.most_open) == (Status.FINISHED, 6)
    assert len(first.accepted) == len(second.accepted) == READERS


async def test_no_more_connections_are_opened_than_the_relay_in_use_takes(fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer() as first, fake.ScriptedServer() as second:
        failover = Failover([candidate(first.port, 1), candidate(second.port, 1)])
        session = await failover.open()
        with pytest.raises(FullError):
            await failover.open()
        await session.close()
        again = await failover.open()
        await again.close()

    assert (session.relay, again.relay, second.connection_count) == (name(first.port), name(first.port), 0)


async def test_a_relay_that_has_reached_its_limit_is_waited_for(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    """A limit is a pace, no fault: nothing goes another way because of it."""
    async with fake.ScriptedServer() as first, fake.ScriptedServer() as second:
        pacing = Pacing({name(first.port): (Allowance(10, 1),), name(second.port): ()})
        report = await send(readers, worlds, Failover([candidate(first.port), candidate(second.port)]), pacing=pacing)

    assert (report.status, len(first.accepted), second.connection_count) == (Status.FINISHED, READERS, 0)


async def test_the_limit_of_the_relay_that_took_over_holds_instead(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    moments: list[int] = []

    def note(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "data":
            moments.append(int(time.time()))

    port = unused_port()
    async with fake.ScriptedServer(note) as second:
        pacing = Pacing({name(port): (Allowance(1, 3600),), name(second.port): (Allowance(10, 1),)})
        report = await send(readers, worlds, Failover([candidate(port), candidate(second.port)]), pacing=pacing)

    assert (report.status, len(second.accepted)) == (Status.FINISHED, READERS)
    assert max(moments) - min(moments) >= 2, "24 letters at ten a second"


# -- doubt


@pytest.mark.parametrize("max_unknown", [0, 1])
async def test_an_answer_that_was_lost_stays_lost_and_no_other_relay_is_asked_more_than_the_rules_allow(  # type: ignore[no-untyped-def]
    max_unknown: int, readers, worlds, fake
) -> None:
    def take_and_drop(moment):  # type: ignore[no-untyped-def]
        return fake.Act.ACCEPT_AND_DROP if moment.stage == "body" else None

    async with fake.ScriptedServer(take_and_drop) as first, fake.ScriptedServer() as second:
        ways = [candidate(first.port), candidate(second.port)]
        report = await send(readers, worlds, Failover(ways), max_unknown=max_unknown)

    lost = first.recipients
    rows = dict(readers.rows("SELECT id, unknown_count FROM delivery"))
    assert 0 < len(lost) <= 4 and set(lost.values()) == {1}, "one on each connection, then the second takes over"
    assert {f"reader-{number}@example.org" for number, unknown in rows.items() if unknown} == set(lost)
    if max_unknown:
        assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": READERS})
        twice = {copy.message_id: copy.message for copy in first.accepted}
        assert all(copy.message == twice.get(copy.message_id, copy.message) for copy in second.accepted)
        assert set(second.recipients.values()) == {1} and len(second.recipients) == READERS
    else:
        assert (report.status, readers.counts()) == (Status.HELD, {"held": len(lost), "sent": READERS - len(lost)})
        assert not set(second.recipients) & set(lost)


async def test_two_bad_relays_together_miss_nobody_and_double_nobody_unknowingly(  # type: ignore[no-untyped-def]
    world, worlds, fake
) -> None:
    draw = random.Random(1)
    faults = {
        "mail": (fake.Act.DROP, "421 4.3.2 closing"), "rcpt": ("450 4.2.1 busy", fake.Act.RESET),
        "data": ("451 4.7.1 later", fake.Act.DROP),
        "body": (fake.Act.DROP, fake.Act.ACCEPT_AND_DROP, "452 4.3.1 disk full", "421 4.3.2 closing"),
    }  # fmt: skip

    def nasty(moment):  # type: ignore[no-untyped-def]
        return draw.choice(faults[moment.stage]) if moment.stage in faults and draw.random() < 0.03 else None

    def nastier(moment):  # type: ignore[no-untyped-def]
        return fake.Act.DROP if moment.stage == "connect" and moment.connection % 3 == 1 else nasty(moment)

    world.add_edition()
    world.add_readers(80)
    patient = {"wait": timedelta(seconds=8), "patience": timedelta(seconds=20), "is_patient": True}
    async with fake.ScriptedServer(nastier) as first, fake.ScriptedServer(nasty) as second:
        report = await send(world, worlds, Failover([candidate(first.port), candidate(second.port)]), **patient)

    counts = world.counts()
    assert report.status in (Status.FINISHED, Status.HELD) and counts["sent"] + counts.get("held", 0) == 80
    copies = first.recipients + second.recipients
    for number, state, unknown in world.rows("SELECT id, state, unknown_count FROM delivery"):
        copy_count = copies[f"reader-{number}@example.org"]
        assert (copy_count >= 1 or state == "held") and copy_count <= 1 + unknown
    assert second.accepted
