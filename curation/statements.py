"""Statements: who holds which claim. Derived from mentions and relations wherever they are needed, never stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from curation.records import Annotation, Mention, Statement

Claim = tuple[Mention, ...]
"""The fragments of one claim, in the order of the text."""


def claims(annotation: Annotation, continuation: str | None, labels: Collection[str]) -> list[Claim]:
    """The mentions with one of `labels`, grouped by relations of the label `continuation` in either direction.

    Groups and their fragments stand in the order of the text. Every such mention is in exactly one group.
    """
    mentions = sorted((mention for mention in annotation.mentions if mention.label in labels), key=_place)
    joining = [one for one in annotation.relations if one.label == continuation] if continuation is not None else []
    if not joining:
        return [(mention,) for mention in mentions]
    leaders = {mention.id: mention.id for mention in mentions}
    for relation in joining:
        if relation.source in leaders and relation.target in leaders:
            leaders[_leader(leaders, relation.source)] = _leader(leaders, relation.target)
    groups: dict[str, list[Mention]] = {}
    for mention in mentions:
        groups.setdefault(_leader(leaders, mention.id), []).append(mention)
    return [tuple(group) for group in groups.values()]


def statements(
    annotation: Annotation, polarity: Mapping[str, str], continuation: str | None, claim_labels: Collection[str]
) -> list[Statement]:
    """One statement for each claim, holder and stance; one without holder and stance for a claim that nobody holds.

    `polarity` maps the label of a relation from holder to claim to the stance that it expresses. A relation to any
    fragment is one to the whole claim. Ordered by claim, then holder, then by `polarity`.
    """
    held = _held(annotation, polarity)
    mentions = {mention.id: mention for mention in reversed(annotation.mentions)}
    order = {stance: position for position, stance in reversed(list(enumerate(polarity.values())))}
    found: list[Statement] = []
    for claim in claims(annotation, continuation, claim_labels):
        fragments = {mention.id for mention in claim}
        pairs = {pair for fragment in fragments for pair in held.get(fragment, ())}
        stances = [
            (mentions[source], stance) for source, stance in pairs if source in mentions and source not in fragments
        ]
        if len(stances) > 1:
            stances.sort(key=lambda pair: (_place(pair[0]), order[pair[1]]))
        found += [Statement(claim, holder, stance) for holder, stance in stances] or [Statement(claim, None, None)]
    return found


def _held(annotation: Annotation, polarity: Mapping[str, str]) -> dict[str, set[tuple[str, str]]]:
    held: dict[str, set[tuple[str, str]]] = {}
    for relation in annotation.relations:
        if relation.label is not None and relation.label in polarity:
            held.setdefault(relation.target, set()).add((relation.source, polarity[relation.label]))
    return held


def _leader(leaders: dict[str, str], member: str) -> str:
    while leaders[member] != member:
        leaders[member] = leaders[leaders[member]]
        member = leaders[member]
    return member


def _place(mention: Mention) -> tuple[int, int, str]:
    return mention.start, mention.end, mention.id
