"""`digest staff` at the terminal, and what `--as` is worth at every command once there are members."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from digest.cli import MODULES, build_app
from digest.desk.staffing import join, look_at_link
from digest.desk.workplace import Workplace, open_workplace
from digest.errors import DigestError, StaffError, UsageError
from digest.items.init import build_site
from digest.settings import open_site
from digest.staff.roles import ROLES, Right, Role
from digest.store.journal import read_journal

EDITION = "EDITION"
"""Stands for the id of the draft that the site has."""

COMMANDS: dict[str, tuple[tuple[Right, ...], str]] = {
    "publish": ((Right.PUBLISH,), ""),
    "correct": ((Right.PUBLISH,), "first --note Wrong"),
    "withdraw": ((Right.PUBLISH,), "first --reason Wrong"),
    "send": ((Right.APPROVE,), EDITION),
    "backup": ((Right.OPERATE,), "../copy.backup"),
    "press add": ((Right.OPERATE,), "Paper"),
    "press revoke": ((Right.OPERATE,), "Paper"),
    "subscribers erase": ((Right.READERS,), "reader@example.org --yes"),
    "subscribers suppress": ((Right.READERS,), "reader@example.org --reason asked"),
    "subscribers unsuppress": ((Right.READERS,), "reader@example.org"),
    "subscribers import": ((Right.READERS,), "readers.csv --list supporters --confirmed --evidence paper"),
    "subscribers remove": ((Right.READERS,), "reader@example.org --list supporters"),
    "subscribers export": ((Right.EXPORT,), "--list supporters"),
    "requests release": ((Right.READERS,), ""),
    "requests drop": ((Right.READERS,), ""),
    "edition prepare": ((Right.EDIT,), "supporters"),
    "edition set": ((Right.EDIT,), f"{EDITION} --title News"),
    "edition approve": ((Right.APPROVE,), EDITION),
    "edition pause": ((Right.STOP,), EDITION),
    "edition resume": ((Right.APPROVE,), EDITION),
    "edition cancel": ((Right.APPROVE, Right.EDIT), EDITION),
    "edition test": ((Right.TEST,), f"{EDITION} --to ada@example.org --outbox"),
    "lists approve": ((Right.APPROVE,), "press"),
    "lists revoke": ((Right.APPROVE, Right.STOP), "press"),
    "deliveries decide": ((Right.APPROVE,), "1 --received"),
    "staff add": ((Right.STAFF,), "Zoe --role writer"),
    "staff roles": ((Right.STAFF,), "Writer --role editor"),
    "staff remove": ((Right.STAFF,), "Writer"),
    "staff reset": ((Right.STAFF,), "Writer"),
    "keys rotate": ((Right.OPERATE,), ""),
    "keys dkim": ((Right.OPERATE,), ""),
    "fence lift": ((Right.OPERATE,), ""),
    "fence raise": ((Right.OPERATE, Right.STOP), ""),
}
"""Every command that takes `--as`: what it wants (one is enough), and words with which it does something."""

ELSEWHERE = {"restore"}
"""Commands whose `--as` is for the journal alone: where they work, there are no members yet to ask."""


def load_crew() -> ModuleType:
    if "crew" not in sys.modules:
        spec = importlib.util.spec_from_file_location("crew", Path(__file__).parent.parent / "fakes" / "crew.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules["crew"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["crew"]


def invoke(*words: str) -> Result:
    """Run a command, of whose module alone the command line is made."""
    modules = [module for module, commands in MODULES.items() if words[0] in commands]
    return CliRunner().invoke(build_app(modules), words, catch_exceptions=True)


def run(*words: str, status: int = 0) -> str:
    """What a command prints; its exit status must be that."""
    result = invoke(*words)
    if isinstance(result.exception, DigestError):
        raise result.exception
    assert result.exit_code == status, (words, result.output, result.exception)
    return result.output


def write_site(folder: Path) -> None:
    for name, text in build_site(datetime.now(UTC)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new site, in which the terminal is."""
    write_site(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def place(site: Path) -> Iterator[Workplace]:
    with open_workplace(open_site(site)) as opened:
        yield opened


def come_in(place: Workplace, printed: str) -> str:
    """Follow the link that a command printed; who came in."""
    found = re.search(r"^http://127\.0\.0\.1:8080/desk/join/([A-Za-z0-9_-]{43})$", printed, re.MULTILINE)
    assert found is not None, printed
    assert look_at_link(place, found[1]) is not None
    return join(place, found[1], password="four words nobody guesses", network="", device="").member.name


def test_members_are_invited_changed_and_removed_at_the_terminal(place) -> None:
    assert "0 members of staff can sign in" in run("staff", "list")
    link = run("staff", "add", "Ada", "--role", "administrator", "--role", "approver")
    assert "works once, until" in link and "is not shown again" in link
    assert "invited" in run("staff", "list") and link.split()[0] not in run("staff", "list")
    assert come_in(place, link) == "Ada"
    assert come_in(place, run("staff", "add", "Ben", "--role", "editor", "--as", "Ada")) == "Ben"
    listed = run("staff", "list")
    assert re.search(r"Ada +active +approver, administrator +since \S+ +no second factor", listed)
    assert "2 members of staff can sign in, 2 in all" in listed
    assert run("staff", "roles", "Ben", "--role", "writer", "--as", "Ada") == "Ben is writer from now on.\n"
    assert come_in(place, run("staff", "reset", "Ben", "--as", "Ada")) == "Ben"
    assert "can do nothing any more" in run("staff", "remove", "Ben", "--as", "Ada")
    assert re.search(r"Ben +removed", run("staff", "list"))
    with place.store.reading() as connection:
        entries = [entry for entry in read_journal(connection) if entry.subject == "staff Ben"]
    assert [(entry.actor, entry.action, entry.via) for entry in entries] == [
        ("Ada", "member invited", "cli"),
        ("Ben", "member joined", "cli"),
        ("Ada", "roles set", "cli"),
        ("Ada", "password reset", "cli"),
        ("Ben", "password chosen", "cli"),
        ("Ada", "member removed", "cli"),
    ]


def test_what_was_mistyped_is_told_in_words(place) -> None:
    with pytest.raises(UsageError, match="there is no such role") as refused:
        run("staff", "add", "Ada", "--role", "editr")
    assert "writer, editor, approver, list-keeper, administrator" in refused.value.remedy
    run("staff", "add", "Ada", status=2)
    with pytest.raises(StaffError, match="nobody of that name"):
        run("staff", "remove", "Nobody")


def find_commands(command: typer.core.TyperCommand | typer.core.TyperGroup, path: str = "") -> Iterator[str]:
    """The commands that take `--as`."""
    inside = getattr(command, "commands", None)
    if inside is None:
        if any("--as" in parameter.opts for parameter in command.params):
            yield path.strip()
        return
    for name, one in inside.items():
        yield from find_commands(one, f"{path} {name}")


def test_every_command_that_takes_a_name_is_in_the_table_of_rights() -> None:
    assert set(find_commands(typer.main.get_command(build_app()))) == set(COMMANDS) | ELSEWHERE


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with an item, a reader, a draft, and a member of each role who has no other."""
    folder = tmp_path_factory.mktemp("newsroom") / "site"
    write_site(folder)
    text = (folder / "newsroom.toml").read_text("utf-8")
    (folder / "newsroom.toml").write_text(text.replace("[lists.press]\n", '[lists.press]\napproval = "standing"\n'), "utf-8")
    head = f"---\ntitle: First\ndate: {datetime.now(UTC):%Y-%m-%d}\nkind: update\ntopics: [russia]\n---\n"
    (folder / "items" / "first.md").write_text(f"{head}Words.\n", "utf-8")
    (folder / "readers.csv").write_text("email\nreader@example.org\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run("publish")
        run(
            *COMMANDS["subscribers import"][1].split()[:0],
            "subscribers",
            "import",
            *COMMANDS["subscribers import"][1].split(),
        )
        (folder / "EDITION").write_text(run("edition", "prepare", "supporters").split()[0], "utf-8")
    with open_workplace(open_site(folder)) as place:
        crew = load_crew().Crew(place)
        for role in Role:
            crew.add(role.value.capitalize(), role)
        for rights in {rights for rights, _words in COMMANDS.values()}:
            crew.add(without(rights), *(role for role in Role if not ROLES[role] & set(rights)))
    return folder


def without(rights: tuple[Right, ...]) -> str:
    """The name of the member who has every role but those that would do."""
    return f"All but {' and '.join(rights)}"


def words_of(folder: Path, command: str, actor: str) -> list[str]:
    words = COMMANDS[command][1].replace(EDITION, (folder / "EDITION").read_text("utf-8")).split()
    return [*command.split(), *words, "--as", actor]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_is_done_for_whom_the_table_does_not_allow(newsroom, monkeypatch, command) -> None:
    monkeypatch.chdir(newsroom)
    before = fingerprint(newsroom)
    for actor in (without(COMMANDS[command][0]), "staff", "digest", "Nobody"):
        with pytest.raises(StaffError) as refused:
            run(*words_of(newsroom, command, actor))
        assert re.match(r"--as( |$)", refused.value.subject) and refused.value.remedy
    assert fingerprint(newsroom) == before


def fingerprint(folder: Path) -> tuple[object, ...]:
    """What nothing refused may change: all rows but counters, the items, the keys."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "var" / "digest.db")) as connection:
        rows = [line for line in connection.iterdump() if not re.match('INSERT INTO "(rate|fact)"', line)]
    files = [path for part in ("items", "keys") for path in sorted((folder / part).rglob("*")) if path.is_file()]
    return (*rows, *(path.read_bytes() for path in files), (folder.parent / "copy.backup").exists())


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_done_for_each_role_that_the_table_allows(newsroom, tmp_path, monkeypatch, command) -> None:
    rights = set(COMMANDS[command][0])
    roles = [role for role in Role if ROLES[role] & rights]
    assert roles
    for role in roles:
        folder = tmp_path / role.value / "site"
        shutil.copytree(newsroom, folder)
        monkeypatch.chdir(folder)
        done = invoke(*words_of(folder, command, role.value.capitalize()))
        assert not isinstance(done.exception, StaffError), f"{role}: {done.exception}"
        assert isinstance(done.exception, DigestError | SystemExit | None), f"{role}: {done.exception!r}"


def test_the_document_says_the_same_of_every_command_and_role(root) -> None:
    text = (root / "docs" / "staff.md").read_text("utf-8")
    said = dict(re.findall(r"^\| `digest ([a-z ]+?)(?: ID)?` \| (.+) \|$", text, re.MULTILINE))
    assert set(said) == set(COMMANDS)
    for command, (rights, _words) in COMMANDS.items():
        roles = [role.value for role in Role if ROLES[role] & set(rights)]
        assert sorted(re.findall(r"[a-z-]+", re.sub("; for a draft also", "", said[command]))) == sorted(roles), command
    assert re.findall(r"^\| `([a-z-]+)` \| ", text, re.MULTILINE) == [role.value for role in Role]
    actions = {"member invited", "member joined", "roles set", "member removed", "password reset", "password chosen"}
    for action in actions | {"password changed", "session ended", "sessions ended", "sign-in slowed"}:
        assert f"`{action}`" in text
