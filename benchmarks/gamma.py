"""Gamma beside pygamma-agreement: one article, three annotators, the same dissimilarity and kind of samples.

    python -m benchmarks.gamma

Goals: the same observed disorder to 1e-9, an expected disorder that differs by no more than sampling does, and at 200
units a tenth of its CPU time at most. Each has one run to warm up; then they take turns in one process.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from itertools import combinations
from typing import Any

import numpy as np

from curation.agreement.spans import Dissimilarity, Unit
from curation.agreement.spans.continua import Continua
from curation.agreement.spans.gamma import disorder, expected_disorders

GOAL = 10.0
SAMPLES = 30
UNLIKE = Dissimilarity()

Marked = dict[str, list[Unit]]


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed, 2 if there is nothing to compare with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, nargs="+", default=[10, 50, 200], help="units of an annotator, before misses")
    parser.add_argument("--runs", type=int, default=1, help="runs of each size (default: 1)")
    options = parser.parse_args()
    try:
        import pygamma_agreement  # noqa: F401
    except ImportError:
        print("pygamma-agreement is not installed: uv pip install pygamma-agreement (570 MB, into another environment)")
        return 0
    logging.disable(logging.WARNING)
    theirs(made(5, 0))
    met = [measured(n, options.runs) for n in options.n]
    return 0 if all(met) else 1


def measured(n: int, runs: int) -> bool:
    """Compare at one size; whether the goals that hold for it are met."""
    ratios, same = [], True
    for run in range(runs):
        marked = made(n, run)
        own, pygamma = timed(ours, marked), timed(theirs, marked)
        ratios.append(pygamma[0] / own[0])
        (observed, expected), (other_observed, other_expected) = own[1], pygamma[1]
        noise = 5 * np.hypot(expected.std(), other_expected.std()) / SAMPLES**0.5
        apart = abs(expected.mean() - other_expected.mean())
        same = same and abs(observed - other_observed) < 1e-9 and apart < noise
        print(
            f"{n} units: CPU {own[0]:.3f} s, pygamma {pygamma[0]:.2f} s, {ratios[-1]:.1f} times; observed disorder"
            f" {observed:.6f}, {observed - other_observed:+.0e}; gamma {1 - observed / expected.mean():.3f},"
            f" {1 - other_observed / other_expected.mean():.3f}"
        )
    fast = n < 200 or float(np.median(ratios)) >= GOAL
    print(
        f"  equal: {'yes' if same else 'NO'}" + (f"; {GOAL:.0f} times: {'yes' if fast else 'NO'}" if n >= 200 else "")
    )
    return same and fast


def made(n: int, seed: int) -> Marked:
    """Units of three annotators, who each miss a tenth, and move or rename some."""
    drawn = random.Random(seed)
    gold = [
        (start := drawn.randrange(n * 60), start + drawn.randrange(5, 60), drawn.choice(["Actor", "Claim"]))
        for _ in range(n)
    ]
    marked: Marked = {}
    for who in "ABC":
        units = {
            Unit.at(start + drawn.choice([0, 0, 0, 3]), end, label if drawn.random() < 0.9 else "Claim")
            for start, end, label in gold
            if drawn.random() < 0.9
        }
        marked[who] = sorted(units)
    return marked


def ours(marked: Marked) -> tuple[float, Any]:
    """Observed disorder, and those of the samples."""
    units = Continua.of(marked)
    drawn = expected_disorders(units, UNLIKE, np.random.default_rng(1), samples=SAMPLES)
    return float(disorder(units, UNLIKE)[0]), drawn


def theirs(marked: Marked) -> tuple[float, Any]:
    """The same of the library. It counts in single precision: the disorder of its alignment is summed up anew."""
    from pyannote.core import Segment
    from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum

    continuum = Continuum()
    for who, units in marked.items():
        for unit in units:
            continuum.add(who, Segment(unit.start, unit.end), unit.label)
    np.random.seed(1)
    found = continuum.compute_gamma(CombinedCategoricalDissimilarity(alpha=1, beta=1), n_samples=SAMPLES)
    rows = [[unit for _, unit in row.n_tuple] for row in found.best_alignment.unitary_alignments]
    total = sum(unlikeness(one, other) for row in rows for one, other in combinations(row, 2)) / 3
    drawn = np.array([alignment.disorder for alignment in found.chance_alignments])
    return total / (sum(map(len, marked.values())) / 3), drawn


def unlikeness(one: Any, other: Any) -> float:
    """The combined dissimilarity of two of the library's units, or of one and none."""
    if one is None or other is None:
        return 1.0
    mine, yours = one.segment, other.segment
    apart = abs(mine.start - yours.start) + abs(mine.end - yours.end)
    return float((apart / (mine.duration + yours.duration)) ** 2 + (one.annotation != other.annotation))


def timed(measure: Any, marked: Marked) -> tuple[float, tuple[float, Any]]:
    """CPU seconds, and what was measured."""
    start = time.process_time()
    found = measure(marked)
    return time.process_time() - start, found


if __name__ == "__main__":
    sys.exit(main())
