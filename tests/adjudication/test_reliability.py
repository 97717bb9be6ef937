"""How reliable annotators are: nobody is compared with themselves, chance is told, and gold is who it is."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest
from sklearn.metrics import cohen_kappa_score

from curation.adjudication import Panel, Rules, fit_rules, merge
from curation.adjudication.report import Report
from curation.records import Annotation, Article, Mention, Relation

TEXT = "Mayor Ida Vance backs the charge; it will clear the air, she said, to cheers. Shops objected at once."
STANCES = ("favor", "against", "neutral", "not_addressed")


def mention(name, label, start, end, **attributes):
    return Mention(name, label, start, end, TEXT[start:end], attributes)


def by(annotator, article, mentions=(), relations=(), **choices):
    return Annotation(
        f"{article}-{annotator}", article, "", "news-stance", "1", annotator,
        mentions=tuple(mentions), relations=tuple(Relation(*one) for one in relations), choices=choices,
    )  # fmt: skip


@pytest.fixture(scope="module")
def rules(task):
    return Rules.of(task)


def reported(rules, task, articles, gold=None, truths=()):
    report = Report(rules, task)
    for one in articles:
        name = one[0].article_id
        report.add(merge(one, rules, truths), Article(name, TEXT, ""), one, (gold or {}).get(name))
    return report.reported()


def of(found, question, annotator):
    (one,) = (one for one in found.reliability if (one.question, one.annotator) == (question, annotator))
    return one


STANCE = ("choice", "stance_rent_cap")


def test_nobody_is_compared_with_themselves(rules, task):
    """Of three, who is alone is off by the others; the others differ without them, so that they are not compared."""
    said = {
        "n1": {"a": "favor", "b": "favor", "c": "against"},
        "n2": {"a": "favor", "b": "favor", "c": "favor"},
        "n3": {"a": "favor", "b": "against", "c": "neutral"},
        "n4": {"a": "neutral"},
    }
    articles = [[by(who, name, stance_rent_cap=value) for who, value in one.items()] for name, one in said.items()]
    found = reported(rules, task, articles)
    assert [of(found, STANCE, name).votes for name in "abc"] == [4, 3, 3]
    assert [of(found, STANCE, name).others.agreement.n for name in "abc"] == [1, 1, 2]
    assert [of(found, STANCE, name).others.agreement.share for name in "abc"] == [1, 1, 0.5]
    assert dict(of(found, STANCE, "c").others.cells) == {("against", "favor"): 1, ("favor", "favor"): 1}
    assert found.annotators == {"a": 4, "b": 3, "c": 3}


def test_kappa_is_that_of_scikit_learn(rules, task):
    """With two annotators the other is who one is compared with: that is Cohen's kappa."""
    random = Random(4)
    said = [(random.choice(STANCES), random.choice((*STANCES, "favor", "favor"))) for _ in range(60)]
    articles = [
        [by("a", f"n{at}", stance_rent_cap=one), by("b", f"n{at}", stance_rent_cap=other)]
        for at, (one, other) in enumerate(said)
    ]
    found = reported(rules, task, articles)
    expected = cohen_kappa_score(*zip(*said, strict=True))
    for name in "ab":
        assert of(found, STANCE, name).others.kappa == pytest.approx(expected, abs=1e-9)


def test_a_field_that_is_almost_constant_is_not_praised(rules, task):
    """Both say the rare value once in ten, never together: .8 is what chance gives, and kappa is below 0."""
    articles = [
        [
            by("a", f"n{at}", stance_rent_cap="against" if at == 0 else "favor"),
            by("b", f"n{at}", stance_rent_cap="against" if at == 1 else "favor"),
        ]
        for at in range(10)
    ]
    one = of(reported(rules, task, articles), STANCE, "a").others
    assert one.agreement.share == 0.8
    assert one.chance == pytest.approx(0.82)
    assert one.kappa < 0
    constant = [[by(name, f"n{at}", stance_rent_cap="favor") for name in "ab"] for at in range(5)]
    one = of(reported(rules, task, constant), STANCE, "a").others
    assert (one.agreement.share, one.kappa, one.no_chance) == (1.0, None, "there is one value alone")


ACTOR = mention("1", "Actor", 0, 15, type="person")
CLAIM = mention("2", "Claim", 34, 55, kind="causal", quotation="direct")
OTHER = mention("3", "Claim", 78, 100, kind="factual", quotation="none")


def test_marks_and_relations_have_a_precision_and_a_recall(rules, task):
    whole = [ACTOR, CLAIM]
    articles = [
        [
            by("a", "n1", whole, [("1", "2", "supports")]),
            by("b", "n1", whole, [("1", "2", "supports")]),
            by("c", "n1", [*whole, OTHER], [("1", "2", "opposes"), ("1", "3", "supports")]),
        ],
        [by("a", "n2", [CLAIM]), by("b", "n2", [CLAIM]), by("c", "n2", [])],
    ]
    found = reported(rules, task, articles)
    claims = of(found, ("mention", "Claim"), "c").others
    assert [one.share for one in (claims.precision, claims.recall, claims.f1)] == [0.5, 0.5, 0.5]
    assert claims.chance is None
    assert claims.no_chance
    drawn = next(one for one in found.reliability if one.question[0] == "relation" and one.annotator == "c")
    # Where it says what the others deny is one question, and what it says another. The other end does not stand.
    assert (drawn.others.f1.share, drawn.others.agreement.n) == (1.0, 1)
    label = next(one for one in found.reliability if one.question[0] == "label" and one.annotator == "c")
    assert dict(label.others.cells) == {("opposes", "supports"): 1}


