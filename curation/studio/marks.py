"""The spans of a raw annotation, also of one that no record could be read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def raw_spans(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, int, int]]:
    """Id, labels, start and end of every row that is shaped like a span; its offsets may be any integers."""
    rows = raw.get("result")
    for row in rows if isinstance(rows, list) else ():
        value = row.get("value") if isinstance(row, dict) else None
        if not isinstance(value, dict):
            continue
        labels = value.get(str(row.get("type")))
        start, end = value.get("start"), value.get("end")
        # An attribute repeats the offsets of its span.
        if row.get("type") in ("labels", "hypertextlabels") and type(start) is int and type(end) is int:
            named = [label for label in labels if isinstance(label, str)] if isinstance(labels, list) else []
            yield str(row.get("id")), ", ".join(named), start, end
