"""What the rules say of usual annotations in which the loop saw something doubtful, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from curation.records import Finding
from curation.studio.conversion import checks_relations, checks_spans
from curation.studio.conversion.checks_seen import Seen, Span
from curation.studio.conversion.declaration import Declaration
from curation.studio.raw import Row


@dataclass(slots=True)
class Doubts:
    """Of one annotation: the positions of doubtful spans, and whether spans or relations may be doubled or worse."""

    spans: list[int] = field(default_factory=list)
    doubled: bool = False
    relations: bool = False


def doubtful(rows: Sequence[Any], doubts: Doubts, texts: Mapping[str, str], declaration: Declaration) -> list[Finding]:
    """What `checks.findings` would say of these rows, in its order: no other rule but these has anything to say."""
    found = [one for position in doubts.spans for one in checks_spans.alone(_span(position, rows[position], texts))]
    if doubts.doubled or doubts.relations:
        seen = Seen({}, declaration)
        for position, row in enumerate(rows):
            if row.type == "labels":
                seen.regions.add(row.id)
                if doubts.doubled:
                    seen.spans.append(_span(position, row, texts))
            elif row.type == "relation" and doubts.relations:
                seen.relations.append(_row(position, row))
        if doubts.doubled:
            found += checks_spans.duplicates(seen)
        if doubts.relations:
            found += checks_relations.relations(seen)
        found.sort(key=_position)
    return found


def _span(position: int, row: Any, texts: Mapping[str, str]) -> Span:
    value = row.value
    return Span(_row(position, row), tuple(value.labels), value.start, value.end, texts[row.to_name])


def _row(position: int, row: Any) -> Row:
    return Row(position, msgspec.to_builtins(row))


def _position(found: Finding) -> int:
    return int((found.json_pointer or "").split("/")[2])
