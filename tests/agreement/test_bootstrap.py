"""Intervals: the same for the same ratings, as wide as they must be, and none where there can be none."""

from __future__ import annotations

import numpy as np
import pytest

from curation.agreement import Bootstrap, Ratings, agreement, measured
from curation.agreement.bootstrap import FEWEST
from curation.agreement.labels import ESTIMATORS
from curation.agreement.sums import Sums

LEVELS = ("nominal", "ordinal", "interval", "ratio")


def drawn(random: np.random.Generator, items: int, annotators: int = 3, right: float = 0.75) -> np.ndarray:
    truth = random.choice(3, items, p=[0.5, 0.3, 0.2])
    guessed = random.choice(3, (items, annotators), p=[0.5, 0.3, 0.2])
    table = np.where(random.random((items, annotators)) < right, truth[:, None], guessed).astype(float)
    table[random.random(table.shape) < 0.1] = np.nan
    return table


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("measure", ESTIMATORS)
def test_a_weighted_total_is_the_measure_of_repeated_items(level, measure):
    """What resampling rests on: patterns with weights are the same as the items themselves, repeated."""
    random = np.random.default_rng(5)
    table = drawn(random, 60)
    ratings = Ratings.from_matrix(table, level=level)
    sums = ESTIMATORS[measure](ratings)
    order = ratings.patterns(least=1 if measure in ("fleiss_kappa", "gwet_ac1") else 2)
    times = random.integers(0, 4, len(order.rows))
    rows = np.repeat(order.rows, times, axis=0)
    values = np.array(ratings.values, dtype=float)
    repeated = np.where(rows < 0, np.nan, values[rows])
    expected = ESTIMATORS[measure](Ratings.from_matrix(repeated, level=level)).point
    assert sums.weighted(times[None, :].astype(float))[0] == pytest.approx(expected, abs=1e-12)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    ratings = Ratings.from_matrix(drawn(np.random.default_rng(6), 80))
    first, again, other = (agreement(ratings, bootstrap=Bootstrap(seed=seed)) for seed in (1, 1, 2))
    assert first == again
    for one, another in zip(first, other, strict=True):
        assert one.value == another.value
        assert (one.low, one.high) != (another.low, another.high)
        assert one.low == pytest.approx(another.low, abs=0.05)
        assert one.low < one.value < one.high


def test_more_items_give_narrower_intervals():
    widths = []
    for items in (50, 200, 800):
        found = measured("krippendorff_alpha", Ratings.from_matrix(drawn(np.random.default_rng(7), items)))
        widths.append(found.high - found.low)
    assert widths[0] > 1.6 * widths[1] > 2.6 * widths[2]


def test_intervals_hold_as_often_as_they_say():
    """Small, with room for chance; the benchmark has it in full."""
    many = Ratings.from_matrix(drawn(np.random.default_rng(8), 200_000))
    truth = measured("krippendorff_alpha", many, bootstrap=Bootstrap(resamples=0)).value
    held = 0
    for run in range(200):
        ratings = Ratings.from_matrix(drawn(np.random.default_rng(1000 + run), 60))
        found = measured("krippendorff_alpha", ratings, bootstrap=Bootstrap(resamples=400, seed=run))
        held += found.low <= truth <= found.high
    assert 0.91 <= held / 200 <= 0.99


def test_a_mean_has_the_interval_of_a_mean():
    """Against the textbook: for a mean of many numbers BCa ends are those of the normal distribution."""
    random = np.random.default_rng(9)
    numbers = random.normal(5, 2, 400)
    sums = Sums.of(np.column_stack([numbers, np.ones(400)]), lambda total: total[..., 0] / total[..., 1])
    found = Bootstrap(resamples=20_000).interval(sums)
    half = 1.96 * numbers.std() / 20
    assert found.low == pytest.approx(numbers.mean() - half, abs=0.01)
    assert found.high == pytest.approx(numbers.mean() + half, abs=0.01)


def test_very_many_units_are_drawn_in_blocks_and_vary_as_much():
    random = np.random.default_rng(12)
    numbers = random.normal(5, 2, 30_000)
    sums = Sums.of(np.column_stack([numbers, np.ones(30_000)]), lambda total: total[..., 0] / total[..., 1])
    blocks = sums.in_blocks(700, random)
    assert blocks.parts.shape == (700, 2)
    assert blocks.total == pytest.approx(sums.total)
    assert set(blocks.parts.toarray()[:, 1]) == {42, 43}
    found = Bootstrap(resamples=4000).interval(sums)
    half = 1.96 * numbers.std() / 30_000**0.5
    assert found.low == pytest.approx(numbers.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(numbers.mean() + half, abs=0.1 * half)


def test_items_of_one_article_are_drawn_together():
    """Ten copies of every item in its article tell no more than one: the interval is that of the articles."""
    table = drawn(np.random.default_rng(10), 60)
    tenfold = Ratings.from_matrix(np.repeat(table, 10, axis=0))
    articles = [f"article {item // 10}" for item in range(600)]
    alone = measured("percent_agreement", Ratings.from_matrix(table))
    together = measured("percent_agreement", tenfold.within(articles))
    apart = measured("percent_agreement", tenfold)
    assert together.value == pytest.approx(alone.value)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.1)
    assert together.high - together.low > 2.5 * (apart.high - apart.low)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("measure", ESTIMATORS)
def test_articles_of_one_item_each_are_items(level, measure):
    ratings = Ratings.from_matrix(drawn(np.random.default_rng(11), 50), level=level)
    alone, each = (measured(measure, one) for one in (ratings, ratings.within(ratings.items)))
    assert each.value == pytest.approx(alone.value, abs=1e-12)
    assert each.low == pytest.approx(alone.low, abs=0.03)
    assert each.high == pytest.approx(alone.high, abs=0.03)


def test_there_is_a_reason_where_there_is_no_interval():
    few = np.array([["a", "a"], ["b", "b"], ["a", "b"]])
    found = measured("krippendorff_alpha", Ratings.from_matrix(few))
    assert found.value is not None
    assert found.low is None
    assert found.details["no_interval"] == f"3 units are too few for an interval, which takes {FEWEST}"
    perfect = measured("krippendorff_alpha", Ratings.from_matrix(np.repeat(few[:2], 20, axis=0)))
    assert (perfect.value, perfect.low) == (1.0, None)
    assert perfect.details["no_interval"] == "all resamples have the same value"
    rare = np.array([["a", "a"]] * 30 + [["a", "b"]])
    found = measured("krippendorff_alpha", Ratings.from_matrix(rare))
    assert found.value == pytest.approx(0.0, abs=0.02)
    assert found.details["no_interval"].endswith("resamples have no value: labels are too rare")
    unasked = measured("krippendorff_alpha", Ratings.from_matrix(rare), bootstrap=Bootstrap(resamples=0))
    assert unasked.details == {}
