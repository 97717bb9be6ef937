"""JSON files: an array of objects, an object that is an article or holds such an array, or objects in a row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import Any

import msgspec

from curation.articles.formats.columns import Shapes, find_columns
from curation.articles.formats.decoding import KEPT, LIMIT
from curation.articles.formats.documents import beginning
from curation.articles.formats.encodings import noted, open_text
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.jsonstream import BrokenJson, Found, JsonStream
from curation.records import Article, Reject


def read_json(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, in each object of a file, counted from 1. Raises `Unusable` as `json_in` does."""
    try:
        stream, encoding = open_text(source, options)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, beginning(source))
        return
    with stream:
        documents = json_in(stream, source, options)
        yield from documents if encoding is None else (noted(document, encoding) for document in documents)


def json_in(file: BufferedReader, source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, in each object of an open file.

    An object of up to `LIMIT` characters is the article if it has a column that holds the text; else, and beyond that
    size, the array of objects in it is read. Raises `Unusable` if the first object has no column for the text.
    """
    begin = file.peek(KEPT)[:KEPT]
    shapes = Shapes(source, options)
    stream = JsonStream(file, limit=LIMIT, finite=True, keep_bytes=True)
    try:
        opening = stream.peek()
        if opening not in ("[", "{"):
            stream.fail("the file is empty" if opening is None else "a JSON file of articles begins with [ or {")
        values = stream.each() if opening == "[" else _objects(stream, shapes, options)
        yield from _documents(values, shapes, source.name, options)
    except BrokenJson as error:
        yield Reject(source.name, "R_JSON", str(error), begin)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, begin)
    shapes.tell()


def _objects(stream: JsonStream, shapes: Shapes, options: Options) -> Iterator[Any]:
    """What a file that begins with an object holds."""
    try:
        first = stream.value()
    except BrokenJson as error:
        error.text = stream.text[:KEPT]
        # Too large for one article, or broken in one place: what is whole in its array can still be read.
        yield from _walk(stream, error)
        yield from stream.each()
        return
    if _is_article(first.value, options) or stream.peek() is not None:
        yield first
        yield from stream.each()
    else:
        yield from _array_in(first, shapes)


def _is_article(found: dict[str, Any], options: Options) -> bool:
    """Whether an object has the column of the text that is mapped, or where none is, one of the usual ones."""
    column = options.field_map.get("text") or find_columns(found, options.field_map).text
    return column in found


def _array_in(found: Found, shapes: Shapes) -> Iterator[Found | Any]:
    """The objects of the one array of objects in an object; the object itself if it holds none."""
    arrays = {
        key: member
        for key, member in found.value.items()
        if isinstance(member, list) and member and all(isinstance(one, dict) for one in member)
    }
    if len(arrays) > 1:
        raise Refused("R_JSON", f"the file holds several arrays of objects: {', '.join(map(repr, arrays))}")
    beside = [key for key in found.value if key not in arrays]
    if arrays and beside:
        shapes.passed |= {f"the key {key!r} beside the array": 1 for key in beside}
    yield from next(iter(arrays.values()), [found])


def _walk(stream: JsonStream, error: BrokenJson) -> Iterator[Found | BrokenJson]:
    """The elements of the first array of objects in the object that begins here, which is `error` as a whole."""
    told = read = False
    follows = "{"
    try:
        while follows != "}":
            stream.take(follows, "a comma or } is missing")
            stream.value()
            stream.take(":", "a colon is missing")
            if stream.opens_objects() and not read:
                read = True
                for found in stream.elements():
                    told = told or isinstance(found, BrokenJson)
                    yield found
            else:
                stream.skip("}")
            follows = "}" if stream.peek() == "}" else ","
        stream.take("}", "")
    except BrokenJson:
        stream.skip_lines()
        told = False
    if not told and not (read and error.too_large):
        yield error


def _documents(values: Iterable[Any], shapes: Shapes, name: str, options: Options) -> Iterator[Article | Reject]:
    for number, found in enumerate(values, start=1):
        place = f"{name}:{number}"
        if isinstance(found, BrokenJson):
            yield _refusal(place, found)
            continue
        row = found.value if isinstance(found, Found) else found
        try:
            if isinstance(found, Found):
                _require_utf8(found)
            if type(row) is not dict:
                raise Refused("R_JSON", "the value is JSON, but no object")
            yield shapes.columns(row).article(row, place, options)
        except Refused as error:
            yield Reject(place, error.code, error.reason, _raw(found))


def _require_utf8(found: Found) -> None:
    text = found.text()
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) - 0xDC00
        line, column = found.place()
        raise Refused(
            "R_ENCODING",
            f"byte 0x{byte:02x} at character {error.start} of the value in line {line}, column {column} is not UTF-8",
        ) from None


def _raw(found: Any) -> bytes:
    if isinstance(found, Found):
        return _bytes(found.text())
    try:
        return msgspec.json.encode(found)
    except (UnicodeEncodeError, OverflowError):
        # A lone surrogate, as which a byte that is no text comes too, or a number beyond 64 bits.
        return json.dumps(found).encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _refusal(place: str, error: BrokenJson) -> Reject:
    if error.too_large:
        return Reject(place, "R_TOO_LARGE", str(error), _bytes(error.text[:KEPT]))
    return Reject(place, "R_JSON", str(error), _bytes(error.text))
