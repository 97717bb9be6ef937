"""Krippendorff's nominal alpha over every token or every character of the articles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curation.agreement.spans.units import MarkedArticle
from curation.agreement.spans.values import Places, Value, characters, coded, runs_of_values, words
from curation.agreement.sums import Floats, Sums, nominal_alpha, over_articles


def token_alpha(articles: Sequence[MarkedArticle]) -> Sums:
    """Alpha over tokens: what one annotator said of a token is the set of labels over it."""
    return _alpha(articles, words)


def character_alpha(articles: Sequence[MarkedArticle]) -> Sums:
    """Alpha over code points, white space too: what one annotator said of one is the set of labels over it."""
    return _alpha(articles, characters)


def _alpha(articles: Sequence[MarkedArticle], places: Places) -> Sums:
    """A unit of the sums is an article. Columns are those of `nominal_alpha`.

    Articles of fewer than two annotators have no pair and add nothing.
    """
    codes: dict[Value, int] = {}
    counted = [_counted(article, places, codes) for article in articles]
    parts = np.zeros((len(articles), 1 + len(codes)))
    place = {code: 1 + number for number, (_, code) in enumerate(sorted(codes.items()))}
    for row, (disagreement, margins) in enumerate(counted):
        parts[row, 0] = disagreement
        parts[row, [place[code] for code in range(len(margins))]] = margins
    return over_articles(parts, nominal_alpha)


def _counted(article: MarkedArticle, places: Places, codes: dict[Value, int]) -> tuple[float, Floats]:
    m = len(article.units)
    length, covered = places(article)
    if m < 2 or not length:
        return 0.0, np.zeros(0)
    rows, weights = coded([runs_of_values(units, covered) for units in article.units.values()], length, codes)
    each = (rows[:, :, None] == np.arange(len(codes))).sum(axis=1, dtype=np.float64)
    disagreeing = (m * m - (each**2).sum(axis=1)) / (m - 1)
    return float(weights @ disagreeing), weights @ each
