"""What the documents say is so: commands, options, settings, fields, states, messages and links are the product's own."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined
from typer.main import get_command

from digest.cli import build_app
from digest.delivery.transitions import State
from digest.editions.edition import State as EditionState
from digest.errors import SettingsError, Status
from digest.items.fields import FIELDS
from digest.items.init import build_site
from digest.items.reading import read_item_file
from digest.items.together import judge_together
from digest.settings import Settings, build_settings
from digest.settings.tables import Table
from digest.subscribers.readers_file import COLUMNS
from digest.theming import PAIRS

ROOT = Path(__file__).parent.parent
app = build_app()
PAGES = ("README.md", "SECURITY.md", *(f"docs/{name}.md" for name in (
    "items", "importing", "designing", "settings", "delivery", "pace", "deliverability", "press", "websub", "serving",
    "schedules", "readers", "backup", "privacy",
)))  # fmt: skip
BY_ID = ("topics", "kinds", "lists")
HEAD = "title: x\ndate: 2022-02-28\nkind: update\ntopics: [ukraine]\n"
MISTAKES = {
    "colon": "title: A title: with a colon\ndate: 2022-02-28\n---\nBody.",
    "words": HEAD.replace("ukraine", "ukrain") + "tags: [war]\nurgent: yes\nembargo: 2022-02-28T12:00\n---\nBody.",
    "clocks": HEAD + "embargo: 2022-10-30T01:30 Europe/London\ncontact: '[email protected]'\n---\nBody.",
    "lost": HEAD + "photo: {src: harbor.jpg, alt: x, credit: y}\n---\nBody.",
    "remote": HEAD + "photo: {src: https://images.example.org/x.jpg, alt: x, credit: y}\n---\nBody.",
    "dup": HEAD + "---\nBody.",
    "empty": HEAD + "id: dup\n---",
}
"""Item files, by their names, that meet every message which docs/items.md explains."""


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.fail("these tests read the list of files from git; run them in a clone")
    files = [ROOT / name for name in listed.stdout.splitlines()]
    return [file for file in files if file.is_file() and not file.is_relative_to(ROOT / "items")]


def _rows(text: str) -> list[list[str]]:
    """The cells of every table row of a text, heads left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = {number for number, line in enumerate(lines) if re.fullmatch(r"[|\s:-]+", line)}
    bodies = [line for number, line in enumerate(lines) if number not in rules and number + 1 not in rules]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in bodies]


def _section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}$\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def _blocks(text: str, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


# -- commands


@cache
def _commands() -> dict[str, frozenset[str]]:
    """Every command of the program with its options, by its words; groups too."""

    def walk(command: Any, words: str) -> Iterator[tuple[str, frozenset[str]]]:
        yield words, frozenset(name for parameter in command.params for name in parameter.opts if name.startswith("-"))
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, f"{words} {name}".strip())

    return dict(walk(get_command(app), ""))


def _groups() -> set[str]:
    """The words that stand before commands and are none themselves."""
    return {name.rpartition(" ")[0] for name in _commands()}


