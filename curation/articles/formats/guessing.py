"""What a stream without a name holds, told from its first bytes."""

from __future__ import annotations

import re
from dataclasses import replace

from curation.articles.formats.columns import find_columns
from curation.articles.formats.decoding import KEPT, foreign_encoding
from curation.articles.options import Options
from curation.articles.rejects import Broken, Unusable
from curation.articles.sources import KINDS, Source

_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\3\4", "zip"),
    (b"PK\5\6", "zip"),
)
# What stands near the beginning of spreadsheets, two of which are zip files.
_SHEETS = (
    (b"PK\3\4", b"xl/", ".xlsx"),
    (b"PK\3\4", b"opendocument.spreadsheet", ".ods"),
    (b"\xd0\xcf\x11\xe0", b"", ".xls"),
)
_TAR = slice(257, 262)
_LONGEST_HEADER = 10_000
_COMMAS = {",": ".csv", ";": ".csv", "\t": ".tsv"}
_LINE_END = re.compile(r"[\r\n]")


def guessed(source: Source, options: Options) -> Source:
    """`source` with its kind: how it is packed, else as `options.kind` says, else as it looks like.

    Raises `Unusable` if it is empty, `Broken` for a tar archive.
    """
    with source.open() as stream:
        beginning = stream.peek(KEPT)[:KEPT]
    if not beginning:
        raise Unusable("R_EMPTY", "E_NO_INPUT", "it is empty", "give it something to read")
    if beginning[_TAR] == b"ustar":
        raise Broken("R_PACKED", "it is a tar archive; unpack it and name the folder", beginning)
    ending = source.ending or ("." + options.kind.lower().removeprefix(".") if options.kind else "")
    packing = next((kind for magic, kind in _PACKED if beginning.startswith(magic)), None)
    if not ending:
        ending = next((end for magic, mark, end in _SHEETS if beginning.startswith(magic) and mark in beginning), "")
    if packing and KINDS.get(ending) != "sheet":
        return replace(source, kind=packing)
    ending = ending or _ending(beginning, options)
    return replace(source, kind=KINDS[ending], ending=ending)


def _ending(beginning: bytes, options: Options) -> str:
    """The suffix that a file with this beginning would have."""
    if beginning.startswith(b"PAR1"):
        return ".parquet"
    if beginning.startswith(b"WARC/"):
        return ".warc"
    text = _text(beginning).lstrip("\ufeff \t\r\n")
    first = _LINE_END.split(text, maxsplit=1)[0].strip()
    if text.startswith("["):
        return ".json"
    if text.startswith("{"):
        # An object that goes on behind the line's end is no line of its own.
        return ".jsonl" if first.endswith("}") or len(first) == len(text.strip()) else ".json"
    if text.startswith("<"):
        return ".html"
    from curation.articles.formats.tables import SEPARATOR

    if SEPARATOR.match(text.encode("utf-8", "replace")):
        return ".csv"
    return next((_COMMAS[comma] for comma in _COMMAS if _is_header(first, comma, options)), ".txt")


def _text(beginning: bytes) -> str:
    encoding = foreign_encoding(beginning)
    return beginning.decode(encoding or "utf-8", "replace")


def _is_header(line: str, comma: str, options: Options) -> bool:
    """Whether a line names several columns, and one that holds a text."""
    import csv

    cells = next(csv.reader([line[:_LONGEST_HEADER]], delimiter=comma), [])
    return len(cells) > 1 and find_columns(cells, options.field_map).text is not None
