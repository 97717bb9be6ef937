"""Write rows to one Parquet file a config and split, a bounded batch at a time. Importing this takes seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features

from curation.catalog import Schemas
from curation.export.arrow import Gathered
from curation.export.offsets import withhold, without_text
from curation.export.rows import Row

BATCH_ROWS = 10_000
BATCH_SIZE = 2_500_000
"""A batch is written, as one row group, when it reaches either bound: rows, or the size of what they were made of."""

_PIECE_ROWS = 100
# Rows are taken apart so many at a time: sooner than they are cold, and not a few.

CHECKED_ROWS = 50
"""So many rows of each config are held against its row schema; Arrow's types guard every row."""


_OTHER_SCHEMAS = (
    "the schemas in schemas/rows are of another version, or edited: `curation doctor` says how to renew them"
)


class Written(NamedTuple):
    """What one file holds: its rows, and their size in bytes once they are read."""

    rows: int
    bytes: int


@dataclass(slots=True)
class _File:
    writer: Any
    batch: Gathered
    piece: list[Row] = field(default_factory=list)
    batch_rows: int = 0
    batch_size: int = 0
    rows: int = 0
    bytes: int = 0

    def gather(self) -> None:
        """Take apart the rows that have come in."""
        self.batch.add(self.piece)
        self.piece = []


def writer(path: Path, schema: Any) -> Any:
    """What writes all our Parquet files: the same row groups give the same bytes. Every page has a checksum.

    Compression finds what a dictionary of a column would, in as few bytes and in less time.
    """
    return pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=False, write_page_checksum=True, write_page_index=True
    )


class Table:
    """One config: features, and a file for each split that gets a row. Use it as a context manager.

    Without `with_text` its text is withheld, and `features` are what is left. Raises `E_DEFINITION` for a row that
    breaks the schema `rows/CONFIG`, `E_EXPORT_STALE` for an unknown class.
    """

    def __init__(
        self, folder: Path, config: str, features: Features, schemas: Schemas, *, with_text: bool = True
    ) -> None:
        self.config = config
        self.features = features if with_text else without_text(features)
        self._with_text = with_text
        self._folder = folder / config
        self._all = features
        self._schemas = schemas
        self._unchecked = CHECKED_ROWS
        self._files: dict[str, _File] = {}

    def add(self, split: str, rows: Iterable[Row], size: int = 0) -> None:
        """Append rows, as JSON values with class names, to a split. `size` is about that of their text, in characters.

        The rows of one call are in one batch.
        """
        found = list(rows)
        if not found:
            return
        if self._unchecked:
            self._check(found[: self._unchecked])
        file = self._files.get(split) or self._open(split)
        file.piece += found
        file.batch_rows += len(found)
        file.batch_size += size
        if file.batch_rows >= BATCH_ROWS or file.batch_size >= BATCH_SIZE:
            self._flush(file)
        elif len(file.piece) >= _PIECE_ROWS:
            file.gather()

    def written(self) -> dict[str, Written]:
        """What each split holds that has any rows. Call it after closing."""
        return {split: Written(file.rows, file.bytes) for split, file in self._files.items()}

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            if error is None:
                self._finish(file)
                continue
            with suppress(pa.ArrowException, OSError):
                file.writer.close()
            # What could not be closed is not tried again, with a traceback, when it is thrown away.
            file.writer.is_open = False

    def _finish(self, file: _File) -> None:
        try:
            if file.batch_rows:
                self._flush(file)
            file.writer.close()
        finally:
            file.writer.is_open = False

    def _check(self, rows: Sequence[Row]) -> None:
        where = f"a row of the config {self.config!r}"
        for row in rows:
            self._schemas.require(f"rows/{self.config}", row, where, fix=_OTHER_SCHEMAS)
        self._unchecked -= len(rows)

    def _open(self, split: str) -> _File:
        self._folder.mkdir(exist_ok=True)
        written = writer(self._folder / f"{split}.parquet", self.features.arrow_schema)
        self._files[split] = _File(written, Gathered(self._all))
        return self._files[split]

    def _flush(self, file: _File) -> None:
        file.gather()
        table = file.batch.table()
        if not self._with_text:
            table = withhold(table, self.features)
        file.batch_rows, file.batch_size = 0, 0
        file.writer.write_table(table)
        file.rows += table.num_rows
        file.bytes += table.nbytes
