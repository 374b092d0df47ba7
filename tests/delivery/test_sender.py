"""The sender with a real ledger and a scripted relay: nobody missed, nobody mailed twice unknowingly, faults named."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from digest.delivery.ledger import Picked
from digest.delivery.outbox import OutboxTransport
from digest.delivery.pace import Rules
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.shift import Progress
from digest.delivery.smtp import SmtpTransport, Timeouts
from digest.delivery.transitions import State
from digest.delivery.transport import Letter, Transport
from digest.errors import DeliveryError, Status, StoreError, TemplateError
from digest.store.ledger import open_ledger

pytestmark = pytest.mark.anyio
RULES = Rules(retry_after=1, retry_for=3600)
SOON = Limits(connections=4, wait=timedelta(seconds=3))


def relay(port: int, options: str = "") -> SmtpTransport:
    url = parse_smtp_url(f"smtp://{options}127.0.0.1:{port}")
    return SmtpTransport(url, timeouts=Timeouts(command=1, body=1, quit=0.2))


async def send(  # type: ignore[no-untyped-def]
    world,
    worlds: ModuleType,
    transport: Transport,
    *,
    limits: Limits = SOON,
    rules: Rules = RULES,
    compose: Callable[[Picked], Letter] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    meanwhile: Callable[[Sender], None] | None = None,
) -> Report:
    ledger = open_ledger(world.file, rules, only=worlds.EDITION)
    sender = Sender(ledger, transport, compose or worlds.compose, limits, on_progress)
    if meanwhile is not None:
        asyncio.get_running_loop().call_later(0.05, meanwhile, sender)
    try:
        return await sender.run()
    finally:
        await ledger.close()


@pytest.fixture
def readers(world, worlds: ModuleType):  # type: ignore[no-untyped-def]
    """Twenty readers of an edition that is being sent."""
    world.add_edition()
    world.add_readers(20)
    return world


async def test_everybody_gets_one_letter_and_the_edition_is_finished(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    seen: list[int] = []
    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port), on_progress=lambda p: seen.append(p.rested_count))

    assert (report.status, readers.edition(), readers.counts()) == (Status.FINISHED, "finished", {"sent": 20})
    assert set(server.recipients.values()) == {1} and len(server.recipients) == 20
    assert seen == sorted(seen) and seen[-1] == 20
    assert server.quit_count == server.connection_count


async def test_a_second_run_sends_nobody_a_second_copy_and_does_not_even_connect(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer() as server:
        await send(readers, worlds, relay(server.port))
        connections = server.connection_count
        report = await send(readers, worlds, relay(server.port))

    assert report.status is Status.FINISHED
    assert (len(server.accepted), server.connection_count) == (20, connections)


async def test_there_are_never_more_connections_than_letters_to_send(world, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(3)
    async with fake.ScriptedServer(lambda moment: 0.1 if moment.stage == "body" else None) as server:
        await send(world, worlds, relay(server.port), limits=Limits(connections=20))

    assert server.most_open <= 3
    assert world.counts() == {"sent": 3}


async def test_several_connections_send_at_once(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(lambda moment: 0.05 if moment.stage == "body" else None) as server:
        await send(readers, worlds, relay(server.port))

    assert server.most_open == 4


async def test_greylisted_readers_are_tried_again_and_hold_up_nobody(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def grey(moment):  # type: ignore[no-untyped-def]
        return "451 4.7.1 greylisted" if moment.stage == "rcpt" and moment.tries == 1 else None

    async with fake.ScriptedServer(grey) as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert set(server.recipients.values()) == {1}
    assert set(server.tries.values()) == {2}
    assert report.progress.waiting_count == 20


async def test_readers_to_be_tried_later_than_the_wait_are_left_for_the_next_run(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(lambda m: "450 4.2.1 busy" if m.stage == "rcpt" else None) as server:
        report = await send(readers, worlds, relay(server.port), rules=Rules(retry_after=60))

    assert report.status is Status.WAITING
    assert (readers.edition(), readers.counts()) == ("sending", {"queued": 20})
    assert report.next_at is not None


async def test_a_reader_refused_for_good_is_failed_with_the_code_and_no_address(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        refused = moment.stage == "rcpt" and moment.recipient.startswith("reader-7@")
        return f"550 5.1.1 <{moment.recipient}>: no such user" if refused else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    row = readers.delivery(7)
    assert (report.status, readers.counts()) == (Status.FINISHED, {"failed": 1, "sent": 19})
    assert (row["code"], row["reply"]) == (550, "5.1.1 <address>: no such user")


async def test_a_relay_that_closes_after_a_few_letters_is_called_again_without_a_pause(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        return "421 4.7.0 enough for now" if moment.stage == "mail" and moment.letters == 3 else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert set(server.recipients.values()) == {1}
    assert server.connection_count > 4


async def test_a_relay_that_takes_few_connections_gets_few(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "connect" and server.open_count > 2:
            return "421 4.7.0 too many connections"
        return 0.02 if moment.stage == "body" else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})


async def test_a_lost_answer_is_followed_by_one_identical_copy_and_marked(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    lost: set[str] = set()

    def script(moment):  # type: ignore[no-untyped-def]
        answers = {"reader-3@example.org": fake.Act.ACCEPT_AND_DROP, "reader-4@example.org": fake.Act.DROP}
        if moment.stage != "body" or moment.recipient in lost:
            return None
        lost.add(moment.recipient)
        return answers.get(moment.recipient)

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    copies = [letter for letter in server.accepted if letter.recipient == "reader-3@example.org"]
    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert len(copies) == 2 and copies[0] == copies[1]
    assert server.recipients["reader-4@example.org"] == 1
    assert readers.rows("SELECT id FROM delivery WHERE unknown_count > 0 ORDER BY id") == [(3,), (4,)]


async def test_a_reader_whose_answer_is_lost_twice_is_held_for_staff(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        eater = moment.stage == "body" and moment.recipient == "reader-5@example.org"
        return fake.Act.ACCEPT_AND_DROP if eater else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.edition()) == (Status.HELD, "finished")
    assert readers.counts() == {"held": 1, "sent": 19}
    assert server.recipients["reader-5@example.org"] == 2


async def test_with_hold_a_lost_answer_is_never_followed_by_another_copy(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        return fake.Act.ACCEPT_AND_DROP if moment.stage == "body" and moment.recipient.startswith("reader-5@") else None

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port), rules=Rules(1, 3600, max_unknown=0))

    assert (report.status, set(server.recipients.values())) == (Status.HELD, {1})


async def test_a_relay_that_is_down_pauses_at_once_and_the_next_run_goes_on(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        began = time.monotonic()
        report = await send(readers, worlds, relay(taken.getsockname()[1]))

    assert report.status is Status.PAUSED and time.monotonic() - began < 2
    assert "cannot be reached: Connection refused" in report.reason
    assert readers.counts() == {"queued": 20}
    assert readers.rows("SELECT state, paused_by, paused_reason FROM edition") == [("paused", "self", report.reason)]


async def test_a_wrong_password_pauses_and_fails_nobody(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    script = {"auth": "535 5.7.8 wrong"}
    async with fake.ScriptedServer(lambda moment: script.get(moment.stage), extensions=["AUTH PLAIN"]) as server:
        report = await send(readers, worlds, relay(server.port, "someone:secret@"))

    assert (report.status, readers.counts()) == (Status.PAUSED, {"queued": 20})
    assert "does not let us log in: 535 5.7.8 wrong" in report.reason
    assert server.connection_count == 1


@pytest.mark.parametrize(
    ("stage", "answer"),
    [("mail", "550 5.7.1 sender rejected"), ("rcpt", "554 5.7.1 Relay access denied"), ("body", "530 5.7.0 log in first")],
)
async def test_a_relay_that_refuses_us_pauses_and_fails_nobody(readers, worlds, fake, stage, answer) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(lambda moment: answer if moment.stage == stage else None) as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts()) == (Status.PAUSED, {"queued": 20})
    assert answer[:3] in report.reason
    assert set(readers.rows("SELECT unknown_count, attempt_count FROM delivery")) == {(0, 0)}


async def test_a_relay_that_dies_in_mid_run_is_waited_for(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def dying(moment):  # type: ignore[no-untyped-def]
        if len(first.accepted) >= 8:
            first._server.close()
            return fake.Act.DROP
        return None

    async with fake.ScriptedServer(dying) as first:
        task = asyncio.create_task(send(readers, worlds, relay(first.port), limits=SOON))
        await asyncio.sleep(0.5)
        assert not task.done()
    async with fake.ScriptedServer(port=first.port) as second:
        report = await asyncio.wait_for(task, 20)

    everybody = first.recipients + second.recipients
    doubted = readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0")[0][0]
    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert len(everybody) == 20 and sum(everybody.values()) <= 20 + doubted


async def test_a_relay_that_stays_away_pauses_when_patience_ends(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def dying(moment):  # type: ignore[no-untyped-def]
        return fake.Act.DROP if len(server.accepted) >= 8 else None

    limits = Limits(connections=4, wait=timedelta(seconds=3), patience=timedelta(seconds=1))
    async with fake.ScriptedServer(dying) as server:
        report = await asyncio.wait_for(send(readers, worlds, relay(server.port), limits=limits), 20)

    assert report.status is Status.PAUSED
    assert readers.counts()["sent"] >= 8
    assert sum(readers.counts().values()) == 20
    assert readers.edition() == "paused"


async def test_a_pause_by_staff_takes_effect_before_the_next_body(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    after: list[int] = []

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "body" and len(server.accepted) == 5:
            readers.do("UPDATE edition SET state = 'paused', paused_by = 'staff'")
            after.append(len(server.accepted) + server.open_count)
        return

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    assert report.status is Status.PAUSED
    assert len(server.accepted) <= after[0]
    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}


async def test_a_cancel_ends_the_run_and_loses_count_of_nobody(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "body" and len(server.accepted) == 5:
            readers.do("UPDATE edition SET state = 'cancelled'")
            readers.do("UPDATE delivery SET state = 'cancelled', sender = NULL WHERE state IN ('queued', 'picked')")
        return

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    assert report.status is Status.REFUSED
    assert readers.counts() == {"sent": len(server.accepted), "cancelled": 20 - len(server.accepted)}


async def test_a_reader_who_leaves_in_mid_run_gets_nothing_more(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "body" and moment.letters == 1 and len(server.accepted) == 0:
            readers.do("UPDATE subscription SET state = 'left', epoch = 2 WHERE id = 20")
        return

    async with fake.ScriptedServer(script) as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 19, "suppressed": 1})
    assert "reader-20@example.org" not in server.recipients


async def test_an_edition_changed_after_its_freeze_is_not_sent(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    readers.do("UPDATE edition SET approved_hash = 'another'")
    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts(), server.accepted) == (Status.PAUSED, {"queued": 20}, [])
    assert "approve the edition anew" in report.reason


async def test_a_copy_that_cannot_be_made_pauses_the_edition_with_the_reason(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def compose(picked: Picked) -> Letter:
        if picked.id == 9:
            raise TemplateError("variant m", "its file is gone", "Restore var/variants from a backup.")
        return worlds.compose(picked)  # type: ignore[no-any-return]

    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port), compose=compose)

    assert report.status is Status.PAUSED and "its file is gone" in report.reason
    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}


async def test_one_copy_that_cannot_be_made_does_not_stop_the_others_for_ever(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def compose(picked: Picked) -> Letter:
        if picked.id == 1:
            raise TemplateError("delivery 1", "its address cannot be unsealed")
        return worlds.compose(picked)  # type: ignore[no-any-return]

    async with fake.ScriptedServer() as server:
        for _ in range(5):
            readers.do("UPDATE edition SET state = 'sending'")
            await send(readers, worlds, relay(server.port), compose=compose)

    assert readers.counts() == {"sent": 19, "queued": 1}


async def test_a_fault_in_the_program_is_raised_and_loses_nothing(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def compose(picked: Picked) -> Letter:
        if picked.id == 9:
            raise ZeroDivisionError
        return worlds.compose(picked)  # type: ignore[no-any-return]

    async with fake.ScriptedServer() as server:
        with pytest.raises(ZeroDivisionError):
            await send(readers, worlds, relay(server.port), compose=compose)

    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}


THREADED = Limits(connections=4, wait=timedelta(seconds=3), threads=2)


async def test_copies_can_be_made_in_threads_while_others_leave(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    makers = set()

    def compose(picked: Picked) -> Letter:
        makers.add(threading.current_thread())
        time.sleep(0.002)
        return worlds.compose(picked)  # type: ignore[no-any-return]

    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port), compose=compose, limits=THREADED)

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert set(server.ids.values()) == {1}
    assert len(makers) == 2 and threading.main_thread() not in makers
    assert not any(maker.is_alive() for maker in makers)


async def test_a_copy_that_cannot_be_made_in_a_thread_pauses_too(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def compose(picked: Picked) -> Letter:
        if picked.id == 9:
            raise TemplateError("variant m", "its file is gone", "Restore var/variants from a backup.")
        return worlds.compose(picked)  # type: ignore[no-any-return]

    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port), compose=compose, limits=THREADED)

    assert report.status is Status.PAUSED and "its file is gone" in report.reason
    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}


async def test_a_fault_in_a_thread_is_raised_and_loses_nothing(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def compose(picked: Picked) -> Letter:
        if picked.id == 9:
            raise ZeroDivisionError
        return worlds.compose(picked)  # type: ignore[no-any-return]

    async with fake.ScriptedServer() as server:
        with pytest.raises(ZeroDivisionError):
            await send(readers, worlds, relay(server.port), compose=compose, limits=THREADED)

    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}


@pytest.mark.parametrize("stops", [1, 2])
async def test_a_stop_while_copies_are_made_sends_none_of_them(stops: int, readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    """The second signal leaves at once; what was picked goes back into the queue at the next start at the latest."""
    begun = threading.Event()

    def compose(picked: Picked) -> Letter:
        begun.set()
        time.sleep(0.3)
        return worlds.compose(picked)  # type: ignore[no-any-return]

    def stop(sender: Sender) -> None:
        if not begun.is_set():
            asyncio.get_running_loop().call_later(0.01, stop, sender)
            return
        for _ in range(stops):
            sender.stop()

    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port), compose=compose, limits=THREADED, meanwhile=stop)
        assert server.accepted == []
        assert report.status is Status.WAITING
        await send(readers, worlds, relay(server.port), limits=THREADED)

    assert readers.counts() == {"sent": 20}
    assert set(server.ids.values()) == {1}


async def test_a_full_disk_sends_nothing_that_the_ledger_does_not_know(readers, worlds, fake, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("digest.delivery.connection._WRITE_TRIES", 1)
    ledger = open_ledger(readers.file, RULES, only=worlds.EDITION)
    full = (
        "CREATE TEMP TRIGGER full BEFORE UPDATE ON main.delivery BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
    )
    letters = itertools.count()
    filling: list[asyncio.Task[object]] = []

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "body" and next(letters) == 5:
            filling.append(asyncio.ensure_future(ledger._do(lambda: ledger._connection.execute(full))))
        return

    async with fake.ScriptedServer(script) as server:
        with pytest.raises(StoreError, match="Free some space"):
            await Sender(ledger, relay(server.port), worlds.compose, SOON).run()
        taken = len(server.accepted)
        with pytest.raises(StoreError):
            await ledger.close()
    written = readers.counts()
    await (await asyncio.to_thread(open_ledger, readers.file, RULES, only=worlds.EDITION)).close()

    assert readers.edition() == "paused"
    assert written["sent"] <= taken <= written["sent"] + written["inflight"] < 20
    assert readers.counts() == {"sent": written["sent"], "queued": 20 - written["sent"]}
    assert readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0") == [(written["inflight"],)]


async def test_a_disk_that_is_full_for_a_moment_leaves_no_doubt(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    ledger = open_ledger(readers.file, RULES, only=worlds.EDITION)
    full = "CREATE TEMP TRIGGER full BEFORE UPDATE ON main.delivery BEGIN SELECT raise(ABORT, 'disk I/O error'); END"
    letters = itertools.count()
    waiting: list[asyncio.Future[object]] = []

    async def fill() -> None:
        await ledger._do(lambda: ledger._connection.execute(full))
        await asyncio.sleep(0.5)
        await ledger._do(lambda: ledger._connection.execute("DROP TRIGGER full"))

    def script(moment):  # type: ignore[no-untyped-def]
        if moment.stage == "body" and next(letters) == 5:
            waiting.append(asyncio.ensure_future(fill()))
        return

    async with fake.ScriptedServer(script) as server:
        with pytest.raises(StoreError):
            await Sender(ledger, relay(server.port), worlds.compose, SOON).run()
        await ledger.close()

    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}
    assert readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0") == [(0,)]


async def test_a_signal_lets_letters_in_flight_end_and_puts_the_rest_back(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(lambda moment: 0.3 if moment.stage == "body" else None) as server:
        report = await send(readers, worlds, relay(server.port), meanwhile=lambda sender: sender.stop())

    assert report.status is Status.WAITING
    assert 1 <= len(server.accepted) <= 8  # those in flight, and those that the relay waited for already
    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}
    assert server.quit_count == server.connection_count
    assert readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0") == [(0,)]


async def test_a_real_sigterm_stops_the_same_way(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    ledger = open_ledger(readers.file, RULES, only=worlds.EDITION)
    async with fake.ScriptedServer(lambda moment: 0.3 if moment.stage == "body" else None) as server:
        sender = Sender(ledger, relay(server.port), worlds.compose, SOON)
        with sender.signals():
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
            report = await sender.run()
    await ledger.close()

    assert report.status is Status.WAITING
    assert readers.counts() == {"sent": len(server.accepted), "queued": 20 - len(server.accepted)}


async def test_a_second_signal_leaves_at_once_and_the_next_start_marks_the_doubt(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def twice(sender: Sender) -> None:
        sender.stop()
        asyncio.get_running_loop().call_later(0.1, sender.stop)

    began = time.monotonic()
    async with fake.ScriptedServer(lambda moment: 5 if moment.stage == "body" else None) as server:
        server_port = server.port
        way = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{server_port}"))
        report = await send(readers, worlds, way, meanwhile=twice)
    assert time.monotonic() - began < 3
    assert report.status is Status.WAITING
    in_flight = readers.counts()["inflight"]

    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert readers.rows("SELECT count(*) FROM delivery WHERE unknown_count = 1") == [(in_flight,)]


async def test_a_run_that_is_dropped_by_its_caller_leaves_no_task_behind(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    before = asyncio.all_tasks()
    async with fake.ScriptedServer(lambda moment: 5 if moment.stage == "body" else None) as server:
        task = asyncio.create_task(send(readers, worlds, relay(server.port)))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert asyncio.all_tasks() == before
    assert "picked" not in readers.counts()


async def send_all(world, worlds, transport) -> Report:  # type: ignore[no-untyped-def]
    ledger = open_ledger(world.file, RULES)
    try:
        return await Sender(ledger, transport, worlds.compose, SOON).run()
    finally:
        await ledger.close()


async def test_single_letters_go_the_same_way(world, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    world.add_readers(3, None)
    async with fake.ScriptedServer() as server:
        report = await send_all(world, worlds, relay(server.port))

    assert (report.status, len(server.accepted)) == (Status.FINISHED, 3)
    assert world.rows("SELECT DISTINCT state FROM delivery") == [("sent",)]


async def test_a_relay_that_refuses_a_single_letter_ends_the_run_and_the_letter_waits(world, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    world.add_readers(3, None)
    async with fake.ScriptedServer(lambda moment: "550 5.7.1 no" if moment.stage == "mail" else None) as server:
        report = await asyncio.wait_for(send_all(world, worlds, relay(server.port)), 10)

    assert report.status is Status.PAUSED
    assert world.rows("SELECT DISTINCT state FROM delivery") == [("queued",)]


async def test_a_single_letter_that_cannot_be_made_fails_alone(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def compose(picked: Picked) -> Letter:
        if picked.edition is None:
            raise TemplateError("letter", "its text is gone")
        return worlds.compose(picked)  # type: ignore[no-any-return]

    readers.add_readers(1, None)
    ledger = open_ledger(readers.file, RULES)
    async with fake.ScriptedServer() as server:
        report = await Sender(ledger, relay(server.port), compose, SOON).run()
    await ledger.close()

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert readers.rows("SELECT state, reply FROM delivery WHERE subject = 'letter'") == [("failed", "its text is gone")]


async def test_counts_that_do_not_add_up_are_never_called_finished(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    readers.do("UPDATE edition SET audience_count = 21")
    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, relay(server.port))

    assert report.status is Status.PAUSED
    assert "20 deliveries for 21 readers" in report.reason


async def test_the_outbox_is_a_way_like_any_other(readers, worlds, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    report = await send(readers, worlds, OutboxTransport(tmp_path / "outbox"))

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 20})
    assert len(list((tmp_path / "outbox" / "new").iterdir())) == 20


async def test_an_outbox_that_cannot_be_written_pauses_and_doubts_nothing(readers, worlds, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    class Breaking(OutboxTransport):
        async def open(self):  # type: ignore[no-untyped-def]
            session = await super().open()
            (tmp_path / "tmp").rmdir()
            return session

    report = await send(readers, worlds, Breaking(tmp_path))

    assert report.status is Status.PAUSED
    assert set(readers.rows("SELECT state, unknown_count FROM delivery")) == {("queued", 0)}


async def test_an_outbox_that_cannot_be_made_pauses(readers, worlds, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "outbox").write_text("a file")

    report = await send(readers, worlds, OutboxTransport(tmp_path / "outbox"))

    assert report.status is Status.PAUSED and "cannot be kept there" in report.reason


async def test_a_letter_too_big_for_the_relay_pauses_and_fails_nobody(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(extensions=["SIZE 10"]) as server:
        report = await send(readers, worlds, relay(server.port))

    assert (report.status, readers.counts()) == (Status.PAUSED, {"queued": 20})
    assert "at most 10 bytes" in report.reason


async def test_two_senders_share_the_work_and_nobody_gets_two(world, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(100)
    async with fake.ScriptedServer(lambda moment: 0.005 if moment.stage == "body" else None) as server:
        reports = await asyncio.gather(*(send(world, worlds, relay(server.port)) for _ in range(2)))

    assert {report.status for report in reports} == {Status.FINISHED}
    assert world.counts() == {"sent": 100}
    assert set(server.recipients.values()) == {1}
    assert all(report.progress.sent_count > 0 for report in reports)


async def test_a_domain_that_asks_for_less_slows_down_alone(world, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(30, domain="slow.example")
    world.add_readers(30, domain="fast.example", first=31)

    def script(moment):  # type: ignore[no-untyped-def]
        slow = moment.stage == "rcpt" and moment.recipient.endswith("@slow.example") and time.monotonic() < until
        return "450 4.7.28 too many messages" if slow else None

    until = time.monotonic() + 0.5
    async with fake.ScriptedServer(script) as server:
        report = await send(world, worlds, relay(server.port))

    slow_tries = sum(count for address, count in server.tries.items() if address.endswith("@slow.example"))
    assert (report.status, world.counts()) == (Status.FINISHED, {"sent": 60})
    assert slow_tries <= 30 + 8
    assert world.rows("SELECT count(*) FROM domain_pace") == [(0,)]


async def test_states_at_rest_are_all_that_a_report_counts_as_done() -> None:
    progress = Progress()
    progress.counts.update([State.SENT, State.QUEUED, State.HELD])

    assert (progress.sent_count, progress.rested_count, progress.waiting_count) == (1, 2, 1)


async def test_a_broken_relay_setting_is_never_hidden_by_the_loop(readers, worlds) -> None:  # type: ignore[no-untyped-def]
    class Broken:
        name = "nowhere"

        async def open(self):  # type: ignore[no-untyped-def]
            raise DeliveryError("DIGEST_SMTP_URL", "it cannot be used", "Mend it.")

    report = await send(readers, worlds, Broken())

    assert (report.status, readers.counts()) == (Status.PAUSED, {"queued": 20})
