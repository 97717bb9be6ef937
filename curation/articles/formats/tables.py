"""CSV and TSV: strict quoting, a header; a row that does not fit costs nothing but itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import TextIO

from curation.articles.formats.columns import Columns, refuse_twice, require_columns
from curation.articles.formats.decoding import KEPT, LIMIT
from curation.articles.formats.documents import beginning
from curation.articles.formats.encodings import Encoding, noted, open_text, undecodable
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.records import Article, Reject

SEPARATOR = re.compile(rb"sep=([\t -~])\r?\n", re.IGNORECASE)
"""A first line that tells spreadsheets what stands between the cells."""


class _Lines:
    """The lines of a file, and those that the row being read is made of."""

    def __init__(self, file: TextIO, encoding: Encoding | None) -> None:
        self._file = file
        self._encoding = encoding
        self.number = 0
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LIMIT):
            self.number += 1
            self.row.append(line)
            if len(line) >= LIMIT:
                reason = f"line {self.number} has more than {LIMIT} characters; nothing behind it was read"
                raise Refused("R_TOO_LARGE", reason)
            yield line

    def start(self) -> int:
        """The number of the row's first line."""
        return self.number - len(self.row) + 1

    def raw(self) -> bytes:
        """The row's bytes."""
        return "".join(self.row).encode("utf-8", "surrogateescape")

    def require_text(self) -> None:
        """Raise `Refused` with the row's first byte that is no text."""
        wrong = undecodable(self.raw(), self._encoding)
        if wrong:
            raise Refused("R_ENCODING", f"{wrong[0]} at byte {wrong[1]} of the row is not {wrong[2]}")


def read_table(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, in each row; its place is the line on which the row begins.

    Raises `Unusable` as `require_columns` does.
    """
    try:
        stream, encoding = open_text(source, options)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, beginning(source))
        return
    said = SEPARATOR.match(stream.peek(KEPT))
    delimiter = said[1].decode() if said else _delimiter(source, stream.peek(KEPT))
    # Bytes that are not UTF-8 are carried along, so that only their row is refused.
    with TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = _Lines(file, encoding)
        if said:
            next(iter(lines))
        documents = _rows(source, lines, delimiter, options)
        yield from documents if encoding is None else (noted(document, encoding) for document in documents)


def _delimiter(source: Source, beginning: bytes) -> str:
    """A tab in .tsv; else the comma, or the semicolon of European spreadsheets if the header has only that."""
    if source.suffix == ".tsv":
        return "\t"
    header = beginning.partition(b"\n")[0]
    return ";" if b";" in header and b"," not in header else ","


def _rows(source: Source, lines: _Lines, delimiter: str, options: Options) -> Iterator[Article | Reject]:
    csv.field_size_limit(max(LIMIT, csv.field_size_limit()))
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
                header = _header(cells, lines)
                columns = require_columns(header, options, named=not source.in_folder)
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


def _header(cells: list[str], lines: _Lines) -> list[str]:
    lines.require_text()
    names = [cell or f"column {number}" for number, cell in enumerate(cells, start=1)]
    refuse_twice(names, "the header")
    return names


def _article(
    cells: list[str], header: list[str], columns: Columns, lines: _Lines, place: str, options: Options
) -> Article:
    lines.require_text()
    if len(cells) > len(header):
        raise Refused("R_ROW", f"the row has {len(cells)} cells, the header {len(header)}")
    row = dict.fromkeys(header)
    row.update(zip(header, cells, strict=False))
    return columns.article(row, place, options)


def _reject(name: str, error: Exception, lines: _Lines) -> Reject:
    place = f"{name}:{lines.start()}"
    if isinstance(error, Refused):
        raw = lines.raw()
        return Reject(place, error.code, error.reason, raw[:KEPT] if error.code == "R_TOO_LARGE" else raw)
    reason = str(error)
    if "unexpected end of data" in reason:
        reason = f"a quotation mark that opens on line {lines.start()} or later is never closed"
    return Reject(place, "R_ROW", reason, lines.raw())
