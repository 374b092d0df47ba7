"""How many answers a second of the server's CPU time buys: `digest serve`, starlette's StaticFiles, and nginx where it is.

    python bench/serving.py                      # four minutes on two cores
    python bench/serving.py --rounds 3 --seconds 1

All serve the same feed, uncompressed, to the same clients on this machine, one after the other in each round: first answers
in full (200), then to who has it already (304). StaticFiles runs on the very server that `digest serve` runs on. What is
counted is the CPU time of the server's processes alone (Linux, /proc), so that neither the clients nor the number of cores
matters. Rows marked "asyncio" do without uvloop, those marked "h11" without httptools too, as uvicorn does where they are
not installed.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

FEED = "feeds/all.atom"
OURS, THEIRS = "digest serve", "StaticFiles"
VARIANTS = {"": "", "uvloop": ", asyncio", "httptools": ", h11"}
"""What is told apart where a module is installed."""
TICKS = os.sysconf("SC_CLK_TCK")
NGINX = """
worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;
events {{ worker_connections 256; }}
http {{
    access_log off; etag on; sendfile on; keepalive_requests 1000000000; server_tokens off;
    types {{ application/atom+xml atom; }} client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; root {public}; }}
}}
"""
SETTINGS = """
[newsroom]
name = "Bench"
title = "Bench"
zone = "UTC"
base_url = "http://127.0.0.1"
postal_address = "1 Example Street"
tag_authority = "bench.example,2026"
[kinds.update]
title = "Update"
"""


@dataclass
class Contestant:
    """A server: how it is begun, and what it did in each round, in answers a CPU second, by status."""

    name: str
    command: list[str]
    port: int
    results: dict[int, list[float]] = field(default_factory=lambda: {200: [], 304: []})


def serve_ours(folder: Path, port: int) -> None:
    """Be `digest serve`."""
    from digest.settings import Site, build_settings
    from digest.web.audience import Counter
    from digest.web.public_site import build_app
    from digest.web.serving import listen, serve

    site = Site(folder, build_settings(SETTINGS, {}))
    serve(build_app(site, counter=Counter()), listen("127.0.0.1", port))


def serve_static_files(folder: Path, port: int) -> None:
    """Be an application of StaticFiles on the same server."""
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    from digest.web.serving import listen, serve

    app = Starlette(routes=[Mount("/", StaticFiles(directory=folder / "public", html=True))])
    serve(app, listen("127.0.0.1", port))


def find_contestants(folder: Path, first_port: int) -> Iterator[Contestant]:
    """All servers that can be had here."""
    variants = [variant for module, variant in VARIANTS.items() if not module or _has(module)]
    names = [f"{name}{variant}" for variant in variants for name in (OURS, THEIRS)]
    for number, name in enumerate(names):
        port = first_port + number
        yield Contestant(name, [sys.executable, __file__, "--be", name, "--port", str(port), "--folder", str(folder)], port)
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx:
        port = first_port + len(names)
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, public=folder / "public", port=port))
        yield Contestant("nginx", [nginx, "-p", str(folder), "-c", str(config)], port)


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


@contextmanager
def running(contestant: Contestant) -> Iterator[int]:
    """The server while it runs: its process id."""
    process = subprocess.Popen(contestant.command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(contestant.port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"nothing listens on port {port}")


def read_cpu(pid: int) -> float:
    """The CPU seconds of a process and its children so far."""
    family = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in family]
    return sum(int(facts[11]) + int(facts[12]) for facts in stats) / TICKS


def ask(port: int, etag: str, connections: int, seconds: float) -> int:
    """Ask over several connections at once, the next time as soon as an answer is there; how many answers came."""
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    request = f"GET /{FEED} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n{condition}\r\n".encode()
    clients = {}
    poll = select.epoll()
    for _ in range(connections):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setblocking(False)
        clients[client.fileno()] = (client, bytearray())
        poll.register(client, select.EPOLLIN)
        client.send(request)
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for number, _ in poll.poll(1):
            client, received = clients[number]
            received += client.recv(1 << 20)
            if _is_whole(received, etag):
                count += 1
                received.clear()
                client.send(request)
    for client, _ in clients.values():
        client.close()
    return count


def _is_whole(received: bytearray, etag: str) -> bool:
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return False
    status = bytes(received[9:12])
    if status != (b"304" if etag else b"200"):
        raise SystemExit(f"answered {status!r}")
    if etag:
        return True
    lower = bytes(received[:head]).lower()
    length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return len(received) >= head + 4 + length


def read_etag(port: int) -> str:
    """The entity tag of the feed as that server gives it."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"HEAD /{FEED} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    return next(line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("etag:"))


def measure(contestants: list[Contestant], rounds: int, seconds: float, connections: int) -> None:
    """Let each answer in turn, round by round."""
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for contestant in contestants:
            with running(contestant) as pid:
                etag = read_etag(contestant.port)
                for status, condition in ((200, ""), (304, etag)):
                    ask(contestant.port, condition, connections, 0.3)
                    before = read_cpu(pid)
                    count = ask(contestant.port, condition, connections, seconds)
                    contestant.results[status].append(count / max(read_cpu(pid) - before, 1 / TICKS))


def print_table(contestants: list[Contestant]) -> None:
    """Answers a CPU second: least, median and most of the rounds, and how many times as many as StaticFiles gave."""
    print(f"{'answers a CPU second':22} {'status':>6} {'least':>9} {'median':>9} {'most':>9} {'x StaticFiles':>14}")
    for status in (200, 304):
        for contestant in contestants:
            rates = contestant.results[status]
            name = f"{THEIRS}{contestant.name.removeprefix(OURS)}" if contestant.name.startswith(OURS) else THEIRS
            base = next(one.results[status] for one in contestants if one.name == name)
            ratio = statistics.median(own / other for own, other in zip(rates, base, strict=True))
            middle = statistics.median(rates)
            print(
                f"{contestant.name:22} {status:>6} {min(rates):>9,.0f} {middle:>9,.0f} {max(rates):>9,.0f} {ratio:>13.1f}x"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each server and status in each round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--size", type=int, default=50_000, help="of the feed, in bytes")
    parser.add_argument("--port", type=int, default=18_480, help="the first of the ports that are used")
    parser.add_argument("--be", default="", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        without = {"asyncio": ("uvloop",), "h11": ("uvloop", "httptools")}.get(options.be.rpartition(" ")[2], ())
        sys.modules |= dict.fromkeys(without)  # type: ignore[arg-type]
        be = serve_ours if options.be.startswith(OURS) else serve_static_files
        be(options.folder, options.port)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        feed = folder / "public" / FEED
        feed.parent.mkdir(parents=True)
        feed.write_text(f"<feed>{'x' * options.size}</feed>")
        folder.chmod(0o755)
        contestants = list(find_contestants(folder, options.port))
        measure(contestants, options.rounds, options.seconds, options.connections)
    print(f"A feed of {options.size:,} bytes, {options.connections} connections, {options.rounds} rounds:\n")
    print_table(contestants)


if __name__ == "__main__":
    main()
