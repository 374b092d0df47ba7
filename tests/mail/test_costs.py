"""The measurement of mail runs, and a copy costs a small part of what it costs to build a letter for each reader."""

from __future__ import annotations

import pytest

from bench.mail import COPY, JOIN, PAIRS, VARIANT, main


def test_what_mail_costs_is_measured_beside_the_usual_way(capsys: pytest.CaptureFixture[str]) -> None:
    rows = main(variants=20, rounds=1, quick=100, slow=2)

    ratios = {(row.ours, row.theirs): row.ratio for row in rows}
    assert tuple(ratios) == PAIRS
    assert all(ratio > 10 for (ours, _), ratio in ratios.items() if ours in (JOIN, COPY))
    assert all(ratio > 1 for (ours, _), ratio in ratios.items() if ours != VARIANT)
    printed = capsys.readouterr().out
    assert printed.startswith("20 variants of 12 items")
    assert printed.count(" times\n") == len(PAIRS)
