"""Three weeks by the clock: the server prepares, asks and sends; people only write, publish and approve."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.desk.workplace import open_workplace
from digest.settings import open_site
from digest.work import scheduled
from digest.work.catcher import Catcher, catching
from digest.work.scheduled import Scheduler
from digest.work.sending import send_all

READERS = "email,topics\nolena@example.org,ukraine\nivan@example.org,russia\n"
EVIDENCE = ("--confirmed", "--evidence", "paper forms", "--since", "2026-03-01")
FIRST, SECOND, THIRD = "2026-w12-supporters", "2026-w13-supporters", "2026-w14-supporters"


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with catching(tmp_path / "caught") as running:
        yield running


class Office:
    """A newsroom in London with a server that follows its schedule; nobody types `digest send ID`."""

    def __init__(self, terminal, at, catcher: Catcher, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
        self.terminal, self._at, self.catcher, self._monkeypatch = terminal, at, catcher, monkeypatch
        self.lines: list[str] = []
        self.read = 0
        terminal.variables["DIGEST_SMTP_URL"] = catcher.url
        settings = terminal.folder / "newsroom.toml"
        text = settings.read_text("utf-8").replace(
            'rhythms = ["weekly"]',
            'rhythms = ["weekly"]\nschedule.weekly = "Fri 09:00"\napprovers = ["Ada Example <ada@example.org>"]',
        )
        settings.write_text(text, "utf-8")
        self.start()

    def start(self) -> None:
        """The server, begun anew."""
        self.site = open_site(self.terminal.folder, self.terminal.variables)
        self.scheduler = Scheduler(lambda: self.site, self.lines.append)

    def now(self, text: str) -> None:
        """The clock, for all."""
        self._at(f"{text}:00+00:00")
        self._monkeypatch.setattr(scheduled.clock, "now", lambda: datetime.fromisoformat(f"{text}:00+00:00"))

    def serve(self, text: str) -> dict[str, str]:
        """What the server does at that moment; the new letters as the sender beside it delivers them, by who gets them."""
        self.now(text)
        self.scheduler.step()
        with open_workplace(self.site) as place:
            send_all(place)
        letters = {}
        for path in sorted(self.catcher.folder.glob("*.eml"))[self.read :]:
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            part = message.get_body(("plain",))
            assert part is not None
            letters[str(message["To"]).partition("@")[0]] = f"{message['Subject']}\n{part.get_content()}"
            self.read += 1
        return letters

    def release(self, text: str, name: str, title: str, topic: str = "ukraine") -> None:
        self.now(text)
        self.terminal.item(name, title, text[:10], topic)
        self.terminal.run("publish")

    def approve(self, text: str, name: str) -> str:
        self.now(text)
        return self.terminal.run("edition", "approve", name, "--as", "Ada")


@pytest.fixture
def office(terminal, at: Callable[[str], None], catcher: Catcher, monkeypatch: pytest.MonkeyPatch) -> Office:  # type: ignore[no-untyped-def]
    office = Office(terminal, at, catcher, monkeypatch)
    office.release("2026-03-16T09:00", "monday", "Monday in Kharkiv")
    terminal.write("readers.csv", READERS)
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *EVIDENCE)
    return office


def test_three_weeks_with_an_outage_a_late_approval_and_another_hour(office: Office) -> None:
    # The first week goes as it should. Somebody publishes after the approval, which changes nothing but is told.
    (asked,) = office.serve("2026-03-19T09:00").items()
    assert asked[0] == "ada"
    assert f"digest edition approve {FIRST}" in asked[1] and "Monday in Kharkiv" in asked[1]
    assert "Friday 20 March 2026, 09:00 (Europe/London)" in asked[1]
    printed = office.approve("2026-03-19T12:00", FIRST)
    assert f"A running digest serve sends it Fri 20 Mar 2026 09:00 GMT. To send it yourself: digest send {FIRST}" in printed
    office.release("2026-03-19T15:00", "thursday", "Thursday in Moscow", "russia")
    told = office.serve("2026-03-19T15:01")
    assert told.keys() == {"ada"} and "Thursday in Moscow" in told["ada"]
    assert office.serve("2026-03-20T08:59") == {}
    sent = office.serve("2026-03-20T09:00")
    assert sent.keys() == {"olena"} and "Monday in Kharkiv" in sent["olena"]
    assert office.serve("2026-03-21T12:00") == {}

    # In the second week the server is down from Thursday night to Saturday morning: what was approved leaves late.
    asked_again = office.serve("2026-03-26T09:00")
    assert "Thursday in Moscow" in asked_again["ada"]
    office.release("2026-03-26T11:00", "news", "News of Thursday")
    assert office.serve("2026-03-26T11:01") == {}, "the draft has moved on, and nobody is asked twice"
    office.approve("2026-03-26T16:00", SECOND)
    office.start()
    late = office.serve("2026-03-28T08:30")
    assert late.keys() == {"olena", "ivan"}
    assert "News of Thursday" in late["olena"] and "Thursday in Moscow" in late["ivan"]
    assert office.lines[-1] == f"{SECOND} is being sent to 2 readers, late: its moment was Fri 27 Mar 2026 09:00"

    # On Sunday the clocks go forward, so nine in London is eight in UTC. In the third week the approval comes late.
    office.release("2026-03-30T10:00", "april", "The last of March")
    assert office.serve("2026-04-02T07:59") == {}
    assert office.serve("2026-04-02T08:00").keys() == {"ada"}
    warned = office.serve("2026-04-03T08:00")
    assert warned.keys() == {"ada"} and "Not sent" in warned["ada"]
    assert "sends it now" in office.approve("2026-04-03T09:30", THIRD)
    assert office.serve("2026-04-03T09:31").keys() == {"olena"}

    # The fourth week has nothing to carry to anyone: nobody is asked, nothing leaves, nothing is made.
    for text in ("2026-04-09T08:00", "2026-04-10T08:00", "2026-04-11T08:00"):
        assert office.serve(text) == {}
    listed = office.terminal.run("edition", "list")
    assert [line.split()[:2] for line in listed.splitlines()] == [
        [FIRST, "finished"], [SECOND, "finished"], [THIRD, "finished"],
    ]  # fmt: skip
    assert "begun        Fri 03 Apr 2026 10:31 BST" in office.terminal.run("edition", "status", THIRD)
    journal = office.terminal.run("journal")
    assert "the schedule" in journal and "@" not in journal


def test_the_real_server_asks_and_sends_by_itself(office: Office, server, at: Callable[[str], None]) -> None:  # type: ignore[no-untyped-def]
    at("2026-03-19T09:00:00+00:00")
    server.start()
    _wait_for(office.catcher, 1)
    prepared = server.end()
    assert prepared[0] == f"{FIRST} is prepared for Fri 20 Mar 2026 09:00"
    office.approve("2026-03-19T12:00", FIRST)
    at("2026-03-20T09:00:00+00:00")
    server.start(publishes=False)
    _wait_for(office.catcher, 2)
    sent = server.end()

    assert sent[0] == f"{FIRST} is being sent to 1 reader"
    texts = [path.read_text("latin-1") for path in sorted(office.catcher.folder.glob("*.eml"))]
    assert [text.count("To: ada@example.org") for text in texts] == [1, 0]
    assert "To: olena@example.org" in texts[1]
    assert FIRST in office.terminal.run("edition", "list")


def _wait_for(catcher: Catcher, count: int) -> None:
    end = time.monotonic() + 90
    while catcher.caught_count < count:
        assert time.monotonic() < end, "no letter comes"
        time.sleep(0.05)
