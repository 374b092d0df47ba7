"""Senders are killed, stopped and misled at random; the judge finds nothing in ours and much in broken ones.

The harness is described in `bench/chaos/`; `make chaos` plays the long form, with 500 kills over 20,000 recipients.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.chaos.audit import Step
from bench.chaos.fleet import Running
from bench.chaos.havoc import Plan, play
from bench.chaos.judge import Delivery, Event, Evidence, judge
from bench.chaos.machine import SCENES, Scene, judge_scene
from bench.chaos.reading import read_evidence
from bench.chaos.relay import Relay
from bench.chaos.variants import VARIANTS, killable_sender
from digest.delivery.transitions import Decision
from digest.errors import Status
from digest.store.database import open_store
from digest.store.deliveries import decide

SHORT = Plan(recipients=250, letters=30, kills=12, leavings=20, stops=1, stop_seconds=0.5, uvloop=True, most_seconds=90)
CALM = Plan(recipients=100, kills=5, stops=0, pauses=0, voids=0, locks=0, relay_kills=0)
MUTANT = replace(CALM, recipients=150, leavings=30)


def test_after_many_kills_nobody_is_missed_and_every_second_copy_is_known(tmp_path: Path) -> None:
    run = play(SHORT, tmp_path)

    copies = Counter(event.recipient for event in run.evidence.events if event.kind == "taken")
    assert judge(run.evidence) == {}
    assert run.blows["kills"] == SHORT.kills and run.blows["leavings"] > 0 and run.blows["pauses"] == 1
    assert max(copies.values()) == 2, "no kill met a letter in flight"
    assert {delivery.state for delivery in run.evidence.deliveries} >= {"sent", "suppressed"}


def test_with_hold_nobody_gets_a_second_copy_whatever_happens(tmp_path: Path) -> None:
    plan = replace(SHORT, recipients=120, letters=0, kills=6, leavings=0, preset="unknowable", most_unknown=0)
    run = play(plan, tmp_path)

    copies = Counter(event.recipient for event in run.evidence.events if event.kind == "taken")
    assert judge(run.evidence) == {}
    assert set(copies.values()) == {1}
    assert any(delivery.state == "held" for delivery in run.evidence.deliveries)

    settled = settle_held(run.evidence, tmp_path)
    copies = Counter(event.recipient for event in settled.events if event.kind == "taken")
    states = Counter(delivery.state for delivery in settled.deliveries)
    assert judge(settled) == {}
    assert set(copies.values()) == {1} and len(copies) == states["sent"]
    assert states.keys() == {"sent"}


def settle_held(evidence: Evidence, folder: Path) -> Evidence:
    """What staff do who can read the relay's log: those whose copy it took are received, the others are sent again."""
    taken = {event.recipient for event in evidence.events if event.kind == "taken"}
    held = [delivery for delivery in evidence.deliveries if delivery.state == "held"]
    with closing(open_store(folder / "var")) as store, store.writing() as connection:
        for delivery in held:
            decision = Decision.RECEIVED if delivery.recipient in taken else Decision.AGAIN
            decide(connection, [delivery.id], decision, datetime.now(UTC))
    with Relay(folder / "later.log", "clean", 1) as relay:
        orders = killable_sender.Orders(str(folder / "var"), relay.port)
        assert asyncio.run(killable_sender.send(orders, lambda _word: None)) == Status.FINISHED
        events = [*evidence.events, *relay.events()]
    return read_evidence(folder / "var" / "digest.db", events, senders=evidence.senders, downs=evidence.downs)


def test_a_clock_that_is_set_again_and_again_loses_and_doubles_nobody(tmp_path: Path) -> None:
    run = play(replace(CALM, preset="grey", jumps=8), tmp_path)

    assert judge(run.evidence) == {}
    assert run.blows["jumps"] == 8


def test_a_cancel_a_pause_or_a_leaving_holds_before_the_next_body_of_every_sender(tmp_path: Path) -> None:
    plan = replace(CALM, recipients=200, connections=2, kills=0, leavings=60, pauses=3, cancels=1, preset="slow")
    run = play(plan, tmp_path)

    assert judge(run.evidence) == {}
    assert run.evidence.edition_state == "cancelled"
    assert run.blows["cancels"] == 1 and run.blows["leavings"] > 0


