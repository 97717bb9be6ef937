"""Files that are one article each: plain text, and Markdown with what stands above it as metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from curation.articles.formats.columns import find_columns
from curation.articles.formats.decoding import KEPT, LIMIT, one_line
from curation.articles.formats.encodings import Encoding, decode_text
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.records import Article, RawSource, Reject

# No name of a column.
_TEXT = "\0"
_HEADING = re.compile(r"^# +(\S.*)$", re.MULTILINE)


def read_document(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article in a text file.

    In Markdown, YAML between two lines `---` at the beginning is metadata, by the names of columns, and no text. If
    there is no title in it, the first `# heading` is the title, and stays in the text.
    """
    raw, refused = whole(source, LIMIT)
    try:
        if refused is not None:
            raise refused
        article = _article(raw, source, options)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, raw)
        return
    yield article


def _article(raw: bytes, source: Source, options: Options) -> Article:
    text, encoding = decode_text(raw, options)
    row: dict[str, Any] = {}
    if source.suffix == ".md":
        from curation.articles.formats.front_matter import split

        row, text = split(text)
    field_map = {field: column for field, column in options.field_map.items() if column in row}
    columns = find_columns([*row, _TEXT], {**field_map, "text": _TEXT})
    article = columns.article({**row, _TEXT: text}, source.name, options)
    if source.suffix == ".md" and article.title is None:
        headings = (one_line(heading[1].rstrip(" #")) for heading in _HEADING.finditer(article.text))
        article = replace(article, title=next(filter(None, headings), None))
    return article if encoding is None else from_bytes(article, text, encoding)


def from_bytes(article: Article, text: str, encoding: Encoding) -> Article:
    """An article with its text as it was in a file that is not UTF-8."""
    edits = article.raw.edits if article.raw else ()
    notes = {**article.notes, "N_ENCODING": encoding.note} if encoding.note else article.notes
    return replace(article, notes=notes, raw=RawSource(text.encode(encoding.codec), "text", encoding.codec, edits))


def beginning(source: Source) -> bytes:
    """What is kept aside of a file that could not be read: nothing of a folder, or where opening it fails."""
    try:
        with source.open() as file:
            return file.peek(KEPT)[:KEPT]
    except OSError:
        return b""


def whole(source: Source, limit: int) -> tuple[bytes, Refused | None]:
    """The bytes of a file; of one with more than `limit` only the first, with the refusal."""
    with source.open() as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        return raw[:KEPT], Refused("R_TOO_LARGE", f"the file has more than {limit} bytes")
    return raw, None
