"""What journeys share: a site in an empty folder, the command line as a user runs it, and what stands around a site.

The command line is one process a command, and so is the real server.
"""

from __future__ import annotations

import http.client
import http.server
import importlib.util
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import IO, Any, NamedTuple

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


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, which came in no coding."""
        return self.body.decode("utf-8")


class Server:
    """`digest serve` for a person's site, in a process of its own."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._process: subprocess.Popen[str] | None = None
        self._printed = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (it lives as long as the server)
        self.port = _find_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self, base_url: str = "", *, publishes: bool = True) -> None:
        """Put the address into newsroom.toml, publish, and serve until `end`.

        Args:
            base_url: where readers find the site when something stands before the server; else the server's own address.
            publishes: False when it was started before, and is now to begin with what lies there.
        """
        if publishes:
            text = (self._terminal.folder / "newsroom.toml").read_text("utf-8")
            text = re.sub(r'base_url = "[^"]*"', f'base_url = "{base_url or self.address}"', text)
            self._terminal.write("newsroom.toml", f'{text}\n[web]\nlisten = "127.0.0.1:{self.port}"\n')
            self._terminal.run("publish")
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "digest", "serve"],
            cwd=self._terminal.folder, env={**os.environ, **self._terminal.variables},
            stdout=self._begin_print(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._wait_until_it_answers()

    def _begin_print(self) -> IO[str]:
        self._printed.seek(0)
        self._printed.truncate()
        return self._printed

    def told(self) -> str:
        """What it has printed so far."""
        size = os.fstat(self._printed.fileno()).st_size
        return os.pread(self._printed.fileno(), size, 0).decode("utf-8")

    def listen_on_its_own_port(self) -> None:
        """Leave the port of newsroom.toml to another server of the site."""
        variables = {**self._terminal.variables, "DIGEST_WEB_LISTEN": f"127.0.0.1:{self.port}"}
        self._terminal = Terminal(self._terminal.folder, variables)

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self._process.poll() is not None:
                pytest.fail(f"it ended: {self.told()} {self._process.communicate()}")
            with closing(socket.socket()) as connection:
                if connection.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        pytest.fail("it does not answer")

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        """The answer to a request with these header fields and no others."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path.removeprefix(self.address), skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def end(self) -> list[str]:
        """End it with a signal: it must end well, within seconds and without a complaint. The lines that it printed."""
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            _, complaints = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail(f"it did not end: {self.told()} {process.communicate()}")
        assert (process.returncode, complaints) == (0, "")
        first, *rest = self.told().splitlines()
        assert first.startswith("Serving ")
        return [line for line in rest if not line.startswith("Nobody can sign in at the desk yet.")]

    @property
    def process(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def forget(self) -> None:
        """It was killed by the test, and is to be started again."""
        assert self._process is not None
        self._process.communicate()
        self._process = None

    def close(self) -> None:
        """End it if it runs."""
        try:
            if self._process is not None:
                self.end()
        finally:
            self._printed.close()


def _find_port() -> int:
    """A free port, below those that the system takes for outgoing connections."""
    while True:
        port = random.randrange(20_000, 30_000)
        with closing(socket.socket()) as connection:
            try:
                connection.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@pytest.fixture
def server(terminal: Terminal) -> Iterator[Server]:
    """The real server for the terminal's site, not yet started; at the end of the test it must end well."""
    with closing(Server(terminal)) as server:
        yield server


@pytest.fixture
def another_server(terminal: Terminal) -> Iterator[Server]:
    """A second server for the same site, which listens on a port of its own."""
    with closing(Server(terminal)) as server:
        server.listen_on_its_own_port()
        yield server


def _load_fake(name: str) -> ModuleType:
    module = sys.modules.get(f"fake_{name}")
    if module is None:
        spec = importlib.util.spec_from_file_location(f"fake_{name}", Path(__file__).parent.parent / "fakes" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[f"fake_{name}"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@pytest.fixture
def hub() -> Iterator[Any]:
    """A hub that fetches what it is told of."""
    with _load_fake("hub").Hub(fetches=True) as opened:
        yield opened


@pytest.fixture
def proxy() -> Iterator[Any]:
    """A proxy that writes down what readers ask and what they are answered."""
    with _load_fake("recording_proxy").RecordingProxy() as opened:
        yield opened
