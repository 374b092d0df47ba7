"""Moments as press and staff live through them: nothing a second too early, and at its moment without anybody's hand."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image

SECRET = "Zanzibar"
ADDRESSES = (
    "/", "/topics/ukraine/", "/archive/", "/feeds/", "/feeds/all.opml", "/sitemap.xml", "/robots.txt", "/nowhere",
    *(f"/feeds/{name}.{form}" for name in ("all", "ukraine", "press-release") for form in ("atom", "rss", "json", "html")),
    "/feeds/ukraine+press-release.atom", "/items/zanzibar-plan/", "/items/zanzibar-plan", "/items/zanzibar-plan/index.html",
)  # fmt: skip
"""Whatever can be asked for; what is asked for by the item's own name is echoed by no answer either."""
LATE = timedelta(seconds=4)
"""How long after its moment an item may appear: an eye-blink on a machine that is not busy, and tests make it busy."""


def _wait_for(happens: Callable[[], object], seconds: float = 25) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def _now() -> datetime:
    return datetime.now(UTC)


def _soon(seconds: int) -> datetime:
    return _now().replace(microsecond=0) + timedelta(seconds=seconds + 1)


@pytest.fixture
def site(terminal):
    """A person at a site with one public item, and a photo that is nobody's yet."""
    terminal.item("open-news", "News for all", "2022-02-21")
    out = BytesIO()
    Image.linear_gradient("L").resize((60, 40)).save(out, "jpeg", comment=SECRET.encode())
    photo = terminal.folder / "items" / "photos" / "zanzibar.jpg"
    photo.parent.mkdir()
    photo.write_bytes(out.getvalue())
    return terminal


def _hide(site, moment: datetime) -> None:
    look = f"{{src: zanzibar.jpg, alt: {SECRET}, caption: {SECRET}, credit: {SECRET}}}"
    day = "2022-02-23"
    site.item("zanzibar-plan", f"The {SECRET} plan", day, body=f"All of {SECRET}.", embargo=moment.isoformat(), photo=look)


def test_no_address_tells_of_an_item_before_its_moment_and_all_do_right_after_it(site, server):
    server.start()
    quiet = {path: server.ask(path) for path in ADDRESSES}
    moment = _soon(5)
    _hide(site, moment)
    photos = site.folder / "public" / "photos"

    asked = 0
    while _now() < moment:
        seen = {path: server.ask(path) for path in ADDRESSES}
        files = [path.name for path in photos.iterdir()] if photos.exists() else []
        if _now() < moment:
            asked += 1
            assert not [path for path, answer in seen.items() if SECRET.encode().lower() in answer.body.lower()]
            for name in ("etag", "last-modified", "content-length"):
                before, now = ({path: one.headers[name] for path, one in answers.items()} for answers in (quiet, seen))
                assert before == now, "not even a date tells that something is coming"
            assert {path for path, answer in seen.items() if answer.status == 404} >= {"/items/zanzibar-plan/", "/nowhere"}
            assert files == []
    _wait_for(lambda: server.ask("/items/zanzibar-plan/").status == 200)
    delay = _now() - moment

    assert asked >= 3, "it was really asked for"
    assert delay < LATE
    for path in ("/", "/topics/ukraine/", "/feeds/all.atom", "/feeds/ukraine.rss", "/feeds/press-release.json"):
        assert SECRET in server.ask(path).text, path
    assert "/items/zanzibar-plan/" in server.ask("/sitemap.xml").text
    assert SECRET in server.ask("/feeds/ukraine+press-release.atom").text
    photos_shown = set(re.findall(r"/photos/[0-9a-z-]+\.jpg", server.ask("/items/zanzibar-plan/").text))
    assert photos_shown
    assert all(server.ask(photo).status == 200 and SECRET.encode() not in server.ask(photo).body for photo in photos_shown)
    assert server.end() == [f"released: The {SECRET} plan"]


def test_what_became_due_while_no_server_ran_appears_at_its_start(site, server):
    _hide(site, moment := _soon(8))
    server.start()
    server.end()
    _wait_for(lambda: _now() > moment)
    assert not (site.folder / "public" / "items" / "zanzibar-plan").exists(), "nobody was there to publish it"

    server.start(publishes=False)

    _wait_for(lambda: server.ask("/items/zanzibar-plan/").status == 200)


def test_what_is_saved_after_its_moment_waits_for_a_person_and_the_server_names_it(site, server):
    server.start()
    _hide(site, _now().replace(microsecond=0) - timedelta(minutes=1))
    site.item("awaited", "Due meanwhile", "2022-02-23", embargo=_soon(3).isoformat())

    _wait_for(lambda: server.ask("/items/awaited/").status == 200)

    assert server.ask("/items/zanzibar-plan/").status == 404
    assert f"released: The {SECRET} plan" in site.run("publish")
    _wait_for(lambda: server.ask("/items/zanzibar-plan/").status == 200)
    missed = "items/zanzibar-plan.md: its embargo is over, but it was saved after that moment; to publish it: digest publish"
    assert server.end() == [missed, "released: Due meanwhile"]


