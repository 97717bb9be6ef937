"""MACE: each annotator either knows the truth or guesses, by habits of their own.

D. Hovy, T. Berg-Kirkpatrick, A. Vaswani and E. Hovy (2013), Learning Whom to Trust with MACE, Proceedings of NAACL-HLT,
1120-1130. The truth is as likely to be one value as another; an annotator gives it with a competence, and else draws an
answer from a strategy. It needs fewer parameters than a confusion matrix, and serves where annotators saw few items.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma

from curation.adjudication.fits import Fit, Floats, of_one, softmax
from curation.adjudication.votes import Votes

COMPETENCE_PRIOR = 0.5
"""Both parameters of the beta prior on competence, as in the paper (section 3.2)."""

STRATEGY_PRIOR = 10.0
"""The parameter of the symmetric Dirichlet prior on strategies, as in the authors' program."""

_SMALLEST = 1e-300


def mace(votes: Votes, *, max_iterations: int = 500, tolerance: float = 1e-9) -> Fit:
    """Fit the model by variational Bayes, from where annotators know half of the time and guess evenly.

    That start treats annotators and values alike, so that nothing is drawn at random and no restarts are needed. It
    ends after `max_iterations`, or with the first iteration in which no competence moved by `tolerance` or more. Where
    an annotator voted on an item more than once, each vote counts.
    """
    n_annotators, n_values = len(votes.annotators), max(len(votes.values), 1)
    knows: Floats = np.full(n_annotators, 0.5)
    guesses: Floats = 1.0 - knows
    strategy: Floats = np.full((n_annotators, n_values), 1.0 / n_values)
    moved, iterations = np.inf, 0
    posteriors, bound = votes.shares(), -np.inf
    while len(votes.value) and moved >= tolerance and iterations < max_iterations:
        posteriors, bound, known, guessed = _expect(votes, knows, guesses, strategy)
        before = knows
        pair = _variational(np.stack([guessed.sum(axis=1), known], axis=1), COMPETENCE_PRIOR)
        guesses, knows = pair[:, 0], pair[:, 1]
        strategy = _variational(guessed, STRATEGY_PRIOR)
        moved = float(np.abs(knows - before).max())
        iterations += 1
    if len(votes.value):
        posteriors, bound, *_ = _expect(votes, knows, guesses, strategy)
    # An answer is guessed, whatever the truth is, or is the truth and known.
    likelihood = (guesses[:, None] * strategy)[:, None, :] + knows[:, None, None] * np.eye(n_values)
    return Fit(
        model="mace",
        votes=votes,
        posteriors=posteriors,
        priors=np.full(len(votes.values), 1.0 / n_values),
        likelihood=likelihood,
        confusion=of_one(likelihood, axis=2),
        reliability=knows / (knows + guesses),
        iterations=iterations,
        converged=moved < tolerance,
        bound=bound,
    )


def _expect(votes: Votes, knows: Floats, guesses: Floats, strategy: Floats) -> tuple[Floats, float, Floats, Floats]:
    """The posteriors, the log-likelihood a vote, and by annotator how many answers were known, and guessed by value."""
    guess = (guesses[:, None] * strategy)[votes.annotator, votes.value]
    known = knows[votes.annotator]
    logs = np.empty((len(votes.items), len(votes.values)))
    by_guess, by_both = np.log(np.maximum(guess, _SMALLEST)), np.log(np.maximum(guess + known, _SMALLEST))
    for value in range(len(votes.values)):
        weights = np.where(votes.value == value, by_both, by_guess)
        logs[:, value] = np.bincount(votes.item, weights, minlength=len(votes.items))
    posteriors, totals = softmax(logs - np.log(len(votes.values)))
    was_known = posteriors[votes.item, votes.value] * known / np.maximum(known + guess, _SMALLEST)
    shape = (len(votes.annotators), len(votes.values))
    flat = votes.annotator * shape[1] + votes.value
    guessed: Floats = np.bincount(flat, 1.0 - was_known, minlength=shape[0] * shape[1]).astype(float)
    by_annotator: Floats = np.bincount(votes.annotator, was_known, minlength=shape[0]).astype(float)
    return posteriors, float(totals.sum()) / len(votes.value), by_annotator, guessed.reshape(shape)


def _variational(counts: Floats, prior: float) -> Floats:
    """Rows of expected counts as the exponentials of expected logarithms under a Dirichlet posterior."""
    with_prior = counts + prior
    return np.asarray(np.exp(digamma(with_prior) - digamma(with_prior.sum(axis=1, keepdims=True))))
