"""Agreement on statements: claims are aligned, then holder, stance, fields and relations are scored on what is aligned.

The same figures tell at which step agreement is lost. All are of pairs of annotators, summed over articles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np

from curation.agreement.bootstrap import Bootstrap
from curation.agreement.claims import STEPS, Scheme, Side, compare
from curation.agreement.figures import ALONE, Figure, Measure
from curation.agreement.scales import quoted
from curation.agreement.sums import Floats, nominal_alpha, over_articles, quotient
from curation.records import Annotation

STATEMENT_MEASURES = (
    Measure(
        "aligned_f1",
        "F1 of aligned marks",
        "Marks of two annotators are paired one-to-one so that their overlaps (intersection over union of characters,"
        " at least 0.5) have the largest sum; twice the pairs over all marks of both. A claim's fragments are one.",
        "Hripcsak and Rothschild 2005 (F as agreement); Kuhn 1955 (assignment)",
        "Not corrected for chance, which is near 0 for spans: 0.8 means that of ten marks of one annotator the other"
        " has eight.",
        chance=None,
    ),
    Measure(
        "statement_f1",
        "F1 of statements up to a step",
        "A statement is a claim with a holder and a stance. Twice the statements that two annotators share up to this"
        " step (claim aligned; also the holder, by mark or name; also the stance; also all fields of the claim) over"
        " all statements of both. Each step keeps at most what the one before kept.",
        "this program's own: aligned F1, step by step",
        "The drop from one step to the next is what that step costs: work on the instructions where it is largest.",
        chance=None,
    ),
    Measure(
        "pair_agreement",
        "percent agreement on what is aligned",
        "The share of aligned claims (or of holders of these that both named) to which both annotators gave the same"
        " value.",
        "percent agreement, Gwet 2014, section 2",
        "Not corrected for chance: read it beside alpha.",
        chance=None,
    ),
    Measure(
        "pair_alpha",
        "Krippendorff's alpha on what is aligned",
        "Nominal alpha over the pairs of values that two annotators gave to an aligned claim, or to the holder of one.",
        "Krippendorff 2004, section 11.3",
        "0.8 and more: reliable; from 0.667 on: for tentative conclusions (Krippendorff 2004). It says nothing of"
        " claims that only one annotator marked.",
    ),
)  # fmt: skip


@dataclass(slots=True)
class Statements:
    """What is shared, article by article: feed it with `add`, then take `figures`.

    A row is kept of each article, of a few numbers; texts and annotations are not.
    """

    scheme: Scheme
    sides: list[Side] = field(default_factory=list)
    people: set[str] = field(default_factory=set)

    def add(self, annotations: Sequence[Annotation]) -> Side:
        """Take in what each annotator said of one article, and tell what they share; one alone shares nothing."""
        side = Side()
        if len(annotations) < 2:
            return side
        for one, other in combinations(annotations, 2):
            compare(one, other, self.scheme, side)
        self.sides.append(side)
        self.people.update(one.annotator for one in annotations)
        return side

    def figures(self, bootstrap: Bootstrap) -> list[Figure]:
        """Every figure, with intervals over articles; none unless two of them have something to compare."""
        found = [self._share("aligned_f1", "claims", "claims", bootstrap)]
        found += [self._share("statement_f1", step, f"statements: {step}", bootstrap) for step in STEPS]
        found += [self._share("aligned_f1", of, of, bootstrap) for of in ("holders by span", "holders by name")]
        for name in self.scheme.compared:
            found.append(self._share("pair_agreement", name, f"field: {name}", bootstrap, self._constant(name)))
            found.append(self._alpha(name, bootstrap))
        for label in self.scheme.relations:
            found.append(self._share("aligned_f1", f"relation {label}", f"relations: {label}", bootstrap))
        return found

    def confusion(self, of: str) -> dict[tuple[str, str], int]:
        """How often two annotators gave these values to the same claim or holder, for a field or `stance`."""
        found: dict[tuple[str, str], int] = {}
        for side in self.sides:
            for pair, count in side.pairs.get(of, {}).items():
                found[pair] = found.get(pair, 0) + count
        return dict(sorted(found.items()))

    def _values(self, of: str) -> list[str]:
        return sorted({value for pair in self.confusion(of) for value in pair})

    def _constant(self, of: str) -> str | None:
        """What all said of a field or `stance`, if that is one and the same."""
        values = self._values(of)
        if len(values) != 1:
            return None
        every = f"every value is {quoted(values[0])}" if values[0] else "nobody gave a value"
        return f"{every}, so that agreement cannot be told from chance"

    def _share(self, measure: str, of: str, key: str, bootstrap: Bootstrap, constant: str | None = None) -> Figure:
        rows = np.array([side.shares.get(key, (0, 0)) for side in self.sides], dtype=np.float64).reshape(-1, 2)
        return self._figure(measure, of, rows, quotient, int(rows[:, 1].sum()), bootstrap, constant)

    def _alpha(self, of: str, bootstrap: Bootstrap) -> Figure:
        values = self._values(of)
        place = {value: number for number, value in enumerate(values)}
        rows = np.zeros((len(self.sides), 1 + len(values)))
        for number, side in enumerate(self.sides):
            for (one, other), count in side.pairs.get(of, {}).items():
                rows[number, 0] += 2 * count * (one != other)
                rows[number, 1 + place[one]] += count
                rows[number, 1 + place[other]] += count
        total = int(rows[:, 1:].sum()) // 2
        return self._figure("pair_alpha", of, rows, nominal_alpha, total, bootstrap, self._constant(of))

    def _figure(
        self,
        measure: str,
        of: str,
        rows: Floats,
        value: Callable[[Floats], Floats],
        n_values: int,
        bootstrap: Bootstrap,
        constant: str | None = None,
    ) -> Figure:
        """A measure of what each article adds to its sums; `constant` is why it tells nothing, if it does not."""
        if not self.sides:
            return self._none(measure, of, 0, "no article was annotated by two people")
        if not rows.any():
            return self._none(measure, of, 0, _NOTHING)
        sums = over_articles(rows, value)
        if sums.counts.sum() == 1:
            return self._none(measure, of, n_values, ALONE)
        if constant is not None:
            return self._none(measure, of, n_values, constant)
        point = sums.point
        if point is None:
            return self._none(measure, of, n_values, _NOTHING)
        figure = Figure(
            measure=measure,
            value=point,
            of=of,
            n_items=int(sums.counts.sum()),
            n_annotators=len(self.people),
            n_values=n_values,
        )
        return bootstrap.completed(figure, sums)

    def _none(self, measure: str, of: str, n_values: int, reason: str) -> Figure:
        return Figure(
            measure=measure,
            value=None,
            of=of,
            n_items=len(self.sides),
            n_annotators=len(self.people),
            n_values=n_values,
            reason=reason,
        )


_NOTHING = "nobody marked, or two people never marked the same, what this compares"


def statement_figures(
    articles: Iterable[Sequence[Annotation]], scheme: Scheme, bootstrap: Bootstrap | None = None
) -> list[Figure]:
    """Agreement on the statements of some articles, each given by the annotations of its annotators."""
    told = Statements(scheme)
    for article in articles:
        told.add(article)
    return told.figures(bootstrap or Bootstrap())


def lost(figures: Iterable[Figure]) -> Mapping[str, float]:
    """Which share of the statements each step costs; empty without statements."""
    kept = [figure.value for figure in figures if figure.measure == "statement_f1"]
    values = [1.0, *(value for value in kept if value is not None)]
    drops = (before - after for before, after in pairwise(values))
    return dict(zip(STEPS, drops, strict=False))
