"""One run of a sender that may be killed, on a database of `ledger_world`; `bench/chaos` runs it in children that it forks.

Like `digest send` it first resumes what paused itself.
"""

from __future__ import annotations

import resource
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import ledger_world

from digest.clock import real_now
from digest.delivery.ledger import Ledger
from digest.delivery.pace import Rules
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Sender
from digest.delivery.shift import Progress
from digest.delivery.smtp import SmtpTransport, Timeouts
from digest.delivery.transport import Composer
from digest.errors import DigestError
from digest.store import ledger as store_ledger
from digest.store.ledger import SqliteLedger, open_ledger

FAULTY = 74
"""The exit status when the ledger could not be used."""

_FOR_EVER = 1 << 40
_RESUME = "UPDATE edition SET state = 'sending', paused_by = NULL WHERE state = 'paused' AND paused_by = 'self'"


@dataclass(frozen=True)
class Orders:
    """What a sender is to do: where, through which port, and how patiently (seconds)."""

    var: str
    port: int
    connections: int = 8
    wait: float = 5.0
    body: float = 600.0
    command: float = 60.0
    patience: float = 300.0
    max_unknown: int = 1
    only: str | None = ledger_world.EDITION
    """The edition to send; None: all that is due, single letters too."""
    uvloop: bool = False
    file_limit: int = 0
    """How long a file may become, in bytes (RLIMIT_FSIZE): a disk that is full. 0: as long as it likes."""
    pragmas: tuple[str, ...] = ()
    """What the ledger's connection is set to beside the usual."""
    clock: str = ""
    """A file that says by how many seconds this machine's clock is wrong; empty: it is right."""


def unchanged(ledger: Ledger) -> Ledger:
    """A ledger as it is; the harness puts worse ones in its place to see that it notices."""
    return ledger


async def send(
    orders: Orders,
    tell: Callable[[str], None],
    compose: Composer = ledger_world.compose,
    change: Callable[[Ledger], Ledger] = unchanged,
) -> int:
    """One run; its exit status. `tell` hears `place N` once the ledger is open and `sending` with the first letter."""
    said: list[bool] = []

    def say(_progress: Progress) -> None:
        if not said:
            said.append(True)
            tell("sending")

    now = _find_clock(orders)
    try:
        ledger = _open(orders, now)
    except DigestError as error:
        print(error, file=sys.stderr)
        return FAULTY
    tell(f"place {ledger.place}")
    transport = SmtpTransport(
        parse_smtp_url(f"smtp://127.0.0.1:{orders.port}"), timeouts=Timeouts(orders.command, orders.body, 1.0)
    )
    limits = Limits(
        connections=orders.connections,
        wait=timedelta(seconds=orders.wait),
        patience=timedelta(seconds=orders.patience),
        drain=timedelta(seconds=5),
    )
    sender = Sender(change(ledger), transport, compose, limits, say, now)
    try:
        try:
            with sender.signals():
                report = await sender.run()
        finally:
            await ledger.close()
    except DigestError as error:
        print(error, file=sys.stderr)
        return FAULTY
    return int(report.status)


def _open(orders: Orders, now: Callable[[], datetime]) -> SqliteLedger:
    file = Path(orders.var) / "digest.db"
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
        connection.execute(_RESUME)
    if orders.file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (orders.file_limit, resource.RLIM_INFINITY))
    if orders.pragmas:
        store_ledger.PRAGMAS = (*store_ledger.PRAGMAS, *orders.pragmas)
    return open_ledger(file, Rules(1, _FOR_EVER, orders.max_unknown), only=orders.only, now=now)


def _find_clock(orders: Orders) -> Callable[[], datetime]:
    if not orders.clock:
        return real_now
    return lambda: real_now() + timedelta(seconds=int(Path(orders.clock).read_text()))
