"""Votes on one question: each method decides what it should, ties stay open, and nobody's place in a list matters."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.adjudication import Ballot, Panel, decide
from curation.errors import CurationError

VALUES = ("favor", "against", "neutral")
METHODS = ("unanimous", "majority", "weighted", "expert", "union", "intersection")


def ballots(*said, truth=()):
    return [Ballot(f"a{place}", value, f"a{place}" in truth) for place, value in enumerate(said)]


def said(values):
    return st.lists(st.one_of(st.none(), values), min_size=1, max_size=7).map(lambda found: ballots(*found))


SINGLE = said(st.sampled_from(VALUES))
SEVERAL = said(st.lists(st.sampled_from(VALUES), unique=True, max_size=3).map(tuple))
PANEL = Panel(weights={"a0": 2.5, "a1": 0.1, "a2": 0.0, "a3": 1 / 3}, experts={"a1", "a3"})


@pytest.mark.parametrize(
    ("method", "given_", "value", "why"),
    [
        ("majority", ("favor", "favor", "against"), "favor", "majority"),
        ("majority", ("favor", "against"), None, "tie"),
        ("majority", ("favor", "favor", "against", "against", "neutral"), None, "tie"),
        ("majority", ("favor", "favor", "against", "neutral", None), "favor", "majority"),
        ("majority", (None, None, "favor"), None, "majority"),
        ("majority", ("neutral",), "neutral", "single"),
        ("majority", (), None, "no votes"),
        ("unanimous", ("favor", "favor"), "favor", "unanimous"),
        ("unanimous", ("favor", "favor", "against"), None, "differ"),
        ("unanimous", ("favor", None), None, "differ"),
        ("weighted", ("favor", "against", "against"), "favor", "weighted"),
        ("expert", ("favor", "against", "favor"), "against", "expert"),
        ("expert", ("favor", "against", "favor", "neutral"), None, "experts differ"),
        ("expert", ("favor",), None, "no expert"),
        ("union", ("favor", None, None), "favor", "union"),
        ("union", ("favor", "against"), None, "differ"),
        ("intersection", ("favor", None, "favor"), None, "intersection"),
    ],
)
def test_what_follows_from_the_votes(method, given_, value, why):
    decision = decide(ballots(*given_), method, PANEL, values=VALUES)
    assert (decision.value, decision.why) == (value, why)
    assert decision.open == (why in {"tie", "differ", "no votes", "no expert", "experts differ"})


def test_a_ground_truth_mark_makes_an_expert():
    assert decide(ballots("favor", "against", truth={"a1"}), "expert").value == "against"
    assert decide(ballots("favor", "against", truth={"a0", "a1"}), "expert").why == "experts differ"


def test_soft_labels_and_rivals_are_kept_beside_the_decision():
    decision = decide(ballots("against", "favor", None, "favor"), values=VALUES)
    assert [(one.value, one.share, one.annotators) for one in decision.shares] == [
        ("favor", 0.5, ("a1", "a3")),
        ("against", 0.25, ("a0",)),
        (None, 0.25, ("a2",)),
    ]
    assert decision.undecided == ()
    assert decide(ballots("neutral", "favor"), values=VALUES).undecided == ("favor", "neutral")
    assert decide(ballots("neutral", None), values=VALUES).undecided == ("neutral", None)


def test_several_values_are_decided_one_by_one():
    given_ = ballots(("favor", "neutral"), ("favor",), ("neutral", "favor"), ("against", "favor"))
    decision = decide(given_, values=VALUES, multiple=True)
    assert decision.value == ("favor",)
    assert decision.open
    assert decision.undecided == ("neutral",)
    assert [(one.value, one.share) for one in decision.shares] == [("favor", 1.0), ("against", 0.25), ("neutral", 0.5)]
    nothing = decide(ballots(None, (), None), values=VALUES, multiple=True)
    assert (nothing.value, nothing.open, nothing.why) == (None, False, "unanimous")


def test_equal_weights_are_a_tie_whatever_rounding_does():
    panel = Panel(weights={"a0": 0.1, "a1": 0.2, "a2": 0.3})
    decision = decide(ballots("favor", "favor", "against"), "weighted", panel)
    assert decision.why == "tie"
    assert decide(ballots("favor", "against"), "weighted", Panel(weights={"a0": 0, "a1": 0})).why == "no weight"


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_none_are_refused(weight):
    with pytest.raises(CurationError) as caught:
        Panel(weights={"a0": weight})
    assert caught.value.code == "E_USAGE"


def test_nobody_votes_twice():
    with pytest.raises(ValueError, match="two ballots"):
        decide([Ballot("a0", "favor"), Ballot("a0", "favor")])


@given(SINGLE, st.sampled_from(METHODS), st.randoms())
def test_the_order_of_annotators_never_matters(given_, method, random):
    shuffled = random.sample(given_, len(given_))
    assert decide(given_, method, PANEL, values=VALUES) == decide(shuffled, method, PANEL, values=VALUES)


@given(SEVERAL, st.sampled_from(METHODS), st.randoms())
def test_nor_does_it_for_several_values(given_, method, random):
    shuffled = random.sample(given_, len(given_))
    one, other = (decide(each, method, PANEL, values=VALUES, multiple=True) for each in (given_, shuffled))
    assert one == other


@given(SINGLE)
def test_a_majority_has_more_votes_than_anything_else(given_):
    decision = decide(given_, values=VALUES)
    counts = Counter(ballot.value for ballot in given_).most_common()
    is_tie = len(counts) > 1 and counts[0][1] == counts[1][1]
    assert decision.open == is_tie
    assert is_tie or decision.value == counts[0][0]
    assert sum(share.share for share in decision.shares) == pytest.approx(1)
    assert set(decision.undecided) == ({value for value, count in counts if count == counts[0][1]} if is_tie else set())


@given(SEVERAL, st.sampled_from(("unanimous", "majority", "weighted", "union", "intersection")))
def test_what_all_say_is_the_decision(given_, method):
    same = [Ballot(ballot.annotator, given_[0].value) for ballot in given_]
    decision = decide(same, method, Panel(), values=VALUES, multiple=True)
    assert not decision.open
    assert set(decision.value or ()) == set(given_[0].value or ())


@given(SINGLE)
def test_votes_of_equal_weight_are_a_majority(given_):
    plain, weighted = decide(given_, values=VALUES), decide(given_, "weighted", Panel(), values=VALUES)
    assert (plain.value, plain.open, plain.shares) == (weighted.value, weighted.open, weighted.shares)
