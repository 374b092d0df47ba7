"""One random history from a seed, and the shortest that shows the same fault."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.publishing.oracle import Oracle, PromiseError
from bench.publishing.world import World
from digest.errors import DigestError
from digest.items import scanning

WEIGHTS = {
    "write": 14,
    "write_at_moment": 4,
    "write_back": 6,
    "write_ahead": 4,
    "write_embargoed": 8,
    "write_draft": 2,
    "write_urgent": 1,
    "write_translation": 4,
    "edit": 14,
    "finish": 4,
    "note_correction": 5,
    "move_updated": 5,
    "note_withdrawal": 3,
    "rename": 4,
    "copy": 1,
    "delete": 4,
    "restore": 2,
    "break": 4,
    "mend": 4,
    "change_photo": 3,
    "set_entries": 2,
    "set_tombstone": 2,
    "set_forms": 2,
    "move_topic": 1,
    "end_topic": 1,
    "wait": 26,
    "publish": 30,
    "publish_stopped": 3,
    "publish_strictly": 1,
    "compress": 0.2,
    "serve": 14,
    "correct": 7,
    "withdraw": 5,
    "look_elsewhere": 2,
    "tamper": 1,
}
"""How often each step comes, on the average; every history has moods of its own."""

LENGTHS = (20, 40, 60)
MOODS = (0.3, 1, 1, 3)

Step = tuple[str, int]
"""What is done, and the seed of the chance that decides how."""


@dataclass
class Result:
    """How a history went: the promise that it broke, if any, in words, and how often each thing happened."""

    steps: list[Step]
    promise: str = ""
    detail: str = ""
    counts: Counter[str] = field(default_factory=Counter)


def plan_steps(seed: int) -> list[Step]:
    """The steps of the history of a seed; it begins with some items or none, and ends with a publish."""
    chance = Random(seed)
    weights = [weight * chance.choice(MOODS) for weight in WEIGHTS.values()]
    names = chance.choices(tuple(WEIGHTS), weights, k=chance.choice(LENGTHS))
    first = chance.choice((("write", "write_back", "publish"), ("publish",), ("publish", "write_back", "publish")))
    return [(name, chance.randrange(2**32)) for name in (*first, *names, "wait", "publish")]


def play(steps: list[Step]) -> Result:
    """Play a history to its end, or to the first broken promise."""
    scanning._RECENT = 5_000_000  # as if files had been at rest for a while before each command, so that readings are kept
    result = Result(steps)
    memory = Path("/dev/shm")  # a disk would take most of the time
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        world = World(Path(name) / "site", Oracle())
        try:
            for step, seed in steps:
                world.counts[step] += 1
                getattr(world, f"step_{step}")(Random(seed))
        except PromiseError as error:
            result.promise, result.detail = error.promise, f"at {step}: {error}"
        except (AssertionError, DigestError) as error:
            result.promise, result.detail = f"{step} goes as it ought to", f"{type(error).__name__}: {error}"
        result.counts = world.counts
    return result


def shorten(steps: list[Step], promise: str) -> list[Step]:
    """The shortest history found that breaks the same promise: steps are left out for as long as it still does."""
    size = max(len(steps) // 2, 1)
    while True:
        start, found = 0, False
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            if play(fewer).promise == promise:
                steps, found = fewer, True
            else:
                start += size
        if size == 1 and not found:
            return steps
        size = size if found and size == 1 else max(size // 2, 1)
