"""One run of a sender: what it works on, what goes on beside it every minute, and how it is told to end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from digest.delivery import loops
from digest.delivery.breaker import Breaker
from digest.delivery.pace import Rules
from digest.delivery.pacing import FREE
from digest.delivery.relay import Outbox, Way
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.shift import Progress
from digest.delivery.site_fence import SiteFence
from digest.desk.fencing import explain, find_fence, note_work
from digest.desk.workplace import Workplace
from digest.errors import DigestError
from digest.store.ledger import open_ledger
from digest.store.settling import settle_in_steps
from digest.work.composing import Composer
from digest.work.ways import build_pacing, build_transport, count_connections

__all__ = ["Errand", "run_errand"]

_EVERY = 60.0
"""How often, in seconds, what was sent is settled and the site looked at, while letters leave."""
_ONE_STOP = 2.0
"""A signal within so many seconds after the lifeline has ended says the same once more, and is no second stop."""
_KEEP = timedelta(seconds=5)
"""How long a connection is kept for the next letter that the pace lets go."""
_DRAINING = "Ending: letters that are leaving now still go. Once more to end at once."

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Errand:
    """What a run is to do.

    `only` names the one edition, None for all that are being sent and all single letters; `ehlo_name` is how we are called
    by, `threads` how many make copies; `lifeline` a file descriptor whose end tells the run to end, None when a person is
    looking: then a relay that does not answer at all pauses everything at once.
    """

    way: Way
    ehlo_name: str
    only: str | None = None
    threads: int = 0
    wait: timedelta = timedelta(minutes=15)
    lifeline: int | None = None


def run_errand(place: Workplace, errand: Errand, show: Callable[[Progress], None], say: Say) -> Report:
    """Send until nothing is due, or nothing will be within the wait, or something tells us to end.

    Args:
        show: is told what the run has done so far.
        say: is told in a sentence when it is about to end early, and when one of several relays takes the place of another.

    Raises:
        DeliveryError: the site began to stand still meanwhile; what was leaving is on record.
        StoreError: the ledger cannot be written; nothing was sent that it does not know of.
    """
    note_work(place)
    try:
        report, fence = loops.run(_run(place, errand, show, say))
    finally:
        with suppress(DigestError):
            note_work(place)
    if fence is not None:
        raise explain(fence)
    return report


async def _run(
    place: Workplace, errand: Errand, show: Callable[[Progress], None], say: Say
) -> tuple[Report, SiteFence | None]:
    settings = place.site.settings.delivery
    transport = build_transport(place, errand.way, errand.ehlo_name, say)
    pacing = build_pacing(place, errand.way)
    limits = Limits(
        connections=count_connections(place, errand.way),
        wait=errand.wait,
        threads=errand.threads,
        is_patient=errand.lifeline is not None,
        keep=timedelta(0) if pacing == FREE else _KEEP,
    )
    ledger = open_ledger(
        place.store.file,
        Rules.of(settings),
        only=errand.only,
        urgent=not isinstance(errand.way, Outbox),  # what is urgent may have real addresses
        pacing=pacing,
    )
    try:
        sender = Sender(
            ledger,
            transport,
            Composer(place).compose,
            limits,
            show,
            breaker=Breaker(),
            find_free=lambda: shutil.disk_usage(place.site.var).free,
            on_stop=lambda: say(_DRAINING),
        )
        house = asyncio.create_task(_keep_house(place, sender))
        try:
            with _stoppable(sender, errand.lifeline):
                report = await sender.run()
            return report, house.result() if house.done() else None
        finally:
            house.cancel()
            await asyncio.wait([house])
    finally:
        await ledger.close()


async def _keep_house(place: Workplace, sender: Sender) -> SiteFence:
    """Every minute settle what was sent and look after the site; ends, with the run, when the site must stand still."""
    while True:
        await asyncio.sleep(_EVERY)
        with suppress(DigestError):  # a full disk or a busy database: the ledger notices by itself
            if fence := await asyncio.to_thread(_look_after, place):
                sender.stop()
                return fence


def _look_after(place: Workplace) -> SiteFence | None:
    if fence := find_fence(place):
        return fence
    settle_in_steps(place.store.file)
    note_work(place)
    return None


class _Stops:
    """Ways in which a run is told to end; a second one makes it leave at once."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._told_at: float | None = None
        self._by_lifeline = False

    def by_signal(self) -> None:
        """SIGTERM or SIGINT came; a service manager signals whoever holds our lifeline and us in the same moment."""
        is_echo = self._by_lifeline and self._told_at is not None and time.monotonic() - self._told_at < _ONE_STOP
        if not is_echo:
            self._stop()

    def by_lifeline(self, lifeline: int) -> None:
        """The lifeline says something, which does not matter, or ends."""
        if os.read(lifeline, 4096):
            return
        asyncio.get_running_loop().remove_reader(lifeline)
        if self._told_at is None:
            self._by_lifeline = True
            self._stop()

    def _stop(self) -> None:
        if self._told_at is None:
            self._told_at = time.monotonic()
        self._sender.stop()


@contextmanager
def _stoppable(sender: Sender, lifeline: int | None) -> Iterator[None]:
    loop, stops, numbers = asyncio.get_running_loop(), _Stops(sender), (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        loop.add_signal_handler(number, stops.by_signal)
    if lifeline is not None:
        loop.add_reader(lifeline, stops.by_lifeline, lifeline)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
        if lifeline is not None:
            loop.remove_reader(lifeline)
