"""The SMTP transport: aiosmtplib makes every connection; the dialogue about a letter is driven command by command.

So it is always known how far a letter had come: MAIL, RCPT and DATA each have their answer before the body is written, and
only a line lost after that leaves a doubt. Commands wait 60 seconds for an answer, the body 600 (RFC 5321 section 4.5.3.2.6
asks for ten minutes: a client that goes sooner makes duplicates at slow filters).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import ssl
from dataclasses import dataclass

import aiosmtplib

from digest.delivery.relay import VARIABLE, Encryption, Relay
from digest.delivery.transport import Letter, Reply, Stage, UnreachableError
from digest.errors import DeliveryError

__all__ = ["SmtpSession", "SmtpTransport", "Timeouts", "stuff_dots"]

_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")
_LOST = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, ConnectionError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection or an answer to a command, for the answer to a body, for the answer to QUIT."""

    command: float = 60.0
    body: float = 600.0
    quit: float = 5.0


class SmtpTransport:
    """Opens sessions with one relay.

    Args:
        relay: where, and how protected.
        ehlo_name: what we call ourselves, a domain of the newsroom; never this machine's own name, which every reader of a
            mail's Received lines would see.
        timeouts: how long to wait for answers.

    Raises:
        DeliveryError: a certificate file of the relay's settings cannot be used.
    """

    def __init__(self, relay: Relay, *, ehlo_name: str = "localhost", timeouts: Timeouts | None = None) -> None:
        self.name = str(relay)
        self.relay = relay
        self._ehlo_name = ehlo_name
        self._timeouts = timeouts or Timeouts()
        self._context = None if relay.encryption is Encryption.NONE else _build_context(relay)

    async def open(self) -> SmtpSession:
        """Connect, protect the line and log in.

        Raises:
            UnreachableError: at whichever stage it failed.
        """
        opening = _Opening(self._client(), self.relay)
        try:
            await opening.run()
        except BaseException as error:
            opening.client.close()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise UnreachableError(opening.explain(error)) from error
        return SmtpSession(opening.client, self._timeouts)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.relay.host,
            port=self.relay.port,
            local_hostname=self._ehlo_name,
            timeout=self._timeouts.command,
            use_tls=self.relay.encryption is Encryption.TLS,
            start_tls=False,
            tls_context=self._context,
        )


