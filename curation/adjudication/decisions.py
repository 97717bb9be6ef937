"""Ballots and decisions: what each annotator said on one question, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Literal

from curation.records import Value

TIE = 1e-9
"""Shares and posterior probabilities that differ by no more are equal: a tie."""

Why = Literal[
    "single", "unanimous", "majority", "weighted", "expert", "dawid-skene", "mace", "union", "intersection",
    "tie-break", "tie", "differ", "no votes", "no expert", "no weight", "experts differ", "undecided end",
    "rejected end", "no end", "no label",
]  # fmt: skip
"""What a decision rests on, or why there is none."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one annotator said: a value, several of a field that takes several, or None for nothing.

    Nothing is said too: who leaves an optional field empty votes for that. Who did not see the item has no ballot.
    `is_truth` is Label Studio's ground-truth mark on the annotation.
    """

    annotator: str
    value: Value | None
    is_truth: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """How much speaks for a value, from 0 to 1, and who said it. `value` None is an empty field.

    Of one value, shares over all values sum to 1; where several may stand together, each is a share of its own.
    """

    value: str | None
    share: float
    annotators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one question. An open one has no value yet.

    `undecided` are then the rivals, None among them for nothing. Of a field that takes several values, `value` holds
    those that are settled also while others are open. `shares` are the soft label: they are kept whatever is decided,
    in codebook order, an empty field last.
    """

    value: Value | None
    open: bool
    why: Why
    shares: tuple[Share, ...] = ()
    undecided: tuple[str | None, ...] = ()

    @property
    def annotators(self) -> tuple[str, ...]:
        """Everyone who voted, sorted."""
        return tuple(sorted({name for share in self.shares for name in share.annotators}))

    def by(self, value: str | None) -> tuple[str, ...]:
        """Who said that."""
        return next((share.annotators for share in self.shares if share.value == value), ())


def several(value: Value | None) -> tuple[str, ...]:
    """The values of a ballot, none twice; an empty text is no value."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(dict.fromkeys(value)) if value else ()


def one(value: Value | None) -> str | None:
    """The value of a ballot on a field that takes one; several that were given all the same are read as their set."""
    values = several(value)
    return None if not values else values[0] if len(values) == 1 else ", ".join(sorted(values))


def ordered(found: Collection[str | None], values: Sequence[str]) -> list[str | None]:
    """Values in codebook order, unknown ones sorted behind them, nothing last."""
    known = [value for value in values if value in found]
    unknown = sorted(value for value in found if value is not None and value not in known)
    return [*known, *unknown, *([None] if None in found else [])]


def voters(ballots: Iterable[Ballot]) -> dict[str | None, tuple[str, ...]]:
    """Who said what, the annotators sorted."""
    said: dict[str | None, list[str]] = {}
    for ballot in ballots:
        said.setdefault(one(ballot.value), []).append(ballot.annotator)
    return {value: tuple(sorted(names)) for value, names in said.items()}


def shared(ballots: Sequence[Ballot], weights: Mapping[str, float], values: Sequence[str]) -> tuple[Share, ...]:
    """The shares of one value each: weights over their sum, whatever the order of the ballots.

    Annotators without a weight have 1. If all weights are 0, so are all shares.
    """
    said = voters(ballots)
    sums = {value: fsum(weights.get(name, 1.0) for name in names) for value, names in said.items()}
    total = fsum(sums.values())
    return tuple(
        Share(value, sums[value] / total if total else 0.0, said[value]) for value in ordered(said.keys(), values)
    )


def leading(shares: Iterable[Share]) -> tuple[str | None, ...]:
    """The values with the largest share: more than one is a tie."""
    found = list(shares)
    most = max((share.share for share in found), default=0.0)
    return tuple(share.value for share in found if share.share >= most - TIE)


def settled(shares: tuple[Share, ...], why: Why) -> Decision:
    """The value with the largest share, for the reason given; open if several have it."""
    first = leading(shares)
    if len(first) == 1:
        return Decision(first[0], False, why, shares)
    return Decision(None, True, "tie", shares, first)


def broken(decision: Decision, ballots: Iterable[Ballot], annotator: str, *, multiple: bool = False) -> Decision:
    """An open decision as that annotator would have it; as it is if it is closed or the annotator has no vote.

    Of a field that takes `multiple` values, what is settled stands.
    """
    vote = next((ballot for ballot in ballots if ballot.annotator == annotator), None)
    if vote is None or not decision.open:
        return decision
    value: Value | None = one(vote.value)
    if multiple:
        given = {*several(decision.value), *(each for each in several(vote.value) if each in decision.undecided)}
        value = tuple(share.value for share in decision.shares if share.value and share.value in given) or None
    return replace(decision, value=value, open=False, why="tie-break", undecided=())


def undecided(shares: tuple[Share, ...], why: Why) -> Decision:
    """No decision between all that was said."""
    return Decision(None, True, why, shares, tuple(share.value for share in shares))
