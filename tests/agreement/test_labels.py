"""Measures of labels beside other libraries, worked examples of papers, and what must hold of any ratings."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from curation.agreement import Bootstrap, Ratings, agreement, by_annotator, by_label, measured, over_time
from curation.agreement.labels import ESTIMATORS, MOST_ANNOTATORS
from curation.agreement.measures import MEASURES

LEVELS = ("nominal", "ordinal", "interval", "ratio")
POINTS = Bootstrap(resamples=0)
NAN = math.nan

# Krippendorff 2011, part C: four observers, twelve units, values missing.
FOUR_OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T


def tables(*, most_values: int = 5, missing: bool = True) -> st.SearchStrategy[np.ndarray]:
    """Items by annotators, with rare values, missing ones, few items and few annotators."""
    numbers = st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.25][:most_values])
    cells = st.one_of(numbers, st.just(0.0), st.just(NAN)) if missing else st.one_of(numbers, st.just(0.0))
    shapes = st.tuples(st.integers(1, 12), st.integers(2, 5))
    return shapes.flatmap(lambda shape: arrays(float, shape, elements=cells))


def figures(ratings: Ratings, bootstrap: Bootstrap = POINTS) -> dict[tuple[str, str], float | None]:
    return {(one.measure, one.of): one.value for one in agreement(ratings, bootstrap=bootstrap)}


def constant(table: np.ndarray) -> bool:
    """Whether the pairable values are one value, or none."""
    pairable = table[(~np.isnan(table)).sum(axis=1) >= 2]
    return len(np.unique(pairable[~np.isnan(pairable)])) < 2


@settings(max_examples=150)
@given(tables(), st.sampled_from(LEVELS))
def test_alpha_is_that_of_krippendorff(table, level):
    ratings = Ratings.from_matrix(table, level=level)
    point = ESTIMATORS["krippendorff_alpha"](ratings).point
    if constant(table):
        assert point is None
        return
    assert point == pytest.approx(krippendorff.alpha(table.T, level_of_measurement=level), abs=1e-9)
    found = measured("krippendorff_alpha", ratings, bootstrap=POINTS)
    if found.n_items > 1:
        assert found.value == point


@settings(max_examples=100)
@given(tables(missing=False))
def test_fleiss_is_that_of_statsmodels(table):
    point = ESTIMATORS["fleiss_kappa"](Ratings.from_matrix(table)).point
    if constant(table):
        assert point is None
        return
    counts, _ = inter_rater.aggregate_raters(table)
    assert point == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-9)


@settings(max_examples=60)
@given(tables(), st.sampled_from(LEVELS))
def test_kappa_by_pair_is_that_of_scikit_learn(table, level):
    ratings = Ratings.from_matrix(table, level=level)
    found = figures(ratings)
    values = np.unique(table[~np.isnan(table)])
    # As scikit-learn weighs by places in the order of values, numbers would have to be equally far apart.
    measures = {"cohen_kappa": None, **({"weighted_kappa": "quadratic"} if level == "ordinal" else {})}
    for measure, weights in measures.items():
        pairs = []
        for one, other in combinations(range(table.shape[1]), 2):
            both = table[~np.isnan(table[:, [one, other]]).any(axis=1)][:, [one, other]]
            value = found[measure, f"{one + 1} × {other + 1}"]
            if len(both) < 2 or len(np.unique(both)) < 2:
                assert value is None
                continue
            places = np.searchsorted(values, both)
            expected = cohen_kappa_score(*places.T, weights=weights, labels=np.arange(len(values)))
            assert value == pytest.approx(expected, abs=1e-9)
            pairs.append(expected)
        mean = found[f"{measure}_mean", ""]
        assert mean == (pytest.approx(np.mean(pairs), abs=1e-9) if pairs else None)


@given(tables(missing=False))
def test_weighted_kappa_of_numbers_weighs_their_distances(table):
    value = figures(Ratings.from_matrix(table, level="interval"))["weighted_kappa", "1 × 2"]
    one, other = table[:, 0], table[:, 1]
    expected = ((one[:, None] - other[None, :]) ** 2).mean()
    if len(table) < 2 or expected == 0:
        assert value is None
    else:
        assert value == pytest.approx(1 - ((one - other) ** 2).mean() / expected, abs=1e-9)


def by_gwet(table: np.ndarray, chance: str) -> tuple[float, float]:
    """Observed agreement and the coefficient, cell by cell as Gwet writes the sums."""
    labels = sorted({cell for row in table for cell in row if not math.isnan(cell)})
    counts = [{k: sum(cell == k for cell in row) for k in labels} for row in table]
    rated = [row for row in counts if sum(row.values())]
    twice = [row for row in rated if sum(row.values()) >= 2]
    observed = sum(
        r * (r - 1) / (sum(row.values()) * (sum(row.values()) - 1)) for row in twice for r in row.values()
    ) / len(twice)
    pi = {k: sum(row[k] / sum(row.values()) for row in rated) / len(rated) for k in labels}
    if chance == "ac1":
        expected = sum(p * (1 - p) for p in pi.values()) / (len(labels) - 1)
    else:
        expected = sum(p * p for p in pi.values())
    return observed, (observed - expected) / (1 - expected)


OF_IRRCAC = json.loads(Path(__file__).with_name("figures_of_irrcac.json").read_text())


@pytest.mark.parametrize(
    ("measure", "name", "least"),
    [
        ("percent_agreement", "agreement", 107),
        ("gwet_ac1", "gwet", 107),
        ("fleiss_kappa", "fleiss", 107),
        ("krippendorff_alpha", "krippendorff", 100),
    ],
)
def test_figures_are_those_of_irrcac(measure, name, least):
    """On random tables with missing and rare values; `figures_of_irrcac.py` says how they came about."""
    told = [(Ratings.from_matrix(cells(one["table"])), one[name]) for one in OF_IRRCAC if name in one]
    assert len(told) >= least
    assert sum(ratings.n_missing > 0 for ratings, _ in told) > 50
    for ratings, figure in told:
        assert ESTIMATORS[measure](ratings).point == pytest.approx(figure, abs=1e-9)
        found = measured(measure, ratings, bootstrap=POINTS)
        assert found.value == (pytest.approx(figure, abs=1e-9) if ratings.patterns().n_items > 1 else None)


def cells(table: list[str]) -> np.ndarray:
    return np.array([[NAN if value == "." else float(value) for value in row] for row in table])


@settings(max_examples=100)
@given(tables())
def test_ac1_fleiss_and_percent_agreement_are_gwets_sums(table):
    found = figures(Ratings.from_matrix(table))
    if constant(table) or ((~np.isnan(table)).sum(axis=1) >= 2).sum() < 2:
        assert {found["gwet_ac1", ""], found["fleiss_kappa", ""], found["percent_agreement", ""]} == {None}
        return
    observed, ac1 = by_gwet(table, "ac1")
    assert found["percent_agreement", ""] == pytest.approx(observed, abs=1e-9)
    assert found["gwet_ac1", ""] == pytest.approx(ac1, abs=1e-9)
    assert found["fleiss_kappa", ""] == pytest.approx(by_gwet(table, "fleiss")[1], abs=1e-9)


def test_gwets_example_of_two_abstractors():
    """The pregnancy diagnoses of Gwet 2014, which his irrCAC gives as kappa 0.7964094 and AC1 0.8493305."""
    table = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    cells = [(str(a), str(b)) for a in range(3) for b in range(3) for _ in range(table[a][b])]
    found = figures(Ratings.from_matrix(np.array(cells)))
    assert found["cohen_kappa", "1 × 2"] == pytest.approx(0.7964094, abs=1e-7)
    assert found["gwet_ac1", ""] == pytest.approx(0.8493305, abs=1e-7)
    assert found["percent_agreement", ""] == pytest.approx(0.89)


def test_gwets_example_of_four_raters_with_missing_values():
    """Krippendorff's data, which Gwet's irrCAC gives as AC1 0.77544 and Fleiss' kappa 0.76117."""
    found = figures(Ratings.from_matrix(FOUR_OBSERVERS))
    assert found["percent_agreement", ""] == pytest.approx(0.8181818, abs=1e-7)
    assert found["gwet_ac1", ""] == pytest.approx(0.77544, abs=1e-5)
    assert found["fleiss_kappa", ""] == pytest.approx(0.76117, abs=1e-5)


