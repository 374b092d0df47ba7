"""The senders of a run as the harness sees them: who lives, at which place, and how each one ended."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from bench.chaos.variants import killable_sender
from digest.errors import Status

__all__ = ["BROKEN", "Fleet", "Running"]

BROKEN = 70
"""The exit status of a sender that raised an error, whatever it was."""

_ORDERLY = tuple(Status)


@dataclass(eq=False)
class Running:
    """One sender. Moments are seconds since 1970; `status` is its exit status, negative when a signal ended it.

    `process` is 0 until it has begun; `place` is its number among the senders, None until it has one.
    """

    name: str
    process: int = 0
    began_at: float = 0.0
    place: int | None = None
    placed_at: float | None = None
    sending: bool = False
    ended_at: float | None = None
    status: int | None = None
    killed_at: float | None = None
    standing: bool = False

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as is known."""
        return self.status is None and self.killed_at is None

    @property
    def died(self) -> bool:
        """Whether it was killed or broke, so that it may have left something in flight."""
        return self.killed_at is not None or self.status not in (None, *_ORDERLY)


@dataclass
class Fleet:
    """Use as `with Fleet() as fleet:`; nothing of it outlives the block. Call `look` often.

    `everybody` are all senders that ever were, in the order of their beginning; `missed` counts kills that came too late.
    """

    everybody: list[Running] = field(default_factory=list)
    missed: int = 0

    def __enter__(self) -> Fleet:
        command = [sys.executable, "-m", "bench.chaos.zygote"]
        self._zygote = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._alive: list[Running] = []
        self._by_process: dict[int, Running] = {}
        self._timers: dict[Running, threading.Timer] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._zygote.communicate()  # it takes its children along
        self._reader.join()

    def start(self, orders: killable_sender.Orders, variant: str = "") -> Running:
        """Order a sender; it begins within milliseconds."""
        running = Running(f"sender-{len(self.everybody) + 1}")
        self.everybody.append(running)
        self._alive.append(running)
        self._order({"name": running.name, "variant": variant, "orders": asdict(orders)})
        return running

    def living(self) -> list[Running]:
        """Those that have not ended and were not killed, also those that are about to begin."""
        self._alive = [running for running in self._alive if running.alive]
        return self._alive

    def kill(self, running: Running) -> None:
        """SIGKILL."""
        running.killed_at = time.time()
        self._signal(running, signal.SIGKILL)

    def ask_to_end(self, running: Running) -> None:
        """SIGTERM."""
        self._signal(running, signal.SIGTERM)

    def stop(self, running: Running, seconds: float) -> None:
        """SIGSTOP; it goes on after so many seconds, even if its stop holds up whoever stopped it."""
        running.standing = True
        self._signal(running, signal.SIGSTOP)
        timer = self._timers[running] = threading.Timer(seconds, self._let_go_on, (running,))
        timer.daemon = True
        timer.start()

    def go_on(self, running: Running) -> None:
        """SIGCONT for one that was stopped, before its time."""
        self._timers.pop(running).cancel()
        self._let_go_on(running)

    def look(self, wait: float = 0.0) -> None:
        """Take in what was said, waiting so many seconds for a word."""
        try:
            line = self._said.get(timeout=wait) if wait > 0 else self._said.get_nowait()
            while True:
                self._hear(line)
                line = self._said.get_nowait()
        except queue.Empty:
            return

    def wait(self, reached: Callable[[], object] | None = None, seconds: float = 60.0) -> None:
        """Wait until something is reached; without it, until all have ended."""
        until = time.monotonic() + seconds
        while not (reached() if reached else not self._by_process and not self.living()):
            self.look(wait=0.05)
            if time.monotonic() > until or self._zygote.poll() is not None:
                raise RuntimeError(f"the senders did not come so far within {seconds:.0f} s")

    def _let_go_on(self, running: Running) -> None:
        running.standing = False
        with contextlib.suppress(OSError, ValueError):  # all may be over
            self._signal(running, signal.SIGCONT)

    def _signal(self, running: Running, number: signal.Signals) -> None:
        self._order({"process": running.process, "signal": number.value})

    def _order(self, order: Mapping[str, object]) -> None:
        assert self._zygote.stdin is not None
        with self._lock:
            self._zygote.stdin.write(json.dumps(order).encode() + b"\n")
            self._zygote.stdin.flush()

    def _hear(self, line: bytes) -> None:
        process, word, *rest = line.decode().split()
        number = int(process)
        if word == "began":
            running = self.everybody[int(rest[0].partition("-")[2]) - 1]
            running.process, running.began_at = number, time.time()
            self._by_process[number] = running
            return
        running = self._by_process[number]
        if word == "place":
            running.place, running.placed_at = int(rest[0]), time.time()
        elif word == "sending":
            running.sending = True
        else:
            running.status, running.ended_at = int(rest[0]), time.time()
            if running.status != -signal.SIGKILL and running.killed_at is not None:
                running.killed_at = None  # it had ended before
                self.missed += 1
            del self._by_process[number]

    def _read(self) -> None:
        assert self._zygote.stdout is not None
        for line in self._zygote.stdout:
            self._said.put(line)
