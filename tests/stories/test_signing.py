"""A newsroom signs its letters: what arrives is verified by a program of other people, with records as they were printed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dkim
import pytest

from digest.work.catcher import Catcher, catching

READERS = "email,topics,language\n" + "".join(f"reader{n}@example.org,,{('en', 'uk')[n % 2]}\n" for n in range(12))


class Watching(Catcher):
    """A catcher that remembers from whom letters came, by the envelope."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.senders: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.senders.append(envelope.mail_from)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Watching]:
    with catching(tmp_path / "caught", Watching) as running:
        assert isinstance(running, Watching)
        yield running


def _records(printed: str) -> dict[bytes, bytes]:
    """What a name server would answer, from the lines that are to be pasted into it."""
    rows = re.findall(r"^(\S+\.) IN TXT \( (.+) \)$", printed, re.MULTILINE)
    return {name.encode(): "".join(re.findall(r'"([^"]*)"', value)).encode() for name, value in rows}


def _letters(catcher: Watching) -> list[bytes]:
    return [path.read_bytes() for path in sorted(catcher.folder.glob("*.eml"))]


def _want_discreet(folder: Path) -> None:
    """Every third reader wants letters in discreet form; no command sets that yet."""
    with closing(sqlite3.connect(folder / "var" / "digest.db")) as connection, connection:
        connection.execute("UPDATE subscription SET form = 'discreet' WHERE id % 3 = 0")


def _verify(letter: bytes, records: dict[bytes, bytes]) -> list[tuple[bytes, bool]]:
    selectors = re.findall(rb"(?m)^ s=([a-z0-9]+);", letter.partition(b"\r\n\r\n")[0])
    checked = [dkim.DKIM(letter).verify(n, dnsfunc=lambda name, timeout=5: records[name]) for n in range(len(selectors))]
    return list(zip(selectors, checked, strict=True))


def test_every_letter_that_arrives_is_signed_twice(terminal, at: Callable[[str], None], catcher: Watching) -> None:  # type: ignore[no-untyped-def]
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    settings = (terminal.folder / "newsroom.toml").read_text("utf-8")
    neutral = 'rhythms = ["weekly"]\ndiscreet_sender = "Letters <mail@newsroom.example.org>"'
    terminal.write("newsroom.toml", settings.replace('rhythms = ["weekly"]', neutral))
    at("2026-03-06T09:00:00+00:00")
    terminal.item("one", "Ein Prüfstück für Ümläute: «так»", "2026-03-05")
    terminal.run("publish")
    terminal.write("readers.csv", READERS)
    evidence = ("--confirmed", "--evidence", "paper", "--since", "2026-03-01")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *evidence)
    _want_discreet(terminal.folder)
    first = terminal.run("edition", "prepare", "supporters").splitlines()[0]
    terminal.run("edition", "approve", first, "--as", "Ben")

    records = _records(terminal.run("keys", "dkim", "--as", "Ada"))
    assert len(records) == 2
    assert "Signed for newsroom.example.org by r202603 and e202603." in terminal.run("send", first, "--dry-run")
    assert "Signed for newsroom.example.org by r202603 and e202603." in terminal.run("send", first)

    letters = _letters(catcher)
    assert len(letters) == 12
    for letter in letters:
        assert _verify(letter, records) == [(b"r202603", True), (b"e202603", True)]
    discreet = [b"multipart/alternative" not in letter for letter in letters]
    assert sum(discreet) == 4
    assert [sender == "mail@newsroom.example.org" for sender in catcher.senders] == discreet
    assert all(b"digest@newsroom" not in letter for letter, plain in zip(letters, discreet, strict=True) if plain)
    assert "signing keys made" in terminal.run("journal", "newsroom.example.org")

    records |= _records(terminal.run("keys", "dkim", "--new"))
    terminal.run("keys", "dkim", "--activate")
    terminal.item("two", "Another one", "2026-03-06")
    terminal.run("publish")
    second = terminal.run("edition", "prepare", "supporters", "--extra").splitlines()[0]
    terminal.run("edition", "approve", second, "--as", "Ben")
    assert "by r202603b and e202603b." in terminal.run("send", second)

    assert len(_letters(catcher)) == 24
    for letter in _letters(catcher)[12:]:
        assert _verify(letter, records) == [(b"r202603b", True), (b"e202603b", True)]


def test_a_bad_key_sends_nothing_and_says_what_to_do(terminal, at: Callable[[str], None], catcher: Watching) -> None:  # type: ignore[no-untyped-def]
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    at("2026-03-06T09:00:00+00:00")
    terminal.item("one", "One", "2026-03-05")
    terminal.run("publish")
    terminal.write("readers.csv", "email\nreader@example.org\n")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", "--confirmed", "--evidence", "paper")
    name = terminal.run("edition", "prepare", "supporters").splitlines()[0]
    terminal.run("edition", "approve", name, "--as", "Ben")
    terminal.run("keys", "dkim")
    key = terminal.folder / "keys/dkim/newsroom.example.org/e202603.pem"
    key.chmod(0o644)

    assert f"Run: chmod 600 {key}" in terminal.run("send", name, expect=1)
    assert "state        approved" in terminal.run("edition", "status", name)
    assert not list(catcher.folder.glob("*.eml"))