def test_boundaries_are_those_of_the_others(rules, task):
    longer = mention("1", "Actor", 0, 20, type="person")
    articles = [[by("a", "n1", [ACTOR]), by("b", "n1", [ACTOR]), by("c", "n1", [longer])]]
    for rule, compared in (("majority", 0), ("intersection", 1)):
        found = reported(replace(rules, boundaries={"Actor": rule}), task, articles)
        assert of(found, ("boundaries", "Actor"), "c").others.agreement.share == 0.0
        assert of(found, ("boundaries", "Actor"), "a").others.agreement.n == compared


def test_experts_are_compared_with_and_not_with_themselves(rules, task):
    mine = [ACTOR, mention("2", "Claim", 34, 50, kind="causal", quotation="direct"), OTHER]
    gold = replace(by("expert", "n1", [ACTOR, CLAIM], [("1", "2", "opposes")], stance_rent_cap="favor"), id="gold")
    annotations = [
        by("a", "n1", mine, [("1", "2", "supports")], stance_rent_cap="favor"),
        by("b", "n1", [ACTOR], stance_rent_cap="against"),
        by("expert", "n1", [ACTOR], stance_rent_cap="against"),
    ]
    found = reported(rules, task, [annotations], {"n1": gold})
    assert found.experts == 1
    claims = of(found, ("mention", "Claim"), "a").gold
    assert [one.share for one in (claims.precision, claims.recall, claims.f1)] == pytest.approx([0.5, 1.0, 2 / 3])
    assert of(found, ("mention", "Claim"), "b").gold.recall.share == 0.0
    assert of(found, ("boundaries", "Claim"), "a").gold.agreement.share == 0.0
    assert of(found, ("attribute", "Claim", "kind"), "a").gold.agreement.share == 1.0
    assert [of(found, STANCE, name).gold.agreement.share for name in ("a", "b", "expert")] == [1.0, 0.0, None]
    label = next(one for one in found.reliability if one.question[0] == "label" and one.annotator == "a")
    assert dict(label.gold.cells) == {("supports", "opposes"): 1}
    relation = next(one for one in found.reliability if one.question[:2] == ("relation", "supports"))
    assert (relation.annotator, relation.gold.f1.share) == ("a", 1.0)


@pytest.mark.parametrize("how", ["named", "marked"])
def test_named_experts_and_marked_annotations_are_gold(task, how):
    rules = Rules.of(task, Panel(experts={"c"}) if how == "named" else None)
    annotations = [by(name, "n1", stance_rent_cap="favor" if name == "a" else "against") for name in "abc"]
    truths = {"n1-c"} if how == "marked" else ()
    found = reported(rules, task, [annotations], truths=truths)
    assert [of(found, STANCE, name).gold.agreement.share for name in "abc"] == [0.0, 1.0, None]


def test_fitted_models_say_how_far_they_trust_whom(rules, task):
    modelled = replace(
        rules,
        rules={
            key: replace(rule, method="dawid-skene") if key[-1] in {"stance_rent_cap", "topics"} else rule
            for key, rule in rules.rules.items()
        },
    )
    random = Random(2)
    articles = []
    for at in range(60):
        truth = random.choice(STANCES[:2])
        wrong = STANCES[1] if truth == STANCES[0] else STANCES[0]
        topics = [{"topics": ("transport",)} if random.random() < 0.7 else {} for _ in range(3)]
        articles.append(
            [
                by(name, f"n{at}", [replace(CLAIM, attributes=more)],
                   stance_rent_cap=truth if random.random() < right else wrong)
                for name, right, more in zip("abc", (0.95, 0.95, 0.6), topics, strict=True)
            ]
        )  # fmt: skip
    fitted = fit_rules(articles, modelled)
    found = reported(fitted, task, articles)
    fit = fitted.rule(STANCE).fits[""]
    for place, name in enumerate(fit.votes.annotators):
        assert of(found, STANCE, name).model == {"": float(fit.reliability[place])}
        assert of(found, STANCE, name).confusion["favor"]["favor"] == float(fit.confusion[place][0][0])
    assert set(of(found, ("attribute", "Claim", "topics"), "a").model) == {"transport"}
    assert of(found, STANCE, "c").model[""] < 0.8


def test_nothing_and_one_annotator_have_reasons_and_no_figures(rules, task):
    empty = Report(rules, task).reported()
    assert (empty.articles, empty.weak, empty.unclear, empty.reliability) == (0, (), (), ())
    drawn = [("1", "2", "supports")]
    articles = [[by("a", f"n{at}", [ACTOR, CLAIM], drawn, stance_rent_cap="favor")] for at in range(30)]
    alone = reported(rules, task, articles)
    assert alone.reliability
    for one in alone.reliability:
        assert (one.others.agreement.share, one.gold.agreement.share) == (None, None)
        assert one.others.agreement.reason
    assert {one.weak for one in alone.judgements} == {None}
    assert all(one.reason for one in alone.judgements)
    assert all(one.unclear is None and one.reason for one in alone.entries)
    assert "NaN" not in json.dumps(alone.document(), allow_nan=False)


def test_annotations_that_were_not_merged_are_refused(rules, task):
    annotations = [by(name, "n1") for name in "ab"]
    merged = merge(annotations, rules)
    with pytest.raises(ValueError, match="not the annotations of the merge"):
        Report(rules, task).add(merged, Article("n1", TEXT, ""), annotations[:1])
