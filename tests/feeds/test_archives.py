"""Archives: whoever walks from a current document back through its archive meets every item, and no page ever changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from lxml import etree

from digest.feeds.archives import Archives, Page
from digest.feeds.catalogue import Catalogue
from digest.feeds.documents import FeedWriter
from digest.feeds.planning import plan_feeds
from digest.feeds.selection import FeedBuilder, build_feed
from digest.newsroom.log import Event, EventType
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings
from digest.templates import Templates

Release = Callable[..., Event]
Change = Callable[[str], Settings]
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
THREE = "[feeds]\nentries = 3\n"
START = datetime(2022, 1, 10, 9, tzinfo=UTC)
TOPICS: tuple[str | None, ...] = (None, "ukraine", "russia")


def _pages(newsroom: Newsroom, settings: Settings, topic: str | None = None) -> dict[str, Page]:
    archives = Archives(Catalogue(newsroom, settings), settings)
    return {page.name: page for month in range(len(archives.months)) for page in archives.pages(topic, month)}


def _ids(pages: Mapping[str, Page]) -> dict[str, list[str]]:
    return {name: [item.id for item in page.items] for name, page in pages.items()}


def _at(month: int, day: int) -> datetime:
    return datetime(2022, month, day, 12, tzinfo=UTC)


@pytest.fixture
def months(release: Release) -> Newsroom:
    """Four items in January, two in February, one in March, and two in May."""
    days = [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (3, 1), (5, 1), (5, 2)]
    return build_newsroom([release(f"{month}-{day}", at=_at(month, day)) for month, day in days])


def test_items_stand_in_the_month_of_their_release_page_by_page(months: Newsroom, change_settings: Change) -> None:
    pages = _pages(months, change_settings(THREE))

    assert _ids(pages) == {
        "2022-01": ["1-1", "1-2", "1-3"],
        "2022-01-2": ["1-4"],
        "2022-02": ["2-1", "2-2"],
        "2022-03": ["3-1"],
    }
    assert [page.previous for page in pages.values()] == ["", "2022-01", "2022-01-2", "2022-02"]
    assert [page.following for page in pages.values()] == ["2022-01-2", "", "", ""]


def test_what_stands_in_no_page_stands_in_the_current_document(release: Release, change_settings: Change) -> None:
    """Even what was dated far back and is older than all that the feed has room for."""
    settings = change_settings("[feeds]\nentries = 2\n")
    events = [release(f"{month}-1", at=_at(month, 1)) for month in (1, 2, 3, 4)]
    backdated = release("backdated", at=_at(4, 2), published_at=datetime(2021, 6, 1, tzinfo=UTC))

    before = build_feed(build_newsroom([*events, release("4-2", at=_at(4, 2))]), settings)
    after = build_feed(build_newsroom([*events[:3], backdated]), settings)

    assert ([item.id for item in before.items], before.previous) == (["4-2", "4-1"], "2022-04")
    assert ([item.id for item in after.items], after.previous) == (["3-1", "2-1", "backdated"], "2022-03")
    assert after.held == {"backdated"}


def test_a_month_begins_at_midnight_of_the_newsrooms_clock(release: Release, change_settings: Change) -> None:
    """23:30 UTC on 31 March is the first of April in London."""
    moments = [_at(3, 1), datetime(2022, 3, 31, 22, 30, tzinfo=UTC), datetime(2022, 3, 31, 23, 30, tzinfo=UTC), _at(5, 1)]
    newsroom = build_newsroom([release(f"item-{place}", at=at) for place, at in enumerate(moments)])

    assert _ids(_pages(newsroom, change_settings(THREE))) == {"2022-03": ["item-0", "item-1"], "2022-04": ["item-2"]}


def test_history_of_the_first_publish_stands_in_the_months_of_its_own_dates(
    release: Release, change_settings: Change
) -> None:
    first = _at(6, 1)
    old = [release(f"old-{month}", at=first, published_at=_at(month, 3), backfill=True) for month in (1, 2, 3)]
    fresh = release("fresh", at=first, published_at=_at(5, 30))

    pages = _pages(build_newsroom([*old, fresh]), change_settings(THREE))

    assert _ids(pages) == {"2022-01": ["old-1"], "2022-02": ["old-2"], "2022-03": ["old-3"]}


def test_history_that_comes_later_changes_no_page(release: Release, change_settings: Change) -> None:
    settings = change_settings(THREE)
    events = [release(f"{month}-1", at=_at(month, 1)) for month in (1, 2, 3)]
    history = [release(f"old-{day}", at=_at(3, 2), published_at=_at(1, day), backfill=True) for day in (5, 6)]
    later = release("later", at=_at(4, 1))

    before, after = _pages(build_newsroom(events), settings), _pages(build_newsroom([*events, *history, later]), settings)

    assert _ids(before) == {"2022-01": ["1-1"], "2022-02": ["2-1"]}
    assert _ids(after) == {**_ids(before), "2022-03": ["3-1", "old-5", "old-6"]}


def test_a_feed_with_one_page_has_no_archive_yet(release: Release, change_settings: Change) -> None:
    """A first page alone could not name the one after it, and would have to change later."""
    settings = change_settings(THREE)
    newsroom = build_newsroom([release("1-1", at=_at(1, 1)), release("2-1", at=_at(2, 1))])

    feed = build_feed(newsroom, settings)

    assert _pages(newsroom, settings) == {}
    assert (feed.previous, [item.id for item in feed.items]) == ("", ["2-1", "1-1"])


def test_only_feeds_of_everything_and_of_topics_have_archives(months: Newsroom, change_settings: Change) -> None:
    settings = change_settings(THREE)

    assert build_feed(months, settings).previous == build_feed(months, settings, topic="ukraine").previous == "2022-03"
    assert build_feed(months, settings, kind="press-release").previous == ""
    assert build_feed(months, settings, topic="ukraine", kind="press-release").previous == ""
    assert build_feed(months, settings, language="en").previous == ""


def test_without_archives_none_is_announced(months: Newsroom, change_settings: Change) -> None:
    settings = change_settings(THREE + "archives = false\n")
    writer = FeedWriter(settings, {}, Templates())

    documents = _render(months, settings, writer)

    assert not [path for path in documents if path.count("/") > 1]
    assert b"archive" not in b"".join(documents.values())
    assert b"next_url" not in documents["feeds/all.json"]


def test_false_text_does_not_stay_in_an_archive(release: Release, change_settings: Change) -> None:
    settings = change_settings(THREE)
    events = [release(f"{month}-1", at=_at(month, 1), body=f"Text of {month}") for month in (1, 2, 3, 4)]
    fixed = release("1-1", type=EventType.CORRECTED, at=_at(4, 2), body="Right", corrections=(NOTE,))
    gone = release("2-1", type=EventType.WITHDRAWN, at=_at(4, 3), withdrawn={"date": "2022-04-03", "reason": "Untrue."})
    writer = FeedWriter(settings, {}, Templates())

    before = _render(build_newsroom(events), settings, writer)
    after = _render(build_newsroom([*events, fixed, gone]), settings, writer, _at(12, 31))

    assert set(after) == set(before)
    for form in ("atom", "rss", "json"):
        assert b"Text of 1" in before[f"feeds/all/2022-01.{form}"]
        assert b"Text of 1" not in after[f"feeds/all/2022-01.{form}"]
        assert b"It was twelve." in after[f"feeds/all/2022-01.{form}"]
        assert b"Text of 2" not in after[f"feeds/all/2022-02.{form}"]
        assert b"Untrue." in after[f"feeds/all/2022-02.{form}"]
        assert b"items/2-1" in after[f"feeds/all/2022-02.{form}"]


NOTE = {"date": "2022-04-02", "note": "It was twelve."}


def test_a_page_too_big_for_a_feed_shortens_its_older_items(release: Release, change_settings: Change) -> None:
    settings = change_settings("[feeds]\nentries = 20\n")
    words = "some words " * 20_000
    long = [release(f"long-{number}", at=_at(1, 1 + number), body=words) for number in range(8)]
    newsroom = build_newsroom([*long, release("2-1", at=_at(2, 1)), release("3-1", at=_at(3, 1))])

    page = json.loads(_render(newsroom, settings, FeedWriter(settings, {}, Templates()))["feeds/all/2022-01.json"])

    texts = {item["id"].rpartition("/")[2]: item["content_html"] for item in page["items"]}
    assert list(texts) == [f"long-{number}" for number in range(7, -1, -1)]
    assert len(texts["long-7"]) > 200_000
    assert "Read the full text on the web" in texts["long-0"]


Steps = list[tuple[Any, ...]]
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("release"),
            st.integers(0, 40),
            st.sampled_from([("ukraine",), ("russia",), ("ukraine", "russia"), ()]),
            st.sampled_from([0, 0, 0, 3, 100, 400]),
            st.booleans(),
        ),
        st.tuples(st.sampled_from(["correct", "withdraw", "refile"]), st.integers(0, 40), st.integers(0, 50)),
    ),
    min_size=4,
    max_size=26,
)


def _play(steps: Steps) -> Iterator[Event]:
    """The log of a random newsroom: items of today or dated back, history among them, changed at random later."""
    at, newest = START, dict[str, Event]()
    for number, (what, days, *more) in enumerate(steps, 1):
        at += timedelta(days=days, seconds=number)
        if what == "release":
            topics, back, backfill = more
            name, moment = f"item-{number}", at - timedelta(days=back)
            event = _event(name, at, number, topics, published_at=moment, updated_at=moment, backfill=backfill)
        elif newest:
            before = list(newest.values())[more[0] % len(newest)]
            if before.type is EventType.WITHDRAWN:
                continue
            kind = {"correct": EventType.CORRECTED, "withdraw": EventType.WITHDRAWN, "refile": EventType.REFILED}[what]
            event = _event(
                before.item,
                at,
                number,
                before.content.topics,
                type=kind,
                published_at=before.published_at,
                updated_at=before.updated_at if what == "refile" else at,
                corrections=before.corrections + (what == "correct"),
            )
        else:
            continue
        newest[event.item] = event
        yield event


def _event(name: str, at: datetime, number: int, topics: tuple[str, ...], **facts: Any) -> Event:
    content = {"id": name, "title": name, "kind": "report", "topics": topics, "summary": name, "language": "en"}
    whole = {**content, "date": at.date(), "date_at": at, "body": f"{name} at {number}"}
    facts = {"type": EventType.RELEASED, **facts}
    return Event(item=name, at=at, entry_id=f"tag:x,2021:{name}", content=_content(whole), number=number, **facts)


def _content(facts: dict[str, Any]) -> Any:
    from digest.items.model import Content

    return Content.model_validate(facts)


@limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, size=st.integers(1, 4))
def test_walking_meets_every_item_and_pages_never_change(change_settings: Change, steps: Steps, size: int) -> None:
    settings = change_settings(f'[feeds]\nentries = {size}\ntombstone_after = "20 d"\n')
    events = list(_play(steps))
    known: dict[str | None, dict[str, list[str]]] = {topic: {} for topic in TOPICS}
    updated = dict.fromkeys(TOPICS, datetime(1, 1, 1, tzinfo=UTC))
    for end in range(1, len(events) + 1):
        newsroom = build_newsroom(events[:end])
        builder = FeedBuilder(newsroom, settings)
        for topic in TOPICS:
            feed, pages = build_feed(newsroom, settings, topic=topic), _pages(newsroom, settings, topic)
            walked, name = list[str](), feed.previous
            while name:
                walked += [item.id for item in pages[name].items]
                name = pages[name].previous
            current = [item.id for item in feed.items] + [stone.item.id for stone in feed.tombstones]

            assert len(walked) == len(set(walked)) == sum(len(page.items) for page in pages.values())
            assert {*walked, *current} == {item.id for item in newsroom if topic in (None, *item.topics)}
            assert {item.id for item in feed.items} - set(walked) <= feed.held | {item.id for item in feed.items[:size]}
            assert all(len(page.items) <= size for page in pages.values())
            assert list(feed.items) == sorted(feed.items, key=lambda item: (item.published_at, item.released), reverse=True)
            assert len(feed.items) < 4 * size
            assert known[topic].items() <= _ids(pages).items()
            assert feed.updated.at >= updated[topic]
            assert all(builder.build_page(topic, page).updated.at <= feed.updated.at for page in pages.values())
            known[topic], updated[topic] = _ids(pages), feed.updated.at


def test_documents_of_each_format_lead_back_through_the_archive(months: Newsroom, change_settings: Change) -> None:
    settings = change_settings(THREE)
    documents = _render(months, settings, FeedWriter(settings, {}, Templates()))
    names = ["feeds/all", "feeds/all/2022-03", "feeds/all/2022-02", "feeds/all/2022-01-2", "feeds/all/2022-01"]

    for form in ("atom", "rss"):
        walked, path = list[str](), f"feeds/all.{form}"
        while path:
            tree = etree.fromstring(documents[path])
            head = tree if form == "atom" else tree.find("channel")
            links = {link.get("rel"): link.get("href") for link in head.findall(f"{ATOM}link")}
            is_page = path.count("/") > 1
            assert (head.find(f"{HISTORY}archive") is not None) == ("current" in links) == is_page
            assert ("fh" in tree.nsmap) == is_page
            assert links.get("current", "https://news.example.org/feeds/all." + form).endswith(f"/feeds/all.{form}")
            assert links["self"] == f"https://news.example.org/{path}"
            walked.append(path.removesuffix(f".{form}"))
            path = links.get("prev-archive", "").removeprefix("https://news.example.org/")
        assert walked == names
        assert links["next-archive"] == f"https://news.example.org/feeds/all/2022-01-2.{form}"
    path, walked = "feeds/all.json", []
    while path:
        walked.append(path.removesuffix(".json"))
        path = json.loads(documents[path]).get("next_url", "").removeprefix("https://news.example.org/")
    assert walked == names


def test_a_page_has_its_own_title_and_address_and_its_feeds_id(months: Newsroom, change_settings: Change) -> None:
    settings = change_settings(THREE)
    documents = _render(months, settings, FeedWriter(settings, {}, Templates()))

    page = etree.fromstring(documents["feeds/ukraine/2022-01-2.atom"])

    assert page.findtext(f"{ATOM}id") == "tag:news.example.org,2021:feeds/ukraine"
    assert page.findtext(f"{ATOM}title") == "The Newsroom: Ukraine (2022-01-2)"
    assert page.findtext(f"{ATOM}updated") == "2022-01-04T12:00:00.004Z"


def _render(newsroom: Newsroom, settings: Settings, writer: FeedWriter, now: datetime | None = None) -> dict[str, bytes]:
    plan = plan_feeds(newsroom, settings, writer, "", now or newsroom.at or START)
    return {document.path: document.render() for group in plan for document in group.list()}
