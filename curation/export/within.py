"""What holds of a row of a built dataset by itself, whatever other rows say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import isclose
from typing import TYPE_CHECKING

from curation.export.rows import METHODS
from curation.export.tokens import OUTSIDE, tag_columns, tags_of

if TYPE_CHECKING:
    from datasets import Features

    from curation.export.rows import Row

_ALWAYS = ("article_id", "task_version", "method")
_GIVEN: Mapping[str, Sequence[str]] = {
    "gold": (*_ALWAYS, "annotators", "revisions"),
    "annotations": (*_ALWAYS, "id", "annotator", "round"),
    "mentions": (*_ALWAYS, "annotation", "annotator", "round", "id", "label", "start", "end"),
    "statements": (*_ALWAYS, "annotation", "annotator", "round"),
    "stance": (*_ALWAYS, "scope", "n_annotators"),
    "tokens": (*_ALWAYS, "start", "end"),
    "articles": (*_ALWAYS, "sha256", "characters"),
}
"""Columns of a config that have a value in every row."""

_DECIDED = METHODS[: METHODS.index("annotator")]
_WAYS: Mapping[str, Sequence[str]] = {
    "gold": _DECIDED,
    "tokens": _DECIDED,
    "articles": (*_DECIDED, "votes"),
    **dict.fromkeys(("annotations", "mentions", "statements"), ("annotator",)),
}
"""How the rows of a config can have been decided."""

Rule = Callable[["Row"], Iterator[str]]
"""Tells what is wrong with a row, which has the ids of classes."""


def given(config: str, features: Features) -> list[str]:
    """The columns of a config that no row may leave empty."""
    return [name for name in _GIVEN.get(config, ()) if name in features]


def ways(config: str, features: Features) -> frozenset[int]:
    """The ids of the methods that rows of a config can have."""
    names = features["method"].names
    return frozenset(names.index(one) for one in _WAYS.get(config, names) if one in names)


def rule_of(config: str, features: Features) -> Rule | None:
    """What a row of a config has to fulfil; None where there is nothing to tell of one row."""
    if config == "tokens" and {"start", "end", "mentions"} <= features.keys():
        return _tokens(features)
    if config == "stance" and {"soft", "label", "n_annotators", "method"} <= features.keys():
        return partial(_votes, features["method"].names.index("votes"))
    return None


def _votes(by_votes: int, row: Row) -> Iterator[str]:
    """Somebody voted; shares are of those who did; and nothing holds by votes that not all gave."""
    number, soft = row["n_annotators"], row["soft"]
    if not soft:
        yield "a stance without votes"
        return
    votes = [one["votes"] for one in soft]
    if number is None or not all(vote is not None and 0 < vote <= number for vote in votes) or sum(votes) < number:
        yield "votes that are not those of n_annotators"
    elif not all(one["share"] is not None and isclose(one["share"], one["votes"] / number) for one in soft):
        yield "a share that is not that of the votes"
    agreed = soft[0]["label"] if len(soft) == 1 else None
    if row["method"] == by_votes and row["label"] not in (None, agreed):
        yield "a label that its votes do not give"


def _tokens(features: Features) -> Rule:
    """Each layer has a tag for each token, and the tags are those of the mentions beside them."""
    labels = features["mentions"].feature["label"].names
    columns = {label: pair for label, pair in tag_columns(labels).items() if set(pair) <= features.keys()}
    classes = {label: features[first].feature.names for label, (first, _) in columns.items()}
    columns = {label: pair for label, pair in columns.items() if set(tags_of(label)) <= set(classes[label])}
    known = range(len(labels))

    def rule(row: Row) -> Iterator[str]:
        length = len(row["start"] or ())
        layers = {label: [row[first], *(row[further] or ())] for label, (first, further) in columns.items()}
        wrong: list[str] = [name for name in ("end", "tokens") if name in row and len(row[name] or ()) != length]
        wrong += [
            columns[label][0] for label, stack in layers.items() if any(len(one or ()) != length for one in stack)
        ]
        if wrong:
            yield f"lists of another length than the tokens ({', '.join(wrong)})"
            return
        made = {label: [[classes[label].index(OUTSIDE)] * length for _ in stack] for label, stack in layers.items()}
        for mention in row["mentions"] or ():
            label = labels[mention["label"]] if mention["label"] in known else None
            start, end, layer = mention["token_start"], mention["token_end"], mention["layer"]
            if start is None or end is None or not 0 <= start <= end <= length:
                yield "a mention of tokens that are not there"
                return
            if layer is None or label not in made:
                continue
            if not 0 <= layer < len(made[label]):
                yield "a mention in a layer that is not there"
                return
            _, begins, continues = map(classes[label].index, tags_of(label))
            made[label][layer][start:end] = [begins] + [continues] * (end - start - 1)
        if made != layers:
            differing = [columns[label][0] for label in columns if made[label] != layers[label]]
            yield f"tags that are not those of the mentions ({', '.join(differing)})"

    return rule
