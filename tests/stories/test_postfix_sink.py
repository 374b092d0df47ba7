"""Postfix's own test server takes a whole edition from `digest send`, letter by letter, on several connections."""

from __future__ import annotations

import email
import email.policy
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

READERS = 200


def test_postfix_takes_every_letter(terminal, tmp_path: Path, program: Callable[[str], str]) -> None:  # type: ignore[no-untyped-def]
    command = program("smtp-sink")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = tmp_path / "kept"
    kept.mkdir()
    user = ["-u", "root"] if os.geteuid() == 0 else []  # it refuses to run as root without being told as whom
    sink = subprocess.Popen([command, *user, "-d", f"{kept}/%M.", f"127.0.0.1:{port}", "100"], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        terminal.variables |= {"DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}", "DIGEST_NOW": "2026-03-06T09:00:00+00:00"}
        terminal.item("one", "Ein Prüfstück für Ümläute: «так»", "2026-03-05")
        terminal.run("publish")
        terminal.write("readers.csv", "email\n" + "".join(f"reader{number}@example.org\n" for number in range(READERS)))
        evidence = ("--confirmed", "--evidence", "paper", "--since", "2026-03-01")
        terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", *evidence)
        name = terminal.run("edition", "prepare", "supporters").splitlines()[0]
        terminal.run("edition", "approve", name, "--as", "Ben")
        assert f"{READERS}  sent" in terminal.run("send", name)
    finally:
        sink.terminate()
        sink.wait(timeout=10)

    letters = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in kept.iterdir()]
    assert len(letters) == READERS
    assert {letter["To"] for letter in letters} == {f"reader{number}@example.org" for number in range(READERS)}
    assert {str(letter["Subject"]) for letter in letters} == {"Ukraine: Ein Prüfstück für Ümläute: «так»"}
    assert all(not part.defects for letter in letters for part in letter.walk())


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("smtp-sink does not answer")
