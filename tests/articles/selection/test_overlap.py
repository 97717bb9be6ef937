"""Overlap plans: work and company are shared evenly, whatever the number of articles."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles.selection.overlap import Assigned, Plan
from curation.errors import CurationError


def names(number: int) -> tuple[str, ...]:
    return tuple(f"annotator {one}" for one in range(number))


def ids(number: int) -> list[str]:
    return [f"a{one}" for one in range(number)]


def pairs(plan: Plan, assigned: list[Assigned]) -> Counter[tuple[str, ...]]:
    met = Counter(pair for one in assigned for pair in combinations(one.annotators, 2))
    return Counter({pair: met[pair] for pair in combinations(plan.annotators, 2)})


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    people = draw(st.integers(1, 12))
    return Plan(names(people), draw(st.integers(1, people)), draw(st.integers(0, 8)), draw(st.integers(0, 2**40)))


@given(plans(), st.integers(0, 120))
def test_every_article_goes_to_as_many_as_were_asked_for_and_work_is_even(plan, number):
    assigned = list(plan.assign(ids(number)))
    assert [one.article_id for one in assigned] == ids(number)
    for position, one in enumerate(assigned):
        assert one.calibration == (position < plan.calibration)
        assert (
            len(set(one.annotators))
            == len(one.annotators)
            == (len(plan.annotators) if one.calibration else plan.overlap)
        )
        assert set(one.annotators) <= set(plan.annotators)
    work = [Counter(name for one in assigned for name in one.annotators)[name] for name in plan.annotators]
    assert max(work) - min(work) <= 1


@given(plans(), st.integers(0, 100))
def test_more_articles_change_nothing_for_the_first(plan, number):
    assert list(plan.assign(ids(number + 20)))[:number] == list(plan.assign(ids(number)))


@pytest.mark.parametrize("people", range(2, 13))
@pytest.mark.parametrize("seed", [0, 1])
def test_every_two_share_about_as_many_articles_at_any_time(people, seed):
    for overlap in range(2, people + 1):
        plan = Plan(names(people), overlap, seed=seed)
        met = Counter(dict.fromkeys(combinations(plan.annotators, 2), 0))
        for one in plan.assign(ids(400)):
            met.update(combinations(one.annotators, 2))
            assert max(met.values()) - min(met.values()) <= min(overlap + 1, 5)


def test_pairs_of_five_share_a_tenth_each():
    plan = Plan(names(5), 2, calibration=20, seed=7)
    met = pairs(plan, list(plan.assign(ids(520))))
    assert sum(met.values()) == 500 + 20 * 10
    assert all(69 <= number <= 71 for number in met.values())


def test_seeds_draw_other_plans():
    plan, other = (list(Plan(names(6), 2, seed=seed).assign(ids(50))) for seed in (1, 2))
    assert plan != other


@pytest.mark.parametrize(
    ("annotators", "overlap", "says"),
    [
        (("a", "b"), 3, "there are 2"),
        (("a", "b"), 0, "overlap of 0"),
        (("a", "a"), 1, "differ"),
        (("a", ""), 1, "differ"),
    ],
)
def test_plans_that_cannot_be(annotators, overlap, says):
    with pytest.raises(CurationError, match=says) as error:
        Plan(annotators, overlap)
    assert error.value.code == "E_USAGE"
