"""Whether the time of an answer tells anything of an address: five classes of them, asked for in random order.

    python bench/answers.py                    # 2,000 requests a class, two minutes
    python bench/answers.py --count 200

A server of its own answers the sign-up form over HTTP, with a database in which one address is unknown, one was asked to
confirm, one is subscribed, one is never to be mailed and one is erased. Each pair of classes is compared by the test of Mann
and Whitney (two-sided, normal approximation with ties). With ten pairs, a smallest p above 0.001 (0.01 by Bonferroni) says
that nothing was found. The exit status is 1 when something was, or when two answers differ in a byte.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import math
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

CLASSES = ("unknown", "pending", "confirmed", "suppressed", "erased")
ENOUGH = 0.01
PATH = "/subscribe/supporters?language=en"
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
[lists.supporters]
title = "Supporters"
sender = "Bench <digest@example.org>"
[delivery]
outbox = true
"""


def _address(name: str) -> str:
    """The address of a class; all are of one length, or that alone could make a difference."""
    return f"{name:0<10}@example.org"


def serve(folder: Path) -> None:
    """Be the server; its port is the first line of its output."""
    from digest.settings import Site, build_settings
    from digest.web.public_site import build_app
    from digest.web.readers.app import ReaderApp, build_reader_routes
    from digest.web.serving import listen
    from digest.web.serving import serve as run

    site = Site(folder, build_settings(SETTINGS, {}))
    listener = listen("127.0.0.1", 0)
    app = build_app(site, build_reader_routes(ReaderApp(lambda: site)))
    run(app, listener, lambda: print(listener.getsockname()[1], flush=True))


def fill(folder: Path) -> None:
    """Bring one address into each state."""
    from digest.clock import real_now
    from digest.desk.asking import Asked, take_request, work_on_requests
    from digest.desk.choosing import erase
    from digest.desk.enrolling import enrol
    from digest.desk.workplace import open_workplace
    from digest.settings import Site, build_settings
    from digest.subscribers.requests import Wish
    from digest.subscribers.subscriptions import Consent
    from digest.subscribers.tokens import Purpose, build_expiring

    site, wish = Site(folder, build_settings(SETTINGS, {})), Wish("supporters", "weekly", "en")
    with open_workplace(site, real_now()) as place:
        numbers = {}
        for name in ("confirmed", "suppressed", "erased"):
            with place.hot.writing() as connection:
                place.open_keys(connection)
                sealed = place.sealer.seal(_address(name))
                consent = Consent("I agree.", "bench", place.now, "en")
                numbers[name] = enrol(place, connection, wish, sealed, consent)[0]
        for name, never in (("suppressed", True), ("erased", False)):
            erase(place, build_expiring(place.keys, Purpose.MANAGE, numbers[name], 1, place.now), never)
        take_request(place, Asked("subscribe", _address("pending"), wish, "en", "I agree.", "bench", "192.0.2.1"))
        work_on_requests(place)


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """A server process; its port."""
    command = [sys.executable, __file__, "--serve", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def read_stamp(connection: http.client.HTTPConnection) -> str:
    """The stamp of a form, once it is old enough to be sent."""
    connection.request("GET", PATH)
    found = re.search(rb'name="opened" value="([^"]*)"', connection.getresponse().read())
    assert found is not None
    time.sleep(3.5)
    return found[1].decode()


def measure(port: int, count: int) -> tuple[Mapping[str, Sequence[float]], int]:
    """Seconds from each request to the end of its answer, by class; and how many different answers there were."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    stamp, answers = read_stamp(connection), set()
    times: dict[str, list[float]] = {name: [] for name in CLASSES}
    order = [name for name in CLASSES for _ in range(count)]
    random.Random(20261123).shuffle(order)
    for name in [*CLASSES * 4, *order]:  # the first ones only warm up
        fields = {"address": _address(name), "rhythm": "weekly", "language": "en", "opened": stamp}
        body, headers = urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
        start = time.perf_counter()
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        times[name].append(time.perf_counter() - start)
        assert answer.status == 200, answer.status
        answers.add((tuple(pair for pair in answer.getheaders() if pair[0] != "date"), data))
    return {name: found[4:] for name, found in times.items()}, len(answers)


def compare(one: Sequence[float], other: Sequence[float]) -> float:
    """The p of the two-sided test of Mann and Whitney: how often chance alone parts two samples as far."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, ties, place = 0.0, 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        middle, size = (place + 1 + end) / 2, end - place
        ranks += middle * sum(1 for _, side in ranked[place:end] if side == 0)
        ties += size**3 - size
        place = end
    count, total = len(one), len(ranked)
    u = ranks - count * (count + 1) / 2
    spread = math.sqrt(count * len(other) / 12 * (total + 1 - ties / (total * (total - 1))))
    return math.erfc(abs(u - count * len(other) / 2) / spread / math.sqrt(2))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=2000, help="requests a class")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        with server(folder) as port:
            times, answers = measure(port, options.count)
    for name, found in times.items():
        median, spread = statistics.median(found), statistics.quantiles(found, n=20)
        print(
            f"{name:<12} median {median * 1000:6.2f} ms   5 % {spread[0] * 1000:6.2f} ms   95 % {spread[-1] * 1000:6.2f} ms"
        )
    p = {pair: compare(times[pair[0]], times[pair[1]]) for pair in itertools.combinations(CLASSES, 2)}
    least = min(p, key=lambda pair: p[pair])
    print(f"smallest p of {len(p)} pairs: {p[least]:.3f} ({least[0]}, {least[1]}); different answers: {answers}")
    return int(p[least] * len(p) < ENOUGH or answers != 1)


if __name__ == "__main__":
    sys.exit(main())
