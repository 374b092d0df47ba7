"""The worlds that are explored: the small ones by the tests, the larger ones by hand."""

from __future__ import annotations

from bench.ledger_model.states import Spared
from bench.ledger_model.steps import World

__all__ = ["LARGE", "SMALL"]

SMALL = (
    World("one letter, three senders", senders=3, spared=Spared(kills=3, drops=2, closings=2)),
    World("two letters, two senders", letters=2, spared=Spared(kills=1, drops=1, leaves=1)),
    World("envelopes ahead", letters=2, senders=1, spared=Spared(kills=1, drops=1, refusals=1, leaves=1, pauses=1)),
    World("two connections", letters=2, senders=1, lines=2, spared=Spared(kills=1, drops=1, refusals=1)),
    World("staff", spared=Spared(kills=1, drops=1, refusals=1, pauses=1, cancels=1, corrections=1, decisions=1)),
    World("never a second copy", max_unknown=0, spared=Spared(kills=2, drops=2, refusals=1)),
    World("single letters", letters=2, single=True, spared=Spared(kills=1, drops=1, refusals=1, leaves=1)),
)
"""Some seconds each."""

LARGE = (
    World("three letters, two senders", letters=3, spared=Spared(kills=2, drops=1, leaves=1)),
    World("two letters, three senders", letters=2, senders=3, spared=Spared(kills=2, drops=1, refusals=1)),
    World("two connections each", letters=2, lines=2, spared=Spared(kills=2, drops=1, refusals=1, closings=1)),
    World("envelopes ahead of staff", letters=2, spared=Spared(1, 1, 1, 0, leaves=1, pauses=1, cancels=1, corrections=1)),
    World("staff and readers", spared=Spared(2, 1, 1, 1, leaves=1, pauses=1, cancels=1, corrections=1, decisions=1)),
    World("never a second copy", letters=2, max_unknown=0, spared=Spared(kills=2, drops=2, refusals=1)),
    World("single letters", letters=2, senders=3, single=True, spared=Spared(2, 2, 2, 1, leaves=1)),
)
"""A minute or two each."""
