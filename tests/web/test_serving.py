"""A real server: over sockets, until a signal ends it."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest.web.serving import ServeError, listen

PROGRAM = """
import asyncio, sys
from pathlib import Path
from digest.settings import Site, build_settings
from digest.web.public_site import build_app
from digest.web.serving import listen, serve

folder = Path(sys.argv[1])
site = Site(folder, build_settings((folder / "newsroom.toml").read_text(), {}))

async def count_feeds():
    try:
        while True:
            (folder / "worked").write_text("yes")
            await asyncio.sleep(0.01)
    finally:
        (folder / "ended").write_text("yes")

async def publish_when_due():
    raise ValueError("of the test")

listener = listen("127.0.0.1", 0)
port = listener.getsockname()[1]
serve(build_app(site), listener, lambda: print(port, flush=True), beside=[count_feeds, publish_when_due])
print("ended", flush=True)
"""


@dataclass
class Server:
    """A server in a process of its own."""

    folder: Path
    process: subprocess.Popen[str]
    port: int

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def end(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=20)


@pytest.fixture
def server(world: Any) -> Iterator[Server]:
    (world.folder / "newsroom.toml").write_text(world.settings)
    (world.folder / "secret").write_text("not public")
    world.write("index.html", "front")
    world.write("404.html", "lost")
    world.write("feeds/all.atom", "<feed>" + "<entry/>" * 20_000 + "</feed>")
    command = [sys.executable, "-c", PROGRAM, str(world.folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Server(world.folder, process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


def test_a_reader_gets_the_feed_and_then_304(server: Server) -> None:
    status, headers, body = server.ask("/feeds/all.atom?utm_source=x")
    again, headers_again, nothing = server.ask("/feeds/all.atom", {"If-None-Match": headers["etag"]})

    assert (status, len(body)) == (200, int(headers["content-length"]))
    assert (again, nothing) == (304, b"")
    assert headers_again["etag"] == headers["etag"]
    assert "server" not in headers
    assert "date" in headers
    assert server.ask("/feeds/all.atom", method="HEAD")[2] == b""
    assert server.ask("/", method="POST")[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../secret", "/..%2fsecret", "/%2e%2e/secret", "/%2e%2e%2fsecret", "/feeds/%2e%2e/%2e%2e/secret", "/..%5csecret",
        "//secret", "/%00", "/feeds/all.atom%00", "/%ff%fe", "/.%2e/secret", "/%252e%252e/secret",
        "http://127.0.0.1/../secret",
    ],
)  # fmt: skip
def test_nothing_outside_of_public_is_served_however_it_is_written(server: Server, path: str) -> None:
    status, _, body = server.ask(path)

    assert status in (400, 404)
    assert b"not public" not in body


def test_a_change_on_the_disk_is_served_without_a_restart(server: Server) -> None:
    assert server.ask("/")[2] == b"front"

    (server.folder / "public" / "index.html").write_text("news")
    time.sleep(0.3)

    assert server.ask("/")[2] == b"news"


def test_requests_on_one_connection_are_answered_in_their_order(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        received = b"".join(iter(lambda: connection.recv(65536), b""))

    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.rstrip().endswith(b"lost")


def test_a_signal_ends_it_cleanly_with_all_that_works_beside_it(server: Server) -> None:
    idle = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    assert server.ask("/")[0] == 200
    time.sleep(0.1)
    began = time.monotonic()

    out, err = server.end()

    idle.close()
    assert time.monotonic() - began < 5
    assert (server.process.returncode, out) == (0, "ended\n")
    assert (server.folder / "worked").exists()
    assert (server.folder / "ended").exists()
    assert err == "digest: publish when due: ValueError: of the test\n"


def test_a_port_that_is_taken_is_refused_in_plain_words() -> None:
    first = listen("127.0.0.1", 0)
    first.listen()
    with first, pytest.raises(ServeError, match="another program listens there"):
        listen("127.0.0.1", first.getsockname()[1])
