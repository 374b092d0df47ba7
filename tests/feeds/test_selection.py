"""Which feeds there are, and what each holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from digest.feeds.selection import build_feed, build_feeds
from digest.newsroom.log import Event, EventType
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings

Release = Callable[..., Event]
Change = Callable[[str], Settings]


def test_all_topics_even_empty_ones_and_kinds_with_items_have_feeds(newsroom: Newsroom, settings: Settings) -> None:
    names = [feed.name for feed in build_feeds(newsroom, settings)]

    assert names == ["all", "ukraine", "russia", "empty", "press-release", "report"]


def test_topics_have_feeds_before_anything_is_published(settings: Settings) -> None:
    names = [feed.name for feed in build_feeds(build_newsroom([]), settings)]

    assert names == ["all", "ukraine", "russia", "empty"]


def test_a_feed_holds_the_newest_first(release: Release, change_settings: Change) -> None:
    newsroom = build_newsroom([release("a"), release("b"), release("c")])

    feed = build_feed(newsroom, change_settings("[feeds]\nentries = 2\n"))

    assert [item.id for item in feed.items] == ["c", "b"]


def test_a_restricted_feed_holds_only_its_items(newsroom: Newsroom, settings: Settings) -> None:
    feed = build_feed(newsroom, settings, topic="russia", kind="press-release", language="fr")

    assert feed.name == "russia+press-release.fr"
    assert [item.id for item in feed.items] == ["french"]
    assert feed.title == "The Newsroom: Russie, Communiqué (français)"
    assert feed.language_tag == "fr"


def test_no_two_feeds_share_id_title_or_name(newsroom: Newsroom, settings: Settings) -> None:
    feeds = [
        *build_feeds(newsroom, settings),
        *(build_feed(newsroom, settings, language=language) for language in settings.languages),
        build_feed(newsroom, settings, topic="ukraine", kind="report"),
        build_feed(newsroom, settings, topic="ukraine", kind="report", language="fr"),
    ]

    assert len({feed.id for feed in feeds}) == len({feed.title for feed in feeds}) == len(feeds)


def test_no_older_item_slides_in_for_a_withdrawn_one(release: Release, change_settings: Change) -> None:
    events = [release("old"), release("middle"), release("new")]
    settings = change_settings("[feeds]\nentries = 2\n")
    withdrawn = release(
        "new",
        type=EventType.WITHDRAWN,
        published_at=events[2].published_at,
        withdrawn={"date": "2022-02-20", "reason": "Wrong."},
    )

    before = build_feed(build_newsroom(events), settings)
    after = build_feed(build_newsroom([*events, withdrawn]), settings)

    assert [item.id for item in before.items] == [item.id for item in after.items] == ["new", "middle"]


def test_a_feeds_date_does_not_go_back_when_its_last_correction_falls_out(release: Release, change_settings: Change) -> None:
    """A backdated item can push a corrected one out of the feed without being newer than the correction."""
    settings = change_settings("[feeds]\nentries = 1\n")
    first = release("corrected")
    corrected_at = first.at + timedelta(days=5)
    fixed = release("corrected", type=EventType.CORRECTED, published_at=first.published_at, updated_at=corrected_at)
    backdated = release("backdated", published_at=first.at + timedelta(days=1), updated_at=first.at + timedelta(days=1))

    feed = build_feed(build_newsroom([first, fixed, backdated]), settings)

    assert [item.id for item in feed.items] == ["backdated"]
    assert feed.newest is not None
    assert feed.newest.updated_at == corrected_at


def test_an_empty_feed_keeps_its_date_while_others_publish(release: Release, settings: Settings) -> None:
    first, second = release("first"), release("backdated", published_at=datetime(2021, 1, 1, tzinfo=UTC))

    early = build_feed(build_newsroom([first]), settings, topic="empty")
    late = build_feed(build_newsroom([first, second]), settings, topic="empty")

    assert early.opened_at == late.opened_at == first.published_at


@pytest.mark.parametrize(("date", "month", "day"), [("2021", 1, 1), ("2021-03", 3, 1), ("2021-03-09", 3, 9)])
def test_before_the_first_item_a_feed_is_as_old_as_the_tag_authority(
    settings: Settings, date: str, month: int, day: int
) -> None:
    newsroom = settings.newsroom.model_copy(update={"tag_authority": f"news.example.org,{date}"})

    feed = build_feed(build_newsroom([]), settings.model_copy(update={"newsroom": newsroom}))

    assert feed.opened_at == datetime(2021, month, day, tzinfo=UTC)


def test_each_feed_has_a_home_page_of_its_own(newsroom: Newsroom, settings: Settings) -> None:
    homes = {feed.name: feed.home for feed in build_feeds(newsroom, settings)}

    assert homes["all"] == "https://news.example.org/"
    assert homes["ukraine"] == "https://news.example.org/topics/ukraine/"
    assert homes["report"] == "https://news.example.org/feeds/report.html"
    assert len(set(homes.values())) == len(homes)
