"""Articles as Label Studio's items: what an annotator's screen is given, and nothing that could bias them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

import msgspec

from curation.records import Article

DATA_KEYS = ("article_id", "sha256", "title", "text")
"""What an item's data holds, and so the variables that an interface may show."""

BEGINNING = b'{"data":{"article_id":'
"""How a file of items begins."""

_CHUNK = 1 << 16
_NEWLINE = 0x0A

Predictions = Mapping[str, Sequence[Mapping[str, Any]]]
"""Suggestions (see `encode.prediction`) by article id."""


def task_data(article: Article) -> dict[str, str]:
    """The data of an article's item. Outlet, authors and date stay out of it: annotators judge the text alone."""
    return {
        "article_id": article.id,
        "sha256": article.sha256,
        "title": article.title or "",
        "text": article.text,
    }


def ls_task(article: Article, predictions: Predictions | None = None) -> dict[str, Any]:
    """An article's item as Label Studio imports it, with its suggestions if there are any."""
    item: dict[str, Any] = {"data": task_data(article)}
    suggested = predictions.get(article.id) if predictions is not None else None
    if suggested:
        item["predictions"] = list(suggested)
    return item


def write_tasks(articles: Iterable[Article], out: BinaryIO, predictions: Predictions | None = None) -> int:
    """Write one item a line (JSON Lines, UTF-8) and return how many; memory does not grow with their number."""
    append = msgspec.json.Encoder().encode_into
    buffer = bytearray()
    count = 0
    for count, article in enumerate(articles, start=1):  # noqa: B007
        append(ls_task(article, predictions), buffer, -1)
        buffer.append(_NEWLINE)
        if len(buffer) >= _CHUNK:
            out.write(buffer)
            buffer.clear()
    out.write(buffer)
    return count
