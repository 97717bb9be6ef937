"""Digests of rows, made by columns: where two rows hold the same, they have the same digest within one process.

A digest has 64 bits. Text is hashed by Python, whose hashes differ from one process to the next (SipHash, Aumasson and
Bernstein 2012); numbers, and what is made of several digests, by the finaliser of SplitMix64 (Steele, Lea and Flood
2014, Fast splittable pseudorandom number generators). Of a million different rows two have one digest in three out of
a hundred million cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Digests = NDArray[np.uint64]
Digester = Callable[[Any], Digests]
"""Gives the digests of the values in an Arrow array."""

_NULL, _STRUCT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03)
_PLACE, _LENGTH = np.uint64(0x8CB92BA72F3D8DD7), np.uint64(0xAEF17502108EF2D9)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def digester(
    features: Mapping[str, Any], wanted: Callable[[str], bool], renamed: Mapping[str, Mapping[str, str]]
) -> Digester:
    """What gives the digests of the rows of a batch, by those of their leaves that are wanted, told by their paths.

    Classes count by their names, and those that were `renamed` (by path: name before to name after) by the name before.
    """
    return _struct(dict(features), "", wanted, renamed) or (lambda batch: np.zeros(len(batch), np.uint64))


def mixed(values: Digests) -> Digests:
    """Digests of digests: each bit depends on all bits of the value."""
    values = values ^ (values >> np.uint64(30))
    values *= _FIRST
    values ^= values >> np.uint64(27)
    values *= _SECOND
    values ^= values >> np.uint64(31)
    return values


def _of(
    feature: Any, path: str, wanted: Callable[[str], bool], renamed: Mapping[str, Mapping[str, str]]
) -> Digester | None:
    from datasets import ClassLabel, List

    if isinstance(feature, dict):
        return _struct(feature, path, wanted, renamed)
    if isinstance(feature, List):
        item = _of(feature.feature, path, wanted, renamed)
        return None if item is None else lambda array: _list(array, item)
    if not wanted(path):
        return None
    if isinstance(feature, ClassLabel):
        back = {new: old for old, new in renamed.get(path, {}).items()}
        names = _hashed(back.get(name, name) for name in feature.names)
        return lambda array: _known(array, names[_numbers(array, np.int64)])
    return digests_of


def _struct(
    feature: Mapping[str, Any], path: str, wanted: Callable[[str], bool], renamed: Mapping[str, Mapping[str, str]]
) -> Digester | None:
    found = {
        name: part
        for name, one in sorted(feature.items())
        if (part := _of(one, f"{path}.{name}" if path else name, wanted, renamed)) is not None
    }
    if not found:
        return None

    def digests(array: Any) -> Digests:
        made: Digests = np.full(len(array), _STRUCT)
        is_batch = isinstance(array, pa.RecordBatch)
        for name, part in found.items():
            made = mixed(made + part(array.column(name) if is_batch else pc.struct_field(array, name)))
        return made if is_batch else _known(array, made)

    return digests


def _list(array: Any, item: Digester) -> Digests:
    """The digests of lists: what is in them, in its order."""
    lengths = _numbers(pc.list_value_length(array), np.int64)
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    parts = mixed(item(pc.list_flatten(array)) + places.astype(np.uint64) * _PLACE)
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(parts, dtype=np.uint64)))
    return _known(array, mixed(sums[ends] - sums[ends - lengths] + _LENGTH * lengths.astype(np.uint64)))


def digests_of(array: Any) -> Digests:
    """The digests of the values in an Arrow array, of numbers themselves: structures and lists mix what they have."""
    kind = array.type
    if pa.types.is_string(kind):
        # Most columns have the same few words in many rows.
        encoded = pc.dictionary_encode(array)
        words = _hashed(encoded.dictionary.to_pylist() or [""])
        return _known(array, words[_numbers(encoded.indices, np.int64)])
    if pa.types.is_temporal(kind):
        array = array.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64())
    if pa.types.is_integer(array.type) or pa.types.is_boolean(kind):
        return _known(array, _numbers(array, np.int64).view(np.uint64))
    if pa.types.is_floating(kind):
        return _known(array, _numbers(array, np.float64).view(np.uint64))
    return _known(array, _hashed(map(repr, array.to_pylist())))


def _numbers(array: Any, kind: type[Any]) -> NDArray[Any]:
    """The numbers in an array, 0 for nulls."""
    filled = array.fill_null(False if pa.types.is_boolean(array.type) else 0) if array.null_count else array
    return np.asarray(filled.to_numpy(zero_copy_only=False)).astype(kind, copy=False)


def _known(array: Any, digests: Digests) -> Digests:
    """The digests, but for nulls, which all have the same."""
    return np.where(array.is_valid().to_numpy(zero_copy_only=False), digests, _NULL) if array.null_count else digests


def _hashed(words: Iterable[str] | Sequence[str]) -> Digests:
    return np.fromiter(map(hash, words), np.int64).view(np.uint64)
