"""The columns of a config down to the last: each leaf of its features, under a name such as `mentions.label`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Features

GATHERED = 4_000_000
"""Bytes of a batch from which on it is large enough."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column that holds values: its path, its type such as `string` or `list of class`, its classes if it has any."""

    path: tuple[str, ...]
    kind: str
    classes: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """The path as it is written."""
        return ".".join(self.path)


def leaves(features: Features | Mapping[str, Any]) -> dict[str, Leaf]:
    """All leaves of a config's features by name, in their order."""
    return {leaf.name: leaf for leaf in _leaves(dict(features), (), "")}


def values(table: Any, leaf: Leaf) -> Iterator[Any]:
    """The values of a leaf in an Arrow table or batch, as flat Arrow arrays; what stands in no list is left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(leaf.path[0])
    for array in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        for name in leaf.path[1:]:
            array = pc.struct_field(_flat(array), name)
        yield _flat(array)


def stored(schema: Any, leaf: Leaf) -> str:
    """The path of a leaf in a Parquet file, by which it is read without the others beside it."""
    import pyarrow as pa

    names: list[str] = []
    kind = pa.struct(schema)
    for name in leaf.path:
        names.append(name)
        kind = kind.field(name).type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            names += ["list", kind.value_field.name]
            kind = kind.value_type
    return ".".join(names)


def gathered(batches: Iterable[Any]) -> Iterator[Any]:
    """Small batches put together to larger ones, of some megabytes: what is done by columns has less to begin anew."""
    import pyarrow as pa

    held: list[Any] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= GATHERED:
            yield pa.concat_batches(held)
            held, size = [], 0
    if held:
        yield pa.concat_batches(held)


def _flat(array: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    while pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        array = pc.list_flatten(array)
    return array


def _leaves(feature: Any, path: tuple[str, ...], around: str) -> Iterator[Leaf]:
    from datasets import ClassLabel, List

    if isinstance(feature, Mapping):
        for name, part in feature.items():
            yield from _leaves(part, (*path, name), around)
    elif isinstance(feature, List):
        yield from _leaves(feature.feature, path, f"{around}list of ")
    elif isinstance(feature, ClassLabel):
        yield Leaf(path, f"{around}class", tuple(feature.names))
    else:
        yield Leaf(path, f"{around}{getattr(feature, 'dtype', feature)}", None)
