"""The config `tokens`: what holds of an article, on its tokens, for training token classifiers.

Tokens go by the text alone (see `words`), never by the annotations, so that they tell a model nothing. A token that a
mention touches is tagged, and each mention keeps its own offsets beside its tokens'.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from curation.export.columns import Layout, slug
from curation.export.rows import METHODS, Row, exact
from curation.records import Article, Gold, Mention
from curation.words import TOKENIZER, words

OUTSIDE = "O"
"""The tag of a token that no mention of the layer touches."""

TokenSpan = tuple[int, int]
"""The first token of a mention and the one behind its last."""


def tags_of(label: str) -> list[str]:
    """The classes of a layer: outside, the first token of a mention, a further one (IOB2; Ramshaw and Marcus 1995)."""
    return [OUTSIDE, f"B-{label}", f"I-{label}"]


def tag_columns(labels: Iterable[str]) -> dict[str, tuple[str, str]]:
    """For each label the columns of its first layer and of its further ones."""
    return {label: (f"{slug(label)}_tags", f"{slug(label)}_nested") for label in labels}


def token_features(layout: Layout) -> list[tuple[str, Any]] | None:
    """The columns of `tokens` and their types; None for a task that marks no spans."""
    from datasets import ClassLabel, List, Value

    if not layout.task.labels:
        return None
    string, integer = Value("string"), Value("int32")
    mention = {
        "id": string,
        "label": ClassLabel(names=list(layout.task.label_classes)),
        "start": integer,
        "end": integer,
        "token_start": integer,
        "token_end": integer,
        "layer": integer,
    }
    tags: list[tuple[str, Any]] = []
    for label, (first, further) in tag_columns(layout.task.labels).items():
        classes = ClassLabel(names=tags_of(label))
        tags += [(first, List(classes)), (further, List(List(classes)))]
    return [
        ("article_id", string),
        ("tokens", List(string)),
        ("start", List(integer)),
        ("end", List(integer)),
        *tags,
        ("mentions", List(mention)),
        ("tokenizer", string),
        ("task_version", string),
        ("method", ClassLabel(names=list(METHODS))),
    ]


def token_row(layout: Layout, article: Article, gold: Gold) -> Row:
    """What holds of an article, on its tokens.

    Each label has a layer of tags, in which no two mentions share a token, and as many further ones as it takes: of
    mentions that meet, the one that begins first is in the first layer, of these the longest. Every mention is in
    exactly one layer; only one of nothing but white space has no token, and no layer.
    """
    found = words(article.text)
    starts, ends = [start for start, _ in found], [end for _, end in found]
    mentions = exact(article, gold.annotation).mentions
    placed = {mention.id: _tokens_of(mention, starts, ends) for mention in mentions}
    layers = {label: _layers(mentions, placed, label) for label in layout.task.labels}
    layer_of = {one: number for stack in layers.values() for number, layer in enumerate(stack) for one in layer}
    row: Row = {
        "article_id": article.id,
        "tokens": [article.text[start:end] for start, end in found],
        "start": starts,
        "end": ends,
    }
    for label, columns in tag_columns(layers).items():
        tagged = [_tags(label, [placed[one] for one in layer], len(found)) for layer in layers[label] or [[]]]
        row |= dict(zip(columns, (tagged[0], tagged[1:]), strict=True))
    row["mentions"] = [
        {
            "id": mention.id,
            "label": mention.label,
            "start": mention.start,
            "end": mention.end,
            "token_start": placed[mention.id][0],
            "token_end": placed[mention.id][1],
            "layer": layer_of.get(mention.id),
        }
        for mention in mentions
    ]
    return row | {
        "tokenizer": TOKENIZER,
        "task_version": gold.annotation.task_version,
        "method": gold.method,
    }


def spans_of(tags: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """The label, first token and token behind the last of every mention in one layer of tags.

    An `I-` that continues nothing begins a mention, as `conlleval` reads it.
    """
    start, label = 0, None
    for place, tag in enumerate([*tags, OUTSIDE]):
        continues = label is not None and tag == f"I-{label}"
        if label is not None and not continues:
            yield label, start, place
        if not continues:
            start, label = place, tag[2:] if tag != OUTSIDE else None


def _tokens_of(mention: Mention, starts: Sequence[int], ends: Sequence[int]) -> TokenSpan:
    """The tokens that a mention touches."""
    first = bisect_right(ends, mention.start)
    return first, max(first, bisect_left(starts, mention.end))


def _layers(mentions: Sequence[Mention], placed: dict[str, TokenSpan], label: str) -> list[list[str]]:
    """The ids of a label's mentions, in as few layers as can be: each goes to the first one that has room."""
    own = [one for one in mentions if one.label == label and placed[one.id][0] < placed[one.id][1]]
    own.sort(key=lambda one: (placed[one.id][0], -placed[one.id][1], one.start, -one.end, one.id))
    layers: list[list[str]] = []
    for one in own:
        room = next((layer for layer in layers if placed[layer[-1]][1] <= placed[one.id][0]), None)
        if room is None:
            layers.append([one.id])
        else:
            room.append(one.id)
    return layers


def _tags(label: str, spans: Iterable[TokenSpan], length: int) -> list[str]:
    outside, begins, continues = tags_of(label)
    tags = [outside] * length
    for start, end in spans:
        tags[start:end] = [begins] + [continues] * (end - start - 1)
    return tags