@pytest.mark.parametrize("name", SCENES)
def test_whatever_befalls_the_machine_every_promise_is_kept(name: str, tmp_path: Path) -> None:
    """Nor is anything in doubt where all could be known; and a sender that stands still keeps its place and its letters."""
    with Scene(tmp_path, 100) as scene:
        run = SCENES[name][0](scene, 2)

    assert judge_scene(scene, run) == {}


@pytest.mark.parametrize("name", [name for name in VARIANTS if name])
def test_a_sender_that_breaks_a_rule_is_noticed(name: str, tmp_path: Path) -> None:
    """How soon it is noticed depends on when the machine does what: a longer run follows where it was not."""
    variant, broken = VARIANTS[name], Counter[str]()
    for seconds in (4, 8, 16):
        folder = tmp_path / f"{seconds}"
        folder.mkdir()
        broken += judge(play(replace(MUTANT, variant=name, preset=variant.preset, most_seconds=seconds), folder).evidence)
        if broken.keys() & set(variant.breaks):
            return

    pytest.fail(f"it was not noticed: {broken}")


def cut_power(*options: str) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-W", "error", "-m", "bench.chaos.power", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1]) if done.returncode < 2 else {}


def test_what_the_ledger_said_survives_a_cut_of_the_power(leave_out) -> None:  # type: ignore[no-untyped-def]
    status, found = cut_power("--cuts", "25")
    if status == 2:
        leave_out("Python's SQLite is built in here and cannot be given another disk")

    assert (status, found["cuts"], found["broken"]) == (0, 25, {})


def test_a_disk_that_need_not_synchronise_loses_marks_and_the_judge_sees_it(leave_out) -> None:  # type: ignore[no-untyped-def]
    status, found = cut_power("--cuts", "8", "--synchronous", "NORMAL")
    if status == 2:
        leave_out("Python's SQLite is built in here and cannot be given another disk")

    assert status == 1
    assert "a second copy without a mark before it" in found["broken"]  # type: ignore[operator]


# What the judge sees, on histories of one reader: each begins with a good one and spoils it.

GOOD_STEPS = (
    Step(1, 1.0, "delivery", 7, "queued", "picked", 1, 0),
    Step(2, 2.0, "delivery", 7, "picked", "inflight", 1, 0),
    Step(3, 4.0, "delivery", 7, "inflight", "sent", 1, 0),
)
DOUBT = (
    *GOOD_STEPS[:2],
    Step(3, 4.0, "delivery", 7, "inflight", "queued", 1, 1),
    Step(4, 5.0, "delivery", 7, "queued", "picked", 2, 1),
    Step(5, 6.0, "delivery", 7, "picked", "inflight", 2, 1),
    Step(6, 9.0, "delivery", 7, "inflight", "sent", 2, 1),
)
BODY, COPY = Event(3.0, "begun", 1, "r@x"), Event(3.5, "taken", 1, "r@x", ("<7@x>", "aa"))
SECOND = (Event(7.0, "begun", 2, "r@x"), Event(8.0, "taken", 2, "r@x", ("<7@x>", "aa")))
LOST = Event(3.6, "lost", 1, "r@x")
DEAD = Running("sender-1", 10, 0.0, place=1, placed_at=0.5, killed_at=3.7, ended_at=3.8, status=-9)
REFUSED = Event(3.6, "refused", 1, "r@x", ("body", "554"))


def evidence(  # type: ignore[no-untyped-def]
    state: str = "sent",
    unknown: int = 0,
    steps=GOOD_STEPS,
    events=(BODY, COPY),
    *,
    letter=("<7@x>", "aa"),
    reader=70,
    **more,
) -> Evidence:
    rows = [Delivery(7, reader, "r@x", state, unknown, letter)]
    return Evidence(rows, steps, events, **({"senders": (), "edition_state": "finished", "audience_count": 1} | more))


def single(state: str, unknown: int, steps, events, **more) -> Evidence:  # type: ignore[no-untyped-def]
    """The history of a single letter."""
    return evidence(state, unknown, steps, events, **({"reader": None, "audience_count": 0} | more))


def twice(history: Evidence) -> Evidence:
    return replace(history, deliveries=[*history.deliveries, replace(history.deliveries[0], id=8)])


