"""Arrow arrays from lists, without `pyarrow.array`: that imports pandas, which takes longer than most conversions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

_NUMPY: dict[Any, Any] = {pa.int64(): np.dtype("<i8"), pa.int32(): np.dtype("<i4"), pa.float64(): np.dtype("<f8")}


def strings(values: Sequence[str | None]) -> Any:
    """A column of strings."""
    nulls: list[int] = []
    cells: Any = values
    if None in values:
        nulls = [position for position, value in enumerate(values) if value is None]
        cells = list(values)
        for position in nulls:
            cells[position] = ""
    if all(map(str.isascii, cells)):
        data = "".join(cells).encode()
    else:
        cells = [cell.encode() for cell in cells]
        data = b"".join(cells)
    parts = [_but(nulls, len(values)), _offsets(map(len, cells), len(values)), _buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(values), parts)


def numbers(values: Any, kind: Any, nulls: Sequence[int] = ()) -> Any:
    """A column of numbers from an `array` or a numpy array; those at the positions `nulls` are null."""
    cells: Any = np.asarray(values, _NUMPY[kind])
    return pa.Array.from_buffers(kind, len(cells), [_but(nulls, len(cells)), _buffer(cells)])


def optional_numbers(values: Sequence[float | None], kind: Any) -> Any:
    """A column of numbers from a list that may hold None."""
    nulls = [position for position, value in enumerate(values) if value is None]
    return numbers([0 if value is None else value for value in values] if nulls else values, kind, nulls)


def booleans(values: Sequence[bool]) -> Any:
    """A column of true and false."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, _bits(values)])


def string_lists(values: Sequence[Sequence[str] | None]) -> Any:
    """A column of lists of strings."""
    return _lists(values, strings, pa.string())


def path_lists(values: Sequence[Sequence[Sequence[str]] | None]) -> Any:
    """A column of lists of lists of strings."""
    return _lists(values, string_lists, pa.list_(pa.string()))


def scattered(cells: Mapping[int, Any], length: int, kind: Any) -> Any:
    """A column that is null but for `cells`, by position."""
    if not cells:
        return pa.nulls(length, kind)
    values: list[Any] = [None] * length
    for position, value in cells.items():
        values[position] = value
    return strings(values) if kind == pa.string() else optional_numbers(values, kind)


def taken(distinct: Any, codes: Any) -> Any:
    """Of the values of an array those at the positions `codes`, an `array` of integers."""
    return distinct.take(numbers(codes, pa.int32()))


def _lists(values: Sequence[Any], inner: Any, kind: Any) -> Any:
    nulls = [position for position, value in enumerate(values) if value is None]
    flat = inner([cell for value in values if value is not None for cell in value])
    offsets = _offsets((0 if value is None else len(value) for value in values), len(values))
    parts = [_but(nulls, len(values)), offsets]
    return pa.Array.from_buffers(pa.list_(kind), len(values), parts, children=[flat])


def _offsets(lengths: Any, length: int) -> Any:
    offsets = np.zeros(length + 1, np.int32)
    np.cumsum(np.fromiter(lengths, np.int32, length), out=offsets[1:])
    return _buffer(offsets)


def _but(nulls: Sequence[int], length: int) -> Any:
    if not nulls:
        return None
    valid = np.ones(length, np.bool_)
    valid[list(nulls)] = False
    return _bits(valid)


def _bits(values: Any) -> Any:
    return _buffer(np.packbits(np.asarray(values, np.bool_), bitorder="little"))


def _buffer(values: Any) -> Any:
    return pa.py_buffer(np.ascontiguousarray(values) if isinstance(values, np.ndarray) else values)
