"""Decide one question from its ballots: unanimity, majority, weights, experts. Ties stay open.

A majority is the largest number of votes (a plurality), as in crowd-kit's MajorityVote; two values with equally many
are a tie. A field that takes several values is decided value by value, each by who gave it and who did not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Literal

from curation.adjudication.decisions import (
    Ballot,
    Decision,
    Share,
    one,
    ordered,
    settled,
    several,
    shared,
    undecided,
)
from curation.errors import CurationError

Method = Literal["unanimous", "majority", "weighted", "expert", "union", "intersection"]

_NO_WEIGHTS: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Panel:
    """Who counts for how much: `weights` by annotator (1 where there is none), and the names of the `experts`.

    Raises `E_USAGE` for a weight that is negative or no number.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    experts: Collection[str] = ()

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if not (isfinite(weight) and weight >= 0):
                raise CurationError("E_USAGE", f"the weight of {name} is {weight}", fix="a number that is 0 or larger")

    def is_expert(self, ballot: Ballot) -> bool:
        """Whether an annotator is named as an expert, or the annotation has Label Studio's ground-truth mark."""
        return ballot.is_truth or ballot.annotator in self.experts


def decide(
    ballots: Sequence[Ballot],
    method: Method = "majority",
    panel: Panel | None = None,
    *,
    values: Sequence[str] = (),
    multiple: bool = False,
) -> Decision:
    """What follows from the ballots on one item's field by one of the methods, which are

    - `unanimous`: all say the same, else it is open.
    - `majority`: most say so; equally many for two values is a tie.
    - `weighted`: the same with the weights of `panel`.
    - `expert`: what the experts say, if they say the same; open where they differ, and where none has voted.
    - `union`: anything that somebody says, if it is one thing; `intersection`: what all say, else nothing.

    One ballot alone is taken as it is (`why` is "single"), but `expert` asks for an expert. `values` is the codebook
    order. A field with `multiple` values is decided value by value. No annotator may have two ballots.
    """
    if len({ballot.annotator for ballot in ballots}) < len(ballots):
        raise ValueError("an annotator has two ballots on one question")
    by = panel or Panel()
    if multiple:
        return value_by_value(ballots, values, lambda _, votes: _single(votes, method, by, values))
    return _single(ballots, method, by, values)


def value_by_value(
    ballots: Sequence[Ballot], values: Sequence[str], decision: Callable[[str, Sequence[Ballot]], Decision]
) -> Decision:
    """Decide a field that takes several values, by a `decision` on each value: who gave it, and who did not.

    Where nobody gave any, `decision` is asked once, on "".

    The value is a tuple in codebook order, None if it is empty. One open value keeps the field open; the values that
    are settled stand all the same. Shares are of each value on its own.
    """
    candidates = [value for value in ordered({each for b in ballots for each in several(b.value)}, values) if value]
    if not candidates:
        return decision("", ballots)
    each = {
        value: decision(value, [replace(b, value=value if value in several(b.value) else None) for b in ballots])
        for value in candidates
    }
    opened = tuple(value for value in candidates if each[value].open)
    taken = tuple(value for value in candidates if not each[value].open and each[value].value == value)
    shares = [Share(value, _share(each[value], value), each[value].by(value)) for value in candidates]
    empty = tuple(sorted(ballot.annotator for ballot in ballots if not several(ballot.value)))
    if empty:
        shares.append(Share(None, len(empty) / len(ballots), empty))
    first = each[opened[0]] if opened else each[candidates[0]]
    why = first.why
    if not opened and why == "unanimous" and any(decided.why != why for decided in each.values()):
        why = next(decided.why for decided in each.values() if decided.why != "unanimous")
    return Decision(taken or None, bool(opened), why, tuple(shares), opened)


def _share(decision: Decision, value: str) -> float:
    return next((share.share for share in decision.shares if share.value == value), 0.0)


def _single(ballots: Sequence[Ballot], method: Method, panel: Panel, values: Sequence[str]) -> Decision:
    shares = shared(ballots, panel.weights if method == "weighted" else _NO_WEIGHTS, values)
    if not ballots:
        return undecided(shares, "no votes")
    if method == "expert":
        return _of_experts(ballots, panel, shares)
    if len(ballots) == 1:
        return Decision(one(ballots[0].value), False, "single", shares)
    if method == "weighted" and not any(share.share for share in shares):
        return undecided(shares, "no weight")
    if len(shares) == 1:
        return Decision(shares[0].value, False, "unanimous", shares)
    if method == "unanimous":
        return undecided(shares, "differ")
    if method == "intersection":
        return Decision(None, False, "intersection", shares)
    if method == "union":
        said = tuple(share.value for share in shares if share.value is not None)
        return Decision(said[0], False, "union", shares) if len(said) == 1 else undecided(shares, "differ")
    return settled(shares, method)


def _of_experts(ballots: Sequence[Ballot], panel: Panel, shares: tuple[Share, ...]) -> Decision:
    said = dict.fromkeys(one(ballot.value) for ballot in ballots if panel.is_expert(ballot))
    if not said:
        return undecided(shares, "no expert")
    if len(said) > 1:
        rivals = tuple(share.value for share in shares if share.value in said)
        return Decision(None, True, "experts differ", shares, rivals)
    return Decision(next(iter(said)), False, "expert", shares)