def test_values_that_were_declared_and_never_given_count_for_ac1():
    two, three = (Ratings.from_matrix([["a", "a"], ["a", "b"], ["b", "b"]], order=order) for order in ("ab", "abc"))
    assert figures(two)["gwet_ac1", ""] == pytest.approx(1 / 3)
    assert figures(three)["gwet_ac1", ""] == pytest.approx((2 / 3 - 1 / 4) / (3 / 4))
    assert figures(two)["fleiss_kappa", ""] == figures(three)["fleiss_kappa", ""]


@settings(max_examples=60)
@given(tables(), st.sampled_from(LEVELS), st.randoms(use_true_random=False))
def test_the_order_of_items_and_annotators_never_matters(table, level, random):
    triples = [
        (f"item {row}", f"annotator {column}", value)
        for (row, column), value in np.ndenumerate(table)
        if not math.isnan(value)
    ]
    if not triples:
        return
    shuffled = random.sample(triples, len(triples))
    sure = Bootstrap(resamples=50)
    first, second = (agreement(Ratings.from_triples(each, level=level), bootstrap=sure) for each in (triples, shuffled))
    assert first == second


@settings(max_examples=60)
@given(tables(), st.sampled_from(LEVELS))
def test_names_of_items_and_annotators_never_matter_to_measures_of_all(table, level):
    turned = table[::-1, ::-1]
    sure = Bootstrap(resamples=50)
    for measure in ESTIMATORS:
        one, other = (
            measured(measure, Ratings.from_matrix(each, level=level), bootstrap=sure) for each in (table, turned)
        )
        assert one == other


