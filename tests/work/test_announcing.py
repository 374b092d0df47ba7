"""A hub hears of every change in the end, whatever it, the network or this process does meanwhile, and is never pestered."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from digest.desk.announcing import queue_announcements
from digest.errors import StoreError
from digest.store.announcements import LEASE, read_announcements, take_due
from digest.web.working import working
from digest.work.announcing import GIVEN_UP_AFTER, announce_briefly, announce_due, announce_forever
from digest.work.hub import open_client

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL, UKRAINE = "https://news.example.org/feeds/all.atom", "https://news.example.org/feeds/ukraine.rss"
PATHS = ("feeds/all.atom", "feeds/ukraine.rss")


class Publisher:
    """A site whose clock the test moves."""

    def __init__(self, store, settings) -> None:
        self.store, self.settings, self.now = store, settings, NOW

    def publish(self, *paths: str) -> None:
        with self.store.writing() as connection:
            queue_announcements(connection, paths or PATHS, self.settings, self.now)

    def announce(self, minutes: float = 0, patience: float | None = None) -> int:
        """A round, so many minutes later."""
        self.now += timedelta(minutes=minutes)

        async def run() -> int:
            async with open_client(self.settings) as client:
                return await announce_due(self.store, self.settings, client, lambda: self.now, patience)

        return asyncio.run(run())

    @property
    def waiting(self):
        """What has yet to be told: address -> error."""
        with self.store.reading() as connection:
            return {row.address: row.error for row in read_announcements(connection, self.settings.feeds.hub)}


@pytest.fixture
def publisher(store, settings_for, hubs):
    """Makes a publisher with a hub that follows a script."""
    opened = []

    def make(script=lambda _address, _times: 202, **options):
        hub = hubs.Hub(script, **options).__enter__()
        opened.append(hub)
        return Publisher(store, settings_for(hub.address)), hub

    yield make
    for hub in opened:
        hub.__exit__(None, None, None)


# What a hub is told.


def test_a_hub_is_told_of_each_changed_feed_once_in_the_way_that_hubs_understand(publisher):
    site, hub = publisher()
    site.publish()

    assert site.announce() == 2
    assert sorted(hub.took) == [ALL, UKRAINE]
    assert {"hub.mode": ["publish"], "hub.url": [ALL], "hub.topic": [ALL]} in hub.forms
    assert site.waiting == {}
    assert site.announce(minutes=600) == 0
    assert len(hub.told) == 2


def test_many_changes_of_a_feed_before_it_is_told_are_one(publisher):
    site, hub = publisher()
    for _ in range(3):
        site.publish()
    site.announce()
    assert sorted(hub.told) == [ALL, UKRAINE]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_is_taken(publisher, status):
    site, _ = publisher(lambda _address, _times: status)
    site.publish()
    assert site.announce() == 2
    assert site.waiting == {}


def test_what_changes_while_it_is_told_is_told_again(publisher):
    site, hub = publisher(lambda address, times: publish_anew(address, times))

    def publish_anew(address, times):
        if address == ALL and times == 1:
            site.publish("feeds/all.atom")
        return 202

    site.publish()
    assert site.announce() == 3
    assert sorted(hub.told) == [ALL, ALL, UKRAINE]
    assert site.waiting == {}


def test_more_feeds_than_are_told_at_a_time_are_all_told(publisher):
    site, hub = publisher()
    names = ("all", "ukraine", "russia", "press-release", "ukraine+press-release")
    site.publish(*(f"feeds/{name}.{form}" for name in names for form in ("atom", "rss", "json")))
    assert site.announce() == 15
    assert len(set(hub.took)) == len(hub.took) == 15
    assert hub.most_at_once <= 8


# Faults of one address.


def test_a_refusal_puts_off_that_address_alone_longer_each_time(publisher):
    site, hub = publisher(lambda address, _times: 500 if address == ALL else 202, body="Topic not found.\n\x1b[31m")
    site.publish()

    assert site.announce() == 1
    assert site.waiting == {ALL: "it answered 500: Topic not found. [31m"}
    for wait in (1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360):
        told = len(hub.told)
        site.announce(minutes=wait - 0.1)
        assert len(hub.told) == told, "it was told before the wait was over"
        site.announce(minutes=0.1)
        assert len(hub.told) == told + 1
    assert hub.told.count(UKRAINE) == 1


def test_a_newer_change_is_told_at_once_although_the_older_one_waits(publisher):
    site, hub = publisher(lambda _address, times: 500 if times < 5 else 202)
    site.publish("feeds/all.atom")
    for _ in range(4):
        site.announce(minutes=600)
    site.publish("feeds/all.atom")
    assert site.announce() == 1
    assert len(hub.told) == 5


def test_after_two_days_an_address_is_given_up_and_the_journal_says_so(publisher, sql):
    site, hub = publisher(lambda address, _times: 404 if address == ALL else 202, body="unknown topic")
    site.publish()
    while site.waiting:
        site.announce(minutes=120)

    assert timedelta(0) < site.now - NOW - GIVEN_UP_AFTER <= timedelta(hours=6)
    ((action, subject, detail),) = sql("SELECT action, subject, detail FROM journal")
    assert (action, subject) == ("announcements given up", "feeds")
    assert '"addresses": 1' in detail
    assert "it answered 404: unknown topic" in detail
    told = len(hub.told)
    site.announce(minutes=600)
    assert len(hub.told) == told


def test_a_redirect_is_not_followed_and_named(publisher):
    site, hub = publisher(lambda _address, _times: (301, "Location: https://elsewhere.example.org/"))
    site.publish("feeds/all.atom")
    site.announce()
    assert len(hub.told) == 1
    assert "https://elsewhere.example.org/" in site.waiting[ALL]


# Faults of the hub.


def test_a_hub_that_is_away_is_asked_with_one_address_at_first(publisher, hubs):
    is_back = False
    site, hub = publisher(lambda _address, _times: 202 if is_back else hubs.Act.DROP)
    names = ("all", "ukraine", "russia", "press-release")
    site.publish(*(f"feeds/{name}.{form}" for name in names for form in ("atom", "rss", "json")))
    site.announce()
    assert len(hub.told) == 8
    for wait in (1, 2, 4, 8):
        told = len(hub.told)
        site.announce(minutes=wait - 0.1)
        site.announce(minutes=0.1)
        assert len(hub.told) == told + 1
    is_back = True
    assert site.announce(minutes=16) == 12
    assert site.waiting == {}


def test_a_hub_that_is_away_for_two_days_is_told_nothing_old(publisher, hubs, sql):
    site, _ = publisher(lambda _address, _times: hubs.Act.DROP)
    site.publish(*(f"feeds/{name}.{form}" for name in ("all", "ukraine", "russia") for form in ("atom", "rss", "json")))
    while site.waiting:
        site.announce(minutes=60)
    assert site.now - NOW <= GIVEN_UP_AFTER + timedelta(hours=6)
    ((detail,),) = sql("SELECT detail FROM journal")
    assert '"addresses": 9' in detail


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["1800", "Sun, 22 Nov 2026 12:30:00 GMT"])
def test_a_hub_that_asks_to_wait_is_left_alone_until_then(publisher, status, form):
    site, hub = publisher(lambda address, _times: (status, f"Retry-After: {form}") if site.now == NOW else 202)
    site.publish()
    site.announce()
    told = len(hub.told)
    assert set(site.waiting.values()) == {f"it asked to be left alone for a while ({status})"}
    site.publish("feeds/russia.atom")
    assert site.announce(minutes=29.9) == 0
    assert len(hub.told) == told, "neither the same feeds nor newer ones were told"
    assert site.announce(minutes=0.1) == 3


def test_a_hub_cannot_ask_for_more_than_a_day(publisher):
    site, _ = publisher(lambda _address, _times: (503, "Retry-After: 999999999") if site.now == NOW else 202)
    site.publish()
    site.announce()
    assert site.announce(minutes=24 * 60) == 2


def test_a_hub_that_hangs_costs_no_more_than_the_patience_there_is(publisher, hubs):
    site, hub = publisher(lambda _address, _times: hubs.Act.HANG)
    names = ("all", "ukraine", "russia", "press-release")
    site.publish(*(f"feeds/{name}.{form}" for name in names for form in ("atom", "rss", "json")))
    began = time.monotonic()
    site.announce(patience=1.2)
    assert time.monotonic() - began < 2.5
    assert len(site.waiting) == 12
    assert "it did not answer in time" in site.waiting.values()
    assert len(hub.told) == 8


def test_a_hub_without_tls_elsewhere_is_never_told(store, settings_for):
    site = Publisher(store, settings_for("http://hub.example.org/"))
    site.publish("feeds/all.atom")
    site.announce()
    assert site.waiting == {ALL: "its address must begin with https://"}


def test_another_hub_is_told_only_what_changes_from_then_on(publisher, hubs):
    site, old = publisher(lambda _address, _times: 500)
    site.publish()
    site.announce()
    _, new = publisher()
    site.settings = site.settings.model_copy(update={"feeds": site.settings.feeds.model_copy(update={"hub": new.address})})
    site.publish("feeds/all.atom")
    assert site.announce(minutes=60) == 1
    assert (new.told, len(old.told)) == ([ALL], 2)


def test_without_a_hub_nothing_is_told_and_what_waited_is_forgotten(publisher, settings_for, sql):
    site, _ = publisher(lambda _address, _times: 500)
    site.publish()
    site.announce()
    site.settings = settings_for()
    site.publish()
    assert site.announce() == 0
    assert sql("SELECT count(*) FROM announcement") == [(0,)]


# Several processes, and none.


def test_two_processes_do_not_tell_the_same(publisher):
    site, _ = publisher()
    site.publish()
    with site.store.writing() as connection:
        first = take_due(connection, site.settings.feeds.hub, NOW, most=1)
    with site.store.writing() as connection:
        rest = take_due(connection, site.settings.feeds.hub, NOW, most=8)
    assert [one.address for one in (*first, *rest)] == [ALL, UKRAINE]


def test_what_a_process_took_and_never_finished_is_told_by_the_next_one(publisher):
    site, hub = publisher()
    site.publish()
    with site.store.writing() as connection:
        take_due(connection, site.settings.feeds.hub, NOW, most=8)
    assert site.announce() == 0
    assert site.announce(minutes=LEASE.total_seconds() / 60) == 2
    assert sorted(hub.took) == [ALL, UKRAINE]


KILLED = """
import sys
from pathlib import Path
from digest.settings import open_site
from digest.store.hot import open_hot
from digest.work.announcing import announce_briefly
site = open_site(Path(sys.argv[1]), {"DIGEST_FEEDS_HUB": sys.argv[2]})
announce_briefly(open_hot(site.var), site.settings, patience=30)
"""


def wait_until(is_so):
    for _ in range(1000):
        if is_so():
            return
        time.sleep(0.01)
    pytest.fail("it never came to that")


def test_a_process_killed_while_it_announces_loses_nothing(publisher, hubs, newsroom_toml, sql):
    hangs = True
    site, hub = publisher(lambda address, _times: hubs.Act.HANG if hangs and address == UKRAINE else 202)
    site.publish(*PATHS, "feeds/russia.json")
    command = [sys.executable, "-c", KILLED, str(newsroom_toml.parent), hub.address]
    with subprocess.Popen(command) as process:
        wait_until(lambda: len(hub.told) == 3)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert UKRAINE in site.waiting

    hangs = False
    sql("UPDATE announcement SET next_at = 0")  # the minute for which they were taken is over
    site.announce()
    assert site.waiting == {}
    assert set(hub.took) == {ALL, UKRAINE, "https://news.example.org/feeds/russia.json"}


# The round after a publish, and the one that never ends.


@pytest.fixture
def present(monkeypatch):
    """The machine's clock stands at the tests' moment."""
    monkeypatch.setattr("digest.work.announcing.real_now", lambda: NOW)


@pytest.mark.usefixtures("present")
def test_a_command_tells_what_it_can_and_ends(publisher):
    site, hub = publisher()
    assert announce_briefly(site.store, site.settings) == 0
    site.publish()
    assert announce_briefly(site.store, site.settings) == 2
    assert sorted(hub.took) == [ALL, UKRAINE]


@pytest.mark.usefixtures("present")
def test_a_hub_that_hangs_holds_up_no_command(publisher, hubs):
    site, _ = publisher(lambda _address, _times: hubs.Act.HANG)
    site.publish()
    began = time.monotonic()
    assert announce_briefly(site.store, site.settings) == 0
    assert time.monotonic() - began < 4
    assert set(site.waiting.values()) == {"it did not answer in time"}


@pytest.mark.usefixtures("present")
def test_a_name_server_that_hangs_holds_up_no_command(store, settings_for, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_words: time.sleep(2))
    site = Publisher(store, settings_for("https://hub.example.org/"))
    site.publish("feeds/all.atom")
    began = time.monotonic()
    announce_briefly(site.store, site.settings, patience=0.3)
    assert time.monotonic() - began < 1.5
    assert site.waiting == {ALL: "its name is not found"}


def test_the_server_tells_what_any_process_queues_and_goes_on_after_a_fault(publisher, monkeypatch):
    monkeypatch.setattr("digest.work.announcing._LOOK_EVERY", 0.05)
    site, hub = publisher()
    site.now = datetime.now(UTC).replace(microsecond=0)
    faults = [StoreError("digest.db", "database is locked")]

    def read_settings():
        if faults:
            raise faults.pop()
        return site.settings

    async def announce():
        await announce_forever(site.store, read_settings)

    async def run():
        async with working([announce], first_wait=0.01):
            for count in (2, 4):
                site.publish()
                await asyncio.to_thread(wait_until, lambda count=count: len(hub.took) == count)
            await asyncio.to_thread(wait_until, lambda: site.waiting == {})  # crossed out behind what was taken

    asyncio.run(asyncio.wait_for(run(), 20))
    assert sorted(hub.took) == [ALL, ALL, UKRAINE, UKRAINE]
    assert site.waiting == {}
