"""The truth behind merged statements, in a simulated study: found as well as crowd-kit finds it in the same votes.

`golden/statements.json` holds what crowd-kit said; `python -m benchmarks.statements --golden` asks it again.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.statements import FIVE, GOLDEN_ARTICLES, GOLDEN_SEED, QUESTIONS, answered, shares, simulated

GOLDEN = Path(__file__).parent / "golden" / "statements.json"


@pytest.fixture(scope="module")
def articles():
    return list(simulated(GOLDEN_SEED, GOLDEN_ARTICLES, FIVE))


@pytest.mark.parametrize("method", ["majority", "dawid-skene"])
def test_the_truth_is_found_as_well_as_by_crowd_kit(articles, method):
    labels = json.loads(GOLDEN.read_text(encoding="utf-8"))["labels"][method]
    asked = answered(articles, method)
    assert set(asked) == set(labels) == set(QUESTIONS.values())
    for question, rows in asked.items():
        decided = [
            (one.decided, label) for one, label in zip(rows, labels[question], strict=True) if one.decided is not None
        ]
        ours, theirs = shares(rows, labels[question])
        if method == "majority":
            assert all(mine == label for mine, label in decided)
        else:
            assert len(decided) == len(rows)
            assert sum(mine == label for mine, label in decided) / len(rows) > 0.97
        assert ours >= theirs - 0.01
        assert ours > 0.8