def _described(text: str) -> list[str]:
    """Every command that a document names, in its examples and in its sentences."""
    found = [line for block in _blocks(text) for line in block.splitlines() if line.startswith("digest ")]
    found += re.findall(r"`(digest [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [re.sub(r"\s+#.*", "", part) for line in found for part in line.split(" && ") if part.startswith("digest ")]


def _expand(words: str) -> list[str]:
    r"""The commands that `subscribers import\|list` stands for."""
    stem, _, choices = words.rpartition(" ")
    return [f"{stem} {choice}".strip() for choice in re.split(r"\\?\|", choices)]


def _name(line: str) -> str:
    """The words of a command line that name the command: those before an option, a value or a placeholder."""
    words = shlex.split(line.replace("…", "").replace("...", ""))[1:]
    if words[:1] == ["--site"]:
        words = words[2:]
    named = ""
    for word in words:
        if not all(candidate in _commands() for candidate in _expand(f"{named} {word}".strip())):
            break
        named = f"{named} {word}".strip()
    return named


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_document_names_exists_with_its_options(page: str) -> None:
    described = _described(_text(page))

    assert described, f"{page} names no command"
    for line in described:
        names = _expand(_name(line))
        assert names != [""] or "--site" in line or "--version" in line, f"{page}: there is no command such as {line!r}"
        for name in names:
            assert name not in _groups() - {""}, f"{page}: {line!r} names no command of the group {name!r}"
            known = _commands()[name] | _commands()[""] | {"--help"}
            assert set(re.findall(r"(?<![\w-])--[a-z-]+", line)) <= known, (
                f"{page}: {line!r} has an option that {name!r} lacks"
            )


def test_the_readme_lists_every_command() -> None:
    rows = [row[0] for row in _rows(_section(_text("README.md"), "Commands"))]

    listed = {name for row in rows for name in _expand(_name(row.strip("`")))}

    assert listed == set(_commands()) - _groups()


def test_the_readme_names_options_in_its_table_that_their_commands_have() -> None:
    rows = [row[0].strip("`") for row in _rows(_section(_text("README.md"), "Commands"))]

    named = [(_name(row), option) for row in rows for option in re.findall(r"--[a-z-]+", row)]

    assert named, "the table names no options at all"
    assert [pair for pair in named if pair[1] not in _commands()[pair[0]]] == []


def test_help_shows_the_options_that_the_documents_speak_of() -> None:
    from typer.testing import CliRunner

    shown = CliRunner().invoke(app, ["publish", "--help"])

    assert shown.exit_code == 0
    assert {"--at", "--out", "--strict", "--backfill"} <= set(re.findall(r"--[a-z-]+", shown.output))


def test_the_version_that_is_printed_is_the_one_of_the_package() -> None:
    from typer.testing import CliRunner

    shown = CliRunner().invoke(app, ["--version"])
    project = tomllib.loads(_text("pyproject.toml"))["project"]

    assert (shown.exit_code, shown.output) == (0, f"digest {project['version']}\n")


def test_designers_are_told_every_pair_of_colours_that_is_checked() -> None:
    rows = _rows(_section(_text("templates/README.md"), "The pairs of colours"))

    told = {pair for row in rows for pair in product(*(re.findall(r"`(\w+)`", cell) for cell in row))}

    assert told == set(PAIRS)


def test_the_columns_that_the_readme_shows_are_those_of_a_reader_file() -> None:
    shown = re.findall(r"^email,.*$", _text("README.md"), re.MULTILINE)

    assert shown == [",".join(COLUMNS)]


def test_the_readme_names_the_example_item_as_init_writes_it() -> None:
    (named,) = re.findall(r"^rm items/(\S+)", _text("README.md"), re.MULTILINE)

    written = build_site(datetime(2026, 11, 22, tzinfo=UTC))

    assert [name for name in written if name.startswith("items/")] == [f"items/{named.replace('*', '2026-11-22')}"]


@pytest.mark.parametrize("page", ["README.md", "docs/delivery.md"])
def test_every_exit_status_is_explained(page: str) -> None:
    text = _text(page)
    if page == "README.md":
        sentence = re.search(r"Exit status: (.*?)\.\n", text, re.DOTALL)
        numbers = re.findall(r"\b\d\b", sentence[1]) if sentence else []
    else:
        numbers = [row[0] for row in _rows(_section(text, "Exit statuses"))]

    assert [int(number) for number in numbers] == sorted(Status)


# -- settings


def _tables() -> dict[str, type[Table]]:
    """The tables of newsroom.toml by the heading that describes them."""
    found: dict[str, type[Table]] = {}
    for field, info in Settings.model_fields.items():
        name = info.alias or field
        model = get_args(info.annotation)[1] if name in BY_ID else info.annotation
        found[f"`[{name}.ID]`" if name in BY_ID else f"`[{name}]`"] = model
    return found


@pytest.mark.parametrize("heading", sorted(_tables()))
def test_every_key_of_newsroom_toml_is_described_and_no_other(heading: str) -> None:
    rows = _rows(_section(_text("docs/settings.md"), heading))

    assert [row[0].strip("`") for row in rows] == list(_tables()[heading].model_fields)


@pytest.mark.parametrize("heading", sorted(_tables()))
def test_defaults_are_told_as_they_are(heading: str) -> None:
    for key, told, *_ in _rows(_section(_text("docs/settings.md"), heading)):
        field = _tables()[heading].model_fields[key.strip("`")]
        default = field.get_default()
        if told in ("required", "none"):
            assert default is (PydanticUndefined if told == "required" else None), key
        else:
            value = tomllib.loads(f"value = {told.strip('`')}")["value"]
            assert TypeAdapter(field.rebuild_annotation()).validate_python(value) == default, key


def test_settings_describes_no_table_that_does_not_exist() -> None:
    headings = re.findall(r"^#+ (`\[[^`]*\]`)$", _text("docs/settings.md"), re.MULTILINE)

    assert sorted(headings) == sorted(_tables())


def test_the_smallest_newsroom_toml_works() -> None:
    (example,) = _blocks(_text("docs/settings.md"), "toml")

    assert list(build_settings(example, {}).lists) == ["supporters"]


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_a_document_names_exists(page: str) -> None:
    (example,) = _blocks(_text("docs/settings.md"), "toml")
    named = set(re.findall(r"\bDIGEST_[A-Z_]*[A-Z]\b", _text(page)))

    for variable in named:
        try:
            build_settings(example, {variable: "?"})
        except SettingsError as error:
            assert not [problem for problem in error.problems if "no such setting" in problem.text], variable


# -- items


def test_every_field_of_an_item_is_described_and_no_other() -> None:
    rows = _rows(_section(_text("docs/items.md"), "The fields"))

    described = {row[0].strip("`"): row[1] for row in rows}

    assert sorted(described) == sorted(FIELDS)
    assert [name for name, words in described.items() if words.startswith("required")] == ["title", "date", "kind", "topics"]


def _settings() -> Settings:
    return build_settings(build_site(datetime(2026, 11, 22, tzinfo=UTC))["newsroom.toml"], {})


def test_the_item_that_is_shown_as_finished_has_no_fault() -> None:
    (example,) = _blocks(_text("docs/items.md"), "markdown")

    reading = read_item_file(example, "items/2026-11-22-court-frees-two-reporters.md", _settings())

    assert reading.problems == ()
    assert reading.item is not None
    assert reading.item.status == "ready"


def test_what_check_is_said_to_say_it_says() -> None:
    readings = [read_item_file(f"---\n{text}\n", f"items/{name}.md", _settings()) for name, text in MISTAKES.items()]
    said = "\n".join(str(problem) for reading in judge_together(readings) for problem in reading.problems)

    told = [row[0].strip("`") for row in _rows(_section(_text("docs/items.md"), "What check says, and how to mend it"))]

    assert len(told) >= 10
    assert [message for message in told if message not in said] == []


# -- delivery


def test_every_state_of_a_delivery_is_explained() -> None:
    rows = _rows(_section(_text("docs/delivery.md"), "What each delivery state means"))

    assert [row[0] for row in rows] == list(State)


def test_every_state_of_an_edition_is_explained() -> None:
    rows = _rows(_section(_text("docs/delivery.md"), "The life of an edition"))

    assert [row[0] for row in rows] == list(get_args(EditionState))


# -- links and words


def _anchors(text: str) -> set[str]:
    """The names under which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = []
    for file in _documents():
        text = re.sub(r"```.*?```|`[^`\n]*`", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = link.partition("#")
            target = (file.parent / path).resolve() if path else file
            if re.match(r"[a-z]+:", link):
                continue
            if not target.exists() or (anchor and anchor not in _anchors(target.read_text(encoding="utf-8"))):
                dead.append(f"{file.relative_to(ROOT)}: {link}")

    assert dead == []


def test_the_glossary_explains_no_word_twice() -> None:
    words = [word.strip() for row in _rows(_text("docs/glossary.md")) for word in row[0].split(",")]

    assert len(words) > 40
    assert sorted({word for word in words if words.count(word) > 1}) == []