@given(tables())
def test_copying_an_annotator_agrees_with_the_copied_and_leaves_other_pairs_alone(table):
    before = figures(Ratings.from_matrix(table))
    copied = figures(Ratings.from_matrix(np.column_stack([table, table[:, 0]])))
    assert copied["cohen_kappa", f"1 × {table.shape[1] + 1}"] in (None, pytest.approx(1))
    for (measure, of), value in before.items():
        if measure == "cohen_kappa":
            assert copied[measure, of] == value


def test_a_copy_raises_agreement():
    random = np.random.default_rng(1)
    table = random.integers(0, 3, (200, 3))
    before, after = (figures(Ratings.from_matrix(each)) for each in (table, table[:, [0, 1, 2, 2]]))
    for measure in ESTIMATORS:
        assert after[measure, ""] > before[measure, ""]


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=12), st.integers(2, 4), st.sampled_from(LEVELS[:2]))
def test_perfect_agreement_is_one(values, annotators, level):
    found = figures(Ratings.from_matrix(np.array([values] * annotators).T, level=level, order="abcd"))
    one = None if len(set(values)) == 1 else pytest.approx(1, abs=1e-12)
    assert all(value == one for value in found.values())


@pytest.mark.parametrize("level", LEVELS)
def test_independent_labels_are_near_chance(level):
    random = np.random.default_rng(20260302)
    table = random.choice([0.0, 1.0, 2.0, 5.0], (4000, 3), p=[0.4, 0.3, 0.2, 0.1])
    for figure in agreement(Ratings.from_matrix(table, level=level), bootstrap=POINTS):
        chance = MEASURES[figure.measure].chance
        # AC1 takes chance agreement to be less than it is where values are not used equally often.
        if chance is not None and figure.measure != "gwet_ac1":
            assert figure.value == pytest.approx(chance, abs=0.04)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([["a", "a"], ["a", "a"], ["a", "a"]], "every value is 'a'"),
        ([["a", "b"]], "only one item"),
        ([["a"], ["b"]], "there is only one annotator"),
        ([["a", None], ["b", None]], "there is only one annotator"),
        ([["a", None], [None, "b"]], "no item was rated by two"),
        ([["a", "a"], ["b", None]], "only one item"),
        ([["a", "a"], ["a", "a"], ["b", None]], "every value is 'a'"),
        ([[None, None]], "there are no values"),
    ],
)
@pytest.mark.parametrize("level", LEVELS[:2])
def test_there_is_a_reason_where_there_is_no_figure(table, reason, level):
    found = agreement(Ratings.from_matrix(np.array(table, dtype=object), level=level, order="ab"))
    assert {one.value for one in found} == {None}
    for one in found:
        assert one.reason.startswith(reason) or one.reason == "no item was rated by both"
        assert (one.low, one.high) == (None, None)


def test_a_label_against_the_rest():
    found = by_label(Ratings.from_matrix(FOUR_OBSERVERS), ["krippendorff_alpha"], of="tone", bootstrap=POINTS)
    assert [one.of for one in found] == [f"tone: {label}" for label in "12345"]
    for figure, label in zip(found, range(1, 6), strict=True):
        binary = np.where(np.isnan(FOUR_OBSERVERS), NAN, label == FOUR_OBSERVERS)
        assert figure.value == pytest.approx(krippendorff.alpha(binary.T, level_of_measurement="nominal"), abs=1e-9)
    assert sum(one.details["share"] for one in found) == pytest.approx(1)


def test_the_annotator_who_stands_apart_is_the_one_without_whom_agreement_rises():
    random = np.random.default_rng(3)
    truth = random.integers(0, 3, 300)
    table = np.array(
        [np.where(random.random(300) < sure, truth, random.integers(0, 3, 300)) for sure in (0.9, 0.9, 0.3, 0.9)]
    )
    found = by_annotator(Ratings.from_matrix(table.T), ["krippendorff_alpha"], bootstrap=POINTS)
    changes = {one.details["annotator"]: one.details["change"] for one in found}
    assert max(changes, key=changes.get) == "3"
    assert [name for name, change in changes.items() if change > 0] == ["3"]
    rest = krippendorff.alpha(np.delete(table, 2, axis=0), level_of_measurement="nominal")
    assert found[2].value == pytest.approx(rest, abs=1e-9)


