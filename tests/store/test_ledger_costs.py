"""What the ledger costs, measured small: the long form is `python -m bench.ledger`."""

from __future__ import annotations

from pathlib import Path

from bench.ledger import CORE, NAIVE, OURS, PLAIN, measure_cost, measure_start


def test_a_letter_costs_a_fraction_of_a_transaction_for_each_change(tmp_path: Path) -> None:
    """A third of it at most, where a tenth is measured, and no multiple of what the bare changes cost."""
    costs = measure_cost(600, 20, 1, tmp_path)

    assert set(costs) == {OURS, CORE, PLAIN, NAIVE}
    assert costs[OURS].cpu < costs[NAIVE].cpu / 3
    assert costs[CORE].cpu < costs[PLAIN].cpu * 5


def test_a_sender_behind_a_killed_one_begins_at_once_and_its_memory_stays_flat(tmp_path: Path) -> None:
    start = measure_start(5000, 800, tmp_path)

    assert start.ledger_seconds < start.seconds < 20
    assert start.later - start.memory < 16
