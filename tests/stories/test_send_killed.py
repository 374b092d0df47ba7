"""`digest send` is killed ten times at random moments: everybody is mailed, and no second copy is one we do not know of."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.work.catcher import Catcher, catching

READERS, KILLS = 500, 10


class SlowCatcher(Catcher):
    """Takes its time before it keeps a letter, and again before it says so: a kill can fall on either side."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        await asyncio.sleep(random.uniform(0, 0.1))
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(random.uniform(0, 0.1))
        return answer


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with catching(tmp_path / "caught", SlowCatcher) as running:
        yield running


def _caught(catcher: Catcher) -> dict[str, list[bytes]]:
    """All letters by their Message-ID."""
    found: dict[str, list[bytes]] = {}
    for path in catcher.folder.glob("*.eml"):
        data = path.read_bytes()
        name = re.search(rb"^Message-ID: (\S+)", data, re.MULTILINE)
        assert name
        found.setdefault(name[1].decode(), []).append(data)
    return found


def _kill_in_mid_send(terminal, catcher: Catcher, name: str) -> bool:  # type: ignore[no-untyped-def]
    """Start a sender, let it deliver for a moment, kill it; whether it was still at work."""
    before = catcher.caught_count
    sender = terminal.start("send", name)
    deadline = time.monotonic() + 60
    while catcher.caught_count == before and sender.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.6))
    at_work = sender.poll() is None
    sender.kill()
    sender.wait()
    return bool(at_work)


def test_ten_kills(terminal, catcher: Catcher) -> None:  # type: ignore[no-untyped-def]
    terminal.variables |= {"DIGEST_SMTP_URL": catcher.url, "DIGEST_NOW": "2026-03-06T09:00:00+00:00"}
    terminal.item("one", "One story", "2026-03-05")
    terminal.run("publish")
    rows = "".join(f"reader{number}@example.org,{'ukraine' if number % 2 else ''}\n" for number in range(READERS))
    terminal.write("readers.csv", f"email,topics\n{rows}")
    evidence = ("--confirmed", "--evidence", "paper", "--since", "2026-03-01")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *evidence)
    name = terminal.run("edition", "prepare", "supporters").splitlines()[0]
    terminal.run("edition", "approve", name, "--as", "Ben")

    kills = sum(_kill_in_mid_send(terminal, catcher, name) for _ in range(KILLS))
    assert kills >= KILLS // 2, "the sender was hardly ever at work when it was to be killed"
    printed = terminal.run("send", name, expect=None)
    held = [line.split()[0] for line in terminal.run("deliveries", "held", name).splitlines() if "@example.org" in line]
    if held:
        assert "held" in printed
        terminal.run("deliveries", "decide", *held, "--again", "--as", "Ben")
        terminal.run("send", name)

    letters = _caught(catcher)
    with sqlite3.connect(terminal.folder / "var" / "digest.db") as database:
        counts = dict(database.execute("SELECT state, count(*) FROM delivery GROUP BY state"))
        doubts = database.execute("SELECT count(*) FROM delivery WHERE unknown_count > 0").fetchone()[0]
        state, audience = database.execute("SELECT state, audience_count FROM edition").fetchone()
    database.close()
    twice = Counter({name: len(copies) for name, copies in letters.items() if len(copies) > 1})
    assert (state, audience, counts) == ("finished", READERS, {"sent": READERS})
    assert len(letters) == READERS, "somebody was missed"
    assert len(twice) <= doubts, "somebody was mailed twice unknowingly"
    assert all(len(set(copies)) == 1 for copies in letters.values()), "a second copy was not the same bytes"
    assert max(twice.values(), default=1) <= 2 + bool(held)
    assert "finished" in terminal.run("send", name)
    assert len(_caught(catcher)) == READERS
