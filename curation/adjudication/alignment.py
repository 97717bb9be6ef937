"""Which mentions of several annotators are the same one: clusters with at most one mention of each annotator.

Two annotators are aligned by the assignment of their mentions of one label that has the largest sum of overlaps (Kuhn
1955, by scipy's linear_sum_assignment); mentions that overlap by less than a threshold are never joined. For more than
two, the joined pairs of all pairs of annotators are taken from the largest overlap down, and two clusters become one
where they have no annotator in common and each mention of the one overlaps each of the other by the threshold: greedy
complete linkage over optimal assignments. So the mentions of a cluster overlap pair by pair and have characters in
common. Of two annotators the clusters are the assignment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from curation.matching import dice
from curation.records import Annotation, Mention

# Among stacked mentions, which overlap equally, those with the same attributes belong together, then those with the
# same relations, then those of one id. Small enough to decide nothing but ties.
_ATTRIBUTES, _RELATIONS, _ID = 1e-6, 1e-8, 1e-10

Node = tuple[str, str]
"""An annotator and the id of a mention of theirs."""


@dataclass(frozen=True)
class Cluster:
    """Mentions of one label by different annotators that are the same one, by annotator in sorted order."""

    label: str
    members: Mapping[str, Mention]

    @cached_property
    def key(self) -> tuple[int, int, str, tuple[Node, ...]]:
        """Where it stands among others: by place, then by who marked it."""
        first = min((mention.start, mention.end) for mention in self.members.values())
        return *first, self.label, tuple((name, mention.id) for name, mention in self.members.items())


def clusters(annotations: Sequence[Annotation], overlap: float = 0.5) -> list[Cluster]:
    """The mentions of one article, each in exactly one cluster, in the order of the text.

    `annotations` are of different annotators. `overlap` is the least Dice coefficient of two mentions of one cluster,
    above 0 and up to 1. Neither the order of annotations nor that of mentions matters.
    """
    if not 0 < overlap <= 1:
        raise ValueError("the overlap is a number above 0 and up to 1")
    by_name = sorted(annotations, key=lambda one: one.annotator)
    drawn = {one.annotator: _relations(one) for one in by_name}
    found: list[Cluster] = []
    for label in sorted({mention.label for one in by_name for mention in one.mentions}):
        sides = {
            one.annotator: sorted((m for m in one.mentions if m.label == label), key=lambda m: (m.start, m.end, m.id))
            for one in by_name
        }
        found += [Cluster(label, members) for members in _linked(sides, drawn, overlap)]
    return sorted(found, key=lambda cluster: cluster.key)


def _linked(
    sides: Mapping[str, Sequence[Mention]], drawn: Mapping[str, Mapping[str, Counter[object]]], overlap: float
) -> list[dict[str, Mention]]:
    group: dict[Node, dict[str, Mention]] = {
        (name, mention.id): {name: mention} for name, mentions in sides.items() for mention in mentions
    }
    pairs = [
        (-value, (one, mine.id), (other, theirs.id))
        for one, other in combinations(sides, 2)
        for value, mine, theirs in _assigned(sides[one], sides[other], drawn[one], drawn[other], overlap)
    ]
    for _, one_node, other_node in sorted(pairs):
        mine, theirs = group[one_node], group[other_node]
        if mine is theirs or mine.keys() & theirs.keys():
            continue
        if all(_overlap(one, other) >= overlap for one in mine.values() for other in theirs.values()):
            joined = {**mine, **theirs}
            group.update({(name, mention.id): joined for name, mention in joined.items()})
    unique = {id(members): members for members in group.values()}
    return [dict(sorted(members.items())) for members in unique.values()]


def _assigned(
    mine: Sequence[Mention],
    theirs: Sequence[Mention],
    my_relations: Mapping[str, Counter[object]],
    their_relations: Mapping[str, Counter[object]],
    overlap: float,
) -> list[tuple[float, Mention, Mention]]:
    """The pairs of the best assignment that overlap by the threshold, with their worth."""
    if not mine or not theirs:
        return []
    worth: NDArray[np.float64] = np.array([[_overlap(one, other) for other in theirs] for one in mine])
    worth[worth < overlap] = 0.0
    for row, column in np.argwhere(worth > 0):
        one, other = mine[row], theirs[column]
        worth[row, column] += _ATTRIBUTES * _alike(Counter(one.attributes.items()), Counter(other.attributes.items()))
        worth[row, column] += _RELATIONS * _alike(my_relations[one.id], their_relations[other.id])
        worth[row, column] += _ID * (one.id == other.id)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [
        (float(worth[row, column]), mine[row], theirs[column])
        for row, column in zip(rows, columns, strict=True)
        if worth[row, column] > 0
    ]


def _overlap(one: Mention, other: Mention) -> float:
    if one.end <= other.start or other.end <= one.start:
        return 0.0
    return dice(((one.start, one.end),), ((other.start, other.end),))


def _relations(annotation: Annotation) -> dict[str, Counter[object]]:
    """By mention: the relations that it has, told by their label, their direction and what stands at the other end."""
    mentions = {mention.id: mention for mention in annotation.mentions}
    found: dict[str, Counter[object]] = {name: Counter() for name in mentions}
    for relation in annotation.relations:
        source, target = mentions.get(relation.source), mentions.get(relation.target)
        if source and target:
            found[source.id]["to", relation.label, target.label, target.start, target.end] += 1
            found[target.id]["from", relation.label, source.label, source.start, source.end] += 1
    return found


def _alike(one: Counter[object], other: Counter[object]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0
