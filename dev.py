#!/usr/bin/env python3
"""The workflow, with nothing but the standard library: `python3 dev.py run`, `python3 dev.py test`.

It makes `.venv` beside itself, installs what the command needs there (with uv when it is present, else with a uv installed
by pip, else with plain pip) and does the work. Everything it makes lies in `.venv`; remove that folder to start anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
EXTRAS = {
    "run": "demo",
    "test": "demo,dev",
    "check": "demo,dev",
    "histories": "demo,dev",
    "publishing": "demo,dev",
    "chaos": "demo,dev",
    "bench": "demo,dev,bench",
    "lock": "demo,dev",
}
SIDE_BY_SIDE = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile"]  # journeys wait more than they work
USAGE = """usage: python3 dev.py COMMAND [ARGS]

  run        install, publish the sample newsroom, send its digest to a local catcher, serve it (--once: end after that)
  test       install, then run all tests, as many at a time as there are processors (ARGS go to pytest instead)
  check      ruff, mypy and the import rules alone
  histories  100,000 random histories of readers and editions against the selection rules
  publishing 2,000 random histories of a press desk against what feeds and pages promise
  chaos      20,000 letters while senders are killed 500 times; disk, line, clock and power fail; then everyone is counted
  bench      publishing measured beside Hugo, serving beside StaticFiles and nginx, mail beside the usual way, sending
             beside smtp-source, aiosmtplib and nodemailer, the ledger, planning for a million readers
  lock       write constraints.txt anew
"""


def main(arguments: list[str]) -> int:
    """Run one command; its exit status."""
    if sys.version_info < (3, 11):
        return fail(
            f"this is Python {sys.version.split()[0]}; digest needs 3.11 or newer. Run it with that: python3.11 dev.py"
        )
    if not arguments or arguments[0] not in EXTRAS:
        print(USAGE, end="")
        return 0 if arguments in (["-h"], ["--help"]) else 2
    command, rest = arguments[0], arguments[1:]
    os.chdir(HERE)
    environment = clean_environment(command)
    if not install(EXTRAS[command], environment):
        return 1
    steps = {
        "run": [[str(BIN / "digest"), "demo", *rest]],
        "test": [[str(PYTHON), "-m", "pytest", *(rest or SIDE_BY_SIDE)]],
        "check": [[str(PYTHON), "-m", "pytest", "tests/test_house.py", *rest]],
        "histories": [[str(PYTHON), "bench/selection_histories.py", *(rest or ["100000"])]],
        "publishing": [[str(PYTHON), "bench/publishing_histories.py", *(rest or ["2000"])]],
        "chaos": [[str(PYTHON), "-m", "bench.chaos", *rest], [str(PYTHON), "-m", "bench.ledger_model"]],
        "bench": [
            [str(PYTHON), "-m", "bench.publish", *rest],
            [str(PYTHON), "bench/serving.py"],
            [str(PYTHON), "-m", "bench.mail"],
            [str(PYTHON), "-m", "bench.smtp"],
            [str(PYTHON), "-m", "bench.ledger"],
            [str(PYTHON), "-m", "bench.plan"],
            [str(PYTHON), "-m", "bench.importing"],
            [str(PYTHON), "bench/answers.py"],
        ],
        "lock": [lock_command()],
    }[command]
    for step in steps:
        status = follow(subprocess.Popen(step, env=environment))
        if status:
            return status
    return 0


def follow(child: subprocess.Popen[bytes]) -> int:
    """Wait for a child to end; Ctrl-C reaches it too, and how it ends then is for it to say."""
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def clean_environment(command: str) -> dict[str, str]:
    """The environment for children: bytecode is kept (later starts are faster), and nothing outside steers a run."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept.setdefault("UV_SYSTEM_CERTS", "1")  # a network may have a certificate authority of its own, which pip trusts too
    if command == "run":
        kept = {name: value for name, value in kept.items() if not name.startswith("DIGEST_")}
    return kept


def install(extras: str, environment: dict[str, str]) -> bool:
    """Bring `.venv` up to date for these extras; does nothing when it is."""
    stamp = VENV / f".installed-{extras.replace(',', '-')}"
    sources = [HERE / "pyproject.toml", HERE / "constraints.txt"]
    if PYTHON.exists() and stamp.exists() and all(stamp.stat().st_mtime > file.stat().st_mtime for file in sources):
        return True
    print("Installing into .venv (once; under a minute) ...", flush=True)
    uv = shutil.which("uv")
    if not PYTHON.exists() and not make_venv(uv, environment):
        return False
    requirement = ["-c", "constraints.txt", "-e", f".[{extras}]"]
    for installer in installers(uv, environment):
        done = subprocess.run([*installer, *requirement], env=environment, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            stamp.touch()
            return True
    print(done.stdout + done.stderr, end="")
    fail("the packages could not be installed; the lines above say why. Mend that, or remove .venv, and run it again.")
    return False


def make_venv(uv: str | None, environment: dict[str, str]) -> bool:
    """Make `.venv` with this very Python."""
    command = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    command.append(str(VENV))
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    print(done.stdout + done.stderr, end="")
    fail("no virtual environment could be made. On Debian and Ubuntu: apt install python3-venv, then run it again.")
    return False


def installers(uv: str | None, environment: dict[str, str]) -> list[list[str]]:
    """The installers to try, the fastest first."""
    with_pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not uv:
        subprocess.run([*with_pip, "uv"], env=environment, check=False, capture_output=True)
        own = BIN / ("uv.exe" if os.name == "nt" else "uv")
        uv = str(own) if own.exists() else None
    with_uv = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)] if uv else None
    return [command for command in (with_uv, with_pip) if command]


def lock_command() -> list[str]:
    """The command that pins every dependency, with no address in the file."""
    options = "--universal --upgrade --no-emit-index-url --no-annotate --no-header --all-extras --quiet"
    uv = shutil.which("uv") or str(BIN / "uv")
    return [uv, "pip", "compile", *options.split(), "--output-file", "constraints.txt", "pyproject.toml"]


def fail(message: str) -> int:
    """Say in one sentence what is wrong and what to do."""
    print(f"dev.py: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
