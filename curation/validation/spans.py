"""Rules on single mentions: label, offsets, text and edges. Those on the text need the one that the annotator saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from curation.catalog import Task
from curation.findings import finding
from curation.records import Annotation, Article, Finding, Mention
from curation.text import contrast, crosses_paragraph, exactly, is_span, quote, spaced_edges, splits_grapheme
from curation.validation.wording import listing, name


def labels(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every mention has a label of the task."""
    for position, mention in enumerate(record.mentions):
        if mention.label not in task.labels:
            yield finding(
                "F_LABEL_UNKNOWN",
                f"{exactly(mention.label)} for {quote(mention.text)} ({mention.start}–{mention.end}): "
                f"the task's labels are {listing(task.labels)}",
                region=mention.id,
                json_pointer=f"/mentions/{position}/label",
            )


def identities(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No two mentions share an id."""
    first: dict[str, Mention] = {}
    for position, mention in enumerate(record.mentions):
        other = first.get(mention.id)
        first.setdefault(mention.id, mention)
        if other is not None:
            yield finding(
                "F_REGION_DUPLICATE_ID",
                f"{name(mention)} has the same id as {name(other)}",
                region=mention.id,
                json_pointer=f"/mentions/{position}/id",
            )


def offsets(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """0 <= start < end, and end <= length of the text if that is known."""
    text = seen_text(record, article)
    for position, mention in enumerate(record.mentions):
        if in_range(mention, text):
            continue
        limit = "" if text is None else f" of a text of {len(text)} characters"
        wrong = "start" if mention.start < 0 else "end"
        yield finding(
            "F_OFFSET_RANGE",
            f"{name(mention)} is no span{limit}",
            region=mention.id,
            json_pointer=f"/mentions/{position}/{wrong}",
        )


def texts(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Each mention's text is the article's between its offsets."""
    for position, mention, text in _readable(record, article):
        there = text[mention.start : mention.end]
        if mention.text == there:
            continue
        articles, stored = contrast(there, mention.text)
        same_words = "".join(mention.text.split()) == "".join(there.split())
        yield finding(
            "F_TEXT_WHITESPACE" if same_words else "F_TEXT_MISMATCH",
            f"{name(mention)}: the article has {articles} there, and the annotation {stored}",
            region=mention.id,
            json_pointer=f"/mentions/{position}/text",
        )


def duplicates(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No two mentions have label and offsets in common."""
    first: dict[tuple[str, int, int], Mention] = {}
    for position, mention in enumerate(record.mentions):
        other = first.setdefault((mention.label, mention.start, mention.end), mention)
        if other.id != mention.id:
            yield finding(
                "F_SPAN_DUPLICATE",
                f"{name(mention)} is marked twice",
                region=mention.id,
                json_pointer=f"/mentions/{position}",
            )


def edges(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No mention begins or ends with white space."""
    for position, mention, text in _readable(record, article):
        where = spaced_edges(text, mention.start, mention.end)
        if where:
            yield finding(
                "F_SPAN_EDGES",
                f"{name(mention)} {where} with white space",
                region=mention.id,
                json_pointer=f"/mentions/{position}",
            )


def paragraphs(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No mention reaches from one paragraph into another."""
    for position, mention, text in _readable(record, article):
        if crosses_paragraph(text, mention.start, mention.end):
            yield finding(
                "F_SPAN_PARAGRAPH",
                f"{name(mention)} reaches across a blank line",
                region=mention.id,
                json_pointer=f"/mentions/{position}",
            )


def graphemes(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No mention begins or ends inside a character as a reader sees it."""
    for position, mention, text in _readable(record, article):
        cut = [side for side, at in (("start", mention.start), ("end", mention.end)) if splits_grapheme(text, at)]
        if cut:
            yield finding(
                "F_SPAN_GRAPHEME",
                f"{name(mention)} cuts a character in two at its {' and its '.join(cut)}",
                region=mention.id,
                json_pointer=f"/mentions/{position}/{cut[0]}",
            )


def ambiguous(record: Annotation) -> set[str]:
    """The ids of mentions that share their id, or label and offsets, with another: one of them is to be deleted."""
    mentions = record.mentions
    apart = len(mentions)
    if len({one.id for one in mentions}) == len({(one.label, one.start, one.end) for one in mentions}) == apart:
        return set()
    ids = Counter(mention.id for mention in record.mentions)
    places = Counter((mention.label, mention.start, mention.end) for mention in record.mentions)
    return {
        mention.id
        for mention in record.mentions
        if ids[mention.id] > 1 or places[mention.label, mention.start, mention.end] > 1
    }


def seen_text(record: Annotation, article: Article | None) -> str | None:
    """The text that the annotator saw; None if the article is unknown or has another text by now."""
    return article.text if article is not None and article.sha256 == record.article_sha256 else None


def in_range(mention: Mention, text: str | None) -> bool:
    """Whether the mention is a span, of `text` if that is known."""
    return is_span(mention.start, mention.end, None if text is None else len(text))


def _readable(record: Annotation, article: Article | None) -> Iterator[tuple[int, Mention, str]]:
    text = seen_text(record, article)
    for position, mention in enumerate(record.mentions if text is not None else ()):
        if text is not None and in_range(mention, text):
            yield position, mention, text
