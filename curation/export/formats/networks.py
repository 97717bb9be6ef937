"""Networks of actors and concepts, and how far they depend on whose annotations they are made of.

A discourse network has an edge where an actor takes a stance on a concept; actors who take the same one on the same
concept are congruent, those who take opposite ones are in conflict (Leifeld, "Discourse Network Analysis: Policy
Debates as Dynamic Networks", 2017). An article counts once, however often it repeats itself.

Annotators differ, so a network is an estimate. For each article one of its annotators is drawn at random, `DRAWS`
times, each as often as the others or once less, and the network of each draw is made; a weight is the mean over the
draws, and its bounds are their 2.5th and 97.5th percentiles. With one annotator an article there is nothing to draw.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from curation.export.formats.statements import SIGNS

DRAWS = 240
"""As often is drawn. It is divided by 1 to 6, 8, 10 and 12 annotators: means are exact then."""

Affiliation = tuple[str, str, str]
"""An actor, a concept and a stance."""

Tie = tuple[str, str, str]
"""Two of one mode, the first in the alphabet first, and "congruence" or "conflict"."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An article in a network: how many annotated it, and which of them (by number) found each affiliation."""

    id: str
    annotators: int
    found: Mapping[Affiliation, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Weight:
    """The mean of a weight over the draws and the bounds of 95% of them."""

    mean: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Support:
    """Articles in which anybody found an affiliation, those in which all did, and the share of annotators who did."""

    articles: int
    unanimous: int
    share: float


class Network:
    """The affiliations in some articles: who takes which stance on what, in each draw of annotators."""

    def __init__(self, articles: Sequence[Marked]) -> None:
        import numpy as np

        draws = DRAWS if any(article.annotators > 1 for article in articles) else 1
        self._drawn: dict[Affiliation, Any] = {}
        self._counts: dict[Affiliation, list[int]] = {}
        for article in articles:
            chosen = np.array(_draw(article, draws))
            for affiliation, finders in article.found.items():
                held = self._drawn.setdefault(affiliation, np.zeros(draws, dtype=np.int32))
                held += np.isin(chosen, sorted(finders))
                counts = self._counts.setdefault(affiliation, [0, 0, 0, 0])
                everybody = len(finders) == article.annotators
                for place, more in enumerate((1, everybody, len(finders), article.annotators)):
                    counts[place] += more

    def affiliations(self) -> dict[Affiliation, tuple[Weight, Support]]:
        """The weight of each affiliation, in articles, and its support; in the order of their names."""
        return {
            one: (_weight(self._drawn[one]), Support(articles, unanimous, round(found / asked, 4)))
            for one, (articles, unanimous, found, asked) in sorted(self._counts.items())
        }

    def actors(self) -> dict[Tie, Weight]:
        """Actors who share a concept: a tie weighs as many concepts as they are congruent, or in conflict, on."""
        return _ties(((actor, concept, stance), drawn) for (actor, concept, stance), drawn in self._drawn.items())

    def concepts(self) -> dict[Tie, Weight]:
        """Concepts that share an actor: a tie weighs as many actors as take the same, or opposite, stances on both."""
        return _ties(((concept, actor, stance), drawn) for (actor, concept, stance), drawn in self._drawn.items())


def _draw(article: Marked, draws: int) -> list[int]:
    """Which annotator each draw has: all as often, or once less, in an order that the article's id alone gives."""
    order = [number % article.annotators for number in range(draws)]
    random.Random(article.id).shuffle(order)
    return order


def _ties(affiliations: Iterable[tuple[Affiliation, Any]]) -> dict[Tie, Weight]:
    """Ties between the first ones of affiliations that share the second one."""
    shared: dict[str, dict[tuple[str, int], Any]] = {}
    for (one, other, stance), drawn in affiliations:
        if stance in SIGNS:
            shared.setdefault(other, {})[one, SIGNS[stance]] = drawn > 0
    ties: dict[Tie, Any] = {}
    for takers in shared.values():
        for (first, sign), (second, other_sign) in combinations(sorted(takers), 2):
            if first != second:
                tie = (first, second, "congruence" if sign == other_sign else "conflict")
                both = takers[first, sign] & takers[second, other_sign]
                ties[tie] = ties[tie] + both if tie in ties else both.astype("int32")
    return {tie: _weight(drawn) for tie, drawn in sorted(ties.items()) if drawn.any()}


def _weight(drawn: Any) -> Weight:
    import numpy as np

    low, high = np.quantile(drawn, (0.025, 0.975), method="inverted_cdf")
    return Weight(round(float(drawn.mean()), 4), int(low), int(high))


def marked(article: str, annotators: Sequence[str], found: Iterable[tuple[str, Affiliation]]) -> Marked:
    """An article of which annotators, by name, found affiliations."""
    numbers = {name: number for number, name in enumerate(annotators)}
    by: dict[Affiliation, set[int]] = {}
    for annotator, affiliation in found:
        by.setdefault(affiliation, set()).add(numbers[annotator])
    return Marked(article, len(numbers), {one: frozenset(finders) for one, finders in by.items()})
