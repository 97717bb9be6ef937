"""Rows as Arrow tables: JSON is read by Arrow itself, which is many times quicker than taking dicts apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from datasets import ClassLabel, Features, List

from curation.errors import CurationError
from curation.export.rows import Row
from curation.records import moment

_encode = msgspec.json.Encoder().encode


def line(row: Row) -> bytes:
    """A row of JSON values as one line of JSON."""
    return _encode(row) + b"\n"


def from_lines(lines: Sequence[bytes], features: Features) -> pa.Table:
    """Lines of JSON as an Arrow table, with class ids in the place of class names, and times in that of written ones.

    Raises `E_EXPORT_STALE` for a name that is no class, `ValueError` (of Arrow) for a row of other columns or types.
    """
    data = b"".join(lines)
    read = pj.read_json(
        pa.BufferReader(data),
        # A line is in one block as a whole.
        read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=pj.ParseOptions(explicit_schema=_written(features), unexpected_field_behavior="error"),
    )
    columns = [_coded(read[name].combine_chunks(), feature, name) for name, feature in features.items()]
    return pa.Table.from_arrays(columns, schema=features.arrow_schema)


def is_time(feature: Any) -> bool:
    """Whether a feature is a moment, which rows of JSON values have as text."""
    return str(getattr(feature, "dtype", "")).startswith("timestamp")


def _written(features: Features) -> pa.Schema:
    """The schema of rows as they are written: names of classes, and times as strings."""
    return pa.schema([(name, _written_type(feature)) for name, feature in features.items()])


def _written_type(feature: Any) -> pa.DataType:
    if isinstance(feature, dict):
        return pa.struct([(name, _written_type(part)) for name, part in feature.items()])
    if isinstance(feature, List):
        return pa.list_(_written_type(feature.feature))
    return pa.string() if isinstance(feature, ClassLabel) or is_time(feature) else feature.pa_type


def _coded(values: Any, feature: Any, name: str) -> Any:
    """An array as it is stored, made of one as it is written."""
    if isinstance(feature, dict):
        parts = [_coded(values.field(part), one, f"{name}.{part}") for part, one in feature.items()]
        return pa.StructArray.from_arrays(
            parts, names=list(feature), mask=values.is_null() if values.null_count else None
        )
    if isinstance(feature, List):
        items = _coded(values.values, feature.feature, name)
        mask = values.is_null() if values.null_count else None
        return pa.ListArray.from_arrays(values.offsets, items, mask=mask)
    if isinstance(feature, ClassLabel):
        return _class_ids(values, feature.names, name)
    return _times(values, feature.pa_type, name) if is_time(feature) else values


def _class_ids(values: Any, names: Sequence[str], column: str) -> Any:
    ids = pc.index_in(values, value_set=pa.array(names, pa.string()))
    if ids.null_count != values.null_count:
        unknown = values.filter(pc.and_(ids.is_null(), values.is_valid()))[0].as_py()
        raise CurationError("E_EXPORT_STALE", f"{column}: the task has no value {unknown!r} (any more)")
    return ids.cast(pa.int64())


def _times(values: Any, kind: Any, column: str) -> Any:
    written = values.to_pylist()
    found = [moment(one) for one in written]
    for one, time in zip(written, found, strict=True):
        if one is not None and time is None:
            raise CurationError("E_EXPORT_STALE", f"{column}: {one!r} is no time in ISO 8601")
    return pa.array(found, kind)
