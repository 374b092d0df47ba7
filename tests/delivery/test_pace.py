"""How long to wait: pure rules, looked at over their whole range; and a mail service that asks for time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.pace import (
    LONGEST_WAIT,
    TRIES_AT_LEAST,
    Rules,
    Standing,
    Trouble,
    is_expired,
    plan_domain_wait,
    plan_wait,
    relay_leave,
    relay_wait,
)
from digest.delivery.pacing import Allowance, Pacing
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.smtp import SmtpTransport
from digest.errors import Status
from digest.settings import Delivery
from digest.store.ledger import open_ledger

RULES = Rules()


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_a_wait_doubles_up_to_four_hours_less_a_quarter_at_most(delivery: int, attempt: int) -> None:
    full = min(300 * 2 ** min(attempt - 1, 20), LONGEST_WAIT)

    assert full * 3 / 4 <= plan_wait(RULES, delivery, attempt) <= full


def test_letters_refused_together_come_back_spread_out_and_always_at_the_same_moments() -> None:
    waits = [plan_wait(RULES, delivery, 1) for delivery in range(1, 1001)]

    assert len(set(waits)) > 50
    assert waits == [plan_wait(RULES, delivery, 1) for delivery in range(1, 1001)]


def test_no_wait_is_ever_nothing() -> None:
    assert plan_wait(Rules(retry_after=0), 1, 1) >= 1


def test_a_letter_is_tried_for_two_days_and_often_enough() -> None:
    assert not is_expired(RULES, created_at=0, now=48 * 3600 - 1, tries=99)
    assert is_expired(RULES, created_at=0, now=48 * 3600, tries=TRIES_AT_LEAST)


def test_a_letter_of_an_edition_that_was_paused_for_days_is_not_given_up_at_its_first_refusal() -> None:
    assert not is_expired(RULES, created_at=0, now=90 * 3600, tries=1)


@given(st.integers(1, 10**6))
def test_a_domain_is_left_alone_for_longer_each_time(failures: int) -> None:
    assert plan_domain_wait(RULES, failures) <= plan_domain_wait(RULES, failures + 1) <= LONGEST_WAIT


def test_a_relay_that_drops_one_line_is_called_again_at_once() -> None:
    assert [relay_wait(failures) for failures in range(8)] == [0, 0, 1, 2, 4, 8, 16, 30]


def test_the_first_connection_that_fails_ends_the_run() -> None:
    assert Trouble(timedelta(minutes=5)).fail(0, connecting=True)


def test_lines_that_drop_together_count_once() -> None:
    trouble = Trouble(timedelta(minutes=5), ever_connected=True)

    for moment in (0, 0.1, 0.2, 5):
        trouble.fail(moment, connecting=False)

    assert trouble.failures == 2


def test_a_relay_in_trouble_is_given_five_minutes_from_the_last_progress() -> None:
    trouble = Trouble(timedelta(minutes=5))
    trouble.connect()

    assert not trouble.fail(0, connecting=True)
    assert not trouble.fail(299, connecting=True)
    trouble.progress()
    assert not trouble.fail(300, connecting=True)
    assert not trouble.fail(599, connecting=True)
    assert trouble.fail(600, connecting=True)


def test_the_rules_come_from_the_settings() -> None:
    settings = Delivery.model_validate({"retry_after": "2 s", "retry_for": "1 h", "unknown": "hold"})

    assert Rules.of(settings) == Rules(retry_after=2, retry_for=3600, max_unknown=0)
    assert Rules.of(Delivery()) == Rules()


def test_a_relay_that_refuses_one_service_now_and_then_is_not_in_trouble_all_the_while() -> None:
    trouble = Trouble(timedelta(minutes=5), ever_connected=True)

    assert not any(trouble.fail(moment, connecting=False) for moment in range(0, 20_000, 300))
    assert trouble.failures == 1


@given(st.lists(st.floats(0, 299), min_size=1, max_size=30))
def test_trouble_that_never_ends_gives_up_after_five_minutes(gaps: list[float]) -> None:
    trouble, moment = Trouble(timedelta(minutes=5), ever_connected=True), 0.0
    for gap in (0, *gaps):
        moment += gap
        assert trouble.fail(moment, connecting=True) == (moment >= 300)


@given(st.integers(1, 10**6), st.booleans())
def test_a_relay_that_fails_is_left_alone_for_longer_each_time_and_five_minutes_at_most(failures: int, ours: bool) -> None:
    assert 5 <= relay_leave(failures, ours=ours) <= relay_leave(failures + 1, ours=ours) <= 300
    assert relay_leave(failures, ours=True) == 300


def test_a_relay_is_tried_again_when_its_time_is_over() -> None:
    standing = Standing()
    standing.fail(100)

    assert (standing.is_well, standing.is_left(104.9), standing.is_left(105)) == (False, True, False)


def test_connections_that_fail_together_count_once() -> None:
    standing = Standing()
    for moment in (100, 100.2, 100.9, 130):
        standing.fail(moment)

    assert (standing.failures, standing.is_left(139.9), standing.is_left(140)) == (2, True, False)


def test_one_connection_at_a_time_finds_out_whether_a_relay_is_back() -> None:
    standing = Standing()
    standing.fail(100)
    standing.call(105)

    assert standing.is_left(105) and not standing.is_well
    standing.progress()
    assert standing.is_well and not standing.is_left(105)


def test_a_relay_that_is_well_takes_any_number_of_connections_at_a_time() -> None:
    standing = Standing()
    standing.call(100)

    assert not standing.is_left(100)


def test_a_fault_of_ours_is_not_repeated_for_five_minutes() -> None:
    standing = Standing()
    standing.fail(100, ours=True)
    standing.fail(100.1)

    assert standing.is_left(399)


# -- with a real relay


class Wall:
    """The clock on the wall, for ledger and sender alike."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


