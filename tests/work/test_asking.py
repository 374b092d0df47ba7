"""Beside a server, what people ask for is decided soon after, and what is wrong is said once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.desk.asking import Asked, take_request
from digest.desk.workplace import open_workplace
from digest.items.init import build_site
from digest.settings import open_site
from digest.store.hot import open_hot
from digest.subscribers.requests import Wish
from digest.work import asking
from digest.work.asking import work_on_requests_forever


class Served:
    """A new site, with a list to which anybody can subscribe."""

    def __init__(self, folder: Path) -> None:
        for name, text in build_site(datetime.now(UTC)).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        self.site = open_site(folder, {})
        self.store = open_hot(self.site.var)
        self.told: list[str] = []

    def ask(self, *names: str) -> None:
        """People fill in the form."""
        with open_workplace(self.site) as place:
            for number, name in enumerate(names):
                wish = Wish("supporters", "weekly", "en")
                address = f"{name}@example.org"
                take_request(place, Asked("subscribe", address, wish, "en", "words", "page", f"10.0.{number}.1"))

    async def until(self, query: str, answer: object) -> None:
        """Let it work until the database answers so."""
        task = asyncio.create_task(work_on_requests_forever(lambda: self.site, self.store, self.told.append))
        try:
            async with asyncio.timeout(60):
                while self.sql(query) != answer:
                    assert not task.done()
                    await asyncio.sleep(0.02)
                await asyncio.sleep(0.05)
        finally:
            task.cancel()

    def sql(self, query: str) -> object:
        """One value."""
        with self.store.reading() as connection:
            return connection.execute(query).fetchone()[0]


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path / "site")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_requests_are_answered_as_they_come(served: Served) -> None:
    served.ask("ada", "bob")
    await served.until("SELECT count(*) FROM delivery WHERE state = 'queued' AND lane = 0", 2)
    served.ask("cleo")
    await served.until("SELECT count(*) FROM delivery WHERE state = 'queued' AND lane = 0", 3)

    assert served.told == []


@pytest.mark.anyio
async def test_what_is_held_is_told_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.subscribers.limits.LEAST_ALARM", 2)
    served.ask(*[f"reader{number}" for number in range(5)])
    await served.until("SELECT count(*) FROM request WHERE state = 'held'", 3)

    assert len(served.told) == 1
    assert "digest requests held" in served.told[0]


@pytest.mark.anyio
async def test_what_is_wrong_is_told_once_and_mended_by_itself(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_RETRY", asking._LOOK_EVERY / 10)
    template = served.site.templates / "mail" / "single.html"
    template.parent.mkdir(parents=True)
    template.write_text("{% if %}", "utf-8")
    served.ask("ada")
    worker = asking._Worker(lambda: served.site, served.store, served.told.append)
    for _ in range(3):
        assert worker.step() == 0.05
    assert len(served.told) == 1
    assert served.told[0].startswith("requests to subscribe: ")
    template.unlink()
    await served.until("SELECT state FROM request", "asked")
