"""Worlds in which one clause of the rule is broken: what the oracle must notice, or the clause is not tested.

Each mutant overrides one small method of the world, so that it asks the product a wrong question or leaves out a
step; its docstring says which fault that brings back. `MUTANTS` has them all, each with the broken promises of which
one must show.
"""

from __future__ import annotations

from bench.selection.mutants import choices, following, memory, stops
from bench.selection.mutants.registry import MUTANTS

__all__ = ["MUTANTS", "choices", "following", "memory", "stops"]
