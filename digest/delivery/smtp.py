"""The SMTP transport: aiosmtplib makes every connection, `dialogue` leads the talk about letters.

It is always known how far a letter had come: MAIL, RCPT and DATA have their answers before the body is written, and only a
line lost after that leaves a doubt. Commands wait 60 seconds for an answer, the body 600 (RFC 5321 section 4.5.3.2.6
asks for ten minutes: a client that goes sooner makes duplicates at slow filters).
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import aiosmtplib

from digest.delivery.dialogue import Answer, Dialogue, take_over
from digest.delivery.relay import VARIABLE, Encryption, Relay
from digest.delivery.transport import Letter, Reply, Stage, UnreachableError
from digest.errors import DeliveryError

__all__ = ["SmtpSession", "SmtpTransport", "Timeouts", "stuff_dots"]

_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")
_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA)
_INVITATION = [250, 250, 354]
"""What nearly every relay answers to these; whatever else it may say is looked at more closely."""
_GO_ON = Reply(Stage.DATA, 354)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection or an answer to a command, for the answer to a body, for the answer to QUIT."""

    command: float = 60.0
    body: float = 600.0
    quit: float = 5.0


@dataclass(frozen=True, slots=True)
class Offers:
    """What a relay said after EHLO: the most octets of a letter (0: any), and which extensions it has."""

    size: int
    tells_size: bool
    pipelining: bool
    octets: bool
    utf8: bool

    @classmethod
    def of(cls, client: aiosmtplib.SMTP) -> Offers:
        """What the relay of a client offers (RFC 1870, 2920, 6152, 6531)."""
        has, size = client.supports_extension, client.esmtp_extensions.get("size", "")
        limit = int(size) if size.isascii() and size.isdigit() else 0
        return cls(limit, has("size"), has("pipelining"), has("8bitmime"), has("smtputf8"))


