"""What task.toml declares is what decides: rules by field, label and relation, with defaults where nothing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

import curation
from curation.adjudication import Ballot, Panel, Rules
from curation.adjudication.ballots import Method
from curation.adjudication.boundaries import Boundaries
from curation.adjudication.rules import METHODS
from curation.catalog import load_task
from curation.errors import CurationError


@pytest.fixture
def declare(workspace):
    """Put lines below a header of the task's task.toml, and read it."""
    file = workspace.path / "tasks" / "news-stance" / "task.toml"

    def put(**lines):
        text = file.read_text(encoding="utf-8")
        for header, line in lines.items():
            wanted = f"[{header.replace('__', '.')}]\n"
            assert wanted in text
            if "boundaries" in line:
                before, _, after = text.partition(wanted)
                text = before + wanted + after.replace('boundaries = "strict-majority"\n', "", 1)
            text = text.replace(wanted, f"{wanted}{line}\n")
        file.write_text(text, encoding="utf-8")
        return load_task(workspace.root, "news-stance")

    return put


def test_defaults(task):
    rules = Rules.of(task)
    assert {rule.method for rule in rules.rules.values()} == {"majority"}
    assert rules.left_out == {("choice", "note")}
    assert rules.boundaries == {"Actor": "strict-majority", "Claim": "strict-majority"}
    plain = {name: replace(label, boundaries=None) for name, label in task.labels.items()}
    assert Rules.of(replace(task, labels=plain)).boundaries == {"Actor": "majority", "Claim": "majority"}
    assert rules.group("opposes") == ("relation", "supports", "opposes", "neutral", "unclear")
    assert rules.group("speaks_for") == ("relation", "same_as", "speaks_for")
    assert rules.continuations == {"continues"}
    assert rules.stances == {"supports", "opposes", "neutral", "unclear"}
    assert rules.rule(("attribute", "Claim", "topics")).multiple
    assert rules.rule(("choice", "stance_rent_cap")).values == ("favor", "against", "neutral", "not_addressed")
    assert rules.modelled == ()


def test_declared_rules(declare):
    task = declare(
        labels__Claim='adjudication = "union"\nboundaries = "intersection"',
        labels__Claim__attributes__kind='adjudication = "dawid-skene"',
        labels__Actor__attributes__wikidata='adjudication = "none"',
        relations__opposes='adjudication = "unanimous"',
        choices__note='adjudication = "expert"',
        choices__stance_rent_cap='adjudication = "mace"\nagreement = "ordinal"',
    )
    rules = Rules.of(task)
    assert rules.rule(("mention", "Claim")).method == "union"
    assert rules.boundaries["Claim"] == "intersection"
    assert rules.modelled == (("attribute", "Claim", "kind"), ("choice", "stance_rent_cap"))
    assert rules.left_out == {("attribute", "Actor", "wikidata")}
    # Another rule is another question: who opposes is no longer weighed against who supports.
    assert rules.group("opposes") == ("relation", "opposes")
    assert rules.rule(("relation", "opposes")).method == "unanimous"
    assert rules.rule(("choice", "note")).method == "expert"
    assert task.choices["stance_rent_cap"].agreement == "ordinal"
    assert {rule.method for rule in rules.provisional().rules.values()}.isdisjoint({"dawid-skene", "mace"})


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("choices__note", 'adjudication = "coin"'),
        ("labels__Claim", 'boundaries = "longest"'),
        ("relations__opposes", 'adjudication = "none"'),
        ("choices__note", 'agreement = "kappa"'),
    ],
)
def test_a_rule_that_there_is_not_is_refused_with_those_that_there_are(declare, header, line):
    with pytest.raises(CurationError) as caught:
        declare(**{header: line})
    assert caught.value.code == "E_DEFINITION"
    assert "is none of" in caught.value.message


def test_the_schema_knows_the_rules_that_the_code_has(schemas):
    document = schemas.document("task")
    label = document["properties"]["labels"]["additionalProperties"]["properties"]
    relation = document["properties"]["relations"]["additionalProperties"]["properties"]
    field = document["$defs"]["field"]["properties"]
    assert set(label["adjudication"]["enum"]) == set(relation["adjudication"]["enum"]) == set(METHODS)
    assert set(label["boundaries"]["enum"]) == set(get_args(Boundaries))
    assert set(field["adjudication"]["enum"]) == {*METHODS, "none"} - {"union", "intersection"}
    assert set(get_args(Method)) < set(METHODS)


def test_numbers_are_asked_for_where_agreement_counts_distances(workspace, declare):
    declare(choices__stance_rent_cap='agreement = "interval"')
    (problem,) = curation.open(workspace.path).check_task("news-stance").problems
    assert "stance_rent_cap is measured at level interval" in problem.message
    assert problem.fix


def test_a_model_of_several_values_has_one_fit_for_each(declare):
    task = declare(labels__Claim__attributes__topics='adjudication = "mace"')
    rule = Rules.of(task).rule(("attribute", "Claim", "topics"))
    said = {
        f"i{n}": [Ballot("a", ("transport", "economy")), Ballot("b", "transport"), Ballot("c", None)] for n in range(9)
    }
    fitted = rule.fitted(said)
    assert set(fitted.fits) == {"transport", "economy"}
    assert fitted.decide(said["i0"], Panel()).value == ("transport",)
