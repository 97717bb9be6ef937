"""Ratings from frames, triples and matrices: what is missing, what is refused, and what order values have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.agreement import Ratings
from curation.agreement.scales import LEVELS
from curation.errors import CurationError


def frame(*rows: tuple[object, object, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["item", "annotator", "value"], dtype=object)


def refused(code: str, table: pd.DataFrame, **options: object) -> CurationError:
    with pytest.raises(CurationError) as raised:
        Ratings.from_frame(table, **options)
    assert raised.value.code == code
    return raised.value


def test_a_long_frame_becomes_items_by_annotators():
    ratings = Ratings.from_frame(frame(("b", "y", "pro"), ("a", "x", "con"), ("b", "x", "pro"), ("a", "y", None)))
    assert (tuple(ratings.items), ratings.annotators, ratings.values) == (("a", "b"), ("x", "y"), ("con", "pro"))
    assert ratings.codes.tolist() == [[0, -1], [1, 1]]
    assert ratings.n_missing == 1


def test_numbers_as_names_are_in_their_order_and_have_no_fraction():
    table = pd.DataFrame({"item": [10, 9, 9], "annotator": [2, 11, 2], "value": [1.0, 1.0, np.nan]})
    ratings = Ratings.from_frame(table)
    assert (ratings.items, ratings.annotators, ratings.values) == (("9", "10"), ("2", "11"), ("1",))


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, pd.NaT, "", " ", "NaN", "nan"])
def test_what_is_missing(nothing):
    ratings = Ratings.from_frame(frame(("a", "x", nothing), ("a", "y", "pro")))
    assert ratings.values == ("pro",)
    assert ratings.n_missing == 1


@pytest.mark.parametrize("label", ["NA", "none", "None", "null", "0", "False"])
def test_what_is_a_label(label):
    assert Ratings.from_frame(frame(("a", "x", label), ("a", "y", "pro"))).values.count(label) == 1
    assert Ratings.from_frame(frame(("a", "x", label), ("a", "y", "pro")), missing={label}).n_missing == 1


def test_a_second_value_is_refused_even_if_it_is_the_same():
    table = frame(("a", "x", "pro"), ("b", "x", "pro"), ("a", "x", "pro"), ("b", "x", "con"))
    error = refused("E_TABLE", table)
    assert error.message == "'x' rated the item 'a' twice, in rows 1 and 3; so it is with 1 more"


def test_a_missing_value_beside_a_value_is_no_second_one():
    assert Ratings.from_frame(frame(("a", "x", None), ("a", "x", "pro"))).codes.tolist() == [[0]]


@pytest.mark.parametrize(("row", "what"), [((None, "x", "pro"), "item"), (("a", "", "pro"), "annotator")])
def test_items_and_annotators_have_names(row, what):
    assert refused("E_TABLE", frame(("a", "x", "pro"), row)).message == f"row 2 has no {what}"


def test_a_row_holds_one_value():
    assert refused("E_TABLE", frame(("a", "x", "pro"), ("a", "y", ["pro", "con"]))).message.startswith("row 2 holds")


def test_columns_are_named():
    error = refused("E_MISSING_COLUMN", frame(("a", "x", "pro")), value="stance")
    assert "'stance'" in error.message
    assert "item, annotator, value" in error.fix


@pytest.mark.parametrize("level", ["interval", "ratio"])
@pytest.mark.parametrize("value", ["high", "1,5", "1_0", "inf", True and "NA"])
def test_numbers_are_needed_where_distances_count(level, value):
    error = refused("E_TABLE", frame(("a", "x", "1"), ("a", "y", value)), level=level)
    assert error.message == f"row 2 has the value {value!r}, and the {level} level takes numbers" + (
        " of at least 0" if level == "ratio" else ""
    )


def test_a_ratio_has_a_true_zero():
    table = frame(("a", "x", "1"), ("a", "y", "-1"))
    assert "numbers of at least 0" in refused("E_TABLE", table, level="ratio").message
    assert Ratings.from_frame(table, level="interval").values == (-1.0, 1.0)


@pytest.mark.parametrize("level", ["ordinal", "interval", "ratio"])
def test_the_same_number_is_one_value_however_it_is_written(level):
    ratings = Ratings.from_frame(
        frame(("a", "x", "10"), ("a", "y", "10.0"), ("b", "x", 9), ("b", "y", "1e1")), level=level
    )
    assert ratings.values == (9.0, 10.0)
    assert ratings.codes.tolist() == [[1, 1], [0, 1]]


def test_ranks_that_are_no_numbers_need_an_order():
    table = frame(("a", "x", "low"), ("a", "y", "high"))
    error = refused("E_TABLE", table, level="ordinal")
    assert "the order of the values" in error.message
    assert "--order" in error.fix
    assert Ratings.from_frame(table, level="ordinal", order=["low", "middle", "high"]).codes.tolist() == [[0, 2]]
    assert "'low'" in refused("E_TABLE", table, level="ordinal", order=["middle", "high"]).message
    assert "'low' twice" in refused("E_USAGE", table, level="ordinal", order=["low", "high", "low"]).message


def test_an_ordered_category_has_its_order():
    table = frame(("a", "x", "low"), ("a", "y", "high"))
    table["value"] = pd.Categorical(table["value"], ["low", "middle", "high"], ordered=True)
    assert Ratings.from_frame(table, level="ordinal").values == ("low", "middle", "high")


def test_triples_and_matrices_are_the_same_ratings():
    matrix = [["pro", None], ["con", "con"]]
    triples = [(row + 1, column + 1, value) for row, cells in enumerate(matrix) for column, value in enumerate(cells)]
    one, other = Ratings.from_triples(triples), Ratings.from_matrix(np.array(matrix, dtype=object))
    assert (tuple(one.items), one.annotators, one.values) == (tuple(other.items), other.annotators, other.values)
    assert one.codes.tolist() == other.codes.tolist()
    assert one.n_missing == other.n_missing == 1


def test_nothing_is_no_ratings():
    ratings = Ratings.from_triples([])
    assert ratings.codes.shape == (0, 0)
    assert ratings.patterns().n_items == 0


@pytest.mark.parametrize("n_values", [2, 3000])
def test_patterns_are_the_distinct_rows_and_stand_for_all(n_values):
    """Few values are counted by keys, many by rows: both are what `numpy.unique` says."""
    random = np.random.default_rng(1)
    table = random.integers(0, 3, (200, 6)).astype(float) * (n_values - 1)
    table[random.random(table.shape) < 0.5] = np.nan
    every = np.arange(n_values, dtype=float)
    padded = np.vstack([table, np.column_stack([every, np.full((n_values, 5), np.nan)])])
    ratings = Ratings.from_matrix(padded, level="interval")
    found = ratings.patterns()
    rows = np.sort(ratings.codes, axis=1)
    rows, counts = np.unique(rows[(rows >= 0).sum(axis=1) >= 2], axis=0, return_counts=True)
    width = found.rows.shape[1]
    assert (found.rows == rows[:, 6 - width :]).all()
    assert (found.counts == counts).all()


@given(
    st.lists(st.tuples(st.integers(-3, 12), st.integers(0, 3), st.integers(-2, 11)), unique_by=lambda row: row[:2]),
    st.sampled_from(["int64", "int32", "Int64", "float64", "category", "object"]),
    st.sampled_from(LEVELS[:3]),
)
def test_columns_of_any_kind_are_the_ratings_of_their_text(rows, kind, level):
    """However numbers are kept: names are in the order of whole numbers, then of signs."""
    frame = pd.DataFrame(rows, columns=["item", "annotator", "value"], dtype="int64")
    kept, texts = (Ratings.from_frame(frame.astype(each), level=level) for each in (kind, str))
    assert (kept.items, kept.annotators, kept.values) == (texts.items, texts.annotators, texts.values)
    assert kept.codes.tolist() == texts.codes.tolist()
    whole = sorted({item for item, _, _ in rows if item >= 0})
    assert list(kept.items) == [*map(str, whole), *sorted({str(item) for item, _, _ in rows if item < 0})]


def test_whole_numbers_that_are_written_differently_are_names_of_their_own():
    ratings = Ratings.from_triples([(item, "a", "x") for item in ("10", "02", "b", "2", "1", "a")])
    assert ratings.items == ("1", "02", "2", "10", "a", "b")
