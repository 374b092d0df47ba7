"""The numbers that pages show add up, are counted beside the pages, and say how fast letters leave."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.clock import parse_utc
from digest.delivery.transitions import State
from digest.desk.approving import freeze_edition
from digest.desk.tallying import DOUBTED, judge_progress, read_progress, tally_edition, tally_editions
from digest.store.edition_heads import Tally

NOW = parse_utc("2022-02-28T12:00:00Z")
STATES = tuple(State)


@given(st.dictionaries(st.sampled_from(STATES), st.integers(0, 10**7)), st.integers(0, 100))
def test_all_letters_are_shown_and_each_once(counts, doubted):
    progress = judge_progress(Tally({**counts, DOUBTED: doubted}, NOW))

    shown = progress.accepted + progress.waiting + progress.failed + progress.held + progress.stopped
    assert shown == progress.total == sum(counts.values())
    assert 0 <= progress.share <= 1
    assert progress.doubted == doubted


@given(st.lists(st.tuples(st.integers(0, 3600), st.integers(0, 10**6)), max_size=8), st.integers(0, 10**6))
def test_the_time_left_is_never_in_the_past(steps, waiting):
    trail = tuple((NOW + timedelta(seconds=at), done) for at, done in sorted(steps))
    progress = judge_progress(Tally({"queued": waiting}, NOW + timedelta(hours=1), trail))

    if progress.ends_at is not None:
        assert progress.ends_at >= progress.counted_at
        assert progress.per_minute is not None and progress.per_minute > 0


def test_a_steady_pace_says_when_the_last_one_leaves():
    trail = ((NOW, 0), (NOW + timedelta(minutes=2), 200))

    progress = judge_progress(Tally({"queued": 300, "sent": 200}, NOW + timedelta(minutes=2), trail))

    assert progress.per_minute == 100
    assert progress.ends_at == NOW + timedelta(minutes=5)


def test_numbers_are_counted_while_it_is_under_way_and_once_more_at_its_end(desk):
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    desk.readers("ada; ben", since="2022-02-19")
    name = desk.approve().id
    freeze_edition(desk.place, name, actor="Ada")
    assert tally_editions(desk.place) is False, "nothing leaves yet"
    assert read_progress(desk.place, name).waiting == 2

    desk.send(name)
    desk.sql("UPDATE edition SET finished_at = ?", int(desk.now.timestamp()))  # it has the machine's clock
    desk.at("2022-02-21T10:20")
    tally_editions(desk.place)

    progress = read_progress(desk.place, name)
    assert (progress.accepted, progress.waiting, progress.total) == (2, 0, 2)
    before = desk.sql("SELECT at FROM tally WHERE name LIKE 'edition %'")
    desk.at("2022-05-21T10:20")
    tally_editions(desk.place)
    assert desk.sql("SELECT at FROM tally WHERE name LIKE 'edition %'") == before, "what is settled is left alone"


def test_a_count_is_kept_with_its_trail(desk):
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    desk.readers("ada", since="2022-02-19")
    name = desk.approve().id
    freeze_edition(desk.place, name, actor="Ada")

    for minute in range(40):
        desk.at(f"2022-02-21T11:{minute:02}")
        tally = tally_edition(desk.place, name)

    assert len(tally.trail) == 30
    assert tally.trail == tuple(sorted(tally.trail))
