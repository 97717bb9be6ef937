"""CSV and TSV: strict quoting, UTF-8, a header; a row that does not fit costs nothing but itself."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from typing import TextIO

from curation.articles.formats.columns import Columns, require_columns
from curation.articles.formats.decoding import KEPT, LIMIT, foreign_encoding
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.records import Article, Reject


class _Lines:
    """The lines of a file, and those that the row being read is made of."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.number = 0
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LIMIT):
            self.number += 1
            self.row.append(line)
            if len(line) >= LIMIT:
                raise Refused("R_TOO_LARGE", f"line {self.number} has more than {LIMIT} characters")
            yield line

    def start(self) -> int:
        """The number of the row's first line."""
        return self.number - len(self.row) + 1

    def raw(self) -> bytes:
        """The row's bytes."""
        return "".join(self.row).encode("utf-8", "surrogateescape")


def read_table(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, in each row; its place is the line on which the row begins.

    Raises `Unusable` if the header lacks the text, or a column that the field map names.
    """
    with source.open() as binary:
        beginning = binary.read(KEPT)
        binary.seek(0)
        other = foreign_encoding(beginning)
        if other:
            yield Reject(source.name, "R_ENCODING", f"the file is {other}, not UTF-8", beginning)
            return
        # Bytes that are not UTF-8 are carried along, so that only their row is refused.
        file = TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")
        yield from _rows(source, file, _delimiter(source, beginning), options)


def _delimiter(source: Source, beginning: bytes) -> str:
    """A tab in .tsv; else the comma, or the semicolon of European spreadsheets if the header has only that."""
    if source.suffix == ".tsv":
        return "\t"
    header = beginning.partition(b"\n")[0]
    return ";" if b";" in header and b"," not in header else ","


def _rows(source: Source, file: TextIO, delimiter: str, options: Options) -> Iterator[Article | Reject]:
    csv.field_size_limit(max(LIMIT, csv.field_size_limit()))
    lines = _Lines(file)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] = []
    columns: Columns | None = None
    while True:
        lines.row.clear()
        try:
            cells = next(rows, None)
            if cells is None:
                return
            if not cells:
                continue
            if columns is None:
                header = _header(cells, lines.raw())
                columns = require_columns(header, options.field_map)
                options.on_columns(source.name, columns)
                continue
            document: Article | Reject = _article(
                cells, header, columns, lines, f"{source.name}:{lines.start()}", options
            )
        except (csv.Error, Refused) as error:
            document = _reject(source.name, error, lines)
            if columns is None or document.code == "R_TOO_LARGE":
                yield document
                return
        yield document


def _header(cells: list[str], raw: bytes) -> list[str]:
    _require_utf8(raw)
    twice = sorted({cell for cell in cells if cells.count(cell) > 1 and cell})
    if twice:
        raise Refused("R_TABLE", f"the header names a column twice: {', '.join(twice)}")
    return cells


def _article(
    cells: list[str], header: list[str], columns: Columns, lines: _Lines, place: str, options: Options
) -> Article:
    _require_utf8(lines.raw())
    if len(cells) > len(header):
        raise Refused("R_ROW", f"the row has {len(cells)} cells, the header {len(header)}")
    row = dict.fromkeys(header)
    row.update(zip(header, cells, strict=False))
    return columns.article(row, place, options)


def _require_utf8(raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise Refused(
            "R_ENCODING", f"byte 0x{raw[error.start]:02x} at byte {error.start} of the row is not UTF-8"
        ) from None


def _reject(name: str, error: Exception, lines: _Lines) -> Reject:
    place = f"{name}:{lines.start()}"
    if isinstance(error, Refused):
        raw = lines.raw()
        return Reject(place, error.code, error.reason, raw[:KEPT] if error.code == "R_TOO_LARGE" else raw)
    reason = str(error)
    if "unexpected end of data" in reason:
        reason = f"a quotation mark that opens on line {lines.start()} or later is never closed"
    return Reject(place, "R_ROW", reason, lines.raw())
