"""A WebSub hub in miniature: a real HTTP server that is told of feeds, fetches them and looks at their links.

What it answers is scripted: a function of how many announcements of an address it has had so far, this one included, to a
status, a status with a Retry-After, or one of `Act`. Run as a program it hangs from a given announcement on and writes each
address that it took to a file, one a line, before it answers.
"""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"


class Act(Enum):
    """What a hub can do beside answering."""

    HANG = "hang"
    """Read the request, then say nothing until the server is closed."""
    DROP = "drop"
    """Close the line without a word."""


Answer = "int | tuple[int, str] | Act"
Script = Callable[[str, int], object]


class Hub:
    """Use as `with Hub(script) as hub:`; its address is `hub.address`."""

    def __init__(self, script: Script = lambda _address, _times: 202, *, fetches: bool = False, body: str = "") -> None:
        self.script, self.fetches, self.body = script, fetches, body
        self.told: list[str] = []
        """Every address it was told of, in order, whatever it answered."""
        self.took: list[str] = []
        """Those that it answered with 2xx."""
        self.forms: list[dict[str, list[str]]] = []
        self.faults: list[str] = []
        """What was wrong with feeds that it fetched."""
        self.times: Counter[str] = Counter()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def __enter__(self) -> Hub:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                hub._answer(self)

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/hub"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._respond(request)
        finally:
            with self._lock:
                self._at_once -= 1

    def _respond(self, request: BaseHTTPRequestHandler) -> None:
        form = parse_qs(request.rfile.read(int(request.headers["content-length"])).decode())
        (address,) = form.get("hub.url") or form.get("hub.topic") or [""]
        with self._lock:
            self.told.append(address)
            self.forms.append(form)
            self.times[address] += 1
            answer = self.script(address, self.times[address])
        if answer is Act.HANG:
            self._closing.wait(60)
        if isinstance(answer, Act):
            request.connection.shutdown(socket.SHUT_RDWR)
            request.close_connection = True
            return
        if self.fetches:
            fault = self._look(address)
            if fault:
                self.faults.append(f"{address}: {fault}")
                answer = 400
        status, header = answer if isinstance(answer, tuple) else (answer, "")
        if 200 <= status < 300:
            self.took.append(address)
        body = self.body.encode()
        request.send_response(status)
        if header:
            name, _, value = header.partition(": ")
            request.send_header(name, value)
        request.send_header("content-type", "text/plain")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _look(self, address: str) -> str:
        """What is wrong with the feed at an address; empty when it names itself and this hub."""
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                data = response.read()
        except OSError as error:
            return f"it cannot be fetched ({error})"
        names, hubs = _links(data)
        if names != [address]:
            return f"it calls itself {names}"
        return "" if hubs == [self.address] else f"its hubs are {hubs}"


def _links(data: bytes) -> tuple[list[str], list[str]]:
    """The addresses that a feed gives as its own and as its hubs'."""
    if data.lstrip().startswith(b"{"):
        feed = json.loads(data)
        return [feed["feed_url"]], [hub["url"] for hub in feed.get("hubs", ()) if hub["type"].lower() == "websub"]
    root = etree.fromstring(data)
    head = root if root.tag == f"{ATOM}feed" else root.find("channel")
    links = head.findall(f"{ATOM}link")
    found = {rel: [link.get("href") for link in links if link.get("rel") == rel] for rel in ("self", "hub")}
    return found["self"], found["hub"]