def test_over_time_in_windows_of_equally_many_items():
    random = np.random.default_rng(4)
    truth = random.integers(0, 2, 90)
    good = np.arange(90) >= 60
    table = np.array(
        [np.where((random.random(90) < 0.05) | ~good, random.integers(0, 2, 90), truth) for _ in range(3)]
    ).T
    shuffled = random.permutation(90)
    days = [f"2026-01-{1 + day // 3:02}" for day in range(90)]
    ratings = Ratings.from_matrix(table[shuffled])
    found = over_time(ratings, [days[day] for day in shuffled], 3, ["krippendorff_alpha"], bootstrap=POINTS)
    assert [one.n_items for one in found] == [30, 30, 30]
    assert [(one.details["first"], one.details["last"]) for one in found] == [
        ("2026-01-01", "2026-01-10"), ("2026-01-11", "2026-01-20"), ("2026-01-21", "2026-01-30"),
    ]  # fmt: skip
    assert found[2].value > 0.7 > 0.3 > max(found[0].value, found[1].value)
    untimed = over_time(ratings, [None] * 90, 3, bootstrap=POINTS)
    assert [one.value for one in untimed] == [None, None]


def test_a_crowd_is_not_compared_pair_by_pair():
    table = np.full((40, MOST_ANNOTATORS + 1), None, dtype=object)
    for row in range(40):
        table[row, row % 31], table[row, (row + 1) % 31] = "ab"[row % 2], "ab"[row % 3 == 0]
    found = agreement(Ratings.from_matrix(table), bootstrap=POINTS)
    assert [one.measure for one in found] == [*ESTIMATORS, "cohen_kappa_mean"]
    assert found[-1].value is None
    assert found[2].value is not None


def test_a_crowd_of_whom_each_rated_little_has_the_figures_of_the_ratings_alone():
    """Who rated what does not matter to alpha: each item's ratings could be those of the same few people."""
    random = np.random.default_rng(6)
    packed = random.integers(0, 3, (60, 4)).astype(float)
    spread = np.full((60, 200), NAN)
    for row in range(60):
        spread[row, random.choice(200, 4, replace=False)] = packed[row]
    for measure in ESTIMATORS:
        one, other = (measured(measure, Ratings.from_matrix(each)) for each in (packed, spread))
        assert (one.value, one.low, one.high) == (other.value, other.low, other.high)
    assert by_annotator(Ratings.from_matrix(spread), ["krippendorff_alpha"]) == []


def test_very_many_numbers_are_not_compared_as_names():
    random = np.random.default_rng(7)
    truth = random.normal(0, 1, 600)
    table = truth[:, None] + random.normal(0, 0.1, (600, 2))
    found = {one.measure: one for one in agreement(Ratings.from_matrix(table, level="interval"), bootstrap=POINTS)}
    assert found["krippendorff_alpha"].value > 0.9
    assert found["weighted_kappa"].value > 0.9
    for measure in ("percent_agreement", "fleiss_kappa", "gwet_ac1", "cohen_kappa", "cohen_kappa_mean"):
        assert found[measure].value is None
        assert found[measure].reason == "more than 1,000 different numbers are not compared as names"


def test_every_measure_is_described():
    for figure in agreement(Ratings.from_matrix(FOUR_OBSERVERS, level="ratio"), bootstrap=POINTS):
        told = MEASURES[figure.measure]
        assert told.name == figure.measure
        assert all((told.title, told.definition, told.source, told.reading))


@pytest.mark.parametrize("zeros", [0, 40])
def test_alpha_of_very_many_numbers_at_the_ratio_level(zeros):
    """Expected disagreement is then an integral instead of a sum over pairs of numbers."""
    random = np.random.default_rng(5)
    truth = np.exp(random.normal(3, 2, 500))
    table = truth[:, None] * np.exp(random.normal(0, 0.5, (500, 3)))
    table.ravel()[:zeros] = 0
    table[random.random(table.shape) < 0.1] = np.nan
    ratings = Ratings.from_matrix(table, level="ratio")
    assert len(ratings.values) > 1200
    point = ESTIMATORS["krippendorff_alpha"](ratings).point
    # The library would take gigabytes for so many values: the definition itself, pair by pair.
    units = [row[~np.isnan(row)] for row in table if (~np.isnan(row)).sum() > 1]
    every = np.concatenate(units)
    observed = sum(relative(unit).sum() / (len(unit) - 1) for unit in units) / len(every)
    expected = relative(every).sum() / (len(every) * (len(every) - 1))
    assert point == pytest.approx(1 - observed / expected, abs=1e-9)


def relative(values: np.ndarray) -> np.ndarray:
    above, below = values[:, None] - values, values[:, None] + values
    return np.divide(above, below, out=np.zeros(below.shape), where=below > 0) ** 2
