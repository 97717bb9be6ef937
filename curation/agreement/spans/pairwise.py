"""F1 of two annotators' units: exact, by overlap, or with boundaries that may lie a little apart.

Units are paired one-to-one with as many pairs as can be (a maximum matching, Kuhn 1955; Hripcsak and Rothschild 2005
on F as agreement where what nobody marked cannot be counted). F1 is 2 pairs / (units of one + units of the other): it
is the same whichever of the two counts as gold. It is micro over articles and then the mean over pairs of annotators.

An article in which neither marked anything has nothing to count and adds nothing; that they agree on it is seen by
`u_alpha` and by alpha over tokens. A pair of annotators without a unit in any common article is no part of the mean.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from curation.agreement.spans.units import MarkedArticle, Unit, pairs, tokens
from curation.agreement.sums import Floats, Sums, divided, over_articles
from curation.matching import Extent, Overlap, iou

Alike = Callable[[MarkedArticle], Callable[[Extent, Extent], bool]]
"""Of an article, whether two units, whatever their labels, may be one and the same."""


def exact() -> Alike:
    """Units that cover the very same characters."""
    return lambda article: lambda one, other: one == other


def overlapping(least: float = 0.5, overlap: Overlap = iou) -> Alike:
    """Units whose overlap (`matching.iou` or `matching.dice`) is at least `least`; they always share a character.

    Raises `ValueError` unless `least` is in 0 to 1.
    """
    if not 0 <= least <= 1:
        raise ValueError(f"an overlap is between 0 and 1, not {least}")

    def alike(one: Extent, other: Extent) -> bool:
        near = one[0][0] < other[-1][1] and other[0][0] < one[-1][1]
        return near and (score := overlap(one, other)) >= least and score > 0

    return lambda article: alike


def tolerant(within: int, *, of: str = "characters") -> Alike:
    """Units of as many stretches, each boundary of which lies at most `within` characters, or tokens, from the other's.

    Of tokens, a boundary is that of the first or last token that the stretch covers. Raises `ValueError` if `within`
    is less than 0, or `of` neither of the two.
    """
    if within < 0 or of not in ("characters", "tokens"):
        raise ValueError(f"no tolerance: {within} {of}")

    def alike(article: MarkedArticle) -> Callable[[Extent, Extent], bool]:
        measured = _in_tokens(article.text) if of == "tokens" else lambda place: place
        return lambda one, other: (
            len(one) == len(other)
            and all(
                abs(ours - theirs) <= within
                for mine, yours in zip(map(measured, one), map(measured, other), strict=True)
                for ours, theirs in zip(mine, yours, strict=True)
            )
        )

    return alike


def pairwise_f1(articles: Sequence[MarkedArticle], alike: Alike, *, labelled: bool = True) -> Sums:
    """Mean over pairs of annotators of F1 over the articles that both annotated.

    With `labelled`, units of different labels are never a pair. A unit of the sums is an article; columns, by pair of
    annotators: twice the pairs of units, and the units of both.
    """
    couples = list(pairs(articles))
    parts = np.zeros((len(articles), len(couples), 2))
    for row, article in enumerate(articles):
        same = alike(article)
        for column, (one, other) in enumerate(couples):
            if one in article.units and other in article.units:
                ours, theirs = article.units[one], article.units[other]
                parts[row, column] = 2 * n_pairs(ours, theirs, same, labelled=labelled), len(ours) + len(theirs)
    return over_articles(parts.reshape(len(articles), 2 * len(couples)), _mean_of_pairs)


def f1_by_pair(articles: Sequence[MarkedArticle], measured: Sums) -> dict[tuple[str, str], float | None]:
    """What `pairwise_f1` is the mean of, by pair of annotators; None where neither marked anything."""
    by = measured.total.reshape(-1, 2)
    each = divided(by[:, 0], by[:, 1])
    return {couple: float(f1) if np.isfinite(f1) else None for couple, f1 in zip(pairs(articles), each, strict=True)}


def n_pairs(
    ours: Sequence[Unit], theirs: Sequence[Unit], alike: Callable[[Extent, Extent], bool], *, labelled: bool
) -> int:
    """How many units can be paired at most, each with one other that is alike."""
    may: NDArray[np.bool_] = np.array(
        [
            [(not labelled or one.label == other.label) and alike(one.extent, other.extent) for other in theirs]
            for one in ours
        ],
        dtype=bool,
    ).reshape(len(ours), len(theirs))
    may = may[may.any(axis=1)][:, may.any(axis=0)]
    if may.shape[0] == may.shape[1] == may.sum():
        return may.shape[0]
    return int(may[linear_sum_assignment(may, maximize=True)].sum())


def _mean_of_pairs(sums: Floats) -> Floats:
    by = sums.reshape(*sums.shape[:-1], -1, 2)
    there = by[..., 1] > 0
    each = np.where(there, divided(by[..., 0], by[..., 1]), 0.0)
    return divided(each.sum(axis=-1), there.sum(axis=-1).astype(np.float64))


def _in_tokens(text: str) -> Callable[[tuple[int, int]], tuple[int, int]]:
    found = tokens(text)
    starts, ends = [start for start, _ in found], [end for _, end in found]
    return lambda place: (bisect_left(ends, place[0] + 1), bisect_left(starts, place[1]))
