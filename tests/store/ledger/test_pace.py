"""The pace: no more letters pass a gate in a span than may, over all senders and restarts; the rest wait until its end."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.pacing import Allowance, Pacing, WarmUp
from digest.delivery.transitions import Ending, Refusal
from digest.settings import Hours

pytestmark = pytest.mark.anyio

MINUTE = Allowance(3, 60)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
def readers(world, clock):
    """Ten readers of an edition that is being sent; a span of a minute has just begun."""
    assert clock.seconds % 60 == 0
    world.add_edition()
    world.add_readers(10)
    return world


async def send_all(senders, ledger, relay: str = "") -> list[str]:
    """Send what can be sent now; the addresses in their order."""
    sent = []
    while (picked := (await ledger.ask(None, None, True, relay)).next) is not None:
        answer = await ledger.ask(None, picked, False, relay)
        assert answer.allowed
        await ledger.ask(Outcome(picked, Ending.SENT, 250), None, False, relay)
        sent.append(picked.sealed.decode())
    return sent


# -- through a relay


async def test_no_more_pass_a_relay_in_a_span_than_may(senders, readers, clock) -> None:
    ledger = await senders.open(pacing=Pacing({"a": (MINUTE,), "b": ()}))

    assert len(await send_all(senders, ledger, "a")) == 3
    assert readers.rows("SELECT count, until FROM rate") == [(3, clock.seconds + 60)]
    clock.seconds += 59
    assert await send_all(senders, ledger, "a") == []
    clock.seconds += 1
    assert len(await send_all(senders, ledger, "a")) == 3
    assert len(await send_all(senders, ledger, "b")) == 4


async def test_letters_wait_for_the_relay_in_use_and_a_limit_lets_no_other_take_over(senders, readers, clock) -> None:
    ledger = await senders.open(pacing=Pacing({"a": (Allowance(1, 600),), "b": (Allowance(1, 60),)}))
    await send_all(senders, ledger, "a")
    assert await ledger.next_due() == moment(clock.seconds + 540)

    await send_all(senders, ledger, "b")
    assert await ledger.next_due() == moment(clock.seconds + 60)
    assert (await ledger.review()).next_at == moment(clock.seconds + 60)
    assert (await ledger.ask(None, None, True)).next is None, "whichever relay it would be"


async def test_before_any_relay_is_called_the_next_letter_is_due_with_the_first_that_has_room(
    senders, readers, clock
) -> None:
    pacing = Pacing({"a": (Allowance(1, 600),), "b": (Allowance(1, 60),)})
    first = await senders.open(pacing=pacing)
    await send_all(senders, first, "a")
    second = await senders.open(pacing=pacing)
    assert await second.next_due() == moment(clock.seconds - 60)

    await send_all(senders, first, "b")
    assert await second.next_due() == moment(clock.seconds + 60)


async def test_every_gate_of_a_relay_counts(senders, readers, clock) -> None:
    ledger = await senders.open(pacing=Pacing({"a": (Allowance(2, 1), Allowance(5, 60))}))
    sent = []
    for _ in range(6):
        sent.append(len(await send_all(senders, ledger, "a")))
        clock.seconds += 1

    assert sent == [2, 2, 1, 0, 0, 0]


async def test_a_full_relay_is_full_after_a_restart(senders, readers) -> None:
    pacing = Pacing({"a": (MINUTE,)})
    first = await senders.open(pacing=pacing)
    await send_all(senders, first, "a")
    await senders.crash(first)
    second = await senders.open(pacing=pacing)

    assert await send_all(senders, second, "a") == []


async def test_what_was_let_go_counts_whatever_becomes_of_it_and_what_was_refused_does_not(senders, readers) -> None:
    ledger = await senders.open(pacing=Pacing({"a": (MINUTE,)}))
    for ending in (Ending.FAILED, Ending.DEFERRED):
        picked = await senders.let_go(ledger, "a")
        await ledger.ask(Outcome(picked, ending, 550), None, False, "a")
    assert readers.rows("SELECT count FROM rate") == [(2,)]

    picked = await senders.pick(ledger, "a")
    readers.do("UPDATE subscription SET state = 'left' WHERE id = ?", picked.subscription)
    assert (await ledger.ask(None, picked, False, "a")).refusal is Refusal.LEFT
    refused = await senders.pick(ledger, "a")
    await ledger.ask(Outcome(refused, Ending.FAILED, 550), None, False, "a")
    assert readers.rows("SELECT count FROM rate") == [(2,)]


async def test_a_place_is_kept_for_each_letter_that_is_picked_and_freed_when_it_does_not_go(senders, readers) -> None:
    ledger = await senders.open(pacing=Pacing({"a": (MINUTE,)}))
    picks = await senders.pick_all(ledger, "a")
    assert len(picks) == 3

    await ledger.ask(Outcome(picks[0], Ending.RETURNED), None, False, "a")
    assert len(await senders.pick_all(ledger, "a")) == 1


async def test_a_letter_whose_gate_is_full_by_the_time_it_would_go_waits(senders, readers) -> None:
    ledger = await senders.open(pacing=Pacing({"a": (Allowance(1, 60),), "b": ()}))
    first, second = await senders.pick(ledger, "b"), await senders.pick(ledger, "b")
    assert (await ledger.ask(None, first, False, "a")).allowed
    answer = await ledger.ask(None, second, False, "a")

    assert (answer.allowed, answer.refusal) == (False, Refusal.FULL)
    assert readers.delivery(second.id)["state"] == "queued"
    assert readers.rows("SELECT count FROM rate") == [(1,)]


async def test_counts_of_spans_that_are_over_are_cleared_away(senders, readers, clock) -> None:
    ledger = await senders.open(pacing=Pacing({"a": (Allowance(1, 60),)}))
    for _ in range(5):
        await send_all(senders, ledger, "a")
        clock.seconds += 60

    assert len(readers.rows("SELECT * FROM rate")) <= 2


# -- to a receiving domain


async def test_a_full_domain_is_left_alone_and_the_others_go_on(senders, readers, clock) -> None:
    readers.add_readers(5, domain="other.example", first=50)
    ledger = await senders.open(pacing=Pacing(domains={b"example.org": (MINUTE,)}))
    sent = await send_all(senders, ledger)

    assert Counter(address.partition("@")[2] for address in sent) == {"example.org": 3, "other.example": 5}
    assert readers.rows("SELECT * FROM domain_pace") == [], "it is no failure of theirs"
    assert await ledger.next_due() == moment(clock.seconds + 60)
    clock.seconds += 60
    assert len(await send_all(senders, ledger)) == 3


async def test_a_limit_for_every_other_domain_is_one_for_each_of_them(senders, readers) -> None:
    readers.add_readers(5, domain="other.example", first=50)
    ledger = await senders.open(pacing=Pacing(domains={b"example.org": ()}, other_domains=(MINUTE,)))

    assert len(await send_all(senders, ledger)) == 10 + 3


async def test_many_readers_of_one_domain_each_get_their_turn_and_are_put_off_once(senders, world, clock) -> None:
    world.add_edition()
    world.add_readers(200)
    ledger = await senders.open(pacing=Pacing(domains={b"example.org": (Allowance(10, 1),)}))
    await send_all(senders, ledger)
    turns = world.rows("SELECT next_at, count(*) FROM delivery WHERE state = 'queued' GROUP BY next_at ORDER BY next_at")

    assert turns == [(clock.seconds + 1 + span, 10) for span in range(19)]
    for _ in range(19):
        clock.seconds += 1
        assert len(await send_all(senders, ledger)) == 10


async def test_nobody_is_put_off_for_long_so_that_a_higher_pace_is_soon_felt(senders, world, clock) -> None:
    world.add_edition()
    world.add_readers(200)
    ledger = await senders.open(pacing=Pacing(domains={b"example.org": (Allowance(1, 60),)}))
    await send_all(senders, ledger)

    (last,) = world.rows("SELECT max(next_at) FROM delivery")[0]
    assert clock.seconds < last <= clock.seconds + 3660


# -- from a list


@pytest.fixture
def warming() -> Pacing:
    """The supporters' sender has a new domain: three letters on the first day, five on the second, then no limit."""
    return Pacing(warm_ups={"supporters": WarmUp("news.example", date(2022, 2, 28), (3, 5))})


