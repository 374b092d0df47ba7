"""Senders are killed, stopped and misled at random moments, and what they promise is judged by what a relay really got.

    relay      a scripted relay in a process of its own, whose log is the truth about copies
    zygote     forks senders by order, so that the next one begins at once
    fleet      the senders of a run, as the harness sees them
    audit      triggers that put down every step of every delivery in the order in which it became durable
    havoc      the run: kills, stops, locks, leavings and pauses until everything has come to rest
    judge      what was promised, from the relay's log, the ledger and the audit; pure
    variants   senders with one rule of the protocol broken, each of which the judge must notice
    machine    full disks, locked databases, senders that stand still
    site       the same with `digest send` and a real site
    power      cuts of the power: what was not synchronised is lost; `disk` is the disk that forgets it
    report     the table at the end

`python -m bench.chaos` plays the long form, the tests play a short one.
"""

from __future__ import annotations

import sys
from pathlib import Path

FAKES = Path(__file__).parent.parent.parent / "tests" / "fakes"
"""Where the scripted server and the sender lie, which the tests use too; they import each other by name."""

sys.path.insert(0, str(FAKES))
