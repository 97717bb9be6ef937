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

MEANINGS = {
    "percent_agreement": "Percent agreement is the share of agreeing pairs of annotators in an article, averaged over"
    " articles; chance is not taken out of it.",
    "krippendorff_alpha": "Krippendorff's alpha is 1 less observed by expected disagreement (Krippendorff 2004, Content"
    " Analysis, section 11.3), of nominal values unless"
    " another level is named: 1 is perfect, 0 is chance.",
    "token_alpha": "Alpha over tokens is that of the labels over each word and sign, none being one of them.",
    "span_f1_exact": "F1 is twice the spans that two annotators share over the spans of both, averaged over pairs of"
    " annotators (Hripcsak and Rothschild 2005); chance is not taken out. Spans, or units, are the same if they cover"
    " the same characters and have the same label.",
    "span_f1_overlap": "Spans overlap if half or more of the characters that either covers are covered by both.",
    "statement_f1": "F1 of statements counts those that two annotators share up to a step: the claim, then also its"
    " holder, the stance, and the fields of the claim.",
    "pair_alpha": "Alpha on what is aligned compares what was said of claims that two annotators both marked, and of"
    " their holders; it says nothing of claims that only one marked.",
}
"""What the measures that the card shows are, in a sentence or two."""

_STEPS = {
    "claim": "claim",
    "holder": "claim and holder",
    "stance": "claim, holder and stance",
    "fields": "claim, holder, stance and fields",
}
_ANY = "any label"
_REASON = 200

NOT_MEASURED = "Agreement was not measured for this release."


def headlines(found: AgreementFigures) -> list[AgreementFigure]:
    """The figures that the card shows. Where labels make no difference to one of spans, it is there once."""
    shown = [one for one in found.figures if one.measure in HEADLINES.get(one.scope, ())]
    labelled = {(one.measure, *_said(one)) for one in shown if one.scope == "spans" and not one.of}
    return [one for one in shown if not (_is_unlabelled(one) and (one.measure, *_said(one)) in labelled)]


def agreement_table(found: AgreementFigures | None, *, published: bool) -> str:
    """A table of the figures, or why there is none; `published` says whether the config `agreement` has all of them."""
    if found is None:
        return NOT_MEASURED
    if found.reason is not None:
        return f"There are no figures of agreement: {found.reason}."
    shown = headlines(found)
    rows = [(subject(one), _measure(found, one), *_figure(one)) for one in shown]
    head = ("what", "measure", "value", f"{found.confidence:.0%} interval", "articles", "annotators")
    meanings = [said for measure, said in MEANINGS.items() if any(one.measure == measure for one in shown)]
    if any(map(_is_unlabelled, shown)):
        meanings.append("Where it says `whatever their labels`, spans may have different ones.")
    listed = "\n".join(f"- {said}" for said in meanings)
    parts = [_basis(found, published=published), table(head, rows, right=2, limit=_REASON), listed]
    return "\n\n".join(filter(None, parts))


def subject(one: AgreementFigure) -> str:
    """What a figure is about, in words."""
    if one.scope == "spans":
        if _is_unlabelled(one):
            return "all spans, whatever their labels"
        return f"spans: {one.of}" if one.of else "all spans with their labels"
    if one.scope == "statements":
        return f"statements: {_STEPS.get(one.of, one.of) if one.measure == 'statement_f1' else one.of}"
    return one.of


def _measure(found: AgreementFigures, one: AgreementFigure) -> str:
    level = f" ({one.level})" if one.level not in (None, "nominal") else ""
    return found.measures.get(one.measure, one.measure) + level


def _is_unlabelled(one: AgreementFigure) -> bool:
    """Whether a figure of spans ignores their labels; a label may be called as these are."""
    return one.scope == "spans" and one.of == _ANY and one.measure in ("span_f1_exact", "span_f1_overlap")


def _said(one: AgreementFigure) -> tuple[float | None, ...]:
    return one.value, one.ci_low, one.ci_high, one.n_units


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
        if one.reason is None
        else f"none: {one.reason}"
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
