"""No address and no link of a reader is left anywhere, whatever they did and however their mail server spoke of them.

Canaries sign up, are brought in, refuse letters in words that repeat their address, leave, are suppressed and erased. Then
every file of the site is opened, its backup as it lies and as it is restored, and all that was ever printed.
"""

from __future__ import annotations

import email
import email.policy
import http.client
import re
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from digest.work.catcher import Catcher, catching

CANARY = re.compile(rb"canary|nestbox", re.IGNORECASE)
"""Stands before the @ of every address, and after it."""
HOST = "nestbox.example"
FORM = "application/x-www-form-urlencoded"


class Talkative(Catcher):
    """A relay that refuses some, and says whom, as many do; and now and then puts somebody off."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if "refused" in address:
            return f"550 5.1.1 <{address}>: user {address.partition('@')[0]} unknown at {address.partition('@')[2]}"
        if "later" in address and address not in self.put_off:
            self.put_off.add(address)
            return f"451 4.7.1 <{address}>: try again in 1 second"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.put_off: set[str] = set()

    def letters(self, to: str) -> list[EmailMessage]:
        """What was taken for somebody."""
        found = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(self.folder.glob("*.eml"))
        ]
        return [letter for letter in found if letter["To"] == to]  # type: ignore[misc]


@pytest.fixture
def relay(terminal: Any, tmp_path: Path) -> Iterator[Talkative]:
    """The relay of the terminal's site."""
    with catching(tmp_path / "caught", Talkative) as running:
        assert isinstance(running, Talkative)
        terminal.variables["DIGEST_SMTP_URL"] = running.url
        yield running


def wait(until: Callable[[], Any]) -> Any:
    """What it gives once it gives something."""
    end = time.monotonic() + 90
    while not (found := until()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
    return found


def post(server: Any, path: str, **fields: str) -> str:
    """The answer to a form."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request("POST", path.removeprefix(server.address), urlencode(fields), {"Content-Type": FORM})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (path, answer.status, text)
        return text
    finally:
        connection.close()


def press(server: Any, link: str) -> str:
    """Open a letter's link, and press the first button."""
    button = re.search(r'name="act" value="([^"]+)"', server.ask(link).text)
    assert button is not None
    return post(server, link, act=button[1])


def find_link(letter: EmailMessage, step: str) -> str:
    """A letter's link of that sort."""
    text = letter.get_body(("plain",))
    assert text is not None
    found = re.search(rf"http\S+/{step}/[A-Za-z0-9_-]+", text.get_content())
    assert found is not None, text.get_content()
    return found[0]


def test_no_address_is_left_in_any_file_or_word(terminal: Any, server: Any, relay: Talkative, tmp_path: Path) -> None:
    said: list[str] = []

    def run(*words: str, expect: int | None = 0) -> str:
        said.append(terminal.run(*words, expect=expect))
        return str(said[-1])

    terminal.item("one", "The first item", time.strftime("%Y-%m-%d"))
    names = ("reads", "refused", "later", "leaves", "erased", "suppressed")
    rows = "".join(f"canary-{name}@{HOST}\n" for name in names)
    listing = tmp_path / "readers.csv"
    listing.write_text(f"email\n{rows}canary without at sign\ncanary-reads@{HOST}\n")
    server.start()
    evidence = f"form of canary-reads@{HOST}"
    since = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 3 * 86400))
    imported = ("subscribers", "import", str(listing), "--list", "supporters", "--confirmed", "--evidence", evidence)
    run(*imported, "--since", since, expect=1)

    # somebody signs up by the web, and so does one who is suppressed
    run("subscribers", "suppress", f"canary-suppressed@{HOST}", "--reason", "asked by phone")
    stamp = re.search(r'name="opened" value="([^"]+)"', server.ask("/subscribe/supporters").text)
    assert stamp is not None
    time.sleep(3.1)
    for name in ("new", "suppressed"):
        post(server, "/subscribe/supporters", address=f"canary-{name}@{HOST}", scope="all", opened=stamp[1], act="subscribe")
    (asked,) = wait(lambda: relay.letters(f"canary-new@{HOST}"))
    press(server, find_link(asked, "confirm"))

    # an edition goes to them all
    edition = run("edition", "prepare", "supporters").split()[0]
    run("edition", "approve", edition, "--as", "Ada")
    run("send", edition, expect=None)
    wait(lambda: "finished" in run("edition", "status", edition))
    (letter,) = relay.letters(f"canary-leaves@{HOST}")
    press(server, find_link(letter, "u"))
    assert not relay.letters(f"canary-suppressed@{HOST}")
    assert relay.letters(f"canary-later@{HOST}")

    run("subscribers", "erase", f"canary-erased@{HOST}", "--never-again", "--yes")
    run("subscribers", "explain", f"canary-refused@{HOST}", "one")
    run("subscribers", "find", f"canary-nobody@{HOST}", expect=1)
    run("subscribers", "find", "canary-with-no-at-sign", expect=1)
    run("backup", str(tmp_path / "site.backup"))
    run("keys", "rotate")
    run("keys", "show")
    run("journal")
    said += server.end()

    assert "550" in "".join(said)
    assert not CANARY.search("\n".join(said).encode())
    holding = terminal.folder / "var" / "digest.db"
    assert holding.exists()
    run(
        "restore",
        str(tmp_path / "site.backup"),
        "--into",
        str(tmp_path / "again"),
        "--key",
        str(terminal.folder / "keys" / "backup.key"),
    )
    files = [path for folder in (terminal.folder, tmp_path / "again") for path in folder.rglob("*") if path.is_file()]
    assert {"digest.db", "erasures", "newsroom.toml"} <= {path.name for path in files}
    for path in [*files, tmp_path / "site.backup"]:
        assert not CANARY.search(path.read_bytes()), path
    tokens = {find_link(letter, "u").rpartition("/")[2].encode(), find_link(asked, "confirm").rpartition("/")[2].encode()}
    for path in files:
        assert not any(token in path.read_bytes() for token in tokens), path
