"""Krippendorff's alpha for unitizing: the family u-alpha, |u-alpha, cu-alpha and (k)u-alpha.

Krippendorff, Mathet, Bouvry and Widloecher: On the reliability of unitizing textual continua: further developments.
Quality & Quantity 50 (2016); its equations are named below. l_ck are observed coincidences: the length of text that
one annotator valued c and another k, over all ordered pairs, divided by m - 1; e_ck are the expected ones. The gaps
between units have a value of their own, here 0.

Two things go beyond the paper. Several articles are one continuum, laid end to end: no unit reaches from one into the
next, so that all sums are those of the articles. Units of one annotator that overlap, which the paper rules out, are
cut wherever one begins or ends, and each piece is a unit whose value is the set of labels over it; `u_alpha` of the
articles with one label only (`MarkedArticle.only`) is the agreement on that layer alone. A stretch of a discontinuous
unit is a unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from curation.agreement.spans.units import MarkedArticle
from curation.agreement.spans.values import NOTHING, Runs, Value, characters, coded, runs_of_values
from curation.agreement.sums import Floats, Ints, Sums, divided, over_articles

Coefficient = Callable[[Floats], Floats]

_NOISE = 1e-12
_COLUMNS = 5
"""By value: l_c., l_cc, squares of the lengths of units; l_c. and squares of the parts that meet units of others."""


def unitizing_alphas(articles: Sequence[MarkedArticle]) -> dict[str, Sums]:
    """All coefficients by name: `u_alpha`, `|u_alpha`, `cu_alpha`, and `(k)u_alpha` with each value as k.

    A value is a label, or several joined by `+` where units overlap.

    A unit of the sums is an article; one with fewer than two annotators adds nothing.
    """
    codes: dict[Value, int] = {NOTHING: 0}
    counted = [_counted(article, codes) for article in articles]
    values = [NOTHING, *sorted(codes.keys() - {NOTHING})]
    place = {codes[value]: number for number, value in enumerate(values)}
    parts = np.zeros((len(articles), len(codes), _COLUMNS))
    for row, one in enumerate(counted):
        parts[row, [place[code] for code in range(len(one))]] = one
    coefficients: dict[str, Coefficient] = {"u_alpha": u_alpha, "|u_alpha": gap_alpha, "cu_alpha": coding_alpha}
    for number, value in enumerate(values[1:], 1):
        coefficients[f"({'+'.join(value)})u_alpha"] = value_alpha(number)
    flat = parts.reshape(len(articles), len(codes) * _COLUMNS)
    return {name: over_articles(flat, _shaped(value)) for name, value in coefficients.items()}


def u_alpha(by: Floats) -> Floats:
    """Agreement on gaps, units and their values: 1 - (l.. - sum of l_cc) / (l.. - sum of e_cc); eq. 5a.

    e_cc by eq. 4: l.. (l_c.^2 - s_c) / (l..^2 - sum of s_c), where s_c sums the squares of the lengths of the units of
    value c, and for gaps their lengths.
    """
    total, squares = by[..., 0].sum(axis=-1), by[..., 2].sum(axis=-1)
    unequal = total**2 - (by[..., 0] ** 2).sum(axis=-1)
    return 1 - divided((total - by[..., 1].sum(axis=-1)) * (total**2 - squares), total * unequal)


def gap_alpha(by: Floats) -> Floats:
    """Agreement on what is a unit at all, whatever its value: 1 - (l_0. - l_00) / (e_0. - e_00); eq. 6."""
    total, squares = by[..., 0].sum(axis=-1), by[..., 2].sum(axis=-1)
    gaps = by[..., 0, 0]
    return 1 - divided((gaps - by[..., 0, 1]) * (total**2 - squares), total * gaps * (total - gaps))


def coding_alpha(by: Floats) -> Floats:
    """Agreement on the values of units where units of two annotators meet; eq. 11.

    1 - (l*.. - sum of l_cc) / (l*.. - sum of e*_cc) over values that are no gap, with l*_c. the length that meets units
    of others, and e*_cc = (l*_c.^2 - s*_c) / (l*.. - sum of s*_c / l*..); eq. 10. s*_c sums, over units of value c and
    the other annotators, the squares of the lengths in which the two meet, divided by m - 1. For three or more
    annotators other programs square the union of what the others marked, which misses the paper's own example.
    """
    met = by[..., 1:, 3]
    total = met.sum(axis=-1)
    unequal = total**2 - (met**2).sum(axis=-1)
    return 1 - divided((total - by[..., 1:, 1].sum(axis=-1)) * _spread(by), total * unequal)


def value_alpha(code: int) -> Coefficient:
    """Agreement on one value where units meet: 1 - (e*_k. / l*_k.) (l*_k. - l_kk) / (e*_k. - e*_kk); eq. 13b."""

    def value(by: Floats) -> Floats:
        met = by[..., code, 3]
        total = by[..., 1:, 3].sum(axis=-1)
        marginal = np.where(np.isnan(_spread(by)), np.nan, met * total - by[..., code, 4])
        return 1 - divided(marginal * (met - by[..., code, 1]), met * met * (total - met))

    return value


def _spread(by: Floats) -> Floats:
    """l*..^2 - sum of s*_c of eq. 10. NaN where it is not more than 0: where three or more annotators meet so seldom
    that no two stretches are left to be paired by chance.
    """
    square = by[..., 1:, 3].sum(axis=-1) ** 2
    spread = square - by[..., 1:, 4].sum(axis=-1)
    return np.where(spread > _NOISE * square, spread, np.nan)


def _shaped(value: Coefficient) -> Coefficient:
    return lambda sums: value(sums.reshape(*sums.shape[:-1], -1, _COLUMNS))


def _counted(article: MarkedArticle, codes: dict[Value, int]) -> Floats:
    """Of one article the sums that all coefficients need: values by `_COLUMNS`."""
    m = len(article.units)
    length, covered = characters(article)
    if m < 2 or not length:
        return np.zeros((0, _COLUMNS))
    runs = [runs_of_values(units, covered) for units in article.units.values()]
    rows, weights = coded(runs, length, codes)
    each = (rows[:, :, None] == np.arange(len(codes))).sum(axis=1, dtype=np.float64)
    by = np.zeros((len(codes), _COLUMNS))
    by[:, 0] = weights @ each
    by[:, 1] = weights @ (each * (each - 1)) / (m - 1)
    by[0, 2] = by[0, 0]
    marked = m - each[:, 0]
    by[1:, 3] = ((weights * np.maximum(marked - 1, 0)) @ each[:, 1:]) / (m - 1)
    edges = np.concatenate([[0.0], np.cumsum(weights)])
    for column, one in enumerate(runs):
        _add_squares(by, one, np.delete(rows, column, axis=1), edges, codes)
    return by


def _add_squares(by: Floats, runs: Runs, others: Ints, edges: Floats, codes: dict[Value, int]) -> None:
    """Add, for the units of one annotator, the squares of their lengths, and of the lengths that meet the others'."""
    if not runs:
        return
    of = np.array([codes[value] for _, _, value in runs])
    starts, ends = (np.array([run[at] for run in runs], dtype=np.float64) for at in (0, 1))
    np.add.at(by[:, 2], of, (ends - starts) ** 2)
    covered = np.vstack([np.zeros(others.shape[1]), np.cumsum((others > 0) * np.diff(edges)[:, None], axis=0)])
    met = covered[np.searchsorted(edges, ends)] - covered[np.searchsorted(edges, starts)]
    np.add.at(by[:, 4], of, (met**2).sum(axis=1) / others.shape[1])
