"""Which feeds there are, and what each holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.feeds.feed import Update
from digest.feeds.selection import build_feed, build_feeds
from digest.newsroom.log import Event, EventType
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings

Release = Callable[..., Event]
Change = Callable[[str], Settings]
TWO = "[feeds]\nentries = 2\narchives = false\n"
NOTE = {"date": "2022-02-20", "note": "It was twelve."}
WITHDRAWN = {"date": "2022-02-20", "reason": "Wrong."}


def _ids(newsroom: Newsroom, settings: Settings, now: datetime | None = None) -> list[str]:
    return [item.id for item in build_feed(newsroom, settings, now=now).items]


def test_topics_kinds_and_languages_have_feeds(newsroom: Newsroom, settings: Settings) -> None:
    """A topic has its feed before its first item, a kind and a language with it."""
    names = [feed.name for feed in build_feeds(newsroom, settings)]

    assert names == ["all", "ukraine", "russia", "empty", "press-release", "report", "all.en", "all.ar", "all.fr"]


def test_topics_have_feeds_before_anything_is_published(settings: Settings) -> None:
    names = [feed.name for feed in build_feeds(build_newsroom([]), settings)]

    assert names == ["all", "ukraine", "russia", "empty"]


def test_a_newsroom_of_one_language_has_no_feed_of_it(release: Release, change_settings: Change) -> None:
    settings = change_settings("")
    settings = settings.model_copy(update={"newsroom": settings.newsroom.model_copy(update={"languages": ()})})

    names = [feed.name for feed in build_feeds(build_newsroom([release("a")]), settings)]

    assert names == ["all", "ukraine", "russia", "empty", "press-release"]


def test_combinations_that_have_items_are_among_the_feeds_when_they_are_wanted(
    release: Release, change_settings: Change
) -> None:
    newsroom = build_newsroom([release("a"), release("b", kind="report", language="fr", topics=("russia",))])

    names = {feed.name for feed in build_feeds(newsroom, change_settings("[feeds]\ncombinations = true\n"))}

    assert {name for name in names if "+" in name or ("." in name and not name.startswith("all."))} == {
        "ukraine+press-release", "ukraine+press-release.en", "ukraine.en", "press-release.en",
        "russia+report", "russia+report.fr", "russia.fr", "report.fr",
    }  # fmt: skip


def test_a_feed_holds_the_newest_first(release: Release, change_settings: Change) -> None:
    newsroom = build_newsroom([release("a"), release("b"), release("c")])

    assert _ids(newsroom, change_settings(TWO)) == ["c", "b"]


def test_a_restricted_feed_holds_only_its_items(newsroom: Newsroom, settings: Settings) -> None:
    feed = build_feed(newsroom, settings, topic="russia", kind="press-release", language="fr")

    assert feed.name == "russia+press-release.fr"
    assert [item.id for item in feed.items] == ["french"]
    assert feed.title == "The Newsroom: Russie, Communiqué (français)"
    assert feed.language_tag == "fr"


def test_no_two_feeds_share_id_title_name_or_address(newsroom: Newsroom, change_settings: Change) -> None:
    feeds = build_feeds(newsroom, change_settings("[feeds]\ncombinations = true\n"))

    for part in ("id", "title", "name", "stem", "home"):
        assert len({getattr(feed, part) for feed in feeds}) == len(feeds), part


def test_no_older_item_slides_in_for_a_withdrawn_one(release: Release, change_settings: Change) -> None:
    """Neither while its notice stands, nor when that has gone."""
    events, settings = [release("old"), release("middle"), release("new")], change_settings(TWO)
    withdrawn = release("new", type=EventType.WITHDRAWN, withdrawn=WITHDRAWN)
    after = build_newsroom([*events, withdrawn])

    assert _ids(build_newsroom(events), settings) == _ids(after, settings) == ["new", "middle"]
    assert _ids(after, settings, withdrawn.at + timedelta(days=29)) == ["new", "middle"]
    assert _ids(after, settings, withdrawn.at + timedelta(days=30)) == ["middle"]


def test_the_notice_of_a_withdrawn_item_becomes_a_tombstone(release: Release, change_settings: Change) -> None:
    settings = change_settings('[feeds]\ntombstone_after = "2 d"\n')
    first, second = release("a"), release("b")
    gone = release("a", type=EventType.WITHDRAWN, withdrawn=WITHDRAWN)
    newsroom = build_newsroom([first, second, gone])

    before = build_feed(newsroom, settings, now=gone.at + timedelta(days=2) - timedelta(seconds=1))
    after = build_feed(newsroom, settings, now=gone.at + timedelta(days=2))

    assert ([item.id for item in before.items], before.tombstones) == (["b", "a"], ())
    assert [item.id for item in after.items] == ["b"]
    assert [(stone.item.id, stone.removed_at) for stone in after.tombstones] == [("a", gone.at + timedelta(days=2))]
    assert before.updated.at == gone.updated_at
    assert after.updated == Update(gone.at + timedelta(days=2))


def test_a_feeds_date_stays_when_its_tombstone_has_aged_out(release: Release, change_settings: Change) -> None:
    settings = change_settings(TWO)
    first = release("a", at=datetime(2022, 2, 1, tzinfo=UTC))
    gone = release("a", type=EventType.WITHDRAWN, at=datetime(2022, 2, 2, tzinfo=UTC), withdrawn=WITHDRAWN)
    later = [release(f"later-{day}", at=datetime(2022, 3, day, tzinfo=UTC)) for day in (1, 2, 3)]
    now = datetime(2022, 3, 20, tzinfo=UTC)

    feed = build_feed(build_newsroom([first, gone, *later]), settings, now=now)

    assert not feed.tombstones
    assert feed.updated == Update(gone.at + timedelta(days=30))


def test_a_correction_brings_an_old_item_to_its_readers(release: Release, change_settings: Change) -> None:
    """It is older than all that the feed has room for; without this, nobody would learn of the correction from the feed."""
    settings = change_settings(TWO)
    events = [release(name) for name in ("a", "b", "c", "d")]
    fixed = release("a", type=EventType.CORRECTED, corrections=(NOTE,))
    silent = release("b", type=EventType.REFILED, updated_at=events[1].updated_at)

    assert _ids(build_newsroom([*events, fixed, silent]), settings) == ["d", "c", "a"]


def test_a_correction_that_its_file_dates_back_reaches_its_readers_all_the_same(
    release: Release, change_settings: Change
) -> None:
    """The day that `updated` names is older than all that the feed holds; the readers are told today."""
    settings = change_settings(TWO)
    events = [release(name) for name in ("a", "b", "c")]
    dated_back = events[0].at + timedelta(minutes=1)
    fixed = release("a", type=EventType.CORRECTED, updated_at=dated_back, corrections=(NOTE,))

    assert _ids(build_newsroom([*events, fixed]), settings) == ["c", "b", "a"]


def test_a_corrected_old_item_leaves_again_when_the_feed_has_moved_on(release: Release, change_settings: Change) -> None:
    settings = change_settings(TWO)
    events = [release(name) for name in ("a", "b", "c")]
    fixed = release("a", type=EventType.CORRECTED, corrections=(NOTE,))
    later = [release(name) for name in ("d", "e")]

    assert _ids(build_newsroom([*events, fixed, later[0]]), settings) == ["d", "c", "a"]
    assert _ids(build_newsroom([*events, fixed, *later]), settings) == ["e", "d"]


def test_no_more_old_items_come_back_at_a_time_than_a_feed_holds(release: Release, change_settings: Change) -> None:
    """Of many corrections the last ones."""
    settings = change_settings(TWO)
    events = [release(name) for name in "abcdef"]
    fixed = [release(name, type=EventType.CORRECTED, corrections=(NOTE,)) for name in "bac"]

    assert _ids(build_newsroom([*events, *fixed]), settings) == ["f", "e", "c", "a"]


def test_a_feeds_date_does_not_go_back_when_its_last_correction_falls_out(release: Release, change_settings: Change) -> None:
    """A backdated item can push a corrected one out of the feed without being newer than the correction."""
    settings = change_settings("[feeds]\nentries = 1\narchives = false\n")
    first = release("updated", updated_at=datetime(2022, 2, 20, tzinfo=UTC))
    backdated = release("backdated", published_at=first.at + timedelta(days=1), updated_at=first.at + timedelta(days=1))

    feed = build_feed(build_newsroom([first, backdated]), settings)

    assert [item.id for item in feed.items] == ["backdated"]
    assert feed.updated == Update(datetime(2022, 2, 20, tzinfo=UTC), 1)


@pytest.mark.parametrize("change", [{"topics": ("russia",)}, {"kind": "report"}, {"language": "fr"}])
def test_a_feeds_date_does_not_go_back_when_an_item_leaves_it(
    release: Release, settings: Settings, change: dict[str, object]
) -> None:
    """Staff may give an item another topic, kind or language; readers of the feed it was in see that it has changed."""
    events = [release("a"), release("b")]
    moved = release("b", type=EventType.REFILED, updated_at=events[1].updated_at, **change)
    choices = ({"topic": "ukraine"}, {"kind": "press-release"}, {"language": "en"})
    choice = next(choice for choice, name in zip(choices, ("topics", "kind", "language"), strict=True) if name in change)

    before, after = (build_feed(build_newsroom(log), settings, **choice) for log in (events, [*events, moved]))

    assert [item.id for item in after.items] == ["a"]
    assert after.updated.at == moved.at > before.updated.at


def test_a_first_item_of_long_ago_does_not_take_the_date_of_an_empty_feed_back(release: Release, settings: Settings) -> None:
    old = release("old", published_at=datetime(2001, 1, 1, tzinfo=UTC), updated_at=datetime(2001, 1, 1, tzinfo=UTC))
    before, after = (build_feed(build_newsroom(log), settings) for log in ([], [old]))

    assert after.updated == before.updated


def test_of_entries_updated_in_one_second_the_feed_takes_the_highest_fraction(release: Release, settings: Settings) -> None:
    """The number of a release, of which the fraction is made, begins anew after 999."""
    same = datetime(2022, 2, 28, 9, tzinfo=UTC)
    events = [replace(release(f"item-{number}", at=same), number=number) for number in (998, 999, 1000, 1001)]

    feed = build_feed(build_newsroom(events), settings)

    assert feed.updated == Update(same, 999)


def test_an_empty_feed_keeps_its_date_while_others_publish(release: Release, settings: Settings) -> None:
    first, second = release("first"), release("backdated", published_at=datetime(2021, 1, 1, tzinfo=UTC))

    early = build_feed(build_newsroom([first]), settings, topic="empty")
    late = build_feed(build_newsroom([first, second]), settings, topic="empty")

    assert early.updated == late.updated == Update(first.published_at)


@pytest.mark.parametrize(("date", "month", "day"), [("2021", 1, 1), ("2021-03", 3, 1), ("2021-03-09", 3, 9)])
def test_before_the_first_item_a_feed_is_as_old_as_the_tag_authority(
    settings: Settings, date: str, month: int, day: int
) -> None:
    newsroom = settings.newsroom.model_copy(update={"tag_authority": f"news.example.org,{date}"})

    feed = build_feed(build_newsroom([]), settings.model_copy(update={"newsroom": newsroom}))

    assert feed.updated == Update(datetime(2021, month, day, tzinfo=UTC))


def test_each_feed_has_a_home_page_of_its_own(newsroom: Newsroom, settings: Settings) -> None:
    homes = {feed.name: feed.home for feed in build_feeds(newsroom, settings)}

    assert homes["all"] == "https://news.example.org/"
    assert homes["ukraine"] == "https://news.example.org/topics/ukraine/"
    assert homes["report"] == "https://news.example.org/feeds/report.html"
    assert len(set(homes.values())) == len(homes)


def test_only_with_a_hub_a_feed_has_one(newsroom: Newsroom, settings: Settings, change_settings: Change) -> None:
    with_hub = change_settings('[feeds]\nhub = "https://hub.example.org/"\n')

    assert {feed.hub for feed in build_feeds(newsroom, settings)} == {""}
    assert {feed.hub for feed in build_feeds(newsroom, with_hub)} == {"https://hub.example.org/"}


def test_an_item_of_a_moved_topic_stands_once_where_the_topic_goes_on(release: Release, change_settings: Change) -> None:
    settings = change_settings('[topics.war]\ntitle = "War"\nmoved_to = "ukraine"\n')
    newsroom = build_newsroom([release("a", topics=("war",)), release("b", topics=("war", "ukraine")), release("c")])

    feed = build_feed(newsroom, settings, topic="ukraine")

    assert [item.id for item in feed.items] == ["c", "b", "a"]
