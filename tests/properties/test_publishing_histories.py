"""No random history of a press desk breaks a promise of what is public.

The world, its model and its oracle are described in `bench/publishing/`; `bench/publishing_histories.py` plays more.
"""

from __future__ import annotations

from collections import Counter

from bench.publishing.histories import plan_steps, play

HISTORIES = 26


def test_no_history_breaks_a_promise():
    counts: Counter[str] = Counter()
    broken = {}
    for seed in range(HISTORIES):
        result = play(plan_steps(seed))
        counts += result.counts
        if result.promise:
            broken[seed] = result.detail

    assert not broken, "broken promises, by the seeds of their histories"
    for what in ("released", "refiled", "corrected", "withdrawn", "serve", "publish", "be stopped", "withdraw without file"):
        assert counts[what], f"the histories have become too poor to find anything: {what}"
    assert counts["released"] > 5 * HISTORIES


def test_history_of_a_seed_is_always_the_same():
    short = plan_steps(3)[:12]
    assert short == plan_steps(3)[:12]
    assert play(short).counts == play(short).counts
