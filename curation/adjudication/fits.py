"""What a fitted annotator model says: of each item the probable truth, of each annotator how far to be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curation.adjudication.decisions import Ballot, Decision, Share, one, settled, undecided, voters
from curation.adjudication.votes import EMPTY, Votes

Model = Literal["dawid-skene", "mace"]
Floats = NDArray[np.float64]

_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True)
class Fit:
    """A model of annotators, fitted to votes. Axes follow `votes.items`, `votes.annotators` and `votes.values`.

    `posteriors` are items by values, the probability that a value is the truth. `priors` are how common each value is.
    `likelihood` is annotators by truth by answer; `confusion` is the same with rows that sum to 1, or to 0 for a truth
    of which nothing is known of the annotator. `reliability` is, by annotator, the probability of a right answer
    (Dawid-Skene) or of not guessing (MACE). `bound` is the log-likelihood of the votes a vote, natural logarithm, with
    which the last iteration began.
    """

    model: Model
    votes: Votes = field(repr=False)
    posteriors: Floats = field(repr=False)
    priors: Floats = field(repr=False)
    likelihood: Floats = field(repr=False)
    confusion: Floats = field(repr=False)
    reliability: Floats = field(repr=False)
    iterations: int
    converged: bool
    bound: float

    def decisions(self) -> dict[str, Decision]:
        """The most probable value of each item; open where two are equally probable, within 1e-9."""
        votes = self.votes
        said: list[dict[str | None, list[str]]] = [{} for _ in votes.items]
        for item, annotator, value in zip(votes.item, votes.annotator, votes.value, strict=True):
            said[item].setdefault(votes.values[value] or None, []).append(votes.annotators[annotator])
        return {
            name: settled(self._shares(row, {value: tuple(names) for value, names in by.items()}), self.model)
            for name, row, by in zip(votes.items, self.posteriors, said, strict=True)
        }

    def decide(self, ballots: Sequence[Ballot]) -> Decision:
        """What the model says of one item, new or old, from the ballots on it: one further E-step.

        The votes of annotators whom it does not know, and values that it does not know, tell it nothing. It has no
        opinion where nothing else is known.
        """
        said = voters(ballots)
        posterior = self._posterior(ballots)
        if posterior is None:
            return undecided(
                tuple(Share(value, len(names) / len(ballots), names) for value, names in said.items()), "no votes"
            )
        return settled(self._shares(posterior, said), self.model)

    def _posterior(self, ballots: Iterable[Ballot]) -> Floats | None:
        annotators = {name: place for place, name in enumerate(self.votes.annotators)}
        values = {name: place for place, name in enumerate(self.votes.values)}
        rows = sorted(
            (annotators[ballot.annotator], values[answer])
            for ballot in ballots
            if ballot.annotator in annotators and (answer := one(ballot.value) or EMPTY) in values
        )
        if not rows:
            return None
        logs = np.log(np.maximum(self.priors, _SMALLEST))
        for annotator, value in rows:
            logs = logs + np.log(np.maximum(self.likelihood[annotator, :, value], _SMALLEST))
        chances, _ = softmax(logs[np.newaxis])
        return chances.reshape(-1)

    def _shares(self, posterior: Floats, said: dict[str | None, tuple[str, ...]]) -> tuple[Share, ...]:
        known = [
            Share(name or None, float(chance), said.get(name or None, ()))
            for name, chance in zip(self.votes.values, posterior, strict=True)
        ]
        unknown = [
            Share(value, 0.0, names) for value, names in said.items() if (value or EMPTY) not in self.votes.values
        ]
        return (*known, *sorted(unknown, key=lambda share: share.value or ""))


def softmax(logs: Floats) -> tuple[Floats, Floats]:
    """Rows of logarithms as probabilities that sum to 1, and the logarithm of each row's sum before that."""
    highest = logs.max(axis=1, keepdims=True)
    chances = np.exp(logs - highest)
    sums = chances.sum(axis=1, keepdims=True)
    return chances / sums, (highest + np.log(sums))[:, 0]


def of_one(weights: Floats, axis: int) -> Floats:
    """Weights as parts of their sum along an axis; all 0 where the sum is."""
    sums = weights.sum(axis=axis, keepdims=True)
    parts: Floats = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    return parts
