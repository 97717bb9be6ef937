"""What dataset cards have in common: the Hub's categories of size, and Markdown in which texts are nothing but text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_LARGER = "100M<n<1B"


def size_category(rows: int) -> str:
    """How the Hub calls a dataset with so many rows."""
    return next((name for bound, name in _SIZES if rows < bound), _LARGER)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]], *, limit: int | None = None) -> str:
    """A table in Markdown; `limit` is for the characters of a cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(inline(str(cell), limit=limit) for cell in line) + " |" for line in lines)


def inline(text: str, *, limit: int | None = None) -> str:
    """A text as one piece of Markdown on one line, cut off behind `limit` characters."""
    text = " ".join(text.split())
    return re.sub(r"([\\`|*<>\[\]])", r"\\\1", text if limit is None or len(text) <= limit else text[:limit] + "…")
