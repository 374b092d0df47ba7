"""Why letters wait, in words: what holds all of them, what holds some, and that the rest is due."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.pacing import FREE, Allowance, Pacing, WarmUp
from digest.delivery.waiting import Part, Queue, Wait, list_waits
from digest.settings import Hours

NOW = int(datetime(2026, 12, 1, 6, tzinfo=UTC).timestamp())
MIDNIGHT = int(datetime(2026, 12, 2, tzinfo=UTC).timestamp())
DIGEST = Queue("supporters", 1, 50)
WARM = Pacing(warm_ups={"supporters": WarmUp("new.example.org", date(2026, 12, 1), (200, 400))})
QUIET = Pacing(quiet_hours={"supporters": Hours(22 * 60, 7 * 60)})
SLOW = Pacing({"a:25": (Allowance(2, 37),), "b:25": ()})
DUE = Wait("50 are due and leave while digest send or digest serve runs")


def full(pacing: Pacing) -> Counter[str]:
    """Counts by which every gate of a pace is full."""
    gates = [
        *pacing.list_gates("supporters", NOW),
        *(gate for name in pacing.relays for gate in pacing.relay_gates(name, NOW)),
    ]
    return Counter({gate.name: gate.limit for gate in gates})


@pytest.mark.parametrize(
    ("pacing", "wanted"),
    [
        (WARM, Wait("new.example.org is new: 200 letters may leave from it today, and have; more leave from", MIDNIGHT)),
        (QUIET, Wait("quiet hours: nothing but what is urgent leaves before", NOW + 3600)),
        (SLOW, Wait("the relay a:25 has had as many letters as it may for now; more leave from", (NOW // 37 + 1) * 37)),
    ],
)
def test_what_holds_everything_is_named_with_its_end(pacing: Pacing, wanted: Wait) -> None:
    assert list_waits(DIGEST, pacing, full(pacing).__getitem__, NOW) == (wanted,)


@pytest.mark.parametrize("pacing", [FREE, WARM, SLOW])
def test_as_long_as_there_is_room_letters_are_due(pacing: Pacing) -> None:
    counts = full(pacing)
    counts.subtract(counts.keys())

    assert list_waits(DIGEST, pacing, counts.__getitem__, NOW) == (DUE,)


def test_quiet_hours_are_no_reason_for_what_is_urgent() -> None:
    assert list_waits(replace(DIGEST, lane=0), QUIET, Counter[str]().__getitem__, NOW) == (DUE,)
    assert list_waits(replace(DIGEST, list_id="press"), QUIET, Counter[str]().__getitem__, NOW) == (DUE,)


def test_an_edition_whose_moment_has_not_come_says_so() -> None:
    (wait,) = list_waits(replace(DIGEST, earliest_at=NOW + 60), FREE, Counter[str]().__getitem__, NOW)

    assert wait == Wait("its moment has not come: nothing leaves before", NOW + 60)


def test_single_letters_that_wait_are_told_apart_by_why() -> None:
    queue = replace(DIGEST, asked=Part(9, NOW + 300), paced=Part(8, NOW + 60), tried=Part(3, NOW + 20))

    assert list_waits(queue, FREE, Counter[str]().__getitem__, NOW) == (
        Wait("8 to mail services that have had as many as they may for now; the next leaves", NOW + 60),
        Wait("9 to mail services that asked for time; the first leaves", NOW + 300),
        Wait("3 to be tried again, the first", NOW + 20),
        Wait("30 are due and leave while digest send or digest serve runs"),
    )


def test_nothing_is_said_where_nothing_waits() -> None:
    assert list_waits(replace(DIGEST, count=0), QUIET, Counter[str]().__getitem__, NOW) == ()


parts = st.builds(Part, st.integers(0, 5), st.integers(NOW + 1, NOW + 10**6))
queues = st.tuples(st.integers(0, 1), st.integers(0, 5), st.sampled_from([0, NOW, NOW + 9]), parts, parts, parts).map(
    lambda t: Queue("supporters", t[0], t[1] + sum(part.count for part in t[3:]), t[2], *t[3:])
)


@given(queues, st.sampled_from([FREE, WARM, QUIET, SLOW]), st.integers(0, 400))
def test_whatever_waits_there_is_a_reason_and_no_end_that_is_over(queue: Queue, pacing: Pacing, passed: int) -> None:
    waits = list_waits(queue, pacing, lambda _gate: passed, NOW)

    assert bool(waits) == bool(queue.count)
    assert all(wait.until is None or wait.until > NOW for wait in waits)
