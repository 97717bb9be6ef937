"""How far annotators agree, as the card tells it: a table of figures with their intervals, and what they rest on."""

from __future__ import annotations

from curation.export.agreed import AgreementFigure, AgreementFigures, rounded
from curation.folders.card import table
from curation.text import counted

HEADLINES = {
    "field": ("krippendorff_alpha", "percent_agreement"),
    "spans": ("token_alpha", "span_f1_exact", "span_f1_overlap"),
    "statements": ("statement_f1", "pair_alpha"),
}
"""The measures of each scope that the card shows. The config `agreement` has every figure."""

ALPHAS = ("krippendorff_alpha", "token_alpha", "pair_alpha")
"""One measure, Krippendorff's alpha, of fields, of tokens and of what is aligned: these can stand on one axis."""

_REASON = 200

NOT_MEASURED = "Agreement was not measured for this release."


def headlines(found: AgreementFigures) -> list[AgreementFigure]:
    """The figures that the card shows."""
    return [one for one in found.figures if one.measure in HEADLINES.get(one.scope, ())]


def agreement_table(found: AgreementFigures | None, *, published: bool) -> str:
    """A table of the figures, or why there is none; `published` says whether the config `agreement` has all of them."""
    if found is None:
        return NOT_MEASURED
    if found.reason is not None:
        return f"There are no figures of agreement: {found.reason}."
    rows = [(subject(one), found.measures.get(one.measure, one.measure), *_figure(one)) for one in headlines(found)]
    head = ("what", "measure", "value", f"{found.confidence:.0%} interval", "articles", "annotators")
    return "\n\n".join([_basis(found, published=published), table(head, rows, right=2, limit=_REASON)])


def subject(one: AgreementFigure) -> str:
    """What a figure is about, in words."""
    if one.scope in ("spans", "statements"):
        return f"{one.scope}: {one.of or 'all labels'}"
    return one.of


def written(number: float) -> str:
    """A figure with three decimals."""
    return f"{rounded(number):.3f}"


def _figure(one: AgreementFigure) -> tuple[str, ...]:
    if one.value is None:
        return f"none: {one.reason}", "–", str(one.n_units), str(one.n_annotators)
    interval = (
        f"{written(one.ci_low)} to {written(one.ci_high)}"
        if one.ci_low is not None and one.ci_high is not None
        else "–"
    )
    return written(one.value), interval, str(one.n_units), str(one.n_annotators)


def _basis(found: AgreementFigures, *, published: bool) -> str:
    measured = f"Measured on the {counted(found.articles, 'article')} that two or more annotators annotated"
    if found.is_sample:
        measured = (
            f"Measured on {found.articles:,} of the {found.shared:,} articles that two or more annotators annotated,"
            " drawn by the hash of their ids"
        )
    intervals = f"; intervals are bootstrapped over articles (BCa, {found.resamples:,} resamples, seed {found.seed})."
    return measured + intervals + (" The config `agreement` has every figure." if published else "")
