"""Every interleaving of small worlds keeps the promises of delivery, and a ledger without one of its rules breaks them.

The worlds, their steps, the oracle and the mutants are described in `bench/ledger_model/`; `python -m bench.ledger_model`
explores larger worlds. The longest histories and the clock are in test_ledger_histories.py.
"""

from __future__ import annotations

import pytest

from bench.ledger_model.exploring import Explored, explore
from bench.ledger_model.mutants import MUTANTS
from bench.ledger_model.steps import World
from bench.ledger_model.worlds import SMALL

RESTED = {"sent", "failed", "suppressed", "cancelled", "held"}


@pytest.fixture(scope="module")
def explored() -> dict[str, Explored]:
    """All small worlds, explored."""
    return {world.name: explore(world) for world in SMALL}


@pytest.mark.parametrize("world", SMALL, ids=lambda world: world.name)
def test_no_interleaving_breaks_a_promise(explored: dict[str, Explored], world: World, record_property) -> None:
    found = explored[world.name]
    record_property("moments", found.moments)
    record_property("steps", found.steps)

    assert not found.fault, "\n".join([found.fault, "by:", *found.story])
    assert found.most_copies == (1 if world.single or not world.max_unknown else 2 + world.spared.decisions)


def test_the_worlds_are_rich_enough_to_find_anything(explored: dict[str, Explored]) -> None:
    moments = sum(found.moments for found in explored.values())
    steps = sum(found.steps for found in explored.values())
    states = set().union(*(found.states for found in explored.values()))
    print(f"{len(explored)} worlds, {moments:,} moments, {steps:,} steps between them")

    assert states == {"queued", "picked", "inflight", *RESTED}
    assert (moments, steps) > (30_000, 140_000)
    assert all(found.moments > 200 for found in explored.values())


@pytest.mark.parametrize("rule", MUTANTS)
def test_a_ledger_without_one_of_its_rules_breaks_a_promise(rule: str) -> None:
    with MUTANTS[rule]():
        assert any(explore(world).fault for world in SMALL)


def test_a_world_is_always_explored_in_the_same_way(explored: dict[str, Explored]) -> None:
    assert explore(SMALL[0]) == explored[SMALL[0].name]
