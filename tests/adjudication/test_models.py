"""Annotator models: equal to crowd-kit's on the same votes, and near the truth where it is known.

The folder `golden` holds what crowd-kit said; `python -m benchmarks.models --golden` asks it again.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.adjudication import Ballot, Votes, dawid_skene, mace
from curation.errors import CurationError

GOLDEN = Path(__file__).parent / "golden"
EQUAL = {"rtol": 0, "atol": 1e-9}


def golden(name):
    document = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    frame = pd.DataFrame(document["votes"], columns=["item", "annotator", "value"])
    return document, Votes.from_frame(frame)


def posteriors(document, votes):
    return np.array([[document["posteriors"][item][value] for value in votes.values] for item in votes.items])


@pytest.mark.parametrize("name", ["anaesthetists", "gaps"])
def test_dawid_skene_is_that_of_crowd_kit(name):
    document, votes = golden(name)
    fit = dawid_skene(votes, max_iterations=document["iterations"], tolerance=-np.inf)
    assert fit.iterations == document["iterations"]
    np.testing.assert_allclose(fit.posteriors, posteriors(document, votes), **EQUAL)
    np.testing.assert_allclose(fit.priors, [document["priors"][value] for value in votes.values], **EQUAL)
    assert document["errors"]
    for annotator, answer, by_truth in document["errors"]:
        found = fit.confusion[votes.annotators.index(annotator), :, votes.values.index(answer)]
        np.testing.assert_allclose(found, [by_truth[value] for value in votes.values], **EQUAL)


def test_the_example_of_dawid_and_skene():
    """The marginal probabilities of the four classes, and the error rates of the first anaesthetist."""
    _, votes = golden("anaesthetists")
    fit = dawid_skene(votes)
    assert fit.converged
    assert fit.priors.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert fit.confusion[0].round(2).tolist() == [
        [0.89, 0.11, 0.00, 0.00],
        [0.07, 0.88, 0.05, 0.00],
        [0.00, 0.34, 0.66, 0.00],
        [0.00, 0.00, 0.56, 0.44],
    ]


def test_mace_is_that_of_crowd_kit():
    document, votes = golden("competence")
    fit = mace(votes, tolerance=1e-12, max_iterations=5000)
    assert fit.converged
    np.testing.assert_allclose(fit.posteriors, posteriors(document, votes), **EQUAL)
    for annotator, (guesses, knows) in document["competence"].items():
        found = fit.reliability[votes.annotators.index(annotator)]
        assert found == pytest.approx(knows / (knows + guesses), abs=1e-9)


def simulated(items, seed=0):
    """Five annotators of whom the first is the best, and the last says `b` for `a` as often as not."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, items, p=[0.5, 0.3, 0.2])
    confusion = np.array([np.full((3, 3), (1 - right) / 2) + np.eye(3) * (1.5 * right - 0.5) for right in RIGHT])
    confusion[4] = [[0.4, 0.5, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]
    rows = [
        (f"i{item:05}", f"a{annotator}", "abc"[random.choice(3, p=confusion[annotator, value])])
        for item, value in enumerate(truth)
        for annotator in range(5)
    ]
    return truth, confusion, Votes.from_frame(pd.DataFrame(rows, columns=["item", "annotator", "value"]))


RIGHT = (0.95, 0.85, 0.75, 0.6, 0.6)


def test_the_truth_and_the_confusions_behind_votes_are_found():
    truth, confusion, votes = simulated(3_000)
    fit, competence = dawid_skene(votes), mace(votes)
    share = votes.shares()
    majority = np.mean([(row == row.max())[value] / (row == row.max()).sum() for row, value in zip(share, truth)])  # noqa: B905
    assert np.abs(fit.confusion - confusion).max() < 0.06
    assert np.abs(fit.priors - [0.5, 0.3, 0.2]).max() < 0.02
    assert np.mean(fit.posteriors.argmax(axis=1) == truth) > majority + 0.01
    assert np.mean(competence.posteriors.argmax(axis=1) == truth) > majority + 0.01
    # What a posterior promises is kept: of decisions that are 90% sure, so many are right.
    certain = fit.posteriors.max(axis=1)
    assert np.mean(fit.posteriors.argmax(axis=1) == truth) == pytest.approx(certain.mean(), abs=0.01)
    assert list(np.argsort(-competence.reliability[:4])) == [0, 1, 2, 3]
    assert fit.reliability[:4] == pytest.approx(RIGHT[:4], abs=0.03)


def test_the_likelihood_grows_with_every_iteration():
    _, votes = golden("gaps")
    bounds = [dawid_skene(votes, max_iterations=count, tolerance=-np.inf).bound for count in range(1, 30)]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(bounds))


