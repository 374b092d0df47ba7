"""A scripted SMTP server: it answers as a test tells it to, and remembers all that happened.

`smtp_words` has what a script can say and what is remembered. Run as a program it serves in a process of its own, by one of
the presets of `smtp_presets`. The log is in the kernel's hands before any answer leaves, so that it is the truth about
copies whoever is killed when. A client that says more than it may in one go (RFC 2920) is reported when the server ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import hashlib
import ssl
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from smtp_line import Line
from smtp_words import USUAL, Accepted, Act, Answer, Cut, Event, Late, Log, Moment, Script, Split, read_events

__all__ = [
    "USUAL", "Accepted", "Act", "Cut", "Event", "Late", "Moment", "Script", "ScriptedServer", "Split", "read_events",
]  # fmt: skip

_MAY_BE_FOLLOWED = frozenset({"MAIL", "RCPT", "RSET"})
_GARBAGE = bytes(range(128, 192))


class ScriptedServer:
    """Use as `async with ScriptedServer(script) as server:`; it listens on `server.port` of 127.0.0.1.

    Args:
        script: what it answers.
        extensions: what EHLO offers, beside STARTTLS.
        context: with it STARTTLS is offered, or with `wrapped` spoken from the first octet.
        log: a file for all that happens; more is added to what it has.
        strict: whether a client that breaks the rules of pipelining is an error when the server ends.
        most: how many connections it bears; further ones are greeted with 421.
        letters: how many letters it takes on a connection, after which it says 421, or with `closes` nothing, and closes.
    """

    def __init__(
        self,
        script: Script = lambda _moment: None,
        *,
        extensions: Sequence[str] = ("PIPELINING", "8BITMIME", "SMTPUTF8"),
        context: ssl.SSLContext | None = None,
        wrapped: bool = False,
        port: int = 0,
        log: Path | None = None,
        strict: bool = True,
        most: int = 0,
        letters: int = 0,
        closes: bool = False,
    ) -> None:
        self.script = script
        self.extensions = tuple(extensions)
        self.port = port
        self.most, self.letters, self.closes = most, letters, closes
        self.accepted: list[Accepted] = []
        self.commands: list[str] = []
        self.breaches: list[str] = []
        self.log = Log(log)
        self.connection_count = 0
        self.open_count = 0
        self.most_open = 0
        self.quit_count = 0
        self.tries: Counter[str] = Counter()
        self._context = context
        self._wrapped = wrapped
        self._strict = strict
        self._lines: set[Line] = set()

    async def __aenter__(self) -> ScriptedServer:
        await self._listen()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.close()
        tasks = [line.task for line in self._lines]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        self.log.close()
        if kind is None and self._strict:
            assert not self.breaches, f"the client broke RFC 2920: {self.breaches}"

    @property
    def ids(self) -> Counter[str]:
        """How many copies of each Message-ID were accepted."""
        return Counter(letter.message_id for letter in self.accepted)

    @property
    def recipients(self) -> Counter[str]:
        """How many copies each recipient got."""
        return Counter(letter.recipient for letter in self.accepted)

    @property
    def events(self) -> list[Event]:
        """All that happened to letters so far."""
        return self.log.events

    def hang_up(self) -> None:
        """Close all connections at once, whatever is going on."""
        for line in list(self._lines):
            line.hung_up = True
            line.transport.abort()

    async def go_away(self, seconds: float) -> None:
        """Hang up and take no calls for a while."""
        self._server.close()
        self.hang_up()
        await asyncio.sleep(seconds)
        await self._listen()

    def take(self, letter: Accepted, connection: int = 0) -> None:
        """Remember a letter, in the log too, before anybody hears of it."""
        self.accepted.append(letter)
        digest = hashlib.sha256(letter.message).hexdigest()
        self.log.write("taken", connection, letter.recipient, letter.message_id or "-", digest)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Line(self._serve), "127.0.0.1", self.port, ssl=self._context if self._wrapped else None, backlog=512
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, line: Line) -> None:
        self._lines.add(line)
        self.connection_count += 1
        self.open_count += 1
        self.most_open = max(self.most_open, self.open_count)
        try:
            await _Dialogue(self, line, self.connection_count).run()
            line.transport.close()
        except (ConnectionError, _DroppedError, ssl.SSLError, TimeoutError, asyncio.CancelledError):
            line.transport.abort()
        finally:
            self.open_count -= 1
            self._lines.discard(line)


class _DroppedError(Exception):
    """The script wants the line closed."""


class _Dialogue:
    """What is said on one connection. Every handler returns whether the dialogue goes on."""

    def __init__(self, server: ScriptedServer, line: Line, number: int) -> None:
        self._server, self._line, self._number = server, line, number
        self._sender = self._recipient = ""
        self._open = self._named = False
        self._letters = 0

    async def run(self) -> None:
        if self._server.most and self._server.open_count > self._server.most:
            await self._line.say("421 4.7.0 too many connections\r\n")
            return
        going = await self._answer("connect")
        while going and (line := await self._line.read_line()):
            text = line.decode("utf-8", "replace").strip()
            self._server.commands.append(text)
            verb = text.split(" ")[0].upper().split(":")[0]
            await self._look_behind(verb)
            going = await self._handle(verb, text)

    async def _look_behind(self, verb: str) -> None:
        """Notice what came together with a command and should have waited for its answer (RFC 2920 section 3.1)."""
        if verb not in _MAY_BE_FOLLOWED or "PIPELINING" not in self._server.extensions:
            await self._line.settle()
            if self._line.waiting:
                self._server.breaches.append(f"{verb} followed by {self._line.waiting[:40]!r}")

    async def _handle(self, verb: str, text: str) -> bool:
        handlers = {
            "EHLO": self._ehlo,
            "HELO": self._ehlo,
            "STARTTLS": self._start_tls,
            "AUTH": functools.partial(self._answer, "auth", text),
            "RSET": self._reset,
            "MAIL": functools.partial(self._mail, text),
            "RCPT": functools.partial(self._rcpt, text),
            "DATA": self._data,
            "QUIT": self._quit,
        }
        if verb not in handlers:
            await self._say("502 5.5.1 what?")
            return True
        return await handlers[verb]()

    async def _quit(self) -> bool:
        self._server.quit_count += 1
        await self._say("221 2.0.0 bye")
        return False

    async def _reset(self) -> bool:
        self._open = self._named = False
        await self._say("250 2.0.0 ok")
        return True

    async def _ehlo(self) -> bool:
        self._open = self._named = False
        offers = [*self._server.extensions]
        if self._server._context is not None and not self._line.protected:
            offers.append("STARTTLS")
        lines = ["fake", *offers]
        usual = "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])
        return await self._answer("ehlo", usual=usual)

    async def _start_tls(self) -> bool:
        if self._server._context is None or self._line.protected:
            await self._say("502 5.5.1 not here")
            return True
        answer = await self._ask("tls")
        if answer is Act.GARBAGE:
            await self._say(USUAL["tls"])
            await self._line.read_octet()
        said = await self._give("tls", answer)
        if said.startswith("220"):
            await self._line.protect(self._server._context)
        return not said.startswith("421")

    async def _mail(self, text: str) -> bool:
        self._sender = text.partition("<")[2].partition(">")[0]
        self._recipient, self._named = "", False
        if self._server.letters and self._letters >= self._server.letters:
            if not self._server.closes:
                await self._say("421 4.7.0 that was enough on one connection")
            return False
        said = await self._give("mail", await self._ask("mail", text))
        self._open = said.startswith("2")
        return not said.startswith("421")

    async def _rcpt(self, text: str) -> bool:
        self._recipient = text.partition("<")[2].partition(">")[0]
        if not self._open:
            await self._say("503 5.5.1 need MAIL")
            return True
        self._server.tries[self._recipient] += 1
        said = await self._give("rcpt", await self._ask("rcpt", text))
        self._named = said.startswith("2")
        return not said.startswith("421")

    async def _data(self) -> bool:
        usual = USUAL["data"] if self._named else "554 5.5.1 no valid recipients"
        if self._named:
            self._letters += 1
        answer = await self._ask("data")
        if answer is Act.DROP_IN_BODY or answer is Act.STARVE:
            return await self._spoil_body(answer)
        said = await self._give("data", answer, usual=usual)
        if not said.startswith("354"):
            return not said.startswith("421")
        return await self._body()

    async def _spoil_body(self, answer: Act) -> bool:
        self._note("ready")
        await self._say(USUAL["data"])
        if answer is Act.STARVE:
            self._line.transport.pause_reading()
            await asyncio.sleep(3600)
        if await self._line.read_octet():
            self._note("begun")
            self._note("torn")
        raise _DroppedError

    async def _body(self) -> bool:
        if not await self._line.read_octet():
            self._note("lost" if self._line.hung_up else "unused")
            return False
        self._note("begun")
        data = await self._line.read_body()
        if data is None:
            self._note("torn")
            return False
        message = data.replace(b"\r\n..", b"\r\n.")
        message = message[1:] if message.startswith(b"..") else message
        header = message.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
        self._open = False
        said = await self._give(
            "body", await self._ask("body"), letter=Accepted(header, self._sender, self._recipient, message)
        )
        return not said.startswith("421")

    async def _answer(self, stage: str, line: str = "", usual: str = "") -> bool:
        said = await self._give(stage, await self._ask(stage, line), usual=usual)
        return not said.startswith(("421", "554 no service"))

    async def _ask(self, stage: str, line: str = "") -> Answer:
        moment = Moment(
            stage,
            line,
            self._sender,
            self._recipient,
            self._server.tries[self._recipient],
            self._letters,
            self._number,
            self._server.log.bodies[self._recipient],
        )
        return self._server.script(moment)

    async def _give(self, stage: str, answer: Answer, *, usual: str = "", letter: Accepted | None = None) -> str:
        """Do what the script wants; what was said in full. A letter is taken before anything is said of it."""
        usual = usual or USUAL[stage]
        if isinstance(answer, Act):
            await self._act(answer, letter)
        if isinstance(answer, Cut):
            await self._cut(answer, letter)
        if isinstance(answer, (int, float)):
            await asyncio.sleep(answer)
            answer = usual
        said = (answer.answer if isinstance(answer, (Late, Split)) else answer) or usual
        assert isinstance(said, str)
        self._put_down(stage, said, letter)
        if isinstance(answer, Late):
            await asyncio.sleep(answer.seconds)
        if letter is not None and self._line.transport.is_closing():
            self._note("lost")  # whoever waited for this answer has gone
        await self._say(said, answer.gap if isinstance(answer, Split) else None)
        return said

    def _put_down(self, stage: str, said: str, letter: Accepted | None) -> None:
        """Note what an answer is about to say."""
        if letter is not None and said.startswith("2"):
            self._server.take(letter, self._number)
        elif letter is not None and not said.startswith(("4", "5")):
            self._note("lost")
        if stage == "data" and said.startswith("354"):
            self._note("ready")
        if said[:1] in ("4", "5") and (stage != "data" or self._named):
            self._note("refused", stage, said[:3])

    async def _act(self, act: Act, letter: Accepted | None) -> None:
        if letter is not None:
            if act in (Act.ACCEPT_AND_DROP, Act.ACCEPT_AND_RESET, Act.ACCEPT_AND_HANG):
                self._server.take(letter, self._number)
            self._note("lost")
        if act in (Act.HANG, Act.ACCEPT_AND_HANG):
            await asyncio.sleep(3600)
        if act is Act.GARBAGE:
            await self._line.say(_GARBAGE)
            self._line.transport.close()
        if act in (Act.RESET, Act.ACCEPT_AND_RESET):
            self._line.reset()
        raise _DroppedError

    async def _cut(self, cut: Cut, letter: Accepted | None) -> None:
        if letter is not None:
            if cut.answer.startswith("2"):
                self._server.take(letter, self._number)
            self._note("lost")
        await self._line.say(cut.answer)
        self._line.transport.close()
        raise _DroppedError

    def _note(self, kind: str, *detail: str) -> None:
        self._server.log.write(kind, self._number, self._recipient, *detail)

    async def _say(self, text: str, gap: float | None = None) -> None:
        if gap is None:
            await self._line.say(f"{text}\r\n")
            return
        for octet in f"{text}\r\n":
            await self._line.say(octet)
            await asyncio.sleep(gap)


async def _main() -> None:
    from smtp_presets import PRESETS, away, build_script

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--preset", choices=PRESETS, default="clean")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    script = build_script(options.preset, options.seed)
    async with ScriptedServer(script, log=options.log, port=options.port, strict=False) as server:
        print(server.port, flush=True)
        await away(server, PRESETS[options.preset])


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main())
