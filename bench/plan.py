"""Measure an edition for a million readers: planned, frozen, sent, settled, tidied: `python -m bench.plan [--readers N]`.

Each step is a process of its own. Its CPU is compared with what SQLite alone takes in the same run for the least that must
be done: to count the rows that readers share, and to insert as many deliveries as there are letters. What readers are like,
and what they had, is described in `bench/sites/readership.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bench.planning.steps import STEPS, Figures, run_step
from bench.planning.watching import Run, Waits, send_for, send_until, waiting
from bench.sending.relays import sinking
from bench.sites.readership import write_readership

__all__ = ["main"]

_ROOT = Path(__file__).parent.parent
_KILLED_AFTER = 2_000


def main(readers: int, seconds: float, folder: Path) -> None:
    """Measure in an empty folder, and print."""
    site = folder / "site"
    began = time.monotonic()
    write_readership(site, readers)
    print(f"{readers:,} readers, made in {time.monotonic() - began:.0f} s", flush=True)
    grouping, preview = _take(site, "group"), _take(site, "preview")
    print(f"{preview['readers']:,.0f} get {preview['variants']:,.0f} different letters, {preview['without']:,.0f} get none")
    _tell("counts preview", preview, "rows counted by SQL", grouping)
    messages = _take(site, "print")
    print(f"{'messages made ready':24} {messages['cpu']:7.2f} s of CPU")
    frozen = _take(site, "freeze")
    assert frozen["readers"] == preview["readers"]
    _tell("audience frozen", frozen, "rows inserted by SQL", _take(site, "insert"))
    if seconds:
        with sinking() as port:
            send_until(site, port, _KILLED_AFTER)
            _tell_run(send_for(site, port, seconds))
    _take(site, "finish")
    with waiting(site / "var" / "digest.db") as alone:
        time.sleep(5)
    _tell_waits("nothing", alone)
    for name, words in (("settle", "settling"), ("tidy", "tidying")):
        with waiting(site / "var" / "digest.db") as waits:
            figures = _take(site, name)
        _tell(words, figures)
        _tell_waits(words, waits)


def _take(site: Path, step: str) -> Figures:
    """Take a step in a process of its own."""
    words = [sys.executable, "-m", "bench.plan", "--step", step, str(site)]
    figures: Figures = json.loads(subprocess.run(words, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return figures


def _tell(words: str, figures: Figures, floor_words: str = "", floor: Figures | None = None) -> None:
    memory = f"{figures['peak']:4.0f} MiB over {figures['base']:.0f}"
    line = f"{words:24} {figures['cpu']:7.2f} s of CPU {figures['wall']:7.2f} s {memory}"
    if "rows" in figures:
        line += f" ({figures['rows']:,.0f} rows)"
    if floor is not None:
        line += f"   {floor_words} {floor['cpu']:.2f} s: {figures['cpu'] / floor['cpu']:.1f} times"
    print(line, flush=True)


def _tell_run(run: Run) -> None:
    each = run.cpu / max(run.letters, 1) * 1e3
    print(f"{'restart after a kill':24} {run.first:7.2f} s until a letter is on record as sent", flush=True)
    print(f"{'sending':24} {run.letters:,} letters in {run.wall:.0f} s, {each:.2f} ms of CPU each")
    early, peak = run.memory[min(5, len(run.memory) - 1)], max(run.memory)
    print(f"{'memory of the sender':24} {early:7.0f} MiB after 5 s, {peak:.0f} at most, {run.memory[-1]:.0f} at the end")


def _tell_waits(words: str, waits: Waits) -> None:
    """How long others wait: in 99 of 100 cases, and at most."""
    figures = [(sorted(each)[int(len(each) * 0.99)] * 1e3, max(each) * 1e3) for each in (waits.locked, waits.taken)]
    (usual, longest), (usual_in_all, longest_in_all) = figures
    print(
        f"{'  beside ' + words:24} {usual:7.0f} ms until others may write (99 of 100), {longest:.0f} at most; "
        f"{usual_in_all:.0f} and {longest_in_all:.0f} until that is on the disk",
        flush=True,
    )


@contextmanager
def _making_room(folder: Path | None) -> Iterator[Path]:
    with nullcontext(str(folder)) if folder else tempfile.TemporaryDirectory() as name:
        yield Path(name)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--readers", type=int, default=1_000_000)
    arguments.add_argument("--seconds", type=float, default=75, help="how long to send; 0: not at all")
    arguments.add_argument(
        "--folder", type=Path, help="an empty folder on the disk to be measured (default: a temporary one)"
    )
    arguments.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments.add_argument("site", type=Path, nargs="?", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.step:
        print(json.dumps(run_step(options.site, options.step)))
    else:
        with _making_room(options.folder) as room:
            main(options.readers, options.seconds, room)
