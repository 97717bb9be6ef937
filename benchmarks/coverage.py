"""How often the intervals of a study hold the truth: labels, spans and statements, in simulated studies.

    python -m benchmarks.coverage [--runs 1000]

Three annotators of known accuracy and bias annotate very many made-up articles (see `benchmarks.statements`); what the
figures are on all of these is the truth. A study is a few of the articles, drawn anew each time, and its figures and
intervals are made as in the report of agreement, with fewer resamples. Goal: an interval that is asked to hold in 95 of
100 studies does so within 2, for every figure.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.statements import SHARES, TASK, THREE, simulated
from curation.agreement import Bootstrap, Figure, Ratings, agreement
from curation.agreement.claims import Scheme
from curation.agreement.spans import MarkedArticle, SpanChoices, marked, span_figures
from curation.agreement.statements import Statements

GOAL = (0.93, 0.97)
FIELD = "stance_rent_cap"
Places = NDArray[np.int64]
Name = tuple[str, str]
"""A measure, and what it is of."""


@dataclass(frozen=True, slots=True)
class Population:
    """Many articles: the marks of all annotators, what each two of them share, and the answers to a field."""

    marks: Sequence[MarkedArticle]
    told: Statements
    answers: NDArray[np.float64]

    @classmethod
    def of(cls, count: int, hard: float) -> Population:
        """So many articles, a share of them hard."""
        scheme = Scheme.of(TASK)
        told, values = Statements(scheme), list(SHARES[FIELD])
        marks: list[MarkedArticle] = []
        answers: list[list[int]] = []
        for one in simulated(20261130, count, THREE, hard):
            told.add(one.annotations)
            marks.append(marked(one.article, one.annotations, scheme.continuation))
            answers.append([values.index(str(each.choices[FIELD])) for each in one.annotations])
        return cls(marks, told, np.array(answers, dtype=np.float64))

    def figures(self, places: Places, bootstrap: Bootstrap, kinds: Sequence[str]) -> Iterator[tuple[str, Figure]]:
        """The figures of some of the articles, as the report makes them, each with its kind."""
        if "labels" in kinds:
            for one in agreement(Ratings.from_matrix(self.answers[places]), bootstrap=bootstrap):
                yield "labels", one
        if "spans" in kinds:
            drawn = [self.marks[place] for place in places]
            for one in span_figures(drawn, bootstrap, SpanChoices(with_gamma=False)):
                yield "spans", one
        if "statements" in kinds:
            told = Statements(self.told.scheme, [self.told.sides[place] for place in places], self.told.people)
            for one in told.figures(bootstrap):
                yield "statements", one


@dataclass(slots=True)
class Held:
    """How many intervals there were of a figure, and how many of them held the truth."""

    kind: str
    truth: float
    intervals: int = 0
    held: int = 0

    @property
    def share(self) -> float:
        """The share of intervals that held."""
        return self.held / self.intervals if self.intervals else 0.0

    @property
    def error(self) -> float:
        """The standard error of the share."""
        return (self.share * (1 - self.share) / self.intervals) ** 0.5 if self.intervals else 0.0

    @property
    def good(self) -> bool:
        """Whether the share is as near to 95 of 100 as is asked, which is not so of a figure without intervals."""
        return GOAL[0] <= self.share <= GOAL[1]


def coverage(
    population: Population, items: int, runs: int, resamples: int, kinds: Sequence[str], until: float | None = None
) -> tuple[int, Mapping[Name, Held]]:
    """How often the intervals of so many studies of `items` articles hold the truth; and how many studies there were,
    fewer than `runs` if the clock (`time.monotonic`) comes to `until`.
    """
    everything = np.arange(len(population.marks))
    truths = population.figures(everything, Bootstrap(0), kinds)
    found = {_name(one): Held(kind, one.value) for kind, one in truths if one.value is not None}
    for run in range(runs):
        if until is not None and time.monotonic() > until:
            return run, found
        places = np.random.default_rng([3, run]).integers(0, len(everything), items)
        for _, one in population.figures(places, Bootstrap(resamples, seed=run), kinds):
            held = found.get(_name(one))
            if held is not None and one.low is not None and one.high is not None:
                held.intervals += 1
                held.held += one.low <= held.truth <= one.high
    return runs, found


def _name(figure: Figure) -> Name:
    return figure.measure, figure.of


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="studies (default: 1000)")
    parser.add_argument("--items", type=int, default=50, help="articles of a study (default: 50)")
    parser.add_argument("--population", type=int, default=20_000, help="articles that give the truth (default: 20000)")
    parser.add_argument("--resamples", type=int, default=1000, help="resamples of each study (default: 1000)")
    parser.add_argument("--hard", type=float, default=0.25, help="the share of articles that are hard (default: 0.25)")
    parser.add_argument("--seconds", type=float, help="end after so many seconds, with fewer studies")
    kinds = ("labels", "spans", "statements")
    parser.add_argument("--only", choices=kinds, help="one kind of figures")
    options = parser.parse_args()
    until = None if options.seconds is None else time.monotonic() + options.seconds
    population = Population.of(options.population, options.hard)
    runs, found = coverage(
        population, options.items, options.runs, options.resamples, (options.only,) if options.only else kinds, until
    )
    print(f"95% intervals of {runs} studies of {options.items} articles x {len(THREE)} annotators,"
          f" {options.resamples} resamples (goal: {GOAL[0]:.0%} to {GOAL[1]:.0%} hold)")  # fmt: skip
    for (measure, of), held in found.items():
        print(
            f"{held.kind:10} {measure:20} {of:24} {held.truth:.4f}: {held.share:.1%} (standard error {held.error:.1%})"
            f" hold{'' if held.good else ' - missed'}; {runs - held.intervals} without"
        )
    missed = sum(not held.good for held in found.values())
    print(f"{len(found)} figures, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
