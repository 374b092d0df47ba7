"""The command line loads the module that has the typed command, and no other."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command

from digest.cli import MODULES, build_app


@pytest.mark.parametrize("module", MODULES)
def test_each_module_has_the_commands_it_is_listed_with(module: str) -> None:
    command = get_command(build_app([module]))

    names = set(getattr(command, "commands", {})) or {getattr(command, "name", None)}

    assert names == set(MODULES[module])


def test_no_command_is_listed_twice() -> None:
    names = [name for commands in MODULES.values() for name in commands]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (["publish", "--help"], ["sqlalchemy", "digest.mail", "digest.cli.editions", "premailer"]),
        (["--site", "nowhere", "check", "--help"], ["digest.cli.publishing", "sqlalchemy"]),
    ],
)
def test_a_command_loads_nothing_that_it_does_not_need(words: list[str], heavy: list[str]) -> None:
    code = (
        "import sys; from digest.cli import main\n"
        f"sys.argv = ['digest', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "LOADED []", done.stdout


def test_publishing_needs_no_sqlalchemy() -> None:
    code = "import digest.desk.publishing, sys; print('sqlalchemy' in sys.modules, 'PIL' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
