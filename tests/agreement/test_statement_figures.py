"""Figures on statements: the oracle for alpha, what nobody said, and what does not matter."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import krippendorff
import numpy as np
import pytest

from curation.agreement import Ratings, agreement
from curation.agreement.bootstrap import Bootstrap
from curation.agreement.claims import STEPS, Scheme
from curation.agreement.figures import ALONE
from curation.agreement.statements import STATEMENT_MEASURES, lost, statement_figures
from curation.records import Annotation, Mention, Relation

SCHEME = Scheme(("Claim",), "continues", {"supports": "favor", "opposes": "against"}, ("kind",), ("supports",))
PLAIN = Bootstrap(resamples=0)


def annotation(who: str, number: int, random: Random, error: float) -> Annotation:
    """Five claims, of which some are left out, moved, or given another kind, holder or stance."""
    truth = Random(number)
    mentions, relations = [], []
    for place in range(5):
        actor, kind, label = (
            truth.choice(("Ann", "Bob")),
            truth.choice(("a", "b", "c")),
            truth.choice(("supports", "opposes")),
        )
        if random.random() < error:
            continue
        if random.random() < error:
            actor = {"Ann": "Bob", "Bob": "Ann"}[actor]
        if random.random() < error:
            kind = random.choice(("a", "b", "c"))
        if random.random() < error:
            label = {"supports": "opposes", "opposes": "supports"}[label]
        start = 100 * place + random.choice((0, 1, 2))
        mentions.append(
            Mention(f"h{place}", "Actor", 100 * place + 40 * (actor == "Bob"), 100 * place + 50, "x", {"name": actor})
        )
        mentions.append(Mention(f"c{place}", "Claim", start, 100 * place + 30, "y", {"kind": kind}))
        relations.append(Relation(f"h{place}", f"c{place}", label))
    return Annotation(
        f"{who}{number}", f"n{number}", "", "t", "1", who, mentions=tuple(mentions), relations=tuple(relations)
    )


def study(people: int = 3, articles: int = 30, error: float = 0.2) -> list[list[Annotation]]:
    random = Random(7)
    return [[annotation(f"p{who}", number, random, error) for who in range(people)] for number in range(articles)]


def by_name(figures):
    return {(one.measure, one.of): one for one in figures}


def test_alpha_is_that_of_the_pairs_of_values():
    """Of two annotators each aligned claim is an item with two values."""
    articles = study(people=2)
    found = by_name(statement_figures(articles, SCHEME, PLAIN))
    pairs = []
    for one, other in articles:
        there = {mention.id: mention.attributes["kind"] for mention in other.mentions if mention.label == "Claim"}
        pairs += [
            (mention.attributes["kind"], there[mention.id])
            for mention in one.mentions
            if mention.label == "Claim" and mention.id in there
        ]
    codes = np.array([["abc".index(value) for value in pair] for pair in pairs], dtype=float).T
    alpha = krippendorff.alpha(reliability_data=codes, level_of_measurement="nominal")
    assert found["pair_alpha", "kind"].value == pytest.approx(alpha, abs=1e-12)
    assert found["pair_alpha", "kind"].n_values == len(pairs)
    assert found["pair_agreement", "kind"].value == pytest.approx(np.mean([a == b for a, b in pairs]))
    every = sum(len(one.mentions) for article in articles for one in article) / 2
    assert found["aligned_f1", "claims"].value == pytest.approx(2 * len(pairs) / every)


def test_neither_articles_nor_annotators_have_an_order():
    articles = study()
    mixed = [list(reversed(article)) for article in Random(1).sample(articles, len(articles))]
    bootstrap = Bootstrap(resamples=200)
    assert statement_figures(articles, SCHEME, bootstrap) == statement_figures(mixed, SCHEME, bootstrap)


def test_a_copy_of_an_annotator_raises_agreement_and_full_agreement_is_one():
    articles = study(people=2)
    copied = [[one, other, replace(one, annotator="copy")] for one, other in articles]
    before, after = (by_name(statement_figures(some, SCHEME, PLAIN)) for some in (articles, copied))
    assert all(after["statement_f1", step].value > before["statement_f1", step].value for step in STEPS)
    same = by_name(statement_figures([[one, replace(one, annotator="copy")] for one, _ in articles], SCHEME, PLAIN))
    assert {one.value for one in same.values()} == {1.0}


def test_what_is_said_independently_of_the_other_is_near_chance():
    """Two annotators mark the same claims and holders, and draw kinds and stances."""
    random = Random(3)
    articles = []
    for number in range(150):
        both = []
        for who in ("kim", "lee"):
            marks = [
                mark
                for place in range(4)
                for mark in (
                    Mention(f"h{place}", "Actor", 100 * place + 40, 100 * place + 50, "x", {"name": "Ann"}),
                    Mention(f"c{place}", "Claim", 100 * place, 100 * place + 30, "y", {"kind": random.choice("abc")}),
                )
            ]
            arrows = [Relation(f"h{at}", f"c{at}", random.choice(("supports", "opposes"))) for at in range(4)]
            one = Annotation(f"{who}{number}", f"n{number}", "", "t", "1", who, mentions=tuple(marks))
            both.append(replace(one, relations=tuple(arrows)))
        articles.append(both)
    found = by_name(statement_figures(articles, SCHEME, PLAIN))
    assert found["statement_f1", "holder"].value == 1
    for of in ("kind", "stance"):
        assert found["pair_alpha", of].value == pytest.approx(0, abs=0.1)


def test_intervals_hold_the_value_and_narrow_with_more_articles():
    few, many = (by_name(statement_figures(study(articles=n), SCHEME)) for n in (15, 150))
    for key in (("statement_f1", "stance"), ("pair_alpha", "kind")):
        assert few[key].low < few[key].value < few[key].high
        assert many[key].high - many[key].low < (few[key].high - few[key].low) / 2


def test_what_each_step_costs_adds_up():
    figures = statement_figures(study(), SCHEME, PLAIN)
    costs = lost(figures)
    assert list(costs) == list(STEPS)
    assert 1 - sum(costs.values()) == pytest.approx(by_name(figures)["statement_f1", "fields"].value)
    assert all(cost > 0 for cost in costs.values())


@pytest.mark.parametrize(
    ("articles", "reason"),
    [
        ([], "two people"),
        ([[Annotation("a", "n", "", "t", "1", "p")]], "two people"),
        ([[Annotation("a", "n", "", "t", "1", "p"), Annotation("b", "n", "", "t", "1", "q")]], "nobody marked"),
    ],
)
def test_where_there_is_nothing_to_compare_there_is_a_reason_and_no_number(articles, reason):
    figures = statement_figures(articles, SCHEME)
    assert [one.value for one in figures] == [None] * len(figures)
    assert all(reason in one.reason for one in figures)
    assert lost(figures) == {}


def test_one_article_is_too_few_for_any_figure_though_all_agree_on_it():
    """An article in which neither marked anything makes no second one."""
    [[one, other]] = study(people=2, articles=1)
    empty = [replace(each, article_id="n1", mentions=(), relations=()) for each in (one, other)]
    for articles in ([[one, other]], [[one, replace(one, annotator="copy")]], [[one, other], empty]):
        figures = statement_figures(articles, SCHEME)
        assert {(figure.value, figure.low) for figure in figures} == {(None, None)}
        assert {figure.reason for figure in figures if figure.n_values} == {ALONE}
        assert lost(figures) == {}
    assert any(figure.value == 1 for figure in statement_figures([[one, replace(one, annotator="copy")]] * 2, SCHEME))


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"kind": "a"}, "every value is 'a', so that agreement cannot be told from chance"),
        ({}, "nobody gave a value, so that agreement cannot be told from chance"),
    ],
)
def test_a_field_that_is_always_the_same_has_no_figure_for_the_reason_that_labels_have(attributes, reason):
    one = Annotation("a", "n", "", "t", "1", "p", mentions=(Mention("1", "Claim", 0, 9, "x", attributes),))
    found = by_name(statement_figures([[one, replace(one, annotator="q")]] * 12, SCHEME))
    for measure in ("pair_alpha", "pair_agreement"):
        figure = found[measure, "kind"]
        assert (figure.value, figure.low, figure.high, figure.reason) == (None, None, None, reason)
        assert (figure.n_items, figure.n_values) == (12, 12)
    labels = agreement(Ratings.from_matrix([["a", "a"]] * 12), bootstrap=PLAIN)
    if attributes:
        assert {one.reason for one in labels if one.measure == "percent_agreement"} == {reason}
    assert found["aligned_f1", "claims"].value == 1


def test_a_field_of_which_one_value_is_another_has_both_figures():
    one = Annotation("a", "n", "", "t", "1", "p", mentions=(Mention("1", "Claim", 0, 9, "x", {"kind": "a"}),))
    two = replace(one, mentions=(replace(one.mentions[0], attributes={"kind": "b"}),))
    articles = [[each, replace(each, annotator="q")] for each in [one] * 11 + [two]]
    found = by_name(statement_figures(articles, SCHEME, PLAIN))
    assert found["pair_alpha", "kind"].value == found["pair_agreement", "kind"].value == 1


def test_every_figure_has_a_definition():
    named = {one.name for one in STATEMENT_MEASURES}
    assert {one.measure for one in statement_figures(study(), SCHEME, PLAIN)} == named
