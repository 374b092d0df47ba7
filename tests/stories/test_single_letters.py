"""Single letters from the desk to the person: by a running server or by hand, at most once, and forgotten by us."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from digest.work.catcher import Catcher, catching

TO = "canary@daily.example"


class Silent(Catcher):
    """A catcher that takes a letter and, once told to, never says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.answers = threading.Event()
        self.taken = threading.Event()
        self.answers.set()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        said = await super().handle_DATA(server, session, envelope)
        self.taken.set()
        if not self.answers.is_set():
            await asyncio.sleep(3600)
        return said

    @property
    def letters(self) -> list[EmailMessage]:
        """What was taken, in order."""
        found = (path.read_bytes() for path in sorted(self.folder.glob("*.eml")))
        return [email.message_from_bytes(data, policy=email.policy.default) for data in found]  # type: ignore[misc]


@pytest.fixture
def catcher(terminal: Any, tmp_path: Path) -> Iterator[Silent]:
    """The relay of the terminal's site."""
    with catching(tmp_path / "caught", Silent) as running:
        assert isinstance(running, Silent)
        terminal.variables["DIGEST_SMTP_URL"] = running.url
        yield running


def _rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "var" / "digest.db")) as connection, connection:
        return connection.execute(query).fetchall()


def _link(letter: EmailMessage) -> str:
    text = letter.get_body(("plain",))
    assert text is not None
    found = re.search(r"http\S+/press/[a-z2-7]{52}\.atom(?=\s)", text.get_content())
    assert found is not None
    return found[0]


def _is_forgotten(folder: Path) -> bool:
    """Whether no address and no link is left of any letter."""
    return all(row == (None, None) for row in _rows(folder, "SELECT sealed, link FROM letter"))


def _wait(until: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def test_accredited_press_gets_a_feed_by_mail_while_the_server_runs(terminal: Any, server: Any, catcher: Silent) -> None:
    terminal.item("late", "Not before its moment", "2026-01-02", embargo="2099-01-01T00:00:00+00:00")
    server.start()

    printed = terminal.run("press", "add", "Example Daily", "--to", TO, "--as", "Ada")
    _wait(lambda: catcher.letters)
    (letter,) = catcher.letters
    answer = server.ask(_link(letter))

    assert (letter["To"], letter["Auto-Submitted"]) == (TO, "auto-generated")
    assert answer.status == 200
    assert "Not before its moment" in answer.text and "EMBARGOED" in answer.text
    _wait(lambda: "letter sent" in terminal.run("press", "list"))
    assert not any("canary" in line for line in server.end())
    assert _is_forgotten(terminal.folder)
    assert "canary" not in printed and "/press/" not in printed
    assert "canary" not in terminal.run("journal")
    for path in terminal.folder.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes(), path


def test_a_letter_waits_for_send_and_leaves_once(terminal: Any, catcher: Silent) -> None:
    terminal.run("publish")
    terminal.run("press", "add", "Example Daily", "--to", TO)
    assert catcher.letters == []

    assert "single letters: 1 sent" in terminal.run("send")
    assert "Nothing waits to be sent." in terminal.run("send")

    assert len(catcher.letters) == 1
    assert _is_forgotten(terminal.folder)


def test_a_letter_whose_answer_is_lost_with_the_sender_is_not_sent_again(terminal: Any, catcher: Silent) -> None:
    """A second copy of a link would only be a nuisance; whoever misses the first can ask for another feed."""
    terminal.run("publish")
    terminal.run("press", "add", "Example Daily", "--to", TO)
    catcher.answers.clear()
    sender = terminal.start("send")
    assert catcher.taken.wait(60)
    sender.send_signal(signal.SIGKILL)
    sender.wait()
    catcher.answers.set()

    terminal.run("send", expect=None)
    terminal.run("send", expect=None)

    assert len(catcher.letters) == 1
    assert _rows(terminal.folder, "SELECT state, unknown_count FROM delivery") == [("failed", 1)]
    assert _is_forgotten(terminal.folder)
    assert re.search(r"open +letter failed", terminal.run("press", "list"))


def test_a_feed_that_was_revoked_meanwhile_is_not_mailed(terminal: Any, catcher: Silent) -> None:
    terminal.run("publish")
    terminal.run("press", "add", "Example Daily", "--to", TO)
    terminal.run("press", "revoke", "Example Daily")

    terminal.run("send")

    assert catcher.letters == []
    assert _is_forgotten(terminal.folder)


def test_who_asked_never_to_be_mailed_gets_nothing(terminal: Any, catcher: Silent) -> None:
    terminal.run("publish")
    terminal.run("press", "add", "Example Daily", "--to", TO)
    _rows(terminal.folder, "INSERT INTO suppression SELECT address_hash, 'asked', 0 FROM letter")

    assert "1 suppressed" in terminal.run("send")

    assert catcher.letters == []
    assert _is_forgotten(terminal.folder)
