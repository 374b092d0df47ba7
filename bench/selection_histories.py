"""Play many random histories of the selection of editions over all processors: `selection_histories.py [COUNT] [FIRST]`.

Prints how many histories broke a promise, which, and a seed for each; exit status 1 if any did. The world in which
they take place and its oracle are described in `bench/selection/`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from bench.selection.histories import count_faults

CHUNK = 250


def main(count: int, first: int) -> int:
    """Play `count` histories from the seed `first` on; returns the exit status."""
    started = time.monotonic()
    starts = range(first, first + count, CHUNK)
    sizes = [min(CHUNK, first + count - start) for start in starts]
    faults: Counter[str] = Counter()
    seeds: dict[str, int] = {}
    carried = 0
    with ProcessPoolExecutor() as pool:
        for found, where, items in pool.map(count_faults, starts, sizes):
            faults += found
            seeds = where | seeds
            carried += items
    seconds = time.monotonic() - started
    print(f"{count:,} histories from seed {first}: {carried:,} items carried, {seconds:.0f} s")
    for fault, histories in faults.most_common():
        print(f"  {histories:,} histories: {fault} (first in {seeds[fault]})")
    if not faults:
        print("  no promise broken")
    return 1 if faults else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("count", type=int, nargs="?", default=100_000)
    arguments.add_argument("first", type=int, nargs="?", default=0)
    options = arguments.parse_args()
    sys.exit(main(options.count, options.first))
