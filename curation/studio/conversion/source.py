"""An export file as blocks of items: plain or packed, in UTF-8 or another Unicode encoding, read once."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from curation.errors import CurationError
from curation.studio.conversion.splitting import BLOCK, Block, Splitter, Stretch
from curation.studio.conversion.strict import Fault

_CHUNK = 1 << 16
_HALF = re.compile("[\ud800-\udfff]")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FORMAT = "Export again from Label Studio as JSON (JSON-MIN also, but it leaves much out; not CSV, TSV or CONLL2003)."

_OTHERS = (
    (b"-DOCSTART-", "in the format of CoNLL"),
    (b"<", "a web page or XML"),
    (b"PAR1", "Parquet"),
    (rb"[TREA*#]\d+\t", "in brat's format"),
    (rb'(null|true|false|"[^"\n]*"|-?\d[\d.eE+-]*)\s*\Z', "a single value"),
    (rb"[^\n]*[,\t]", "a table such as CSV or TSV"),
)
"""How files begin that are taken for exports."""


class Source:
    """An export that is open for reading. `done` of `size` bytes of the file are read."""

    def __init__(self, file: BinaryIO, path: Path, *, block: int = BLOCK) -> None:
        self.path = path
        self.size = os.fstat(file.fileno()).st_size
        self.done = 0
        self._file = file
        self._block = block
        self._hash = hashlib.sha256()
        self._faults: list[Fault] = []

    def blocks(self, ahead: Callable[[Stretch], None] | None = None) -> Iterator[Block]:
        """The items, in order, with what is wrong between them; those that `ahead` takes before are in no block.

        Raises `E_BAD_EXPORT` for what is no JSON at all, `E_DISK`.
        """
        try:
            read = self._unpacked()
            head, read = _ahead(read, 4)
            byte = 0
            if head.startswith(codecs.BOM_UTF8):
                self._faults.append(Fault("F_JSON_BOM", "the file begins with a byte order mark", 1, 0))
                byte = len(codecs.BOM_UTF8)
                read(byte)
            elif (encoding := _encoding(head)) is not None:
                name = encoding.removesuffix("-le").removesuffix("-be").upper()
                self._faults.append(Fault("F_JSON_ENCODING", f"the file is in {name}", 1, 0))
                read = _transcoded(read, encoding)
            splitter = Splitter(read, size=self._block, byte=byte, ahead=ahead)
            self._require_json(splitter.peek())
            for block in splitter.blocks():
                block.faults[:0] = self._taken()
                yield block
        except OSError as error:
            raise CurationError("E_DISK", f"{self.path}: {error.strerror}") from None
        if self._faults:
            yield Block([], 0, self._taken())

    def sha256(self) -> str:
        """The SHA-256 of the file, once all blocks are taken."""
        while self._raw(1 << 20):
            pass
        return self._hash.hexdigest()

    def _taken(self) -> list[Fault]:
        faults, self._faults = self._faults, []
        return faults

    def _raw(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self._hash.update(chunk)
        self.done += len(chunk)
        return chunk

    def _unpacked(self) -> Callable[[int], bytes]:
        head, read = _ahead(self._raw, 4)
        if head.startswith(b"PK\x03\x04"):
            raise CurationError(
                "E_BAD_EXPORT", f"{self.path} is packed with zip", fix="Unpack it and name the JSON file in it."
            )
        return self._gunzipped(read) if head.startswith(b"\x1f\x8b") else read

    def _gunzipped(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        unpacker = zlib.decompressobj(wbits=31)
        waiting = b""
        taken = 0
        ended = False

        def unpacked(size: int) -> bytes:
            nonlocal unpacker, waiting, taken, ended
            parts: list[bytes] = []
            while not ended and size > 0:
                if unpacker.eof:
                    waiting = unpacker.unused_data.lstrip(b"\0") or read(_CHUNK)
                    if not waiting:
                        break
                    unpacker = zlib.decompressobj(wbits=31)
                chunk = waiting or read(_CHUNK)
                problem = None if chunk else "the packed file ends too early"
                try:
                    part = unpacker.decompress(chunk, size)
                except zlib.error:
                    part, problem = b"", "the packed file is damaged from here on"
                waiting = unpacker.unconsumed_tail
                taken += len(part)
                if problem is not None:
                    self._faults.append(Fault("F_JSON_CUT", problem, 1, taken))
                    ended = True
                parts.append(part)
                size -= len(part)
            return b"".join(parts)

        return unpacked

    def _require_json(self, head: bytes) -> None:
        if not head or head[:1] in b"[{":
            return
        kind = next((name for begin, name in _OTHERS if re.match(begin, head)), "something else")
        problem = f"{self.path} is {kind}, not JSON with a list of items; an export begins with [ or {{"
        raise CurationError("E_BAD_EXPORT", problem, fix=_FORMAT)


@contextmanager
def open_export(path: Path, *, block: int = BLOCK) -> Iterator[Source]:
    """Open an export. Raises `E_NOT_FOUND` for what is no file, `E_DISK`."""
    try:
        require_file(path)
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None
    with file:
        yield Source(file, path, block=block)


def require_file(path: Path) -> None:
    """Raise `E_NOT_FOUND` for what is no file. An export is read more than once, which cannot be done to a pipe."""
    if path.is_dir():
        raise CurationError("E_NOT_FOUND", f"{path} is a folder", fix="name the JSON file in it")
    if not path.exists():
        raise CurationError("E_NOT_FOUND", f"{path} does not exist", fix="name an existing file")
    if not path.is_file():
        raise CurationError(
            "E_NOT_FOUND", f"{path} is a pipe or a device", fix="save the export to a file, and name it"
        )


def blocks(path: Path, *, block: int = BLOCK) -> Iterator[Block]:
    """The items of the export at `path`, as `Source.blocks` gives them."""
    with open_export(path, block=block) as source:
        yield from source.blocks()


def _ahead(read: Callable[[int], bytes], size: int) -> tuple[bytes, Callable[[int], bytes]]:
    """The first bytes, and a way to read that begins with them."""
    held = b""
    while len(held) < size and (chunk := read(size - len(held))):
        held += chunk

    def again(size: int) -> bytes:
        nonlocal held
        if held:
            chunk, held = held[:size], held[size:]
            return chunk
        return read(size)

    return held, again


def _encoding(head: bytes) -> str | None:
    """The encoding of JSON that is not UTF-8: by its byte order mark, or by where its first characters have zeros."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if len(head) < 4:
        return None
    zeros = bytes(byte == 0 for byte in head)
    return {
        b"\1\1\1\0": "utf-32-be",
        b"\0\1\1\1": "utf-32-le",
        b"\1\0\1\0": "utf-16-be",
        b"\0\1\0\1": "utf-16-le",
    }.get(zeros)


def _transcoded(read: Callable[[int], bytes], encoding: str) -> Callable[[int], bytes]:
    """The same in UTF-8. Halves of characters become their escapes, which are then found where they stand."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    begun = ended = False

    def transcoded(size: int) -> bytes:
        nonlocal begun, ended
        text = ""
        while not text and not ended:
            chunk = read(max(size, 4))
            ended = not chunk
            try:
                text = decoder.decode(chunk, final=False)
            except UnicodeDecodeError as error:
                text = error.object.decode(encoding, "replace")
                decoder.reset()
        if text and not begun:
            begun = True
            text = text.removeprefix("\ufeff")
            if not text:
                return transcoded(size)
        return _HALF.sub(lambda half: f"\\u{ord(half.group()):04x}", text).encode()

    return transcoded
