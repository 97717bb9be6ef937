"""Gamma: agreement on units by their best alignment, against that of units laid down by chance.

Mathet, Widloecher and Metivier: The unified and holistic method gamma for inter-annotator agreement measure and
alignment. Computational Linguistics 41 (2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.random import Generator, default_rng

from curation.agreement.spans.continua import Continua, Dissimilarity
from curation.agreement.spans.unitary import best_alignment, disorders
from curation.agreement.spans.units import MarkedArticle
from curation.agreement.sums import Floats, Sums, over_articles, quotient

_SHORTEST = 1e-6
_AT_ONCE = 4000
"""Units of two or three annotators that are aligned in one go: solving has a cost for each call, and more than linear
ones for its size.
"""
_GROWTH = 6
"""About so many times more alignments there are with one annotator more."""
_CONFIDENCE = 1.96


def gamma(
    articles: Sequence[MarkedArticle],
    unlike: Dissimilarity | None = None,
    *,
    samples: int = 30,
    precision: float | None = None,
    seed: int = 0,
    most: int | None = None,
) -> Sums:
    """1 - observed / expected disorder, each summed over articles and weighted by their mean number of units.

    Of one article it is the gamma of section 4.4. Articles with fewer than two annotators, or in which nobody marked
    anything, have nothing to align and add nothing. Expected disorder is the mean over `samples` continua drawn for
    each article; with `precision` as many more as section 5.3 asks for, so that it is within that share of it with
    95% confidence. The same seed gives the same value; which articles there are, and in which order, does not matter.
    A unit of the sums is an article; columns: observed, expected.

    How many unitary alignments there are to choose among grows exponentially with annotators whose units lie close
    together. Raises `TooManyAlignmentsError` where an article has more than `most`.
    """
    unlike = unlike or Dissimilarity()
    parts = np.zeros((len(articles), 2))
    for row, article in enumerate(articles):
        if len(article.units) > 1 and article.n_units:
            units = Continua.of(article.units)
            random = default_rng([seed, *article.id.encode()])
            observed = disorder(units, unlike, most)[0]
            expected = expected_disorders(units, unlike, random, samples=samples, precision=precision, most=most)
            weight = article.n_units / len(article.units)
            parts[row] = weight * observed, weight * expected.mean()
    return over_articles(parts, lambda sums: 1 - quotient(sums))


def disorder(units: Continua, unlike: Dissimilarity, most: int | None = None) -> Floats:
    """The disorder of the best alignment of each continuum, over the mean number of units of an annotator; eq. 5.

    Zero where there are no units.
    """
    rows = best_alignment(units, unlike, most)
    of = units.continuum[rows.max(axis=1)]
    total = np.bincount(of, weights=disorders(rows, units, unlike), minlength=units.n_continua)
    return np.where(units.n_units > 0, units.n_annotators * total / np.maximum(units.n_units, 1), 0.0)


def expected_disorders(
    units: Continua,
    unlike: Dissimilarity,
    random: Generator,
    *,
    samples: int = 30,
    precision: float | None = None,
    most: int | None = None,
) -> Floats:
    """The disorders of continua drawn by chance from one continuum. Raises `ValueError` for less than one sample."""
    if samples < 1 or (precision is not None and not 0 < precision < 1):
        raise ValueError("at least one sample, and a precision between 0 and 1")
    drawn = _disorders_of(units, unlike, random, samples, most)
    if precision is not None and drawn.mean() > 0:
        needed = ceil((drawn.std() / drawn.mean() * _CONFIDENCE / precision) ** 2)
        if needed > samples:
            drawn = np.concatenate([drawn, _disorders_of(units, unlike, random, needed - samples, most)])
    return drawn


def sampled(units: Continua, random: Generator) -> Continua:
    """A continuum like the one given, but by chance.

    For each annotator in turn: how many units, the gaps before them and their lengths are normal, with the mean and
    standard deviation of those of all annotators (of numbers and lengths, what is negative without its sign); labels
    are drawn as often as they are used. This is pygamma-agreement's `StatisticalContinuumSampler`; the paper's own
    (section 5.2) shifts what was marked.
    """
    by = np.bincount(units.annotator, minlength=units.n_annotators)
    counts: list[int] = []
    for _ in range(units.n_annotators):
        count = abs(int(random.normal(by.mean(), by.std())))
        counts.append(count if any(counts) else max(count, 1))
    n = sum(counts)
    gaps, lengths = _gaps(units), units.end - units.start
    drawn = np.abs(random.normal(lengths.mean(), lengths.std(), n))
    steps = random.normal(gaps.mean(), gaps.std(), n)
    ends = [np.cumsum(part) for part in np.split(steps + drawn, np.cumsum(counts)[:-1])]
    end = np.concatenate(ends)
    return Continua(
        end - np.maximum(drawn, _SHORTEST),
        end,
        random.choice(units.label, n),
        np.repeat(np.arange(units.n_annotators), counts),
        np.zeros(n, dtype=np.int64),
        units.n_annotators,
    )


def _disorders_of(units: Continua, unlike: Dissimilarity, random: Generator, samples: int, most: int | None) -> Floats:
    at_once = _AT_ONCE // _GROWTH ** max(0, units.n_annotators - 3)
    found: list[Floats] = []
    batch: list[Continua] = []
    for left in range(samples, 0, -1):
        batch.append(sampled(units, random))
        if left == 1 or sum(len(one.start) for one in batch) >= at_once:
            found.append(disorder(Continua.together(batch), unlike, most))
            batch = []
    return np.concatenate(found)


def _gaps(units: Continua) -> Floats:
    """Zero; of each annotator the start of the first unit, if that is no 0; and the gaps from unit to unit."""
    gaps = [np.zeros(1)]
    for annotator in range(units.n_annotators):
        mine = units.annotator == annotator
        ordered = np.lexsort((units.end[mine], units.start[mine]))
        start, end = units.start[mine][ordered], units.end[mine][ordered]
        gaps += [start[:1][start[:1] > 0], start[1:] - end[:-1]]
    return np.concatenate(gaps)
