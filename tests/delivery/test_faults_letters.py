"""Every fault that a letter can meet, and what the ledger says of it then, to the second; and when the relay is mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType

import pytest

from digest.delivery.pace import Rules, plan_domain_wait, plan_wait
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.smtp import SmtpTransport, Timeouts
from digest.errors import Status
from digest.store.ledger import open_ledger
from digest.store.releases import from_seconds, to_seconds

pytestmark = pytest.mark.anyio
RULES = Rules(retry_after=60)
READERS, THE_ONE = 6, "reader-3@example.org"


@dataclass
class Clock:
    """The ledger's clock: it stands until it is set."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock(worlds: ModuleType) -> Clock:
    return Clock(from_seconds(worlds.START) + timedelta(hours=1))


@pytest.fixture
def readers(world, worlds: ModuleType):  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(READERS)
    return world


async def send(  # type: ignore[no-untyped-def]
    world, worlds: ModuleType, port: int, clock: Clock, rules: Rules = RULES, connections: int = 2
) -> Report:
    """One run that waits for nothing."""
    ledger = open_ledger(world.file, rules, only=worlds.EDITION, now=clock)
    transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}"), timeouts=Timeouts(command=0.3, body=0.3, quit=0.2))
    try:
        limits = Limits(connections=connections, wait=timedelta(0))
        return await Sender(ledger, transport, worlds.compose, limits, now=clock).run()
    finally:
        await ledger.close()


@dataclass(frozen=True)
class Fault:
    """What the relay does to one reader's letter each time, and the ledger's row at the end of the run.

    `answer` is a reply, or the name of one of the server's acts; `attempts` how often the row says that it was tried.
    `copies` is how many copies that reader has when the relay is mended and one more run is over.
    """

    stage: str
    answer: str
    state: str
    code: int | None = None
    doubts: int = 0
    attempts: int = 1
    copies: int = 1

    def __str__(self) -> str:
        return f"{self.stage}: {self.answer}"


GREY, GONE = "450 4.7.1 greylisted", "550 5.1.1 no such user"
KNOWN = [
    Fault("rcpt", GREY, "queued", 450),
    Fault("rcpt", "452 4.2.2 mailbox full", "queued", 452),
    Fault("rcpt", GONE, "failed", 550, copies=0),
    Fault("rcpt", "421 4.7.0 closing", "queued", 421, attempts=2),
    Fault("rcpt", "drop", "queued", attempts=2),
    Fault("rcpt", "reset", "queued", attempts=2),
    Fault("rcpt", "garbage", "queued", attempts=2),
    Fault("rcpt", "hang", "queued", attempts=2),
    Fault("data", "451 4.7.0 later", "queued", 451),
    Fault("data", "554 5.6.0 not this one", "failed", 554, copies=0),
    Fault("data", "421 4.7.0 closing", "queued", 421, attempts=2),
    Fault("data", "250 what?", "queued", 250, attempts=2),
    Fault("data", "drop", "queued", attempts=2),
    Fault("data", "reset", "queued", attempts=2),
    Fault("data", "hang", "queued", attempts=2),
    Fault("body", "451 4.7.0 later", "queued", 451),
    Fault("body", "421 4.7.0 closing", "queued", 421),
    Fault("body", "554 5.7.1 looks like spam", "failed", 554, copies=0),
]
UNKNOWN = [
    Fault("data", "drop in body", "queued", doubts=1),
    Fault("data", "starve", "queued", doubts=1),
    Fault("body", "drop", "queued", doubts=1),
    Fault("body", "reset", "queued", doubts=1),
    Fault("body", "hang", "queued", doubts=1),
    Fault("body", "garbage", "queued", doubts=1),
    Fault("body", "354 more, please", "queued", 354, doubts=1),
    Fault("body", "accept and drop", "queued", doubts=1, copies=2),
    Fault("body", "accept and reset", "queued", doubts=1, copies=2),
    Fault("body", "accept and hang", "queued", doubts=1, copies=2),
    Fault("body", "cut 25", "queued", doubts=1, copies=2),
    Fault("body", "cut 250 2.0.0 que", "queued", doubts=1, copies=2),
    Fault("body", "cut 250-first line\r\n", "queued", doubts=1, copies=2),
    Fault("body", "cut 4", "queued", doubts=1),
    Fault("body", "late", "queued", doubts=1, copies=2),
]


