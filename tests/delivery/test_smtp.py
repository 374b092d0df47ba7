"""The SMTP transport against a real server (aiosmtpd) and against a scripted one that does what real ones do at times."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from types import ModuleType, SimpleNamespace

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from digest.delivery.relay import parse_smtp_url
from digest.delivery.smtp import SmtpTransport, Timeouts, stuff_dots
from digest.delivery.transport import Letter, Reply, Stage, UnreachableError, send_letter
from digest.errors import DeliveryError

pytestmark = pytest.mark.anyio
QUICK = Timeouts(command=0.4, body=0.4, quit=0.2)
Letters = Callable[..., Letter]


def transport(port: int, scheme: str = "smtp", user: str = "", options: str = "") -> SmtpTransport:
    return SmtpTransport(parse_smtp_url(f"{scheme}://{user}127.0.0.1:{port}{options}"), timeouts=QUICK)


async def send_one(way: SmtpTransport, letter: Letter) -> tuple[Reply, bool]:
    """The reply to a letter, and whether the session would take another."""
    session = await way.open()
    reply = await send_letter(session, letter)
    usable = session.usable
    await session.close()
    return reply, usable


@contextlib.asynccontextmanager
async def real_server(**options: object) -> AsyncIterator[SimpleNamespace]:
    """aiosmtpd on this very loop; `received` holds what it took."""
    received: list[SimpleNamespace] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: SimpleNamespace) -> str:  # noqa: N802
            received.append(SimpleNamespace(to=envelope.rcpt_tos, sender=envelope.mail_from, content=envelope.content))
            return "250 2.0.0 taken"

    def serve() -> SMTP:
        return SMTP(Handler(), hostname="fake", **options)

    context = options.pop("wrap", None)
    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield SimpleNamespace(port=server.sockets[0].getsockname()[1], received=received)
    finally:
        server.close()
        await server.wait_closed()


def check_password(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    ok = getattr(data, "login", b"") == b"someone" and getattr(data, "password", b"") == b"se:cret"
    return AuthResult(success=ok, handled=ok)


async def test_a_real_server_gets_the_very_bytes_of_each_letter(letter: Letters) -> None:
    copies = [letter(f"reader-{n}@example.org", b".dots\r\n..more\r\n.\r\n\r\nend\r\n", n) for n in range(3)]
    async with real_server() as server:
        session = await transport(server.port).open()
        replies = [await send_letter(session, copy) for copy in copies]
        await session.close()

    assert replies == [Reply(Stage.BODY, 250, "2.0.0 taken")] * 3
    assert [got.content for got in server.received] == [copy.message for copy in copies]
    assert [got.to for got in server.received] == [[copy.recipient] for copy in copies]
    assert {got.sender for got in server.received} == {"news@lists.example.org"}


async def test_a_letter_goes_through_starttls_and_a_login(letter: Letters, certificate) -> None:  # type: ignore[no-untyped-def]
    options = {
        "tls_context": certificate.server,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": check_password,
    }
    async with real_server(**options) as server:
        way = transport(server.port, "smtp+starttls", "someone:se%3Acret@", f"?ca={certificate.file}")
        reply, _ = await send_one(way, letter())

    assert (reply.code, len(server.received)) == (250, 1)


async def test_a_letter_goes_through_tls_from_the_first_byte(letter: Letters, certificate) -> None:  # type: ignore[no-untyped-def]
    async with real_server(wrap=certificate.server) as server:
        reply, _ = await send_one(transport(server.port, "smtps", options=f"?ca={certificate.file}"), letter())

    assert (reply.code, len(server.received)) == (250, 1)


async def test_a_wrong_password_is_known_as_one(certificate) -> None:  # type: ignore[no-untyped-def]
    options = {"tls_context": certificate.server, "auth_required": True, "authenticator": check_password}
    async with real_server(**options) as server:
        with pytest.raises(UnreachableError) as caught:
            await transport(server.port, "smtp+starttls", "someone:wrong@", f"?ca={certificate.file}").open()

    assert (caught.value.reply.stage, caught.value.reply.code) == (Stage.AUTH, 535)


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(fake: ModuleType, certificate, scheme: str) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(context=certificate.server, wrapped=scheme == "smtps") as server:
        with pytest.raises(UnreachableError) as caught:
            await transport(server.port, scheme).open()

    assert (caught.value.reply.stage, caught.value.reply.code) == (Stage.TLS, None)
    assert "not trusted" in caught.value.reply.text


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
async def test_a_certificate_for_another_host_is_refused(fake: ModuleType, wrong_certificate, scheme: str) -> None:  # type: ignore[no-untyped-def]
    async with fake.ScriptedServer(context=wrong_certificate.server, wrapped=scheme == "smtps") as server:
        with pytest.raises(UnreachableError) as caught:
            await transport(server.port, scheme, options=f"?ca={wrong_certificate.file}").open()

    assert caught.value.reply.stage is Stage.TLS


async def test_a_relay_that_no_longer_offers_starttls_gets_neither_letter_nor_password(fake: ModuleType) -> None:
    async with fake.ScriptedServer(extensions=["AUTH PLAIN LOGIN"]) as server:
        with pytest.raises(UnreachableError) as caught:
            await transport(server.port, "smtp+starttls", "someone:secret@").open()

    assert caught.value.reply.stage is Stage.TLS
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.commands)


async def test_a_login_that_the_relay_does_not_offer_is_our_fault_to_mend(fake: ModuleType) -> None:
    async with fake.ScriptedServer(extensions=["SIZE"]) as server:
        with pytest.raises(UnreachableError) as caught:
            await transport(server.port, user="someone:secret@").open()

    assert (caught.value.reply.stage, caught.value.reply.code) == (Stage.AUTH, None)


async def test_a_port_where_nothing_listens_is_named_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UnreachableError) as caught:
            await transport(taken.getsockname()[1]).open()

    assert caught.value.reply.stage is Stage.CONNECT
    assert (caught.value.reply.code, caught.value.reply.text) == (None, "Connection refused")


async def test_a_host_without_a_number_is_named_so() -> None:
    with pytest.raises(UnreachableError) as caught:
        await SmtpTransport(parse_smtp_url("smtps://no-such-host.invalid"), timeouts=Timeouts(command=10)).open()

    assert caught.value.reply.text == "the name of the host is not known"


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("connect", "421 4.3.2 too busy", (Stage.CONNECT, 421)),
        ("connect", "554 no service", (Stage.CONNECT, 554)),
        ("connect", "drop", (Stage.CONNECT, None)),
        ("connect", "hang", (Stage.CONNECT, None)),
        ("connect", "SSH-2.0-OpenSSH_9.9", (Stage.CONNECT, None)),
        ("ehlo", "550 5.7.1 no", (Stage.EHLO, 550)),
        ("ehlo", "drop", (Stage.CONNECT, None)),
        ("tls", "454 4.7.0 not now", (Stage.TLS, 454)),
        ("tls", "drop", (Stage.CONNECT, None)),
        ("auth", "454 4.7.0 not now", (Stage.AUTH, 454)),
        ("auth", "535 5.7.8 no", (Stage.AUTH, 535)),
    ],
)
async def test_every_stage_of_opening_can_refuse(  # type: ignore[no-untyped-def]
    fake: ModuleType, certificate, stage: str, answer: str, expected: tuple[Stage, int | None]
) -> None:
    acts = {"drop": fake.Act.DROP, "hang": fake.Act.HANG}

    def script(moment):  # type: ignore[no-untyped-def]
        return acts.get(answer, answer) if moment.stage == stage else None

    async with fake.ScriptedServer(script, extensions=["AUTH PLAIN"], context=certificate.server) as server:
        scheme = "smtp+starttls" if stage == "tls" else "smtp"
        with pytest.raises(UnreachableError) as caught:
            await transport(server.port, scheme, "someone:secret@", f"?ca={certificate.file}" * (stage == "tls")).open()

    assert (caught.value.reply.stage, caught.value.reply.code) == expected


@pytest.mark.parametrize(
    ("stage", "answer", "code", "usable"),
    [
        ("mail", "451 4.3.0 later", 451, True),
        ("mail", "550 5.7.1 no", 550, True),
        ("rcpt", "450 4.7.1 greylisted", 450, True),
        ("rcpt", "550 5.1.1 unknown", 550, True),
        ("data", "451 4.3.0 later", 451, True),
        ("data", "250 what?", 250, False),
        ("body", "451 4.3.0 later", 451, True),
        ("body", "554 5.7.1 spam", 554, True),
        ("mail", "421 4.4.2 idle", 421, False),
        ("rcpt", "421 4.7.0 closing", 421, False),
        ("data", "421 4.7.0 closing", 421, False),
        ("body", "421 4.7.0 closing", 421, False),
        ("mail", "gibberish", None, False),
        ("mail", "drop", None, False),
        ("rcpt", "drop", None, False),
        ("data", "drop", None, False),
        ("body", "drop", None, False),
        ("body", "accept and drop", None, False),
        ("body", "gibberish", None, False),
        ("mail", "hang", None, False),
        ("rcpt", "hang", None, False),
        ("data", "hang", None, False),
        ("body", "hang", None, False),
        ("data", "starve", None, False),
    ],
)
async def test_every_stage_of_a_letter_can_refuse_or_be_lost(
    fake: ModuleType, letter: Letters, stage: str, answer: str, code: int | None, usable: bool
) -> None:
    acts = {act.value: act for act in fake.Act}

    def script(moment):  # type: ignore[no-untyped-def]
        return acts.get(answer, answer) if moment.stage == stage else None

    async with fake.ScriptedServer(script) as server:
        reply, still = await send_one(transport(server.port), letter(message=b"x" * 70 + b"\r\n"))

    met = Stage.BODY if answer == "starve" else Stage(stage)
    assert (reply.stage, reply.code, still) == (met, code, usable)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "body"])
async def test_after_a_refusal_the_connection_serves_the_next_letter(fake: ModuleType, letter: Letters, stage: str) -> None:
    refused = iter([True])

    def script(moment):  # type: ignore[no-untyped-def]
        return "450 4.2.0 not this one" if moment.stage == stage and next(refused, False) else None

    async with fake.ScriptedServer(script) as server:
        session = await transport(server.port).open()
        first = await send_letter(session, letter("one@example.org", number=1))
        second = await send_letter(session, letter("two@example.org", number=2))
        await session.close()

    assert (first.code, second.code) == (450, 250)
    assert server.recipients == {"two@example.org": 1}
    assert (server.connection_count, server.quit_count) == (1, 1)


async def test_a_slow_answer_to_a_body_is_waited_for_longer_than_one_to_a_command(fake: ModuleType, letter: Letters) -> None:
    slow = Timeouts(command=0.1, body=2)
    async with fake.ScriptedServer(lambda moment: 0.4 if moment.stage == "body" else None) as server:
        way = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{server.port}"), timeouts=slow)
        reply, _ = await send_one(way, letter())

    assert reply.code == 250


async def test_a_server_that_is_gone_before_the_letter_leaves_no_doubt(fake: ModuleType, letter: Letters) -> None:
    async with fake.ScriptedServer() as server:
        session = await transport(server.port).open()
    for _ in range(20):
        await asyncio.sleep(0.01)
    reply = await send_letter(session, letter())
    await session.close()

    assert (reply.stage, reply.code) == (Stage.MAIL, None)
    assert not session.usable


async def test_the_size_is_told_and_a_limit_known_before_anything_is_said(fake: ModuleType, letter: Letters) -> None:
    async with fake.ScriptedServer(extensions=["SIZE 500"]) as server:
        session = await transport(server.port).open()
        reply = await send_letter(session, letter())
        with pytest.raises(DeliveryError, match="at most 500 bytes"):
            await send_letter(session, letter(message=b"x" * 600 + b"\r\n"))
        await session.close()

    assert reply.code == 250
    assert f"SIZE={len(letter().message)}" in next(line for line in server.commands if line.startswith("MAIL"))
    assert sum(line.startswith("MAIL") for line in server.commands) == 1


async def test_a_name_beyond_ascii_needs_a_relay_that_takes_it(fake: ModuleType, letter: Letters) -> None:
    wide = letter("олена@example.org", message="To: <олена@example.org>\r\n".encode())
    async with fake.ScriptedServer() as able, fake.ScriptedServer(extensions=[]) as unable:
        reply, _ = await send_one(transport(able.port), wide)
        refused, usable = await send_one(transport(unable.port), wide)

    assert reply.code == 250 and able.recipients == {"олена@example.org": 1}
    assert any(line.startswith("MAIL") and line.endswith("BODY=8BITMIME SMTPUTF8") for line in able.commands)
    assert refused.stage is Stage.LETTER and "SMTPUTF8" in refused.text and usable


async def test_plain_letters_ask_for_nothing_special(fake: ModuleType, letter: Letters) -> None:
    async with fake.ScriptedServer() as server:
        await send_one(transport(server.port), letter())

    assert "MAIL FROM:<news@lists.example.org>" in server.commands


@pytest.mark.parametrize(
    "address", ["a b@example.org", "a@example.org>\r\nDATA", "a@example.org> SIZE=1", "nobody", "a\0@b.org"]
)
async def test_an_address_that_could_smuggle_a_command_is_never_said(
    fake: ModuleType, letter: Letters, address: str
) -> None:
    async with fake.ScriptedServer() as server:
        reply, usable = await send_one(transport(server.port), letter(address))

    assert reply.stage is Stage.LETTER and usable
    assert [line for line in server.commands if line.startswith(("MAIL", "RCPT"))] == []


async def test_leaving_takes_no_longer_than_it_should(fake: ModuleType) -> None:
    async with fake.ScriptedServer() as server:
        session = await transport(server.port).open()
        server.script = lambda _moment: None
        session._dialogue._transport.pause_reading()  # type: ignore[union-attr]
        async with asyncio.timeout(2):
            await session.close()

    assert not session.usable


async def test_we_call_ourselves_by_a_public_name_never_by_this_machines(fake: ModuleType) -> None:
    async with fake.ScriptedServer() as server:
        way = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{server.port}"), ehlo_name="news.example.org")
        await (await way.open()).close()

    assert server.commands == ["EHLO news.example.org", "QUIT"]


async def test_a_certificate_file_that_is_not_there_is_a_plain_error() -> None:
    with pytest.raises(DeliveryError, match="certificate file"):
        SmtpTransport(parse_smtp_url("smtps://mail.example.org?ca=/no/such/file.pem"))


@pytest.mark.parametrize(
    ("message", "travels"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".a\r\n.\r\nb\r\n", b"..a\r\n..\r\nb\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
    ],
)
def test_dots_at_line_starts_are_doubled(message: bytes, travels: bytes) -> None:
    assert b"".join(stuff_dots(message)) == travels
