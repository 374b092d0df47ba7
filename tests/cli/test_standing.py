"""What staff read of editions and letters: words that need no explanation, and numbers that add up."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.errors import DigestError
from digest.items.init import build_site


class Site:
    """A new site with an edition for ten supporters, a terminal in it, and its database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = build_site(datetime.now(UTC))
        files["newsroom.toml"] = files["newsroom.toml"].replace("approvers = []", 'approvers = ["Ada <ada@example.org>"]')
        files |= {"items/one.md": self._write_item("one")}
        for name, text in files.items():
            self.write(name, text)
        self.write("readers.csv", "email\n" + "".join(f"reader{number}@example.org\n" for number in range(10)))
        self.run("subscribers", "import", "readers.csv", "--list", "supporters", "--confirmed", "--evidence", "paper")
        self.run("publish")
        self.name = self.run("edition", "prepare", "supporters").splitlines()[0]

    def write(self, name: str, text: str) -> None:
        """Write a file of the site."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, "utf-8")

    def release(self, name: str) -> None:
        """Publish one more item."""
        self.write(f"items/{name}.md", self._write_item(name))
        self.run("publish")

    def run(self, *words: str, status: int = 0) -> str:
        """What a command prints; its exit status must be that."""
        result = CliRunner().invoke(build_app(), words, catch_exceptions=True)
        if isinstance(result.exception, DigestError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.output

    def sql(self, statement: str) -> None:
        """Change the database as a relay or a dead sender would have."""
        with sqlite3.connect(self.folder / "var" / "digest.db") as connection:
            connection.execute(statement)
        connection.close()

    def _write_item(self, name: str) -> str:
        head = f"---\ntitle: Title of {name}\ndate: {datetime.now(UTC):%Y-%m-%d}\nkind: update\ntopics: [russia]\n---\n"
        return f"{head}Words.\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.chdir(tmp_path)
    return Site(tmp_path)


def read_numbers(printed: str) -> tuple[int, int]:
    """The sum of the numbers that are told of letters, and the number in all."""
    numbers = [int(number) for number in re.findall(r"^ {2,3}(\d+)  ", printed, re.MULTILINE)]
    return sum(numbers[:-1]), numbers[-1]


def test_an_officer_reads_what_an_edition_waits_for_and_when_it_leaves(site: Site) -> None:
    draft = site.run("edition", "status", site.name)
    assert re.search(r"state +draft, waits for approval\nleaves +Fri .*, by digest serve, if it is approved by then", draft)
    assert f"digest edition approve {site.name} --as NAME" in draft
    assert re.search(rf"{site.name} +draft, waits for approval +leaves Fri .* 09:00", site.run("edition", "list"))

    assert "is approved by Ada.\nA running digest serve sends it Fri" in site.run(
        "edition", "approve", site.name, "--as", "Ada"
    )
    approved = site.run("edition", "status", site.name)
    assert re.search(r"state +approved\nleaves +Fri .*, by digest serve\napproved +by Ada, ", approved)
    assert "Released since" not in approved

    site.release("two")
    for command in ("status", "show"):
        later = site.run("edition", command, site.name)
        assert "Released since it was approved, and not in it:\n  released: Title of two" in later
    assert not re.search("horizon|hash|moment", later)


def test_what_a_dead_sender_left_is_told_in_words_and_the_numbers_add_up(site: Site) -> None:
    site.run("edition", "approve", site.name, "--as", "Ada")
    site.run("send", site.name, "--outbox")
    site.sql("UPDATE edition SET state = 'sending'")
    site.sql("UPDATE delivery SET state = 'inflight', sender = 7 WHERE id <= 3")
    site.sql("UPDATE delivery SET state = 'picked', sender = 7 WHERE id IN (4, 5)")
    site.sql("UPDATE delivery SET state = 'queued' WHERE id = 6")

    printed = site.run("edition", "status", site.name)
    assert "   3  waiting" in printed and "   3  in doubt" in printed and "   4  sent" in printed
    assert "3 letters were under way when the sender ended, and each of them may have arrived or not." in printed
    assert "picked" not in printed and "inflight" not in printed
    assert read_numbers(printed) == (10, 10)

    sent = site.run("send", site.name, "--outbox")
    assert "3 readers may have got it twice" in sent and read_numbers(sent) == (10, 10)
    assert f"3 readers may have got it twice, for an answer was lost: digest deliveries doubted {site.name}" in site.run(
        "edition", "status", site.name
    )
    doubted = site.run("deliveries", "doubted", site.name)
    assert doubted.count("the answer to one copy was lost, and one more was sent, of which the relay said: 250 ") == 3


def test_letters_that_failed_are_listed_with_and_without_an_edition(site: Site) -> None:
    site.run("edition", "approve", site.name, "--as", "Ada")
    site.run("send", site.name, "--outbox")
    site.run("press", "add", "Reuters", "--to", "desk@example.org")
    site.run("send", "--outbox")
    assert site.run("deliveries", "failed") == "No letter failed.\n"
    site.sql(
        "UPDATE delivery SET state = 'failed', code = 550, reply = '5.1.1 nobody' WHERE id = 2 OR letter_id IS NOT NULL"
    )

    one, both = site.run("deliveries", "failed", site.name), site.run("deliveries", "failed")

    assert re.fullmatch(rf"2  {site.name}  reader1@example.org  \w+ .* UTC\n    550 5.1.1 nobody\n", one)
    assert one in both and "letter with the address of a private feed  (address no longer kept)" in both
    with pytest.raises(DigestError, match="there is no such edition"):
        site.run("deliveries", "failed", "2026-w01-nobody")


def test_a_decision_is_answered_in_words(site: Site) -> None:
    site.run("edition", "approve", site.name, "--as", "Ada")
    site.run("send", site.name, "--outbox")
    site.sql("UPDATE delivery SET state = 'held', unknown_count = 2 WHERE id <= 3")

    def decide(number: int, word: str) -> str:
        return site.run("deliveries", "decide", str(number), f"--{word}", "--as", "Ada")

    assert decide(1, "received") == "1: a copy arrived, so it counts as sent\n"
    assert decide(2, "give-up") == "2: given up; what it carried comes with the reader's next edition\n"
    again = decide(3, "again")
    assert again.startswith("3: one more copy leaves with the next sending\n") and f"digest send {site.name}" in again
    assert "1: it is not held but sent" in site.run("deliveries", "decide", "1", "--received", "--as", "Ada", status=1)


def test_how_a_cancelled_one_is_made_after_all_is_told(site: Site) -> None:
    site.run("edition", "approve", site.name, "--as", "Ada")
    site.run("send", site.name, "--outbox")
    assert "--extra" in site.run("edition", "prepare", "supporters")
    site.release("two")
    extra = site.run("edition", "prepare", "supporters", "--extra").splitlines()[0]
    back = "digest edition prepare supporters --rhythm weekly --extra"

    assert f"If you change your mind: {back}" in site.run("edition", "cancel", extra, "--as", "Ada")
    with pytest.raises(DigestError) as refused:
        site.run("edition", "approve", extra, "--as", "Ada")
    assert back in refused.value.remedy


def test_a_preview_needs_no_folder(site: Site) -> None:
    printed = site.run("edition", "preview", site.name)

    assert Path(printed.splitlines()[-1]).read_text("utf-8")
    assert Path(printed.splitlines()[-1]).is_relative_to(site.folder / "var")
