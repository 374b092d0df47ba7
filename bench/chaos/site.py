"""The same with all that is real: a site made by its commands, sealed addresses, and `digest send` killed again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.chaos.audit import watch
from bench.chaos.fleet import Running
from bench.chaos.havoc import Run
from bench.chaos.reading import read_evidence
from bench.chaos.relay import Relay
from digest.clock import real_now
from digest.desk.workplace import Workplace
from digest.settings import open_site
from digest.store.editions import read_edition
from digest.store.readers import leave

__all__ = ["play"]

_CONNECTIONS = 8
_SETTINGS = f"""
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
language = "en"
zone = "Europe/London"
base_url = "http://127.0.0.1:8099"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"

[topics.ukraine]
title = "Ukraine"

[topics.russia]
title = "Russia"

[kinds.press-release]
title = "Press release"

[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@newsroom.example.org>"
rhythms = ["weekly"]

[delivery]
retry_after = "1 s"
connections = {_CONNECTIONS}
"""
_ITEM = """---
title: One story
date: 2026-03-05
kind: press-release
topics: [ukraine]
---
Words of the item.
"""
_EVIDENCE = ("--confirmed", "--evidence", "paper", "--since", "2026-03-01")


@dataclass
class _Site:
    """A site in a folder, and its senders."""

    folder: Path
    variables: dict[str, str]
    senders: list[Running] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def digest(self, *words: str) -> str:
        """Run a command; what it printed."""
        done = subprocess.run(self._command(*words), capture_output=True, text=True, env=self._environment(), check=False)
        if done.returncode:
            raise RuntimeError(f"digest {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *words: str) -> None:
        """Start a sender."""
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(self._command(*words), stdout=quiet, stderr=quiet, env=self._environment())
        self.processes.append(process)
        self.senders.append(Running(f"sender-{len(self.senders) + 1}", process.pid, time.time()))

    def look(self) -> list[int]:
        """Which senders live, by their number; those that ended are put down."""
        living = []
        for number, (process, running) in enumerate(zip(self.processes, self.senders, strict=True)):
            if running.status is None and (status := process.poll()) is not None:
                running.status, running.ended_at = status, time.time()
            elif running.status is None:
                living.append(number)
        return living

    def kill(self, number: int) -> None:
        """SIGKILL."""
        running = self.senders[number]
        running.killed_at = time.time()
        self.processes[number].kill()
        running.status, running.ended_at = self.processes[number].wait(), time.time()

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "digest", "--site", str(self.folder), *words]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}


def play(folder: Path, readers: int, kills: int, *, seed: int = 1, tell: Callable[[str], None] = lambda _line: None) -> Run:
    """Senders of a real site are killed at random moments, two or three at once; readers leave meanwhile."""
    draw = random.Random(seed)
    began = time.monotonic()
    with Relay(folder / "relay.log", "nasty", seed) as relay:
        site = _Site(folder / "site", {"DIGEST_SMTP_URL": f"smtp://127.0.0.1:{relay.port}"})
        edition = _prepare(site, readers)
        blows = _Havoc(site, edition, relay, readers, kills, draw, tell).run()
        sealer = _open_place(site).sealer
        file = site.folder / "var" / "digest.db"
        evidence = read_evidence(
            file, relay.events(), senders=site.senders, connections=_CONNECTIONS, unseal=sealer.unseal, compose=None
        )
    return Run(evidence, time.monotonic() - began, blows)


def _prepare(site: _Site, readers: int) -> str:
    (site.folder / "items").mkdir(parents=True)
    (site.folder / "newsroom.toml").write_text(_SETTINGS)
    (site.folder / "items" / "one.md").write_text(_ITEM)
    rows = "".join(f"reader-{number}@domain-{number % 20}.example,\n" for number in range(readers))
    (site.folder / "readers.csv").write_text(f"email,topics\n{rows}")
    then = {"DIGEST_NOW": "2026-03-06T09:00:00+00:00"}
    site.variables |= then
    site.digest("publish")
    site.digest("subscribers", "import", str(site.folder / "readers.csv"), "--list", "supporters", *_EVIDENCE)
    edition = site.digest("edition", "prepare", "supporters").splitlines()[0]
    site.digest("edition", "approve", edition, "--as", "Ben")
    watch(site.folder / "var" / "digest.db")
    return edition


def _open_place(site: _Site) -> Workplace:
    return Workplace(open_site(site.folder), real_now())


class _Havoc:
    """Kills and leavings at random moments until the edition is finished."""

    def __init__(
        self,
        site: _Site,
        edition: str,
        relay: Relay,
        readers: int,
        kills: int,
        draw: random.Random,
        tell: Callable[[str], None],
    ) -> None:
        self._site, self._edition, self._relay, self._readers = site, edition, relay, readers
        self._kills, self._draw, self._tell = kills, draw, tell
        self._place = _open_place(site)
        self._blows: Counter[str] = Counter()

    def run(self) -> Counter[str]:
        for number in range(self._kills):
            self._keep_up(self._draw.randint(1, 3))
            self._wait_for_letters(1 + self._readers // self._kills // 2)
            living = self._site.look()
            if living:
                self._site.kill(self._draw.choice(living))
                self._blows["kills"] += 1
            self._leave()
            if number % 10 == 9:
                self._tell(f"{self._relay.accepted_count:,} letters taken, {number + 1} kills")
        until = time.monotonic() + 300
        while self._read_state() != "finished" and time.monotonic() < until:
            self._keep_up(2)
            time.sleep(0.1)
        for process in self._site.processes:
            process.wait(timeout=120)
        self._site.look()
        return self._blows

    def _keep_up(self, wanted: int) -> None:
        for _ in range(wanted - len(self._site.look())):
            self._site.start("send", self._edition)

    def _wait_for_letters(self, count: int) -> None:
        """Until so many more letters were taken, or nobody is at work any more, and then a moment longer."""
        goal, until = self._relay.accepted_count + count, time.monotonic() + 10
        while self._relay.accepted_count < goal and time.monotonic() < until and self._site.look():
            time.sleep(0.002)
        time.sleep(self._draw.uniform(0, 0.05))

    def _leave(self) -> None:
        with self._place.store.writing() as connection:
            leave(connection, self._draw.randint(1, self._readers), datetime.now(UTC))
        self._blows["leavings"] += 1

    def _read_state(self) -> str:
        with self._place.store.reading() as connection:
            return read_edition(connection, self._edition).state
