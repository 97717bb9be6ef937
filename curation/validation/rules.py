"""The table of semantic rules, in the order in which their findings are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from curation.catalog import Task
from curation.findings import finding
from curation.records import Annotation, Article, Finding
from curation.validation import contradictions, fields, relations, spans

RULES_VERSION = "4"
"""Raised whenever a rule changes what it reports: stored verdicts of another version are made anew."""

Rule = Callable[[Annotation, Article | None, Task], Iterator[Finding]]
"""What one rule finds in a record. Each is silent about a fact of which another one speaks."""


def article_known(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """The workspace has the article."""
    if article is None:
        message = f"the workspace has no article {record.article_id!r}"
        yield finding("F_ARTICLE_UNKNOWN", message, json_pointer="/article_id")


def text_unchanged(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """The annotator saw the article's text of today."""
    if article is not None and article.sha256 != record.article_sha256:
        was, now = record.article_sha256[:12], article.sha256[:12]
        message = f"article {article.id!r} had another text when it was annotated (checksum {was}, today {now})"
        yield finding("F_TEXT_CHANGED", message, json_pointer="/article_sha256")


def suggestion_touched(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """The annotator changed or added something to what was suggested; adjudicators choose between suggestions."""
    if record.origin == "prediction" and not task.is_for_adjudicators:
        message = f"every part was submitted as it was suggested ({len(record.mentions)} mentions)"
        yield finding("F_SUGGESTION_UNTOUCHED", message, json_pointer="/origin")


RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("F_ARTICLE_UNKNOWN",), article_known),
    (("F_TEXT_CHANGED",), text_unchanged),
    (("F_REGION_DUPLICATE_ID",), spans.identities),
    (("F_LABEL_UNKNOWN",), spans.labels),
    (("F_OFFSET_RANGE",), spans.offsets),
    (("F_TEXT_MISMATCH", "F_TEXT_WHITESPACE"), spans.texts),
    (("F_SPAN_DUPLICATE",), spans.duplicates),
    (("F_SPAN_EDGES",), spans.edges),
    (("F_SPAN_PARAGRAPH",), spans.paragraphs),
    (("F_SPAN_GRAPHEME",), spans.graphemes),
    (("F_CONTROL_UNKNOWN", "F_ATTRIBUTE_LABEL"), fields.declared),
    (("F_CARDINALITY",), fields.cardinalities),
    (("F_VALUE_UNKNOWN",), fields.values),
    (("F_PATTERN",), fields.patterns),
    (("F_REQUIRED_MISSING",), fields.required),
    (("F_RELATION_DANGLING",), relations.dangling),
    (("F_RELATION_SELF",), relations.loops),
    (("F_RELATION_UNLABELLED",), relations.unlabelled),
    (("F_RELATION_UNKNOWN",), relations.unknown),
    (("F_RELATION_ENDS",), relations.ends),
    (("F_RELATION_DUPLICATE",), relations.doubles),
    (("F_HOLDER_MISSING",), relations.holders),
    (("F_HOLDER_UNNAMED",), contradictions.unnamed),
    (("F_CONTRADICTION",), contradictions.contradictions),
    (("F_SUGGESTION_UNTOUCHED",), suggestion_touched),
)
