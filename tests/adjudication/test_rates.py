"""Shares and their intervals, and what is too often to be luck: by other libraries and by drawing."""

from __future__ import annotations

from itertools import product
from math import sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from curation.adjudication.rates import Deviation, Excluding, Sums, exceeding, holm, oftener, wilson


@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (3, 10), (190, 200), (1, 1)])
def test_wilson_is_that_of_statsmodels(k, n):
    assert wilson(k / n, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


def test_votes_that_are_independent_count_each():
    """One vote an article: the design effect is 1, but for the one degree of freedom."""
    sums = Sums()
    for number in range(200):
        sums.add(number % 4 > 0, 1)
    rate = sums.rate()
    assert (rate.share, rate.n, rate.articles) == (0.75, 200, 200)
    assert (rate.low, rate.high) == pytest.approx(proportion_confint(149.25, 199, method="wilson"), abs=1e-9)


def test_votes_that_go_together_count_as_articles_do():
    """Ten equal votes an article are worth one."""
    alone, together = Sums(), Sums()
    for number in range(40):
        alone.add(number % 4 > 0, 1)
        together.add(10 * (number % 4 > 0), 10)
    assert together.rate().share == alone.rate().share
    assert (together.rate().low, together.rate().high) == pytest.approx((alone.rate().low, alone.rate().high), abs=1e-9)
    assert together.rate().n == 400


def test_shares_of_nothing_and_all_are_those_of_articles():
    sums = Sums()
    for _ in range(12):
        sums.add(5, 5)
    assert (sums.rate().low, sums.rate().high) == pytest.approx(proportion_confint(12, 12, method="wilson"), abs=1e-12)


def test_there_is_a_reason_where_there_is_none():
    empty, single = Sums(), Sums()
    single.add(1, 3)
    assert (empty.rate().share, empty.rate().low) == (None, None)
    assert empty.rate().reason
    assert single.rate().share == pytest.approx(1 / 3)
    assert (single.rate().low, single.rate().reason) == (None, "one article tells no interval")


def test_intervals_cover_the_truth_where_articles_differ():
    """Articles whose chances are drawn from a beta distribution: on all votes, intervals would cover far less."""
    random = np.random.default_rng(7)
    covered = naive = 0
    runs = 400
    for _ in range(runs):
        sums = Sums()
        for chance in random.beta(4, 2, 60):
            sums.add(random.binomial(6, chance), 6)
        rate = sums.rate()
        low, high = wilson(rate.share, rate.n)
        covered += rate.low <= 2 / 3 <= rate.high
        naive += low <= 2 / 3 <= high
    assert 0.925 <= covered / runs <= 0.975
    assert naive / runs < 0.90


@pytest.mark.parametrize("seed", range(4))
def test_holm_is_that_of_statsmodels(seed):
    p_values = np.random.default_rng(seed).beta(0.4, 2, 5 + 7 * seed).round(2).tolist()
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]), abs=1e-12)


@given(st.lists(st.sampled_from([0.25, 1 / 3, 0.5, 0.75]), max_size=8), st.integers(0, 9))
def test_the_chance_of_so_many_events_is_that_of_all_outcomes(chances, events):
    counts = {chance: chances.count(chance) for chance in chances}
    exact = sum(
        float(np.prod([chance if happened else 1 - chance for chance, happened in zip(chances, outcome, strict=True)]))
        for outcome in product((0, 1), repeat=len(chances))
        if sum(outcome) >= events
    )
    assert exceeding(events, counts) == pytest.approx(exact, abs=1e-12)


def test_what_is_off_by_luck_is_named_no_oftener_than_said():
    """One of three is off on each of some items: the p-value is below .05 in no more than 5 of 100 studies."""
    random = Random(11)
    below = 0
    for _ in range(2_000):
        deviation = Deviation()
        for _ in range(30):
            n = random.randint(0, 3)
            off = sum(random.random() < 1 / 3 for _ in range(n))
            deviation.add(5, off, n / 3, 0.0)
            deviation.chances[1 / 3] = deviation.chances.get(1 / 3, 0) + n
        below += deviation.p_value() <= 0.05
    assert 20 <= below <= 115


def test_few_articles_never_say_much():
    assert oftener(5.0, 5.0) == pytest.approx(0.0126737, abs=1e-6)
    assert oftener(0.0, 0.0) == 1.0
    assert oftener(-1.0, 1.0) == 1.0
    assert oftener(sqrt(40) * 2, 4.0) < 1e-9


ARTICLES = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=3), max_size=8
)


@given(ARTICLES)
def test_sums_without_an_annotator_are_those_of_articles_without_them(articles):
    """Each annotator adds to an article what is theirs: without them, it lacks that."""
    every = Excluding()
    for article in articles:
        x, y = (sum(each[side] for each in article.values()) for side in (0, 1))
        every.add(x, y, {name: (x - mine[0], y - mine[1]) for name, mine in article.items()})
    for left_out in "abc":
        expected = Sums()
        for article in articles:
            kept = [each for name, each in article.items() if name != left_out]
            expected.add(sum(each[0] for each in kept), sum(each[1] for each in kept))
        assert every.lacking(left_out) == expected
