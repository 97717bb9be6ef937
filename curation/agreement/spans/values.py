"""The value that each annotator gave each place of a text, as rows of codes with weights: one row a run, not a place.

The value of a place is the set of the labels over it, in order; empty where there is none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from curation.agreement.spans.units import MarkedArticle, Unit, tokens
from curation.agreement.sums import Floats, Ints

Value = tuple[str, ...]

NOTHING: Value = ()

Places = Callable[[MarkedArticle], tuple[int, Callable[[Unit], list[tuple[int, int]]]]]
"""Of an article, how many places it has, and the places that a unit covers, as half-open runs."""

Runs = list[tuple[int, int, Value]]


def characters(article: MarkedArticle) -> tuple[int, Callable[[Unit], list[tuple[int, int]]]]:
    """Code points as places."""
    return len(article.text), lambda unit: list(unit.extent)


def words(article: MarkedArticle) -> tuple[int, Callable[[Unit], list[tuple[int, int]]]]:
    """Tokens as places; a unit covers every token of which it covers a character."""
    found = tokens(article.text)
    starts, ends = [start for start, _ in found], [end for _, end in found]

    def covered(unit: Unit) -> list[tuple[int, int]]:
        runs = ((bisect_left(ends, start + 1), bisect_left(starts, end)) for start, end in unit.extent)
        return [(first, last) for first, last in runs if first < last]

    return len(found), covered


def runs_of_values(units: Sequence[Unit], covered: Callable[[Unit], list[tuple[int, int]]]) -> Runs:
    """The places that one annotator's units cover, cut wherever a unit begins or ends: start, end, value; in order."""
    begin: defaultdict[int, list[str]] = defaultdict(list)
    cease: defaultdict[int, list[str]] = defaultdict(list)
    for unit in units:
        for start, end in covered(unit):
            begin[start].append(unit.label)
            cease[end].append(unit.label)
    places = sorted(begin.keys() | cease.keys())
    there: defaultdict[str, int] = defaultdict(int)
    runs: Runs = []
    for start, end in zip(places, places[1:] + places[-1:], strict=True):
        for label in begin[start]:
            there[label] += 1
        for label in cease[start]:
            there[label] -= 1
        value = tuple(sorted(label for label, times in there.items() if times))
        if value and start < end:
            runs.append((start, end, value))
    return runs


def coded(runs: Sequence[Runs], length: int, codes: dict[Value, int]) -> tuple[Ints, Floats]:
    """Codes (stretches by annotators) and lengths of the stretches between any two boundaries of anyone.

    `codes` are the codes of the values, and grow by those that are new.
    """
    borders = {0, length} | {border for one in runs for start, end, _ in one for border in (start, end)}
    edges = np.array(sorted(borders), dtype=np.int64)
    rows = np.full((len(edges) - 1, len(runs)), codes.setdefault(NOTHING, len(codes)), dtype=np.int64)
    for column, one in enumerate(runs):
        for start, end, value in one:
            first, last = np.searchsorted(edges, (start, end))
            rows[first:last, column] = codes.setdefault(value, len(codes))
    return rows, np.diff(edges).astype(np.float64)
