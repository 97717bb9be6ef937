"""Rows as Arrow tables, made column by column: that is many times quicker than having Arrow take dicts apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa
from datasets import ClassLabel, Features, List

from curation.errors import CurationError
from curation.export.rows import Row
from curation.records import moment

_Maker = Callable[[Sequence[Any]], pa.Array]
"""Makes an array of JSON values."""


def tables_of(features: Features) -> Callable[[Sequence[Row]], pa.Table]:
    """What makes an Arrow table of rows of JSON values: class ids of class names, and times of written ones.

    It raises `E_EXPORT_STALE` for a name that is no class, `ValueError` or `TypeError` for a row of other columns or
    types.
    """
    schema = features.arrow_schema
    makers = [(name, _maker(feature, name)) for name, feature in features.items()]

    def table(rows: Sequence[Row]) -> pa.Table:
        if any(len(row) != len(makers) for row in rows):
            raise ValueError(f"a row has other columns than {', '.join(features)}")
        try:
            columns = [make([row[name] for row in rows]) for name, make in makers]
        except KeyError as error:
            raise ValueError(f"a row lacks {error}") from None
        return pa.Table.from_arrays(columns, schema=schema)

    return table


def is_time(feature: Any) -> bool:
    """Whether a feature is a moment, which rows of JSON values have as text."""
    return str(getattr(feature, "dtype", "")).startswith("timestamp")


def _maker(feature: Any, name: str) -> _Maker:
    if isinstance(feature, dict):
        return _structs({part: _maker(one, f"{name}.{part}") for part, one in feature.items()})
    if isinstance(feature, List):
        return _lists(_maker(feature.feature, name))
    if isinstance(feature, ClassLabel):
        return _class_ids(feature.names, name)
    kind = feature.pa_type
    return _times(kind, name) if is_time(feature) else lambda values: pa.array(values, kind)


def _structs(makers: dict[str, _Maker]) -> _Maker:
    names = list(makers)
    nothing = dict.fromkeys(names)

    def make(values: Sequence[Any]) -> pa.Array:
        mask = _nulls(values)
        given = values if mask is None else [nothing if value is None else value for value in values]
        parts = [of([value[part] for value in given]) for part, of in makers.items()]
        return pa.StructArray.from_arrays(parts, names=names, mask=mask)

    return make


def _lists(make_items: _Maker) -> _Maker:
    def make(values: Sequence[Any]) -> pa.Array:
        mask = _nulls(values)
        given = values if mask is None else [value or () for value in values]
        offsets = pa.array(accumulate(map(len, given), initial=0), pa.int32())
        return pa.ListArray.from_arrays(offsets, make_items(list(chain.from_iterable(given))), mask=mask)

    return make


def _nulls(values: Sequence[Any]) -> pa.Array | None:
    return pa.array([value is None for value in values]) if None in values else None


def _class_ids(names: Sequence[str], column: str) -> _Maker:
    ids: dict[str | None, int | None] = {None: None, **{name: number for number, name in enumerate(names)}}

    def make(values: Sequence[Any]) -> pa.Array:
        try:
            return pa.array([ids[value] for value in values], pa.int64())
        except KeyError as error:
            message = f"{column}: the task has no value {error.args[0]!r} (any more)"
            raise CurationError("E_EXPORT_STALE", message) from None

    return make


def _times(kind: pa.DataType, column: str) -> _Maker:
    def make(values: Sequence[Any]) -> pa.Array:
        found = [moment(value) for value in values]
        for value, time in zip(values, found, strict=True):
            if value is not None and time is None:
                raise CurationError("E_EXPORT_STALE", f"{column}: {value!r} is no time in ISO 8601")
        return pa.array(found, kind)

    return make
