"""Agreement on labels: every measure with its interval, and the same by label, by annotator and over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from curation.agreement.bootstrap import Bootstrap
from curation.agreement.cohen import Pair, cohen_kappa, mean_kappa, pairs, weighted_kappa
from curation.agreement.estimators import Estimator, fleiss_kappa, gwet_ac1, krippendorff_alpha, percent_agreement
from curation.agreement.figures import Figure
from curation.agreement.patterns import Patterns
from curation.agreement.ratings import Ratings
from curation.agreement.scales import quoted, shown
from curation.agreement.sums import Sums

ESTIMATORS: Mapping[str, Estimator] = {
    "percent_agreement": percent_agreement,
    "fleiss_kappa": fleiss_kappa,
    "krippendorff_alpha": krippendorff_alpha,
    "gwet_ac1": gwet_ac1,
}
"""The measures for any number of annotators."""

CHOSEN = ("krippendorff_alpha", "gwet_ac1")
"""What is measured by label, by annotator and over time unless other measures are asked for."""

WINDOWS = 4
"""Into so many windows time is cut unless another number is asked for."""

MOST_ANNOTATORS = 30
"""Up to how many annotators are compared one by one; among more, pairs share too few items to be read."""

MOST_NAMES = 1000
"""Up to how many different numbers are also compared as names: more are hardly ever the same."""

Details = dict[str, float | int | str | None]

_OF_SINGLE_VALUES = ("fleiss_kappa", "gwet_ac1")


def agreement(ratings: Ratings, *, of: str = "", bootstrap: Bootstrap | None = None) -> list[Figure]:
    """All measures of labels: percent agreement, alpha at the ratings' level, AC1, Fleiss' kappa, kappa by pair.

    Percent agreement, AC1, Fleiss' and Cohen's kappa take values as names whatever the level; above the nominal one
    weighted kappa is there too. `of` says what the ratings are of. A figure without a value has the reason for it.
    """
    return [
        *(measured(name, ratings, of=of, bootstrap=bootstrap) for name in ESTIMATORS),
        *by_pair(ratings, of=of, bootstrap=bootstrap),
    ]


def measured(measure: str, ratings: Ratings, *, of: str = "", bootstrap: Bootstrap | None = None) -> Figure:
    """One of `ESTIMATORS` on ratings."""
    level = ratings.level if measure == "krippendorff_alpha" else "nominal"
    pairable = ratings.patterns()
    counted = ratings.patterns(least=1) if measure in _OF_SINGLE_VALUES else pairable
    figure = _counted(measure, of, level, counted, len(ratings.annotators))
    reason = _reason(ratings, pairable, level)
    return _with_value(figure, reason, lambda: ESTIMATORS[measure](ratings), bootstrap)


def by_pair(ratings: Ratings, *, of: str = "", bootstrap: Bootstrap | None = None) -> list[Figure]:
    """Cohen's kappa of every pair of annotators and the mean; above the nominal level the same of weighted kappa.

    A pair is `of` "one × other". Among more than `MOST_ANNOTATORS` annotators there are no pairs.
    """
    crowd = len(ratings.annotators) > MOST_ANNOTATORS
    found = [] if crowd else pairs(ratings)
    figures = []
    for measure in ("cohen_kappa",) if ratings.level == "nominal" else ("cohen_kappa", "weighted_kappa"):
        each = _each_pair(measure, ratings, found, of, bootstrap) if not crowd else []
        figures += [*each, _mean(measure, ratings, each, of, bootstrap)]
    return figures


def by_label(
    ratings: Ratings, measures: Sequence[str] = CHOSEN, *, of: str = "", bootstrap: Bootstrap | None = None
) -> list[Figure]:
    """Each value against all others, at the nominal level: which labels annotators share, and which they do not.

    `details` have the `label`, and its `share` of all values of the items that two or more rated.
    """
    pairable = ratings.patterns()
    given = np.bincount(pairable.rows[pairable.rows >= 0], np.repeat(pairable.counts, pairable.sizes.astype(int)),
                        minlength=len(ratings.values))  # fmt: skip
    figures = []
    for value, count in zip(ratings.values, given, strict=True):
        alone = ratings.against_the_rest(value)
        details: Details = {"label": shown(value), "share": float(count / max(given.sum(), 1))}
        for measure in measures:
            figure = measured(measure, alone, of=_joined(of, shown(value)), bootstrap=bootstrap)
            figures.append(replace(figure, details={**figure.details, **details}))
    return figures


def by_annotator(
    ratings: Ratings, measures: Sequence[str] = CHOSEN, *, of: str = "", bootstrap: Bootstrap | None = None
) -> list[Figure]:
    """Agreement of all but one annotator, for each of them.

    `details` have the `annotator`, and as `change` how much higher agreement is without them: positive for somebody
    who stands apart from the others. Among more than `MOST_ANNOTATORS` nobody is left out: one alone changes next to
    nothing.
    """
    figures: list[Figure] = []
    if len(ratings.annotators) > MOST_ANNOTATORS:
        return figures
    for measure in measures:
        whole = measured(measure, ratings, bootstrap=Bootstrap(resamples=0)).value
        for name in ratings.annotators:
            figure = measured(measure, ratings.without(name), of=_joined(of, f"without {name}"), bootstrap=bootstrap)
            change = None if figure.value is None or whole is None else figure.value - whole
            figures.append(replace(figure, details={**figure.details, "annotator": name, "change": change}))
    return figures


def over_time(
    ratings: Ratings,
    times: Sequence[Any],
    windows: int = WINDOWS,
    measures: Sequence[str] = CHOSEN,
    *,
    of: str = "",
    bootstrap: Bootstrap | None = None,
) -> list[Figure]:
    """Agreement in consecutive windows of equally many items (the first ones have one more where they do not divide).

    `times` says when each of `ratings.items` was annotated, in anything that can be compared; items without one
    (None), and those that fewer than two rated, are left out. `details` have the `window`, from 1, and its `first`
    and `last` time. Items of the same time may be in two windows.
    """
    rated = (ratings.codes >= 0).sum(axis=1) >= 2
    rows = [row for row, time in enumerate(times) if time is not None and rated[row]]
    rows.sort(key=lambda row: (times[row], ratings.items[row]))
    figures = []
    for number, window in enumerate(np.array_split(np.array(rows, dtype=np.int64), max(1, min(windows, len(rows)))), 1):
        first, last = (str(times[window[0]]), str(times[window[-1]])) if len(window) else ("", "")
        details: Details = {"window": number, "first": first, "last": last}
        for measure in measures:
            name = _joined(of, f"{first} to {last}")
            figure = measured(measure, ratings.only(np.sort(window)), of=name, bootstrap=bootstrap)
            figures.append(replace(figure, details={**figure.details, **details}))
    return figures


def _each_pair(measure: str, ratings: Ratings, found: list[Pair], of: str, bootstrap: Bootstrap | None) -> list[Figure]:
    estimator = cohen_kappa if measure == "cohen_kappa" else weighted_kappa
    shared = {(pair.one, pair.other): pair for pair in found}
    figures = []
    for one, other in combinations(ratings.annotators, 2):
        name = _joined(of, f"{one} × {other}")
        pair = shared.get((one, other))
        level = "nominal" if measure == "cohen_kappa" else ratings.level
        if pair is None:
            figures.append(Figure(measure, None, name, level, n_annotators=2, reason="no item was rated by both"))
            continue
        figure = _counted(measure, name, level, pair.shared, 2)
        reason = _reason(ratings, pair.shared, level)
        figures.append(_with_value(figure, reason, partial(estimator, pair, ratings), bootstrap))
    return figures


def _mean(measure: str, ratings: Ratings, each: list[Figure], of: str, bootstrap: Bootstrap | None) -> Figure:
    """The mean over the pairs of `each`, which are all pairs in order or none, that have a value."""
    pairable, columns = ratings.patterns(), combinations(range(len(ratings.annotators)), 2)
    level = "nominal" if measure == "cohen_kappa" else ratings.level
    figure = _counted(f"{measure}_mean", of, level, pairable, len(ratings.annotators))
    chosen = [pair for pair, one in zip(columns, each, strict=False) if one.value is not None]
    values = [one.value for one in each if one.value is not None]
    reason = _reason(ratings, pairable, level)
    if reason is None and len(ratings.annotators) > MOST_ANNOTATORS:
        reason = f"more than {MOST_ANNOTATORS} annotators are not compared pair by pair"
    elif reason is None and not values:
        reason = "no two annotators have a kappa: they share too few items, or always give the same value"
    elif values:
        details: Details = {"pairs": len(values), "without_value": len(each) - len(values)}
        figure = replace(figure, details={**details, "lowest": min(values), "highest": max(values)})
    kappa = partial(mean_kappa, ratings, chosen, weighted=measure == "weighted_kappa")
    return _with_value(figure, reason, kappa, bootstrap)


def _counted(measure: str, of: str, level: str, found: Patterns, annotators: int) -> Figure:
    return Figure(
        measure, None, of, level,
        n_items=found.n_items, n_annotators=annotators, n_values=found.n_values, reason="not measured",
    )  # fmt: skip


def _with_value(figure: Figure, reason: str | None, sums: Callable[[], Sums], bootstrap: Bootstrap | None) -> Figure:
    if reason is not None:
        return replace(figure, reason=reason)
    measure = sums()
    point = measure.point
    if point is None:
        return replace(
            figure, reason="no disagreement could be expected by chance, so that there is nothing to compare"
        )
    return (bootstrap or Bootstrap()).completed(replace(figure, value=point, reason=None), measure)


def _reason(ratings: Ratings, found: Patterns, level: str) -> str | None:
    """Why these patterns, of two values or more each, allow no figure at that level; None if they do."""
    given = np.unique(found.rows[found.rows >= 0])
    if not (ratings.codes >= 0).any():
        return "there are no values"
    if len(ratings.annotators) < 2 or ((ratings.codes >= 0).any(axis=0)).sum() < 2:
        return "there is only one annotator, and agreement takes two"
    if not found.n_items:
        return "no item was rated by two annotators"
    if found.n_items == 1:
        return "only one item was rated by two annotators, which is too few to tell agreement from chance"
    if len(given) == 1:
        return f"every value is {quoted(ratings.values[given[0]])}, so that agreement cannot be told from chance"
    if level == "nominal" and ratings.level in ("interval", "ratio") and len(given) > MOST_NAMES:
        return f"more than {MOST_NAMES:,} different numbers are not compared as names"
    return None


def _joined(of: str, part: str) -> str:
    return f"{of}: {part}" if of else part
