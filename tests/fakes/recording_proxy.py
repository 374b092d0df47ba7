"""A proxy as it stands before a server: it passes every request on and writes down what was asked and what came back."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple

_NOT_PASSED_ON = frozenset({"connection", "keep-alive", "transfer-encoding"})


class Exchange(NamedTuple):
    """A request and the status of its answer; names of header fields are in lower case."""

    path: str
    fields: dict[str, str]
    status: int
    sent: dict[str, str]
    """The answer's fields."""

    @property
    def is_conditional(self) -> bool:
        """Whether it asked for what has changed only."""
        return "if-none-match" in self.fields or "if-modified-since" in self.fields


class RecordingProxy:
    """Use as `with RecordingProxy() as proxy:`; set `port` to the server's before the first request.

    `address` is where it listens; `exchanges` are all so far, in the order in which they were answered.
    """

    def __init__(self) -> None:
        self.port = 0
        self.exchanges: list[Exchange] = []

    def __enter__(self) -> RecordingProxy:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                proxy._pass_on(self)

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def statuses(self, path: str) -> list[int]:
        """How requests for a path were answered."""
        return [exchange.status for exchange in self.exchanges if exchange.path == path]

    def _pass_on(self, request: BaseHTTPRequestHandler) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            fields = {name.lower(): value for name, value in request.headers.items()}
            passed = {name: value for name, value in fields.items() if name not in _NOT_PASSED_ON}
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in passed.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        sent = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in _NOT_PASSED_ON}
        self.exchanges.append(Exchange(request.path, fields, answer.status, sent))
        request.send_response_only(answer.status, answer.reason)
        for name, value in sent.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
