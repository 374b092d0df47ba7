"""The list of all mutants, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from bench.selection.editions import World
from bench.selection.readers import Reader
from digest.editions.facts import ItemFacts
from digest.editions.selection import Candidates, Had, Interest, Selection, select

MUTANTS: dict[type[World], frozenset[str]] = {}
"""Every mutant with the broken promises of which one must show."""

Mutant = TypeVar("Mutant", bound=type[World])


def noticed_by(*faults: str) -> Callable[[Mutant], Mutant]:
    """Register a mutant with the broken promises of which one must show."""

    def register(mutant: Mutant) -> Mutant:
        MUTANTS[mutant] = frozenset(faults)
        return mutant

    return register


def select_otherwise(
    world: World, candidates: Candidates, reader: Reader, *, interest: Interest | None = None, had: Had | None = None
) -> Selection:
    """What the reader is carried if they followed or had something else."""
    interest = reader.interest if interest is None else interest
    had = world.had(reader) if had is None else had
    return select(candidates, interest, reader.language, had, world.claimed(reader))


def amended(facts: Mapping[str, ItemFacts], **changes: Any) -> dict[str, ItemFacts]:
    """The facts with the same changes to every item."""
    return {name: replace(item, **changes) for name, item in facts.items()}
