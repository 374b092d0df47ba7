"""`digest lists`, `digest send` without an id and what `digest publish` says of editions at once, as they are read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.errors import DigestError, UsageError
from digest.items.init import build_site

STANDING = 'approval = "standing"\napprovers = ["Ada Example <ada@example.org>"]\n'


class Site:
    """A new site with a press list, and a terminal in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in build_site(datetime.now(UTC)).items():
            self.write(name, text)
        self.change("[lists.press]\n", f"[lists.press]\n{STANDING}")

    def write(self, name: str, text: str) -> None:
        """Write a file of the site."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, "utf-8")

    def change(self, old: str, new: str) -> None:
        """Change newsroom.toml."""
        text = (self.folder / "newsroom.toml").read_text("utf-8")
        assert old in text
        self.write("newsroom.toml", text.replace(old, new, 1))

    def item(self, name: str) -> None:
        """Write an item that is due."""
        head = f"---\ntitle: Title of {name}\ndate: {datetime.now(UTC):%Y-%m-%d}\nkind: update\ntopics: [russia]\n---\n"
        self.write(f"items/{name}.md", f"{head}Words.\n")

    def readers(self, number: int) -> None:
        """Import readers at once."""
        rows = "".join(f"reader{index}@example.org,at-once\n" for index in range(number))
        self.write("readers.csv", f"email,rhythm\n{rows}")
        self.run("subscribers", "import", "readers.csv", "--list", "press", "--confirmed", "--evidence", "paper")

    def run(self, *words: str, status: int = 0) -> str:
        """What a command prints; its exit status must be that."""
        result = CliRunner().invoke(build_app(), words, catch_exceptions=True)
        if isinstance(result.exception, DigestError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.output


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.chdir(tmp_path)
    return Site(tmp_path)


def test_a_list_is_approved_shown_and_left_to_people_again(site):
    shown = site.run("lists")
    assert "press: Press" in shown and "Ada Example <ada@example.org>" in shown
    assert shown == site.run("lists", "show")
    assert "nobody is told of drafts" in shown, "supporters have no approvers"

    assert "are approved by Carla" in site.run("lists", "approve", "press", "--as", "Carla")
    assert "by Carla" in site.run("lists") and "; fits" in site.run("lists")
    site.change('title = "Press"', 'title = "The press"')
    assert "no longer fits: setting lists.press has changed" in site.run("lists")
    assert "wait for approval, one by one" in site.run("lists", "revoke", "press", "--as", "Carla")
    assert "by Carla" not in site.run("lists")
    with pytest.raises(UsageError, match="no such rhythm"):
        site.run("lists", "approve", "press", "--rhythm", "hourly", "--as", "Carla")


def test_publish_says_what_became_of_the_news_and_send_needs_no_id(site):
    site.run("publish")
    site.readers(2)
    site.item("one")
    name = f"{datetime.now(UTC):%Y-%m-%d}-press-at-once"

    assert f"{name}-1: waits for approval: digest edition approve {name}-1 --as NAME" in site.run("publish")
    assert f"One that was made before still waits: digest edition approve {name}-1" in site.run(
        "lists", "approve", "press", "--as", "Carla"
    )
    assert "A running digest serve sends it now" in site.run("edition", "approve", f"{name}-1", "--as", "Ada")
    site.item("two")
    printed = site.run("publish")
    assert f"{name}-1: 2 letters are on their way\n{name}-2: 2 letters are on their way\n" in printed
    assert "where none runs: digest send" in printed

    sent = site.run("send")
    assert f"{name}-1: finished; 2 sent\n{name}-2: finished; 2 sent\n" in sent
    assert "Nothing has left this machine" in sent
    assert "Nothing waits to be sent." in site.run("send")
    with pytest.raises(UsageError, match="it looks at one edition"):
        site.run("send", "--dry-run")


def test_correct_and_withdraw_send_at_once_too(site):
    site.run("publish")
    site.readers(2)
    site.run("lists", "approve", "press", "--as", "Carla")
    site.item("one")
    site.run("publish")
    site.run("send")

    assert "-press-at-once-2: 2 letters are on their way" in site.run("correct", "one", "--note", "It was ten.")
    site.run("send")
    assert "-press-at-once-3: 2 letters are on their way" in site.run("withdraw", "one", "--reason", "It was wrong.")


def test_a_site_that_stands_still_says_that_nothing_is_sent(site):
    site.run("publish")
    site.readers(1)
    site.run("fence", "raise", "--why", "we move", "--as", "Ada")
    site.item("one")

    printed = site.run("publish")

    assert "stands still, so nothing is sent at once: Ada put up the fence: we move" in printed
    site.run("fence", "lift", "--as", "Ada")
    assert "waits for approval" in site.run("publish")


def test_one_list_can_be_shown_alone_and_one_that_is_not_there_is_named(site):
    shown = site.run("lists", "show", "press")

    assert shown.startswith("press: ") and "supporters: " not in shown
    assert "supporters: " in site.run("lists", "show")
    with pytest.raises(DigestError, match="nobody"):
        site.run("lists", "show", "nobody")
