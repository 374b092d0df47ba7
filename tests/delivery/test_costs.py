"""The bench of sending, in a short form: every sender in it brings all its letters to the relay. No time is asserted."""

from __future__ import annotations

from bench.smtp import LIMIT, OURS, measure_cpu, measure_distance


def test_each_sender_brings_its_letters_and_has_its_figures() -> None:
    figures = measure_cpu(60, 4, 1, quick=True)
    assert {LIMIT, *OURS} < figures.keys()
    assert all(figure.cpu > 0 and figure.rate > 0 for figure in figures.values())


def test_over_a_long_line_a_letter_costs_fewer_trips_with_pipelining() -> None:
    """Sixty letters, one after the other: with 10 ms each way a trip saved is worth a lot more than noise."""
    figures = measure_distance(60, 1, 10.0)
    assert figures["digest, pipelining"].rate > figures["digest, no pipelining"].rate
