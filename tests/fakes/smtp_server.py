"""A scripted SMTP server: it answers as a test tells it to, and remembers all that it accepted.

A script is a function of a `Moment` (the stage, and what is known by then) to an answer: a reply line such as
`450 4.7.1 greylisted`, one of `Act`, or None for the usual one. Run as a program it serves in a process of its own and
writes every accepted letter to a file, one line each, before it answers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import random
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Act(Enum):
    """What a server can do beside answering."""

    DROP = "drop"
    """Close the line without a word."""
    ACCEPT_AND_DROP = "accept and drop"
    """Only after the body: take the letter, then close the line without a word."""
    HANG = "hang"
    """Never answer."""
    STARVE = "starve"
    """Only after DATA: say 354, then read no more."""


@dataclass(frozen=True)
class Moment:
    """Where the dialogue stands. `stage` is connect, ehlo, tls, auth, mail, rcpt, data or body; `tries` counts RCPTs to this
    recipient so far, this one included; `letters` counts bodies begun on this connection."""

    stage: str
    line: str = ""
    sender: str = ""
    recipient: str = ""
    tries: int = 0
    letters: int = 0
    connection: int = 0


Script = Callable[[Moment], "str | Act | float | None"]
USUAL = {"connect": "220 fake ready", "auth": "235 2.7.0 ok", "mail": "250 2.1.0 ok", "rcpt": "250 2.1.5 ok"} | {
    "data": "354 go on",
    "body": "250 2.0.0 queued",
    "tls": "220 ready to start TLS",
}


@dataclass(frozen=True)
class Accepted:
    """A letter the server took."""

    message_id: str
    sender: str
    recipient: str
    message: bytes = field(repr=False)


class ScriptedServer:
    """Use as `async with ScriptedServer(script) as server:`; it listens on `server.port` of 127.0.0.1."""

    def __init__(
        self,
        script: Script = lambda _moment: None,
        *,
        extensions: Sequence[str] = ("PIPELINING", "8BITMIME", "SMTPUTF8"),
        context: ssl.SSLContext | None = None,
        wrapped: bool = False,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        self.script = script
        self.extensions = tuple(extensions)
        self.port = port
        self.accepted: list[Accepted] = []
        self.commands: list[str] = []
        self.connection_count = 0
        self.open_count = 0
        self.most_open = 0
        self.quit_count = 0
        self.tries: Counter[str] = Counter()
        self._context = context
        self._wrapped = wrapped
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> ScriptedServer:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self._context if self._wrapped else None, limit=1 << 22
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def ids(self) -> Counter[str]:
        """How many copies of each Message-ID were accepted."""
        return Counter(letter.message_id for letter in self.accepted)

    @property
    def recipients(self) -> Counter[str]:
        """How many copies each recipient got."""
        return Counter(letter.recipient for letter in self.accepted)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connection_count += 1
        self.open_count += 1
        self.most_open = max(self.most_open, self.open_count)
        dialogue = _Dialogue(self, reader, writer, self.connection_count)
        try:
            await dialogue.run()
        except (ConnectionError, asyncio.IncompleteReadError, _DroppedError, ssl.SSLError, TimeoutError):
            pass
        except asyncio.CancelledError:
            pass
        finally:
            self.open_count -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    def take(self, letter: Accepted) -> None:
        """Remember a letter, in the file too when there is one, before anybody hears of it."""
        self.accepted.append(letter)
        if self._log is not None:
            digest = hashlib.sha256(letter.message).hexdigest()
            with self._log.open("a") as file:
                file.write(f"{letter.message_id} {letter.recipient} {digest}\n")


class _DroppedError(Exception):
    pass


class _Dialogue:
    def __init__(
        self, server: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self._server, self._reader, self._writer, self._number = server, reader, writer, number
        self._sender = self._recipient = ""
        self._letters = 0
        self._protected = writer.get_extra_info("sslcontext") is not None

    async def run(self) -> None:
        if not await self._answer("connect"):
            return
        while line := await self._reader.readline():
            text = line.decode("utf-8", "replace").strip()
            self._server.commands.append(text)
            verb = text.split(" ")[0].upper().split(":")[0]
            if verb == "QUIT":
                self._server.quit_count += 1
                await self._say("221 2.0.0 bye")
                return
            if not await self._handle(verb, text):
                return

    async def _handle(self, verb: str, text: str) -> bool:
        if verb in ("EHLO", "HELO"):
            return await self._ehlo()
        if verb == "STARTTLS":
            return await self._start_tls()
        if verb == "AUTH":
            return await self._answer("auth", text)
        if verb == "RSET":
            await self._say("250 2.0.0 ok")
            return True
        if verb == "MAIL":
            self._sender = text.partition("<")[2].partition(">")[0]
            return await self._answer("mail", text)
        if verb == "RCPT":
            self._recipient = text.partition("<")[2].partition(">")[0]
            self._server.tries[self._recipient] += 1
            return await self._answer("rcpt", text)
        if verb == "DATA":
            return await self._data()
        await self._say("502 5.5.1 what?")
        return True

    async def _ehlo(self) -> bool:
        answer = await self._ask("ehlo")
        if answer is not None:
            await self._say(answer)
            return not answer.startswith("421")
        offers = [*self._server.extensions]
        if self._server._context is not None and not self._protected:
            offers.append("STARTTLS")
        lines = ["fake", *offers]
        await self._say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))
        return True

    async def _start_tls(self) -> bool:
        assert self._server._context is not None
        if not await self._answer("tls"):
            return False
        await self._writer.start_tls(self._server._context)
        self._protected = True
        return True

    async def _data(self) -> bool:
        self._letters += 1
        answer = await self._ask("data")
        if answer is not None and not answer.startswith("354"):
            await self._say(answer)
            return not answer.startswith("421")
        await self._say(answer or USUAL["data"])
        data = await self._reader.readuntil(b"\r\n.\r\n")
        message = data[:-3].replace(b"\r\n..", b"\r\n.")
        header = message.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
        letter = Accepted(header, self._sender, self._recipient, message)
        answer = await self._ask("body", letter)
        if answer is None or answer.startswith("2"):
            self._server.take(letter)
        await self._say(answer or USUAL["body"])
        return answer is None or not answer.startswith("421")

    async def _answer(self, stage: str, line: str = "") -> bool:
        answer = await self._ask(stage, line=line) or USUAL[stage]
        await self._say(answer)
        return not answer.startswith(("421", "554 no service"))

    async def _ask(self, stage: str, letter: Accepted | None = None, line: str = "") -> str | None:
        moment = Moment(
            stage,
            line,
            self._sender,
            self._recipient,
            self._server.tries[self._recipient],
            self._letters,
            self._number,
        )
        answer = self._server.script(moment)
        if isinstance(answer, (int, float)):
            await asyncio.sleep(answer)
            return None
        if answer is Act.HANG:
            await asyncio.sleep(3600)
        if answer is Act.STARVE:
            await self._say(USUAL["data"])
            self._writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(3600)
        if answer is Act.ACCEPT_AND_DROP and letter is not None:
            self._server.take(letter)
        if isinstance(answer, Act):
            raise _DroppedError
        return answer

    async def _say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())
        await self._writer.drain()


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow", type=float, default=0.0, help="seconds before each answer to a body, at most")
    parser.add_argument("--lose", type=float, default=0.0, help="share of letters taken whose answer is lost")
    parser.add_argument("--drop", type=float, default=0.0, help="share of bodies at which the line drops untaken")
    parser.add_argument("--defer", type=float, default=0.0, help="share of recipients refused for now at their first try")
    options = parser.parse_args()
    draw = random.Random(options.seed)

    def script(moment: Moment) -> str | Act | float | None:
        chance = draw.random()
        if moment.stage == "rcpt" and moment.tries == 1 and chance < options.defer:
            return "451 4.7.1 greylisted, come back"
        if moment.stage == "body":
            if chance < options.lose:
                return Act.ACCEPT_AND_DROP
            if chance < options.lose + options.drop:
                return Act.DROP
            return draw.random() * options.slow
        return None

    async with ScriptedServer(script, log=options.log) as server:
        print(server.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main())
