"""Two weeks of a newsroom: what is sent once is never sent again, and nothing is lost."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.work.catcher import Catcher, catching

READERS = """email,topics,language,rhythm
olena@example.org,ukraine,uk,
ivan@example.org,russia,,weekly
everything@example.org,,,
not an address,ukraine,,
second@example.org,moon,,
"""


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with catching(tmp_path / "caught") as running:
        yield running


def _letters(catcher: Catcher) -> list[EmailMessage]:
    found = []
    for path in sorted(catcher.folder.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def _text(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_two_weeks(terminal, at: Callable[[str], None], catcher: Catcher) -> None:  # type: ignore[no-untyped-def]
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    at("2026-03-02T09:00:00+00:00")
    terminal.item("old", "An old story", "2026-01-05")
    terminal.item("monday", "Monday in Kharkiv", "2026-03-02")
    assert "2 items public" in terminal.run("publish")

    terminal.write("readers.csv", READERS)
    words = ("subscribers", "import", "readers.csv", "--list", "supporters", "--confirmed")
    assert "no evidence" in terminal.run(*words, expect=1)
    evidence = (*words, "--evidence", "paper forms", "--since", "2026-03-01")
    assert "Would import" in terminal.run(*evidence, "--dry-run", expect=1)
    printed = terminal.run(*evidence, expect=1)
    assert "readers.csv:5: email:" in printed
    assert "readers.csv:6: topics:" in printed
    assert "3  added" in printed and "5  rows in all" in printed
    assert "Monday in Kharkiv" in printed and "An old story" not in printed

    at("2026-03-06T09:00:00+00:00")
    terminal.item("thursday", "Thursday in Moscow", "2026-03-05", "russia")
    terminal.run("publish")
    name, *rest = terminal.run("edition", "prepare", "supporters").splitlines()
    assert name == "2026-w10-supporters"
    assert "3 readers in 3 variants" in "\n".join(rest)
    assert "is a draft and cannot be sent" in terminal.run("send", name, expect=1)
    terminal.run("edition", "set", name, "--intro", "A word from us.", "--lead", "thursday", "--as", "Ada")
    assert "Ada has changed it" in terminal.run("edition", "set", name, "--title", "x", "--revision", "1", expect=1)
    terminal.run("edition", "approve", name, "--as", "Ben")
    assert "3 letters in 3 variants" in terminal.run("send", name, "--dry-run")
    assert _letters(catcher) == []
    assert "finished" in terminal.run("send", name)

    letters = {str(letter["To"]): letter for letter in _letters(catcher)}
    assert letters.keys() == {"olena@example.org", "ivan@example.org", "everything@example.org"}
    assert "Monday in Kharkiv" in _text(letters["olena@example.org"])
    assert "Thursday in Moscow" not in _text(letters["olena@example.org"])
    assert letters["olena@example.org"]["Content-Language"] == "uk"
    both = _text(letters["everything@example.org"])
    assert both.index("Thursday in Moscow") < both.index("Monday in Kharkiv")
    assert "A word from us." in both and "An old story" not in both
    view = (terminal.folder / "public" / "editions" / name / "index.html").read_text()
    assert "Thursday in Moscow" in view and "Monday in Kharkiv" in view

    assert "finished" in terminal.run("send", name)
    assert name in terminal.run("edition", "prepare", "supporters")
    assert len(_letters(catcher)) == 3

    at("2026-03-13T09:00:00+00:00")
    terminal.item("backdated", "Found late: a report of February", "2026-02-27")
    terminal.item(
        "monday", "Monday in Kharkiv", "2026-03-02", body="Words, put right.",
        corrections="[{date: 2026-03-12, note: It was a Tuesday.}]",
    )  # fmt: skip
    assert "corrected: Monday in Kharkiv" in terminal.run("publish")
    second = terminal.run("edition", "prepare", "supporters").splitlines()[0]
    assert second == "2026-w11-supporters"
    terminal.run("edition", "approve", second, "--as", "Ben")
    terminal.run("send", second)

    new = {str(letter["To"]): _text(letter) for letter in _letters(catcher)[3:]}
    assert new.keys() == {"olena@example.org", "everything@example.org"}  # nothing in it is for Ivan
    for text in new.values():
        assert "Found late" in text and "It was a Tuesday." in text and "Thursday in Moscow" not in text

    journal = terminal.run("journal")
    assert "edition approved" in journal and "@" not in journal


def test_nothing_to_carry_is_said_on_line_two(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.item("only", "The only one", "2026-03-02")
    terminal.run("publish", "--backfill")
    assert terminal.run("edition", "prepare", "supporters").splitlines()[1] == "nothing to carry"


def test_what_changes_after_an_approval_is_named_and_stops_the_sending(terminal, at, catcher: Catcher) -> None:  # type: ignore[no-untyped-def]
    at("2026-03-06T09:00:00+00:00")
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    terminal.item("one", "One story", "2026-03-05")
    terminal.run("publish")
    terminal.write("readers.csv", "email\nreader@example.org\n")
    evidence = ("--confirmed", "--evidence", "paper", "--since", "2026-03-01")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *evidence)
    name = terminal.run("edition", "prepare", "supporters").splitlines()[0]
    terminal.run("edition", "approve", name, "--as", "Ben")
    terminal.write("templates/theme.toml", '[light]\nrule = "#d8d6ce"\n')
    assert "theme.toml has changed" in terminal.run("send", name, expect=1)
    assert "is a draft and cannot be sent" in terminal.run("send", name, expect=1)
    terminal.run("edition", "approve", name, "--as", "Ben")
    terminal.item("one", "One story", "2026-03-05", body="Mended silently.")
    assert "a draft again" in terminal.run("publish")
    assert "item one was refiled" in terminal.run("send", name, expect=1)
    assert catcher.caught_count == 0


def test_a_page_becomes_items_that_are_published_and_sent(terminal, at, catcher: Catcher) -> None:  # type: ignore[no-untyped-def]
    at("2026-03-06T09:00:00+00:00")
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    page = Path(__file__).with_name("newsroom-page.txt")
    printed = terminal.run("import", "page", str(page), "--into", "items")
    assert "Wrote 3 items" in printed
    assert "2  with a photo credit" in printed and "1  with a caption" in printed and "1  shortened" in printed
    checked = terminal.run("check")
    assert "3 item files" in checked and "to review" in checked
    terminal.run("publish", "--strict", expect=1)
    terminal.run("publish")
    terminal.write("readers.csv", "email\nreader@example.org\n")
    evidence = ("--confirmed", "--evidence", "paper", "--since", "2026-02-20")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *evidence)
    name = terminal.run("edition", "prepare", "supporters").splitlines()[0]
    terminal.run("edition", "approve", name, "--as", "Ben")
    terminal.run("send", name)
    text = _text(_letters(catcher)[0])
    assert "Courts in two towns clear teachers" in text
    feed = (terminal.folder / "public" / "feeds" / "all.atom").read_text()
    assert feed.count("<entry") == 3
