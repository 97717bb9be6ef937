"""How sure a figure is: intervals from resampling the units, articles or items, that it was taken of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from curation.agreement.figures import Figure
from curation.agreement.sums import Floats, Sums
from curation.text import counted

SEED = 20260302
RESAMPLES = 2000
FEWEST = 10
"""The fewest units that an interval is taken of; below, resamples say more about chance than about annotators."""

_DEFINED = 0.9
_CELLS = 4_000_000
_MOST_DRAWN = 5000
"""So many different units are drawn one by one. More are drawn in blocks: how far a measure varies is the same whether
many units are drawn or a part of them each time, as long as there are many parts, and takes far less time.
"""


@dataclass(frozen=True, slots=True)
class Interval:
    """The ends of an interval, or None and the reason for it; no reason if none was asked for."""

    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """BCa intervals, bias-corrected and accelerated (Efron 1987; Efron and Tibshirani 1993, eq. 14.9 to 14.15).

    `resamples` is how often units are drawn anew, 0 for no intervals; the same `seed` gives the same interval. Plain
    percentile intervals hold too seldom where annotators agree much and are few, which these mend; `python -m
    benchmarks.agreement` measures both.
    """

    resamples: int = RESAMPLES
    seed: int = SEED
    confidence: float = 0.95

    def interval(self, sums: Sums) -> Interval:
        """The interval of a measure over its units. It depends on what the units are and not on their order, if `sums`
        has them in an order of their own, as patterns are.
        """
        point, n = sums.point, int(sums.counts.sum())
        if not self.resamples or point is None:
            return Interval()
        if n < FEWEST:
            few = f"{counted(n, 'unit')} {'is' if n == 1 else 'are'} too few"
            return Interval(reason=f"{few} for an interval, which takes {FEWEST}")
        sums = sums.in_blocks(_MOST_DRAWN, np.random.default_rng(self.seed))
        drawn = self.draws(sums)
        values = drawn[np.isfinite(drawn)]
        if len(values) < _DEFINED * self.resamples:
            missing = self.resamples - len(values)
            return Interval(reason=f"{missing} of {self.resamples} resamples have no value: labels are too rare")
        if np.ptp(values) <= 1e-12:
            return Interval(reason="all resamples have the same value")
        low, high = np.quantile(values, self._places(values, point, sums))
        return Interval(float(low), float(high))

    def completed(self, figure: Figure, sums: Sums) -> Figure:
        """A figure with its interval, or with the reason in its details, by the name `no_interval`."""
        found = self.interval(sums)
        if found.reason is not None:
            return replace(figure, details={**figure.details, "no_interval": found.reason})
        return figure.within(found.low, found.high)

    def draws(self, sums: Sums) -> Floats:
        """The measure on every resample, NaN where it has no value.

        Equal units are drawn together: how often one of them is drawn is multinomial.
        """
        random = np.random.default_rng(self.seed)
        n = int(sums.counts.sum())
        step = max(1, _CELLS // max(sums.parts.shape))
        drawn: list[Floats] = [np.zeros(0)]
        for start in range(0, self.resamples, step):
            weights = random.multinomial(n, sums.counts / n, size=min(step, self.resamples - start))
            drawn.append(sums.weighted(weights.astype(np.float64)))
        return np.concatenate(drawn)

    def _places(self, values: Floats, point: float, sums: Sums) -> Floats:
        """Which quantiles of the resamples are the ends (Efron and Tibshirani 1993, eq. 14.10)."""
        # Half of the ties, as figures of few labels have many.
        below = np.mean(values < point - 1e-12) + np.mean(abs(values - point) <= 1e-12) / 2
        bias = ndtri(np.clip(below, 1 / len(values), 1 - 1 / len(values)))
        tail = (1 - self.confidence) / 2
        ends = bias + ndtri(np.array([tail, 1 - tail]))
        return np.asarray(ndtr(bias + ends / (1 - _acceleration(sums) * ends)))


def _acceleration(sums: Sums) -> float:
    """The skew of what one unit more or less changes: eq. 14.15, from the measure without each unit in turn."""
    rows, columns = sums.parts.shape
    total, step = sums.total, max(1, _CELLS // columns)
    without = [sums.value(total - sums.parts[start : start + step].toarray()) for start in range(0, rows, step)]
    left = np.concatenate(without)
    defined = np.isfinite(left)
    counts, left = sums.counts[defined], left[defined]
    if not counts.sum():
        return 0.0
    away = np.average(left, weights=counts) - left
    spread = float((counts * away**2).sum())
    return float((counts * away**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0
