"""The units of a pool that its workers share: files, and parts of those that are large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader, RawIOBase
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING

from curation.articles.formats.lines import in_parts
from curation.articles.options import Options
from curation.articles.reading import documents
from curation.articles.sources import Part, Source
from curation.errors import CurationError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_UNIT = 16_000_000
"""Bytes of a unit, unpacked, if no line and no row group is larger."""

_SMALL = 1_000_000
"""Bytes of a Parquet file, packed, up to which it is not cut."""

_CHUNK = 1 << 20


def cut(files: Iterable[Source], options: Options) -> list[Source]:
    """Files in the order of reading, large ones as their parts: JSON Lines in UTF-8 by lines, Parquet by row groups.

    A file that is packed, in object storage or of another kind is one unit, and so is one that tells its reader to stop
    at its beginning.
    """
    return list(chain.from_iterable(_parts(file, options) for file in files))


def last_of(number: int, units: Sequence[Source]) -> int:
    """The number of the last unit of the file that a unit is a part of."""
    while number + 1 < len(units) and (part := units[number + 1].part) is not None and not part.first:
        number += 1
    return number


def _parts(file: Source, options: Options) -> Iterator[Source]:
    if file.content is None and file.kind in _CUT:
        try:
            parts = list(_CUT[file.kind](file, options))
        except (OSError, ValueError, LookupError, NotImplementedError):
            # Reading it will tell.
            parts = []
        if len(parts) > 1 and _begins_well(parts[0], options):
            yield from parts
            return
    yield file


def _begins_well(first: Source, options: Options) -> bool:
    """Whether a file's first part tells what its columns are. It is the first part alone that does."""
    told: list[str] = []
    options = replace(options, on_columns=lambda name, _: told.append(name))
    try:
        return any(told for _ in documents(first, options, identify=False))
    except CurationError:
        return False


def _lines(file: Source, options: Options) -> Iterator[Source]:
    size = file.path.stat().st_size
    if size <= _UNIT or not in_parts(file, options):
        return
    with file.path.open("rb") as stream:
        start = before = 0
        while start < size:
            count, stop = _line_end(stream, start + _UNIT)
            yield replace(file, part=Part(stop - start, before), content=Slice(file.path, start, stop))
            start, before = stop, before + count


def _line_end(stream: IO[bytes], least: int) -> tuple[int, int]:
    """Go on to the first line that begins at `least` or later. How many lines that is, and where it begins."""
    count = 0
    while chunk := stream.read(min(_CHUNK, max(least - stream.tell(), 1))):
        count += chunk.count(b"\n")
        if stream.tell() >= least:
            break
    while chunk and not chunk.endswith(b"\n") and (chunk := stream.readline(_CHUNK)):
        count += chunk.endswith(b"\n")
    return count, stream.tell()


def _row_groups(file: Source, _: Options) -> Iterator[Source]:
    from pyarrow import parquet

    if file.path.stat().st_size <= min(_SMALL, _UNIT):
        return
    with parquet.ParquetFile(file.path) as opened:
        groups = [opened.metadata.row_group(number) for number in range(opened.metadata.num_row_groups)]
        start = size = rows = before = 0
        for number, group in enumerate(groups):
            if size and size + group.total_byte_size > _UNIT:
                yield replace(file, part=Part(size, before, range(start, number)))
                start, size, before = number, 0, rows
            size += group.total_byte_size
            rows += group.num_rows
        yield replace(file, part=Part(size, before, range(start, len(groups))))


_CUT = {"lines": _lines, "parquet": _row_groups}


@dataclass(frozen=True, slots=True)
class Slice:
    """Opens the bytes of a file from `start` up to `stop`. Can be sent to a worker."""

    path: Path
    start: int
    stop: int

    def __call__(self) -> RawIOBase:
        """These bytes alone."""
        return _Sliced(self.path.open("rb"), self.start, self.stop)


class _Sliced(RawIOBase):
    def __init__(self, file: BufferedReader, start: int, stop: int) -> None:
        self._file = file
        self._left = stop - start
        file.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Buffer) -> int:
        count = self._file.readinto(memoryview(into)[: self._left])
        self._left -= count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
