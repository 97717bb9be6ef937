"""All figures of agreement on spans, each with its interval, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Literal

from curation.agreement.bootstrap import Bootstrap
from curation.agreement.figures import ALONE, Figure
from curation.agreement.spans.alpha import character_alpha, token_alpha
from curation.agreement.spans.gamma import gamma
from curation.agreement.spans.pairwise import Alike, exact, overlapping, pairwise_f1, tolerant
from curation.agreement.spans.unitary import TooManyAlignmentsError
from curation.agreement.spans.unitizing import unitizing_alphas
from curation.agreement.spans.units import MarkedArticle, annotators, labels, tokens
from curation.agreement.sums import Sums
from curation.matching import LEAST, dice, iou

_UNITIZING = {"u_alpha": "u_alpha", "|u_alpha": "binary_u_alpha", "cu_alpha": "cu_alpha"}
_OVERLAPS = {"iou": iou, "dice": dice}
_CONSTANT = "every place has the same value: nothing tells agreement from chance"
_NOWHERE = "units of two annotators meet nowhere or too seldom, or have the same value wherever they do"
_FEWER = "compare fewer annotators at a time, or take alpha for unitizing"
_NO_CHANCE = "units laid down by chance are no less alike than these"
_FEWEST_SAMPLES = 5
_SAMPLES = 30


@dataclass(frozen=True, slots=True)
class SpanChoices:
    """Of the figures that have a choice: the least overlap and which, and how far boundaries may lie apart.

    `with_gamma` asks for gamma, which takes longer than all others together. There is none if the units of an article
    can be aligned with each other in more than `most_alignments` ways, which takes many annotators whose units lie
    close together.
    """

    overlap: Literal["iou", "dice"] = "iou"
    least: float = LEAST
    within: int = 1
    of: Literal["tokens", "characters"] = "tokens"
    with_gamma: bool = True
    most_alignments: int = 200_000
    seed: int = 0


def span_figures(
    articles: Sequence[MarkedArticle], bootstrap: Bootstrap, choices: SpanChoices | None = None
) -> list[Figure]:
    """Every figure of agreement on what was marked in articles: of all labels together, then label by label.

    Articles that fewer than two people annotated have no say. Intervals are over articles, and there is no figure
    unless two of them have something to compare.
    """
    choices = choices or SpanChoices()
    shared = [article for article in articles if len(article.units) > 1]
    every = _Spans(shared, bootstrap)
    found = [every.alpha("token_alpha", token_alpha(shared), sum(len(tokens(one.text)) for one in shared))]
    found.append(every.alpha("character_alpha", character_alpha(shared), sum(len(one.text) for one in shared)))
    found += every.unitizing()
    found += every.pairwise(choices)
    if choices.with_gamma:
        found.append(every.gamma(choices))
    for label in labels(shared):
        layer = [article.only(label) for article in shared]
        one = _Spans(layer, bootstrap, label)
        found.append(one.alpha("token_alpha", token_alpha(layer), sum(len(tokens(each.text)) for each in layer)))
        found.append(one.figure("u_alpha", unitizing_alphas(layer)["u_alpha"]))
        found += one.pairwise(choices, unlabelled=False)
    return found


class _Spans:
    """The articles of which figures are made, of all labels or of one."""

    def __init__(self, articles: Sequence[MarkedArticle], bootstrap: Bootstrap, of: str = "") -> None:
        self._articles = articles
        self._bootstrap = bootstrap
        self._of = of
        self._people = annotators(articles)
        self._n_units = sum(article.n_units for article in articles)

    def figure(
        self,
        measure: str,
        sums: Sums,
        *,
        of: str | None = None,
        n_values: int | None = None,
        otherwise: str = _CONSTANT,
        details: Mapping[str, float | int | str | None] | None = None,
    ) -> Figure:
        """A measure with its interval; without a value, with the first reason that holds, or else `otherwise`."""
        reason = self._missing(sums) or (otherwise if sums.point is None else None)
        figure = Figure(
            measure,
            sums.point if reason is None else None,
            self._of if of is None else of,
            n_items=len(self._articles),
            n_annotators=len(self._people),
            n_values=self._n_units if n_values is None else n_values,
            reason=reason,
            details=details or {},
        )
        return self._bootstrap.completed(figure, sums) if reason is None else figure

    def alpha(self, measure: str, sums: Sums, n_places: int) -> Figure:
        """Alpha over so many tokens or characters."""
        return self.figure(measure, sums, n_values=n_places)

    def unitizing(self) -> list[Figure]:
        """The family of alpha for unitizing; `ku_alpha` is of each value, a label or several that overlap."""
        found = []
        details = {"articles_with_overlaps": sum(map(_overlaps, self._articles))}
        for name, sums in unitizing_alphas(self._articles).items():
            measure = _UNITIZING.get(name, "ku_alpha")
            value = name.removeprefix("(").removesuffix(")u_alpha") if measure == "ku_alpha" else None
            otherwise = _NOWHERE if measure in ("cu_alpha", "ku_alpha") else _CONSTANT
            found.append(self.figure(measure, sums, of=value, details=details, otherwise=otherwise))
        return found

    def pairwise(self, choices: SpanChoices, *, unlabelled: bool = True) -> list[Figure]:
        """F1 exact, by overlap and tolerant; also whatever the labels are, where that is asked for."""
        kinds: dict[str, tuple[Alike, dict[str, float | int | str | None]]] = {
            "span_f1_exact": (exact(), {}),
            "span_f1_overlap": (
                overlapping(choices.least, _OVERLAPS[choices.overlap]),
                {"overlap": choices.overlap, "least": choices.least},
            ),
            "span_f1_tolerant": (
                tolerant(choices.within, of=choices.of),
                {"within": choices.within, "of": choices.of},
            ),
        }
        found = []
        for measure, (alike, details) in kinds.items():
            for labelled in (True, False) if unlabelled else (True,):
                sums = pairwise_f1(self._articles, alike, labelled=labelled)
                of = self._of if labelled else "any label"
                found.append(self.figure(measure, sums, of=of, details=details))
        return found

    def gamma(self, choices: SpanChoices) -> Figure:
        """Gamma; null where there are more alignments than was chosen."""
        if len(self._articles) < 2:
            return self.figure("gamma", gamma([]))
        samples = max(_FEWEST_SAMPLES, ceil(_SAMPLES / max(len(self._articles), 1)))
        details = {"samples": samples, "seed": choices.seed}
        most = choices.most_alignments
        try:
            measured = gamma(self._articles, samples=samples, seed=choices.seed, most=most)
        except TooManyAlignmentsError:
            reason = f"an article's units can be aligned in more than {most:,} ways: {_FEWER}"
            return self.figure("gamma", gamma([]), otherwise=reason)
        return self.figure("gamma", measured, details=details, otherwise=_NO_CHANCE)

    def _missing(self, sums: Sums) -> str | None:
        if not self._articles:
            return "no article was annotated by two people"
        if not self._n_units:
            return "nobody marked anything: nothing tells agreement from chance"
        return ALONE if len(self._articles) == 1 or sums.counts.sum() == 1 else None


def _overlaps(article: MarkedArticle) -> bool:
    """Whether two stretches of units of one annotator overlap."""
    for marked in article.units.values():
        stretches = sorted(stretch for unit in marked for stretch in unit.extent)
        if any(second[0] < first[1] for first, second in pairwise(stretches)):
            return True
    return False
