"""Cohen's kappa: annotator by annotator, and the mean of all pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array, hstack

from curation.agreement.estimators import value_counts
from curation.agreement.patterns import Patterns
from curation.agreement.ratings import Ratings
from curation.agreement.sums import Floats, Ints, Sums, divided

_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Pair:
    """Two annotators, and the patterns of the items that both rated, a column for each."""

    one: str
    other: str
    shared: Patterns


def pairs(ratings: Ratings) -> list[Pair]:
    """All pairs of annotators who have an item in common, by name."""
    found = []
    for one, other in combinations(range(len(ratings.annotators)), 2):
        shared = Patterns.of(ratings.codes[:, [one, other]], len(ratings.values), 2, ratings.clusters)
        if shared.n_items:
            found.append(Pair(ratings.annotators[one], ratings.annotators[other], shared))
    return found


def cohen_kappa(pair: Pair, ratings: Ratings) -> Sums:
    """Cohen's kappa (1960, eq. 1): agreement beyond what each annotator's own frequencies of values give by chance.

    Missing values: items that both rated. Columns: items, agreeing ones, the values of one and those of the other
    that both give to some item.
    """
    return pair.shared.sums(*_plain(pair.shared.rows, len(ratings.values)))


def weighted_kappa(pair: Pair, ratings: Ratings) -> Sums:
    """Weighted kappa (Cohen 1968), 1 - observed / expected disagreement, with squared differences as weights.

    Differences are of places in the order of values at the ordinal level (as if values stood equally far apart), of
    numbers above. Columns: items; squared differences; sums of one and other, and of their squares.
    """
    return pair.shared.sums(*_weighted(pair.shared.rows, ratings.numbers))


def mean_kappa(ratings: Ratings, chosen: Iterable[tuple[int, int]], *, weighted: bool = False) -> Sums:
    """The mean of the kappas of these pairs of annotators, given as columns of `ratings.codes` (Light 1971).

    It is resampled as a whole: an item is drawn with all its ratings, and a pair without a kappa in a resample is left
    out of that one's mean.
    """
    found = Patterns.of(ratings.codes, len(ratings.values), 2, ratings.clusters)
    parts: list[csr_array] = []
    values: list[Callable[[Floats], Floats]] = []
    for one, other in chosen:
        rows = found.rows[:, [one, other]]
        both = np.flatnonzero((rows >= 0).all(axis=1))
        # What one of them did not rate adds nothing to the pair's sums.
        spread = csr_array((np.ones(len(both)), (both, np.arange(len(both)))), shape=(len(rows), len(both)))
        part, value = _weighted(rows[both], ratings.numbers) if weighted else _plain(rows[both], len(ratings.values))
        parts.append(csr_array(spread @ part))
        values.append(value)
    ends = np.cumsum([0, *(part.shape[1] for part in parts)])

    def mean(sums: Floats) -> Floats:
        each = np.stack([value(sums[..., ends[at] : ends[at + 1]]) for at, value in enumerate(values)])
        defined = np.isfinite(each)
        return divided(np.where(defined, each, 0).sum(axis=0), defined.sum(axis=0).astype(np.float64))

    return found.sums(hstack(parts), mean)


def _plain(rows: Ints, n_values: int) -> tuple[csr_array, Callable[[Floats], Floats]]:
    # Only what both say adds to expected agreement; of numbers with many digits that is little.
    shared = np.intersect1d(rows[:, 0], rows[:, 1])
    places = np.full(n_values, -1)
    places[shared] = np.arange(len(shared))
    same = np.column_stack([np.ones(len(rows)), rows[:, 0] == rows[:, 1]])
    each = [value_counts(places[rows[:, [column]]], len(shared)) for column in (0, 1)]
    end = 2 + len(shared)

    def value(sums: Floats) -> Floats:
        n = sums[..., 0]
        expected = divided((sums[..., 2:end] * sums[..., end:]).sum(axis=-1), n**2)
        return divided(divided(sums[..., 1], n) - expected, np.where(1 - expected > _NOISE, 1 - expected, 0))

    return csr_array(hstack([csr_array(same), *each])), value


def _weighted(rows: Ints, numbers: Floats) -> tuple[csr_array, Callable[[Floats], Floats]]:
    # Counted from one of the values, whole numbers stay whole and large ones lose no digits.
    one, other = (numbers[rows] - numbers[len(numbers) // 2]).T
    parts = np.column_stack([np.ones(len(rows)), (one - other) ** 2, one, other, one**2, other**2])

    def value(sums: Floats) -> Floats:
        n, observed, first, second, squares, other_squares = np.moveaxis(sums, -1, 0)
        size = n * (squares + other_squares)
        expected = size - 2 * first * second
        return 1 - divided(observed * n, np.where(expected > _NOISE * size, expected, 0))

    return csr_array(parts), value
