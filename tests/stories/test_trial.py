"""Staff send an edition to themselves before anybody else gets it."""

from __future__ import annotations

import re
from typing import Any

READERS = "email,topics,language,rhythm\na@example.org,ukraine,en,weekly\nb@example.org,,uk,weekly\n"


def test_an_edition_goes_to_those_who_made_it_and_then_to_its_readers(terminal: Any) -> None:
    terminal.variables["DIGEST_NOW"] = "2022-02-28T18:00:00Z"
    terminal.item("one", "A headline", "2022-02-28", body="A court in the capital freed two reporters after a long night.")
    terminal.run("publish")
    terminal.write("readers.csv", READERS)
    paper = ("--confirmed", "--evidence", "paper", "--since", "2022-02-20")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *paper)
    name = terminal.run("edition", "prepare", "supporters").split()[0]
    terminal.run("edition", "set", name, "--intro", "Dear {{ name }},")

    printed = terminal.run("edition", "test", name, "--to", "ada@example.org", "--to", "ben@example.org", "--as", "Ada")
    assert re.search(r"^Test: .*A headline\n  ada@example\.org +taken: .*\n  ben@example\.org +taken: ", printed)
    assert ": introduction: " in printed and "letters hold nothing personal" in printed
    assert "It cannot be approved like this." in printed
    assert len(list((terminal.folder / "var" / "outbox" / "new").iterdir())) == 2

    terminal.variables["DIGEST_SMTP_URL"] = "smtp://127.0.0.1:1"
    printed = terminal.run("edition", "test", name, "--to", "ada@example.org", expect=1)
    assert re.search(r"ada@example\.org +not taken: +the relay 127\.0\.0\.1:1 cannot be reached", printed)
    del terminal.variables["DIGEST_SMTP_URL"]

    assert "no such form" in terminal.run("edition", "test", name, "--to", "ada@example.org", "--form", "loud", expect=2)
    assert re.search(r"Ada +edition tested .*letters: 2", terminal.run("journal", name))
    terminal.run("edition", "set", name, "--intro", "Dear readers,")
    terminal.run("edition", "approve", name, "--as", "Ben")
    assert re.search(r"2 +sent", terminal.run("send", name))
