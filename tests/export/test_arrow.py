"""Rows as Arrow tables: the same as Arrow makes of the rows themselves, however they come in."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from datasets import ClassLabel, Features, List, Value
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import CurationError
from curation.export.arrow import Gathered, table_of

KINDS = ("claim", "actor")
FEATURES = Features(
    {
        "id": Value("string"),
        "kind": ClassLabel(names=list(KINDS)),
        "at": Value("timestamp[us, tz=UTC]"),
        "on": Value("date32"),
        "share": Value("float64"),
        "place": {"start": Value("int32"), "names": List(Value("string"))},
        "parts": List(
            {"start": Value("int32"), "kind": ClassLabel(names=list(KINDS)), "inner": {"x": Value("string")}}
        ),
    }
)

texts = st.none() | st.text(max_size=5)
numbers = st.none() | st.integers(0, 2**31 - 1)
kinds = st.none() | st.sampled_from(KINDS)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": texts,
            "kind": kinds,
            "at": st.none() | st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
            "on": st.none() | st.dates(),
            "share": st.none() | st.floats(allow_nan=False),
            "place": st.none()
            | st.fixed_dictionaries({"start": numbers, "names": st.none() | st.lists(texts, max_size=3)}),
            "parts": st.none()
            | st.lists(
                st.none()
                | st.fixed_dictionaries(
                    {"start": numbers, "kind": kinds, "inner": st.none() | st.fixed_dictionaries({"x": texts})}
                ),
                max_size=3,
            ),
        }
    ),
    max_size=8,
)


def written(row: dict) -> dict:
    """A row as JSON has it: times as text, class names as they are."""
    return row | {name: row[name] and row[name].isoformat() for name in ("at", "on")}


def stored(value: object, feature: object) -> object:
    """A value as Arrow has it: class ids in the place of names."""
    if value is None:
        return None
    if isinstance(feature, ClassLabel):
        return feature.names.index(value)
    if isinstance(feature, List):
        return [stored(one, feature.feature) for one in value]
    if isinstance(feature, dict):
        return {name: stored(value[name], one) for name, one in feature.items()}
    return value


@given(rows, st.lists(st.integers(1, 3)), st.integers(0, 8))
def test_rows_are_what_arrow_makes_of_them(rows, sizes, first):
    expected = pa.Table.from_pylist([stored(row, dict(FEATURES)) for row in rows], schema=FEATURES.arrow_schema)
    gathered = Gathered(FEATURES)
    tables, start = [], 0
    for size in [*sizes, len(rows)]:
        gathered.add([written(row) for row in rows[start : start + size]])
        start += size
        if len(tables) < 1 and start >= first:
            tables.append(gathered.table())
    tables.append(gathered.table())
    found = pa.concat_tables(tables)
    found.validate(full=True)
    assert found.schema.equals(expected.schema)
    assert found.to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("row", [{"id": "1"}, {"id": "1", "on": None, "more": 1}])
def test_other_columns_are_refused(row):
    features = Features({"id": Value("string"), "on": Value("date32")})
    with pytest.raises(ValueError, match=r"columns|lacks"):
        table_of(features, [{"id": "0", "on": None}, row])


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [("kind", "opinion", "'opinion'"), ("at", "yesterday", "'yesterday'"), ("on", "2026", "'2026'"), ("on", 5, "5")],
)
def test_what_is_no_class_and_no_time_is_told(column, value, told):
    features = Features({column: FEATURES[column]})
    with pytest.raises(CurationError, match=told) as error:
        table_of(features, [{column: None}, {column: value}])
    assert error.value.code == "E_EXPORT_STALE"
    assert column in error.value.message


def test_a_day_is_a_day():
    assert table_of(Features({"on": Value("date32")}), [{"on": "2026-03-02"}])["on"].to_pylist() == [date(2026, 3, 2)]