@pytest.mark.parametrize("fit", [dawid_skene, mace])
def test_what_is_equally_probable_stays_open(fit):
    rows = [("i1", "a", "x"), ("i1", "b", "y"), ("i2", "a", "y"), ("i2", "b", "x"), ("i3", "a", "x"), ("i3", "b", "x")]
    rows += [("i4", "a", "y"), ("i4", "b", "y")]
    fitted = fit(Votes.from_frame(pd.DataFrame(rows, columns=["item", "annotator", "value"])))
    found = fitted.decisions()
    assert found["i1"].open
    assert found["i1"].why == "tie"
    assert found["i1"].undecided == ("x", "y")
    assert found["i1"].by("x") == ("a",)
    assert not found["i3"].open
    assert found["i3"].value == "x"
    assert fitted.decide([Ballot("a", "x"), Ballot("b", "y")]).open


@pytest.mark.parametrize("fit", [dawid_skene, mace])
def test_one_item_is_decided_as_among_all(fit):
    _, _, votes = simulated(200)
    fitted = fit(votes)
    for item, (name, decision) in enumerate(fitted.decisions().items()):
        said = [
            Ballot(votes.annotators[a], votes.values[v])
            for i, a, v in zip(votes.item, votes.annotator, votes.value, strict=True)
            if i == item
        ]
        again = fitted.decide(said)
        assert votes.items[item] == name
        assert (again.value, again.open) == (decision.value, decision.open)
        assert [one.share for one in again.shares] == pytest.approx([one.share for one in decision.shares], abs=5e-3)
        assert again.annotators == decision.annotators


def test_whoever_is_unknown_tells_nothing():
    _, _, votes = simulated(200)
    fit = dawid_skene(votes)
    known = fit.decide([Ballot("a0", "b")])
    with_others = fit.decide([Ballot("a0", "b"), Ballot("stranger", "c"), Ballot("a1", "unheard of")])
    assert [one.share for one in known.shares] == [one.share for one in with_others.shares][:3]
    assert with_others.by("c") == ("stranger",)
    alone = fit.decide([Ballot("stranger", "c")])
    assert (alone.open, alone.why) == (True, "no votes")


ROWS = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.sampled_from("abc"), st.sampled_from("xyz")),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=50)
@given(ROWS, st.randoms(), st.sampled_from([dawid_skene, mace]))
def test_the_order_of_rows_never_matters(rows, random, model):
    one, other = (
        model(Votes.from_frame(pd.DataFrame(each, columns=["item", "annotator", "value"])))
        for each in (rows, random.sample(rows, len(rows)))
    )
    assert np.array_equal(one.posteriors, other.posteriors)
    assert one.decisions() == other.decisions()
    np.testing.assert_allclose(one.posteriors.sum(axis=1), 1, **EQUAL)
    assert np.isfinite(one.confusion).all()


@pytest.mark.parametrize("model", [dawid_skene, mace])
def test_no_votes_give_no_decisions(model):
    fit = model(Votes.from_frame(pd.DataFrame({"item": [], "annotator": [], "value": []}, dtype=object)))
    assert fit.decisions() == {}


def test_a_table_without_a_column_is_refused():
    with pytest.raises(CurationError) as caught:
        Votes.from_frame(pd.DataFrame({"item": ["a"], "value": ["x"]}))
    assert caught.value.code == "E_MISSING_COLUMN"
