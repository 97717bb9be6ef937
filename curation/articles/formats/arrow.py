"""Parquet files and folders that `datasets` saved, read batch by batch with pyarrow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec

from curation.articles.formats.columns import Columns, plain_value, refuse_twice, require_columns
from curation.articles.formats.documents import beginning
from curation.articles.formats.packing import Budget
from curation.articles.options import Options
from curation.articles.rejects import Broken, Refused
from curation.articles.sources import STATE_FILE, Source
from curation.records import Article, Reject

_BATCH = 128
_BUFFER = 1 << 20


def read_parquet(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, in each row, counted from 1. Raises `Unusable` for a missing column."""
    import pyarrow
    from pyarrow import parquet

    size = 0
    try:
        with nullcontext(source.path) if source.content is None else source.seekable() as content:
            size = content.stat().st_size if isinstance(content, Path) else content.seek(0, 2)
            with parquet.ParquetFile(
                content, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True
            ) as file:
                _refuse_bomb(file.metadata, size)
                groups = None if source.part is None else source.part.groups
                # Group by group: a batch that reached into a damaged one would cost the rows before it.
                batches = (
                    batch
                    for group in (range(file.num_row_groups) if groups is None else groups)
                    for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group], use_threads=False)
                )
                yield from _rows(file.schema_arrow.names, batches, source.name, source, options)
    except Broken:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        yield _damaged(source, source.name, f"not a whole Parquet file, in its {size:,} bytes: {_first_line(error)}")


def _refuse_bomb(metadata: Any, size: int) -> None:
    """Raise `Broken` for a file of `size` bytes that packs to far less than any real one: pages are unpacked whole."""
    # To ask for a group's columns ends the process where the metadata is damaged.
    unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if Budget(packed=size, unpacked=unpacked).spent:
        raise Broken("R_BOMB", f"it unpacks to far too much: {unpacked:,} bytes from {size:,}")


def read_dataset(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The rows of a folder that `datasets.save_to_disk` wrote, shard by shard as its state file lists them.

    Raises `Unusable` for a missing column.
    """
    try:
        state = json.loads((source.path / STATE_FILE).read_bytes())
        shards = [Path(shard["filename"]).name for shard in state["_data_files"]]
    except (ValueError, KeyError, TypeError) as error:
        yield _damaged(
            Source(source.path / STATE_FILE, "", "dataset"),
            source.name + STATE_FILE,
            f"not a list of shards: {error!r}",
        )
        return
    for shard in shards:
        yield from _shard(source.path / shard, source.name + shard, source, options)


def _shard(path: Path, name: str, source: Source, options: Options) -> Iterator[Article | Reject]:
    import pyarrow

    size = 0
    try:
        size = path.stat().st_size
        with pyarrow.OSFile(str(path)) as file, pyarrow.ipc.open_stream(file) as stream:
            batches = (batch.slice(start, _BATCH) for batch in stream for start in range(0, batch.num_rows, _BATCH))
            yield from _rows(stream.schema.names, batches, name, source, options)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        yield _damaged(
            Source(path, name, "dataset"),
            name,
            f"not a whole Arrow stream, in its {size:,} bytes: {_first_line(error)}",
        )


def _damaged(source: Source, name: str, reason: str) -> Reject:
    return Reject(name, "R_TABLE", reason, beginning(source))


def _rows(
    names: list[str], batches: Iterable[Any], name: str, source: Source, options: Options
) -> Iterator[Article | Reject]:
    try:
        refuse_twice(names, "the file")
    except Refused as error:
        yield Reject(name, error.code, error.reason, b"")
        return
    columns = require_columns(names, options, named=not source.in_folder)
    options.on_columns(name, columns)
    number = 0 if source.part is None else source.part.before
    for batch in batches:
        for row in _values(batch):
            number += 1
            yield _document(row, columns, f"{name}:{number}", options)


def _values(batch: Any) -> Iterator[dict[str, Any] | Exception]:
    """The rows of a batch; in place of one that cannot be read, the reason."""
    batch = _without_nanoseconds(batch)
    try:
        yield from batch.to_pylist()
    except (UnicodeDecodeError, ValueError, OverflowError):
        for start in range(batch.num_rows):
            try:
                yield from batch.slice(start, 1).to_pylist()
            except (UnicodeDecodeError, ValueError, OverflowError) as error:
                yield error


def _without_nanoseconds(batch: Any) -> Any:
    """`batch` with time stamps in microseconds: Python has no finer ones, and pyarrow would load pandas for them."""
    import pyarrow
    from pyarrow import types

    for position, field in enumerate(batch.schema):
        if types.is_timestamp(field.type) and field.type.unit == "ns":
            coarse = field.with_type(pyarrow.timestamp("us", tz=field.type.tz))
            values = batch.column(position).cast(coarse.type, safe=False)
            batch = batch.set_column(position, coarse, values)
    return batch


def _document(row: dict[str, Any] | Exception, columns: Columns, place: str, options: Options) -> Article | Reject:
    if isinstance(row, UnicodeDecodeError):
        reason = f"byte 0x{row.object[row.start]:02x} at byte {row.start} of a value is not UTF-8"
        return Reject(place, "R_ENCODING", reason, row.object)
    if isinstance(row, Exception):
        return Reject(place, "R_TABLE", f"a value cannot be read: {_first_line(row)}", b"")
    values = {column: plain_value(value) for column, value in row.items()}
    try:
        return columns.article(values, place, options)
    except Refused as error:
        return Reject(place, error.code, error.reason, msgspec.json.encode(values))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
