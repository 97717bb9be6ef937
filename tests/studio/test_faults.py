"""A fault at a request of each command, in each way: nothing lost, nothing doubled, the same end state.

A small run: `python -m benchmarks.sync.faults` spoils every request.
"""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.sync.sweep import FAULTS, Bench, batches, sweep
from curation.studio import connection, delivery

pytestmark = pytest.mark.server


@pytest.fixture
def quick(monkeypatch):
    """Waits are short: the proxy hands everything on before it lets an answer get lost."""
    monkeypatch.setattr(delivery, "_ARRIVING", (0.05, 0.1))
    monkeypatch.setattr(delivery, "_LEFT_OVER", (0.05,))
    monkeypatch.setattr(connection, "_PAUSES", (0.05, 0.4, 0.4))


def test_no_fault_changes_where_a_command_ends(label_studio, mini, mini_schemas, quick):
    bench = Bench(label_studio.credentials, mini, mini_schemas, patience=1.5, stall=2.5)
    dice = Random(5)
    with batches(3):
        outcomes = list(sweep(bench, items=5, indexes=lambda number: [dice.randint(1, number)]))
    assert len(outcomes) == 4 * len(FAULTS)
    assert [one for one in outcomes if one[2].lost or one[2].doubled or one[2].wrong] == []
    assert sum(one.at_once for _, _, one in outcomes) > 0.8 * len(outcomes), "few have to be run a second time"
