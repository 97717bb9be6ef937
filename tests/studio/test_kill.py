"""Killing a push or a pull anywhere and running it again ends where an undisturbed one does.

A small run: `python -m benchmarks.sync.kills` kills a hundred times.
"""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.sync.kills import kill
from benchmarks.sync.sweep import Bench

pytestmark = pytest.mark.server

KILLS = 6


def test_whatever_is_killed_ends_where_it_would_have(label_studio, mini, mini_schemas):
    bench = Bench(label_studio.credentials, mini, mini_schemas, patience=60.0, stall=0.0)
    outcomes = dict(kill(bench, KILLS, items=20, dice=Random(20261123)))
    assert [*outcomes] == ["push", "changes", "suggestions", "pull"]
    assert {name: tally for name, tally in outcomes.items() if not tally.is_clean} == {}
    assert {tally.kills for tally in outcomes.values()} == {KILLS}
