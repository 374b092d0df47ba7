"""A copied or restored site, with real processes: it stands still and says so, until staff let it go on."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from digest.work.catcher import Catcher, catching

PRESS = """
[lists.press]
title = "Press"
sender = "Test Newsroom <press@newsroom.example.org>"
rhythms = ["at-once"]
at_once = "all"
approval = "standing"
"""
WEEKLY = 'rhythms = ["weekly"]\nschedule.weekly = "Fri 09:00"'
EVIDENCE = ("--confirmed", "--evidence", "paper", "--since", "2026-03-01")
NOW, SLOT = "2026-03-19T09:00:00+00:00", "2026-03-20T09:00:00+00:00"
NAME = "2026-w12-supporters"
STILL = "stands still"
READERS = 30


class Mailbox(Catcher):
    """Keeps in memory to whom which message came; each letter takes `seconds` to be taken."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.letters: list[tuple[str, str]] = []
        self.seconds = 0.0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        found = re.search(rb"^Message-ID:\s+(\S+)", bytes(envelope.original_content), re.MULTILINE)
        assert found
        self.letters.append((envelope.rcpt_tos[0], found[1].decode()))
        await asyncio.sleep(self.seconds)
        return "250 2.0.0 Kept"

    @property
    def readers(self) -> Counter[str]:
        """How many letters each reader got."""
        return Counter(reader for reader, _ in self.letters)


@pytest.fixture
def mailbox(tmp_path: Path, terminal: Any) -> Iterator[Mailbox]:
    with catching(tmp_path / "caught", Mailbox) as running:
        assert isinstance(running, Mailbox)
        terminal.variables["DIGEST_SMTP_URL"] = running.url
        yield running


@pytest.fixture
def newsroom(terminal: Any, mailbox: Mailbox, at: Callable[[str], None]) -> Any:
    """A person at a site with thirty supporters and an approved edition that nobody has sent."""
    at(NOW)
    settings = terminal.folder / "newsroom.toml"
    settings.write_text(settings.read_text("utf-8").replace('rhythms = ["weekly"]', WEEKLY) + PRESS, "utf-8")
    terminal.item("old", "Old news", "2026-03-16")
    terminal.run("publish")
    _import(terminal, "supporters", READERS)
    terminal.run("edition", "prepare", "supporters")
    terminal.run("edition", "approve", NAME, "--as", "Ada")
    return terminal


@pytest.fixture
def copy(newsroom: Any) -> Any:
    """A person at a copy of that site as it is then."""
    folder = newsroom.folder.with_name("copy")

    def make() -> Any:
        shutil.copytree(newsroom.folder, folder)
        return type(newsroom)(folder, newsroom.variables)

    return make


@pytest.fixture
def serving(server: Any) -> Iterator[Callable[[Any], Any]]:
    """Starts the real server for a person's site; at the end of the test it must end well."""
    started = []

    def start(person: Any) -> Any:
        made = type(server)(person)
        made.listen_on_its_own_port()
        made.start(publishes=False)
        started.append(made)
        return made

    yield start
    for one in started:
        one.close()


def _wait_for(happens: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def _import(person: Any, name: str, number: int) -> None:
    rows = "".join(f"{name}{index}@example.org\n" for index in range(number))
    person.write("readers.csv", f"email\n{rows}")
    person.run("subscribers", "import", "readers.csv", "--list", name, *EVIDENCE)


def _begin_and_stop(newsroom: Any, mailbox: Mailbox) -> None:
    """Send a part of the edition."""
    mailbox.seconds = 0.3
    sender = newsroom.start("send", NAME)
    _wait_for(lambda: len(mailbox.letters) >= 3)
    sender.send_signal(signal.SIGTERM)
    assert sender.wait(60) == 5
    mailbox.seconds = 0.0
    assert 3 <= len(mailbox.letters) < READERS


def _refuses(person: Any, *words: str) -> None:
    printed = person.run(*words, expect=1)
    assert STILL in printed and "digest fence status" in printed and "digest fence lift" in printed


def _everybody(each: int) -> dict[str, int]:
    return {f"supporters{index}@example.org": each for index in range(READERS)}


def test_a_copy_sends_nothing_of_what_the_first_site_sends(newsroom, mailbox, copy, serving):
    _import(newsroom, "press", 2)
    newsroom.run("lists", "approve", "press", "--as", "Ada")
    _begin_and_stop(newsroom, mailbox)
    second = copy()
    before = len(mailbox.letters)

    _refuses(second, "send")
    _refuses(second, "send", NAME)
    second.item("plan", "The plan", "2026-03-19")
    published = second.run("publish")
    assert "released: The plan" in published
    assert STILL in published and "nothing is sent at once" in published
    server = serving(second)
    status = second.run("fence", "status", expect=4)
    assert f"letters of {NAME}" in status and "copied" in status
    time.sleep(2)
    assert len(mailbox.letters) == before

    assert "finished" in newsroom.run("send"), "the first site is not concerned"
    assert mailbox.readers == _everybody(1)

    second.run("edition", "cancel", NAME, "--as", "Ben")
    assert "The fence is lifted" in second.run("fence", "lift", "--as", "Ben")
    _wait_for(lambda: mailbox.readers == _everybody(1) | {"press0@example.org": 1, "press1@example.org": 1})
    lines = server.end()
    assert len([line for line in lines if STILL in line and "nothing is sent" in line]) == 1
    assert any(line.startswith("2026-03-19-press-at-once-1: ") for line in lines)
    assert re.search(r" Ben +fence lifted ", second.run("journal"))


def test_a_copy_of_a_site_that_never_sent_stands_still_and_its_schedule_too(newsroom, mailbox, at, copy, serving):
    second = copy()
    at(SLOT)
    _refuses(second, "send", NAME)
    server = serving(second)
    time.sleep(2)
    assert mailbox.letters == []
    lines = server.end()
    assert len(lines) == 2 and all(STILL in line for line in lines), "the schedule says so, and the sender"
    assert "approved" in second.run("edition", "list")

    server = serving(newsroom)
    _wait_for(lambda: mailbox.readers == _everybody(1))
    assert server.end()[0] == f"{NAME} is being sent to {READERS} readers"


def test_a_restored_database_sends_nothing_until_staff_have_decided(newsroom, mailbox, tmp_path, serving):
    _begin_and_stop(newsroom, mailbox)
    known = len(mailbox.letters)
    file = newsroom.folder / "var" / "digest.db"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(tmp_path / "backup.db")) as target:
        source.backup(target)
    assert "finished" in newsroom.run("send")
    with closing(sqlite3.connect(tmp_path / "backup.db")) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)

    _refuses(newsroom, "send")
    server = serving(newsroom)
    time.sleep(2)
    assert mailbox.readers == _everybody(1), "it does not know who got a letter, and sends none"
    assert "was restored" in newsroom.run("fence", "status", expect=4)

    newsroom.run("fence", "lift", "--as", "Ada")
    _wait_for(lambda: len(mailbox.letters) == 2 * READERS - known)
    server.end()
    assert set(mailbox.readers) == set(_everybody(1))
    assert len(set(mailbox.letters)) == READERS, "a second copy has the Message-ID of the first"
