"""The model of Dawid and Skene: each annotator has a confusion matrix, estimated together with the truth.

A. P. Dawid and A. M. Skene (1979), Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm,
Journal of the Royal Statistical Society C 28(1), 20-28, equations 2.3 to 2.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from curation.adjudication.fits import Fit, Floats, of_one, softmax
from curation.adjudication.votes import Votes

FLOOR = 1e-10
"""The least that a count or prior may be, so that what was never seen is all but impossible and not quite so."""


def dawid_skene(votes: Votes, *, max_iterations: int = 1000, tolerance: float = 1e-7) -> Fit:
    """Fit the model by expectation maximisation, beginning with each value's share of an item's votes.

    An iteration estimates the truths from the parameters (in logarithms) and then the parameters from the truths. It
    ends after `max_iterations`, or with the first iteration before which the log-likelihood of the votes, divided by
    their number, had grown by less than `tolerance`. Time and memory are in proportion to the votes and values.
    """
    width = len(votes.annotators) * len(votes.values)
    answers = votes.annotator * len(votes.values) + votes.value
    given = csr_array((np.ones(len(answers)), (votes.item, answers)), shape=(len(votes.items), width))
    by_answer = csr_array(given.T)
    seen = np.bincount(answers, minlength=width) > 0
    posteriors = votes.shares()
    priors, errors = _maximise(posteriors, by_answer, seen, votes)
    bound, iterations, converged = -np.inf, 0, False
    while len(answers) and not converged and iterations < max_iterations:
        logs = given @ np.log(errors.reshape(width, len(votes.values))) + np.log(np.maximum(priors, FLOOR))
        posteriors, totals = softmax(logs)
        priors, errors = _maximise(posteriors, by_answer, seen, votes)
        before, bound = bound, float(totals.sum()) / len(answers)
        iterations += 1
        converged = bound - before < tolerance
    likelihood = np.where(seen.reshape(*errors.shape[:2], 1), errors, 0.0).transpose(0, 2, 1)
    return Fit(
        model="dawid-skene",
        votes=votes,
        posteriors=posteriors,
        priors=priors,
        likelihood=likelihood,
        confusion=likelihood,
        reliability=np.einsum("k,akk->a", priors, likelihood),
        iterations=iterations,
        converged=converged,
        bound=bound,
    )


def _maximise(posteriors: Floats, by_answer: csr_array, seen: NDArray[np.bool_], votes: Votes) -> tuple[Floats, Floats]:
    """How common each value is, and the probability of each answer by annotator, answer and truth.

    An annotator's answers to a truth sum to 1 over those that the annotator ever gave. The others stand as 1: they
    are never looked up, and have a logarithm.
    """
    shape = (len(votes.annotators), len(votes.values), len(votes.values))
    counts = np.maximum(by_answer @ posteriors, FLOOR)
    counts[~seen] = 0.0
    errors = of_one(counts.reshape(shape), axis=1).reshape(len(seen), len(votes.values))
    errors[~seen] = 1.0
    priors = posteriors.mean(axis=0) if len(posteriors) else np.zeros(len(votes.values))
    return priors, errors.reshape(shape)
