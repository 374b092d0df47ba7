"""Staff ask what is wrong with an edition, mend it, and approve it."""

from __future__ import annotations

import re
from typing import Any

import pytest

READERS = "email,topics,language,rhythm\na@example.org,ukraine,en,weekly\nb@example.org,,uk,weekly\n"


@pytest.fixture
def edition(terminal: Any) -> tuple[Any, str]:
    """A prepared edition with one long headline."""
    terminal.variables["DIGEST_NOW"] = "2022-02-28T18:00:00Z"
    terminal.item("one", "A headline", "2022-02-28", body="A court in the capital freed two reporters after a long night.")
    terminal.run("publish")
    terminal.write("readers.csv", READERS)
    paper = ("--confirmed", "--evidence", "paper", "--since", "2022-02-20")
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *paper)
    return terminal, terminal.run("edition", "prepare", "supporters").split()[0]


def test_what_is_found_is_listed_errors_first_and_mended(edition: tuple[Any, str]) -> None:
    terminal, name = edition
    clean = terminal.run("edition", "inspect", name)
    assert re.search(r"en +full +HTML +\d+\.\d KB +text +\d\.\d KB +message +\d+\.\d KB +1 item +0 pictures", clean)
    assert clean.endswith("\nNothing to object to.\n")

    terminal.run("edition", "set", name, "--intro", "Dear {{ name }},", "--subject", "Act now!")
    printed = terminal.run("edition", "inspect", name, expect=1)
    assert printed.index("\nErrors:\n  introduction: template code stands in it: {{ name }}") < printed.index(
        "\nWarnings:\n  subject:"
    )
    assert printed.endswith("\n1 error, 1 warning.\n")
    assert "it must not go out like this" in terminal.run("edition", "approve", name, "--as", "Ada", expect=1)

    terminal.run("edition", "set", name, "--intro", "Dear readers,")
    assert terminal.run("edition", "inspect", name).endswith("\n1 warning.\n")
    approved = terminal.run("edition", "approve", name, "--as", "Ada")
    assert approved.count("filters count “act now” against a letter") == 1


def test_one_language_or_form_alone(edition: tuple[Any, str]) -> None:
    terminal, name = edition
    printed = terminal.run("edition", "inspect", name, "--language", "uk", "--form", "discreet")
    assert re.search(r"^uk +discreet +no HTML ", printed)
    assert "there is no such form" in terminal.run("edition", "inspect", name, "--form", "loud", expect=2)