@pytest.mark.anyio
@pytest.mark.parametrize("stage", ["rcpt", "body"])
async def test_a_mail_service_that_asks_for_time_alone_is_left_alone_and_after_a_restart_too(  # type: ignore[no-untyped-def]
    stage: str, world, worlds: ModuleType, fake
) -> None:
    def busy(moment):  # type: ignore[no-untyped-def]
        is_busy = moment.stage == stage and moment.recipient.endswith("@slow.example")
        return "451 4.4.1 no answer from the host" if is_busy else None

    async def send() -> Report:
        ledger = open_ledger(world.file, Rules(retry_after=300), only=worlds.EDITION, now=wall)
        transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{server.port}"))
        sender = Sender(ledger, transport, worlds.compose, Limits(connections=4, wait=timedelta(0)), now=wall)
        try:
            return await sender.run()
        finally:
            await ledger.close()

    wall = Wall(worlds.START + 60)
    world.add_edition()
    world.add_readers(30, domain="slow.example")
    world.add_readers(30, domain="quick.example", first=100)
    async with fake.ScriptedServer(busy) as server:
        first = await send()
        tries = sum(server.tries.values()) - 30
        assert (first.status, world.counts()) == (Status.WAITING, {"queued": 30, "sent": 30})
        assert 1 <= tries <= 2 * 4, "what was on its way when it said so, and no more"
        assert first.next_at is not None and first.next_at <= wall() + timedelta(seconds=300)

        wall.seconds += 299
        assert (await send()).next_at == wall() + timedelta(seconds=1), "a restart forgets nothing"
        assert sum(server.tries.values()) == 30 + tries

        wall.seconds += 1
        await send()
        assert sum(server.tries.values()) > 30 + tries
        assert world.rows("SELECT not_before, failures FROM domain_pace") == [(wall.seconds + 600, 2)]

        server.script = lambda _moment: None
        wall.seconds += 4 * 3600
        assert (await send()).status is Status.FINISHED
    assert set(server.recipients.values()) == {1} and len(server.recipients) == 60


@pytest.mark.anyio
@pytest.mark.parametrize("senders", [1, 2])
async def test_so_many_letters_a_second_leave_over_connections_that_are_kept(  # type: ignore[no-untyped-def]
    senders: int, world, worlds: ModuleType, fake
) -> None:
    async def send() -> Report:
        ledger = open_ledger(world.file, Rules(), only=worlds.EDITION, pacing=Pacing({name: (Allowance(10, 1),)}))
        limits = Limits(connections=5, wait=timedelta(seconds=5), keep=timedelta(seconds=5))
        try:
            return await Sender(ledger, SmtpTransport(parse_smtp_url(f"smtp://{name}")), worlds.compose, limits).run()
        finally:
            await ledger.close()

    world.add_edition()
    world.add_readers(40)
    async with fake.ScriptedServer() as server:
        name = f"127.0.0.1:{server.port}"
        reports = await asyncio.gather(*(send() for _ in range(senders)))

    assert {report.status for report in reports} == {Status.FINISHED}
    assert set(server.recipients.values()) == {1} and len(server.recipients) == 40
    taken = [event.moment for event in server.events if event.kind == "taken"]
    assert taken[-1] - taken[0] > 2, "forty at ten a second"
    assert max(sum(moment <= other < moment + 0.8 for other in taken) for moment in taken) <= 20
    if senders == 1:
        assert server.connection_count <= 6, "not ten a second anew"
