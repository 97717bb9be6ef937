"""Relations of several annotators between merged mentions: which are the same, and which of them stand.

A relation counts as the same if its ends are the same merged mentions and its label is the same; labels that rival each
other are decided as one question, the pair of ends being the item. Who did not mark both ends could not draw it, and
has no vote. Relations that join the fragments of a claim are the same in either direction and are decided first: then a
stance toward any fragment is one toward the whole claim, as in `curation.statements`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from curation.adjudication.alignment import Cluster, Node
from curation.adjudication.decisions import Ballot, Decision, Why, several
from curation.adjudication.merged import Ruling, Source
from curation.adjudication.rules import Key, Rules
from curation.records import Annotation, Relation, Value


@dataclass(frozen=True, slots=True)
class Graph:
    """The annotations of one article by annotator, the rules, and the annotators with the ground-truth mark."""

    own: tuple[Annotation, ...]
    rules: Rules
    truths: frozenset[str]

    def ballots(self, said: Mapping[str, Value | None]) -> tuple[Ballot, ...]:
        """Ballots of what the annotators said, sorted by name."""
        return tuple(Ballot(name, value, name in self.truths) for name, value in sorted(said.items()))

    def decide(self, key: Key, ballots: Sequence[Ballot]) -> Decision:
        """Decide by the rule for the key; value by value also where anybody gave several values for one."""
        multiple = self.rules.rule(key).multiple or any(len(several(one.value)) > 1 for one in ballots)
        return self.rules.decide(key, ballots, multiple=multiple)

    def source(self, annotator: str, mention: str | None = None, relation: Relation | None = None) -> Source:
        """A part of that annotator's annotation as a source."""
        one = next(each for each in self.own if each.annotator == annotator)
        return Source(one.id, one.annotator, one.revision, mention, relation)


@dataclass(frozen=True, slots=True)
class Standing:
    """A cluster of mentions, the id that it has, whether it is in the merge, and whether that is open."""

    cluster: Cluster
    id: str
    stands: bool
    open: bool


@dataclass(slots=True)
class _Item:
    """Ends that somebody related: their places among the clusters, and what each annotator drew between which."""

    key: Key
    ends: tuple[int, int]
    drawn: list[tuple[str, Relation, tuple[int, int]]] = field(default_factory=list)


def related(graph: Graph, standings: Sequence[Standing]) -> list[Ruling]:
    """A ruling on each pair of ends and group of rival labels that anybody related.

    Every relation of every annotator is a source of exactly one.
    """
    of_mention: dict[Node, int] = {
        (name, mention.id): place
        for place, one in enumerate(standings)
        for name, mention in one.cluster.members.items()
    }
    rulings, joining, others = _sorted_out(graph, of_mention)
    leaders = list(range(len(standings)))
    for item in _items(graph, joining, leaders, either_way=True):
        ruling = _ruling(graph, standings, item, leaders, either_way=True)
        rulings.append(ruling)
        if ruling.relations:
            _join(leaders, *item.ends)
    for item in _items(graph, others, leaders, either_way=False):
        rulings.append(_ruling(graph, standings, item, leaders, either_way=False))
    return rulings


Drawn = tuple[str, Relation, tuple[int, int]]


def _sorted_out(graph: Graph, of_mention: Mapping[Node, int]) -> tuple[list[Ruling], list[Drawn], list[Drawn]]:
    """Relations that say nothing, those that join fragments, and the others, in an order that depends on content."""
    nothing: list[Ruling] = []
    joining: list[Drawn] = []
    others: list[Drawn] = []
    for one in graph.own:
        for relation in sorted(set(one.relations), key=lambda each: (each.source, each.target, each.label or "")):
            ends = of_mention.get((one.annotator, relation.source)), of_mention.get((one.annotator, relation.target))
            if ends[0] is None or ends[1] is None or not relation.label:
                why: Why = "no label" if not relation.label else "no end"
                source = graph.source(one.annotator, relation=relation)
                key = ("relation", relation.label or "")
                nothing.append(Ruling(key, (), (), Decision(None, False, why), (source,)))
                continue
            drawn = (one.annotator, relation, (ends[0], ends[1]))
            (joining if relation.label in graph.rules.continuations else others).append(drawn)
    return nothing, joining, others


