"""What journeys share: a site in an empty folder, and the command line as a user runs it, one process a command."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

SETTINGS = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
language = "en"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "http://127.0.0.1:8099"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"

[topics.ukraine]
title = "Ukraine"
titles.uk = "Україна"
keywords = ["Ukraine", "Kyiv", "Kharkiv"]

[topics.russia]
title = "Russia"
keywords = ["Russia", "Moscow"]

[kinds.press-release]
title = "Press release"

[kinds.update]
title = "Update"

[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@newsroom.example.org>"
rhythms = ["weekly"]

[delivery]
retry_after = "1 s"
"""


@dataclass
class Terminal:
    """A person at a terminal in the site's folder."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, expect: int | None = 0) -> str:
        """Run `digest WORDS` and return all it printed; its exit status must be the expected one."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "digest", *words],
            cwd=self.folder, env={**os.environ, **self.variables}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        printed = done.stdout + done.stderr
        assert "Traceback" not in printed, printed
        assert expect is None or done.returncode == expect, f"status {done.returncode}\n{printed}"
        return printed

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start `digest WORDS` in the background."""
        command = [sys.executable, "-m", "digest", *words]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def write(self, name: str, text: str) -> Path:
        """Write a file of the site."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def item(
        self, name: str, title: str, day: str, topics: str = "ukraine", body: str = "Words of the item.", **more: str
    ) -> Path:
        """Write an item file."""
        extra = "".join(f"{key}: {value}\n" for key, value in more.items())
        head = f"---\ntitle: '{title}'\ndate: {day}\nkind: press-release\ntopics: [{topics}]\n{extra}---\n"
        return self.write(f"items/{name}.md", head + body + "\n")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A person in the folder of a new site without items."""
    folder = tmp_path / "site"
    (folder / "items").mkdir(parents=True)
    (folder / "newsroom.toml").write_text(SETTINGS, encoding="utf-8")
    return Terminal(folder)


@pytest.fixture
def at(terminal: Terminal) -> Callable[[str], None]:
    """Sets the moment for all commands that follow."""

    def set_moment(moment: str) -> None:
        terminal.variables["DIGEST_NOW"] = moment

    return set_moment


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves a folder, which may still be missing, on 127.0.0.1 until the test ends; gives its address."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(_serving(folder))
