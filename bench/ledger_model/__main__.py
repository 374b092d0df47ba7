"""`python -m bench.ledger_model`: every interleaving of larger worlds; exit status 1 if a promise broke.

The ledger without one of its rules is explored too, in small worlds, where the missing rule must show.
`--small` explores the worlds of the tests, `--only NAME` one world.
"""

from __future__ import annotations

import argparse
import sys
import time

from bench.ledger_model.exploring import explore
from bench.ledger_model.mutants import MUTANTS
from bench.ledger_model.steps import World
from bench.ledger_model.worlds import LARGE, SMALL


def main(worlds: tuple[World, ...]) -> int:
    """Explore and tell; how many worlds broke a promise, and how many rules may be missing without being missed."""
    faults, moments, steps = 0, 0, 0
    for world in worlds:
        began = time.monotonic()
        found = explore(world)
        moments, steps = moments + found.moments, steps + found.steps
        told = f"{found.moments:,} moments, {found.steps:,} steps, {found.most_copies} copies of a letter at most"
        print(f"{world.name}: {told}, {time.monotonic() - began:.0f} s", flush=True)
        if found.fault:
            faults += 1
            print("\n    ".join([f"  BROKEN: {found.fault}", *found.story]))
    print(f"{len(worlds)} worlds, {moments:,} moments, {steps:,} steps between them: {faults or 'no'} broken")
    return faults + _look_for_rules()


def _look_for_rules() -> int:
    unseen = 0
    for rule, mutant in MUTANTS.items():
        with mutant():
            fault = next((found.fault for world in SMALL if (found := explore(world)).fault), "")
        unseen += not fault
        print(f"{rule}: {fault or 'NOT SEEN'}")
    return unseen


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the worlds of the tests")
    parser.add_argument("--only", metavar="NAME", help="one world")
    options = parser.parse_args()
    chosen = tuple(world for world in (SMALL if options.small else LARGE) if options.only in (None, world.name))
    sys.exit(bool(main(chosen)))
