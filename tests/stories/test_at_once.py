"""News at once, with real servers, senders and mail: when a moment comes, everybody who asked for it gets it, once."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from digest.work.catcher import Catcher, catching

PRESS = """
[lists.press]
title = "Press"
sender = "Test Newsroom <press@newsroom.example.org>"
rhythms = ["at-once"]
at_once = "all"
approval = "standing"
approvers = ["Ada <ada@example.org>"]
"""
EVIDENCE = ("--confirmed", "--evidence", "paper")


class Mailbox(Catcher):
    """Keeps in memory who was sent what, in the order in which it came; each letter takes `seconds` to be taken."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.letters: list[tuple[str, str]] = []
        self.ids: list[tuple[str, str]] = []
        self.seconds = 0.0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        await asyncio.sleep(self.seconds / 2)
        text = bytes(envelope.original_content).decode("utf-8", "replace")
        subject = re.search(r"^Subject: (.*)$", text, re.MULTILINE)
        message_id = re.search(r"^Message-ID:\s+(\S+)", text, re.MULTILINE)
        assert subject and message_id
        self.letters.append((envelope.rcpt_tos[0], subject[1].strip()))
        self.ids.append((envelope.rcpt_tos[0], message_id[1]))
        await asyncio.sleep(self.seconds / 2)
        return "250 2.0.0 Kept"

    def about(self, title: str) -> Counter[str]:
        """Who got how many letters with these words in the subject."""
        return Counter(recipient for recipient, subject in self.letters if title in subject)


@pytest.fixture
def mailbox(tmp_path: Path, terminal) -> Iterator[Mailbox]:
    with catching(tmp_path / "caught", Mailbox) as running:
        assert isinstance(running, Mailbox)
        terminal.variables["DIGEST_SMTP_URL"] = running.url
        yield running


@pytest.fixture
def newsroom(terminal, mailbox):
    """A person at a site with a press list that sends all at once, by standing approval once it is given."""
    settings = terminal.folder / "newsroom.toml"
    settings.write_text(settings.read_text("utf-8") + PRESS, "utf-8")
    terminal.item("old", "Old news", "2022-02-21")
    terminal.run("publish")
    return terminal


def _wait_for(happens: Callable[[], object], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def _import(newsroom, name: str, number: int, rhythm: str = "", *options: str) -> None:
    rows = "".join(f"{name}{index}@example.org,{rhythm}\n" for index in range(number))
    newsroom.write("readers.csv", f"email,rhythm\n{rows}")
    newsroom.run("subscribers", "import", "readers.csv", "--list", name, *EVIDENCE, *options)


def _sql(newsroom, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(newsroom.folder / "var" / "digest.db")) as database, database:
        return database.execute(query).fetchall()


def _hide(newsroom, name: str, title: str, seconds: int = 2) -> datetime:
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds + 1)
    newsroom.item(name, title, "2022-02-23", embargo=moment.isoformat())
    return moment


