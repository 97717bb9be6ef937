"""Articles of a workspace are taken into the report as they are merged; adjudicators are experts, rules are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import curation
from curation.records import origins
from curation.store import Decided
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


def test_what_rules_settle_is_no_expert(stored):
    found = curation.open(stored.folder).reliability()
    assert (found.articles, found.experts) == (6, 0)
    for one in found.reliability:
        if one.question == CHARGE:
            assert (one.others.agreement.share, one.others.agreement.n) == (pytest.approx(4 / 6), 6)
            assert one.gold.agreement.share is None


def test_what_an_adjudicator_decided_is_an_experts(stored):
    given = list(stored.store.annotations.all(task="news-stance"))
    for number in range(4):
        own = [one.record for one in given if one.article_id == article(number).id]
        decided = replace(own[0], id=f"decision-{number}", task="news-stance.adjudication", annotator="annotator-09")
        stored_decision = stored.add(decided)
        decision = Decided(decided.id, stored_decision.revision, decided.article_id, origins(own), "annotator-09", None)
        with stored.store.transaction():
            stored.store.gold.decide("news-stance", decision)
    found = curation.open(stored.folder).reliability()
    assert found.experts == 4
    shares = {one.annotator: one.gold.agreement for one in found.reliability if one.question == CHARGE}
    assert {name: (rate.share, rate.n) for name, rate in shares.items()} == {
        "annotator-01": (1.0, 4), "annotator-02": (0.5, 4),
    }  # fmt: skip


def test_on_the_command_line(stored, run, tmp_path):
    page = tmp_path / "annotators.html"
    done = run("adjudicate", "report", "-w", stored.folder, "--html", page)
    assert (done.exit, done.out) == (0, f"annotators and codebook in {page}\n")
    assert "annotator-02" in page.read_text()
    done = run("adjudicate", "report", "-w", stored.folder)
    assert "there is too little to go by" in done.out
    assert any(line.startswith("choice stance_congestion_charge") for line in done.out.splitlines())
    told = run("adjudicate", "report", "-w", stored.folder, "--json").json
    assert (told["articles"], told["weak"], told["unclear"]) == (6, [], [])
    taken = tmp_path / "mine.html"
    taken.write_text("mine")
    assert run("adjudicate", "report", "-w", stored.folder, "--html", taken).exit == 5
    assert taken.read_text() == "mine"
