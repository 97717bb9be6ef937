"""Coefficients for any number of annotators, as sums over items: percent agreement, Fleiss, AC1, Krippendorff.

Every one takes patterns: the distinct rows of codes, whatever the annotators' order (`Ratings.patterns`). In the
formulas, r_ik is how many annotators gave item i the value k, and r_i how many rated it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack

from curation.agreement.patterns import Patterns
from curation.agreement.ratings import Ratings
from curation.agreement.sums import Floats, Ints, Sums, divided, nominal_alpha, quotient

Estimator = Callable[[Ratings], Sums]

_MOST_RATIOS = 1000
_NOISE = 1e-12


def percent_agreement(ratings: Ratings) -> Sums:
    """The share of agreeing pairs of annotators, averaged over the items that two or more rated.

    Gwet 2014, p_a of chapter 2; r_ik (r_ik - 1) / (r_i (r_i - 1)) summed over k is an item's share.
    """
    found = ratings.patterns()
    shares = _shares(value_counts(found.rows, len(ratings.values)))
    parts = np.column_stack([shares, np.ones(len(shares))])
    return found.sums(parts, quotient)


def fleiss_kappa(ratings: Ratings) -> Sums:
    """Fleiss' kappa (1971), with missing values as Gwet 2014 has them.

    Observed agreement is that of `percent_agreement`; expected agreement is the sum of squares of pi_k, the mean over
    all rated items of r_ik / r_i. With as many ratings for every item, both are Fleiss' own.
    """

    def value(sums: Floats) -> Floats:
        observed, share = _observed_and_shares(sums)
        return _beyond_chance(observed, (share**2).sum(axis=-1))

    return _by_prevalence(ratings, value)


def gwet_ac1(ratings: Ratings) -> Sums:
    """Gwet's AC1 (2008; with missing values 2014): expected agreement is the sum over the q
    values of pi_k (1 - pi_k) / (q - 1).

    q counts all values that were declared, also those that were never given. Observed agreement and pi_k are those
    of `fleiss_kappa`.
    """
    q = len(ratings.values)

    def value(sums: Floats) -> Floats:
        observed, share = _observed_and_shares(sums)
        return _beyond_chance(observed, (share * (1 - share)).sum(axis=-1) / max(q - 1, 1))

    return _by_prevalence(ratings, value)


def krippendorff_alpha(ratings: Ratings) -> Sums:
    """Krippendorff's alpha at the level of the ratings (2004, section 11.3): 1 - observed / expected disagreement.

    Missing values: an item counts with the pairs of the values that it has, each pair weighted by 1 / (r_i - 1);
    items with one value have no pair and are left out, also from expected disagreement.
    """
    return _ALPHAS[ratings.level](ratings)


def value_counts(rows: Ints, n_values: int) -> csr_array:
    """How often each row holds each value: rows by values."""
    there = rows >= 0
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    columns = rows[there]
    counted = csr_array((np.ones(len(columns)), columns, ends), shape=(len(rows), n_values))
    counted.sum_duplicates()
    return counted


def _shares(each: csr_array) -> Floats:
    """The share of agreeing pairs by item; 0 for items with one value."""
    size = np.asarray(each.sum(axis=1), dtype=np.float64)
    squares = np.asarray(each.multiply(each).sum(axis=1), dtype=np.float64)
    return np.asarray((squares - size) / np.maximum(size * (size - 1), 1))


def _by_prevalence(ratings: Ratings, value: Callable[[Floats], Floats]) -> Sums:
    """Columns: share of agreeing pairs; whether there are pairs; one; r_ik / r_i by value."""
    found = ratings.patterns(least=1)
    sizes, each = found.sizes, value_counts(found.rows, len(ratings.values))
    first = np.column_stack([_shares(each), sizes > 1, np.ones(len(sizes))])
    return found.sums(hstack([csr_array(first), each.multiply(1 / sizes[:, None])]), value)


def _observed_and_shares(sums: Floats) -> tuple[Floats, Floats]:
    return divided(sums[..., 0], sums[..., 1]), divided(sums[..., 3:], sums[..., 2:3])


def _beyond_chance(observed: Floats, expected: Floats) -> Floats:
    left = 1 - expected
    return divided(observed - expected, np.where(left > _NOISE, left, 0))


def _nominal(ratings: Ratings) -> Sums:
    """Columns: disagreeing pairs, r_i (r_i - 1) less the agreeing ones, over r_i - 1; pairable values by value."""
    found = ratings.patterns()
    sizes, each = found.sizes, value_counts(found.rows, len(ratings.values))
    squares = np.asarray(each.multiply(each).sum(axis=1))
    observed = (sizes**2 - squares) / (sizes - 1)
    return found.sums(hstack([csr_array(observed[:, None]), each]), nominal_alpha)


def _interval(ratings: Ratings) -> Sums:
    """The sum of squared differences of all pairs among n numbers is 2 (n sum x^2 - (sum x)^2), of an item as of all.

    Columns: that of the item over r_i - 1; r_i; sum of x; sum of x^2. Numbers count from their median, which keeps
    whole numbers whole and the sums exact.
    """
    found = ratings.patterns()
    rows, sizes, numbers = found.rows, found.sizes, ratings.numbers
    among = np.cumsum(value_counts(rows, len(numbers)).T @ found.counts)
    middle = numbers[np.searchsorted(among, among[-1] / 2)] if len(rows) else 0.0
    # An item's values are summed in their order, whoever gave them.
    x = np.where(rows >= 0, np.append(numbers, 0.0)[rows] - middle, 0.0)
    first, second = x.sum(axis=1), (x**2).sum(axis=1)
    spread = _spread(sizes, first, second)
    parts = np.column_stack([spread / (sizes - 1), sizes, first, second])

    def value(sums: Floats) -> Floats:
        n = sums[..., 1]
        expected = _spread(n, sums[..., 2], sums[..., 3])
        expected = np.where(expected > _NOISE * n * sums[..., 3], expected, 0)
        return 1 - divided(sums[..., 0] * (n - 1), expected)

    return found.sums(parts, value)


def _spread(n: Floats, first: Floats, second: Floats) -> Floats:
    return np.asarray(2 * (n * second - first**2))


def _ordinal(ratings: Ratings) -> Sums:
    """The ordinal difference of two values is that of their mean ranks among all pairable values.

    Ranks change with every resample: the columns are the pairable values by value, and then the coincidences of every
    pair of different values that meets in an item.
    """
    found, n_values = ratings.patterns(), len(ratings.values)
    met = _coincidences(found, n_values)
    pairs, places = np.unique(met.col, return_inverse=True)
    coincidences = csr_array((met.data, (met.row, places)), shape=(len(found.rows), len(pairs)))
    low, high = pairs // n_values, pairs % n_values

    def value(sums: Floats) -> Floats:
        by_value, together = sums[..., :n_values], sums[..., n_values:]
        n = by_value.sum(axis=-1)
        ranks = np.cumsum(by_value, axis=-1) - by_value / 2 - n[..., None] / 2
        observed = (together * (ranks[..., high] - ranks[..., low]) ** 2).sum(axis=-1)
        expected = 2 * n * (by_value * ranks**2).sum(axis=-1)
        return 1 - divided(observed * (n - 1), expected)

    return found.sums(hstack([value_counts(found.rows, n_values), coincidences]), value)


def _ratio(ratings: Ratings) -> Sums:
    """Columns: the squared relative differences of an item's pairs over r_i - 1; the pairable values by value."""
    found, numbers, n_values = ratings.patterns(), ratings.numbers, len(ratings.values)
    met = _coincidences(found, n_values)
    apart = _relative(numbers[met.col // n_values], numbers[met.col % n_values])
    observed = np.bincount(met.row, met.data * apart, minlength=len(found.rows))

    distances = _relative_distances(numbers)

    def value(sums: Floats) -> Floats:
        by_value = sums[..., 1:]
        return 1 - divided(sums[..., 0] * (by_value.sum(axis=-1) - 1), distances(by_value))

    return found.sums(hstack([csr_array(observed[:, None]), value_counts(found.rows, n_values)]), value)


def _relative_distances(numbers: Floats) -> Callable[[Floats], Floats]:
    """The sum of ((x - y) / (x + y))^2 over all pairs of numbers, from how often there is each (last axis).

    Of very many numbers, pair by pair would take too long. As the square is 1 - 4xy / (x + y)^2, and 1 / (x + y)^2 the
    integral of t exp(-tx) exp(-ty) over t > 0, the sum over pairs is an integral of squared sums over numbers. With
    t = exp(s) the trapezoidal rule is exact to the last digits (its error falls as exp(-pi^2 / step)).
    """
    if len(numbers) <= _MOST_RATIOS:
        table = _relative(numbers[:, None], numbers[None, :])
        return lambda counts: np.asarray((counts @ table * counts).sum(axis=-1))
    zero, above = numbers == 0, numbers[numbers > 0]
    step = 0.25
    at = np.exp(np.arange(-np.log(above.max()) - 20, -np.log(above.min()) + 4, step))
    kernel = np.zeros((len(numbers), len(at)))
    kernel[~zero] = above[:, None] * at * np.exp(-above[:, None] * at)

    def distances(counts: Floats) -> Floats:
        alike = 4 * step * ((counts @ kernel) ** 2).sum(axis=-1)
        return np.asarray(counts.sum(axis=-1) ** 2 - counts[..., zero].sum(axis=-1) ** 2 - alike)

    return distances


def _relative(one: Floats, other: Floats) -> Floats:
    both = one + other
    return np.divide(one - other, both, out=np.zeros(both.shape), where=both > 0) ** 2


def _coincidences(found: Patterns, n_values: int) -> coo_array:
    """Pairs of different values that meet in an item, both ways, over r_i - 1.

    Items by pairs, where the pair of the values c < k is c * n_values + k.
    """
    met = [np.zeros((3, 0)), *_met(found.rows, found.sizes, n_values)]
    row, pair, weight = np.concatenate(met, axis=1)
    return coo_array((weight, (row.astype(np.int64), pair.astype(np.int64))), shape=(len(found.rows), n_values**2))


def _met(rows: Ints, sizes: Floats, n_values: int) -> Iterator[Floats]:
    for first in range(rows.shape[1]):
        for second in range(first + 1, rows.shape[1]):
            low, high = rows[:, first], rows[:, second]
            at = np.flatnonzero((low >= 0) & (low != high))
            yield np.stack([at, low[at] * n_values + high[at], 2 / (sizes[at] - 1)])


_ALPHAS: dict[str, Estimator] = {"nominal": _nominal, "ordinal": _ordinal, "interval": _interval, "ratio": _ratio}
