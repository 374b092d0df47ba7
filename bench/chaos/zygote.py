"""Forks senders by order: one that has imported everything begins within milliseconds, like a service that is restarted.

Orders come on standard input, one JSON object a line: to begin, or a signal for one that has begun. On standard output go
lines `PID WORD…`: `began NAME`, `place N`, `sending`, and `ended STATUS` when a sender is over, whoever ended it (negative:
the signal). It ends with its input, and takes its children along.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sys
import traceback
from typing import Any, NoReturn

from bench.chaos.fleet import BROKEN
from bench.chaos.variants import VARIANTS, killable_sender


def main() -> None:
    """Fork, and say who ended, until the input ends."""
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    living: set[int] = set()
    waiting = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            living -= set(_report_dead(living))
        if 0 in ready:
            came = os.read(0, 65536)
            if not came:
                break
            *lines, waiting = (waiting + came).split(b"\n")
            for line in lines:
                _obey(json.loads(line), living, (woken, wake))
    for child in living:
        os.kill(child, signal.SIGKILL)


def _obey(order: dict[str, Any], living: set[int], mine: tuple[int, int]) -> None:
    """Fork a sender, or pass a signal on: only their parent knows for sure that a number is still theirs."""
    if "signal" not in order:
        living.add(_fork(order, mine))
    elif order["process"] in living:
        os.kill(order["process"], order["signal"])


def _report_dead(living: set[int]) -> list[int]:
    dead = []
    for child in living:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            _say(child, f"ended {os.waitstatus_to_exitcode(status)}")
            dead.append(child)
    return dead


def _fork(order: dict[str, Any], mine: tuple[int, int]) -> int:
    child = os.fork()
    if not child:
        _begin(order, mine)
    return child


def _begin(order: dict[str, Any], mine: tuple[int, int]) -> NoReturn:
    _say(os.getpid(), f"began {order['name']}")
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for handle in mine:
        os.close(handle)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _work(order)


def _work(order: dict[str, Any]) -> NoReturn:
    status = BROKEN
    try:
        variant = VARIANTS[order["variant"]]
        variant.prepare()
        orders = killable_sender.Orders(**order["orders"])
        work = killable_sender.send(orders, lambda word: _say(os.getpid(), word), variant.compose, variant.change)
        status = _run(work, uses_uvloop=orders.uvloop)
    except Exception:  # noqa: BLE001 (the harness shows what broke and goes on)
        traceback.print_exc()
    finally:
        os._exit(status)


def _run(work: Any, *, uses_uvloop: bool) -> int:
    if uses_uvloop:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return int(runner.run(work))
    return int(asyncio.run(work))


def _say(process: int, words: str) -> None:
    os.write(1, f"{process} {words}\n".encode())


if __name__ == "__main__":
    sys.stdout.flush()
    main()
