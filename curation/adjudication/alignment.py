"""Which mentions of several annotators are the same one: clusters with at most one mention of each annotator.

Two annotators are aligned as `curation.pairing` does it. For more than two, the joined pairs of all pairs of annotators
are taken from the largest overlap down, and two clusters become one where they have no annotator in common and each
mention of the one overlaps each of the other by the threshold: greedy complete linkage over optimal assignments. So the
mentions of a cluster overlap pair by pair and have characters in common. Of two annotators the clusters are the
assignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from curation.matching import LEAST, iou
from curation.pairing import paired
from curation.records import Annotation, Mention

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


def clusters(annotations: Sequence[Annotation], overlap: float = LEAST) -> list[Cluster]:
    """The mentions of one article, each in exactly one cluster, in the order of the text.

    `annotations` are of different annotators. `overlap` is the least intersection over union of two mentions of one
    cluster, above 0 and up to 1. Neither the order of annotations nor that of mentions matters.
    """
    if not 0 < overlap <= 1:
        raise ValueError("the overlap is a number above 0 and up to 1")
    by_name = sorted(annotations, key=lambda one: one.annotator)
    group: dict[Node, dict[str, Mention]] = {
        (one.annotator, mention.id): {one.annotator: mention} for one in by_name for mention in one.mentions
    }
    pairs = sorted(
        (-same.worth, (one.annotator, same.mine[0].id), (other.annotator, same.yours[0].id))
        for one, other in combinations(by_name, 2)
        for same in paired(one, other, least=overlap)
    )
    for _, one_node, other_node in pairs:
        mine, theirs = group[one_node], group[other_node]
        if mine is theirs or mine.keys() & theirs.keys():
            continue
        if all(_overlap(one, other) >= overlap for one in mine.values() for other in theirs.values()):
            joined = {**mine, **theirs}
            group.update({(name, mention.id): joined for name, mention in joined.items()})
    unique = {id(members): members for members in group.values()}
    found = [Cluster(_label(members), dict(sorted(members.items()))) for members in unique.values()]
    return sorted(found, key=lambda cluster: cluster.key)


def _label(members: Mapping[str, Mention]) -> str:
    return next(iter(members.values())).label


def _overlap(one: Mention, other: Mention) -> float:
    return iou(((one.start, one.end),), ((other.start, other.end),))
