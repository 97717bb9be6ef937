"""JSON Lines: one object a line, read strictly, so that a broken line costs nothing but itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import msgspec

from curation.articles.formats.columns import Columns, find_columns, require_columns
from curation.articles.formats.decoding import BOM, KEPT, LIMIT, foreign_encoding
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.records import Article, Reject

_KNOWN_SHAPES = 256
_AT_BYTE = re.compile(r" ?\(byte (\d+)\)")
_ESCAPE = re.compile(r"\\(?:u(d[89ab]..)\\ud[c-f]..|u(d[89a-f]..)|.)", re.IGNORECASE | re.DOTALL)
_ARRAY = re.compile(rb"\s*\[\s*(\{|\n|$)")
_NO_NUMBER = re.compile(rb"-?(?:NaN|Infinity)")


def read_lines(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, on each line that is not blank.

    Raises `Unusable` if the first object lacks the text, or a column that the field map names.
    """
    decode = msgspec.json.Decoder().decode
    # Objects of one file may have different keys; each set of keys is looked at once.
    shapes: dict[tuple[str, ...], tuple[Columns, bytes]] = {}
    with source.open() as file:
        whole = _whole_file(file)
        if whole is not None:
            yield Reject(source.name, whole.code, whole.reason, file.read(KEPT))
            return
        for number, line in enumerate(iter(partial(file.readline, LIMIT), b""), start=1):
            place = f"{source.name}:{number}"
            document: Article | Reject
            try:
                row = decode(line)
                shape = shapes.get(tuple(row)) if type(row) is dict else None
                if shape is None:
                    shape = _shape(row, source.name, options, first=not shapes)
                    if len(shapes) < _KNOWN_SHAPES:
                        shapes[tuple(row)] = shape
                columns, key = shape
                document = columns.article(row, place, options)
                # The decoder keeps the last text, whose bytes lie behind its key: no need to search through them.
                if line.count(key, 0, len(line) - len(document.text)) > 1:
                    _refuse_twice(line, columns.text)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused) as error:
                if line.isspace():
                    continue
                code, reason = _reason(line, error, file)
                document = Reject(place, code, reason, line if code != "R_TOO_LARGE" else line[:KEPT])
            yield document


def _whole_file(file: BinaryIO) -> Refused | None:
    """What is wrong with a file that is no JSON Lines at all. Leaves `file` behind its byte order mark."""
    beginning = file.read(64)
    file.seek(len(BOM) if beginning.startswith(BOM) else 0)
    other = foreign_encoding(beginning)
    if other:
        return Refused("R_ENCODING", f"the file is {other}, not UTF-8")
    if _ARRAY.match(beginning.removeprefix(BOM)):
        return Refused("R_JSON", "the file is one JSON array, not one object a line; `jq -c '.[]'` converts it")
    return None


def _shape(row: Any, name: str, options: Options, first: bool) -> tuple[Columns, bytes]:
    """The columns of an object, and the key of its text as it is written."""
    if type(row) is not dict:
        raise Refused("R_JSON", "the line is JSON, but no object")
    if first:
        columns = require_columns(list(row), options.field_map)
        options.on_columns(name, columns)
    else:
        columns = find_columns(row, options.field_map)
    return columns, msgspec.json.encode(columns.text)


def _refuse_twice(line: bytes, name: str | None) -> None:
    """Raise `Refused` if the object itself, and not one inside it, has the key `name` twice."""
    levels = json.loads(line, object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    if levels.count(name) > 1:
        raise Refused("R_JSON", f"the key {name!r} stands twice in the object")


def _reason(line: bytes, error: Exception, file: BinaryIO) -> tuple[str, str]:
    """Code and reason of a line that could not be read."""
    if isinstance(error, Refused):
        return error.code, error.reason
    if len(line) >= LIMIT and not line.endswith(b"\n"):
        while (rest := file.readline(LIMIT)) and not rest.endswith(b"\n"):
            pass
        return "R_TOO_LARGE", f"the line has more than {LIMIT} bytes"
    try:
        text = line.decode()
    except UnicodeDecodeError as broken:
        return "R_ENCODING", f"byte 0x{line[broken.start]:02x} at byte {broken.start} of the line is not UTF-8"
    if isinstance(error, RecursionError):
        return "R_JSON", "the line is nested too deeply"
    for escape in _ESCAPE.finditer(text):
        if escape.group(2):
            surrogate = f"lone surrogate U+{escape.group(2).upper()}"
            return "R_FORBIDDEN_CHARACTER", f"{surrogate} at column {escape.start() + 1} of the line"
    return "R_JSON", _malformed(line, str(error))


def _malformed(line: bytes, message: str) -> str:
    """The decoder's message with a column in place of its byte, and with what it means by a bad character."""
    found = _AT_BYTE.search(message)
    if found is None:
        return "the line is cut off" if "truncated" in message else message.partition(" - at")[0].lower()
    byte = int(found.group(1))
    if byte >= len(line.rstrip(b"\r\n")):
        return "the line is cut off"
    column = len(line[:byte].decode("utf-8", "replace")) + 1
    no_number = _NO_NUMBER.match(line, byte)
    what = (
        f"{no_number.group().decode()} is no JSON"
        if no_number
        else _AT_BYTE.sub("", message).removeprefix("JSON is malformed: ")
    )
    return f"{what} at column {column}"
