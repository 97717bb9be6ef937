"""What `curation agree` prints of a workspace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curation.cli.console import counted, table

if TYPE_CHECKING:
    from curation.agreement import Agreement, Figure, StatementAgreement

_SPANS = {
    "token_alpha": "alpha over tokens",
    "u_alpha": "alpha for unitizing",
    "span_f1_exact": "F1 exact",
    "span_f1_overlap": "F1 by overlap",
    "gamma": "gamma",
}


def lines(found: Agreement) -> Iterator[str]:
    """The figures that matter most, part by part; JSON and the page have all of them."""
    round_ = "latest rounds" if found.round is None else f"round {found.round}"
    yield (
        f"{found.task}: {counted(found.articles, 'article')} annotated by two or more of"
        f" {counted(len(found.annotators), 'annotator')} ({round_}); {found.single:,} by one alone"
    )
    if found.fields:
        yield from ("", *_fields(found))
    if found.spans:
        yield from ("", *_spans(found.spans))
    if found.statements is not None:
        yield from ("", *_statements(found.statements))
    if found.worst:
        yield ""
        yield from table(
            ("most disagreement", "share", ""),
            [(one.article.id, f"{one.disagreement:.0%}", one.article.title or "") for one in found.worst],
            cut=("",),
        )


def row(name: str, figure: Figure) -> tuple[str, str, str, int, str]:
    """A figure as cells: its name, value, interval, number of items, and what is to be said of it."""
    value = "none" if figure.value is None else f"{figure.value:.3f}"
    interval = "" if figure.low is None or figure.high is None else f"{figure.low:.3f} to {figure.high:.3f}"
    return name, value, interval, figure.n_items, figure.reason or str(figure.details.get("no_interval") or "")


def _fields(found: Agreement) -> Iterator[str]:
    rows = []
    for one in found.fields:
        figures = {figure.measure: figure for figure in one.figures}
        rows.append(row(one.name, figures["krippendorff_alpha"]))
    yield from table(("field of the article", "alpha", "95% interval", "articles", ""), rows)


def _spans(figures: Sequence[Figure]) -> Iterator[str]:
    rows = [
        row(f"{figure.of or 'all labels'}: {_SPANS[figure.measure]}", figure)
        for figure in figures
        if figure.measure in _SPANS and figure.of != "any label"
    ]
    yield from table(("spans", "value", "95% interval", "articles", ""), rows)


def _statements(found: StatementAgreement) -> Iterator[str]:
    from curation.agreement.claims import LOST, SHARED

    steps = [row(SHARED[figure.of], figure) for figure in _of(found.figures, "statement_f1")]
    yield from table(("statements that both have", "F1", "95% interval", "articles", ""), steps)
    worst = max(found.lost, key=lambda step: found.lost[step], default=None)
    if worst is not None and found.lost[worst] > 0:
        yield f"most is lost at {LOST[worst]}: {found.lost[worst]:.0%} of all statements"
    yield ""
    rest = [row(f"{figure.of}: alpha", figure) for figure in _of(found.figures, "pair_alpha")]
    rest += [row(f"{figure.of}: F1", figure) for figure in _of(found.figures, "aligned_f1") if figure.of != "claims"]
    yield from table(("of what both marked", "value", "95% interval", "articles", ""), rest)


def _of(figures: Iterable[Figure], measure: str) -> list[Figure]:
    return [figure for figure in figures if figure.measure == measure]


def document(found: Agreement) -> dict[str, Any]:
    """The same as JSON: every figure, what each measure is, and which articles are disputed, without their texts."""
    from curation.agreement.study import ALL_MEASURES

    every = [figure for one in found.fields for figure in (*one.by_label, *one.by_annotator, *one.over_time)]
    used = {figure.measure for figure in (*found.figures, *every)}
    statements = found.statements
    return {
        "task": found.task,
        "round": found.round,
        "articles": found.articles,
        "single": found.single,
        "annotators": dict(found.annotators),
        "bootstrap": found.bootstrap,
        "figures": list(found.figures),
        "fields": [
            {
                "name": one.name,
                "values": list(one.values),
                "by_label": list(one.by_label),
                "by_annotator": list(one.by_annotator),
                "over_time": list(one.over_time),
                "confusion": _pairs(one.confusion),
            }
            for one in found.fields
        ],
        "statements": statements
        and {
            "lost": dict(statements.lost),
            "confusion": {of: _pairs(pairs) for of, pairs in statements.confusion.items()},
        },
        "worst": [
            {"article": one.article.id, "title": one.article.title, "disagreement": one.disagreement}
            for one in found.worst
        ],
        "measures": {name: ALL_MEASURES[name] for name in sorted(used)},
    }


def _pairs(confusion: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [{"values": list(pair), "count": count} for pair, count in confusion.items()]
