"""When an edition stops by itself: by the rules alone, and with a real relay that does harm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.breaker import AT_LEAST, LATEST, Breaker
from digest.delivery.pace import Rules
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.smtp import SmtpTransport, Timeouts
from digest.delivery.transitions import Ending
from digest.errors import Status
from digest.store.ledger import open_ledger

EDITION = "2026-w48-supporters"
SENT, FAILED, DEFERRED, UNKNOWN, RETURNED = (
    Ending.SENT, Ending.FAILED, Ending.DEFERRED, Ending.UNKNOWN, Ending.RETURNED
)  # fmt: skip

runs = st.lists(st.tuples(st.sampled_from([SENT, FAILED, DEFERRED, UNKNOWN, RETURNED]), st.integers(1, 90)), max_size=25)


def expand(run: Sequence[tuple[Ending, int]]) -> list[Ending]:
    return [ending for ending, number in run for _ in range(number)]


def note_all(breaker: Breaker, endings: Sequence[Ending], edition: str | None = EDITION) -> list[str | None]:
    return [breaker.note(edition, ending) for ending in endings]


@given(runs)
def test_an_edition_pauses_at_the_very_letter_that_makes_it_too_much(run: Sequence[tuple[Ending, int]]) -> None:
    breaker, counted = Breaker(), []
    for ending in expand(run):
        reason = breaker.note(EDITION, ending)
        if ending is not RETURNED:
            counted.append(ending)
        latest = counted[-200:]
        too_many_lost = counted.count(UNKNOWN) >= 20 and latest.count(UNKNOWN) > len(latest) / 100
        too_many_refused = latest.count(FAILED) >= 20 and latest.count(FAILED) > len(latest) / 10
        assert (reason is not None) == (ending in (UNKNOWN, FAILED) and (too_many_lost or too_many_refused))
        if reason is not None:
            counted.clear()


def test_twenty_refused_of_two_hundred_are_a_tenth_and_one_more_is_too_much() -> None:
    breaker = Breaker()

    assert not any(note_all(breaker, [SENT] * (LATEST - AT_LEAST) + [FAILED] * AT_LEAST))
    assert breaker.note(EDITION, FAILED)


def test_a_small_list_may_have_a_few_dead_addresses() -> None:
    assert not any(note_all(Breaker(), [FAILED] * (AT_LEAST - 1)))


def test_what_ended_long_ago_no_longer_counts_among_refusals() -> None:
    assert not any(note_all(Breaker(), ([FAILED] * 19 + [SENT] * 181) * 20))


def test_lost_answers_are_borne_when_they_are_rare() -> None:
    assert not any(note_all(Breaker(), ([UNKNOWN] + [SENT] * 99) * 50))


def test_lost_answers_that_come_often_pause_once_there_are_twenty() -> None:
    reasons = note_all(Breaker(), ([UNKNOWN] + [SENT] * 49) * 20)

    assert [number for number, reason in enumerate(reasons) if reason] == [19 * 50]


def test_after_a_pause_the_counting_begins_anew() -> None:
    breaker = Breaker()
    note_all(breaker, [FAILED] * AT_LEAST)

    assert not any(note_all(breaker, [FAILED] * (AT_LEAST - 1)))
    assert breaker.note(EDITION, FAILED)


def test_one_edition_does_not_answer_for_another() -> None:
    breaker = Breaker()

    for edition in ("first", "second"):
        assert not any(note_all(breaker, [FAILED] * (AT_LEAST - 1), edition))
    assert breaker.note("first", FAILED)
    assert breaker.note("second", SENT) is None and breaker.note("third", FAILED) is None


@pytest.mark.parametrize("ending", list(Ending))
def test_single_letters_are_counted_nowhere(ending: Ending) -> None:
    breaker = Breaker()

    assert not any(note_all(breaker, [ending] * 500, None))
    assert breaker.note(EDITION, FAILED) is None


@given(st.integers(1, 30))
def test_a_run_that_only_waits_or_returns_letters_never_pauses(number: int) -> None:
    assert not any(note_all(Breaker(), [DEFERRED, RETURNED] * 20 * number))


def test_the_reason_says_what_happened_in_figures_and_what_to_do() -> None:
    refused = note_all(Breaker(), [SENT] * 80 + [FAILED] * 20)[-1]
    lost = note_all(Breaker(), [SENT] * 60 + [UNKNOWN] * 20)[-1]

    assert refused and "20 of the last 100 letters" in refused
    assert f"digest deliveries failed {EDITION}" in refused and "digest send" not in refused, "whoever prints it says that"
    assert lost and "20 letters" in lost and "the last 80" in lost and "digest send" not in lost


# -- with a real relay


@pytest.fixture
def readers(world, worlds: ModuleType):  # type: ignore[no-untyped-def]
    """A hundred readers of an edition that is being sent."""
    world.add_edition()
    world.add_readers(100)
    return world


async def send(world, worlds: ModuleType, port: int, **options) -> Report:  # type: ignore[no-untyped-def]
    limits = Limits(connections=4, wait=timedelta(0), **options.pop("limits", {}))
    transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}"), timeouts=Timeouts(1, 1, 0.2))
    ledger = open_ledger(world.file, Rules(retry_after=1), only=worlds.EDITION)
    try:
        return await Sender(ledger, transport, worlds.compose, limits, breaker=Breaker(), **options).run()
    finally:
        await ledger.close()


def assert_paused(world, report: Report, *words: str) -> None:  # type: ignore[no-untyped-def]
    assert report.status is Status.PAUSED
    assert world.rows("SELECT state, paused_by, paused_reason FROM edition") == [("paused", "self", report.reason)]
    for part in words:
        assert part in report.reason


@pytest.mark.anyio
async def test_a_line_that_loses_answers_pauses_the_edition_before_many_are_in_doubt(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def lose(moment):  # type: ignore[no-untyped-def]
        return fake.Act.ACCEPT_AND_DROP if moment.stage == "body" and moment.letters % 2 == 0 else None

    async with fake.ScriptedServer(lose) as server:
        report = await send(readers, worlds, server.port)
    doubted = readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0")[0][0]

    assert_paused(readers, report, "the line dropped before the answer to 2", "nobody knows whether they arrived")
    assert AT_LEAST <= doubted <= AT_LEAST + 4, "those that were in flight then may be lost too"
    assert set(server.recipients.values()) == {1}, "no second copy has left"


@pytest.mark.anyio
async def test_a_relay_that_refuses_reader_after_reader_pauses_the_edition_before_many_have_failed(  # type: ignore[no-untyped-def]
    readers, worlds, fake
) -> None:
    def refuse(moment):  # type: ignore[no-untyped-def]
        return "550 5.7.1 your domain is on a list" if moment.stage == "body" and moment.letters % 3 == 0 else None

    async with fake.ScriptedServer(refuse) as server:
        report = await send(readers, worlds, server.port)

    assert_paused(readers, report, "letters were refused for good", f"digest deliveries failed {worlds.EDITION}")
    assert AT_LEAST <= readers.counts()["failed"] <= AT_LEAST + 4
    assert readers.counts()["queued"] > 20


@pytest.mark.anyio
async def test_it_goes_on_after_somebody_has_looked(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def refuse(moment):  # type: ignore[no-untyped-def]
        return "550 5.7.1 your domain is on a list" if moment.stage == "rcpt" else None

    async with fake.ScriptedServer(refuse) as server:
        await send(readers, worlds, server.port)
        failed = readers.counts()["failed"]
        server.script = lambda _moment: None
        readers.do("UPDATE edition SET state = 'sending'")
        report = await send(readers, worlds, server.port)

    assert (report.status, readers.counts()) == (Status.FINISHED, {"failed": failed, "sent": 100 - failed})


@pytest.mark.anyio
async def test_a_relay_that_gives_no_answer_for_as_long_as_we_are_patient_pauses_the_edition(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    def close(moment):  # type: ignore[no-untyped-def]
        return "421 4.3.2 closing" if len(server.accepted) >= 10 and moment.stage in ("connect", "mail") else None

    async with fake.ScriptedServer(close) as server:
        report = await send(readers, worlds, server.port, limits={"patience": timedelta(seconds=1.5)})

    assert_paused(readers, report, f"the relay 127.0.0.1:{server.port} refuses", "421 4.3.2 closing")
    assert readers.counts()["queued"] + readers.counts()["sent"] == 100, "that fails nobody"


@pytest.mark.anyio
async def test_a_disk_that_is_nearly_full_pauses_the_edition_before_it_is(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    free = iter([10**12, 150 * 2**20])

    async with fake.ScriptedServer(lambda moment: 0.2 if moment.stage == "body" else None) as server:
        report = await send(readers, worlds, server.port, find_free=lambda: next(free, 0))

    assert_paused(readers, report, "only 150 MiB are free on the disk of var/")
    assert readers.counts() == {"queued": 100 - len(server.accepted), "sent": len(server.accepted)}


@pytest.mark.anyio
async def test_what_a_start_finds_in_doubt_after_a_crash_says_nothing_of_the_relay(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    readers.do("UPDATE delivery SET state = 'inflight', sender = 7, attempt_count = 1 WHERE id <= 60")
    async with fake.ScriptedServer() as server:
        report = await send(readers, worlds, server.port)

    assert (report.status, readers.counts()) == (Status.FINISHED, {"sent": 100})
    assert readers.rows("SELECT count(*) FROM delivery WHERE unknown_count = 1") == [(60,)]
    assert set(server.recipients.values()) == {1}
