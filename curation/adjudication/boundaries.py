"""Where a mention begins and ends when annotators drew it differently.

All spans of a cluster have characters in common, so that the characters in any, in most or in all of them are one
stretch. Most of them: a character belongs to it if more than half of the annotators (or of their weight) took it in;
one that exactly half took in is a tie. Of two annotators every character that one alone took in is one, which is why a
task may declare the strict majority: what more than half took in, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import fsum
from typing import Literal

from curation.adjudication.ballots import Panel
from curation.adjudication.decisions import TIE, Ballot, Decision, Why, shared
from curation.records import Mention

Boundaries = Literal["majority", "strict-majority", "weighted", "union", "intersection", "unanimous", "expert"]


def place(
    members: Mapping[str, Mention], rule: Boundaries, panel: Panel, truths: Sequence[str] = ()
) -> tuple[int, int, Decision]:
    """Start and end by the rule, and how they were decided.

    `members` are the mentions of one cluster by annotator; `truths` are the annotators whose work has the ground-truth
    mark. The decision's values are written "start:end". Where it is open, start and end are the characters that all
    have in common: what nobody disputes.
    """
    ballots = [Ballot(name, written(one.start, one.end), name in truths) for name, one in members.items()]
    weights = panel.weights if rule == "weighted" else {}
    shares = shared(ballots, weights, ())
    spans = sorted({(one.start, one.end) for one in members.values()})
    core = max(start for start, _ in spans), min(end for _, end in spans)
    hull = min(start for start, _ in spans), max(end for _, end in spans)

    def agreed(span: tuple[int, int], why: Why) -> tuple[int, int, Decision]:
        return *span, Decision(written(*span), False, why, shares)

    def opened(why: Why) -> tuple[int, int, Decision]:
        return *core, Decision(None, True, why, shares, tuple(written(*span) for span in spans))

    if rule == "expert":
        experts = {(one.start, one.end) for name, one in members.items() if panel.is_expert(_ballot(ballots, name))}
        if len(experts) == 1:
            return agreed(next(iter(experts)), "expert")
        return opened("experts differ" if experts else "no expert")
    if len(spans) == 1:
        return agreed(spans[0], "unanimous" if len(members) > 1 else "single")
    if rule == "union":
        return agreed(hull, "union")
    if rule == "intersection":
        return agreed(core, "intersection")
    if rule == "unanimous":
        return opened("differ")
    more, tied = _halves(members, weights)
    most = (more[0][0], more[-1][1]) if more else core
    if rule == "strict-majority":
        return agreed(most, "majority")
    return opened("tie") if tied else agreed(most, rule)


def written(start: int, end: int) -> str:
    """A span as a value of a decision."""
    return f"{start}:{end}"


def text_of(members: Mapping[str, Mention], start: int, end: int) -> str:
    """The article's text between two offsets, put together from the mentions, of which some cover each character."""
    characters: dict[int, str] = {}
    for mention in members.values():
        characters.update(enumerate(mention.text, start=mention.start))
    return "".join(characters[offset] for offset in range(start, end))


def _ballot(ballots: Sequence[Ballot], annotator: str) -> Ballot:
    return next(ballot for ballot in ballots if ballot.annotator == annotator)


def _halves(members: Mapping[str, Mention], weights: Mapping[str, float]) -> tuple[list[tuple[int, int]], bool]:
    """The stretches that more than half took in, in order, and whether exactly half took in another."""
    half = fsum(weights.get(name, 1.0) for name in members) / 2
    cuts = sorted({offset for one in members.values() for offset in (one.start, one.end)})
    more, tied = [], False
    for start, end in pairwise(cuts):
        inside = fsum(weights.get(name, 1.0) for name, one in members.items() if one.start <= start and end <= one.end)
        if abs(inside - half) <= TIE * max(half, 1.0):
            tied = True
        elif inside > half:
            more.append((start, end))
    return more, tied