def build_script(fake: ModuleType, fault: Fault):  # type: ignore[no-untyped-def]
    acts = {act.value: act for act in fake.Act} | {"late": fake.Late(0.5)}
    answer = fake.Cut(fault.answer[4:]) if fault.answer.startswith("cut ") else acts.get(fault.answer, fault.answer)

    def script(moment):  # type: ignore[no-untyped-def]
        return answer if moment.stage == fault.stage and moment.recipient == THE_ONE else None

    return script


@pytest.mark.parametrize("extensions", [["PIPELINING"], []], ids=["pipelining", "one by one"])
@pytest.mark.parametrize("fault", [*KNOWN, *UNKNOWN], ids=str)
async def test_a_fault_of_one_letter_is_put_down_exactly_and_mended_without_loss(  # type: ignore[no-untyped-def]
    fault: Fault, extensions: list[str], readers, worlds, fake, clock: Clock
) -> None:
    async with fake.ScriptedServer(build_script(fake, fault), extensions=extensions) as server:
        report = await send(readers, worlds, server.port, clock)
        row = readers.delivery(3)
        rest = fault.state == "failed"
        assert (row["state"], row["code"], row["unknown_count"], row["attempt_count"]) == (
            fault.state,
            fault.code,
            fault.doubts,
            fault.attempts,
        )
        if not rest:
            assert row["next_at"] == to_seconds(clock()) + plan_wait(RULES, 3, fault.attempts)
        assert readers.counts() == {fault.state: 1, "sent": READERS - 1}
        assert (report.status, readers.edition()) == ((Status.FINISHED, "finished") if rest else (Status.WAITING, "sending"))
        assert report.next_at == (None if rest else from_seconds(row["next_at"]))

        server.script = lambda _moment: None
        clock.moment += timedelta(hours=5)
        again = await send(readers, worlds, server.port, clock)

    assert again.status is Status.FINISHED
    assert readers.edition() == "finished"
    assert readers.counts() == ({"failed": 1, "sent": READERS - 1} if rest else {"sent": READERS})
    assert readers.delivery(3)["unknown_count"] == fault.doubts
    assert server.recipients[THE_ONE] == fault.copies
    assert len({letter.message for letter in server.accepted if letter.recipient == THE_ONE}) == min(fault.copies, 1)
    assert all(count == 1 for recipient, count in server.recipients.items() if recipient != THE_ONE)


@pytest.mark.parametrize("fault", [fault for fault in UNKNOWN if fault.copies == 2], ids=str)
async def test_a_second_loss_holds_the_letter_and_no_third_copy_ever_leaves(  # type: ignore[no-untyped-def]
    fault: Fault, readers, worlds, fake, clock: Clock
) -> None:
    async with fake.ScriptedServer(build_script(fake, fault)) as server:
        for _ in range(4):
            report = await send(readers, worlds, server.port, clock)
            clock.moment += timedelta(hours=5)

    assert (report.status, readers.edition()) == (Status.HELD, "finished")
    assert (readers.delivery(3)["state"], readers.delivery(3)["unknown_count"]) == ("held", 2)
    assert server.recipients[THE_ONE] == 2