def _children(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return [int(word) for word in text.split()]


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_embargo_passes_and_the_press_has_it(newsroom, server, mailbox):
    server.start()
    _import(newsroom, "press", 3)
    newsroom.run("lists", "approve", "press", "--as", "Carla")
    moment = _hide(newsroom, "plan", "The plan")

    _wait_for(lambda: len(mailbox.letters) == 3)

    assert datetime.now(UTC) >= moment, "nothing leaves before"
    _wait_for(lambda: _sql(newsroom, "SELECT state FROM edition") == [("finished",)])
    assert mailbox.about("The plan") == {f"press{number}@example.org": 1 for number in range(3)}
    _wait_for(lambda: not _children(server.process))
    told = server.end()
    assert [line for line in told if "at-once" in line] == [
        f"{datetime.now(UTC):%Y-%m-%d}-press-at-once-1: 3 letters are on their way",
        f"{datetime.now(UTC):%Y-%m-%d}-press-at-once-1: finished; 3 sent",
    ]
    assert not any("@" in line for line in told)


def test_servers_and_senders_are_killed_and_nobody_is_missed(newsroom, server, mailbox):
    mailbox.seconds = 0.4
    server.start()
    _import(newsroom, "press", 60)
    newsroom.run("lists", "approve", "press", "--as", "Carla")
    _hide(newsroom, "plan", "The plan")

    _wait_for(lambda: len(mailbox.letters) >= 5)
    (child,) = _children(server.process)
    os.kill(server.process, signal.SIGKILL)  # whoever it left goes in good order
    server.forget()
    _wait_for(lambda: not _is_alive(child))
    calm = Counter(mailbox.about("The plan"))
    assert set(calm.values()) == {1}
    assert _sql(newsroom, "SELECT count(*) FROM delivery WHERE state IN ('picked', 'inflight')") == [(0,)]

    server.start(publishes=False)
    _wait_for(lambda: len(mailbox.letters) >= len(calm) + 5)
    (child,) = _children(server.process)
    os.kill(child, signal.SIGKILL)  # the server starts another
    _wait_for(lambda: _sql(newsroom, "SELECT state FROM edition") == [("finished",)])

    copies = mailbox.about("The plan")
    doubted = _sql(newsroom, "SELECT count(*) FROM delivery WHERE unknown_count > 0")[0][0]
    assert set(copies) == {f"press{number}@example.org" for number in range(60)}, "somebody was missed"
    assert sum(copies.values()) - 60 <= doubted, "somebody was mailed twice unknowingly"
    assert max(copies.values()) <= 2
    assert len(set(mailbox.ids)) == 60, "a second copy has the same Message-ID"
    told = server.end()
    assert "the sender was stopped by SIGKILL; it begins again" in told


def test_a_server_that_is_told_to_end_lets_letters_go_that_are_leaving(newsroom, server, mailbox):
    mailbox.seconds = 0.6
    server.start()
    _import(newsroom, "press", 40)
    newsroom.run("lists", "approve", "press", "--as", "Carla")
    newsroom.item("plan", "The plan", "2022-02-23")
    newsroom.run("publish")
    _wait_for(lambda: len(mailbox.letters) >= 3)

    server.end()

    states = dict(_sql(newsroom, "SELECT state, count(*) FROM delivery GROUP BY state"))
    assert states == {"sent": len(mailbox.letters), "queued": 40 - len(mailbox.letters)}
    mailbox.seconds = 0.0
    assert "finished; 40 sent" in newsroom.run("send")
    assert mailbox.about("The plan") == {f"press{number}@example.org": 1 for number in range(40)}


def test_two_servers_at_once_make_one_edition(newsroom, server, another_server, mailbox):
    server.start()
    another_server.start(publishes=False)
    _import(newsroom, "press", 5)
    newsroom.run("lists", "approve", "press", "--as", "Carla")
    _hide(newsroom, "plan", "The plan")

    _wait_for(lambda: _sql(newsroom, "SELECT state FROM edition") == [("finished",)])

    assert mailbox.about("The plan") == {f"press{number}@example.org": 1 for number in range(5)}
    newsroom.run("correct", "plan", "--note", "It is on Tuesday.")
    _wait_for(lambda: _sql(newsroom, "SELECT state FROM edition") == [("finished",)] * 2)
    assert sum(Counter(recipient for recipient, _ in mailbox.letters).values()) == 10


def test_an_urgent_edition_overtakes_a_digest_and_everybody_gets_both(newsroom, mailbox):
    readers, urgent = 2000, 200
    settings = newsroom.folder / "newsroom.toml"
    changed = settings.read_text("utf-8").replace(
        'rhythms = ["weekly"]', 'rhythms = ["weekly", "at-once"]\nat_once = "urgent"'
    )
    settings.write_text(changed, "utf-8")
    mailbox.seconds = 0.08
    newsroom.item("calm", "Calm news", f"{datetime.now(UTC):%Y-%m-%d}")
    newsroom.run("publish")
    _import(newsroom, "supporters", readers, "weekly", "--since", "2022-01-01")
    _sql(newsroom, f"UPDATE subscription SET urgent = 1 WHERE id <= {urgent}")
    weekly = newsroom.run("edition", "prepare", "supporters").splitlines()[0]
    newsroom.run("edition", "approve", weekly, "--as", "Ada")
    senders = [newsroom.start("send", weekly)]
    _wait_for(lambda: len(mailbox.letters) >= 20)
    senders.append(newsroom.start("send", weekly))

    newsroom.item("alarm", "The alarm", "2022-02-23", urgent="true")
    name = re.search(r"(\S+at-once-1): waits", newsroom.run("publish"))
    assert name
    newsroom.run("edition", "approve", name[1], "--as", "Ada")
    newsroom.run("send", name[1])
    for sender in senders:
        sender.wait(120)

    everybody = {f"supporters{number}@example.org": 1 for number in range(readers)}
    assert mailbox.about("Calm news") == everybody
    assert mailbox.about("The alarm") == dict(list(everybody.items())[:urgent])
    order = ["alarm" if "alarm" in subject else "calm" for _, subject in mailbox.letters]
    assert order.index("alarm") >= 20 and order[-1] == "calm", "the digest went on before and after"
    first, last = order.index("alarm"), len(order) - 1 - order[::-1].index("alarm")
    assert order[first:last].count("calm") < urgent, "the alarm did not wait for its turn"
    assert _sql(newsroom, "SELECT state FROM edition") == [("finished",)] * 2
    assert [sender.returncode for sender in senders] == [0, 0]


def test_a_standing_approval_that_no_longer_fits_leaves_a_draft_and_says_so(newsroom, server, mailbox):
    server.start()
    _import(newsroom, "press", 2)
    newsroom.run("lists", "approve", "press", "--as", "Carla")
    newsroom.write("templates/theme.toml", '[light]\nink = "#101010"\n')
    newsroom.item("plan", "The plan", "2022-02-23")

    printed = newsroom.run("publish")

    assert "no longer fits" in printed and "digest lists approve press" in printed
    assert "waits for approval: digest edition approve" in printed
    assert _sql(newsroom, "SELECT state FROM edition") == [("draft",)]
    assert "no longer fits" in newsroom.run("lists")
    _wait_for(lambda: len(mailbox.letters) == 2)
    assert {recipient for recipient, _ in mailbox.letters} == {"ada@example.org"}
    assert "no longer fits" in newsroom.run("publish"), "it is said each time, and mailed once"
    _wait_for(lambda: "no longer fits" in server.told())

    newsroom.run("lists", "approve", "press", "--as", "Carla")
    name = _sql(newsroom, "SELECT id FROM edition")[0][0]
    newsroom.run("edition", "approve", name, "--as", "Carla")
    _wait_for(lambda: len(mailbox.about("The plan")) == 2)
    assert len(mailbox.letters) == 4
    server.end()


def test_a_relay_that_is_away_is_waited_for_and_nobody_need_do_anything(newsroom, server, mailbox, tmp_path):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    newsroom.variables["DIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
    server.start()
    _import(newsroom, "press", 2)
    newsroom.run("lists", "approve", "press", "--as", "Carla")
    newsroom.item("plan", "The plan", "2022-02-23")
    newsroom.run("publish")
    time.sleep(4)
    assert _sql(newsroom, "SELECT state FROM edition") == [("sending",)], "it has not paused"

    relay = Controller(mailbox, hostname="127.0.0.1", port=port)
    relay.start()
    try:
        _wait_for(lambda: _sql(newsroom, "SELECT state FROM edition") == [("finished",)])
    finally:
        relay.stop()
    assert len(mailbox.letters) == 2


def test_a_server_without_a_relay_says_once_that_letters_wait(newsroom, server):
    del newsroom.variables["DIGEST_SMTP_URL"]
    newsroom.write("readers.csv", "email\npress@amnesty.org.invalid-tld.com\n")
    server.start()
    newsroom.run("subscribers", "import", "readers.csv", "--list", "press", *EVIDENCE)
    newsroom.run("lists", "approve", "press", "--as", "Carla")
    newsroom.item("plan", "The plan", "2022-02-23")
    newsroom.run("publish")
    time.sleep(4)

    waiting = [line for line in server.end() if "DIGEST_SMTP_URL" in line]
    assert len(waiting) == 1 and waiting[0].startswith("Letters wait")
    assert _sql(newsroom, "SELECT state FROM delivery") == [("queued",)]
