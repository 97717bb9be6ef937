"""Rows of each config as JSON values, with class names where the files hold class ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from curation.errors import CurationError
from curation.export.columns import Column, Layout, values
from curation.export.consensus import tally, votes
from curation.records import Annotation, Article, Gold, Mention, Statement
from curation.rounds import latest
from curation.statements import statements

Row = dict[str, Any]


def exact(article: Article, annotation: Annotation) -> Annotation:
    """`annotation` with each mention's text cut from the article, in the order of the text.

    Raises `E_EXPORT_STALE` if it speaks of another text than the article's.
    """
    if annotation.article_sha256 != article.sha256:
        raise _stale(annotation, f"is about another text than article {article.id} has today")
    for mention in annotation.mentions:
        if not 0 <= mention.start < mention.end <= len(article.text):
            raise _stale(annotation, f"marks {mention.start} to {mention.end} in a text of {len(article.text)}")
    mentions = [replace(mention, text=article.text[mention.start : mention.end]) for mention in annotation.mentions]
    mentions.sort(key=lambda mention: (mention.start, mention.end, mention.label, mention.id))
    return replace(annotation, mentions=tuple(mentions))


def annotation_rows(layout: Layout, article: Article, annotations: Sequence[Annotation]) -> Iterator[Row]:
    """One row an annotation, everything nested."""
    for annotation in annotations:
        yield {
            "id": annotation.id,
            "article_id": article.id,
            "title": article.title,
            "text": article.text,
            "annotator": annotation.annotator,
            "round": annotation.round,
            "task_version": annotation.task_version,
            "interface": annotation.interface,
            "codebook": annotation.codebook,
            **_nested(layout, annotation),
            **values(layout.document, None, annotation.choices),
            "origin": annotation.origin,
            "created_at": annotation.created_at,
            "lead_time": annotation.lead_time,
            "revision": annotation.revision,
        }


def mention_rows(layout: Layout, article: Article, annotations: Sequence[Annotation]) -> Iterator[Row]:
    """One row a mention."""
    for annotation in annotations:
        for mention in annotation.mentions:
            yield {
                "article_id": article.id,
                "annotation": annotation.id,
                "annotator": annotation.annotator,
                **_span(mention),
                **values(layout.attributes, mention.label, mention.attributes),
            }


def statement_rows(layout: Layout, article: Article, annotations: Sequence[Annotation]) -> Iterator[Row]:
    """One row a claim, holder and stance of an annotation; the two are null where nobody is named."""
    for annotation in annotations:
        for statement in _statements(layout, annotation):
            holder = statement.holder
            yield {
                "article_id": article.id,
                "annotation": annotation.id,
                "annotator": annotation.annotator,
                "claim_text": statement.claim_text,
                "claim_fragments": [
                    {"id": part.id, "start": part.start, "end": part.end, "text": part.text} for part in statement.claim
                ],
                **_claim_attributes(layout.claim, statement),
                "holder_id": holder and holder.id,
                "holder_start": holder and holder.start,
                "holder_end": holder and holder.end,
                "holder_text": holder and holder.text,
                **values(layout.holder, holder.label if holder else "", holder.attributes if holder else {}),
                "stance": statement.stance,
            }


def stance_rows(layout: Layout, article: Article, annotations: Sequence[Annotation]) -> Iterator[Row]:
    """One row an article and target, aggregated over annotators; then one a statement with a stance."""
    voters = latest(annotations)
    for target, field in layout.task.targets.items():
        ballots = votes(field, voters)
        if ballots:
            agreed = len(set(ballots)) == 1 and len(ballots[0]) == 1
            yield _stance(article, "article", target, ballots[0][0] if agreed else None) | {
                "soft": tally(field, ballots),
                "n_annotators": len(ballots),
            }
    for annotation in annotations:
        for statement in _statements(layout, annotation):
            if statement.holder and statement.stance:
                yield _stance(article, "statement", statement.claim_text, statement.stance) | {
                    "holder": _holder_name(layout, statement.holder),
                    "annotation": annotation.id,
                    "annotator": annotation.annotator,
                    "soft": [{"label": statement.stance, "votes": 1, "share": 1.0}],
                    "n_annotators": 1,
                }


def gold_row(layout: Layout, article: Article, gold: Gold) -> Row:
    """What holds of an article, and how that was decided."""
    record = exact(article, gold.annotation)
    return {
        "article_id": article.id,
        "title": article.title,
        "text": article.text,
        **_nested(layout, record),
        **values(layout.decided, None, record.choices),
        "method": gold.method,
        "annotators": [origin.annotator for origin in gold.origins],
        "revisions": [origin.revision for origin in gold.origins],
        "decided_by": gold.decided_by,
        "decided_at": gold.decided_at,
    }


ROWS: dict[str, Callable[[Layout, Article, Sequence[Annotation]], Iterator[Row]]] = {
    "annotations": annotation_rows,
    "mentions": mention_rows,
    "statements": statement_rows,
    "stance": stance_rows,
}
"""How the rows of each config are made of one article and its valid annotations; see `gold_row` for `gold`."""


def _nested(layout: Layout, annotation: Annotation) -> Row:
    row: Row = {}
    if layout.task.labels:
        row["mentions"] = [_mention(layout, mention) for mention in annotation.mentions]
    if layout.task.relations:
        relations = sorted(annotation.relations, key=lambda one: (one.source, one.target, one.label or ""))
        row["relations"] = [{"source": one.source, "target": one.target, "label": one.label} for one in relations]
    return row


def _mention(layout: Layout, mention: Mention) -> Row:
    row = _span(mention)
    if layout.attributes:
        row["attributes"] = values(layout.attributes, mention.label, mention.attributes)
    return row


def _span(mention: Mention) -> Row:
    return {
        "id": mention.id,
        "label": mention.label,
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
    }


def _statements(layout: Layout, annotation: Annotation) -> list[Statement]:
    return [
        statement
        for continuation, labels in layout.claims.items()
        for statement in statements(annotation, layout.polarity, continuation, labels)
    ]


def _holder_name(layout: Layout, holder: Mention) -> str:
    names = values((column for column in layout.holder if column.field.name == "name"), holder.label, holder.attributes)
    return next((name for name in names.values() if isinstance(name, str)), holder.text)


def _claim_attributes(columns: Sequence[Column], statement: Statement) -> Row:
    found: Row = {column.name: None for column in columns}
    for part in reversed(statement.claim):
        given = values(columns, part.label, part.attributes)
        found |= {name: value for name, value in given.items() if value or found[name] is None}
    return found


def _stance(article: Article, scope: str, target: str, label: str | None) -> Row:
    return {
        "article_id": article.id,
        "scope": scope,
        "target": target,
        "holder": None,
        "annotation": None,
        "annotator": None,
        "label": label,
    }


def _stale(annotation: Annotation, what: str) -> CurationError:
    return CurationError("E_EXPORT_STALE", f"annotation {annotation.id} {what}")
