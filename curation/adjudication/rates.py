"""Shares with intervals, and tests of whether something happens oftener than it should, from sums over articles.

Votes on one article are not independent of each other. Sums of each article's counts and of their squares are enough to
allow for that, so that nothing grows with the number of articles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import erfc, isinf, sqrt

import numpy as np

Z = 1.959963984540054
"""The 97.5% quantile of the normal distribution: intervals are of 95%."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of `n`, with its interval; None and the `reason` where there is none.

    `articles` is how many articles they are from.
    """

    share: float | None
    low: float | None = None
    high: float | None = None
    n: float = 0
    articles: int = 0
    reason: str | None = None


@dataclass(slots=True)
class Sums:
    """Two counts of every article, `x` and `y`, and the sums of their squares and products."""

    articles: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    def add(self, x: float, y: float) -> None:
        """Count an article, if it has anything of either."""
        if x or y:
            self.articles += 1
            self.x += x
            self.y += y
            self.xx += x * x
            self.xy += x * y
            self.yy += y * y

    def with_(self, other: Sums, sign: int = 1) -> Sums:
        """The sums of both, or with `sign` -1 what is left without the other, whose articles are among these."""
        return Sums(*(getattr(self, name) + sign * getattr(other, name) for name in Sums.__slots__))

    def off(self, ratio: float) -> tuple[float, float]:
        """The sum of `x - ratio * y` over articles, and the sum of the squares of it."""
        total = self.x - ratio * self.y
        return total, max(self.xx - 2 * ratio * self.xy + ratio * ratio * self.yy, 0.0)

    def rate(self) -> Rate:
        """`x` as a share of `y`, with Wilson's interval (1927) at the number of votes that these are worth.

        That is their number divided by the design effect (Rao and Scott 1992, section 2): the variance of the share
        between articles over that of as many independent votes, where it is above 1. A share of 0 or 1 has no variance,
        and then the articles are counted.
        """
        if not self.y:
            return Rate(None, reason="there is nothing to compare")
        share = min(max(self.x / self.y, 0.0), 1.0)
        if self.articles < 2:
            return Rate(share, n=self.y, articles=self.articles, reason="one article tells no interval")
        worth = self.y
        if share in (0.0, 1.0):
            worth = min(self.y, self.articles)
        else:
            _, squares = self.off(share)
            between = self.articles / (self.articles - 1) * squares / self.y**2
            worth = self.y / max(between * self.y / (share * (1 - share)), 1.0)
        low, high = wilson(share, worth)
        return Rate(share, low, high, self.y, self.articles)


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95% interval of a share of n independent votes: E. B. Wilson (1927), JASA 22(158), 209-212."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(middle - half, 0.0) if share > 0 else 0.0, min(middle + half, 1.0) if share < 1 else 1.0


def oftener(total: float, squares: float) -> float:
    """The one-sided p-value of a sum over articles that is 0 in the mean, from the sum of the squares.

    The sum over the root of the sum of squares is compared with the normal distribution. It is never larger than the
    root of the number of articles, so that few articles never say much; and for counts of rare events, which are skewed
    to the right, it errs on the side of saying nothing (de la Peña, Lai and Shao 2009, chapter 2).
    """
    if squares <= 0 or total <= 0:
        return 1.0
    return 0.5 * erfc(total / sqrt(squares) / sqrt(2))


def exceeding(events: int, chances: Mapping[float, int]) -> float:
    """The probability of at least so many events among independent ones, of which `chances` counts each probability."""
    from scipy.signal import fftconvolve
    from scipy.stats import binom

    masses = np.ones(1)
    for chance, count in sorted(chances.items()):
        masses = fftconvolve(masses, binom.pmf(np.arange(count + 1), count, chance))
    return float(min(max(masses[events:].sum(), 0.0), 1.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted so that any false one is as rare as the level says: S. Holm (1979), Scand J Stat 6, 65-70."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


@dataclass(slots=True)
class Excluding:
    """Sums over articles, and the same without each annotator: `without` has them of the articles that differ.

    What an annotator had no part in is the same with and without them, so that it is counted once.
    """

    whole: Sums = field(default_factory=Sums)
    touched: dict[str, Sums] = field(default_factory=dict)
    without: dict[str, Sums] = field(default_factory=dict)

    def add(self, x: float, y: float, without: Mapping[str, tuple[float, float]]) -> None:
        """Count an article; `without` are its counts without each of its annotators."""
        self.whole.add(x, y)
        for name, (less_x, less_y) in without.items():
            self.touched.setdefault(name, Sums()).add(x, y)
            self.without.setdefault(name, Sums()).add(less_x, less_y)

    def lacking(self, annotator: str | None) -> Sums:
        """The sums without an annotator; with all of them for None."""
        if annotator is None or annotator not in self.touched:
            return self.whole
        return self.whole.with_(self.touched[annotator], -1).with_(self.without[annotator])


@dataclass(slots=True)
class Deviation:
    """How often an annotator was off where it was asked, and how often that would be if all were off alike.

    `others` is how often the others were off on the same items; both are of `n`. `chances` counts the independent
    probabilities of the former by item, if these are known.
    """

    n: float = 0.0
    off: float = 0.0
    expected: float = 0.0
    others: float = 0.0
    articles: int = 0
    squares: float = 0.0
    chances: dict[float, int] = field(default_factory=dict)

    def add(self, n: float, off: float, expected: float, others: float) -> None:
        """Count an article."""
        if not n:
            return
        self.articles += 1
        self.n += n
        self.off += off
        self.expected += expected
        self.others += others
        self.squares += (off - expected) ** 2

    def p_value(self) -> float:
        """How probable it is to be off as often as that if all were alike: the larger of two values.

        One takes articles as independent, the other, where items were compared one by one, items.
        """
        p = oftener(self.off - self.expected, self.squares)
        return max(p, exceeding(round(self.off), self.chances)) if self.chances and not isinf(p) else p
