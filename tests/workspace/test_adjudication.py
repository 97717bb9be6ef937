"""Deciding over a workspace: what is settled, what stays open, in Python and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner

import curation
from curation.adjudication.rules import MODELS
from curation.cli import cli
from curation.errors import CurationError, Exit
from curation.records import origins
from curation.store import Decided
from curation.workspace import base
from tests.export.conftest import Study, annotation, article

CHARGE = ("choice", "stance_congestion_charge")


@pytest.fixture
def stored(tmp_path) -> Iterator[Study]:
    """Six articles by two annotators who say the same; in the first, one takes the other side on the charge."""
    curation.init(tmp_path / "study")
    made = Study(tmp_path / "study")
    made.add_articles([article(number) for number in range(6)])
    for number in range(6):
        one = annotation(article(number), "annotator-01", "both")
        made.add(one)
        other = replace(one, id=f"{one.id}-other", annotator="annotator-02")
        if number == 0:
            turned = {"favor": "against", "against": "favor"}[one.choices["stance_congestion_charge"]]
            other = replace(other, choices={**one.choices, "stance_congestion_charge": turned})
        made.add(other)
    yield made
    made.store.close()


def decided(stored: Study, **options):
    with curation.open(stored.folder).adjudicated(**options) as (merged, found):
        return list(merged), found


def test_what_all_say_comes_back_and_what_they_do_not_stays_open(stored):
    merged, found = decided(stored)
    assert (found.articles, found.whole, found.open) == (6, 5, 1)
    assert found.kinds[CHARGE].settled == 5
    assert [ruling.key for ruling in merged[0].conflicts] == [CHARGE]
    said = {share.value: share.annotators for share in merged[0].conflicts[0].decision.shares}
    assert sorted(said.values()) == [("annotator-01",), ("annotator-02",)]
    for one in merged:
        own = annotation(article(int(one.article_id[-3:])), "annotator-01", "both")
        assert {(m.label, m.start, m.end) for m in one.mentions} == {(m.label, m.start, m.end) for m in own.mentions}
        assert len(one.relations) == len(own.relations)
        assert {source.annotator for source in one.annotations} == {"annotator-01", "annotator-02"}


def test_an_expert_or_a_weight_decides_where_the_rule_asks_for_it(stored):
    file = stored.folder / "tasks" / "news-stance" / "task.toml"
    text = file.read_text()
    own = annotation(article(0), "annotator-01", "both").choices["stance_congestion_charge"]
    start = text.index("[choices.stance_congestion_charge]")
    for rule, options in (("expert", {"experts": ["annotator-01"]}), ("weighted", {"weights": {"annotator-01": 3}})):
        line = f'[choices.stance_congestion_charge]\nadjudication = "{rule}"'
        file.write_text(text[:start] + text[start:].replace("[choices.stance_congestion_charge]", line, 1))
        merged, found = decided(stored, **options)
        assert found.open == 0
        assert found.kinds[CHARGE].rule == rule
        assert merged[0].choices["stance_congestion_charge"] == own


def test_models_tell_how_far_they_trust_whom(stored):
    file = stored.folder / "tasks" / "news-stance" / "task.toml"
    line = '[choices.stance_congestion_charge]\nadjudication = "dawid-skene"'
    file.write_text(file.read_text().replace("[choices.stance_congestion_charge]", line, 1))
    _, found = decided(stored)
    assert found.reliability[CHARGE].keys() == {"annotator-01", "annotator-02"}
    assert all(0 < value <= 1 for value in found.reliability[CHARGE].values())


def test_on_the_command_line(stored, tmp_path):
    run = CliRunner().invoke
    told = run(cli, ["adjudicate", "-w", str(stored.folder)])
    assert told.exit_code == Exit.OK
    assert "6 articles of 2 annotators: 5 settled by the rules, 1 with 1 open question" in told.output
    assert "against (annotator-0" in told.output
    out = tmp_path / "gold.jsonl"
    for _ in range(2):
        shown = json.loads(run(cli, ["adjudicate", "-w", str(stored.folder), "--out", str(out), "--json"]).output)
        assert (shown["articles"], shown["open"], shown["out"]) == (6, 1, str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one["conflicts"] for one in lines] == [1, 0, 0, 0, 0, 0]
    [conflict] = [ruling for ruling in lines[0]["rulings"] if ruling["open"]]
    assert (conflict["key"], conflict["why"]) == (list(CHARGE), "tie")
    assert all(source["revision"] for ruling in lines[0]["rulings"] for source in ruling["sources"])


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--expert", "annotator-09"], "E_NOT_FOUND"),
        (["--weight", "annotator-01"], "E_USAGE"),
        (["--weight", "annotator-01=-1"], "E_USAGE"),
        (["--out", "there.txt"], "E_EXISTS"),
        (["--out", "no/gold.jsonl"], "E_DISK"),
    ],
)
def test_bad_options_end_in_one_line(stored, tmp_path, monkeypatch, options, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.txt").write_text("mine")
    ran = CliRunner().invoke(cli, ["adjudicate", "-w", str(stored.folder), *options])
    assert isinstance(ran.exception, CurationError)
    assert ran.exception.code == code
    assert (tmp_path / "there.txt").read_text() == "mine"


def test_an_article_whose_text_has_changed_is_to_be_validated_first(stored):
    stored.add(replace(annotation(article(2), "annotator-03"), article_sha256="0" * 64))
    with pytest.raises(CurationError) as caught:
        decided(stored)
    assert (caught.value.code, caught.value.fix) == ("E_EXPORT_STALE", "curation validate")


def set_panel(stored: Study, text: str) -> None:
    toml = stored.folder / "curation.toml"
    toml.write_text(f"{toml.read_text()}\n[adjudication]\n{text}\n")


def test_whom_rules_follow_for_good_stands_in_the_settings(stored):
    file = stored.folder / "tasks" / "news-stance" / "task.toml"
    line = '[choices.stance_congestion_charge]\nadjudication = "weighted"'
    file.write_text(file.read_text().replace("[choices.stance_congestion_charge]", line, 1))
    workspace = curation.open(stored.folder)
    assert dict(workspace.adjudicate().gold) == {"unanimous": 5}
    set_panel(stored, "weights = { annotator-02 = 3 }")
    workspace = curation.open(stored.folder)
    assert workspace.status().outdated == 5
    assert workspace.build("news-stance").outdated == 5
    found = workspace.adjudicate()
    assert (dict(found.gold), workspace.status().outdated) == ({"rules": 1, "unanimous": 5}, 0)
    assert workspace.build("news-stance").outdated == 0
    # What the command line asks for is looked at, and not kept.
    ran = CliRunner().invoke(cli, ["adjudicate", "-w", str(stored.folder), "--weight", "annotator-01=9"])
    assert "nothing was kept" in ran.output
    assert workspace.status().outdated == 0


def test_a_model_makes_all_gold_anew_when_anybody_says_more(stored):
    file = stored.folder / "tasks" / "news-stance" / "task.toml"
    line = '[choices.stance_congestion_charge]\nadjudication = "dawid-skene"'
    file.write_text(file.read_text().replace("[choices.stance_congestion_charge]", line, 1))
    workspace = curation.open(stored.folder)
    kept = workspace.adjudicate().gold.total()
    assert kept >= 5
    stored.add(replace(annotation(article(5), "annotator-01", "both"), id="third", annotator="annotator-03"))
    assert workspace.status().outdated == kept


def test_the_rules_that_go_by_all_annotations_are_the_models():
    assert MODELS.keys() == base._MODELS


def test_nothing_is_published_that_the_rules_do_not_settle(stored):
    file = stored.folder / "tasks" / "news-stance" / "task.toml"
    line = '[choices.stance_congestion_charge]\nadjudication = "expert"'
    file.write_text(file.read_text().replace("[choices.stance_congestion_charge]", line, 1))
    workspace = curation.open(stored.folder)
    assert sum(workspace.build("news-stance").configs["gold"].values()) == 5
    assert workspace.adjudicate().undecided == 6
    built = workspace.build("news-stance")
    assert ("gold" in built.configs, built.undecided) == (False, 6)


def test_what_adjudicators_decide_is_not_adjudicated(stored):
    with pytest.raises(CurationError) as caught:
        decided(stored, task="news-stance.adjudication")
    assert (caught.value.code, caught.value.fix) == ("E_USAGE", "--task news-stance")


def test_a_decision_of_which_nobody_says_anything_valid_any_more_is_named(stored):
    own = [one.record for one in stored.store.annotations.all(task="news-stance") if one.article_id == "article-000"]
    made = replace(own[0], id="decision", task="news-stance.adjudication", annotator="annotator-09")
    made = stored.add(made)
    with stored.store.transaction():
        decision = Decided(made.id, made.revision, "article-000", origins(own), "annotator-09", "2026-03-09T10:00:00Z")
        stored.store.gold.decide("news-stance", decision)
    assert decided(stored)[1].gold["adjudicated"] == 1
    with stored.store.transaction():
        for one in own:
            stored.store.annotations.judge(one.id, "quarantined", (), validated_with="1")
    _, found = decided(stored)
    assert found.gold["adjudicated"] == 0
    [reopened] = found.reopened
    assert (reopened.article_id, reopened.decided_by, reopened.is_settled) == ("article-000", "annotator-09", False)
    assert len(reopened.changes) == 2
    assert all("is gone, or not valid" in change for change in reopened.changes)
