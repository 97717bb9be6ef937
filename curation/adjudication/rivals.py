"""What adjudicators are given to choose from: the versions of an article that its annotators stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace

from curation.adjudication.merged import Merged
from curation.adjudication.merging import merge
from curation.adjudication.rules import Rules
from curation.records import Annotation

AGREED = "what is agreed"
"""Who is said to have made what all rules settle. It sorts behind `version 1`: screens begin with the last of them."""


@dataclass(frozen=True, slots=True)
class Version:
    """An article as some of its annotators would have it: what is settled, and of what is open their answers."""

    annotators: tuple[str, ...]
    merged: Merged


def versions(annotations: Sequence[Annotation], rules: Rules, truths: Collection[str] = ()) -> tuple[Version, ...]:
    """The different versions of an article, none twice. Their order says nothing about whose they are.

    Takes what `merge` takes. A version leaves out what its annotators have no answer to: the kind of a claim that
    they did not mark, say. It is the same for everybody where nothing is open.
    """
    found: dict[Hashable, list[tuple[str, Merged]]] = {}
    for name in sorted(one.annotator for one in annotations):
        merged = merge(annotations, replace(rules, tie_breaker=name), truths)
        found.setdefault(_content(merged), []).append((name, merged))
    made = [Version(tuple(name for name, _ in own), own[0][1]) for own in found.values()]
    return tuple(sorted(made, key=lambda version: _lot(version.merged)))


def _content(merged: Merged) -> Hashable:
    mentions = frozenset((one.id, one.start, one.end, frozenset(one.attributes.items())) for one in merged.mentions)
    return mentions, frozenset(merged.relations), frozenset(merged.choices.items())


def _lot(merged: Merged) -> str:
    """Draws lots, the same on every run: by what is in a version and not by who made it."""
    places = {one.id: (one.start, one.end) for one in merged.mentions}
    spans = ((one.start, one.end, one.label, sorted(one.attributes.items())) for one in merged.mentions)
    mentions = sorted(spans, key=repr)
    relations = sorted((places[one.source], places[one.target], one.label or "") for one in merged.relations)
    content = (merged.article_id, mentions, relations, sorted(merged.choices.items()))
    return hashlib.sha256(repr(content).encode()).hexdigest()
