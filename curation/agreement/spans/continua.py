"""Units as arrays, and how unlike two of them are: what the alignments of gamma work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.agreement.spans.units import Unit
from curation.agreement.sums import Floats, Ints


@dataclass(frozen=True, slots=True)
class Continua:
    """The units of one or several continua, one a place in each array, all annotated by `n_annotators` people.

    `label` and `annotator` are codes from 0; `continuum` tells which continuum a unit is of, from 0 to
    `n_continua` - 1. A continuum may have no unit at all.
    """

    start: Floats
    end: Floats
    label: Ints
    annotator: Ints
    continuum: Ints
    n_annotators: int
    n_continua: int = 1

    @classmethod
    def of(cls, units: Mapping[str, Sequence[Unit]]) -> Continua:
        """The units of one article: of a discontinuous one, its first start and its last end."""
        codes = {label: code for code, label in enumerate(sorted({one.label for of in units.values() for one in of}))}
        every = [(code, unit) for code, annotator in enumerate(sorted(units)) for unit in sorted(units[annotator])]
        return cls(
            np.array([unit.start for _, unit in every], dtype=np.float64),
            np.array([unit.end for _, unit in every], dtype=np.float64),
            np.array([codes[unit.label] for _, unit in every], dtype=np.int64),
            np.array([code for code, _ in every], dtype=np.int64),
            np.zeros(len(every), dtype=np.int64),
            len(units),
        )

    @classmethod
    def together(cls, several: Sequence[Continua]) -> Continua:
        """All of them at once: the continua of each in turn. They have the same number of annotators."""
        before = np.cumsum([0] + [one.n_continua for one in several])
        return cls(
            np.concatenate([one.start for one in several]),
            np.concatenate([one.end for one in several]),
            np.concatenate([one.label for one in several]),
            np.concatenate([one.annotator for one in several]),
            np.concatenate([one.continuum + first for one, first in zip(several, before[:-1], strict=True)]),
            several[0].n_annotators,
            int(before[-1]),
        )

    @property
    def n_units(self) -> Ints:
        """How many units each continuum has, of all annotators."""
        return np.bincount(self.continuum, minlength=self.n_continua)


@dataclass(frozen=True, slots=True)
class Dissimilarity:
    """The combined dissimilarity of Mathet, Widloecher and Metivier 2015, section 4.3: `alpha` times the positional
    and `beta` times the categorial one; that to no unit at all is `empty`.

    The positional one of two units (eq. 1) is ((|difference of starts| + |difference of ends|) / (length of one +
    length of the other))^2 times `empty`; the categorial one of different labels is `empty`, of the same one 0.
    """

    alpha: float = 1.0
    beta: float = 1.0
    empty: float = 1.0

    def __call__(self, units: Continua, one: Ints, other: Ints) -> Floats:
        """How unlike the units at the places `one` and `other` are."""
        start, end = units.start, units.end
        apart = np.abs(start[one] - start[other]) + np.abs(end[one] - end[other])
        lengths = end[one] - start[one] + end[other] - start[other]
        unlike: NDArray[np.bool_] = units.label[one] != units.label[other]
        return np.asarray(self.empty * (self.alpha * (apart / lengths) ** 2 + self.beta * unlike))

    def reach(self, most: float) -> float:
        """How far apart the middles of two units are at most, in their mean length, if they are so unlike at most."""
        return float(np.sqrt(most / (self.empty * self.alpha))) if self.alpha else np.inf
