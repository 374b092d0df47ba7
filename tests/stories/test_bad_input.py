"""Bad input gets one clear message with a remedy and a status that is not zero; nothing is lost, the rest goes on."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.work.catcher import Catcher, catching


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with catching(tmp_path / "caught") as running:
        yield running


@pytest.fixture
def approved(terminal) -> str:  # type: ignore[no-untyped-def]
    """A site with an approved edition for 30 readers; its id."""
    terminal.variables["DIGEST_NOW"] = "2026-03-06T09:00:00+00:00"
    terminal.item("one", "One story", "2026-03-05")
    terminal.run("publish")
    rows = "".join(f"reader{number}@example.org\n" for number in range(30))
    terminal.write("readers.csv", f"email\n{rows}")
    evidence = ("--confirmed", "--evidence", "paper", "--since", "2026-03-01")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *evidence)
    name = terminal.run("edition", "prepare", "supporters").splitlines()[0]
    terminal.run("edition", "approve", name, "--as", "Ben")
    return str(name)


def test_a_folder_without_a_site(terminal, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    terminal.folder = tmp_path / "nowhere"
    terminal.folder.mkdir()
    printed = terminal.run("publish", expect=1)
    assert "has a newsroom.toml" in printed and "digest init" in printed


def test_octets_that_are_no_text(terminal) -> None:  # type: ignore[no-untyped-def]
    for words in (("edition", "inspect", "\udcff"), ("publish", "--at", "\udcff"), ("\udcff",)):
        printed = terminal.run(*words, expect=2)
        assert "it is not UTF-8 text" in printed and "Traceback" not in printed


def test_settings_at_fault_are_all_named_with_their_lines(terminal) -> None:  # type: ignore[no-untyped-def]
    text = (terminal.folder / "newsroom.toml").read_text()
    terminal.write("newsroom.toml", text.replace("zone =", "zoen =").replace("rhythms = [", 'rhythms = ["hourly", '))
    printed = terminal.run("check", expect=1)
    assert "newsroom.toml:7: newsroom.zoen: there is no such setting (did you mean zone?)" in printed
    assert "lists.supporters.rhythms" in printed


def test_a_broken_item_does_not_hold_back_the_rest(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.item("good", "A good story", "2026-03-05")
    terminal.item("bad", "A bad story", "2026-02-30", "moon")
    terminal.item("draft", "A draft", "not a day", status="draft")
    printed = terminal.run("publish", expect=1)
    assert "items/bad.md:3: date:" in printed and "items/bad.md:5: topics[0]:" in printed
    assert "items/draft.md:3: date: warning:" in printed
    assert "released: A good story" in printed
    assert (terminal.folder / "public" / "items" / "good" / "index.html").exists()
    terminal.run("publish", "--strict", expect=1)


def test_a_released_item_whose_file_breaks_stays_as_it_was(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.item("one", "One story", "2026-03-05")
    terminal.run("publish")
    before = (terminal.folder / "public" / "items" / "one" / "index.html").read_bytes()
    terminal.write("items/one.md", "---\ntitle: [\n---\n")
    assert "keeps its published state" in terminal.run("publish", expect=1)
    (terminal.folder / "items" / "one.md").unlink()
    printed = terminal.run("publish")
    assert "item one: warning: it is published but its file is gone" in printed
    assert (terminal.folder / "public" / "items" / "one" / "index.html").read_bytes() == before


def test_an_unknown_list_and_an_unknown_edition(terminal) -> None:  # type: ignore[no-untyped-def]
    assert "Its lists are: supporters" in terminal.run("edition", "prepare", "suporters", expect=2)
    assert "there is no such edition" in terminal.run("send", "2022-w09-supporters", expect=1)
    terminal.run("edition", "prepare", expect=2)


def test_a_moment_that_a_change_of_the_clocks_makes_twice(terminal) -> None:  # type: ignore[no-untyped-def]
    assert "comes twice" in terminal.run("publish", "--at", "2025-10-26 01:30", expect=2)
    assert "cannot be read" in terminal.run("publish", "--at", "soon", expect=2)


def test_a_mistyped_year_releases_nothing(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.item("one", "One story", "2062-03-05")
    assert "touched" in terminal.run("publish", "--at", "2062-03-06")
    assert not (terminal.folder / "public").exists()
    terminal.run("publish", "--at", "2062-03-06", "--out", "look")
    assert "One story" in (terminal.folder / "look" / "index.html").read_text()
    assert "0 items public" in terminal.run("publish")


def test_a_file_of_readers_in_another_encoding(terminal) -> None:  # type: ignore[no-untyped-def]
    (terminal.folder / "readers.csv").write_bytes("email\njosé@example.org\n".encode("latin-1"))
    words = ("subscribers", "import", "readers.csv", "--list", "supporters", "--confirmed", "--evidence", "paper")
    assert "UTF-8" in terminal.run(*words, expect=1)
    terminal.write("readers.csv", "name,phone\nx,y\n")
    assert "email" in terminal.run(*words, expect=1)
    assert "cannot be read" in terminal.run(*(word if word != "readers.csv" else "missing.csv" for word in words), expect=1)


def test_a_folder_that_nobody_can_write(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.item("one", "One story", "2026-03-05")
    assert "--out" in terminal.run("publish", "--out", "/proc/self/site", expect=1)
    assert "1 item public" in terminal.run("publish")


def test_a_file_in_the_place_of_a_folder(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.item("one", "One story", "2026-03-05")
    terminal.write("public", "in the way")
    printed = terminal.run("publish", expect=1)
    assert "public" in printed
    (terminal.folder / "public").unlink()
    assert "1 item public" in terminal.run("publish")


def test_real_addresses_and_no_relay(terminal, approved: str) -> None:  # type: ignore[no-untyped-def]
    terminal.write("more.csv", "email\nsomebody@gmail.com\n")
    evidence = ("--confirmed", "--evidence", "paper")
    terminal.run("subscribers", "import", "more.csv", "--list", "supporters", *evidence)
    printed = terminal.run("send", approved, expect=1)
    assert "DIGEST_SMTP_URL" in printed
    assert "approved" in terminal.run("edition", "status", approved)


def test_without_a_relay_example_addresses_stay_on_this_machine(terminal, approved: str) -> None:  # type: ignore[no-untyped-def]
    printed = terminal.run("send", approved)
    assert printed.rstrip().splitlines()[-1].startswith("Nothing has left this machine")
    assert len(list((terminal.folder / "var" / "outbox" / "new").iterdir())) == 30


def test_a_relay_that_is_down(terminal, approved: str, catcher: Catcher) -> None:  # type: ignore[no-untyped-def]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        terminal.variables["DIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
        printed = terminal.run("send", approved, expect=4)
    assert "paused" in printed and f"digest send {approved}" in printed
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    assert "finished" in terminal.run("send", approved)
    assert catcher.caught_count == 30


def test_a_relay_that_wants_a_password(terminal, approved: str, catcher: Catcher) -> None:  # type: ignore[no-untyped-def]
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url.replace("smtp://", "smtp://user:secret-word@")
    printed = terminal.run("send", approved, expect=4)
    assert "secret-word" not in printed
    assert "30  waiting" in printed
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    assert "30  sent" in terminal.run("send", approved)


def test_a_relay_url_that_would_send_in_clear(terminal, approved: str) -> None:  # type: ignore[no-untyped-def]
    terminal.variables["DIGEST_SMTP_URL"] = "smtp://user:secret-word@mail.example.com"
    printed = terminal.run("send", approved, expect=1)
    assert "in clear" in printed and "secret-word" not in printed


def test_a_full_disk_loses_nobody(terminal, approved: str, catcher: Catcher) -> None:  # type: ignore[no-untyped-def]
    terminal.variables["DIGEST_SMTP_URL"] = catcher.url
    limit = 1 << 16  # the log of a database that takes thirty letters needs more

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "digest", "send", approved],
        cwd=terminal.folder, env={**os.environ, **terminal.variables}, preexec_fn=no_room, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode != 0
    assert "Free some space" in done.stderr or "full" in done.stderr
    terminal.run("send", approved)
    recipients = {path.read_bytes().split(b"\nTo: ")[1].split(b"\r\n")[0] for path in catcher.folder.glob("*.eml")}
    assert len(recipients) == 30


def test_a_full_disk_keeps_nobody_from_looking(terminal, approved: str) -> None:  # type: ignore[no-untyped-def]
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))  # less than the file that all who use a database share

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-B", "-m", "digest", *words],
            cwd=terminal.folder, env={**os.environ, **terminal.variables}, preexec_fn=no_room, capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip

    for words in (("edition", "status", approved), ("edition", "list"), ("fence", "status"), ("deliveries", "held")):
        done = run(*words)
        assert (done.returncode, done.stderr) == (0, ""), words
    for words in (("edition", "cancel", approved, "--as", "Ada"), ("send", approved, "--outbox")):
        done = run(*words)
        assert done.returncode == 1
        assert "Free some space" in done.stderr and "lost" not in done.stderr
    assert "approved" in terminal.run("edition", "list")


def test_a_database_that_is_none(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.write("var/digest.db", "this is not a database, but a long enough text to be taken for one" * 20)
    assert "Restore the file from a backup" in terminal.run("publish", expect=1)


def test_keys_that_are_missing_or_open_to_others(terminal, approved: str) -> None:  # type: ignore[no-untyped-def]
    keys = terminal.folder / "keys" / "digest.keys"
    keys.chmod(0o644)
    assert "chmod 600" in terminal.run("subscribers", "list", "--list", "supporters", expect=1)
    keys.chmod(0o600)
    keys.rename(keys.with_suffix(".away"))
    printed = terminal.run("send", approved, expect=1)
    assert "the keys are missing" in printed and "Restore" in printed
    keys.with_suffix(".away").rename(keys)
    terminal.run("send", approved)


def test_a_template_at_fault(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.item("one", "One story", "2026-03-05")
    terminal.write(
        "templates/pages/front.html", "{% extends 'pages/_base.html' %}{% block main %}{{ nothing }}{% endblock %}"
    )
    assert "templates/pages/front.html" in terminal.run("publish", expect=1)
    (terminal.folder / "templates" / "pages" / "front.html").unlink()
    assert "1 item public" in terminal.run("publish")


def test_an_unknown_variable_of_the_environment(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.variables["DIGEST_DELIVERY_CONECTIONS"] = "5"
    assert "did you mean DIGEST_DELIVERY_CONNECTIONS?" in terminal.run("check", expect=1)


def test_readers_are_never_exported_among_the_public_files(terminal, approved: str) -> None:  # type: ignore[no-untyped-def]
    words = ("subscribers", "export", "--list", "supporters", "--out")
    assert "can be read by everybody" in terminal.run(*words, "public/readers.csv", expect=2)
    terminal.run(*words, "readers-copy.csv")
    copy = terminal.folder / "readers-copy.csv"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert len(copy.read_text().splitlines()) == 31
