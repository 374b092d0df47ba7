"""The release log comes out of the database as it went in: numbered without gaps, each content kept once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from digest.errors import ContentError, StoreError
from digest.items.model import Content, Correction, Photo
from digest.newsroom.log import Event, EventType, Line, build_event, build_line
from digest.newsroom.public import build_newsroom
from digest.store.contents import open_contents
from digest.store.database import Store, open_store
from digest.store.releases import (
    append_lines,
    concerns_editions,
    log_end,
    log_position,
    newest_moment,
    read_lines,
    read_newsroom,
)
from digest.store.schema import delivery, edition, event, version

START = datetime(2022, 2, 28, 18, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(tmp_path / "var")
    yield opened
    opened.close()


def content(name: str, **changes: object) -> Content:
    given = {
        "id": name, "title": f"Title of {name}", "kind": "update", "topics": ("ukraine",), "summary": "Зведення.",
        "language": "en", "date": date(2022, 2, 28), "date_at": START,
    }  # fmt: skip
    return Content.model_validate(given | changes)


def released(name: str, days: int = 0, **changes: object) -> Event:
    at = START + timedelta(days=days)
    return replace(
        Event(EventType.RELEASED, name, at, f"tag:example.org,2020:items/{name}", content(name), at, at, ("*", "ukraine")),
        **changes,
    )


def write(store: Store, *events: Event) -> list[Event]:
    """Append events at the log's end; the same with their numbers."""
    contents = {event.content.version: event.content for event in events}
    with store.writing() as connection:
        end = log_end(connection)
        numbered = [replace(event, number=end + place) for place, event in enumerate(events, 1)]
        append_lines(connection, [build_line(event) for event in numbered], contents.__getitem__)
    return numbered


def read(store: Store, until: int | None = None) -> list[Event]:
    """The log with all its contents."""
    contents = open_contents(store.file)
    with store.reading() as connection:
        return [build_event(line, contents(line.version)) for line in read_lines(connection, until)]


def test_events_come_back_as_they_were_with_their_numbers(store: Store):
    photo = Photo(src="a.jpg", alt="A", credit="C")
    rich = content("a", photo=photo, corrections=(Correction(date=date(2022, 3, 1), note="Note"),), updated_at=START)
    event = released("a", content=rich, photo="ab" * 32, backfill=True, corrections=2, type=EventType.CORRECTED)

    written = write(store, event, released("b"))
    assert [one.number for one in written] == [1, 2]
    assert read(store) == written
    assert written[0] == replace(event, number=1)


def test_numbers_go_on_without_gaps(store: Store):
    write(store, released("a"), released("b"))
    assert write(store) == []
    assert [one.number for one in write(store, released("c"))] == [3]
    assert [one.item for one in read(store, 2)] == ["a", "b"]
    assert read(store, 0) == []


def test_a_number_is_never_given_twice(store: Store):
    write(store, released("a"))
    with pytest.raises(StoreError), store.writing() as connection:
        row = connection.execute(select(event)).one()._asdict()
        connection.execute(event.insert().values(**row))
    assert len(read(store)) == 1


def test_equal_contents_are_kept_once(store: Store):
    write(store, released("a"), released("a", 1, type=EventType.REFILED))
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(version)).scalar() == 1


def test_a_content_that_is_not_the_one_planned_keeps_the_log_as_it_was(store: Store):
    """A file may be edited between the decision to publish it and the moment at which it is read again."""
    line = build_line(released("a", number=1))
    with pytest.raises(ContentError, match="changed while it was published"), store.writing() as connection:
        append_lines(connection, [build_line(released("b", number=1)), line], lambda _: content("b"))
    assert read(store) == []


def test_a_line_has_the_columns_of_the_table():
    assert list(Line._fields) == event.c.keys()


def test_lines_are_read_behind_one_position_and_up_to_another(store: Store):
    written = write(store, *(released(name) for name in "abcd"))
    with store.reading() as connection:
        assert list(read_lines(connection, 3, after=1)) == [build_line(event) for event in written[1:3]]
        assert list(read_lines(connection, after=4)) == []


def test_positions_are_told_by_the_moment_of_the_events(store: Store):
    write(store, released("a"), released("b"), released("c", 2))

    def position(moment: datetime) -> int:
        with store.reading() as connection:
            return log_position(connection, moment)

    second = timedelta(seconds=1)
    assert [position(START - second), position(START), position(START + second)] == [0, 2, 2]
    assert [position(START + timedelta(days=2) - second), position(START + timedelta(days=900))] == [2, 3]


def test_an_empty_log_has_no_end_and_no_moment(store: Store):
    with store.reading() as connection:
        assert (log_end(connection), newest_moment(connection), log_position(connection, START)) == (0, None, 0)
    write(store, released("a"), released("b", 3))
    with store.reading() as connection:
        assert (log_end(connection), newest_moment(connection)) == (2, START + timedelta(days=3))


