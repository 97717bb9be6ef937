"""The best alignment of annotators' units: which units of different people are one and the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array
from scipy.sparse.csgraph import connected_components

from curation.agreement.spans.continua import Continua, Dissimilarity
from curation.agreement.sums import Floats, Ints

_SCALE = 1e4
"""Savings are scaled up, so that the solver's absolute tolerance of 1e-6 lies far below what is asked of it."""
_TINY = 1e-12
_NONE = -1
_LOOKED_AT = 10
"""So many rows may be looked at for each that is kept."""


class TooManyAlignmentsError(Exception):
    """More unitary alignments may be in the best one than were asked for."""


def best_alignment(units: Continua, unlike: Dissimilarity, most: int | None = None) -> Ints:
    """The unitary alignments of least total disorder, in all continua: rows of one place an annotator, -1 for none.

    Mathet, Widloecher and Metivier 2015, section 4.4 and 5.1.2: every unit is in one row. Units alone in their row
    cost `empty` each, so that it is a set packing of the others by what they save, solved as a linear program;
    where its solution is not whole, the units concerned as an integer one. Raises `TooManyAlignmentsError` if `most`
    are not enough to choose among, for each continuum.
    """
    rows, saved = candidates(units, unlike, most)
    chosen = rows[_packed(rows, saved, len(units.start))]
    alone = np.setdiff1d(np.arange(len(units.start)), chosen)
    single = np.full((len(alone), units.n_annotators), _NONE, dtype=np.int64)
    single[np.arange(len(alone)), units.annotator[alone]] = alone
    return np.vstack([chosen, single])


def disorders(rows: Ints, units: Continua, unlike: Dissimilarity) -> Floats:
    """The disorder of each unitary alignment: the mean over pairs of annotators, `empty` with one who has none; eq. 4.

    Zero if there is but one annotator.
    """
    total, size = np.zeros(len(rows)), np.zeros(len(rows))
    for one in range(units.n_annotators):
        for other in range(one):
            there = (rows[:, one] >= 0) & (rows[:, other] >= 0)
            total[there] += unlike(units, rows[there, one], rows[there, other])
            size += there
    n_pairs = _n_pairs(units.n_annotators)
    return np.asarray((total + (n_pairs - size) * unlike.empty) / max(n_pairs, 1))


def candidates(units: Continua, unlike: Dissimilarity, most_rows: int | None = None) -> tuple[Ints, Floats]:
    """Every row of two or more units that may be in a best alignment, and what it saves against its units alone.

    A row is left out if it costs no less than the same without one of its units, and that one alone: so its
    dissimilarities to the others sum to less than `empty` times the pairs of annotators and the other units. All rows
    that the bound n times `empty` of section 5.1.1 leaves out are among them. Raises `TooManyAlignmentsError` for more
    than `most_rows` a continuum.
    """
    n = units.n_annotators
    bound = np.inf if most_rows is None else most_rows * units.n_continua
    most = (_n_pairs(n) + n - 1) * unlike.empty
    near = _Near(units, unlike.reach(most))
    rows: Ints = np.full((0, n), _NONE, dtype=np.int64)
    sums: Floats = np.zeros((0, n))
    for annotator in range(n):
        if len(rows) > bound or near.count(rows, annotator) > _LOOKED_AT * bound:
            raise TooManyAlignmentsError
        which, added = near.of(rows, annotator)
        extended, grown = rows[which], sums[which]
        for before in range(annotator):
            there = extended[:, before] >= 0
            apart = np.zeros(len(extended))
            apart[there] = unlike(units, extended[there, before], added[there])
            grown[:, before] += apart
            grown[:, annotator] += apart
            kept = np.maximum(grown[:, before], grown[:, annotator]) < most
            extended, grown, added = extended[kept], grown[kept], added[kept]
        extended[:, annotator] = added
        alone = np.flatnonzero(units.annotator == annotator)
        first = np.full((len(alone), n), _NONE, dtype=np.int64)
        first[:, annotator] = alone
        rows = np.vstack([rows, extended, first])
        sums = np.vstack([sums, grown, np.zeros((len(alone), n))])
    if len(rows) > bound:
        raise TooManyAlignmentsError
    size = (rows >= 0).sum(axis=1)
    kept = (size > 1) & (sums.max(axis=1, initial=0) < (_n_pairs(n) + size - 1) * unlike.empty)
    rows, size, sums = rows[kept], size[kept], sums[kept]
    cost = (sums.sum(axis=1) / 2 + (_n_pairs(n) - size * (size - 1) / 2) * unlike.empty) / max(_n_pairs(n), 1)
    saved = size * unlike.empty - cost
    return rows[saved > _TINY], saved[saved > _TINY]


