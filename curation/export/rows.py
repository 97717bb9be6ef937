"""Rows of each config as JSON values, with class names where the files hold class ids.

Every row names, as `task_version`, the versions of the codebook that the annotations behind it were made with, and, as
`method`, how it was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from curation.errors import CurationError
from curation.export.columns import Columns, Layout
from curation.export.consensus import given, tally, votes
from curation.export.naming import name_of
from curation.export.splitting.days import day
from curation.records import Annotation, Article, Gold, Mention, Statement, task_versions
from curation.rounds import latest
from curation.statements import statements

Row = dict[str, Any]

METHODS = ("unanimous", "single", "rules", "adjudicated", "annotator", "votes")
"""How a row was decided, in the order of the published ids: as `Gold` says, by one annotator, or not: by shares."""

ORIGINS = ("manual", "prediction", "prediction-changed")
"""What an annotation began as, in the order of the published ids: new ones come last."""


@dataclass(frozen=True)
class Group:
    """An article with its valid annotations, each of the whole text, and what holds of it, if that is known.

    `annotations` is empty where nobody's are valid and complete. `is_settled` is False where somebody has a say that is
    not known yet; `is_outdated` where the gold that was kept was made from other annotations or rules.
    """

    article: Article
    annotations: Sequence[Annotation]
    gold: Gold | None
    is_settled: bool = True
    is_outdated: bool = False

    @property
    def size(self) -> int:
        """About how many characters its rows have, mentions and relations counted as a hundred each."""
        marks = sum(len(one.mentions) + len(one.relations) for one in self.annotations)
        return len(self.article.text) * (len(self.annotations) + 1) + 100 * marks

    def statements(self, layout: Layout) -> list[tuple[Annotation, Statement]]:
        """What was said by whom, as statements, in the order of the annotations."""
        return self._once(
            "_statements",
            lambda: [(one, statement) for one in self.annotations for statement in _statements(layout, one)],
        )

    def marks(self, layout: Layout) -> list[list[tuple[Row, Row]]]:
        """Of each annotation the mentions, as what is told of their spans and as the columns of their attributes."""
        return self._once("_marks", lambda: [_marks(layout, one) for one in self.annotations])

    def versions(self, annotations: Iterable[Annotation], method: str | None = None) -> str:
        """The versions of the codebook behind what these say together; that of gold too, if its `method` decided."""
        decided = [self.gold.annotation] if self.gold and self.gold.method == method else []
        return task_versions(one.task_version for one in (*annotations, *decided))

    def _once(self, name: str, make: Callable[[], list[Any]]) -> list[Any]:
        """What several configs tell is made for the first of them."""
        found: list[Any] | None = self.__dict__.get(name)
        if found is None:
            object.__setattr__(self, name, found := make())
        return found


def exact(article: Article, annotation: Annotation) -> Annotation:
    """`annotation` with each mention's text cut from the article, in the order of the text.

    Raises `E_EXPORT_STALE` if it speaks of another text than the article's.
    """
    if annotation.article_sha256 != article.sha256:
        raise _stale(annotation, f"is about another text than article {article.id} has today")
    text, mentions = article.text, annotation.mentions
    for mention in mentions:
        if not 0 <= mention.start < mention.end <= len(text):
            raise _stale(annotation, f"marks {mention.start} to {mention.end} in a text of {len(text)}")
    places = [(mention.start, mention.end, mention.label, mention.id) for mention in mentions]
    if sorted(places) == places and all(one.text == text[one.start : one.end] for one in mentions):
        return annotation
    cut = [
        replace(one, text=text[one.start : one.end])
        for _, one in sorted(zip(places, mentions, strict=True), key=itemgetter(0))
    ]
    return replace(annotation, mentions=tuple(cut))


def article_rows(layout: Layout, group: Group) -> Iterator[Row]:
    """One row an article: where it is from, and the hash of its text."""
    article, method = group.article, group.gold.method if group.gold else "votes"
    yield {
        "article_id": article.id,
        "sha256": article.sha256,
        "title": article.title,
        "url": article.url,
        "outlet": article.outlet,
        "authors": list(article.authors),
        "published_at": article.published_at,
        "published_on": day(article.published_at),
        "lang": article.lang,
        "license": article.license,
        "characters": len(article.text),
        "annotators": [annotation.annotator for annotation in latest(group.annotations)],
        "task_version": group.versions(group.annotations, method),
        "method": method,
    }


def annotation_rows(layout: Layout, group: Group) -> Iterator[Row]:
    """One row an annotation, everything nested."""
    article = group.article
    for annotation, marks in zip(group.annotations, group.marks(layout), strict=True):
        yield {
            "id": annotation.id,
            "article_id": article.id,
            "title": article.title,
            "text": article.text,
            "annotator": annotation.annotator,
            "round": annotation.round,
            "task_version": annotation.task_version,
            "method": "annotator",
            "interface": annotation.interface,
            "codebook": annotation.codebook,
            **_nested(layout, annotation, marks),
            **layout.document.values(None, annotation.choices),
            "origin": annotation.origin,
            "created_at": annotation.created_at,
            "lead_time": annotation.lead_time,
            "revision": annotation.revision,
        }


def mention_rows(layout: Layout, group: Group) -> Iterator[Row]:
    """One row a mention."""
    for annotation, marks in zip(group.annotations, group.marks(layout), strict=True):
        whose = _whose(annotation)
        for span, attributes in marks:
            yield {**whose, **span, **attributes}


def statement_rows(layout: Layout, group: Group) -> Iterator[Row]:
    """One row a claim, holder and stance of an annotation; the two are null where nobody is named."""
    for annotation, statement in group.statements(layout):
        holder = statement.holder
        yield {
            **_whose(annotation),
            "claim_text": statement.claim_text,
            "claim_fragments": [
                {"id": part.id, "start": part.start, "end": part.end, "text": part.text} for part in statement.claim
            ],
            **_claim_attributes(layout.claim, statement),
            "holder_id": holder and holder.id,
            "holder_start": holder and holder.start,
            "holder_end": holder and holder.end,
            "holder_text": holder and holder.text,
            **layout.holder.values(holder.label if holder else "", holder.attributes if holder else {}),
            "stance": statement.stance,
        }


def stance_rows(layout: Layout, group: Group) -> Iterator[Row]:
    """One row an article and target: what holds, beside everyone's votes; then one a statement with a stance."""
    article, voters = group.article, latest(group.annotations)
    current = {annotation.id for annotation in voters}
    for target, field in layout.task.targets.items():
        answered = [annotation for annotation in voters if given(annotation.choices.get(field.name))]
        if answered:
            ballots = votes(field, answered)
            label, method = _decided(field.name, group.gold, ballots)
            yield _stance(article, "article", target, label) | {
                "soft": tally(field, ballots),
                "n_annotators": len(ballots),
                "task_version": group.versions(answered, method),
                "method": method,
            }
    for annotation, statement in group.statements(layout):
        if statement.holder and statement.stance and annotation.id in current:
            yield _stance(article, "statement", statement.claim_text, statement.stance) | {
                "claim_fragments": [{"id": part.id, "start": part.start, "end": part.end} for part in statement.claim],
                "holder": name_of(statement.holder.attributes) or statement.holder.text,
                "holder_start": statement.holder.start,
                "holder_end": statement.holder.end,
                "holder_text": statement.holder.text,
                "annotation": annotation.id,
                "annotator": annotation.annotator,
                "soft": [{"label": statement.stance, "votes": 1, "share": 1.0}],
                "n_annotators": 1,
                "task_version": annotation.task_version,
                "method": "annotator",
            }


