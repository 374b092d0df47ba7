"""A reader's whole life in a real browser without scripts, over the real server and a real relay.

They sign up from a topic's page, confirm, read a digest, change what they get, hear of a correction, leave by one click,
come back, pause, move to another address, join another list, take what is stored with them, and are erased without a trace.
"""

from __future__ import annotations

import email
import email.policy
import http.client
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from digest.work.catcher import Catcher, catching

ADDRESS, MOVED = "canary-nina@nestbox.example", "canary-moved@nestbox.example"
CANARY = re.compile(rb"canary|nestbox", re.IGNORECASE)
LISTS = """
[lists.press]
title = "Press"
sender = "Test Newsroom <press@newsroom.example.org>"
rhythms = ["weekly"]
"""
RELAXED = ("rate", "feed_count", "feed_audience", "tally", "fact", "sqlite_sequence")
"""Tables of counts that others than readers write."""


@dataclass
class Reader:
    """Somebody with a browser, and the mailbox behind an address."""

    context: BrowserContext
    page: Page
    relay: Catcher
    server: Any
    terminal: Any

    def letters(self, to: str, subject: str = "") -> list[EmailMessage]:
        """What came to an address, the oldest first."""
        found = []
        for path in sorted(self.relay.folder.glob("*.eml")):
            letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(letter, EmailMessage)
            if letter["To"] == to and subject in letter["Subject"]:
                found.append(letter)
        return found

    def newest(self, to: str, count: int) -> EmailMessage:
        """The letter that makes it so many to an address, once it is there."""
        wait(lambda: len(self.letters(to)) >= count)
        assert len(self.letters(to)) == count, [letter["Subject"] for letter in self.letters(to)]
        return self.letters(to)[-1]

    def link_to(self, to: str, step: str) -> str:
        """The link of that sort in a letter to an address, once there is one."""

        def find() -> str | None:
            found = [re.search(rf"http\S+/{step}/[A-Za-z0-9_-]+", text_of(letter)) for letter in self.letters(to)]
            return next((one[0] for one in reversed(found) if one), None)

        return str(wait(find))

    def open(self, link: str) -> str:
        """Open a page; what it says."""
        answer = self.page.goto(link)
        assert answer is not None and answer.status == 200, (link, answer and answer.status)
        assert not self.context.cookies(), "readers' pages set no cookie"
        return self.page.inner_text("main")

    def press(self, act: str, within: str = "main") -> str:
        """Press a button; what the page says then."""
        self.page.locator(within).locator(f'button[name="act"][value="{act}"]').click()
        self.page.wait_for_load_state()
        return self.page.inner_text("main")

    def stored(self) -> list[str]:
        """All that is stored but counts."""
        with closing(sqlite3.connect(self.terminal.folder / "var" / "digest.db")) as database:
            lines = [line for line in database.iterdump() if line.startswith("INSERT")]
        return [line for line in lines if not any(f'INTO "{table}"' in line for table in RELAXED)]

    def row(self, columns: str) -> list[tuple[Any, ...]]:
        """Some columns of all subscriptions that came by the web."""
        with closing(sqlite3.connect(self.terminal.folder / "var" / "digest.db")) as database:
            return database.execute(f"SELECT {columns} FROM subscription WHERE id > 1 ORDER BY id").fetchall()

    def send_extra(self) -> None:
        """Staff prepare an extra edition, approve it and send it."""
        name = self.terminal.run("edition", "prepare", "supporters", "--extra").split()[0]
        self.terminal.run("edition", "approve", name, "--as", "Ada")
        self.terminal.run("send", name)


