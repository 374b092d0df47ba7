"""One random history from a seed, and the count of broken promises in it."""

from __future__ import annotations

import random
from collections import Counter

from bench.selection import oracle
from bench.selection.editions import World
from bench.selection.readers import RHYTHMS

WEIGHTS = {
    "write": 12,
    "publish": 14,
    "correct": 5,
    "refile": 5,
    "withdraw": 2,
    "day": 4,
    "sign_up": 2,
    "import": 1,
    "leave": 2,
    "undo": 1,
    "return": 1,
    "pause": 1,
    "rhythm": 2,
    "urgent": 1,
    "language": 1,
    "topics": 4,
    "draft": 20,
    "prepare": 4,
    "exclude": 3,
    "approve": 24,
    "freeze": 24,
    "routine": 10,
    "hold": 2,
    "cancel": 2,
    "send": 30,
    "reply": 26,
    "decide": 3,
    "settle": 4,
    "tidy": 4,
}
"""How often each step comes, on the average; every history has moods of its own."""

LENGTHS = (150, 250, 350)
MOODS = (0.3, 1, 1, 3)


def play(seed: int, kind: type[World] = World) -> World:
    """Play the history of a seed to its end.

    Args:
        seed: any number; the same one gives the same history.
        kind: the world to play in, a mutant perhaps.

    Returns:
        The world at rest; `faults` has the promises it broke.
    """
    world = kind(seed)
    for name in plan_steps(world.random):
        getattr(world, f"step_{name}")()
    finish(world)
    oracle.judge_end(world)
    return world


def plan_steps(chance: random.Random) -> list[str]:
    """The steps of a history, in order; it begins with a reader."""
    weights = [weight * chance.choice(MOODS) for weight in WEIGHTS.values()]
    return ["sign_up", "sign_up", "sign_up", *chance.choices(tuple(WEIGHTS), weights, k=chance.choice(LENGTHS))]


def finish(world: World) -> None:
    """Let everything come to rest, twice with last editions that carry to every reader what is still due."""
    come_to_rest(world)
    for _ in range(2):
        for place, rhythms in RHYTHMS.items():
            for rhythm in rhythms:
                world.freeze(world.draft(place, rhythm))
        come_to_rest(world)


def come_to_rest(world: World) -> None:
    """Drop drafts, send what is on its way, decide all doubts, settle."""
    for edition in world.editions:
        if edition.state in ("draft", "approved"):
            edition.state = "cancelled"
        if edition.state == "paused":
            edition.state = "sending"
    while (inflight := world.deliveries("inflight")) or world.ready():
        if inflight:
            world.reply(inflight[0], luck=0.0)
        else:
            world.step_send()
    for delivery in world.deliveries("held"):
        world.decide(delivery, world.random.choice(("received", "give up")))
    world.step_settle()
    world.step_tidy()
    for reader in world.readers:
        reader.paused = False


def count_faults(first: int, count: int) -> tuple[Counter[str], dict[str, int], int]:
    """Play histories one after the other.

    Returns:
        How many histories have each fault; the first seed of each; the number of items that reached readers.
    """
    faults: Counter[str] = Counter()
    seeds: dict[str, int] = {}
    carried = 0
    for seed in range(first, first + count):
        world = play(seed)
        faults.update(world.faults.keys())
        carried += sum(len(one.selection.new) for reader in world.readers for one in reader.got)
        for fault in world.faults:
            seeds.setdefault(fault, seed)
    return faults, seeds, carried
