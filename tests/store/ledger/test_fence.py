"""The fence: no body leaves after a change that forbids it."""

from __future__ import annotations

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.transitions import Ending, Refusal, State

pytestmark = pytest.mark.anyio


FENCES = [
    ("UPDATE edition SET state = 'paused'", Refusal.PAUSED, "queued", "queued"),
    ("UPDATE edition SET state = 'cancelled'", Refusal.CANCELLED, "cancelled", "held"),
    ("UPDATE edition SET approved_hash = 'x'", Refusal.UNAPPROVED, "queued", "queued"),
    ("UPDATE edition SET approved_hash = NULL, frozen_hash = NULL", Refusal.UNAPPROVED, "queued", "queued"),
    ("UPDATE edition SET earliest_at = 4000000000", Refusal.EARLY, "queued", "queued"),
    ("UPDATE variant SET stopped = 1", Refusal.STOPPED, "cancelled", "held"),
    ("UPDATE delivery SET stopped = 1", Refusal.STOPPED, "cancelled", "held"),
    ("UPDATE subscription SET state = 'left'", Refusal.LEFT, "suppressed", "held"),
    ("UPDATE subscription SET state = 'erased'", Refusal.LEFT, "suppressed", "held"),
    ("UPDATE subscription SET epoch = 2", Refusal.LEFT, "suppressed", "held"),
    ("DELETE FROM subscription", Refusal.LEFT, "suppressed", "held"),
    (
        "INSERT INTO suppression SELECT address_hash, 'bounced', 0 FROM subscription",
        Refusal.SUPPRESSED,
        "suppressed",
        "held",
    ),
    ("UPDATE delivery SET state = 'cancelled', sender = NULL", Refusal.GONE, "cancelled", "cancelled"),
]


@pytest.mark.parametrize(("change", "refusal", "state", "in_doubt"), FENCES)
async def test_no_body_is_let_go_after_a_change_that_forbids_it(
    senders, ledger, world, change: str, refusal: Refusal, state: str, in_doubt: str
) -> None:
    sure, doubtful = await senders.pick(ledger), await senders.pick(ledger)
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 2")
    world.do(change)

    answers = [await ledger.ask(None, picked, False) for picked in (sure, doubtful)]

    assert [(answer.allowed, answer.refusal) for answer in answers] == [(False, refusal)] * 2
    assert [answer.refused for answer in answers] == [State(state), State(in_doubt)]
    assert [world.delivery(n)["state"] for n in (1, 2)] == [state, in_doubt]


async def test_a_delivery_that_is_gone_altogether_is_refused(senders, ledger, world) -> None:
    picked = await senders.pick(ledger)
    world.do("DELETE FROM delivery WHERE id = 1")

    assert (await ledger.ask(None, picked, False)).refusal is Refusal.GONE


async def test_a_body_in_flight_when_its_variant_is_stopped_is_not_tried_again(senders, ledger, world) -> None:
    first, second = await senders.let_go(ledger), await senders.let_go(ledger)
    world.do("UPDATE delivery SET stopped = 1 WHERE state = 'inflight'")

    deferred = await ledger.ask(Outcome(first, Ending.DEFERRED, 451), None, False)
    unknown = await ledger.ask(Outcome(second, Ending.UNKNOWN), None, False)

    assert (deferred.recorded, unknown.recorded) == (State.CANCELLED, State.HELD)


async def test_a_single_letter_goes_to_somebody_who_has_not_confirmed_yet(senders, world) -> None:
    world.add_readers(2, name=None)
    world.do("UPDATE subscription SET state = 'pending' WHERE id = 1")
    world.do("UPDATE subscription SET state = 'left' WHERE id = 2")
    ledger = await senders.open()
    first, second = await senders.pick(ledger), await senders.pick(ledger)

    assert (await ledger.ask(None, first, False)).allowed
    assert (await ledger.ask(None, second, False)).refusal is Refusal.LEFT
