"""The config `agreement`: how far annotators agree, one row a figure. The figures come in; nothing is measured here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from curation.export.rows import METHODS, Row

if TYPE_CHECKING:
    from curation.export.features import Pairs

Scope = Literal["field", "value", "spans", "statements"]
AGREEMENT_SCOPES: tuple[Scope, ...] = ("field", "value", "spans", "statements")
"""What a figure is about: a field of the article, one value of it, marked spans, or statements."""

AGREEMENT_MEASURES = (
    "percent_agreement", "cohen_kappa", "cohen_kappa_mean", "weighted_kappa", "weighted_kappa_mean", "fleiss_kappa",
    "krippendorff_alpha", "gwet_ac1", "token_alpha", "character_alpha", "u_alpha", "binary_u_alpha", "cu_alpha",
    "ku_alpha", "span_f1_exact", "span_f1_overlap", "span_f1_tolerant", "gamma", "aligned_f1", "statement_f1",
    "pair_agreement", "pair_alpha",
)  # fmt: skip
"""Every measure there is, in the order of the published ids: new ones come last."""

LEVELS = ("nominal", "ordinal", "interval", "ratio")
"""Levels of measurement (Stevens 1946), in the order of the published ids."""

METHOD = "computed"
"""How a row of `agreement` came about: nobody decided it. Its id comes after those of how other rows were decided."""

DIGITS = 4
"""To so many decimals figures are published: further ones may differ between machines."""


@dataclass(frozen=True, slots=True)
class AgreementFigure:
    """One figure of agreement. `of` is what was compared, `measure` the measure's name and `level` its level.

    `value` is None where there is no figure, and `reason` says why; the ends of the interval are None where there is no
    interval, and `reason` may say why. `n_units` counts the articles that had a say in it.
    """

    scope: Scope
    of: str
    measure: str
    level: str | None
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n_units: int
    n_annotators: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class AgreementFigures:
    """What was measured, and on how many articles: `articles` of `shared`, which are those of two or more annotators.

    `confidence` is that of the intervals, from `resamples` draws with `seed`. `measures` maps each measure's name to
    its title, and `task_version` has the versions of the codebook that the measured annotations were made with. Where
    nothing could be compared, `reason` says why, and so does every figure: none has a value.
    """

    figures: Sequence[AgreementFigure] = ()
    articles: int = 0
    shared: int = 0
    confidence: float = 0.95
    resamples: int = 0
    seed: int = 0
    measures: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    task_version: str = ""

    @property
    def is_sample(self) -> bool:
        """Whether not all articles were measured that could be."""
        return self.articles < self.shared


def agreement_features() -> Pairs:
    """The columns of `agreement` and their types."""
    from datasets import ClassLabel, Value

    return [
        ("scope", ClassLabel(names=list(AGREEMENT_SCOPES))),
        ("of", Value("string")),
        ("measure", ClassLabel(names=list(AGREEMENT_MEASURES))),
        ("level", ClassLabel(names=list(LEVELS))),
        ("value", Value("float64")),
        ("ci_low", Value("float64")),
        ("ci_high", Value("float64")),
        ("n_units", Value("int32")),
        ("n_annotators", Value("int32")),
        ("reason", Value("string")),
        ("task_version", Value("string")),
        ("method", ClassLabel(names=[*METHODS, METHOD])),
    ]


def agreement_rows(found: AgreementFigures) -> Iterator[Row]:
    """One row a figure, in the order of the study."""
    for one in found.figures:
        yield {
            "scope": one.scope,
            "of": one.of,
            "measure": one.measure,
            "level": one.level,
            "value": rounded(one.value),
            "ci_low": rounded(one.ci_low),
            "ci_high": rounded(one.ci_high),
            "n_units": one.n_units,
            "n_annotators": one.n_annotators,
            "reason": one.reason,
            "task_version": found.task_version,
            "method": METHOD,
        }


def rounded(number: float | None) -> float | None:
    """A figure as it is published; 0 has no sign."""
    return None if number is None else round(number, DIGITS) + 0.0
