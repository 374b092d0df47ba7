"""Measure the desk's pages over a large store: `python -m bench.desk [--readers N] [--editions N]`.

The store has a million readers, five hundred editions that were sent, and a draft. Each page is asked over ASGI as the
server does, by a member with all roles, and its CPU is compared with what SQLite alone takes in the same run to count the
readers once: what a page would cost that counts.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio

from bench.sites.readership import write_readership
from digest import clock
from digest.desk.editions import prepare
from digest.desk.staffing import join, make_first_link
from digest.desk.tallying import tally_editions
from digest.desk.workplace import Workplace, open_workplace
from digest.settings import Site, find_site, open_site
from digest.web.desk.app import DeskApp, build_desk_routes
from digest.web.desk.doors import DOORS
from digest.web.public_site import build_app

__all__ = ["main"]

_PASSWORD = "seven grey herons at dusk"
_ROUNDS = 7
_COUNT = "SELECT list_id, state, rhythm, language, form, count(*) FROM subscription GROUP BY 1, 2, 3, 4, 5"


def main(readers: int, editions: int, folder: Path) -> None:
    """Measure in an empty folder, and print."""
    write_readership(folder / "site", readers)
    site = open_site(find_site(folder / "site"))
    with open_workplace(site, via="desk") as place:
        draft = _fill(place, editions)
        tally_editions(place)
    floor = _measure(lambda: _count(site.var / "digest.db"))
    print(f"{readers:,} readers, {editions} editions; to count the readers once: {floor * 1e3:.0f} ms of CPU")
    browser = _Browser(site)
    browser.sign_in(site)
    for door in DOORS:
        if door.show is None or "{item}" in door.path:
            continue
        path = "/desk" + re.sub(r"\{\w+\}", draft, door.path)
        status = browser.get(path)
        cost = _measure(lambda path=path: browser.get(path))  # type: ignore[misc]
        print(f"{path:44} {status}  {cost * 1e3:7.1f} ms of CPU   {cost / floor:6.3f} of counting", flush=True)


def _fill(place: Workplace, editions: int) -> str:
    """Editions that were sent, as rows; then a draft, whose id is returned."""
    draft = prepare(place, next(iter(place.site.settings.lists)), actor="digest").edition
    with closing(sqlite3.connect(place.store.file)) as database, database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(edition)")]
        kept = dict(
            zip(columns, database.execute("SELECT * FROM edition WHERE id = ?", (draft.id,)).fetchone(), strict=True)
        )
        for number in range(editions):
            moment = int((place.now - timedelta(weeks=number + 1)).timestamp())
            sent = {
                **kept, "id": f"past-{number}", "period": f"past-{number}", "state": "finished", "moment": moment,
                "frozen_hash": "0" * 64, "approved_by": "Ada", "started_at": moment, "finished_at": moment + 3600,
                "audience_count": 100_000, "archive": json.dumps({"en": "x" * 4000}),
                "manifest": json.dumps({"x": "y" * 4000}),
            }  # fmt: skip
            marks = ", ".join("?" * len(sent))
            database.execute(f"INSERT INTO edition ({', '.join(sent)}) VALUES ({marks})", tuple(sent.values()))
            value = json.dumps({"counts": {"sent": 99_000, "failed": 900, "held": 0}, "trail": []})
            database.execute("INSERT INTO tally VALUES (?, ?, ?)", (f"edition past-{number}", value, moment + 7200))
    return draft.id


def _count(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute(_COUNT).fetchall()


def _measure(step: Callable[[], object]) -> float:
    """The median CPU of a step over all threads of this process, in seconds; the first one warms up."""
    step()
    costs = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        step()
        costs.append(time.process_time() - began)
    return statistics.median(costs)


class _Browser:
    """Asks for pages with the cookies that it got."""

    def __init__(self, site: Site) -> None:
        self._app = build_app(site, build_desk_routes(DeskApp(lambda: site)))
        self._host = site.settings.newsroom.base_url.partition("://")[2].partition(":")[0]
        self._cookies: dict[str, str] = {}

    def sign_in(self, site: Site) -> None:
        """Make the first member, who gets the session at once."""
        with open_workplace(site, clock.now(), "desk") as place:
            token = make_first_link(place)
            assert token is not None
            opened = join(place, token, name="Boss", password=_PASSWORD, network="192.0.2.1", device="bench")
        secure = site.settings.newsroom.base_url.startswith("https:")
        self._cookies["__Host-desk" if secure else "desk"] = opened.cookie

    def get(self, path: str) -> int:
        """Ask for a page; its status."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": path, "query_string": urlencode({}).encode(), "scheme": "https",
            "headers": [(b"host", self._host.encode()), (b"cookie", cookie.encode())],
            "client": ("192.0.2.1", 1), "server": (self._host, 443), "http_version": "1.1",
        }  # fmt: skip
        statuses: list[int] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def run() -> None:
            await self._app(scope, receive, send)  # type: ignore[arg-type]

        anyio.run(run)
        return statuses[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--editions", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        main(arguments.readers, arguments.editions, Path(folder))
