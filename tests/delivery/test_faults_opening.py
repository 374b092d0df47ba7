"""Every fault before the first letter: nothing is in flight then, so nobody is failed, doubted or even counted as tried."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
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
READERS = 6


@pytest.fixture
def readers(world, worlds: ModuleType):  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(READERS)
    return world


async def send(world, worlds: ModuleType, url: str) -> Report:  # type: ignore[no-untyped-def]
    ledger = open_ledger(world.file, Rules(retry_after=1), only=worlds.EDITION)
    transport = SmtpTransport(parse_smtp_url(url), timeouts=Timeouts(command=0.4, body=0.4, quit=0.2))
    limits = Limits(connections=3, wait=timedelta(seconds=3), patience=timedelta(seconds=2))
    try:
        return await Sender(ledger, transport, worlds.compose, limits).run()
    finally:
        await ledger.close()


def assert_untouched(world, report: Report, reason: str) -> None:  # type: ignore[no-untyped-def]
    """The edition paused itself with a reason in words; every reader is as before."""
    assert report.status is Status.PAUSED
    assert reason in report.reason
    assert world.rows("SELECT state, paused_by, paused_reason FROM edition") == [("paused", "self", report.reason)]
    rows = world.rows("SELECT state, unknown_count, attempt_count, code, sender, next_at FROM delivery")
    assert len(rows) == READERS and len(set(rows)) == 1
    assert rows[0][:5] == ("queued", 0, 0, None, None)


OPENING = [
    ("connect", "421 4.3.2 too busy", "refuses the connection: 421"),
    ("connect", "554 5.3.2 no service here", "refuses the connection: 554"),
    ("connect", "SSH-2.0-OpenSSH_9.9", "the relay"),
    ("connect", "drop", "cannot be reached"),
    ("connect", "reset", "cannot be reached"),
    ("connect", "garbage", "the relay"),
    ("connect", "hang", "no answer in time"),
    ("ehlo", "421 4.3.0 closing", "refuses the connection: 421"),
    ("ehlo", "550 5.7.1 go away", "refuses the connection: 550"),
    ("ehlo", "drop", "the relay"),
    ("ehlo", "reset", "the relay"),
    ("ehlo", "hang", "no answer in time"),
    ("auth", "535 5.7.8 wrong", "does not let us log in: 535"),
    ("auth", "534 5.7.9 too weak", "does not let us log in: 534"),
    ("auth", "454 4.7.0 not now", "does not let us log in: 454"),
    ("auth", "421 4.7.0 closing", "the relay"),
    ("auth", "drop", "the relay"),
    ("auth", "hang", "no answer in time"),
    ("tls", "454 4.7.0 not now", "no protected connection"),
    ("tls", "501 5.5.4 what", "no protected connection"),
    ("tls", "drop", "the relay"),
    ("tls", "garbage", "no protected connection"),
    ("tls", "hang", "no answer in time"),
]


@pytest.mark.parametrize(("stage", "answer", "reason"), OPENING, ids=lambda value: str(value)[:30])
async def test_a_relay_that_cannot_be_opened_pauses_and_touches_nobody(  # type: ignore[no-untyped-def]
    stage: str, answer: str, reason: str, readers, worlds, fake, certificate
) -> None:
    acts = {act.value: act for act in fake.Act}
    scheme = "smtp+starttls" if stage == "tls" else "smtp"
    options = f"?ca={certificate.file}" if stage == "tls" else ""

    def script(moment):  # type: ignore[no-untyped-def]
        return acts.get(answer, answer) if moment.stage == stage else None

    async with fake.ScriptedServer(script, extensions=["AUTH PLAIN"], context=certificate.server) as server:
        report = await send(readers, worlds, f"{scheme}://someone:secret@127.0.0.1:{server.port}{options}")
        assert_untouched(readers, report, reason)
        assert not any(line.startswith(("MAIL", "RCPT", "DATA")) for line in server.commands)

        server.script = lambda _moment: None
        readers.do("UPDATE edition SET state = 'sending'")
        again = await send(readers, worlds, f"{scheme}://someone:secret@127.0.0.1:{server.port}{options}")

    assert (again.status, readers.counts()) == (Status.FINISHED, {"sent": READERS})
    assert set(server.recipients.values()) == {1}


async def test_a_relay_that_is_not_asked_for_protection_and_offers_none_gets_no_password(  # type: ignore[no-untyped-def]
    readers, worlds, fake
) -> None:
    """STARTTLS stripped by somebody on the way: the offer is missing, and nothing more is said."""
    async with fake.ScriptedServer(extensions=["AUTH PLAIN LOGIN"]) as server:
        report = await send(readers, worlds, f"smtp+starttls://someone:secret@127.0.0.1:{server.port}")

    assert_untouched(readers, report, "no protected connection")
    assert {line.split()[0] for line in server.commands} <= {"EHLO", "QUIT"}


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
async def test_a_certificate_for_another_host_is_refused(  # type: ignore[no-untyped-def]
    scheme: str, readers, worlds, fake, wrong_certificate
) -> None:
    context = wrong_certificate.server
    async with fake.ScriptedServer(context=context, wrapped=scheme == "smtps") as server:
        report = await send(readers, worlds, f"{scheme}://127.0.0.1:{server.port}?ca={wrong_certificate.file}")

    assert_untouched(readers, report, "certificate is not trusted")


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
async def test_a_certificate_of_nobody_we_know_is_refused(  # type: ignore[no-untyped-def]
    scheme: str, readers, worlds, fake, certificate
) -> None:
    async with fake.ScriptedServer(context=certificate.server, wrapped=scheme == "smtps") as server:
        report = await send(readers, worlds, f"{scheme}://127.0.0.1:{server.port}")

    assert_untouched(readers, report, "certificate is not trusted")


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
async def test_a_certificate_that_has_expired_is_refused(  # type: ignore[no-untyped-def]
    scheme: str, readers, worlds, fake, make_certificate: Callable[..., object], tmp_path
) -> None:
    yesterday = dt.datetime.now(dt.UTC) - timedelta(hours=1)
    expired = make_certificate(tmp_path, "localhost", until=yesterday)
    async with fake.ScriptedServer(context=expired.server, wrapped=scheme == "smtps") as server:
        report = await send(readers, worlds, f"{scheme}://127.0.0.1:{server.port}?ca={expired.file}")

    assert_untouched(readers, report, "certificate has expired")


async def test_what_is_slipped_in_behind_the_answer_to_starttls_is_never_believed(  # type: ignore[no-untyped-def]
    readers, worlds, fake, certificate
) -> None:
    """Replies before the handshake could come from anybody (RFC 3207 section 6): they are no answers under TLS."""
    slipped = "220 go ahead\r\n250-fake\r\n250-PIPELINING\r\n250 SIZE 10"
    async with fake.ScriptedServer(lambda m: slipped if m.stage == "tls" else None, context=certificate.server) as server:
        report = await send(readers, worlds, f"smtp+starttls://127.0.0.1:{server.port}?ca={certificate.file}")

    assert report.status in (Status.PAUSED, Status.FINISHED)
    assert "10 bytes" not in report.reason, "a limit that was slipped in was believed"
    assert len(server.accepted) in (0, READERS)
    assert readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0 OR state = 'failed'") == [(0,)]


async def test_a_password_that_stops_working_in_mid_run_pauses_and_fails_nobody(readers, worlds, fake) -> None:  # type: ignore[no-untyped-def]
    """The relay closes after two letters, and lets nobody in again."""
    logins = itertools.count()

    def script(moment):  # type: ignore[no-untyped-def]
        return "535 5.7.8 locked out" if moment.stage == "auth" and next(logins) > 1 else None

    async with fake.ScriptedServer(script, extensions=["AUTH PLAIN"], letters=1) as server:
        report = await send(readers, worlds, f"smtp://someone:secret@127.0.0.1:{server.port}")

    counts = readers.counts()
    assert report.status is Status.PAUSED and "does not let us log in: 535" in report.reason
    assert counts == {"sent": len(server.accepted), "queued": READERS - len(server.accepted)}
    assert 1 <= len(server.accepted) < READERS
    assert readers.rows("SELECT count(*) FROM delivery WHERE unknown_count > 0") == [(0,)]
