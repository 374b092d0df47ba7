"""Beside a server, what schedules have due is done when it is due, whatever is wrong with one of them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.desk.approving import approve
from digest.desk.publishing import publish
from digest.desk.readers import import_readers
from digest.desk.workplace import open_workplace
from digest.settings import open_site
from digest.store.sqlite import connect
from digest.work import scheduled
from digest.work.scheduled import LOOK_EVERY, Scheduler, schedule_forever

SITE = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
zone = "America/New_York"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[topics.ukraine]
title = "Ukraine"
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@newsroom.example.org>"
schedule.weekly = "Fri 09:00"
approvers = ["Ada <ada@example.org>"]
[lists.friends]
title = "Friends"
sender = "Test Newsroom <friends@newsroom.example.org>"
schedule.weekly = "Fri 09:00"
[delivery]
outbox = true
"""
SLOT = datetime(2022, 3, 4, 14, tzinfo=UTC)  # nine in New York
LEAD = SLOT - timedelta(days=1)
NAMES = ("2022-w09-friends", "2022-w09-supporters")


class Served:
    """A site with two lists and one released item, whose clock the tests set."""

    def __init__(self, folder: Path, set_clock: Callable[[datetime], None]) -> None:
        self.folder, self.set_clock = folder, set_clock
        self.told: list[str] = []
        self.site = open_site(folder, {})
        self.start()

    def start(self) -> None:
        """Begin anew, as a server that was started."""
        self.scheduler = Scheduler(lambda: self.site, self.told.append)

    def step(self, now: datetime) -> float:
        """One look at that moment."""
        self.set_clock(now)
        return self.scheduler.step()

    def reopen(self, old: str, new: str) -> None:
        """Another newsroom.toml."""
        file = self.folder / "newsroom.toml"
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
        self.site = open_site(self.folder, {})

    def approve(self, now: datetime, *names: str) -> None:
        """As somebody does at a terminal while the server runs."""
        with open_workplace(self.site, now) as place:
            for name in names or NAMES:
                approve(place, name, actor="Ada")

    @property
    def states(self) -> dict[str, str]:
        with closing(connect(self.folder / "var" / "digest.db")) as connection:
            return dict(connection.execute("SELECT id, state FROM edition ORDER BY id").fetchall())


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    folder = tmp_path / "site"
    (folder / "items").mkdir(parents=True)
    (folder / "newsroom.toml").write_text(SITE, "utf-8")
    text = "---\ntitle: An item\ndate: 2022-03-01\nkind: update\ntopics: [ukraine]\n---\nBody.\n"
    (folder / "items" / "item.md").write_text(text, "utf-8")
    with open_workplace(open_site(folder, {}), LEAD - timedelta(days=1)) as place:
        publish(place)
        for name in ("supporters", "friends"):
            row = f"email\n{name}@example.org\n".encode()
            import_readers(place, name, row, "x.csv", since=datetime(2022, 2, 1).date(), evidence="paper", actor="Ada")
    return Served(folder, lambda now: monkeypatch.setattr(scheduled.clock, "now", lambda: now))


def test_it_looks_every_few_seconds_and_wakes_at_the_moment(served):
    waits = [served.step(LEAD - timedelta(seconds=left)) for left in (3600, 4, 1)]

    assert waits == [LOOK_EVERY.total_seconds(), 4, 1]
    assert served.states == {}
    served.step(LEAD)
    assert served.states == dict.fromkeys(NAMES, "draft")


def test_a_week_goes_by_and_restarts_do_not_matter(served):
    for now in (LEAD, LEAD + timedelta(hours=1)):
        served.step(now)
        served.start()
    served.approve(LEAD + timedelta(hours=2))
    for late in (-1, 0, 5, 10):
        served.step(SLOT + timedelta(seconds=late))
        served.start()

    assert served.states == dict.fromkeys(NAMES, "sending")
    assert [line for line in served.told if "is being sent" in line] == [
        "2022-w09-supporters is being sent to 1 reader", "2022-w09-friends is being sent to 1 reader",
    ]  # fmt: skip


def test_a_fault_in_one_schedule_is_told_once_and_tried_again_and_stops_no_other(served, monkeypatch):
    served.step(LEAD)
    served.approve(LEAD)
    retried = iter((1000.0, 1031.0, 1062.0, 1093.0, 1124.0, 1155.0))
    monkeypatch.setattr(scheduled.time, "monotonic", lambda: next(retried, 2000.0))
    with closing(connect(served.folder / "var" / "digest.db")) as connection:
        connection.execute("UPDATE edition SET archive = '{\"en\": 1}' WHERE id = ?", (NAMES[1],))
    before = len(served.told)
    for late in (0, 40, 80):
        served.step(SLOT + timedelta(seconds=late))

    assert served.states == {NAMES[0]: "sending", NAMES[1]: "approved"}
    complaints = [line for line in served.told[before:] if line.startswith("supporters weekly: ")]
    assert len(complaints) == 1


def test_a_fenced_site_only_says_so(served):
    with open_workplace(served.site, LEAD) as place:
        from digest.desk.fencing import raise_fence

        raise_fence(place, actor="Ben")
    served.step(LEAD)

    assert served.states == {}
    assert all("stands still" in line for line in served.told) and len(served.told) == 2


def test_a_list_that_is_gone_is_left_alone(served):
    served.step(LEAD)
    toml = served.folder / "newsroom.toml"
    start = toml.read_text("utf-8").index("[lists.friends]")
    end = toml.read_text("utf-8").index("[delivery]")
    served.reopen(toml.read_text("utf-8")[start:end], "")
    served.approve(LEAD, NAMES[1])
    before = len(served.told)
    for late in (0, 60):
        served.step(SLOT + timedelta(seconds=late))

    assert served.states == {NAMES[0]: "draft", NAMES[1]: "sending"}
    assert [line for line in served.told[before:] if "friends" in line] == []


def test_it_goes_on_until_it_is_cancelled(served):
    async def serve() -> None:
        served.set_clock(LEAD)
        loop, told = asyncio.get_running_loop(), asyncio.Event()

        def tell(_line: str) -> None:
            loop.call_soon_threadsafe(told.set)

        task = asyncio.create_task(schedule_forever(Scheduler(lambda: served.site, tell)))
        await told.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(serve(), 30))
    assert NAMES[0] in served.states


def test_looks_that_find_nothing_load_nothing_heavy(served):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from digest.settings import open_site\n"
        "from digest.work.scheduled import Scheduler\n"
        f"site = open_site(Path({str(served.folder)!r}), {{}})\n"
        "scheduler = Scheduler(lambda: site, print)\n"
        "scheduler.step()\n"
        "print(sorted({'sqlalchemy', 'premailer', 'lxml'} & sys.modules.keys()))\n"
    )
    environment = {**os.environ, "DIGEST_NOW": "2022-03-01T12:00:00+00:00"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
