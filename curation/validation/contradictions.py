"""Rules on what cannot both be true: relations that task.toml declares to exclude each other, a holder of the unnamed.

Only relations without a fault of their own are held against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from curation.catalog import Task
from curation.findings import finding
from curation.records import Annotation, Article, Finding, Relation
from curation.statements import claims
from curation.validation.relations import is_excused, sound
from curation.validation.wording import name


def contradictions(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No two relations that exclude each other join the same ends. One finding for each pair of ends."""
    if not task.contradictions or len(record.relations) < 2:
        return
    relations = list(sound(record, task))
    for rule in task.contradictions:
        excluding = [(position, one) for position, one in relations if one.label in rule.relations]
        if len({one.label for _, one in excluding}) < 2:
            continue
        same = _same(record, (one for _, one in relations), rule.through)
        first: dict[tuple[str, str], Relation] = {}
        said: set[tuple[str, str]] = set()
        for position, one in excluding:
            ends = same.get(one.source, one.source), same.get(one.target, one.target)
            other = first.setdefault(ends, one)
            if other.label == one.label or ends in said:
                continue
            said.add(ends)
            yield finding(
                "F_CONTRADICTION",
                f"{_said(record, other)} and {_said(record, one)}: these exclude each other",
                region=one.source,
                json_pointer=f"/relations/{position}",
            )


def unnamed(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """What is marked as held by nobody who is named has no holder. The finding's region is what is marked so."""
    for label in task.labels.values():
        rule = label.holder
        if rule is None or rule.unless is None:
            continue
        excused = {
            mention.id for mention in record.mentions if mention.label == label.name and is_excused(mention, rule)
        }
        if not excused:
            continue
        held = {one.target: one for _, one in sound(record, task) if one.label in rule.relations}
        places = {mention.id: position for position, mention in reversed(list(enumerate(record.mentions)))}
        for claim in claims(record, rule.continuation, (label.name,)):
            marked = next((mention for mention in claim if mention.id in excused), None)
            holding = next((held[mention.id] for mention in claim if mention.id in held), None)
            if marked is not None and holding is not None:
                attribute, excuse = rule.unless
                yield finding(
                    "F_HOLDER_UNNAMED",
                    f"{name(marked)} is marked {excuse!r}, and {_said(record, holding)}",
                    region=marked.id,
                    json_pointer=f"/mentions/{places[marked.id]}/attributes/{attribute}",
                )


def _same(record: Annotation, relations: Iterator[Relation], through: Collection[str]) -> dict[str, str]:
    """For each mention that the relations `through` join to others, the one that stands for all of them."""
    leaders: dict[str, str] = {}

    def leader(member: str) -> str:
        while leaders.setdefault(member, member) != member:
            member = leaders[member]
        return member

    for one in relations:
        if one.label in through:
            leaders[leader(one.source)] = leader(one.target)
    return {member: leader(member) for member in leaders}


def _said(record: Annotation, relation: Relation) -> str:
    source, target = record.mention(relation.source), record.mention(relation.target)
    ends = [repr(each) if mention is None else name(mention) for each, mention in
            ((relation.source, source), (relation.target, target))]  # fmt: skip
    return f"{ends[0]} {relation.label} {ends[1]}"