async def test_a_new_domain_of_a_list_sends_so_many_a_day_and_more_the_next(senders, readers, warming, clock) -> None:
    midnight = int(datetime(2022, 3, 1, tzinfo=UTC).timestamp())
    ledger = await senders.open(pacing=warming)
    assert len(await send_all(senders, ledger)) == 3
    assert await ledger.next_due() == moment(midnight)
    assert await send_all(senders, ledger) == []

    clock.seconds = midnight
    assert len(await send_all(senders, ledger)) == 5
    clock.seconds = midnight + 86_400
    assert len(await send_all(senders, ledger)) == 2


async def test_a_warm_up_of_one_list_holds_up_no_other_and_no_single_letter(senders, readers, warming) -> None:
    readers.add_edition("for-press")
    readers.do("UPDATE edition SET list_id = 'press' WHERE id = 'for-press'")
    readers.add_readers(4, "for-press", first=20)
    readers.add_letters(2)
    ledger = await senders.open(pacing=warming)

    assert len(await send_all(senders, ledger)) == 3 + 4 + 2


async def test_quiet_hours_hold_back_a_digest_and_nothing_that_is_urgent(senders, readers, clock) -> None:
    until = int(datetime(2022, 2, 28, 20, tzinfo=UTC).timestamp())
    readers.add_edition("urgent", lane=0)
    readers.add_readers(2, "urgent", first=20)
    readers.add_letters(1)
    ledger = await senders.open(pacing=Pacing(quiet_hours={"supporters": Hours(16 * 60, 20 * 60)}))

    assert len(await send_all(senders, ledger)) == 3
    assert await ledger.next_due() == moment(until)
    clock.seconds = until
    assert len(await send_all(senders, ledger)) == 10


# -- all together


async def test_three_senders_together_let_no_more_pass_than_one_may(senders, world, clock) -> None:
    world.add_edition()
    world.add_readers(60, domain="a.example")
    world.add_readers(60, domain="b.example", first=100)
    pacing = Pacing({"relay": (Allowance(20, 60),)}, {b"a.example": (Allowance(7, 60),)})
    ledgers = [await senders.open(pacing=pacing) for _ in range(3)]
    began: Counter[bytes] = Counter()

    async def connect(ledger) -> None:
        outcome = going = None
        while True:
            answer = await ledger.ask(outcome, going, True, "relay")
            outcome = None
            if going is not None and answer.allowed:
                began[going.domain_key] += 1
                outcome = Outcome(going, Ending.SENT, 250)
            going = answer.next
            if going is None and outcome is None:
                return

    for _ in range(3):
        began.clear()
        for ledger in ledgers:
            ledger.expect(4)
        await asyncio.gather(*(connect(ledger) for ledger in ledgers for _ in range(4)))
        assert began.total() <= 20 and began[b"a.example"] <= 7
        assert began.total() > 10, "a place that is kept is used in the end"
        assert all(count <= 20 for (count,) in world.rows("SELECT count FROM rate WHERE name LIKE 'relay%'"))
        clock.seconds += 60
    assert set(world.counts()) == {"queued", "sent"}
