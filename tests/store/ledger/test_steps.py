"""The contract of a ledger, for every implementation: what is durable when a question is answered."""

from __future__ import annotations

import asyncio
from types import ModuleType

import pytest

from digest.delivery.ledger import Answer, Outcome
from digest.delivery.transitions import Ending, State

pytestmark = pytest.mark.anyio


async def test_what_is_picked_carries_all_that_a_letter_needs(senders, ledger) -> None:
    picked = await senders.pick(ledger)

    assert (picked.id, picked.subscription, picked.epoch) == (1, 1, 1)
    assert (picked.sealed, picked.domain_key, picked.message_hash) == (b"reader-1@example.org", b"example.org", "m")
    assert "reader-1" not in repr(picked)


async def test_each_step_is_in_the_database_when_it_is_answered(senders, ledger, world) -> None:
    picked = await senders.pick(ledger)
    assert (world.delivery(1)["state"], world.delivery(1)["sender"]) == ("picked", ledger.place)

    answer = await ledger.ask(None, picked, False)
    assert answer == Answer(allowed=True)
    assert (world.delivery(1)["state"], world.delivery(1)["attempt_count"]) == ("inflight", 1)

    answer = await ledger.ask(Outcome(picked, Ending.SENT, 250, "2.0.0 ok"), None, False)
    assert answer.recorded is State.SENT
    row = world.delivery(1)
    assert (row["state"], row["sender"], row["code"], row["reply"]) == ("sent", None, 250, "2.0.0 ok")
    assert row["outcome_at"] is not None


async def test_one_question_ends_one_letter_lets_another_go_and_picks_a_third(senders, ledger, world) -> None:
    first = await senders.let_go(ledger)
    second = await senders.pick(ledger)
    answer = await ledger.ask(Outcome(first, Ending.SENT, 250), second, True)

    assert (answer.recorded, answer.allowed) == (State.SENT, True)
    assert answer.next is not None and answer.next.id == 3
    assert [world.delivery(n)["state"] for n in (1, 2, 3)] == ["sent", "inflight", "picked"]


async def test_no_two_connections_get_the_same_delivery(ledger, senders) -> None:
    other = await senders.open()
    ledger.expect(3)
    answers = await asyncio.gather(*(each.ask(None, None, True) for each in (ledger, other) * 6))

    ids = [answer.next.id for answer in answers if answer.next]
    assert sorted(ids) == list(range(1, 11))


async def test_nothing_due_means_no_next(senders) -> None:
    empty = await senders.open()

    assert await empty.ask(None, None, True) == Answer()
    assert await empty.next_due() is None


async def test_an_edition_is_finished_when_every_reader_is_accounted_for(ledger, world, worlds: ModuleType) -> None:
    world.do("UPDATE delivery SET state = 'sent' WHERE id < 10")
    assert (await ledger.review()).editions[0].state == "sending"

    world.do("UPDATE delivery SET state = 'held' WHERE id = 10")
    (view,) = (await ledger.review()).editions
    assert (view.id, view.state, view.counts) == (worlds.EDITION, "finished", {State.SENT: 9, State.HELD: 1})
    assert world.rows("SELECT finished_at IS NOT NULL FROM edition") == [(1,)]


async def test_an_edition_whose_counts_do_not_add_up_is_paused_with_the_reason(ledger, world) -> None:
    world.do("UPDATE delivery SET state = 'sent'")
    world.do("DELETE FROM delivery WHERE id = 1")
    await ledger.review()

    assert world.rows("SELECT state, paused_by, paused_reason FROM edition") == [
        ("paused", "self", "the counts do not add up: 9 deliveries for 10 readers")
    ]


async def test_pausing_by_itself_touches_only_what_is_being_sent(ledger, world) -> None:
    world.add_edition("resting", state="paused")
    world.do("UPDATE edition SET paused_by = 'staff' WHERE id = 'resting'")
    await ledger.pause(None, "the relay is down")
    await ledger.pause("resting", "the relay is down")

    assert world.rows("SELECT paused_by, paused_reason FROM edition ORDER BY id DESC") == [
        ("staff", None),
        ("self", "the relay is down"),
    ]
