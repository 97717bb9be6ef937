"""Packed files (gzip, xz, bzip2, Zstandard, zip): what is in them, unpacked as it is read."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import RawIOBase
from typing import IO, TYPE_CHECKING, Any

from curation.articles.formats.guessing import guessed
from curation.articles.options import Options
from curation.articles.rejects import Broken
from curation.articles.sources import UNKNOWN, Source, kind_of
from curation.records import Reject

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PACKED_CHUNK = 1 << 14
_CHUNK = 1 << 16
_PIECE, _PIECES = 1 << 10, 64
_DEEPEST = 2
_RATIO = 200
_FREE = 1 << 27
_DICTIONARY = 1 << 28
_DIRECTORY = 1 << 25


@dataclass(slots=True)
class Budget:
    """How much one file may unpack to: 128 MiB, and 200 times as many bytes as were read of it.

    News packs to a third or a tenth of its size, pages from one template to a fiftieth; what is made to fill up memory
    or disk to a thousandth and less. `size` is the file's, for one of which a part may be read again and again.
    """

    size: int | None = None
    packed: int = 0
    unpacked: int = 0

    @property
    def spent(self) -> bool:
        """Whether no more may be unpacked."""
        packed = self.packed if self.size is None else min(self.packed, self.size)
        return self.unpacked > _FREE + _RATIO * packed


def unpack(source: Source, options: Options) -> Iterator[Source | Reject]:
    """What is in a packed source, or what a source is of which that is not known yet.

    Raises `Broken` if it is packed in packed files, or no list of a zip file's members can be read; and `Unusable` if
    it is empty and its kind would have to be told from what is in it.
    """
    if source.kind == UNKNOWN:
        yield guessed(source, options)
        return
    if source.depth >= _DEEPEST:
        raise Broken("R_PACKED", f"it is packed more than {_DEEPEST} times; it was not read from byte 0 on")
    budget = source.budget or Budget()
    inner = replace(source, depth=source.depth + 1, budget=budget)
    if source.kind == "zip":
        from curation.articles.formats.zipped import members

        yield from members(source, inner, budget, options)
        return
    stem = source.name.rpartition(".")[0]
    yield replace(inner, kind=kind_of(stem) or UNKNOWN, content=partial(_unpacked, source, budget))


class Counted(RawIOBase):
    """A packed stream: where it is read, and how much of it, if it lies on the disk and not in another packed file."""

    def __init__(self, stream: IO[bytes], budget: Budget | None) -> None:
        self._stream = stream
        self._budget = budget
        self.place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = self._stream.seek(offset, whence)
        return self.place

    def tell(self) -> int:
        return self.place

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY:
            # Only the list of a zip file's members is read in one go.
            raise Broken("R_TOO_LARGE", f"the list of its members has more than {_DIRECTORY} bytes")
        chunk = self._stream.read(size)
        self.place += len(chunk)
        if self._budget is not None:
            self._budget.packed += len(chunk)
        return chunk

    def close(self) -> None:
        self._stream.close()
        super().close()


class Unpacked(RawIOBase):
    """What comes out of a packed stream. Where that fails, reading raises `Broken` behind all that came out before."""

    def __init__(self, chunks: Iterator[bytes], packed: Counted, budget: Budget, close: Callable[[], None]) -> None:
        self._chunks = chunks
        self._packed = packed
        self._budget = budget
        self._close = close
        self._left = self._tail = b""
        self._count = 0
        self._broken: Broken | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, into: WriteableBuffer) -> int:
        view = memoryview(into).cast("B")
        filled = 0
        while filled < len(view) and (self._left or self._more()):
            part = self._left[: len(view) - filled]
            view[filled : filled + len(part)] = part
            self._left = self._left[len(part) :]
            filled += len(part)
        if self._broken is not None and not filled and len(view):
            raise self._broken
        return filled

    def close(self) -> None:
        if not self.closed:
            self._close()
        super().close()

    def _more(self) -> bool:
        if self._broken is None:
            try:
                self._left = next(self._chunks, b"")
            except Exception as error:  # each library has its own, and some raise what Python does
                if isinstance(error, OSError) and error.errno:
                    raise
                self._broken = error if isinstance(error, Broken) else self._damage(error)
            self._tail = self._left or self._tail
            self._count += len(self._left)
            self._budget.unpacked += len(self._left)
            if self._budget.spent:
                self._left = b""
                self._broken = Broken("R_BOMB", f"it unpacks to far too much: {self._where()}", self._tail)
        return bool(self._left)

    def _damage(self, error: Exception) -> Broken:
        what = "it is cut off" if _is_end(error) else f"it is damaged ({str(error).partition(chr(10))[0]})"
        return Broken("R_PACKED", f"{what}: {self._where()}", self._tail)

    def _where(self) -> str:
        return f"at byte {self._packed.place} of the packed file, after {self._count} unpacked bytes"


def _is_end(error: Exception) -> bool:
    return isinstance(error, EOFError) or "Truncated compressed stream" in str(error)


def _unpacked(source: Source, budget: Budget) -> Unpacked:
    packed = Counted(source.open(), None if source.depth else budget)
    return Unpacked(_UNPACKING[source.kind](packed), packed, budget, packed.close)


class _Inflater:
    """zlib's decompressor of gzip, as those of `bz2` and `lzma` are."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, limit: int) -> bytes:
        chunk = self._inflater.decompress(self._inflater.unconsumed_tail + data, limit)
        self.needs_input = len(chunk) < limit and not self._inflater.unconsumed_tail
        return chunk


def _gzip(packed: Counted) -> Iterator[bytes]:
    return _streams(packed, _Inflater)


def _xz(packed: Counted) -> Iterator[bytes]:
    import lzma

    return _streams(packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DICTIONARY))


def _bzip2(packed: Counted) -> Iterator[bytes]:
    import bz2

    return _streams(packed, bz2.BZ2Decompressor)


def _streams(packed: Counted, decompressor: Callable[[], Any]) -> Iterator[bytes]:
    """What is in one packed stream after the other. Zeros behind one are padding; anything else has to be a stream.

    The readers of the standard library leave out, without a word, what follows and is no stream.
    """
    data = packed.read(_PACKED_CHUNK)
    if not data:
        raise EOFError
    while data:
        stream = decompressor()
        while not stream.eof:
            if stream.needs_input and not data and not (data := packed.read(_PACKED_CHUNK)):
                raise EOFError
            chunk = stream.decompress(data, _CHUNK)
            data = b""
            if chunk:
                yield chunk
        data = stream.unused_data.lstrip(b"\0")
        while not data and (more := packed.read(_PACKED_CHUNK)):
            data = more.lstrip(b"\0")


def _zstd(packed: Counted) -> Iterator[bytes]:
    # The readers of the package `zstandard` take the end of a file for the end of what was packed.
    import pyarrow

    with pyarrow.CompressedInputStream(pyarrow.PythonFile(packed, mode="r"), "zstd") as stream:
        parts = [b""]
        while parts:
            parts = []
            try:
                # A read that fails gives nothing of what it has: read in small pieces, little is lost.
                while len(parts) < _PIECES and (part := stream.read(_PIECE)):
                    parts.append(part)
            except OSError:
                yield b"".join(parts)
                raise
            yield b"".join(parts)
    if not packed.place:
        raise EOFError


_UNPACKING = {"gzip": _gzip, "xz": _xz, "bzip2": _bzip2, "zstd": _zstd}
