"""Items, and a newsroom that publishes them in memory, one `publish` after the other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.items.model import Content, Correction, Item, Photo, Withdrawal
from digest.newsroom.log import Event
from digest.newsroom.public import Newsroom, build_newsroom
from digest.newsroom.releasing import ReleasePlan, plan_release
from digest.settings import Settings, build_settings

SETTINGS = """
[newsroom]
name = "Newsroom"
title = "Newsroom"
zone = "America/New_York"
base_url = "https://news.example.org"
postal_address = "1 Test Street"
tag_authority = "news.example.org,2020"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
[kinds.update]
title = "Update"
"""


def moment(text: str) -> datetime:
    """A moment in UTC, `2022-02-28T18:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class House:
    """A newsroom: the log so far, and the files as they are now."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log: list[Event] = []
        self.files: dict[str, Item] = {}
        self.photos: dict[str, str] = {}

    @property
    def newsroom(self) -> Newsroom:
        """What is public."""
        return build_newsroom(self.log)

    def file(self, name: str, day: str = "2022-02-28", **changes: Any) -> None:
        """Write a file, or change what it says; `day` may be a moment in UTC."""
        item_changes = {key: changes.pop(key) for key in ("status", "embargo_at", "changed_at") if key in changes}
        precise = "T" in day
        at = moment(day) if precise else datetime.fromisoformat(day).replace(tzinfo=self.settings.zone).astimezone(UTC)
        given = {
            "id": name, "title": f"Title of {name}", "kind": "update", "topics": ("ukraine",), "summary": "Summary.",
            "language": "en", "date": at.astimezone(self.settings.zone).date() if precise else date.fromisoformat(day),
            "date_at": at, "precise": precise,
        }  # fmt: skip
        self.files[name] = Item(content=Content(**given | changes), file=f"items/{name}.md", **item_changes)

    def plan(self, at: str | datetime, **options: Any) -> ReleasePlan:
        """What a publish at that moment would do."""
        now = moment(at) if isinstance(at, str) else at
        return plan_release(self.files.values(), self.newsroom, self.photos, self.settings, now, **options)

    def publish(self, at: str | datetime, **options: Any) -> list[Event]:
        """Publish; the events with their numbers."""
        new = list(self.plan(at, **options).events)
        self.log += new
        return new


@pytest.fixture(scope="session")
def newsroom_settings() -> Settings:
    return build_settings(SETTINGS, {})


@pytest.fixture(scope="session")
def house_of() -> type[House]:
    """Makes newsrooms."""
    return House


@pytest.fixture
def house(newsroom_settings: Settings) -> House:
    """A newsroom in New York that has published nothing yet."""
    return House(newsroom_settings)


@pytest.fixture(scope="session")
def correction() -> Any:
    """Makes a labelled correction."""
    return lambda note="It was Tuesday.", day=date(2022, 3, 1): Correction(date=day, note=note)


@pytest.fixture(scope="session")
def withdrawal() -> Any:
    """Makes a withdrawal."""
    return lambda reason="It could not be confirmed.", day=date(2022, 3, 1): Withdrawal(date=day, reason=reason)


@pytest.fixture
def photo() -> Photo:
    return Photo(src="square.jpg", alt="A square", credit="Illustration")
