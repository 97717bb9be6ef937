"""Agreement on a whole task: its fields, its spans, its statements, and the articles on which people differ most."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal, cast

from curation.agreement.bootstrap import Bootstrap
from curation.agreement.claims import Scheme, Side
from curation.agreement.collecting import Read
from curation.agreement.figures import Figure, Measure
from curation.agreement.labels import WINDOWS, agreement, by_annotator, by_label, over_time
from curation.agreement.measures import MEASURES
from curation.agreement.ratings import Ratings
from curation.agreement.spans import SPAN_MEASURES, MarkedArticle, SpanChoices, marked, span_figures
from curation.agreement.statements import STATEMENT_MEASURES, Statements, lost
from curation.catalog import Field, Task
from curation.errors import CurationError
from curation.records import Annotation, Article, Progress, Value

WORST = 10
"""So many articles are named and shown."""

ALL_MEASURES: Mapping[str, Measure] = {
    **MEASURES,
    **SPAN_MEASURES,
    **{one.name: one for one in STATEMENT_MEASURES},
}
"""Every measure that a report can hold, by name."""

_NOTHING = "(nothing)"
_ALPHA = ("krippendorff_alpha",)


@dataclass(frozen=True, slots=True)
class FieldAgreement:
    """Agreement on a field of the whole article.

    `confusion` counts how often two annotators gave an article these two values, each pair of values in one order.
    """

    name: str
    figures: tuple[Figure, ...]
    by_label: tuple[Figure, ...]
    by_annotator: tuple[Figure, ...]
    over_time: tuple[Figure, ...]
    values: tuple[str, ...]
    confusion: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class StatementAgreement:
    """Agreement on statements.

    `lost` is the share of them that each step costs; `confusion` is by what was compared.
    """

    figures: tuple[Figure, ...]
    lost: Mapping[str, float]
    confusion: Mapping[str, Mapping[tuple[str, str], int]]


@dataclass(frozen=True, slots=True)
class Dispute:
    """An article on which its annotators differ: by the share of what they said that another did not say too."""

    article: Article
    annotations: tuple[Annotation, ...]
    disagreement: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the annotators of a task agree.

    `articles` counts those that two or more annotated, of which alone anything can be said; `single` the others.
    `annotators` has how many of these each annotated. `worst` are the articles with most disagreement, that first.
    `scheme` tells which marks of two annotators are the same one.
    """

    task: str
    round: int | None
    articles: int
    single: int
    annotators: Mapping[str, int]
    fields: tuple[FieldAgreement, ...]
    spans: tuple[Figure, ...]
    statements: StatementAgreement | None
    scheme: Scheme
    worst: tuple[Dispute, ...] = ()
    bootstrap: Bootstrap = field(default_factory=Bootstrap)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure of the whole: fields, spans, statements."""
        of_fields = (figure for one in self.fields for figure in one.figures)
        of_statements = self.statements.figures if self.statements else ()
        return (*of_fields, *self.spans, *of_statements)


def study(
    articles: Iterable[Read],
    task: Task,
    *,
    round_: int | None = None,
    bootstrap: Bootstrap | None = None,
    gamma: bool = False,
    windows: int = WINDOWS,
    worst: int = WORST,
    progress: Progress | None = None,
) -> Agreement:
    """Measure agreement on the annotations of a task, as `collect` reads them.

    `gamma` measures gamma too, which takes longer than all else; over time, fields are measured in so many `windows` of
    equally many articles. Kept of an article are its text, marks and values.
    Raises `E_NOTHING_TO_COMPARE` if no article was annotated by two people.
    """
    sure = bootstrap or Bootstrap()
    taken = _Taken(task, worst)
    for number, read in enumerate(articles, 1):
        taken.take(read)
        if progress is not None:
            progress(number, None)
    if not taken.shared:
        raise CurationError(
            "E_NOTHING_TO_COMPARE",
            f"no article has valid annotations of two annotators ({taken.single} of one)",
        )
    return Agreement(
        task=task.name,
        round=round_,
        articles=taken.shared,
        single=taken.single,
        annotators=dict(sorted(taken.people.items())),
        fields=tuple(taken.field(one, sure, windows) for one in task.choices.values() if one.kind != "text"),
        spans=tuple(span_figures(taken.marked, sure, SpanChoices(with_gamma=gamma))) if task.labels else (),
        statements=taken.told(sure),
        scheme=taken.scheme,
        worst=tuple(taken.worst()),
        bootstrap=sure,
    )


class _Taken:
    """What was read of all articles, as far as it is compared."""

    def __init__(self, task: Task, worst: int) -> None:
        self.shared = self.single = 0
        self.people: Counter[str] = Counter()
        self.marked: list[MarkedArticle] = []
        self._task = task
        self.scheme = Scheme.of(task)
        self._statements = Statements(self.scheme)
        self._values: dict[str, list[tuple[str, str, str]]] = {one.name: [] for one in task.choices.values()}
        self._times: dict[str, str] = {}
        self._most = worst
        self._worst: list[tuple[float, str, Dispute]] = []

    def take(self, read: Read) -> None:
        """Take in an article."""
        if len(read.annotations) < 2:
            self.single += 1
            return
        self.shared += 1
        self.people.update(one.annotator for one in read.annotations)
        for one in self._task.choices.values():
            self._values[one.name] += [
                (read.article.id, annotation.annotator, value)
                for annotation in read.annotations
                if (value := _value(one, annotation.choices.get(one.name)))
            ]
        times = [one.created_at for one in read.annotations if one.created_at]
        if times:
            self._times[read.article.id] = max(times)
        if self._task.labels:
            self.marked.append(marked(read.article, read.annotations, self.scheme.continuation))
        self._weigh(read, self._statements.add(read.annotations))

    def field(self, one: Field, sure: Bootstrap, windows: int) -> FieldAgreement:
        """Agreement on a field of the whole article."""
        level = cast(Literal["nominal", "ordinal", "interval", "ratio"], one.agreement or "nominal")
        several = one.kind == "choices"
        rated = Ratings.from_triples(
            self._values[one.name],
            level="nominal" if several else level,
            order=None if several else (*one.values, *(() if one.required else (_NOTHING,))),
            missing=(),
        )
        times = [self._times.get(item) for item in rated.items]
        return FieldAgreement(
            name=one.name,
            figures=tuple(agreement(rated, of=one.name, bootstrap=sure)),
            by_label=tuple(by_label(rated, of=one.name, bootstrap=sure)),
            by_annotator=tuple(by_annotator(rated, _ALPHA, of=one.name, bootstrap=sure)),
            over_time=tuple(over_time(rated, times, windows, _ALPHA, of=one.name, bootstrap=sure)),
            values=tuple(map(str, rated.values)),
            confusion=_confusion(rated),
        )

    def told(self, sure: Bootstrap) -> StatementAgreement | None:
        """Agreement on statements; None of a task that has none."""
        if not self.scheme.claim_labels:
            return None
        figures = self._statements.figures(sure)
        confusion = {of: found for of in self.scheme.compared if (found := self._statements.confusion(of))}
        return StatementAgreement(tuple(figures), lost(figures), confusion)

    def worst(self) -> list[Dispute]:
        """The articles with most disagreement, that first."""
        return [dispute for _, _, dispute in sorted(self._worst, key=lambda one: (-one[0], one[1]))]

    def _weigh(self, read: Read, shared: Side) -> None:
        common, total = shared.shares.get("statements: stance", (0, 0))
        for one, other in combinations(read.annotations, 2):
            for each in self._task.choices.values():
                if each.kind != "text":
                    left, right = (_value(each, said.choices.get(each.name)) for said in (one, other))
                    common, total = common + (left == right), total + 1
        disagreement = 1 - common / total if total else 0.0
        if disagreement > 0:
            entry = (disagreement, read.article.id, Dispute(read.article, read.annotations, disagreement))
            heapq.heappush(self._worst, entry)
            if len(self._worst) > self._most:
                heapq.heappop(self._worst)


def _value(one: Field, given: Value | None) -> str:
    """A value as one name; several joined by +, in the order of the codebook. Empty where a required one is missing."""
    values = (given,) if isinstance(given, str) else given or ()
    if not values:
        return "" if one.required else _NOTHING
    return "+".join(sorted(values, key=lambda value: (one.values.index(value) if value in one.values else 0, value)))


def _confusion(rated: Ratings) -> dict[tuple[str, str], int]:
    names = [str(value) for value in rated.values]
    found: Counter[tuple[str, str]] = Counter()
    for left, right in combinations(range(len(rated.annotators)), 2):
        both = (rated.codes[:, left] >= 0) & (rated.codes[:, right] >= 0)
        pairs = zip(rated.codes[both, left].tolist(), rated.codes[both, right].tolist(), strict=True)
        found.update((names[min(pair)], names[max(pair)]) for pair in pairs)
    return dict(sorted(found.items()))
