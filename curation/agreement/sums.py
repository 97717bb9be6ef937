"""Measures as functions of sums over units, so that resampling units is one product of matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sums:
    """A measure that depends on its units through sums alone.

    `parts` are units by columns: what each unit adds to each sum. `counts` says how often each unit occurs, as equal
    ones need to stand there once; `value` turns sums, whose last axis are the columns, into the measure, NaN where it
    has none. A unit is what is drawn: an article, or an item of a table.
    """

    parts: csr_array = field(repr=False)
    counts: Ints = field(repr=False)
    value: Callable[[Floats], Floats]

    @classmethod
    def of(cls, parts: csr_array | Floats, value: Callable[[Floats], Floats]) -> Sums:
        """A measure of units of which none stands for others."""
        return cls(csr_array(parts), np.ones(parts.shape[0], dtype=np.int64), value)

    @property
    def total(self) -> Floats:
        """The sums over all units."""
        return np.asarray(self.parts.T @ self.counts.astype(np.float64))

    @property
    def point(self) -> float | None:
        """The measure on all units; None where it has no value."""
        value = float(self.value(self.total))
        return value if np.isfinite(value) else None

    def in_blocks(self, most: int, random: Generator) -> Sums:
        """The same sums over at most so many blocks of equally many units, up to one, that chance puts together."""
        if len(self.counts) <= most:
            return self
        units = random.permutation(np.repeat(np.arange(len(self.counts)), self.counts))
        block = np.arange(len(units)) * most // len(units)
        shape = (most, len(self.counts))
        blocks = csr_array((np.ones(len(units)), (block, units)), shape=shape) @ self.parts
        return Sums(csr_array(blocks), np.ones(most, dtype=np.int64), self.value)

    def weighted(self, weights: Floats) -> Floats:
        """The measure with each unit taken as often as `weights` (rows by units) say; one value a row."""
        return self.value(np.asarray((self.parts.T @ weights.T).T))


def divided(above: Floats, below: Floats) -> Floats:
    """A quotient that is NaN where there is nothing to divide by."""
    above, below = np.broadcast_arrays(above, below)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0), dtype=np.float64)


def quotient(sums: Floats) -> Floats:
    """The first sum over the second."""
    return divided(sums[..., 0], sums[..., 1])


def nominal_alpha(sums: Floats) -> Floats:
    """Krippendorff 2004, section 11.3, nominal: 1 - (n - 1) (n - sum of o_cc) / (n^2 - sum of n_c^2).

    The first sum is the disagreement n - sum of o_cc, the others are n_c by value.
    """
    by_value = sums[..., 1:]
    n = by_value.sum(axis=-1)
    return 1 - divided(sums[..., 0] * (n - 1), n**2 - (by_value**2).sum(axis=-1))


def over_articles(parts: Floats, value: Callable[[Floats], Floats]) -> Sums:
    """A measure of the sums of `parts`, articles by columns. Articles that add nothing have no say in it.

    Articles are put in an order of their own, so that no interval depends on how they came.
    """
    told = parts[parts.any(axis=1)]
    distinct, counts = np.unique(told, axis=0, return_counts=True) if len(told) else (told, np.zeros(0, dtype=np.int64))
    return Sums(csr_array(distinct), counts, value)