def test_settings_broken_meanwhile_are_told_once_and_the_site_is_served_on(site, server):
    server.start()
    newsroom = site.folder / "newsroom.toml"
    newsroom.write_text("[newsroom", "utf-8")
    _hide(site, _soon(1))
    time.sleep(6)

    assert server.ask("/items/open-news/").status == 200
    assert server.ask("/items/zanzibar-plan/").status == 404, "nobody can tell by which settings it is to be published"
    told = server.end()
    assert len([line for line in told if "newsroom.toml" in line]) == 1


def test_a_notice_becomes_a_tombstone_while_the_server_runs(site, server):
    text = (site.folder / "newsroom.toml").read_text("utf-8")
    site.write("newsroom.toml", f'{text}\n[feeds]\ntombstone_after = "8 s"\n')
    server.start()
    site.run("withdraw", "open-news", "--reason", "A source took it back.")
    _wait_for(lambda: server.ask("/items/open-news/").status == 410)
    notice = server.ask("/feeds/all.atom").text
    assert "A source took it back." in notice and "deleted-entry" not in notice

    _wait_for(lambda: "deleted-entry" in server.ask("/feeds/all.atom").text)

    assert "News for all" not in server.ask("/feeds/all.atom").text
    assert server.ask("/items/open-news/").status == 410


@pytest.mark.parametrize(
    ("date", "embargo", "dated", "until"),
    [
        (
            "2022-02-28",
            "2022-02-28T00:01 Europe/Kyiv",
            "Monday 28 February 2022, 00:00 midnight, as the day begins (Europe/London), 2022-02-28 00:00 UTC",
            "Sunday 27 February 2022, 22:01 in the evening (Europe/London), 2022-02-27 22:01 UTC",
        ),
        (
            "2022-07-01T09:30 America/New_York",
            "2022-07-01T15:00+01:00",
            "Friday 1 July 2022, 14:30 in the afternoon (Europe/London), 2022-07-01 13:30 UTC",
            "Friday 1 July 2022, 15:00 in the afternoon (Europe/London), 2022-07-01 14:00 UTC",
        ),
        (
            "2022-10-30T01:30+00:00",
            "2022-10-30T12:00 Asia/Kathmandu",
            "Sunday 30 October 2022, 01:30 at night (Europe/London), 2022-10-30 01:30 UTC",
            "Sunday 30 October 2022, 06:15 in the morning (Europe/London), 2022-10-30 06:15 UTC",
        ),
    ],
)
def test_check_reads_times_back_local_and_utc(terminal, at, date, embargo, dated, until):
    at("2022-02-27T12:00:00+00:00")
    terminal.item("timed", "A timed item", date, embargo=embargo)

    printed = terminal.run("check", "--verbose")

    assert f"items/timed.md: embargoed, dated {dated}; embargo until {until}\n" in printed
    assert "1 item file: 1 under embargo" in printed


@pytest.mark.parametrize(
    ("embargo", "words"),
    [
        ("2022-02-28T12:00", "it has no zone, so nobody can tell when it is"),
        ("tomorrow", "write a moment with its zone"),
        ("", "it is empty"),
        ("2022-03-27T01:30 Europe/London", "does not exist in Europe/London"),
        ("2022-10-30T01:30 Europe/London", "comes twice in Europe/London"),
        ("2022-02-28T12:00 Europe/Nowhere", "is not a time zone"),
    ],
)
def test_an_embargo_that_could_be_misread_publishes_nothing(terminal, at, embargo, words):
    at("2022-12-01T12:00:00+00:00")
    terminal.item("timed", "A timed item", "2022-02-21", embargo=embargo)

    printed = terminal.run("publish", expect=1)

    assert re.search(rf"^items/timed\.md:6: embargo: .*{re.escape(words)}", printed, re.MULTILINE)
    assert not (terminal.folder / "public" / "items" / "timed").exists()


def test_a_mistyped_year_releases_nothing(terminal):
    terminal.item("timed", "A timed item", "2022-02-21", embargo=f"{_now() + timedelta(days=40):%Y-%m-%dT%H:%M}+00:00")
    year = _now().year + 1

    printed = terminal.run("publish", "--at", f"{year}-06-01T12:00")

    assert "nothing is released and public/ is not" in printed
    assert not (terminal.folder / "public").exists()
    assert "A timed item" not in terminal.run("publish")