def wait(until: Callable[[], Any]) -> Any:
    """What it gives once it gives something."""
    end = time.monotonic() + 30
    while not (found := until()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
    return found


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(letter: EmailMessage, step: str) -> str:
    found = re.search(rf"http\S+/{step}/[A-Za-z0-9_-]+", text_of(letter))
    assert found is not None, text_of(letter)
    return found[0]


@pytest.fixture
def relay(terminal: Any, tmp_path: Path) -> Iterator[Catcher]:
    """The relay of the terminal's site; it must be there before the browser, whose loop runs in this thread."""
    with catching(tmp_path / "caught") as running:
        terminal.variables["DIGEST_SMTP_URL"] = running.url
        yield running


@pytest.fixture
def browser(relay: Catcher, program: Callable[[str], str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def reader(terminal: Any, server: Any, relay: Catcher, browser: Browser) -> Iterator[Reader]:
    settings = terminal.folder / "newsroom.toml"
    settings.write_text(settings.read_text().replace('languages = ["en", "uk"]', 'languages = ["en", "uk", "ar"]') + LISTS)
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(15_000)
    yield Reader(context, context.new_page(), relay, server, terminal)
    context.close()


def sign_up(reader: Reader, link: str, address: str, **choices: str) -> str:
    """Fill in the form behind a link as a person does; what the page says then."""
    reader.open(link)
    reader.page.fill('form.panel input[name="address"]', address)
    for name, value in choices.items():
        field = reader.page.locator(f'form.panel [name="{name}"]')
        if field.first.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            reader.page.check(f'form.panel [name="{name}"][value="{value}"]')
    time.sleep(3.1)  # whoever is quicker is taken for a program
    return reader.press("subscribe")


def test_a_reader_s_life(reader: Reader, terminal: Any, server: Any) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    terminal.item("old", "An old item", "2022-02-21")
    terminal.write("readers.csv", "email,topics\nother@example.org,russia\n")
    server.start()
    terminal.run("subscribers", "import", "readers.csv", "--list", "supporters", "--confirmed", "--evidence", "paper")

    # signing up from a topic's page, with that topic chosen
    reader.open(f"{server.address}/topics/ukraine/")
    reader.page.locator('a[href*="/subscribe/"][href*="ukraine"]').first.click()
    reader.page.wait_for_load_state()
    reader.page.locator('main a[href*="/subscribe/supporters"]').first.click()  # of two lists
    reader.page.wait_for_load_state()
    form = reader.page.url
    assert reader.page.is_checked('input[name="scope"][value="some"]')
    assert reader.page.is_checked('input[name="topic"][value="ukraine"]')
    assert not reader.page.is_checked('input[name="topic"][value="russia"]')
    sign_up(reader, form, ADDRESS)
    asked = reader.newest(ADDRESS, 1)
    confirm = link_in(asked, "confirm")

    # looking at the link changes nothing, pressing its one button does
    before = reader.stored()
    for method in ("GET", "HEAD", "OPTIONS"):
        assert server.ask(confirm, method=method).status < 300
    assert reader.stored() == before
    reader.open(confirm)
    assert reader.page.locator("main button").count() == 1
    welcome = reader.press("confirm")
    assert "Ukraine" in welcome
    assert reader.row("state, rhythm, language, form") == [("active", "weekly", "en", "full")]

    # the first digest holds what was chosen and nothing else
    terminal.item("strike", "A strike on homes in Kharkiv", today)
    terminal.item("trial", "A trial in Moscow", today, topics="russia")
    terminal.run("publish")
    reader.send_extra()
    digest = reader.newest(ADDRESS, 2)
    assert "A strike on homes" in text_of(digest) and "A trial in Moscow" not in text_of(digest)
    assert "A trial in Moscow" in text_of(reader.newest("other@example.org", 1))

    # whoever follows all its links, with whatever method that only looks, changes nothing
    html = digest.get_body(("html",))
    assert html is not None
    links = {unescape(link) for link in re.findall(r'href="(http[^"]+)"', html.get_content())}
    links |= set(re.findall(r"http\S+", text_of(digest)))
    own = sorted(link for link in links if link.startswith(server.address))
    assert any("/u/" in link for link in own) and any("/items/" in link for link in own)
    before = reader.stored()
    for link in own:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert server.ask(link, method=method).status < 400, (method, link)
    assert reader.stored() == before

    # other choices, by a link that is mailed on request
    leave = link_in(digest, "u")
    reader.open(leave)
    reader.press("choices")
    choices = link_in(reader.newest(ADDRESS, 3), "preferences")
    reader.open(choices)
    section = "section[aria-labelledby=list-supporters]"
    reader.page.check(f'{section} input[name="topic"][value="russia"]')
    reader.page.locator(f'{section} select[name="language"]').select_option("uk")
    reader.press("save", section)
    assert reader.page.get_attribute("html", "lang") == "uk"
    assert reader.page.is_checked(f'{section} input[name="topic"][value="russia"]')
    assert reader.row("language") == [("uk",)]

    # a correction reaches who had the item, and nobody else
    moment = (datetime.now(UTC) - timedelta(seconds=1)).replace(microsecond=0).isoformat()
    note = f"corrections: [{{date: {today}, note: It was the second strike}}]\nupdated: {moment}"
    terminal.item("strike", "A strike on homes in Kharkiv", today, status=f"ready\n{note}")
    assert "corrected" in terminal.run("publish")
    reader.send_extra()
    corrected = reader.newest(ADDRESS, 4)
    assert "It was the second strike" in text_of(corrected)
    assert len(reader.letters("other@example.org")) == 1

    # leaving by the link of a letter, and the way back: from the goodbye page, and from the letter of goodbye
    for way_back in ("letter", "page"):  # one letter a day says goodbye
        reader.open(leave)
        reader.press("leave")
        assert reader.row("state") == [("left",)]
        if way_back == "letter":
            reader.open(reader.link_to(ADDRESS, "undo"))
            assert reader.row("state") == [("left",)], "looking brings nobody back"
        reader.press("return")
        assert reader.row("state, language") == [("active", "uk")]

    # a pause until a day, and on again
    reader.open(choices)
    later = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    reader.page.locator(f"{section} details").first.locator("summary").click()
    reader.page.fill(f'{section} input[name="until"]', later)
    reader.press("pause", section)
    assert reader.row("paused_until IS NOT NULL") == [(1,)]
    reader.press("resume", section)
    assert reader.row("paused_until IS NOT NULL") == [(0,)]

    # another address, when both have said yes
    reader.page.locator("details", has=reader.page.locator('button[value="move"]')).locator("summary").click()
    reader.page.fill('input[id="address-move"]', MOVED)
    reader.press("move")
    for address, step, act in ((ADDRESS, "address", "agree"), (MOVED, "confirm", "confirm")):
        assert "confirmed" not in terminal.run("subscribers", "find", MOVED, expect=None)
        reader.open(reader.link_to(address, step))
        reader.press(act)
    assert "confirmed" in terminal.run("subscribers", "find", MOVED)
    assert "confirmed" not in terminal.run("subscribers", "find", ADDRESS, expect=None)

    # another list, without another letter to confirm it; and all that is stored
    ask_for_choices(reader, server, MOVED)
    choices = reader.link_to(MOVED, "preferences")
    reader.open(choices)
    press_list = reader.page.locator("details", has=reader.page.locator('input[name="list"][value="press"]'))
    press_list.locator("summary").click()
    press_list.locator('button[value="join"]').click()
    reader.page.wait_for_load_state()
    assert reader.row("list_id, state") == [("supporters", "active"), ("press", "active")]
    reader.page.locator("details", has=reader.page.locator('button[value="export"]')).locator("summary").click()
    with reader.page.expect_download() as download:
        reader.page.locator('button[value="export"]').click()
    stored = json.loads(Path(download.value.path()).read_text())
    assert "press" in json.dumps(stored) and "ukraine" in json.dumps(stored)
    assert not CANARY.search(json.dumps(stored).encode()), "a file that others may find names nobody"

    # leaving by one click of a mail program, without a cookie; that link brings nobody back, for it may have been passed on
    assert corrected["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    target = re.search(r"<(http[^>]+)>", corrected["List-Unsubscribe"])
    assert target is not None
    for _ in range(2):
        assert one_click(server, target[1]) == 200, "the same however often"
        assert reader.row("list_id, state") == [("supporters", "left"), ("press", "active")]
    reader.open(leave)
    assert not reader.page.locator("main button").count()

    # erased, without a trace
    reader.open(choices)
    reader.page.locator("details", has=reader.page.locator('button[value="erase"]')).locator("summary").click()
    reader.page.check('input[name="sure"]')
    reader.press("erase")
    assert set(reader.row("list_id, state")) <= {("", "erased")}, "the last number is never given to another"
    server.end()
    for path in terminal.folder.rglob("*"):
        assert not path.is_file() or not CANARY.search(path.read_bytes()), path


def ask_for_choices(reader: Reader, server: Any, address: str) -> None:
    """Have the link to one's choices mailed, from the page where anybody can ask for it."""
    reader.open(f"{server.address}/preferences/")
    reader.page.fill('form.panel input[name="address"]', address)
    time.sleep(3.1)
    reader.press("ask")


def one_click(server: Any, link: str) -> int:
    """What a mail program does when its reader wants no more (RFC 8058): the answer's status."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", link.removeprefix(server.address), "List-Unsubscribe=One-Click", headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("location") is None and answer.getheader("set-cookie") is None
        return answer.status
    finally:
        connection.close()


def test_a_discreet_reader_s_letters_tell_nobody_what_they_are(reader: Reader, terminal: Any, server: Any) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    terminal.item("old", "An old item", "2022-02-21")
    server.start()

    said = sign_up(reader, f"{server.address}/subscribe/supporters?language=ar", ADDRESS, form="discreet", language="ar")
    assert said
    asked = reader.newest(ADDRESS, 1)
    assert reader.page.get_attribute("html", "dir") == "rtl"
    reader.open(link_in(asked, "confirm"))
    reader.press("confirm")
    terminal.item("strike", "A strike on homes in Kharkiv", today)
    terminal.run("publish")
    reader.send_extra()
    digest = reader.newest(ADDRESS, 2)

    for letter in (asked, digest):
        head = " ".join(f"{name}: {value}" for name, value in letter.items() if name not in ("Received", "To"))
        for word in ("Test Newsroom", "Kharkiv", "Ukraine", "strike", "Supporters"):
            assert word not in str(letter["Subject"]) and word not in str(letter["From"]), (word, head)
        assert letter.get_body(("html",)) is None, "text only"
        assert not CANARY.search(text_of(letter).encode()), "nothing that a visitor typed"
    assert "A strike on homes" in text_of(digest)