async def test_with_hold_the_first_loss_holds_the_letter(readers, worlds, fake, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    fault = Fault("body", "accept and drop", "held")
    async with fake.ScriptedServer(build_script(fake, fault)) as server:
        report = await send(readers, worlds, server.port, clock, Rules(60, max_unknown=0))

    assert report.status is Status.HELD
    assert (readers.delivery(3)["state"], readers.delivery(3)["unknown_count"]) == ("held", 1)
    assert server.recipients[THE_ONE] == 1


LAST, NEXT = "reader-1@example.org", "reader-2@example.org"
BODIES = {
    "250 2.0.0 queued": ("sent", 0, 1),
    "451 4.7.0 later": ("queued", 0, 0),
    "554 5.7.1 spam": ("failed", 0, 0),
    "421 4.7.0 closing": ("queued", 0, 0),
    "drop": ("queued", 1, 0),
    "accept and drop": ("queued", 1, 1),
    "accept and reset": ("queued", 1, 1),
    "hang": ("queued", 1, 0),
    "cut 250 2": ("queued", 1, 1),
}
"""What is said of a body with the next envelope behind it; the letter's state then, its doubts, and its copies."""
ENVELOPES = {
    ("mail", "451 4.3.0 later"): "sent",
    ("rcpt", "450 4.2.1 mailbox busy"): "queued",
    ("rcpt", "550 5.1.1 nobody"): "failed",
    ("rcpt", "421 4.7.0 closing"): "sent",
    ("rcpt", "drop"): "sent",
    ("data", "451 4.4.0 later"): "queued",
    ("data", "drop"): "sent",
    ("data", "354 go on"): "sent",
}
"""What is said of that envelope, once; and what its letter is at the end of the run, if the line lasts so long."""


@pytest.mark.parametrize("envelope", ENVELOPES, ids=" ".join)
@pytest.mark.parametrize("body", BODIES)
async def test_whatever_is_said_of_a_body_the_envelope_behind_it_has_its_own_end(  # type: ignore[no-untyped-def]
    body: str, envelope: tuple[str, str], world, worlds, fake, clock: Clock
) -> None:
    """One connection: the answers to a body and to the envelope that left with it are never taken for each other's."""
    world.add_edition()
    world.add_readers(2)
    acts = {act.value: act for act in fake.Act}
    said = fake.Cut(body[4:]) if body.startswith("cut ") else acts.get(body, body)
    reached = []

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.recipient == LAST and moment.stage == "body":
            return said
        is_next = moment.recipient == NEXT or (moment.stage == "mail" and moment.letters == 1)
        if moment.stage == envelope[0] and is_next and not reached:
            reached.append(moment)
            return acts.get(envelope[1], envelope[1])
        return None

    async with fake.ScriptedServer(script) as server:
        await send(world, worlds, server.port, clock, connections=1)
        first, second = world.delivery(1), world.delivery(2)
        lasts = said is body and not body.startswith("421")
        state, doubts, copies = BODIES[body]
        assert (first["state"], first["unknown_count"], server.recipients[LAST]) == (state, doubts, copies)
        assert second["unknown_count"] == 0
        assert bool(reached) or not lasts
        expected = ENVELOPES[envelope] if reached else "sent"
        assert (second["state"], server.recipients[NEXT]) == (expected, int(expected == "sent"))

        server.script = lambda _moment: None
        clock.moment += timedelta(hours=5)
        await send(world, worlds, server.port, clock, connections=1)

    assert world.edition() == "finished"
    assert server.recipients[LAST] == copies + (state == "queued")
    assert server.recipients[NEXT] == (expected != "failed")
    assert len(set(server.accepted)) == len(server.recipients)


@pytest.mark.parametrize(
    "answer", ["450 4.7.28 too many messages", "451 4.4.1 no answer from the host", "452 4.4.5 congestion"]
)
async def test_a_refusal_of_a_whole_domain_makes_its_readers_wait_and_nobody_else(  # type: ignore[no-untyped-def]
    answer: str, readers, worlds, fake, clock: Clock
) -> None:
    readers.add_readers(30, domain="slow.example", first=100)

    def script(moment):  # type: ignore[no-untyped-def]
        return answer if moment.stage == "rcpt" and moment.recipient.endswith("@slow.example") else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, server.port, clock)
        waiting = readers.rows(
            "SELECT DISTINCT next_at FROM delivery WHERE domain_key = ? AND attempt_count = 0", b"slow.example"
        )
        tried = sum(count for address, count in server.tries.items() if address.endswith("@slow.example"))
        assert report.status is Status.WAITING
        assert readers.counts() == {"sent": READERS, "queued": 30}
        assert waiting == [(to_seconds(clock()) + plan_domain_wait(RULES, 1),)]
        assert tried <= 4, "more letters were tried than were on their way"
        server.script = lambda _moment: None
        clock.moment += timedelta(hours=1)
        await send(readers, worlds, server.port, clock)

    assert readers.counts() == {"sent": READERS + 30}
    assert set(server.recipients.values()) == {1}


async def test_waits_double_and_a_letter_is_given_up_after_two_days_and_four_tries(  # type: ignore[no-untyped-def]
    readers, worlds, fake, clock: Clock
) -> None:
    waits = []
    async with fake.ScriptedServer(build_script(fake, Fault("rcpt", GREY, "queued"))) as server:
        for _ in range(40):
            report = await send(readers, worlds, server.port, clock)
            if report.next_at is None:
                break
            waits.append((report.next_at - clock()).total_seconds())
            clock.moment = report.next_at

    row = readers.delivery(3)
    assert waits[:3] == [plan_wait(RULES, 3, number) for number in (1, 2, 3)]
    assert max(waits) <= 4 * 3600
    assert clock() - from_seconds(worlds.START) >= timedelta(hours=48)
    assert (row["state"], row["code"], row["unknown_count"]) == ("failed", 450, 0)
    assert str(row["reply"]).startswith("expired")
    assert readers.edition() == "finished"
