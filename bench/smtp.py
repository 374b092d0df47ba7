"""What a letter costs on its way to the relay, beside other senders: `python -m bench.smtp [--letters N] [--rounds R]`.

One process each, in turn, with equal letters of about 45 KB over equally many kept connections to Postfix's smtp-sink. CPU
is that of sending alone, without the start of Python; that of smtp-source, which is written in C and only sends, is all it
uses. Then the same over a line that takes 20 ms each way, with and without PIPELINING (RFC 2920).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench.sending.clients import render_letter
from bench.sending.relays import delaying, find_program, sinking

__all__ = ["LIMIT", "Figure", "main", "measure_cpu", "measure_distance"]

LIMIT = "smtp-source"
OURS = ("digest, uvloop", "digest, asyncio")
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Figure:
    """What one sender took: CPU milliseconds a letter, letters a second, and its most memory in MiB (0: not known).

    `times` is its CPU in that of smtp-source in the same round: how fast a machine is changes while it is measured.
    """

    cpu: float
    rate: float
    peak: int = 0
    times: float = 1.0


def _run_source(port: int, letters: int, connections: int, octets: int) -> Figure:
    program = find_program("smtp-source")
    if program is None:
        sys.exit("smtp-source is missing: install Postfix (only its tools are used)")
    words = [program, "-d", "-s", str(connections), "-m", str(letters), "-l", str(octets)]
    began = time.perf_counter()
    child = subprocess.Popen([*words, "-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"])
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit("smtp-source failed")
    return Figure((usage.ru_utime + usage.ru_stime) / letters * 1000, letters / wall)


def _run_client(name: str, port: int, letters: int, connections: int) -> Figure:
    client, _, loop = name.partition(", ")
    words = [sys.executable, "-m", "bench.sending.clients", client, str(port), str(letters), str(connections)]
    out = subprocess.run(
        [*words, "--loop", loop or "asyncio"], cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    taken = json.loads(out)
    return Figure(taken["cpu"] / letters * 1000, letters / taken["wall"], taken["peak"])


@contextmanager
def _node() -> Iterator[bool]:
    """Whether nodemailer can be had; it is installed into a folder of its own for as long as that takes."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("nodemailer is left out: npm is not installed", file=sys.stderr)
        yield False
        return
    with tempfile.TemporaryDirectory() as folder:
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "nodemailer"]
        if subprocess.run(words, check=False, capture_output=True).returncode:
            print("nodemailer is left out: npm could not install it", file=sys.stderr)
            yield False
            return
        os.environ["BENCH_NODE"] = folder
        yield True


def measure_cpu(letters: int, connections: int, rounds: int, *, quick: bool = False) -> dict[str, Figure]:
    """Every sender in turn, so many rounds; medians. `quick` leaves all but ours, aiosmtplib and smtp-source out."""
    octets = len(render_letter())
    with _node() if not quick else _nothing() as has_node, sinking() as port:
        names = [*OURS, "aiosmtplib, uvloop", "aiosmtplib, asyncio"]
        if not quick:
            names += ["digest-wire, uvloop", "digest-wire, asyncio", "threads", *(["nodemailer"] if has_node else [])]
        works: dict[str, Callable[[], Figure]] = {LIMIT: lambda: _run_source(port, letters, connections, octets)}
        works |= {name: lambda name=name: _run_client(name, port, letters, connections) for name in names}  # type: ignore[misc]
        found: dict[str, list[Figure]] = {name: [] for name in works}
        for number in range(rounds):
            for name, work in works.items():
                figure = work()
                least = figure if name == LIMIT else found[LIMIT][number]
                found[name].append(replace(figure, times=figure.cpu / least.cpu))
    return {name: _middle(figures) for name, figures in found.items()}


@contextmanager
def _nothing() -> Iterator[bool]:
    yield False


def measure_distance(letters: int, connections: int, milliseconds: float) -> dict[str, Figure]:
    """Over a line that takes so long each way: ours where PIPELINING is offered and where it is not, and aiosmtplib."""
    found = {}
    for offered in (True, False):
        with sinking(pipelining=offered) as sink, delaying(sink, milliseconds) as port:
            label = "pipelining" if offered else "no pipelining"
            found[f"digest, {label}"] = _run_client("digest, asyncio", port, letters, connections)
            if offered:
                found["aiosmtplib"] = _run_client("aiosmtplib, asyncio", port, letters, connections)
    return found


def _middle(figures: list[Figure]) -> Figure:
    cpu, rate = median(figure.cpu for figure in figures), median(figure.rate for figure in figures)
    return Figure(cpu, rate, max(figure.peak for figure in figures), median(figure.times for figure in figures))


def main(letters: int, connections: int, rounds: int, far_letters: int, milliseconds: float) -> None:
    """Measure and print."""
    print(f"{letters} letters of {len(render_letter()):,} octets, {connections} connections, medians of {rounds}\n")
    figures = measure_cpu(letters, connections, rounds)
    print(f"{'':24}{'CPU ms a letter':>16}{'x smtp-source':>15}{'letters/s':>11}{'MiB':>6}")
    for name, figure in figures.items():
        print(f"{name:24}{figure.cpu:16.3f}{figure.times:15.2f}{figure.rate:11.0f}{figure.peak or '':>6}")
    print(f"\n{far_letters} letters over a line of {milliseconds:g} ms each way")
    far = measure_distance(far_letters, connections, milliseconds)
    for name, figure in far.items():
        print(f"{name:24}{figure.rate:11.0f} letters/s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=5000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--far-letters", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=20.0, help="milliseconds each way")
    options = parser.parse_args()
    main(options.letters, options.connections, options.rounds, options.far_letters, options.delay)
