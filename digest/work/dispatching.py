"""Sending beside a server: while something waits to be sent, a child process sends it.

A process of its own never slows the server down, and whatever stops it is healed by the ledger. It is `digest send` without
an id, so any number more may be run by hand on the same machine. It holds one end of a pipe: when the server ends, however
it does, the pipe ends, and the child lets the letters go that are leaving and ends too.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain

from digest.clock import parse_utc, real_now
from digest.delivery.relay import choose_way
from digest.desk.fencing import find_fence
from digest.desk.workplace import Workplace, open_workplace
from digest.errors import DigestError, Status
from digest.settings import Site
from digest.store.due import Due, read_addresses, read_due
from digest.store.hot import HotStore

__all__ = ["NEXT", "Dispatcher", "Turns"]

NEXT = "next: "
"""How the child begins the line that says when the next letter is due."""
_LOOK_EVERY = 0.5
_LEFT_FOR = 5.0
"""How long something stays unfinished before it counts as left by a dead sender, in seconds."""
_REFUSED_FOR = 3.0
"""How long nothing is tried after it was found that nothing may leave, in seconds."""
_CHECK_EVERY = 60.0
_WAIT = "1 min"
"""How long a child stays for what is due soon."""
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0
_PATIENCE = 45.0
"""How long a child may take to end when it is told to, in seconds; it gives itself half a minute."""
_USUAL = (Status.FINISHED, Status.HELD, Status.WAITING)


@dataclass(slots=True)
class _Ended:
    """How a child ended: its exit status (below zero: by that signal), and when it says that the next letter is due."""

    status: int
    next_at: datetime | None = None


@dataclass
class Turns:
    """When the next child is to start. Moments are seconds of a clock that only goes forward."""

    failures: int = 0
    _seen: Due = field(default_factory=Due)
    _not_before: float = 0.0
    _unfinished_since: float | None = None

    def is_due(self, due: Due, now: float) -> bool:
        """Whether a child would find something to do. What the one before has left undone is due again after a while."""
        if not due.is_unfinished:
            self._unfinished_since = None
        elif self._unfinished_since is None:
            self._unfinished_since = now
        is_left = self._unfinished_since is not None and now - self._unfinished_since >= _LEFT_FOR
        is_new = bool(due.editions - self._seen.editions) or (due.letter or 0) > (self._seen.letter or 0)
        return (bool(due) or is_left) and (is_new or now >= self._not_before)

    def begin(self, due: Due) -> None:
        """A child starts for this."""
        self._seen, self._unfinished_since = due, None

    def end(self, now: float, *, well: bool, rest: float = 0.0) -> None:
        """It has ended; `rest` is how many seconds lie between now and the next letter that is due as far as it knows."""
        if well:
            self.failures = 0
            self._not_before = now + max(rest, _FIRST_PAUSE)
        else:
            self._not_before = now + min(_FIRST_PAUSE * 2.0**self.failures, _LONGEST_PAUSE)
            self.failures = min(self.failures + 1, 10)


class Dispatcher:
    """Starts a sender whenever something is due, one at a time.

    Args:
        site: gives the site with its present settings.
        store: its database.
        tell: is told in a line what a sender says, and why nothing leaves.
    """

    def __init__(self, site: Callable[[], Site], store: HotStore, tell: Callable[[str], None]) -> None:
        self._site, self._store, self._tell = site, store, tell
        self._turns = Turns()
        self._checked_at = float("-inf")
        self._refused_until = 0.0
        self._complaints: set[str] = set()
        self._told = ""
        self._is_new = True

    async def run(self) -> None:
        """Go on until cancelled; then the child, if there is one, ends in good order first."""
        while True:
            now = time.monotonic()
            if now - self._checked_at >= _CHECK_EVERY:
                await self._check(now)
            due = await asyncio.to_thread(self._look)
            if self._turns.is_due(due, now) and await self._may_send(now):
                await self._send(due)
            await asyncio.sleep(_LOOK_EVERY)

    def _look(self) -> Due:
        with self._store.reading() as connection:
            return read_due(connection, real_now())

    async def _check(self, now: float) -> None:
        """Say in time that letters would wait, also while nothing is due."""
        self._checked_at = now
        ahead, self._is_new = self._is_new, False
        self._say(await asyncio.to_thread(partial(_find_hindrance, self._site(), ahead=ahead)))

    async def _may_send(self, now: float) -> bool:
        if now < self._refused_until:
            return False
        hindrance = await asyncio.to_thread(_find_hindrance, self._site())
        self._say(hindrance)
        self._refused_until = now + _REFUSED_FOR if hindrance else 0.0
        return not hindrance

    def _say(self, sentence: str) -> None:
        """Each thing once; what is over may be said again when it comes back."""
        if sentence and sentence != self._told:
            self._tell(sentence)
        self._told = sentence

    async def _send(self, due: Due) -> None:
        self._turns.begin(due)
        ended = await self._run_child()
        is_well = ended.status in _USUAL
        if is_well:
            self._complaints.clear()
        elif ended.status < 0:
            self._tell_unless_known(f"the sender was stopped by {signal.Signals(-ended.status).name}; it begins again")
        rest = (ended.next_at - real_now()).total_seconds() if ended.next_at else 0.0
        self._turns.end(time.monotonic(), well=is_well, rest=rest)

    async def _run_child(self) -> _Ended:
        """Let a child send until it ends; its lines are passed on."""
        site = str(self._site().folder.resolve())
        command = ("-m", "digest", "--site", site, "send", "--child", "--wait", _WAIT)
        child = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
        ended = _Ended(0)
        pumps = asyncio.gather(self._pump(child.stdout, ended), self._pump(child.stderr, ended))
        try:
            ended.status = await child.wait()
        except asyncio.CancelledError:
            await self._drain(child)
            raise
        finally:
            await pumps
        return ended

    async def _pump(self, lines: asyncio.StreamReader | None, ended: _Ended) -> None:
        assert lines is not None
        async for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            if text.startswith(NEXT):
                ended.next_at = parse_utc(text.removeprefix(NEXT))
            elif text:
                self._tell_unless_known(text)

    def _tell_unless_known(self, text: str) -> None:
        """What a sender says; while it fails again and again, each thing once."""
        if not self._turns.failures or text not in self._complaints:
            self._tell(text)
        self._complaints.add(text)

    async def _drain(self, child: Process) -> None:
        """Let the child end in good order; a second signal to us makes it leave at once, and so does taking too long."""

        def hurry() -> None:
            if child.returncode is None:
                child.terminate()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, hurry)
        assert child.stdin is not None
        child.stdin.close()
        try:
            await asyncio.wait_for(child.wait(), _PATIENCE)
        except TimeoutError:
            child.kill()
            await child.wait()


def _find_hindrance(site: Site, *, ahead: bool = False) -> str:
    """Why nothing may leave, in a sentence; empty when letters may. `ahead` thinks of readers too who may get some later."""
    settings = site.settings.delivery
    try:
        with open_workplace(site) as place:
            if fence := find_fence(place):
                return f"This site stands still, so nothing is sent: {fence.words}. To go on: digest fence lift --as NAME"
            needs_relay = not (site.smtp_url.strip() or settings.outbox)
            domains = _read_domains(place, ahead) if needs_relay else ()
            choose_way(site.smtp_url, outbox=settings.outbox, domains=domains)
    except DigestError as error:
        return f"Letters wait: {error}"
    return ""


def _read_domains(place: Workplace, ahead: bool) -> Iterator[str]:
    """The domains that letters are on their way to; with `ahead` also those of all readers."""
    from digest.store.readers import read_sealed

    with place.store.reading() as connection:
        lists = place.site.settings.lists if ahead else ()
        for sealed in chain(read_addresses(connection), *(read_sealed(connection, name) for name in lists)):
            yield place.sealer.unseal(sealed).rpartition("@")[2]
