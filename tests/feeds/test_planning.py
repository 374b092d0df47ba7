"""The plan of all feed documents: what has not changed is not rendered, and nothing that has changed is left as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from digest.feeds.documents import FeedWriter
from digest.feeds.planning import plan_feeds
from digest.feeds.selection import build_feed
from digest.newsroom.document import Document, Group
from digest.newsroom.log import Event, EventType
from digest.newsroom.pictures import Picture
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings
from digest.templates import Templates

Release = Callable[..., Event]
Change = Callable[[str], Settings]
LATER = datetime(2023, 1, 1, tzinfo=UTC)
FEW = '[topics.war]\ntitle = "War"\nmoved_to = "russia"\n[feeds]\nentries = 3\ncombinations = true\n'
LOCAL = {"src": "crowd.jpg", "alt": "A crowd", "caption": "People gather", "credit": "Photo: A. Person"}


class Kept(dict[str, bytes]):
    """A cache of entries in memory."""

    def get_many(self, keys: Any) -> Mapping[str, bytes]:
        return {key: self[key] for key in keys if key in self}

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        assert not entries.keys() & self.keys()
        self.update(entries)


def _plan(newsroom: Newsroom, writer: FeedWriter, now: datetime = LATER, key: str = "key") -> list[Group]:
    return list(plan_feeds(newsroom, writer.settings, writer, key, now))


def _documents(groups: list[Group]) -> dict[str, tuple[Group, Document]]:
    """Each document with its group."""
    listed = [(group, one) for group in groups for one in group.list()]
    assert len({one.path for _, one in listed}) == len(listed)
    return {one.path: (group, one) for group, one in listed}


@pytest.fixture
def months(release: Release) -> list[Event]:
    """Twelve items in six months."""
    days = [datetime(2022, 1 + place // 2, 1 + place % 2, 12, tzinfo=UTC) for place in range(12)]
    return [
        release(
            f"item-{place}", at=at, topics=(("ukraine", "russia", "war")[place % 3],), kind=("report", "victory")[place % 2]
        )
        for place, at in enumerate(days)
    ]


def test_all_documents_have_a_place_of_their_own(months: list[Event], change_settings: Change, templates: Templates) -> None:
    writer = FeedWriter(change_settings(FEW), {}, templates)

    paths = set(_documents(_plan(build_newsroom(months), writer)))

    assert {"feeds/all.atom", "feeds/all.opml", "feeds/russia.json", "feeds/war.rss", "feeds/victory.atom"} <= paths
    assert {"feeds/all/2022-01.atom", "feeds/russia/2022-03.json", "feeds/russia+victory.rss", "feeds/all.en.atom"} <= paths
    assert not [path for path in paths if path.startswith(("feeds/war/", "feeds/victory/"))]


def test_the_same_newsroom_has_the_same_keys(months: list[Event], change_settings: Change, templates: Templates) -> None:
    writer = FeedWriter(change_settings(FEW), {}, templates)

    first, second = (_plan(build_newsroom(months), writer) for _ in range(2))

    assert [(group.name, group.key) for group in first] == [(group.name, group.key) for group in second]
    assert len({group.name for group in first}) == len(first)


def test_a_change_of_settings_templates_or_program_changes_every_key(
    months: list[Event], change_settings: Change, templates: Templates
) -> None:
    writer, newsroom = FeedWriter(change_settings(FEW), {}, templates), build_newsroom(months)

    first, second = _documents(_plan(newsroom, writer)), _documents(_plan(newsroom, writer, key="other"))

    for path, (group, document) in first.items():
        assert group.key != second[path][0].key
        assert document.key != second[path][1].key


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["release", "correct", "withdraw", "refile", "retopic", "backdate"]),
        st.integers(0, 11),
        st.sampled_from([("ukraine",), ("russia",), ("war", "ukraine"), ()]),
        st.sampled_from([0, 40]),
    ),
    min_size=1,
    max_size=3,
)


def _apply(events: list[Event], changes: list[tuple[str, int, tuple[str, ...], int]]) -> list[Event]:
    events = list(events)
    for what, place, topics, days in changes:
        before, at = events[place], events[-1].at + timedelta(days=days, hours=1)
        number = len(events) + 1
        facts = {name: getattr(before, name) for name in before.__slots__} | {"at": at, "number": number}
        if what in ("release", "backdate"):
            name, moment = f"fresh-{number}", at - timedelta(days=200 if what == "backdate" else 0)
            facts |= {"item": name, "entry_id": f"tag:x,2021:{name}", "published_at": moment, "updated_at": moment}
            facts["content"] = before.content.model_copy(update={"id": name, "title": name, "topics": topics})
        else:
            kinds = {"correct": EventType.CORRECTED, "withdraw": EventType.WITHDRAWN}
            facts["type"] = kinds.get(what, EventType.REFILED)
            changed = {"title": f"Changed {number}"} | ({"topics": topics} if what == "retopic" else {})
            facts["content"] = before.content.model_copy(update=changed)
            if what in kinds:
                facts |= {"updated_at": at, "corrections": int(what == "correct")}
        events.append(Event(**facts))
    return events


@limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, days=st.sampled_from([0, 400]))
def test_what_has_changed_has_another_key(
    months: list[Event],
    change_settings: Change,
    templates: Templates,
    changes: list[tuple[str, int, tuple[str, ...], int]],
    days: int,
) -> None:
    writer = FeedWriter(change_settings(FEW), {}, templates)
    events = _apply(months, changes)
    now = months[-1].at
    old_groups = _plan(build_newsroom(months), writer, now)
    before, old_keys = _documents(old_groups), {group.name: group.key for group in old_groups}
    new_groups = _plan(build_newsroom(events), writer, now + timedelta(days=days))
    after, new_keys = _documents(new_groups), {group.name: group.key for group in new_groups}

    for path, (group, document) in after.items():
        if path not in before or document.render() != before[path][1].render():
            assert path not in before or document.key != before[path][1].key, path
            assert old_keys.get(group.name) != group.key, path
    for path, (group, _) in before.items():
        assert path in after or new_keys.get(group.name) != group.key, path


def test_a_correction_touches_the_items_own_feeds_and_month_alone(
    months: list[Event], change_settings: Change, templates: Templates, release: Release
) -> None:
    settings = change_settings(FEW.replace("combinations = true", ""))
    writer = FeedWriter(settings, {}, templates)
    fixed = _apply(months, [("correct", 6, (), 0)])

    before = {group.name: group.key for group in _plan(build_newsroom(months), writer)}
    changed = [group for group in _plan(build_newsroom(fixed), writer) if before[group.name] != group.key]
    old = _documents(_plan(build_newsroom(months), writer))

    assert [group.name for group in changed] == [
        "feeds/archives/2022-04", "feeds/all", "feeds/ukraine", "feeds/report", "feeds/all.en",
    ]  # fmt: skip
    pages = [one.path for one in changed[0].list() if one.key != old[one.path][1].key]
    assert {path.rpartition(".")[0] for path in pages} == {"feeds/all/2022-04", "feeds/ukraine/2022-04"}


def test_a_photo_that_can_be_shown_again_changes_the_keys(
    release: Release, change_settings: Change, pictures: Mapping[str, Picture], templates: Templates
) -> None:
    newsroom = build_newsroom([release("a", photo=LOCAL, photo_hash="a" * 64)])
    settings = change_settings("")

    without, shown = (
        _documents(_plan(newsroom, FeedWriter(settings, made, templates)))["feeds/all.atom"] for made in ({}, pictures)
    )

    assert without[0].key != shown[0].key
    assert without[1].key != shown[1].key


def test_a_first_item_of_a_kind_changes_the_list_of_feeds(
    months: list[Event], change_settings: Change, templates: Templates, release: Release
) -> None:
    writer = FeedWriter(change_settings(""), {}, templates)
    first = release("first", kind="press-release")

    before, after = (
        _documents(_plan(build_newsroom(events), writer))["feeds/all.opml"] for events in (months, [*months, first])
    )

    assert before[0].key != after[0].key
    assert b"press-release" not in before[1].render()
    assert b"press-release.atom" in after[1].render()


def test_with_entries_of_the_last_run_the_documents_are_the_same(
    months: list[Event], newsroom: Newsroom, change_settings: Change, pictures: Mapping[str, Picture], templates: Templates
) -> None:
    for news in (newsroom, build_newsroom(months)):
        settings, kept = change_settings(FEW), Kept()

        plain, cold, warm = (
            {path: one.render() for path, (_, one) in _documents(_plan(news, writer)).items()}
            for writer in (
                FeedWriter(settings, pictures, templates),
                FeedWriter(settings, pictures, templates, "key", kept),
                FeedWriter(settings, pictures, templates, "key", kept),
            )
        )

        assert plain == cold == warm
        assert kept


def test_after_one_change_only_that_entry_is_made_anew(
    months: list[Event], change_settings: Change, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, kept = change_settings(FEW), Kept()
    first = FeedWriter(settings, {}, templates, "key", kept)
    first.render(build_feed(build_newsroom(months), settings), "atom")
    asked: list[str] = []
    render = Templates.render
    monkeypatch.setattr(Templates, "render", lambda self, name, *a, **k: asked.append(name) or render(self, name, *a, **k))

    again = FeedWriter(settings, {}, templates, "key", kept)
    again.render(build_feed(build_newsroom(_apply(months, [("correct", 11, (), 0)])), settings), "atom")

    assert asked == ["feeds/entry.html"]


def test_entries_of_other_settings_or_templates_are_not_taken(
    months: list[Event], change_settings: Change, templates: Templates
) -> None:
    settings, kept = change_settings(FEW), Kept()
    feed = build_feed(build_newsroom(months), settings)
    FeedWriter(settings, {}, templates, "key", kept).render(feed, "atom")
    count = len(kept)

    FeedWriter(settings, {}, templates, "other", kept).render(feed, "atom")

    assert len(kept) == 2 * count
