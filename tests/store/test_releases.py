"""The release log comes out of the database as it went in: numbered without gaps, each content kept once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from digest.errors import StoreError
from digest.items.model import Content, Correction, Photo
from digest.newsroom.log import Event, EventType
from digest.store.database import Store, open_store
from digest.store.releases import append_events, log_end, log_position, newest_moment, read_events
from digest.store.schema import event, version

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


def write(store: Store, *events: Event) -> tuple[Event, ...]:
    with store.writing() as connection:
        return append_events(connection, events)


def read(store: Store, horizon: int | None = None) -> list[Event]:
    with store.reading() as connection:
        return list(read_events(connection, horizon))


def test_events_come_back_as_they_were_with_their_numbers(store: Store):
    photo = Photo(src="a.jpg", alt="A", credit="C")
    rich = content("a", photo=photo, corrections=(Correction(date=date(2022, 3, 1), note="Note"),), updated_at=START)
    event = released("a", content=rich, photo="ab" * 32, backfill=True, corrections=2, type=EventType.CORRECTED)

    written = write(store, event, released("b"))
    assert [one.number for one in written] == [1, 2]
    assert read(store) == list(written)
    assert written[0] == replace(event, number=1)


def test_numbers_go_on_without_gaps(store: Store):
    write(store, released("a"), released("b"))
    assert write(store) == ()
    assert [one.number for one in write(store, released("c"))] == [3]
    assert [one.item for one in read(store, horizon=2)] == ["a", "b"]
    assert read(store, horizon=0) == []


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
    assert read(store) == list(written)
    store.close()