def gold_rows(layout: Layout, group: Group) -> Iterator[Row]:
    """What holds of an article, if that is known, and how that was decided."""
    article, gold = group.article, group.gold
    if gold is None:
        return
    record = exact(article, gold.annotation)
    yield {
        "article_id": article.id,
        "title": article.title,
        "text": article.text,
        **_nested(layout, record, _marks(layout, record)),
        **layout.decided.values(None, record.choices),
        "task_version": record.task_version,
        "method": gold.method,
        "annotators": [origin.annotator for origin in gold.origins],
        "revisions": [origin.revision for origin in gold.origins],
        "decided_by": gold.decided_by,
        "decided_at": gold.decided_at,
    }


def _whose(annotation: Annotation) -> Row:
    return {
        "article_id": annotation.article_id,
        "annotation": annotation.id,
        "annotator": annotation.annotator,
        "round": annotation.round,
        "task_version": annotation.task_version,
        "method": "annotator",
    }


def _decided(field: str, gold: Gold | None, ballots: Sequence[tuple[str, ...]]) -> tuple[str | None, str]:
    """What holds of a field and how that was decided: by gold, else where all say the same one thing."""
    held = gold.annotation.choices.get(field) if gold else None
    if gold and held:
        return (held if isinstance(held, str) else held[0] if len(held) == 1 else None), gold.method
    agreed = len(set(ballots)) == 1 and len(ballots[0]) == 1
    return (ballots[0][0] if agreed else None), "votes"


def _nested(layout: Layout, annotation: Annotation, marks: Iterable[tuple[Row, Row]]) -> Row:
    row: Row = {}
    if layout.task.labels:
        row["mentions"] = [
            {**span, "attributes": attributes} if layout.attributes else span for span, attributes in marks
        ]
    if layout.task.relations:
        relations = sorted(annotation.relations, key=lambda one: (one.source, one.target, one.label or ""))
        row["relations"] = [{"source": one.source, "target": one.target, "label": one.label} for one in relations]
    return row


def _marks(layout: Layout, annotation: Annotation) -> list[tuple[Row, Row]]:
    return [(_span(one), layout.attributes.values(one.label, one.attributes)) for one in annotation.mentions]


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


def _claim_attributes(columns: Columns, statement: Statement) -> Row:
    if len(statement.claim) == 1:
        return columns.values(statement.claim[0].label, statement.claim[0].attributes)
    found: Row = {column.name: None for column in columns}
    for part in reversed(statement.claim):
        given = columns.values(part.label, part.attributes)
        found |= {name: value for name, value in given.items() if value or found[name] is None}
    return found


def _stance(article: Article, scope: str, target: str, label: str | None) -> Row:
    return {
        "article_id": article.id,
        "scope": scope,
        "target": target,
        "claim_fragments": [],
        "holder": None,
        "holder_start": None,
        "holder_end": None,
        "holder_text": None,
        "annotation": None,
        "annotator": None,
        "label": label,
    }


def _stale(annotation: Annotation, what: str) -> CurationError:
    return CurationError("E_EXPORT_STALE", f"annotation {annotation.id} {what}")
