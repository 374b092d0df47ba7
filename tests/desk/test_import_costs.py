"""An import of many readers costs about what storing them costs anybody, in memory that does not grow with them."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def bench(root, monkeypatch):
    """The benchmark of imports."""
    monkeypatch.syspath_prepend(str(root))
    sys.modules.pop("bench.importing", None)
    from bench import importing

    return importing


def test_an_import_costs_little_more_than_storing_rows(bench) -> None:
    """At a million readers it is less than one row after the other, and 140 MiB; see bench/README.md."""
    figures = bench.measure(50_000, 1)
    assert figures["digest"].cpu < 6 * figures["plain"].cpu
    assert figures["digest"].peak < 200
