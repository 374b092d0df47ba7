"""A correction and a withdrawal at the terminal: one command, plain words, and the public is told at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

ITEM = """\
---
# Checked by two editors.
title: 'A bridge was hit'   # as the police say
date: 2022-02-21
kind: press-release
topics:
  - ukraine      # the place
summary: "Twelve people crossed it."
---

Twelve people crossed  *the bridge*.
"""


def _read(terminal, path: str) -> str:
    return (terminal.folder / "public" / path).read_text("utf-8")


@pytest.fixture
def site(terminal, at):
    """A person at a site with two public items, each in a folder of its year; some days later."""
    at("2022-02-21T09:00:00+00:00")
    terminal.write("items/2022/bridge.md", ITEM)
    terminal.write("items/2022/other.md", ITEM.replace("A bridge was hit", "Another report"))
    terminal.run("publish")
    at("2022-02-24T09:00:00+00:00")
    return terminal


def test_a_correction_is_one_command(site):
    site.write("items/2022/other.md", ITEM.replace("A bridge was hit", "Not yet agreed upon"))
    site.write("items/2022/new.md", ITEM.replace("A bridge was hit", "Not yet agreed upon either"))

    printed = site.run("correct", "bridge", "--note", 'It was fourteen, not "twelve": sorry.', "--as", "Olha")

    assert printed.splitlines() == ["wrote the correction into items/2022/bridge.md", "corrected: A bridge was hit"]
    edited = (site.folder / "items" / "2022" / "bridge.md").read_text("utf-8")
    added = 'corrections:\n  - date: 2022-02-24\n    note: "It was fourteen, not \\"twelve\\": sorry."\n'
    assert edited == ITEM.replace("\n---\n\n", f"\n{added}---\n\n"), "not a comment, quote or blank is changed"
    assert "fourteen" in _read(site, "items/bridge/index.html")
    (entry,) = [one for one in json.loads(_read(site, "feeds/all.json"))["items"] if one["id"].endswith("/bridge")]
    assert "<strong>Correction</strong>" in entry["content_html"] and "fourteen" in entry["content_html"]
    assert entry["date_modified"] > entry["date_published"]
    assert not [path for path in (site.folder / "public").rglob("*.*") if b"Not yet agreed" in path.read_bytes()]
    assert re.search(r"Olha +corrected +item bridge", site.run("journal"))


def test_a_correction_that_cannot_be_public_yet_says_so(site):
    site.write("items/2022/bridge.md", ITEM.replace("- ukraine", "- moon"))

    printed = site.run("correct", "bridge", "--note", "It was fourteen.", expect=1)

    assert "wrote the correction into items/2022/bridge.md" in printed
    assert "items/2022/bridge.md:7: topics[0]: 'moon' is not one of newsroom.toml's topics" in printed
    assert "the correction is not public yet: mend what is named above, then run: digest publish" in printed
    assert "fourteen" not in _read(site, "items/bridge/index.html")
    text = (site.folder / "items" / "2022" / "bridge.md").read_text("utf-8")
    site.write("items/2022/bridge.md", text.replace("- moon", "- ukraine"))
    assert "corrected: A bridge was hit" in site.run("publish")


@pytest.mark.parametrize("change", ["status: draft", "embargo: 2999-01-01T00:00+00:00"])
def test_a_correction_waits_while_its_file_waits(site, change):
    site.write("items/2022/bridge.md", ITEM.replace("kind:", f"{change}\nkind:"))

    printed = site.run("correct", "bridge", "--note", "It was fourteen.", expect=1)

    assert "items/2022/bridge.md: warning: it is published but" in printed
    assert "the correction is not public yet" in printed
    assert "fourteen" not in _read(site, "items/bridge/index.html")


def test_only_edit_leaves_it_at_that(site):
    printed = site.run("correct", "bridge", "--note", "It was fourteen.", "--only-edit")

    assert printed.splitlines() == [
        "wrote the correction into items/2022/bridge.md",
        "nothing was published; that is for: digest publish",
    ]
    assert "fourteen" not in _read(site, "items/bridge/index.html")
    assert "corrected: A bridge was hit" in site.run("publish")


def test_corrections_made_at_the_same_time_are_all_kept_and_public(site):
    notes = [f"Note number {number}." for number in range(4)]
    command = [sys.executable, "-m", "digest", "correct", "bridge", "--note"]
    options = {"cwd": site.folder, "env": {**os.environ, **site.variables}, "text": True}
    running = [
        subprocess.Popen([*command, note], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options) for note in notes
    ]
    printed = [process.communicate(timeout=60)[0] for process in running]

    assert [process.returncode for process in running] == [0] * len(notes), printed
    text = (site.folder / "items" / "2022" / "bridge.md").read_text("utf-8")
    page = _read(site, "items/bridge/index.html")
    assert all(text.count(note) == 1 and page.count(note) == 1 for note in notes)
    assert "0 files written" in site.run("publish")


def test_a_withdrawal_is_one_command_with_the_file_or_without(site):
    printed = site.run("withdraw", "bridge", "--reason", "A source was put at risk.")
    assert printed.splitlines() == ["wrote the withdrawal into items/2022/bridge.md", "withdrawn: A bridge was hit"]

    (site.folder / "items" / "2022" / "other.md").unlink()
    printed = site.run("withdraw", "other", "--reason", "It was about the wrong bridge.")
    assert printed.splitlines() == ["no file was changed: its file is not there", "withdrawn: Another report"]

    for name, reason in (("bridge", "A source was put at risk."), ("other", "It was about the wrong bridge.")):
        assert reason in _read(site, f"items/{name}/index.html")
        assert reason in _read(site, "feeds/all.rss")
    assert not [path for path in (site.folder / "public").rglob("*.*") if b"Twelve people" in path.read_bytes()]
    assert "no file was changed: it was withdrawn before" in site.run("withdraw", "other", "--reason", "Again.")
    assert "0 files written" in site.run("publish")
    assert site.run("check").count("warning") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("correct", "brige", "--note", "x"), "item brige: no item of that id is public; did you mean bridge?"),
        (("withdraw", "brige", "--reason", "x"), "item brige: no item of that id is public; did you mean bridge?"),
        (("correct", "bridge", "--note", " "), "the note: it must have 1 to 2000 characters"),
        (("withdraw", "bridge", "--reason", "\u202e"), "the reason: it holds the forbidden character U+202E"),
        (("correct", "draft", "--note", "x"), "What is not public yet can simply be edited."),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_changed(site, words, said):
    site.item("draft", "A draft", "2022-02-21", status="draft")
    before = {path: path.read_bytes() for path in site.folder.rglob("*.md")}

    assert said in site.run(*words, expect=1)

    assert {path: path.read_bytes() for path in site.folder.rglob("*.md")} == before
    assert "0 files written" in site.run("publish")


def test_a_withdrawn_item_is_not_corrected(site):
    site.run("withdraw", "bridge", "--reason", "A source was put at risk.")
    printed = site.run("correct", "bridge", "--note", "It was fourteen.", expect=1)
    assert "item bridge: it was withdrawn." in printed and "Say what is right in a new item." in printed


def test_a_file_that_nobody_can_edit_by_program_is_told_with_the_remedy(site):
    (site.folder / "items" / "2022" / "bridge.md").write_bytes(ITEM.encode().replace(b"title: '", b"title: \xff'"))
    printed = site.run("correct", "bridge", "--note", "It was fourteen.", expect=1)
    assert "it is not UTF-8 text" in printed and "Save the file as UTF-8, then try again." in printed

    (site.folder / "items" / "2022" / "bridge.md").rename(site.folder / "items" / "2022" / "renamed.md")
    printed = site.run("correct", "bridge", "--note", "It was fourteen.", expect=1)
    assert "its file is not there, or claims another id" in printed
    assert "Restore the file, or write `id: bridge` into the renamed one." in printed
