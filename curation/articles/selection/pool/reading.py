"""A pool's files as Daft sees them: a row a file, and what its workers make of each."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import daft
import numpy as np
import pyarrow as pa
from daft import DataType, col
from daft.runners import get_or_infer_runner_type
from numpy.typing import NDArray

from curation.articles.selection.pool import rows
from curation.articles.selection.pool.files import Stored
from curation.articles.sources import Source

# Bytes from which on processes of their own are worth the seconds in which they start.
_LARGE = 64_000_000

Keys = NDArray[np.int64]
Frame: TypeAlias = Any
"""A `daft.DataFrame`, of whose columns no type checker knows."""


class Files:
    """The files of a pool. Each is read by one worker, and so are as many at once as there are processors."""

    def __init__(self, sources: Sequence[Source], job: rows.Job) -> None:
        self._sources = [pickle.dumps(source) for source in sources]
        self._large = sum(map(_size, sources)) > _LARGE
        self._job = job

    def survey(self) -> Frame:
        """A row of `rows.SURVEY` for every document."""
        found = self._read(rows.survey, rows.SURVEY, range(len(self._sources)))
        return found.select(*(col("row")[field.name].alias(field.name) for field in rows.SURVEY))

    def shingles(self, keys: Keys) -> Frame:
        """The key and the shingles, sorted 64-bit hashes as bytes, of the documents with these keys."""
        wanted = _by_file(keys)
        found = self._read(rows.candidates, rows.SHINGLES, wanted, wanted=list(wanted.values()))
        return found.select(*(col("row")[field.name].alias(field.name) for field in rows.SHINGLES))

    def records(self, keys: Keys, renamed: Mapping[int, str]) -> Frame:
        """A `row`, see `output.line`, for each of the documents with these keys; `renamed` have another id."""
        wanted = _by_file(keys)
        names: dict[int, dict[int, str]] = {number: {} for number in wanted}
        for key, name in renamed.items():
            if key >> rows.PLACES in names:
                names[key >> rows.PLACES][key] = name
        return self._read(
            rows.records,
            pa.binary(),
            wanted,
            wanted=list(wanted.values()),
            renamed=[json.dumps(names[number]) for number in wanted],
        )

    def _read(self, function: Any, kind: Any, numbers: Any, **columns: list[Any]) -> Frame:
        """What `function` makes of these files; it takes the columns number, source, those given, and the job."""
        numbers = list(numbers)
        frame = daft.from_arrow(
            pa.table(
                {
                    "number": pa.array(numbers, pa.int64()),
                    "source": pa.array([self._sources[number] for number in numbers], pa.binary()),
                    **{name: pa.array(values) for name, values in columns.items()},
                }
            )
        )
        if len(numbers) > 1 and get_or_infer_runner_type() == "ray":
            frame = frame.into_partitions(len(numbers))
        read = batched(function, pa.large_list(kind), use_process=self._large, batch_size=1)
        made = read(*(col(name) for name in frame.column_names), self._job)
        return frame.select(made.alias("row")).explode("row").where(col("row").not_null())


def batched(function: Any, kind: Any, **how: Any) -> Any:
    """`function` of `rows` as one that Daft's workers run."""
    return daft.func.batch(return_dtype=DataType.from_arrow_type(kind), **how)(function)


def keys_of(frame: Frame, column: str = "key") -> Keys:
    """A column of keys, sorted."""
    found = [np.asarray(batch.column(0), np.int64) for batch in frame.select(column).to_arrow_iter()]
    return np.sort(np.concatenate([*found, np.empty(0, np.int64)]))


def frame_of(keys: Any) -> Frame:
    """A frame of these keys alone."""
    return daft.from_arrow(pa.table({"key": pa.array(keys, pa.int64())}))


def _size(source: Source) -> int:
    """The bytes of a file."""
    if isinstance(source.content, Stored):
        return source.content.size
    try:
        return source.path.stat().st_size
    except OSError:
        # Reading it will tell.
        return 0


def _by_file(keys: Keys) -> dict[int, bytes]:
    """The places of documents, as 32-bit numbers, by their file's number."""
    numbers, starts = np.unique(np.sort(keys) >> rows.PLACES, return_index=True)
    places = np.split(np.sort(keys), starts[1:])
    return {
        int(number): (some & ((1 << rows.PLACES) - 1)).astype("<u4").tobytes()
        for number, some in zip(numbers, places, strict=len(numbers) > 0)
    }