class _Opening:
    """The way from nothing to a session, one stage after the other."""

    def __init__(self, client: aiosmtplib.SMTP, relay: Relay) -> None:
        self.client = client
        self._relay = relay
        self._stage = Stage.CONNECT

    async def run(self) -> None:
        await self.client.connect()
        self._stage = Stage.EHLO
        await self.client.ehlo()
        if self._relay.encryption is Encryption.STARTTLS:
            self._stage = Stage.TLS
            await self.client.starttls()
            self._stage = Stage.EHLO
            await self.client.ehlo()  # RFC 3207 section 4.2: what was said before TLS is forgotten
        if self._relay.user is not None and self._relay.password is not None:
            self._stage = Stage.AUTH
            await self.client.login(self._relay.user, self._relay.password)

    def explain(self, error: BaseException) -> Reply:
        """The reply that stands for an error; a programming fault is raised again."""
        tls = next((link for link in _chain(error) if isinstance(link, ssl.SSLError)), None)
        if tls is not None and not isinstance(tls, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return Reply(Stage.TLS, None, _describe_tls(tls))
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return Reply(self._stage, error.code if error.code >= 200 else None, error.message)
        if isinstance(error, OSError):  # aiosmtplib's own losses and timeouts are such too
            return Reply(Stage.CONNECT, None, _describe_loss(error))
        if isinstance(error, aiosmtplib.SMTPException):
            return Reply(self._stage, None, error.message)
        raise error


class SmtpSession:
    """One connection to a relay, after EHLO, TLS and AUTH; one letter after the other."""

    def __init__(self, client: aiosmtplib.SMTP, timeouts: Timeouts) -> None:
        self._client = client
        self._timeouts = timeouts
        self._size_limit = _size_limit(client)

    @property
    def usable(self) -> bool:
        """Whether the connection stands."""
        return self._client.is_connected

    async def send(self, letter: Letter) -> Reply:
        """One mail transaction (RFC 5321 section 3.3).

        Raises:
            DeliveryError: the relay says that it never takes a letter of this size.
        """
        unsendable = self._look_at(letter)
        if unsendable:
            return unsendable
        for stage, command in self._envelope(letter):
            reply = await self._command(stage, command)
            if reply.code is None or not _goes_on(reply):
                return await self._reset_after(reply)
        return await self._body(stuff_dots(letter.message))

    async def close(self) -> None:
        """QUIT, then close; what goes wrong here no longer matters."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            if self._client.is_connected:
                await asyncio.wait_for(self._client.quit(timeout=self._timeouts.quit), self._timeouts.quit)
        self._client.close()

    def abort(self) -> None:
        """Drop the line at once, with whatever is still unwritten."""
        abort = getattr(self._client.transport, "abort", None)  # uvloop's transports share no base class with asyncio's
        if abort is not None:
            abort()
        self._client.close()

    def _look_at(self, letter: Letter) -> Reply | None:
        if self._size_limit and len(letter.message) > self._size_limit:
            raise DeliveryError(
                "the relay",
                f"it takes letters of at most {self._size_limit:,} bytes, and this one has {len(letter.message):,}",
                "Shorten the edition, or raise the limit at the relay.",
            )
        for address in (letter.sender, letter.recipient):
            if _UNSAFE.search(address) or "@" not in address:
                return Reply(Stage.LETTER, None, "the address cannot be mailed")
        if not letter.recipient.isascii() and not self._client.supports_extension("smtputf8"):
            return Reply(Stage.LETTER, None, "the relay takes no addresses with letters beyond English ones (SMTPUTF8)")
        return None

    def _envelope(self, letter: Letter) -> tuple[tuple[Stage, bytes], ...]:
        options = [f"SIZE={len(letter.message)}"] if self._client.supports_extension("size") else []
        if not letter.message.isascii() and self._client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        if not letter.recipient.isascii():
            options.append("SMTPUTF8")
        mail = " ".join([f"MAIL FROM:<{letter.sender}>", *options])
        return (
            (Stage.MAIL, mail.encode()),
            (Stage.RCPT, f"RCPT TO:<{letter.recipient}>".encode()),
            (Stage.DATA, b"DATA"),
        )

    async def _command(self, stage: Stage, command: bytes) -> Reply:
        try:
            response = await self._client.execute_command(command)
        except _LOST as error:
            self.abort()
            return Reply(stage, None, _describe_loss(error))
        except aiosmtplib.SMTPResponseException as error:  # an answer that is none
            self.abort()
            return Reply(stage, None, error.message)
        return Reply(stage, response.code, response.message)

    async def _reset_after(self, reply: Reply) -> Reply:
        """Take the refused envelope back (RSET), so that the connection serves the next letter."""
        if self._client.is_connected and reply.code is not None and 400 <= reply.code < 600:
            answer = await self._command(reply.stage, b"RSET")
            if answer.code != 250:
                self.abort()
        else:
            self.abort()
        return reply

    async def _body(self, data: bytes) -> Reply:
        protocol = self._client.protocol
        try:
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("connection lost")
            protocol.write(data)
        except aiosmtplib.SMTPServerDisconnected as error:  # nothing was written, so nothing is in doubt
            self.abort()
            return Reply(Stage.DATA, None, _describe_loss(error))
        try:
            response = await protocol.read_response(timeout=self._timeouts.body)
        except (*_LOST, aiosmtplib.SMTPResponseException) as error:
            self.abort()
            return Reply(Stage.BODY, None, _describe_loss(error))
        if response.code == 421:
            self.abort()
        return Reply(Stage.BODY, response.code, response.message)


def stuff_dots(message: bytes) -> bytes:
    """The body as it travels (RFC 5321 section 4.5.2): dots at line starts doubled, the lone dot behind it.

    Compiled messages have no line that starts with a dot, so this costs one look.
    """
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    if message.startswith(b"."):
        message = b"." + message
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


def _goes_on(reply: Reply) -> bool:
    """Whether a command got the answer after which the next may follow (RFC 5321 section 4.3.2)."""
    if reply.stage is Stage.DATA:
        return reply.code == 354
    return reply.code is not None and 200 <= reply.code < 300


def _size_limit(client: aiosmtplib.SMTP) -> int:
    text = client.esmtp_extensions.get("size", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _build_context(relay: Relay) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=relay.authority_file)
        if relay.certificate_file:
            context.load_cert_chain(relay.certificate_file, relay.key_file)
    except (OSError, ssl.SSLError) as error:
        raise DeliveryError(
            VARIABLE, f"a certificate file cannot be used ({error.strerror or error})", "Mend ca=, cert= or key=."
        ) from error
    return context


def _chain(error: BaseException | None) -> list[BaseException]:
    links: list[BaseException] = []
    while error is not None and error not in links:
        links.append(error)
        error = error.__cause__ or error.__context__
    return links


def _describe_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return f"no secure line could be made: {(error.reason or str(error)).replace('_', ' ').lower()}"


def _describe_loss(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    for link in _chain(error):
        if isinstance(link, socket.gaierror):
            return "the name of the host is not known"
        if isinstance(link, OSError) and not isinstance(link, aiosmtplib.SMTPException):
            # asyncio puts its own words in place of the system's, and joins those of several addresses of a host.
            number = link.errno or next(map(int, re.findall(r"\[Errno (\d+)\]", str(link))), 0)
            return os.strerror(number) if number > 0 else "the connection was lost"
    return "the connection was lost"
