"""The pace as a sysadmin sets it, with a real relay and real processes: it holds, and what waits is said in words.

Where one sender is enough, commands run in this process, which spares each of them a second of loading.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from digest.cli import build_app

ROOT = Path(__file__).parent.parent.parent


class Taken(NamedTuple):
    """A letter that was taken: when, on which connection, for whom."""

    moment: float
    connection: int
    recipient: str


class Relay:
    """A scripted relay in a process of its own, which takes every letter."""

    def __init__(self, log: Path) -> None:
        self._log = log
        command = [sys.executable, str(ROOT / "tests" / "fakes" / "smtp_server.py"), "--log", str(log)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"smtp://127.0.0.1:{self.port}"

    def taken(self) -> list[Taken]:
        """Every letter that was taken."""
        events = [line.split() for line in self._log.read_text("utf-8").splitlines()]
        return [Taken(float(event[0]), int(event[2]), event[3]) for event in events if event[1] == "taken"]

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate()


@pytest.fixture
def start_relay(tmp_path: Path) -> Iterator[Callable[[], Relay]]:
    relays: list[Relay] = []

    def start() -> Relay:
        relays.append(Relay(tmp_path / f"relay-{len(relays)}.log"))
        return relays[-1]

    yield start
    for relay in relays:
        relay.end()


@pytest.fixture
def run(terminal) -> Callable[..., str]:  # type: ignore[no-untyped-def]
    """Runs `digest WORDS` at once; its exit status must be the expected one."""
    app = build_app()

    def run(*words: str, expect: int = 0) -> str:
        done = CliRunner().invoke(app, ["--site", str(terminal.folder), *words], env=terminal.variables)
        assert done.exit_code == expect, done.output
        return done.output

    return run


@pytest.fixture
def prepare(terminal, run: Callable[..., str]) -> Callable[..., str]:  # type: ignore[no-untyped-def]
    """Makes an approved edition for readers at so many domains, with these settings below [delivery] and for the list."""

    def make(readers: dict[str, int], delivery: str = "", of_list: str = "") -> str:
        settings = terminal.folder / "newsroom.toml"
        text = settings.read_text("utf-8").replace('rhythms = ["weekly"]\n', f'rhythms = ["weekly"]\n{of_list}\n')
        settings.write_text(f"{text}{delivery}", "utf-8")
        rows = [f"reader{number}@{domain}\n" for domain, count in readers.items() for number in range(count)]
        file = terminal.write("readers.csv", f"email\n{''.join(rows)}")
        terminal.item("one", "One story", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
        run("publish")
        run("subscribers", "import", str(file), "--list", "supporters", "--confirmed", "--evidence", "paper")
        name = run("edition", "prepare", "supporters").splitlines()[0]
        run("edition", "approve", name, "--as", "Ben")
        return name

    return make


def most_within(moments: list[float], seconds: float) -> int:
    """The most that happened in any span of so many seconds."""
    return max(sum(1 for other in moments if moment <= other < moment + seconds) for moment in moments)


def test_two_senders_together_keep_to_every_limit(terminal, start_relay, prepare) -> None:  # type: ignore[no-untyped-def]
    relay = start_relay()
    limits = (
        'per_second = 9\nletters_per_connection = 4\nconnections = 3\n[delivery.domains."slow.example"]\nper_second = 3\n'
    )
    name = prepare({"slow.example": 18, "quick.example": 30}, limits)
    terminal.variables["DIGEST_SMTP_URL"] = relay.url
    senders = [terminal.start("send", name) for _ in range(2)]
    ended = sorted(sender.wait(timeout=60) for sender in senders)
    assert ended in ([0, 0], [0, 5]), "one may end while the other has the last letters in hand; that one finishes"

    taken = relay.taken()
    assert set(Counter(letter.recipient for letter in taken).values()) == {1} and len(taken) == 48
    assert max(Counter(letter.connection for letter in taken).values()) <= 4
    slow = [letter.moment for letter in taken if letter.recipient.endswith("@slow.example")]
    assert slow[-1] - slow[0] >= 4, "eighteen at three a second"
    # counted by the second in which a letter is let go; it may arrive a moment later
    assert most_within(slow, 0.8) <= 2 * 3
    assert most_within([letter.moment for letter in taken], 0.8) <= 2 * 9
    assert most_within([letter.moment for letter in taken], 2.8) <= 4 * 9


def test_a_limit_for_an_hour_holds_over_a_restart_and_is_told(terminal, run, start_relay, prepare) -> None:  # type: ignore[no-untyped-def]
    relay = start_relay()
    name = prepare({"a.example": 6}, "connections = 2\nper_hour = 20\n")
    terminal.variables["DIGEST_SMTP_URL"] = relay.url
    printed = run("send", name, "--wait", "0 s", expect=5)
    run("send", name, "--wait", "0 s", expect=5)

    assert 1 <= len(relay.taken()) <= 2, "20 an hour are one in three minutes; two if a span has ended meanwhile"
    assert re.search(r"^[45] wait until .*; then: digest send ", printed, re.MULTILINE)
    reason = f"the relay 127.0.0.1:{relay.port} has had as many letters as it may for now; more leave from "
    assert reason in printed and reason in run("edition", "status", name)


def test_a_new_domain_sends_what_it_may_that_day_and_says_when_more_leaves(terminal, run, start_relay, prepare) -> None:  # type: ignore[no-untyped-def]
    relay = start_relay()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    warm_up = f'warm_up_plan = [5, 100]\n[delivery.warm_up]\n"newsroom.example.org" = {today}\n'
    name = prepare({"a.example": 4, "b.example": 4}, warm_up)
    terminal.variables["DIGEST_SMTP_URL"] = relay.url

    for _ in range(2):
        printed = run("send", name, expect=5)
        assert len(relay.taken()) == 5
        assert "3 wait until " in printed
        assert "newsroom.example.org is new: 5 letters may leave from it today, and have; more leave from " in printed
    assert "newsroom.example.org is new: 5 letters may leave" in run("edition", "status", name)


def test_quiet_hours_hold_an_edition_back_and_say_until_when(terminal, run, start_relay, prepare) -> None:  # type: ignore[no-untyped-def]
    relay = start_relay()
    now = datetime.now(ZoneInfo("Europe/London"))
    hours = f'quiet_hours = "{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"'
    name = prepare({"a.example": 3}, of_list=hours)
    terminal.variables["DIGEST_SMTP_URL"] = relay.url
    printed = run("send", name, expect=5)

    assert relay.taken() == []
    reason = f"quiet hours: nothing but what is urgent leaves before {now + timedelta(hours=2):%a %d %b %Y %H:%M}"
    assert reason in printed and reason in run("edition", "status", name)


def test_when_the_first_of_two_relays_is_away_the_second_sends_and_that_is_said(terminal, run, start_relay, prepare) -> None:  # type: ignore[no-untyped-def]
    relay = start_relay()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = nobody.getsockname()[1]
        name = prepare({"a.example": 5})
        terminal.variables["DIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{away}\n{relay.url}?connections=1"
        assert f"127.0.0.1:{away}, else 127.0.0.1:{relay.port}" in run("send", name, "--dry-run")
        printed = run("send", name)

    assert f"the relay 127.0.0.1:{away} cannot be reached: Connection refused; the next relay is tried" in printed
    assert f"{name} is finished" in printed
    assert {letter.connection for letter in relay.taken()} == {1} and len(relay.taken()) == 5
