"""A scripted relay in a process of its own, and its log as it grows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from smtp_words import Event, read_events

from bench.chaos import FAKES

__all__ = ["Event", "Relay"]


class Relay:
    """Use as `with Relay(log, preset, seed) as relay:`; it can be killed and comes back on the same port.

    `downs` are the moments (seconds since 1970) at which it was dead.
    """

    def __init__(self, log: Path, preset: str, seed: int) -> None:
        self._log = log
        self._command = [sys.executable, str(FAKES / "smtp_server.py"), "--log", str(log), "--preset", preset]
        self._seed = seed
        self._read_count = 0
        self._accepted = 0
        self._rest = b""
        self.port = 0
        self.downs: list[float] = []
        log.touch()

    def __enter__(self) -> Relay:
        self._handle = self._log.open("rb", buffering=0)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._handle.close()

    @property
    def accepted_count(self) -> int:
        """How many letters it has taken by now."""
        lines = self._rest + self._handle.read()
        whole, end, self._rest = lines.rpartition(b"\n")
        self._accepted += (whole + end).count(b" taken ")
        return self._accepted

    def kill(self, seconds: float) -> None:
        """Kill it with all its connections; it is back after so many seconds."""
        self._stop()
        self.downs.append(time.time())
        time.sleep(seconds)
        self._seed += 1
        self._start()

    def events(self) -> list[Event]:
        """All that happened, as far as the kernel heard of it."""
        return read_events(self._log.read_text().splitlines())

    def _start(self) -> None:
        command = [*self._command, "--seed", str(self._seed), "--port", str(self.port)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONHASHSEED": "0"}
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def _stop(self) -> None:
        self._process.kill()
        self._process.communicate()
