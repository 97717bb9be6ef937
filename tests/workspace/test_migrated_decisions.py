"""What adjudicators decided is read in the names of today, and can be taken back to those of yesterday."""

from __future__ import annotations

import json

import pytest

import curation
from curation.records import origins
from curation.rounds import latest
from curation.store import Decided, Store
from tests.workspace.annotated import export, rows

RENAMED = 'task = "news-stance"\n[labels]\nActor.rename = "Party"\n'
THEIRS = "news-stance.adjudication"


@pytest.fixture
def decided(study: curation.Workspace, tmp_path) -> curation.Workspace:
    """One of the two thinks otherwise of the charge, and an adjudicator agrees with that one."""
    other = json.loads(json.dumps(rows()).replace('["neutral"]', '["favor"]'))
    (tmp_path / "changed.json").write_text(export(other, rows(), at="2026-03-02T10:00:00Z"))
    study.pull_file(tmp_path / "changed.json")
    study.validate()
    made = json.loads(export(other))
    made[0]["annotations"][0] |= {"unique_id": "decision-1", "id": 900, "completed_by": 3}
    (tmp_path / "decisions.json").write_text(json.dumps(made))
    study.pull_file(tmp_path / "decisions.json", task=THEIRS)
    study.validate(task=THEIRS)
    with Store(study.path) as store, store.transaction():
        stored = store.annotations.get("decision-1")
        given = latest(one.record for one in store.annotations.all(task="news-stance"))
        decision = Decided("decision-1", stored.revision, "charge-1", origins(given), stored.annotator, None)
        store.gold.decide("news-stance", decision)
    return study


def gold(study: curation.Workspace):
    with Store(study.path) as store:
        return store.gold.get("news-stance", "charge-1")


def labels(study: curation.Workspace) -> set[str]:
    return {one.label for one in gold(study).annotation.mentions}


def test_gold_follows_a_migration_and_comes_back(decided, map_):
    assert dict(decided.adjudicate().gold) == {"adjudicated": 1}
    assert gold(decided).annotation.choices["stance_congestion_charge"] == "favor"
    assert labels(decided) == {"Actor", "Claim"}
    decided.migrate(map_(RENAMED))
    decided.validate()
    assert decided.build("news-stance").outdated == 1
    found = decided.adjudicate()
    assert (dict(found.gold), found.reopened) == ({"adjudicated": 1}, [])
    assert labels(decided) == {"Party", "Claim"}
    built = decided.build("news-stance")
    assert (built.outdated, sum(built.configs["gold"].values())) == (0, 1)
    decided.undo_migration()
    decided.validate()
    decided.adjudicate()
    assert labels(decided) == {"Actor", "Claim"}


def test_a_decision_that_is_not_valid_any_more_decides_nothing(decided):
    decided.adjudicate()
    toml = decided.path / "tasks" / "news-stance" / "task.toml"
    toml.write_text(toml.read_text().replace('"causal", ', ""))
    found = decided.adjudicate()
    assert (dict(found.gold), found.undecided) == ({}, 1)
    assert gold(decided) is None
