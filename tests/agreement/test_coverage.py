"""Intervals hold the figure of many more articles about as often as they say, in a few simulated studies.

`python -m benchmarks.coverage` counts over 1,000 studies, and has spans as well.
"""

from __future__ import annotations

from benchmarks.coverage import Population, coverage

RUNS = 40


def test_intervals_hold_about_as_often_as_they_say():
    population = Population.of(400, hard=0.25)
    runs, found = coverage(population, items=50, runs=RUNS, resamples=200, kinds=("statements", "labels"))
    assert runs == RUNS
    assert {measure for measure, _ in found} >= {"aligned_f1", "statement_f1", "pair_alpha", "krippendorff_alpha"}
    assert all(held.intervals == RUNS for held in found.values())
    # An interval that holds in 95 of 100 does so in fewer than 32 of 40 once in ten thousand times.
    assert min(held.held for held in found.values()) >= 32
    assert 0.9 < sum(held.held for held in found.values()) / (RUNS * len(found)) < 0.98
