"""No random history of newsroom, readers and staff breaks a promise, and every broken rule is noticed.

The world, its oracle and its mutants are described in `bench/selection/`; `bench/selection_histories.py` plays more.
"""

from __future__ import annotations

import pytest

from bench.selection.histories import count_faults, play
from bench.selection.mutants import MUTANTS

HISTORIES = 2_000


def test_no_history_breaks_a_promise():
    faults, seeds, carried = count_faults(0, HISTORIES)

    assert not faults, f"broken promises: {dict(faults)}; a seed for each: {seeds}"
    assert carried > 5 * HISTORIES, "the histories have become too poor to find anything"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_broken_rule_is_noticed(mutant):
    """Within as many histories as are played to find nothing, one shows the fault that the mutant brings back."""
    assert any(MUTANTS[mutant] & play(seed, mutant).faults.keys() for seed in range(HISTORIES))


def test_history_of_a_seed_is_always_the_same():
    assert play(7).log == play(7).log
