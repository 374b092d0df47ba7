"""Play many random histories of a press desk over all processors: `publishing_histories.py [COUNT] [FIRST] [--shorten]`.

Prints how many histories broke a promise, which, and a seed for each, with `--shorten` also the fewest steps that break it;
exit status 1 if any did. The world in which they take place and its oracle are described in `bench/publishing/`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from bench.publishing.histories import Result, plan_steps, play, shorten


def main(count: int, first: int, shortens: bool) -> int:
    """Play `count` histories from the seed `first` on; returns the exit status."""
    started = time.monotonic()
    broken: dict[str, list[tuple[int, Result]]] = {}
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        for seed, result in enumerate(pool.map(_play, range(first, first + count), chunksize=4), first):
            counts += result.counts
            if result.promise:
                broken.setdefault(result.promise, []).append((seed, result))
    events = sum(counts[event] for event in ("released", "refiled", "corrected", "withdrawn"))
    print(f"{count:,} histories from seed {first}: {events:,} events, {time.monotonic() - started:.0f} s")
    for promise, results in sorted(broken.items(), key=lambda one: -len(one[1])):
        seed, result = results[0]
        print(f"  {len(results):,} histories: {promise} (first in {seed})\n    {result.detail}")
        if shortens:
            print("".join(f"    {step}\n" for step in shorten(result.steps, promise)), end="")
    if not broken:
        print("  no promise broken")
    return 1 if broken else 0


def _play(seed: int) -> Result:
    return play(plan_steps(seed))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("count", type=int, nargs="?", default=1_000)
    arguments.add_argument("first", type=int, nargs="?", default=0)
    arguments.add_argument("--shorten", action="store_true", help="find the fewest steps that break each promise")
    options = arguments.parse_args()
    sys.exit(main(options.count, options.first, options.shorten))