class SmtpTransport:
    """Opens sessions with one relay.

    Args:
        relay: where, and how protected.
        ehlo_name: what we call ourselves, a domain of the newsroom; never this machine's own name, which every reader of a
            mail's Received lines would see.
        timeouts: how long to wait for answers.
        most_letters: how many letters one session takes; 0 for any number.

    Raises:
        DeliveryError: a certificate file of the relay's settings cannot be used.
    """

    def __init__(
        self, relay: Relay, *, ehlo_name: str = "localhost", timeouts: Timeouts | None = None, most_letters: int = 0
    ) -> None:
        self.name = str(relay)
        self.relay = relay
        self._ehlo_name = ehlo_name
        self._timeouts = timeouts or Timeouts()
        self._most_letters = most_letters
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
        dialogue = take_over(opening.client)
        if dialogue is None:
            opening.client.close()
            raise UnreachableError(Reply(Stage.EHLO, None, "it says something that nobody asked for"))
        return SmtpSession(dialogue, Offers.of(opening.client), self.name, self._timeouts, self._most_letters)

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
            self._stage = Stage.EHLO
            await self.client.ehlo()  # what is offered may depend on who asks

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

    def __init__(self, dialogue: Dialogue, offers: Offers, relay: str, timeouts: Timeouts, most_letters: int = 0) -> None:
        self.relay = relay
        self._dialogue = dialogue
        self._offers = offers
        self._timeouts = timeouts
        self._left = most_letters or -1  # how many letters it may still take; below 0 any number
        self._is_open = False  # an envelope was accepted and its body is awaited

    @property
    def pipelines(self) -> bool:
        """Whether another envelope may leave together with the body of the letter that was announced."""
        return self._offers.pipelining and self._left != 0

    @property
    def usable(self) -> bool:
        """Whether the connection stands and may take another letter."""
        return not self._dialogue.loss and (self._left != 0 or self._is_open)

    async def announce(self, letter: Letter) -> Reply:
        """MAIL, RCPT and DATA (RFC 5321 section 3.3), in one write where the relay pipelines.

        Raises:
            DeliveryError: the relay says that it never takes a letter of this size.
        """
        if (objection := self._find_objection(letter)) is not None:
            if isinstance(objection, DeliveryError):
                raise objection
            return objection
        self._left -= 1
        commands = self._envelope(letter)
        if not self._offers.pipelining:
            return await self._announce_slowly(commands)
        await self._dialogue.drain(self._timeouts.command)
        self._dialogue.write(commands, len(_STAGES))
        return await self._read_envelope()

    async def deliver(self, letter: Letter, following: Letter | None = None) -> tuple[Reply, Reply | None]:
        """The body with its lone dot, and the next envelope behind it where the relay pipelines and has no objection."""
        parts = stuff_dots(letter.message) if letter.has_dots else [*letter.parts, b".\r\n"]
        joined = following is not None and self.pipelines and self._find_objection(following) is None
        if joined and following is not None:
            self._left -= 1
            parts += self._envelope(following)
        dialogue = self._dialogue
        if dialogue.is_full:
            await dialogue.drain(self._timeouts.body)
        if dialogue.loss:  # nothing was written, so nothing is in doubt
            return Reply(Stage.DATA, None, dialogue.loss), None
        self._is_open = False
        dialogue.write(parts, 4 if joined else 1)
        answers = await dialogue.read(1, self._timeouts.body)
        body = _reply(Stage.BODY, answers[0]) if answers else Reply(Stage.BODY, None, dialogue.loss)
        if not joined:
            return body, None
        return body, self._take_invitation() or await self._read_envelope()

    async def close(self) -> None:
        """QUIT, then close; what goes wrong here no longer matters."""
        dialogue = self._dialogue
        if self._is_open:
            dialogue.drop()
        if not dialogue.loss:
            dialogue.write([b"QUIT\r\n"], 1)
            await dialogue.read(1, self._timeouts.quit)
        dialogue.drop("closed")

    def abort(self) -> None:
        """Drop the line at once, with whatever is still unwritten."""
        self._dialogue.drop()

    def _find_objection(self, letter: Letter) -> Reply | DeliveryError | None:
        """Why a letter cannot go to this relay; an error if that is for people to mend."""
        limit = self._offers.size
        if limit and letter.size > limit:
            return DeliveryError(
                "the relay",
                f"it takes letters of at most {limit:,} bytes, and this one has {letter.size:,}",
                "Shorten the edition, or raise the limit at the relay.",
            )
        if _UNSAFE.search(letter.recipient) or "@" not in letter.recipient or not _is_safe(letter.sender):
            return Reply(Stage.LETTER, None, "the address cannot be mailed")
        if not self._offers.utf8 and not letter.recipient.isascii():
            return Reply(Stage.LETTER, None, "the relay takes no addresses with letters beyond English ones (SMTPUTF8)")
        return None

    def _envelope(self, letter: Letter) -> tuple[bytes, ...]:
        mail = f"MAIL FROM:<{letter.sender}>"
        if self._offers.tells_size:
            mail += f" SIZE={letter.size}"
        if not letter.recipient.isascii():  # else nothing of the letter has eight bits
            mail += " BODY=8BITMIME SMTPUTF8" if self._offers.octets else " SMTPUTF8"
        return f"{mail}\r\n".encode(), f"RCPT TO:<{letter.recipient}>\r\n".encode(), b"DATA\r\n"

    async def _announce_slowly(self, commands: Sequence[bytes]) -> Reply:
        """Each command after the answer to the one before it."""
        for stage, command in zip(_STAGES, commands, strict=True):
            self._dialogue.write([command], 1)
            answers = await self._dialogue.read(1, self._timeouts.command)
            if not answers:
                return Reply(stage, None, self._dialogue.loss)
            if not _goes_on(stage, answers[0]):
                return await self._reset_after(_reply(stage, answers[0]))
        self._is_open = True
        return _reply(stage, answers[0])

    def _take_invitation(self) -> Reply | None:
        """That a body may follow, if the answers to a whole envelope are there already and say so."""
        answers = self._dialogue.peek(len(_STAGES))
        if [answer.code for answer in answers] != _INVITATION:
            return None
        self._dialogue.skip(len(_STAGES))
        self._is_open = True
        return _GO_ON

    async def _read_envelope(self) -> Reply:
        """What the answers to a whole envelope say: the first one that does not let the letter go on, or that of DATA."""
        answers = await self._dialogue.read(3, self._timeouts.command)
        for stage, answer in zip(_STAGES, answers, strict=False):
            if _goes_on(stage, answer):
                continue
            if len(answers) == 3 and answers[2].code == 354:  # it would take the lone dot for an empty letter
                self._dialogue.drop("it invites a body that it has refused")
            return await self._reset_after(_reply(stage, answer))
        if len(answers) < 3:
            return Reply(_STAGES[len(answers)], None, self._dialogue.loss)
        self._is_open = True
        return _GO_ON

    async def _reset_after(self, reply: Reply) -> Reply:
        """Take the refused envelope back (RSET), so that the connection serves the next letter."""
        if reply.code is not None and 400 <= reply.code < 600 and not self._dialogue.loss:
            self._dialogue.write([b"RSET\r\n"], 1)
            answers = await self._dialogue.read(1, self._timeouts.command)
            if not answers or answers[0].code != 250:
                self._dialogue.drop()
        else:
            self._dialogue.drop()
        return reply


@lru_cache(maxsize=64)
def _is_safe(sender: str) -> bool:
    """Whether a sender's address can stand in a command."""
    return not _UNSAFE.search(sender)


def stuff_dots(message: bytes) -> list[bytes]:
    """The parts of a body as it travels (RFC 5321 section 4.5.2): dots at line starts doubled, the lone dot behind it.

    Compiled messages have no line that starts with a dot, so this costs one look.
    """
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    if message.startswith(b"."):
        message = b"." + message
    return [message, b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"]


def _reply(stage: Stage, answer: Answer) -> Reply:
    return Reply(stage, answer.code, answer.text)


def _goes_on(stage: Stage, answer: Answer) -> bool:
    """Whether a command got the answer after which the next may follow (RFC 5321 section 4.3.2)."""
    return answer.code == 354 if stage is Stage.DATA else 200 <= answer.code < 300


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
