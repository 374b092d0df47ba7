"""What `make run` runs: the sample newsroom from item files to delivered letters, as often as one likes."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pytest


@pytest.fixture
def sample(terminal, root: Path, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A copy of the sample site, with somebody at the terminal."""
    folder = tmp_path / "sample"
    shutil.copytree(root / "items", folder / "items")
    for name in ("newsroom.toml", "sample-readers.csv"):
        shutil.copy(root / name, folder / name)
    terminal.folder = folder
    return terminal


def _caught(sample) -> list[bytes]:  # type: ignore[no-untyped-def]
    return [path.read_bytes() for path in sorted((sample.folder / "var" / "caught").glob("*.eml"))]


def test_once_and_again(sample) -> None:  # type: ignore[no-untyped-def]
    sample.variables |= {
        "DIGEST_SMTP_URL": "smtp://192.0.2.1:25",
        "DIGEST_NOW": "2001-01-01T00:00:00Z",
        "DIGEST_NONSENSE": "1",
    }
    printed = sample.run("demo", "--once")
    assert "12  letters of 2022-w09-supporters, finished" in printed
    letters = _caught(sample)
    assert len({letter.split(b"\r\nTo: ")[1].split(b"\r\n")[0] for letter in letters}) == 12
    everything = next(letter for letter in letters if letter.count(b"/items/") > 8 and b"Content-Language: en" in letter)
    for name in ("anti-war-protests", "preschool", "indiscriminate", "invades", "escalation"):
        assert name.encode() in everything.replace(b"=\r\n", b"")

    sample.write(
        "items/new.md", "---\ntitle: Written just now\ndate: 2026-01-02\nkind: update\ntopics: [russia]\n---\nNew.\n"
    )
    assert "Publishing as of 2" not in sample.run("demo", "--once")
    assert _caught(sample) == letters
    assert "Written just now" in (sample.folder / "public" / "index.html").read_text()


def test_it_never_touches_a_real_list(sample) -> None:  # type: ignore[no-untyped-def]
    sample.write("real.csv", "email\nsomebody@gmail.com\n")
    words = ("--list", "supporters", "--confirmed", "--evidence", "paper")
    sample.run("subscribers", "import", "real.csv", *words)
    assert "never touches a real list" in sample.run("demo", "--once", expect=1)
    assert not (sample.folder / "var" / "caught").exists()


def test_a_site_without_sample_readers_is_refused(terminal) -> None:  # type: ignore[no-untyped-def]
    assert "sample-readers.csv" in terminal.run("demo", "--once", expect=1)


def test_a_port_that_is_taken_is_said_before_anything_is_done(sample) -> None:  # type: ignore[no-untyped-def]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _move(sample, port)
        printed = sample.run("demo", expect=1)
    assert "another program listens there" in printed and "base_url" in printed
    assert not (sample.folder / "var").exists()


def test_it_serves_what_it_names(sample) -> None:  # type: ignore[no-untyped-def]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _move(sample, port)
    command = [sys.executable, "-u", "-m", "digest", "demo"]
    server = subprocess.Popen(
        command, cwd=sample.folder, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    addresses = []
    try:
        for line in server.stdout:
            addresses += [word for word in line.split() if word.startswith("http://")]
            if line.startswith("Serving"):
                break
        assert len(addresses) == 6
        for address in addresses:
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert answer.status == 200 and b"<h1" in answer.read()
        letter = next(letter for letter in _caught(sample) if b"text/html" in letter)
        picture = letter.replace(b"=\r\n", b"").split(b'src=3D"')[1].split(b'"')[0].decode()
        with urllib.request.urlopen(picture, timeout=10) as answer:
            assert answer.headers["content-type"] == "image/jpeg"
        _sign_up(sample, f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        status = server.wait(timeout=20)
        server.stdout.close()
    assert status == 0
    assert "finished" in sample.run("demo", "--once"), "whoever signed up here is no reader of a real list"


def _sign_up(sample, address: str) -> None:  # type: ignore[no-untyped-def]
    """As a newcomer does: fill the form in, and confirm by the letter that was caught."""
    before = len(_caught(sample))
    with urllib.request.urlopen(f"{address}/subscribe/supporters", timeout=10) as answer:
        opened = re.search(rb'name="opened" value="([^"]+)"', answer.read())
    assert opened is not None
    time.sleep(3.1)  # whoever is quicker is taken for a program
    fields = {"address": "me@example.org", "scope": "all", "opened": opened[1].decode(), "act": "subscribe"}
    _post(f"{address}/subscribe/supporters", fields)
    end = time.monotonic() + 60
    while len(_caught(sample)) == before:
        assert time.monotonic() < end, "no letter came"
        time.sleep(0.2)
    link = re.search(rb"http\S+/confirm/[A-Za-z0-9_-]+", _caught(sample)[-1].replace(b"=\r\n", b""))
    assert link is not None
    _post(link[0].decode(), {"act": "confirm"})


def _post(address: str, fields: dict[str, str]) -> None:
    with urllib.request.urlopen(address, urlencode(fields).encode(), timeout=20) as answer:
        assert answer.status == 200


def _move(sample, port: int) -> None:  # type: ignore[no-untyped-def]
    settings = sample.folder / "newsroom.toml"
    settings.write_text(settings.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
