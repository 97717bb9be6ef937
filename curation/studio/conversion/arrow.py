"""Arrow arrays from lists, without `pyarrow.array`: that imports pandas, which takes longer than most conversions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
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
        cells = ["" if value is None else value for value in values]
    joined, lengths = _joined(cells)
    return pa.Array.from_buffers(
        pa.string(), len(values), [_but(nulls, len(values)), _offsets(lengths, len(values)), _buffer(joined)]
    )


def numbers(values: Any, kind: Any, nulls: Sequence[int] = ()) -> Any:
    """A column of numbers from an `array` or a numpy array; those at the positions `nulls` are null."""
    cells: Any = np.asarray(values, _NUMPY[kind])
    return pa.Array.from_buffers(kind, len(cells), [_but(nulls, len(cells)), _buffer(cells)])


def optional_numbers(values: Sequence[float | None], kind: Any) -> Any:
    """A column of numbers from a list that may hold None."""
    nulls = [position for position, value in enumerate(values) if value is None]
    return numbers([0 if value is None else value for value in values] if nulls else values, kind, nulls)


def integers(column: Any) -> Any:
    """The numbers (int64) of an Arrow array without nulls; `to_numpy` imports pandas too."""
    return np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column)]


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
    places = np.fromiter(cells, np.int64, len(cells))
    if (np.diff(places) < 0).any():
        return scattered(dict(sorted(cells.items())), length, kind)
    valid = np.zeros(length, np.bool_)
    valid[places] = True
    if kind != pa.string():
        numbers = np.zeros(length, _NUMPY[kind])
        numbers[places] = list(cells.values())
        return pa.Array.from_buffers(kind, length, [_bits(valid), _buffer(numbers)])
    joined, each = _joined(list(cells.values()))
    lengths = np.zeros(length, np.int32)
    lengths[places] = np.fromiter(each, np.int32, len(cells))
    parts = [_bits(valid), _offsets(lengths, length), _buffer(joined)]
    return pa.Array.from_buffers(kind, length, parts)


def coded(distinct: Sequence[str | None], codes: Any) -> Any:
    """A column of strings, of which row by row `codes` says which of the distinct ones stands there.

    It is encoded with a dictionary, as Parquet stores it: neither has to find out again what repeats itself.
    """
    return _by_code(distinct, np.asarray(codes, np.int32))


def coded_lists(distinct: Sequence[Sequence[str] | None], codes: Any) -> Any:
    """The same for lists of strings; their elements are encoded."""
    cells: Any = np.asarray(codes, np.int32)
    lists = [() if one is None else one for one in distinct]
    numbered: dict[str | None, int] = {}
    elements = np.array([numbered.setdefault(word, len(numbered)) for one in lists for word in one], np.int32)
    lengths = np.fromiter(map(len, lists), np.int32, len(lists))
    ends = np.cumsum(lengths, dtype=np.int32)
    each = lengths[cells]
    offsets = np.zeros(len(cells) + 1, np.int32)
    np.cumsum(each, out=offsets[1:])
    # The elements of a row follow each other in both, so that one number a row says where they are.
    places = np.arange(offsets[-1], dtype=np.int32) + np.repeat((ends - lengths)[cells] - offsets[:-1], each)
    inner = _by_code(list(numbered), elements[places])
    parts = [_valid(distinct, cells), _buffer(offsets)]
    return pa.Array.from_buffers(pa.list_(inner.type), len(cells), parts, children=[inner])


def _by_code(distinct: Sequence[str | None], codes: Any) -> Any:
    there = _valid(distinct, codes)
    # Where a dictionary has a word twice, Arrow writes bytes behind it that nobody has set.
    words: dict[str, int] = {}
    places = np.array([words.setdefault(one or "", len(words)) for one in distinct], np.int32)
    indices = pa.Array.from_buffers(pa.int32(), len(codes), [there, _buffer(places[codes])])
    return pa.DictionaryArray.from_arrays(indices, strings(list(words)))


def _valid(distinct: Sequence[Any], codes: Any) -> Any:
    if None not in distinct:
        return None
    return _bits(np.array([one is not None for one in distinct], np.bool_)[codes])


def _lists(values: Sequence[Any], inner: Any, kind: Any) -> Any:
    nulls = [position for position, value in enumerate(values) if value is None] if None in values else []
    lists = [() if value is None else value for value in values] if nulls else values
    parts = [_but(nulls, len(values)), _offsets(map(len, lists), len(values))]
    return pa.Array.from_buffers(pa.list_(kind), len(values), parts, children=[inner(list(chain.from_iterable(lists)))])


def _joined(cells: Sequence[str]) -> tuple[bytes, Iterable[int]]:
    """Strings side by side in UTF-8, and how many bytes each has there."""
    if all(map(str.isascii, cells)):
        return "".join(cells).encode(), map(len, cells)
    # Joined first they would all take as much room a character as the widest of them.
    encoded = list(map(str.encode, cells))
    return b"".join(encoded), map(len, encoded)


def _offsets(lengths: Any, length: int) -> Any:
    offsets = np.zeros(length + 1, np.int32)
    found = lengths if isinstance(lengths, np.ndarray) else np.fromiter(lengths, np.int32, length)
    np.cumsum(found, out=offsets[1:])
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
