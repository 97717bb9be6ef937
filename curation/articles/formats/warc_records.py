"""The records of a web archive (WARC, ISO 28500), plain or with each one packed by gzip, and where each begins."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from curation.articles.formats.decoding import KEPT
from curation.articles.formats.packing import Budget
from curation.articles.rejects import Refused

_CHUNK = 1 << 16
_HEADER = 1 << 16
# So many times its size is read again of a file in which lengths are wrong; without a limit it could be the square.
_AGAIN = 8
_GZIP = b"\x1f\x8b\x08"
_BEGIN = re.compile(rb"WARC/\d")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)


class Damaged(Exception):
    """A record that is no record; `raw` is its beginning. `swallowed`: others may lie in what was taken for it."""

    def __init__(self, reason: str, raw: bytes = b"", *, swallowed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.raw = raw
        self.swallowed = swallowed


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a block: header fields by their name in lower case, and how many bytes the block has."""

    fields: Mapping[str, str]
    length: int

    def get(self, name: str) -> str:
        """A field, empty if there is none."""
        return self.fields.get(name, "")


class Records:
    """A web archive, read from its beginning: `head`, then `block` of each record; `recover` after `Damaged`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._bytes = _Bytes(file)
        self.offset = ""
        """Where the record begins: the byte in the file, and behind a plus the byte in what is unpacked from there."""
        self._beginning = b""

    def head(self) -> Head | None:
        """The header of the next record; None at the end. Raises `Damaged`."""
        self.offset = ""
        while (line := self._bytes.line(2)) in (b"\r\n", b"\n"):
            pass
        if not line:
            return None
        self.offset = self._bytes.place(len(line))
        self._bytes.mark(len(line))
        lines = [line if line.endswith(b"\n") else line + self._bytes.line(_HEADER)]
        if not _BEGIN.match(lines[0]):
            raise Damaged("no record begins here", lines[0][:KEPT])
        while lines[-1] not in (b"\r\n", b"\n"):
            lines.append(self._bytes.line(_HEADER))
            if not lines[-1] or sum(map(len, lines)) > _HEADER:
                raise Damaged("its header does not end", b"".join(lines)[:KEPT])
        self._beginning = b"".join(lines)[:KEPT]
        fields = parse_fields(b"".join(lines[1:]))
        length = fields.get("content-length", "")
        if not re.fullmatch(r"\d{1,15}", length):
            raise Damaged("its header has no length", b"".join(lines))
        return Head(fields, int(length))

    def block(self, size: int) -> bytes:
        """The next bytes of the block. Raises `Damaged` if the file ends before."""
        found = self._bytes.take(size)
        self._beginning += found[: KEPT - len(self._beginning)]
        if len(found) < size:
            raise Damaged("the file ends within the record", self._beginning, swallowed=True)
        return found

    def skip(self, size: int) -> None:
        """Pass over the next bytes of the block, holding none. Raises `Damaged` if the file ends before."""
        while size:
            passed = len(self._bytes.take(min(size, _CHUNK)))
            if not passed:
                raise Damaged("the file ends within the record", self._beginning, swallowed=True)
            size -= passed

    def end(self) -> None:
        """What stands behind a block. Raises `Damaged` if that is no end of a record: its length was wrong."""
        found = b""
        for _ in range(2):
            line = self._bytes.line(2)
            found += line
            # Some archives end their lines with a newline alone; the file may end before the second one.
            if line not in (b"\r\n", b"\n", b""):
                self._bytes.give_back(found)
                raise Damaged("its length is wrong", self._beginning, swallowed=True)

    def place(self) -> str:
        """Where reading stands, as `offset` says it."""
        return self._bytes.place(0)

    def recover(self, damage: Damaged) -> bool:
        """Go to where the next record seems to begin; False if there is none.

        Where others may have been swallowed that is behind the beginning of the damaged record, in a file that can be
        read again; in a stream it is behind what was read.
        """
        return self._bytes.recover(back=damage.swallowed)


def parse_fields(lines: bytes) -> dict[str, str]:
    """Header fields by their name in lower case, the first of each; continued lines are joined."""
    fields: dict[str, str] = {}
    for line in re.sub(rb"\r?\n[ \t]+", b" ", lines).splitlines():
        found = _FIELD.fullmatch(line)
        if found:
            fields.setdefault(found[1].decode("ascii").lower(), found[2].decode("utf-8", "replace").strip())
    return fields


def check_digest(declared: str, data: bytes) -> None:
    """Raise `Refused` if `data` has another digest than is declared (`sha1:` and base 32 or base 16).

    An algorithm that is not known proves nothing.
    """
    name, _, value = declared.partition(":")
    name = name.lower().replace("-", "")
    if name not in ("md5", "sha1", "sha256", "sha512") or not value:
        return
    digest = hashlib.new(name, data, usedforsecurity=False).digest()
    try:
        wanted = bytes.fromhex(value) if len(value) == 2 * len(digest) else base64.b32decode(value, casefold=True)
    except (ValueError, binascii.Error):
        wanted = b""
    if wanted != digest:
        raise Refused("R_WARC", f"its content has not the {name} digest that its header declares")


class _Bytes:
    """The unpacked bytes of an archive, and where in the file they come from."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._raw = file.read(_CHUNK)
        self._read = len(self._raw)
        self._packed = self._raw.startswith(_GZIP[:2])
        self._member: zlib._Decompress | None = None
        self._begin = 0
        self._unpacked = 0
        self._out = b""
        self._start = 0
        self._again = 0

    def mark(self, taken: int) -> None:
        """A record begins with what was taken last, so many bytes of it."""
        behind = len(self._raw) + len(self._out) + taken
        self._start = self._begin if self._packed else self._read - behind

    def place(self, taken: int) -> str:
        """The offset of what was taken last, so many bytes of it."""
        if not self._packed:
            return str(self._read - len(self._raw) - len(self._out) - taken)
        inside = self._unpacked - len(self._out) - taken
        return f"{self._begin}+{inside}" if inside else str(self._begin)

    def take(self, size: int) -> bytes:
        """The next bytes, fewer at the end."""
        parts = []
        while size and (self._out or self._fill()):
            part, self._out = self._out[:size], self._out[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def line(self, limit: int) -> bytes:
        """The next line with its end, or as much of it."""
        parts: list[bytes] = []
        while limit and (self._out or self._fill()):
            end = self._out.find(b"\n", 0, limit) + 1
            part = self._out[: end or limit]
            self._out = self._out[len(part) :]
            parts.append(part)
            limit -= len(part)
            if end:
                break
        return b"".join(parts)

    def give_back(self, data: bytes) -> None:
        """Take `data`, which was taken last, again."""
        self._out = data + self._out

    def recover(self, *, back: bool) -> bool:
        """Go to the next place that looks like a record's beginning, `back` from where the last one was marked."""
        marks = _GZIP if self._packed else b"WARC/1."
        if back:
            self._go_back()
        if self._packed:
            self._member, self._out = None, b""
        else:
            self._raw, self._out = self._out + self._raw, b""
        while True:
            at = self._raw.find(marks)
            if at >= 0:
                self._raw = self._raw[at:]
                self._begin, self._unpacked = self._read - len(self._raw), 0
                return True
            keep = self._raw[-len(marks) + 1 :]
            chunk = self._file.read(_CHUNK)
            self._read += len(chunk)
            self._raw = keep + chunk
            if not chunk:
                return False

    def _go_back(self) -> None:
        """Behind the beginning of the record, unless the file is a stream or was read again too often already."""
        again = self._read - self._start
        if not self._file.seekable() or self._again + again > _AGAIN * self._read:
            return
        self._again += again
        self._read = self._file.seek(self._start + 1)
        self._raw, self._out, self._member = b"", b"", None

    def _fill(self) -> bool:
        if not self._packed:
            self._out = self._raw or self._file.read(_CHUNK)
            self._read += 0 if self._raw else len(self._out)
            self._raw = b""
            return bool(self._out)
        while True:
            if not self._raw:
                self._raw = self._file.read(_CHUNK)
                self._read += len(self._raw)
            if not self._raw:
                if self._member is not None and not self._member.eof:
                    self._member = None
                    raise Damaged("the file ends within a record that is packed")
                return False
            if self._unpack():
                return True

    def _unpack(self) -> bool:
        """Whether there is anything unpacked. Raises `Damaged`, behind the first bytes of the member."""
        if self._member is None or self._member.eof:
            self._begin, self._unpacked = self._read - len(self._raw), 0
            self._member = zlib.decompressobj(31)
        try:
            self._out = self._member.decompress(self._raw, _CHUNK)
        except zlib.error as error:
            self._raw = self._raw[1:]
            raise Damaged(f"its packing is damaged ({error})") from None
        self._raw = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        self._unpacked += len(self._out)
        if Budget(packed=self._read - self._begin, unpacked=self._unpacked).spent:
            raise Damaged("it unpacks to far more than its size")
        return bool(self._out)