class _Near:
    """Finds, for rows of units, the units of an annotator that lie near enough to the first one of each."""

    def __init__(self, units: Continua, reach: float) -> None:
        length = units.end - units.start
        self._rows_radius = reach * (length + length.max(initial=0)) / 2
        middle = (units.start + units.end) / 2
        apart = np.ptp(middle) + 2 * self._rows_radius.max(initial=0) + 1 if len(middle) else 1.0
        if not np.isfinite(apart):
            raise ValueError("alpha of the dissimilarity is to be more than 0")
        self._place = middle - middle.min(initial=0) + units.continuum * apart
        self._slack = 1e-9 * (self._place.max(initial=0) + 1)
        ordered = np.argsort(self._place, kind="stable")
        self._of = [ordered[units.annotator[ordered] == one] for one in range(units.n_annotators)]

    def of(self, rows: Ints, annotator: int) -> tuple[Ints, Ints]:
        """Positions in `rows`, each as often as there are units near it; and those units."""
        begin, end = self._between(rows, annotator)
        times = end - begin
        which = np.repeat(np.arange(len(rows)), times)
        offset = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
        return which, self._of[annotator][np.repeat(begin, times) + offset]

    def count(self, rows: Ints, annotator: int) -> int:
        """How many there are."""
        begin, end = self._between(rows, annotator)
        return int((end - begin).sum())

    def _between(self, rows: Ints, annotator: int) -> tuple[Ints, Ints]:
        theirs = self._of[annotator]
        first = rows[np.arange(len(rows)), (rows >= 0).argmax(axis=1)]
        radius = self._rows_radius[first] + self._slack
        begin = np.searchsorted(self._place[theirs], self._place[first] - radius)
        return begin, np.searchsorted(self._place[theirs], self._place[first] + radius)


def _packed(rows: Ints, saved: Floats, n_units: int) -> NDArray[np.bool_]:
    """Which rows to take, so that none shares a unit with another and they save the most."""
    chosen = np.zeros(len(rows), dtype=bool)
    if not len(rows):
        return chosen
    of_row, of_annotator = np.nonzero(rows >= 0)
    within = csc_array((np.ones(len(of_row)), (rows[of_row, of_annotator], of_row)), shape=(n_units, len(rows)))
    shares = _solved(within, saved, whole=False)
    chosen[shares > 0.5] = True
    broken = np.abs(shares - np.round(shares)) > 1e-6
    if broken.any():
        _, group = connected_components(within @ within.T, directed=False)
        by_row = group[rows.max(axis=1)]
        for one in np.unique(by_row[broken]):
            mine = np.flatnonzero(by_row == one)
            chosen[mine] = _solved(within[:, mine], saved[mine], whole=True) > 0.5
    return chosen


def _solved(within: csc_array, saved: Floats, *, whole: bool) -> Floats:
    used = within[np.flatnonzero(within.sum(axis=1) > 0)]
    solution = milp(
        -_SCALE * saved,
        integrality=np.full(len(saved), int(whole)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(used, -np.inf, 1),
        options={"mip_rel_gap": 0},
    )
    if solution.x is None:
        raise ArithmeticError(f"no best alignment was found: {solution.message}")
    return np.asarray(solution.x)


def _n_pairs(n: int) -> int:
    return n * (n - 1) // 2
