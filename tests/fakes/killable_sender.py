"""A sender as a program of its own, for tests that kill it: `killable_sender.py VAR PORT`.

It begins when it is told so by a line on its standard input, says `sending` when the first letter is in the ledger, and
ends with the exit status of its run.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ledger_world import EDITION, compose

from digest.delivery.pace import Rules
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Sender
from digest.delivery.shift import Progress
from digest.delivery.smtp import SmtpTransport
from digest.store.ledger import open_ledger


async def main(var: Path, port: int) -> int:
    said: list[bool] = []

    def say(_progress: Progress) -> None:
        if not said:
            said.append(True)
            print("sending", flush=True)

    ledger = open_ledger(var / "digest.db", Rules(retry_after=1), only=EDITION)
    transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}"))
    sender = Sender(ledger, transport, compose, Limits(wait=timedelta(seconds=5)), say)
    try:
        with sender.signals():
            report = await sender.run()
    finally:
        await ledger.close()
    return int(report.status)


if __name__ == "__main__":
    sys.stdin.readline()
    sys.exit(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]))))
