"""The spans of a raw annotation, also of one that no record could be read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curation.studio.raw import LABEL_ROWS, rows_of, strings


def raw_spans(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, int, int]]:
    """Id, labels, start and end of every row that is shaped like a span; its offsets may be any integers."""
    for row in rows_of(raw):
        start, end = row.offsets
        # An attribute repeats the offsets of its span.
        if row.type in LABEL_ROWS and start is not None and end is not None:
            yield row.id, ", ".join(strings(row.value, row.type)), start, end
