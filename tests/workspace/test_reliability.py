"""Articles of a workspace are taken into the report as they are merged; adjudicators are experts, rules are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import curation
from curation.adjudication.report import Report, Reported
from curation.workspace.adjudication import Considered, Merging
from curation.workspace.reliability import told
from tests.export.conftest import Study, annotation, article

CHARGE = ("choice", "stance_congestion_charge")
TURNED = {"favor": "against", "against": "favor", "neutral": "favor", "not_addressed": "favor"}


@pytest.fixture
def stored(tmp_path) -> Iterator[Study]:
    """Six articles by two annotators, of whom the second takes the other side on the charge in the first two."""
    curation.init(tmp_path / "study")
    made = Study(tmp_path / "study")
    made.add_articles([article(number) for number in range(6)])
    for number in range(6):
        one = annotation(article(number), "annotator-01", "both")
        made.add(one)
        side = one.choices["stance_congestion_charge"]
        choices = {**one.choices, "stance_congestion_charge": TURNED[side] if number < 2 else side}
        made.add(replace(one, id=f"{one.id}-other", annotator="annotator-02", choices=choices))
    yield made
    made.store.close()


def reported(stored: Study, decide=lambda one: one) -> Reported:
    workspace = curation.open(stored.folder)
    task = workspace.task(None)
    merging = Merging(workspace, stored.store, task, None, (), {})
    report = Report(merging.rules, task)
    considered = map(decide, merging.consider(keep=False))
    assert len(list(told(considered, report, stored.store))) == 6
    return report.reported()


def test_what_rules_settle_is_no_expert(stored):
    found = reported(stored)
    assert (found.articles, found.experts) == (6, 0)
    for one in found.reliability:
        if one.question == CHARGE:
            assert (one.others.agreement.share, one.others.agreement.n) == (pytest.approx(4 / 6), 6)
            assert one.gold.agreement.share is None


def test_what_an_adjudicator_decided_is_an_experts(stored):
    def decide(one: Considered) -> Considered:
        if one.gold is None:
            return one
        by_them = replace(one.gold.annotation, annotator="adjudicator")
        gold = replace(one.gold, annotation=by_them, method="adjudicated")
        return Considered(one.annotations, one.merged, gold, one.reopened)

    found = reported(stored, decide)
    assert found.experts == 4
    shares = {one.annotator: one.gold.agreement for one in found.reliability if one.question == CHARGE}
    assert {name: (rate.share, rate.n) for name, rate in shares.items()} == {
        "annotator-01": (1.0, 4), "annotator-02": (1.0, 4),
    }  # fmt: skip
