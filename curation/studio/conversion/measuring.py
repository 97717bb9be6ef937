"""In which unit the offsets of an export count, by the texts that are stored with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from curation.studio.authors import author_of
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.splitting import Block
from curation.studio.conversion.strict import read
from curation.studio.offsets import spans_of
from curation.studio.raw import rows_of
from curation.studio.rendering import agreement
from curation.units import Detector, Evidence


def measure(blocks: Iterable[Block], declaration: Declaration, limit: int | None = None) -> Evidence:
    """What the spans in Text objects say about the unit, of the first `limit` items or of all."""
    detector = Detector(agreement)
    number = 0
    for block in blocks:
        for raw in block.items:
            for span in _spans(read(bytes(raw)).value, declaration):
                detector.add(*span)
            number += 1
            if number == limit:
                return detector.evidence()
    return detector.evidence()


def _spans(item: Any, declaration: Declaration) -> Iterator[tuple[str, int, int, str, str]]:
    data = item.get("data") if isinstance(item, dict) else None
    annotations = item.get("annotations") if isinstance(item, dict) else None
    if not isinstance(data, dict) or not isinstance(annotations, list):
        return
    texts = {shown.name: shown.of(data) for shown in declaration.texts.values() if shown.tag == "Text"}
    for annotation in annotations:
        if not isinstance(annotation, dict) or annotation.get("was_cancelled") is True:
            continue
        key = author_of(annotation, draft=False).key
        for row, start, end in spans_of(rows_of(annotation)):
            text = texts.get(row.word("to_name"))
            if isinstance(text, str) and row.type == "labels":
                yield text, start, end, row.word_of_value("text"), f"annotator {key}" if key else ""
