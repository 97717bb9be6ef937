"""Files that are one article each: plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.articles.formats.decoding import KEPT, LIMIT, decode, seal
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.records import Article, Reject, article_id

_HEADING = re.compile(r"^# +(\S.*?)[ #]*$", re.MULTILINE)


def read_document(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article in a text file. In Markdown the first `# heading` is its title, and stays in the text."""
    raw, refused = whole(source, LIMIT)
    try:
        if refused is not None:
            raise refused
        sealed = seal(decode(raw), "the file", options)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, raw)
        return
    heading = _HEADING.search(sealed.text) if source.suffix == ".md" else None
    title = heading.group(1) if heading else None
    yield Article(
        article_id(None, sealed.sha256),
        sealed.text,
        sealed.sha256,
        title,
        source=source.name,
        steps=sealed.steps,
        notes=sealed.notes,
        raw=sealed.raw,
    )


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