def _items(graph: Graph, drawn: Iterable[Drawn], leaders: Sequence[int], *, either_way: bool) -> list[_Item]:
    items: dict[tuple[Key, tuple[int, int]], _Item] = {}
    for annotator, relation, (source, target) in drawn:
        label = relation.label or ""
        key = graph.rules.group(label)
        if either_way:
            ends = min(source, target), max(source, target)
        else:
            ends = source, leaders[target] if _is_stance(graph, key) else target
        items.setdefault((key, ends), _Item(key, ends)).drawn.append((annotator, relation, (source, target)))
    return [items[name] for name in sorted(items)]


def _ruling(
    graph: Graph, standings: Sequence[Standing], item: _Item, leaders: Sequence[int], *, either_way: bool
) -> Ruling:
    about = tuple(dict.fromkeys(standings[end].id for *_, ends in item.drawn for end in ends))
    sources = tuple(graph.source(annotator, relation=relation) for annotator, relation, _ in item.drawn)
    said = _said(graph, standings, item, leaders)
    ballots = graph.ballots(said)
    ends = [standings[end] for end in item.ends]
    if not all(end.stands for end in ends):
        is_open = all(end.stands or end.open for end in ends)
        labels = tuple(sorted({relation.label for _, relation, _ in item.drawn if relation.label}))
        why: Why = "undecided end" if is_open else "rejected end"
        decision = Decision(None, is_open, why, undecided=labels if is_open else ())
        return Ruling(item.key, about, ballots, decision, sources)
    decision = graph.decide(item.key, ballots)
    made = [
        Relation(standings[source].id, standings[target].id, label)
        for label in several(decision.value)
        for source, target in _attached(item, label, either_way=either_way)
    ]
    return Ruling(item.key, about, ballots, decision, sources, tuple(made))


def _is_stance(graph: Graph, key: Key) -> bool:
    return not graph.rules.stances.isdisjoint(key[1:])


def _said(graph: Graph, standings: Sequence[Standing], item: _Item, leaders: Sequence[int]) -> dict[str, Value | None]:
    """What everyone said who marked both ends; of a claim in fragments, any of them."""
    source, target = item.ends
    reached = {target}
    if _is_stance(graph, item.key):
        reached = {place for place, leader in enumerate(leaders) if leader == target}
    marked = {name for place in reached for name in standings[place].cluster.members}
    said: dict[str, set[str]] = {name: set() for name in standings[source].cluster.members if name in marked}
    for annotator, relation, _ in item.drawn:
        said[annotator].add(relation.label or "")
    return {
        name: None if not labels else next(iter(labels)) if len(labels) == 1 else tuple(sorted(labels))
        for name, labels in said.items()
    }


def _attached(item: _Item, label: str, *, either_way: bool) -> list[tuple[int, int]]:
    """The ends that a relation gets: those that more than half of its annotators gave it, else the first of the most.

    They mean the same, so that nothing is decided here: an arrow either way, or to this fragment of a claim or another.
    """
    # A model may hold a label for true that nobody gave: then it goes where the others were.
    drawn = [one for one in item.drawn if one[1].label == label] or item.drawn
    by_ends = {ends: set[str]() for *_, ends in drawn}
    for annotator, _, ends in drawn:
        by_ends[ends].add(annotator)
    drawers = set().union(*by_ends.values())
    counts = Counter({ends: len(names) for ends, names in by_ends.items()})
    kept = sorted(ends for ends, count in counts.items() if 2 * count > len(drawers))
    if either_way and len({frozenset(ends) for ends in kept}) < len(kept):
        kept = kept[:1]
    return kept or [min(counts, key=lambda ends: (-counts[ends], ends))]


def _join(leaders: list[int], one: int, other: int) -> None:
    """Make two places one claim, led by the first of them in the text."""
    first, second = sorted((leaders[one], leaders[other]))
    leaders[:] = [first if leader == second else leader for leader in leaders]
