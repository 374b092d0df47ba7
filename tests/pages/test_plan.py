"""The keys of pages: what has an equal key has equal bytes, and telling so reads no item's content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import TemplateError
from digest.items.model import Content, Correction, Photo, Withdrawal
from digest.newsroom.document import Document, Group
from digest.newsroom.log import Event, EventType, build_line
from digest.newsroom.public import fold_lines
from digest.pages.edition_view import PastEdition
from digest.templates import Templates

START = datetime(2022, 1, 10, 12, tzinfo=UTC)
PAST = PastEdition("2022-w09-supporters", "The week", date(2022, 2, 28), "en")
DIGESTS = ((), (PAST,), (replace(PAST, title="The month"),), (replace(PAST, id="2022-w10-supporters"),))
TOPICS = (("ukraine",), ("russia", "nobel"), ("belarus",), ("ukraine", "belarus"), ())
MORE = '[topics.nobel]\ntitle = "Nobel Peace Prize"\nended = 2022-05-01\n[feeds]\nentries = 2\n'
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["release", "release", "translate", "refile", "correct", "update", "withdraw", "move"]),
        st.integers(0, 5),
        st.integers(0, 4),
    ),
    max_size=10,
)


@dataclass
class Log:
    """A release log that grows step by step; what a step makes depends on its two numbers and on what is there."""

    content: Callable[..., Content]
    event: Callable[..., Event]
    late: timedelta = timedelta(0)

    def write(self, steps: Sequence[tuple[str, int, int]]) -> list[Event]:
        events: list[Event] = []
        newest: dict[str, Event] = {}
        for number, (step, place, value) in enumerate(steps, 1):
            at = START + timedelta(days=17 * number) + self.late
            known = sorted(newest)
            if step == "release" or not known:
                made = self._release(f"i-{number}", at, place, value)
            elif step == "translate":
                root = newest[known[place % len(known)]].content.root
                made = self._release(f"i-{number}", at, place, value, language="uk", translation_of=root)
            else:
                made = self._change(newest[known[place % len(known)]], step, at, value)
            made = replace(made, number=number)
            events.append(made)
            newest[made.item] = made
        return events

    def _release(self, name: str, at: datetime, place: int, value: int, **more: Any) -> Event:
        photo = Photo(src="crowd.jpg", alt="A crowd", credit="Photo: Somebody") if place == 1 else None
        day = (at - timedelta(days=100 * value)).date()
        made = self.content(
            name, topics=TOPICS[value], day=day, photo=photo, kind=("update", "press-release")[place % 2], **more
        )
        return self.event(made, 0, at=at, published_at=at, updated_at=at)

    def _change(self, before: Event, step: str, at: datetime, value: int) -> Event:
        content = before.content
        changes: dict[str, Any] = {
            "refile": {"title": f"{content.title} {value}"},
            "move": {"topics": TOPICS[value]},
            "update": {"updated_at": at},
            "correct": {"corrections": (*content.corrections, Correction(date=at.date(), note=f"Note {value}"))},
            "withdraw": {"withdrawn": Withdrawal(date=at.date(), reason=f"Reason {value}")},
        }[step]
        type_ = {"withdraw": EventType.WITHDRAWN, "refile": EventType.REFILED, "move": EventType.REFILED}
        updated_at = at if step in ("update", "correct", "withdraw") else before.updated_at
        made = content.model_copy(update=changes)
        return replace(before, type=type_.get(step, EventType.CORRECTED), at=at, content=made, updated_at=updated_at)


@dataclass
class Built:
    """Groups by name, documents by path, and the bytes of all."""

    groups: dict[str, Group]
    documents: dict[str, Document]
    pages: dict[str, bytes]


def build(house: Any, pictures: bool, digests: Sequence[PastEdition], days: int) -> Built:
    house = house if pictures else replace(house, pictures={})
    plan = house.plan("site", now=START + timedelta(days=days), editions=digests)
    groups = {group.name: group for group in plan}
    assert len(groups) == len(plan), "a name is there twice"
    documents = {document.path: document for group in plan for document in group.list()}
    return Built(groups, documents, {path: document.render() for path, document in documents.items()})


CIRCUMSTANCES = st.tuples(st.booleans(), st.sampled_from(DIGESTS), st.sampled_from([0, 115, 400]))
"""Whether pictures are there, which digests were sent, how many days later it is: a topic ends, its feed goes."""


def change(steps: list[tuple[str, int, int]], how: str) -> list[tuple[str, int, int]]:
    """Other steps after the same past: none, more, or such that look alike and say something else."""
    if how == "more":
        return [*steps, ("release", 1, 1)]
    return [(step, place, (value + 1) % 5) for step, place, value in steps] if how == "alike" else []


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    past=STEPS,
    steps=STEPS.map(lambda steps: steps[:3]),
    how=st.sampled_from(["none", "more", "alike", "late", "same"]),
    before=CIRCUMSTANCES,
    after=CIRCUMSTANCES,
    part=st.integers(0, 3),
)
def test_with_an_equal_key_nothing_has_changed(
    past: Any, steps: Any, how: str, before: Any, after: Any, part: int, open_house: Any, content: Any, event: Any
) -> None:
    """Two newsrooms that have a past in common, or the same one under other circumstances, of which at most one differs."""
    log = Log(content, event, timedelta(hours=how == "late"))
    others = steps if how in ("late", "same") else change(steps, how)
    after = (*before[:part], *after[part : part + 1], *before[part + 1 :])
    first = build(open_house(Log(content, event).write([*past, *steps]), more=MORE), *before)
    judge(first, build(open_house(log.write([*past, *others]), more=MORE), *after))


def judge(first: Built, second: Built) -> None:
    """With equal keys documents have equal bytes, and groups equal documents."""
    for path in first.pages.keys() & second.pages.keys():
        if first.pages[path] != second.pages[path]:
            assert first.documents[path].key != second.documents[path].key, path
    for name in first.groups.keys() & second.groups.keys():
        if first.groups[name].key == second.groups[name].key:
            known, found = (describe(built, name) for built in (first, second))
            assert known == found, name
            assert all(first.pages[path] == second.pages[path] for path, *_ in known), name


def describe(built: Built, group: str) -> list[tuple[str, str, int, str]]:
    return [(document.path, document.key, document.status, document.location) for document in built.groups[group].list()]


def test_a_picture_that_is_found_again_changes_what_shows_it(house: Any) -> None:
    first, second = build(house, False, (), 0), build(house, True, (), 0)

    judge(first, second)
    assert b"crowd-1600.jpg" not in first.pages["items/square/index.html"]
    assert b"crowd-1600.jpg" in second.pages["items/square/index.html"]


def test_a_withdrawn_version_gives_its_place_to_one_of_another_year(open_house: Any, content: Any, event: Any) -> None:
    root = event(content("root", day=date(2021, 5, 1)), 1)
    translation = event(content("versija", day=date(2022, 5, 1), language="uk", translation_of="root"), 2)
    others = [event(content("older", day=date(2021, 4, 1)), 3), event(content("newer", day=date(2022, 4, 1)), 4)]
    gone = replace(root, number=5, type=EventType.WITHDRAWN)
    first = build(open_house([root, translation, *others]), True, (), 0)
    second = build(open_house([root, translation, *others, gone]), True, (), 0)

    judge(first, second)
    assert [b"/items/versija/" in built.pages["archive/2022/index.html"] for built in (first, second)] == [False, True]
    assert [b"/items/root/" in built.pages["archive/2021/index.html"] for built in (first, second)] == [True, False]


def test_another_site_key_changes_every_key(house: Any) -> None:
    one, other = house.plan("one"), house.plan("other")

    assert [group.name for group in one] == [group.name for group in other]
    assert not {group.key for group in one} & {group.key for group in other}
    keys = [{document.key for group in plan for document in group.list()} for plan in (one, other)]
    assert not keys[0] & keys[1]


def test_equal_facts_give_equal_keys(open_house: Any) -> None:
    one, other = (open_house().plan("site", editions=[PAST]) for _ in range(2))
    assert [(group.name, group.key) for group in one] == [(group.name, group.key) for group in other]


def test_planning_reads_no_content_and_no_template(open_house: Any, content: Any, event: Any, tmp_path: Path) -> None:
    events = Log(content, event).write([("release", n, n % 5) for n in range(6)] * 5)

    def refuse(version: str) -> Content:
        raise AssertionError("a content was read")

    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "_base.html").write_text("{% broken")
    newsroom = fold_lines((build_line(one) for one in events), refuse)
    house = replace(open_house([]), newsroom=newsroom, templates=Templates(tmp_path))
    documents = house.documents()

    assert len(documents) > 40
    with pytest.raises(TemplateError):
        documents["404.html"].render()


def test_a_changed_item_touches_only_what_shows_it(open_house: Any, content: Any, event: Any) -> None:
    """Of a long history the pages of other months are passed over as groups, and the others read few contents."""
    days = [date(2012, 1, 1) + timedelta(days=3 * number) for number in range(1200)]
    events = [event(content(f"n-{number}", day=day), number) for number, day in enumerate(days, 1)]
    changed = replace(events[-9], type=EventType.REFILED, number=1201, content=content("n-1192", day=days[-9], title="New"))
    contents = {one.content.version: one.content for one in [*events, changed]}
    reads: list[str] = []

    def read(version: str) -> Content:
        reads.append(version)
        return contents[version]

    before = {group.name: group for group in open_house(events).plan()}
    house = replace(open_house([]), newsroom=fold_lines((build_line(one) for one in [*events, changed]), read))
    fresh = [group for group in house.plan() if group.key != before[group.name].key]
    keys = {document.path: document.key for group in fresh for document in before[group.name].list()}
    documents = [one for group in fresh for one in group.list() if one.key != keys[one.path]]
    for document in documents:
        document.render()

    assert {group.name for group in fresh} == {
        "front", "topics", "feed pages", "sitemap 2021", "archive 2021", "items 2021-10",
    }  # fmt: skip
    assert {document.path for document in documents} == {
        "index.html", "sitemap-2021.xml", "archive/2021/10/index.html", "topics/ukraine/index.html",
        "items/n-1192/index.html", "feeds/all.html", "feeds/ukraine.html", "feeds/press-release.html", "feeds/all.en.html",
    }  # fmt: skip
    assert len(reads) < 200


def test_what_is_gone_and_what_moved_say_so(house: Any) -> None:
    documents = house.documents()

    told = {path: (one.status, one.location) for path, one in documents.items() if one.status != 200}
    assert told == {
        "items/taken-back/index.html": (410, ""),
        "topics/belarus/index.html": (301, "https://news.example.org/press/topics/russia/"),
        "feeds/belarus.html": (301, "https://news.example.org/press/feeds/russia.html"),
    }


def test_a_topic_that_ends_changes_what_offers_its_feed(open_house: Any) -> None:
    house = open_house([], more=MORE)
    first, second = build(house, True, (), 0), build(house, True, (), 115)

    judge(first, second)
    changed = {path for path in first.pages if first.pages[path] != second.pages.get(path)}
    assert changed == {"index.html", "feeds/index.html", "feeds/nobel.html", "topics/nobel/index.html"}