@pytest.mark.parametrize(
    "good",
    [
        evidence(),
        evidence("failed", events=(BODY, REFUSED)),
        evidence("sent", 1, DOUBT, (BODY, COPY, LOST, *SECOND)),
        evidence("sent", 1, DOUBT, (BODY, COPY, *SECOND), senders=(DEAD,)),
        evidence("held", 1, DOUBT[:3], (BODY, LOST)),
        single("failed", 1, (*DOUBT[:2], DOUBT[2]._replace(became="failed")), (BODY, COPY, LOST)),
        evidence("suppressed", 0, (Step(1, 0.5, "reader", 70, "active", "left"),), ()),
        evidence("sent", steps=(*GOOD_STEPS, Step(4, 5.0, "reader", 70, "active", "left"))),
    ],
)
def test_the_judge_has_nothing_to_say_of_a_good_history(good: Evidence) -> None:
    assert judge(good) == {}


@pytest.mark.parametrize(
    ("broken", "bad"),
    [
        ("somebody was missed: sent, and never taken", evidence(events=(BODY,))),
        ("a delivery was left inflight", evidence("inflight")),
        ("failed without a refusal", evidence("failed", events=())),
        ("held without a doubt", evidence("held")),
        ("suppressed without having left", evidence("suppressed", events=())),
        ("cancelled without a cancel", evidence("cancelled", events=())),
        ("a copy was taken, and the ledger says failed", evidence("failed", events=(BODY, COPY, REFUSED))),
        ("the edition ended sending", evidence(edition_state="sending")),
        ("the counts do not add up to the audience", evidence(audience_count=2)),
        ("a letter went to somebody who is no reader", evidence(events=(BODY, COPY, Event(3.0, "begun", 1, "s@x")))),
        ("a body began without an intent", evidence(steps=GOOD_STEPS[:1])),
        ("a body began without an intent", evidence("sent", 1, DOUBT, (BODY, COPY, LOST, BODY, *SECOND))),
        ("a body began without an intent", evidence("sent", 1, DOUBT, (BODY, COPY, LOST, *SECOND, *SECOND))),
        ("more copies than the cap", evidence("sent", 1, DOUBT, (BODY, COPY, LOST, *SECOND, *SECOND))),
        ("a letter was not the one that was approved", evidence(letter=("<7@x>", "bb"))),
        ("two readers got letters of one Message-ID", evidence(events=(BODY, COPY, COPY._replace(recipient="s@x")))),
        ("a reader has two deliveries of one edition", twice(evidence())),
        ("more copies than the cap", evidence("sent", 1, DOUBT, (BODY, COPY, LOST, *SECOND), most_copies=1)),
        ("more copies than the cap", single("sent", 1, DOUBT, (BODY, COPY, LOST, *SECOND))),
        ("a copy was taken, and the ledger says failed", single("failed", 0, GOOD_STEPS, (BODY, COPY))),
        ("held without a doubt", single("held", 1, DOUBT[:3], (BODY, LOST))),
        ("a second copy without a mark before it", evidence(events=(BODY, COPY, *SECOND))),
        (
            "a second copy was not the same bytes",
            evidence("sent", 1, DOUBT, (BODY, COPY, LOST, SECOND[0], SECOND[1]._replace(detail=("<7@x>", "bb")))),
        ),
        ("a doubt that could be known", evidence("sent", 1, DOUBT, (BODY, COPY, *SECOND))),
        (
            "a doubt that could be known",
            evidence("sent", 1, DOUBT, (BODY, COPY, *SECOND), senders=(replace(DEAD, place=2),)),
        ),
        ("a doubt that could be known", evidence("held", 1, DOUBT[:3], (BODY, REFUSED))),
        ("marks that nobody saw being made", evidence("held", 1, GOOD_STEPS[:2], (BODY, LOST))),
        (
            "a body let go for a reader who had left",
            evidence(steps=(GOOD_STEPS[0], Step(1, 1.5, "reader", 70, "active", "left"), *GOOD_STEPS[1:])),
        ),
        (
            "a body let go while the edition stood still",
            evidence(steps=(GOOD_STEPS[0], Step(1, 1.5, "edition", "e", "sending", "paused"), *GOOD_STEPS[1:])),
        ),
        ("two senders at one place", evidence(senders=(DEAD, replace(DEAD, name="other", placed_at=2.0)))),
        (
            "more letters in flight than connections",
            evidence(steps=(*GOOD_STEPS[:2], Step(3, 2.5, "delivery", 8, "picked", "inflight", 1, 0)), connections=1),
        ),
    ],
)
def test_the_judge_sees_every_broken_promise(broken: str, bad: Evidence) -> None:
    assert broken in judge(bad)