# Contents.


def test_contents_are_read_when_asked_for_during_a_transaction_and_after_it(store: Store):
    write(store, released("a"), released("b"))
    with store.reading() as connection:
        newsroom = read_newsroom(connection)
        assert newsroom.by_id["a"].content == content("a")
    assert newsroom.by_id["b"].content == content("b")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda item: item.content.id, [*newsroom] * 20))
    assert found == [item.id for item in newsroom] * 20


def test_a_version_that_is_not_there_is_an_error_with_a_remedy(store: Store):
    with pytest.raises(StoreError, match="lacks the item version 00ff") as refusal:
        open_contents(store.file)("00ff")
    assert refusal.value.remedy == "Restore the file from a backup."


def test_reading_the_newsroom_reads_no_content(store: Store):
    write(store, released("a"))
    with store.writing() as connection:
        connection.execute(version.update().values(content="no JSON at all"))
    with store.reading() as connection:
        (item,) = read_newsroom(connection)
    assert (item.id, item.topics, item.kind, item.day) == ("a", ("ukraine",), "update", date(2022, 2, 28))
    with pytest.raises(ValueError, match="JSON"):
        _ = item.content


# Editions that an event may concern.


@pytest.mark.parametrize("type_", EventType)
@pytest.mark.parametrize("state", ["", "draft", "approved", "frozen", "sending", "paused", "finished", "held", "cancelled"])
def test_editions_are_looked_at_when_an_event_may_concern_them(store: Store, state: str, type_: EventType):
    with store.writing() as connection:
        if state:
            _insert_edition(connection, "finished" if state == "held" else state, "held" if state == "held" else "sent")
        found = concerns_editions(connection, [build_line(released("a", type=type_)), build_line(released("b"))])
    is_open = state in ("draft", "approved", "frozen", "sending", "paused", "held")
    assert found == (is_open and type_ is not EventType.RELEASED)


def _insert_edition(connection: Connection, state: str, delivery_state: str) -> None:
    connection.execute(
        edition.insert(),
        {"id": "e", "list_id": "press", "rhythm": "daily", "period": "2022-02-28", "state": state, "moment": 0,
         "horizon": 0, "changed_by": "", "changed_what": "", "changed_at": 0},
    )  # fmt: skip
    connection.execute(
        delivery.insert(),
        {"subject": "", "edition_id": "e", "epoch": 1, "domain_key": b"", "state": delivery_state, "next_at": 0,
         "created_at": 0},
    )  # fmt: skip


# Any log.

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=50)
@given(
    st.lists(
        st.builds(
            released,
            st.sampled_from(["a", "b", "c"]),
            st.integers(0, 5_000),
            content=st.builds(content, st.just("a"), title=_texts, body=_texts, urgent=st.booleans()),
            entered=st.lists(_texts, max_size=3).map(tuple),
            type=st.sampled_from(EventType),
            corrections=st.integers(0, 99),
            photo=st.none() | st.just("cd" * 32),
            backfill=st.booleans(),
        ),
        max_size=4,
    )
)
def test_any_events_can_be_read_back(tmp_path_factory: pytest.TempPathFactory, worlds, events: list[Event]):
    var = tmp_path_factory.mktemp("log") / "var"
    store = open_store(worlds.World(var).var)
    written = write(store, *events)
    assert [replace(one, number=0) for one in written] == events
    assert read(store) == written
    store.close()


_logs = st.lists(
    st.tuples(
        st.sampled_from("abcde"),
        st.sampled_from(EventType),
        st.integers(0, 90),
        st.fixed_dictionaries(
            {},
            optional={
                "title": _texts,
                "topics": st.lists(st.sampled_from(["ukraine", "russia", "syria"]), unique=True).map(tuple),
                "kind": st.sampled_from(["update", "report"]),
                "language": st.sampled_from(["en", "uk"]),
                "translation_of": st.sampled_from(["a", "b"]),
                "date": st.dates(),
            },
        ),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(_logs, st.integers(0, 14))
def test_the_newsroom_of_the_store_is_the_log_folded(
    tmp_path_factory: pytest.TempPathFactory, worlds, steps: list[Any], until: int
):
    store = open_store(worlds.World(tmp_path_factory.mktemp("log") / "var").var)
    events = write(
        store,
        *(
            released(name, days, content=content(name, **changes), type=type_, backfill=backfill)
            for name, type_, days, changes, backfill in steps
        ),
    )
    for horizon in (None, until):
        folded = build_newsroom(events[:horizon])
        with store.reading() as connection:
            newsroom = read_newsroom(connection, horizon)
        assert newsroom == folded == build_newsroom(read(store, horizon))
        assert [item.content for item in newsroom] == [item.content for item in folded]
    store.close()
