"""A pool's units as Daft sees them: a row a unit, and what its workers make of each."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import daft
import numpy as np
import pyarrow as pa
from daft import DataType, col
from numpy.typing import NDArray
from pyarrow import parquet

from curation.articles.selection.pool import rows
from curation.articles.selection.pool.files import Stored
from curation.articles.sources import Source

# Bytes from which on processes of their own are worth the seconds in which they start.
_LARGE = 64_000_000

_LOAD = 4_000_000
"""Bytes of small files that one worker reads one after the other."""

_LOAD_FILES = 1_000
_AT_ONCE = 200

Keys = NDArray[np.int64]
Frame: TypeAlias = Any
"""A `daft.DataFrame`, of whose columns no type checker knows."""


@dataclass(frozen=True, slots=True)
class Found:
    """What workers made: a frame of it, and where it is held in files, their folder."""

    frame: Frame
    folder: Path | None

    def batches(self) -> Iterator[Any]:
        """All of it, batch by batch. Daft would read many files at once, which is much where rows are large."""
        if self.folder is None:
            yield from self.frame.to_arrow_iter()
            return
        for path in sorted(self.folder.iterdir()):
            with parquet.ParquetFile(path, pre_buffer=False) as file:
                yield from file.iter_batches(_AT_ONCE, use_threads=False)


class Files:
    """The units of a pool. Each is read by one worker, small ones with their neighbours.

    What they make is held in Parquet files in `folder`; on a Ray cluster, where `folder` is None, in the memory of its
    machines, which Ray extends to their disks.
    """

    def __init__(self, units: Sequence[Source], job: rows.Job, folder: Path | None) -> None:
        self.folder = folder
        self._units = [pickle.dumps(unit) for unit in units]
        self._sizes = [_size(unit) for unit in units]
        self._large = sum(self._sizes) > _LARGE
        self._job = job
        self._numbers = count()

    def survey(self) -> Frame:
        """A row of `rows.SURVEY` for every document."""
        return self._read("survey", rows.SURVEY, dict.fromkeys(range(len(self._units)))).frame

    def shingles(self, keys: Keys) -> Found:
        """The key and the shingles, sorted 64-bit hashes as bytes, of the documents with these keys."""
        wanted = {number: rows.Wanted(places, {}) for number, places in _by_unit(keys)}
        return self._read("candidates", rows.SHINGLES, wanted)

    def records(self, keys: Keys, renamed: Mapping[int, str]) -> Found:
        """A `line`, see `output.line`, for each of the documents with these keys; `renamed` have another id."""
        names: dict[int, dict[int, str]] = {}
        for key, name in renamed.items():
            names.setdefault(key >> rows.PLACES, {})[key] = name
        wanted = {number: rows.Wanted(places, names.get(number, {})) for number, places in _by_unit(keys)}
        return self._read("records", rows.RECORDS, wanted)

    def _read(self, what: str, kind: Any, wanted: Mapping[int, rows.Wanted | None]) -> Found:
        """What the function `what` of `rows` makes of these units."""
        loads = [
            pickle.dumps([(number, self._units[number], wanted[number]) for number in load])
            for load in self._loads(wanted)
        ]
        frame = daft.from_arrow(pa.table({"number": range(len(loads)), "load": pa.array(loads, pa.binary())}))
        how = {"use_process": self._large, "batch_size": 1}
        if self.folder is not None:
            folder = self.folder / f"{next(self._numbers)}-{what}"
            folder.mkdir()
            spilled = batched(rows.spilled, pa.int64(), **how)
            frame.select(spilled(col("number"), col("load"), what, kind, self._job, str(folder))).collect()
            return Found(daft.read_parquet(str(folder / "*.parquet")), folder)
        if len(loads) > 1:
            frame = frame.into_partitions(len(loads))
        listed = batched(rows.listed, pa.large_list(pa.struct(kind)), **how)
        made = frame.select(listed(col("load"), what, kind, self._job).alias("row")).explode("row")
        made = made.where(col("row").not_null())
        return Found(made.select(*(col("row")[field.name].alias(field.name) for field in kind)).collect(), None)

    def _loads(self, numbers: Iterable[int]) -> Iterator[list[int]]:
        """Units, by their numbers, as they are read by one worker."""
        load: list[int] = []
        size = 0
        for number in numbers:
            if load and (size + self._sizes[number] > _LOAD or len(load) == _LOAD_FILES):
                yield load
                load, size = [], 0
            load.append(number)
            size += self._sizes[number]
        if load:
            yield load


def batched(function: Any, kind: Any, **how: Any) -> Any:
    """`function` of `rows` as one that Daft's workers run."""
    return daft.func.batch(return_dtype=DataType.from_arrow_type(kind), **how)(function)


def columns_of(frame: Frame, *names: str) -> Iterator[tuple[NDArray[Any], ...]]:
    """Columns of numbers, piece by piece."""
    for batch in frame.select(*names).to_arrow_iter():
        yield tuple(batch.column(name).to_numpy(zero_copy_only=False) for name in names)


def joined(pieces: Iterable[tuple[NDArray[Any], ...]], *kinds: type) -> tuple[NDArray[Any], ...]:
    """Pieces of columns as whole ones, of these types."""
    held = list(pieces)
    return tuple(
        np.concatenate([np.empty(0, kind), *(piece[place] for piece in held)]) for place, kind in enumerate(kinds)
    )


def keys_of(frame: Frame, column: str = "key") -> Keys:
    """A column of keys, sorted."""
    (keys,) = joined(columns_of(frame, column), np.int64)
    keys.sort()
    return keys


def frame_of(values: Any, name: str = "key", kind: Any = None) -> Frame:
    """A frame of these keys alone."""
    return daft.from_arrow(pa.table({name: pa.array(values, kind or pa.int64())}))


def _size(source: Source) -> int:
    """The bytes of a unit."""
    if source.part is not None:
        return source.part.size
    if isinstance(source.content, Stored):
        return source.content.size
    try:
        return source.path.stat().st_size
    except OSError:
        # Reading it will tell.
        return 0


def _by_unit(keys: Keys) -> Iterator[tuple[int, bytes]]:
    """The number of each unit, and the places of documents in it."""
    keys = np.sort(keys)
    numbers, starts = np.unique(keys >> rows.PLACES, return_index=True)
    for number, places in zip(numbers.tolist(), np.split(keys, starts[1:]), strict=True):
        yield number, (places & ((1 << rows.PLACES) - 1)).astype("<u4").tobytes()
