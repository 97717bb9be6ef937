"""JSON Lines: one object a line, read strictly, so that a broken line costs nothing but itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache, partial
from io import BufferedReader
from typing import Any

import msgspec

from curation.articles.formats.columns import Shapes
from curation.articles.formats.decoding import KEPT, LIMIT
from curation.articles.formats.documents import beginning
from curation.articles.formats.encodings import Encoding, noted, open_text, undecodable
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.records import Article, Reject

_BEGINNING = 64
# How keys are written; few other strings end like this.
_COLON, _SPACED = b'":', b'" :'
_AT_BYTE = re.compile(r" ?\(byte (\d+)\)")
_ESCAPE = re.compile(r"\\(?:u(d[89ab]..)\\ud[c-f]..|u(d[89a-f]..)|.)", re.IGNORECASE | re.DOTALL)
_ARRAY = re.compile(rb"\s*\[\s*(\{|\n|$)")
_NO_NUMBER = re.compile(rb"-?(?:NaN|Infinity)")


def read_lines(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, on each line that is not blank.

    A file that is one JSON array all the same is read as that. Raises `Unusable` if the first object has no
    column for the text. A later part of a file is one of those that `in_parts` allows.
    """
    if source.part is not None and not source.part.first:
        with source.open() as stream:
            yield from _rows(stream, source, None, options)
        return
    try:
        stream, encoding = open_text(source, options)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, beginning(source))
        return
    with stream:
        if _ARRAY.match(stream.peek(_BEGINNING)[:_BEGINNING]):
            from curation.articles.formats.arrays import json_in

            documents = json_in(stream, source, options)
        else:
            documents = _rows(stream, source, encoding, options)
        yield from documents if encoding is None else (noted(document, encoding) for document in documents)


def in_parts(source: Source, options: Options) -> bool:
    """Whether a file can be read in parts that are cut behind line ends: its lines are UTF-8, and it is no array."""
    try:
        stream, encoding = open_text(source, options)
    except Refused:
        return False
    with stream:
        return encoding is None and not _ARRAY.match(stream.peek(_BEGINNING)[:_BEGINNING])


def _rows(
    file: BufferedReader, source: Source, encoding: Encoding | None, options: Options
) -> Iterator[Article | Reject]:
    decode = msgspec.json.Decoder().decode
    shapes = Shapes(source, options)
    before = 0 if source.part is None else source.part.before
    for number, line in enumerate(iter(partial(file.readline, LIMIT), b""), start=before + 1):
        place = f"{source.name}:{number}"
        document: Article | Reject
        try:
            row = decode(line)
            if type(row) is not dict:
                raise Refused("R_JSON", "the line is JSON, but no object")
            columns = shapes.columns(row)
            document = columns.article(row, place, options)
            _refuse_twice(line, row, _written(columns.text), document.text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused) as error:
            if line.isspace():
                continue
            code, reason = _reason(line, error, file, encoding)
            document = Reject(place, code, reason, line if code != "R_TOO_LARGE" else line[:KEPT])
        yield document
    shapes.tell()


@lru_cache(maxsize=256)
def _written(key: str | None) -> bytes:
    return msgspec.json.encode(key)


def _refuse_twice(line: bytes, row: dict[str, Any], key: bytes, text: str) -> None:
    """Raise `Refused` if the object itself, and not one inside it, has a key twice with different values."""
    # Behind its key the line is at least as long as the text: only what stands around it has to be searched.
    before = line.find(key)
    behind = before + len(key) + len(text)
    once = line.count(key, 0, len(line) - len(text)) == 1
    if once and line.find(_SPACED, 0, before) < 0 and line.find(_SPACED, behind) < 0:
        keys = line.count(_COLON, 0, before) + 1 + line.count(_COLON, behind)
        if keys == len(row):
            return
        if keys == len(row) + sum(
            msgspec.json.encode(value).count(_COLON) for value in row.values() if type(value) in (dict, list)
        ):
            return
    pairs: list[tuple[str, Any]] = json.loads(line, object_pairs_hook=list)
    first: dict[str, Any] = {}
    for name, value in pairs:
        if first.setdefault(name, value) != value:
            raise Refused("R_JSON", f"the key {name!r} stands twice in the object, with different values")


def _reason(line: bytes, error: Exception, file: BufferedReader, encoding: Encoding | None) -> tuple[str, str]:
    """Code and reason of a line that could not be read."""
    if isinstance(error, Refused):
        return error.code, error.reason
    if len(line) >= LIMIT and not line.endswith(b"\n"):
        while (rest := file.readline(LIMIT)) and not rest.endswith(b"\n"):
            pass
        return "R_TOO_LARGE", f"the line has more than {LIMIT} bytes"
    wrong = undecodable(line, encoding)
    if wrong:
        return "R_ENCODING", f"{wrong[0]} at byte {wrong[1]} of the line is not {wrong[2]}"
    text = line.decode()
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
