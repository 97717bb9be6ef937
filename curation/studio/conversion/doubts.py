"""What the rules say of usual annotations in which the loop saw something doubtful, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from curation.findings import FINDINGS
from curation.records import Finding
from curation.studio.conversion import checks_relations, checks_spans
from curation.studio.conversion.checks_seen import Seen, Span, named
from curation.studio.conversion.declaration import Declaration
from curation.studio.raw import Row

_FINDING = FINDINGS["F_SPAN_PARAGRAPH"]


class _Value(msgspec.Struct, omit_defaults=True, gc=False):
    start: int | None = None
    end: int | None = None
    text: str | list[str] | None = None
    labels: list[str] | None = None


class _Row(msgspec.Struct, omit_defaults=True, gc=False):
    type: str
    value: _Value | None = None
    id: str | None = None
    from_name: str | None = None
    to_name: str | None = None
    from_id: str | None = None
    to_id: str | None = None
    direction: str | None = None
    labels: list[str] | None = None


class _Annotation(msgspec.Struct):
    id: int
    result: list[_Row]
    completed_by: Any = None
    was_cancelled: bool | None = None


class Looked(msgspec.Struct):
    """What is looked at of a usual item."""

    data: dict[str, Any]
    annotations: list[_Annotation]


@dataclass(slots=True)
class Doubts:
    """Of one annotation: which spans are doubtful, and whether spans or relations may be doubled or worse.

    Of spans that are `crossing` it is certain that they reach across a blank line, and that nothing else is wrong with
    them alone; of relations drawn `twice` the same, unless `relations` are doubtful anyway. Numbers count the spans of
    the annotation, or its relations, from 0.
    """

    spans: list[int] = field(default_factory=list)
    crossing: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    doubled: bool = False
    relations: bool = False

    def any(self) -> bool:
        """Whether there is any doubt."""
        return bool(self.crossing or self.twice or self.spans or self.doubled or self.relations)


def doubtful(
    rows: Sequence[Any],
    doubts: Doubts,
    texts: Mapping[str, str],
    declaration: Declaration,
    at: str,
    whose: tuple[str, str, str | None],
) -> list[Finding]:
    """What `checks.findings` would say of these rows, in its order: no other rule but these has anything to say.

    `at` is the annotation's place in the file, `whose` are the ids of item and annotation and the annotator's name.
    """
    spans, drawn = _positions(rows, "labels"), _positions(rows, "relation")
    found = [_crossing(spans[number], rows[spans[number]], texts, at, whose) for number in doubts.crossing]
    told = [
        one for number in doubts.spans for one in checks_spans.alone(_span(spans[number], rows[spans[number]], texts))
    ]
    if doubts.doubled or doubts.relations:
        told += _related(rows, doubts, texts, declaration)
    if not doubts.relations:
        told += [checks_relations.double(_row(drawn[number], rows[drawn[number]])) for number in doubts.twice]
    if told:
        found += [_located(one, at, whose) for one in told]
        found.sort(key=_position)
    return found


def _positions(rows: Sequence[Any], kind: str) -> list[int]:
    return [position for position, row in enumerate(rows) if row.type == kind]


def _related(
    rows: Sequence[Any], doubts: Doubts, texts: Mapping[str, str], declaration: Declaration
) -> Iterator[Finding]:
    seen = Seen({}, declaration)
    for position, row in enumerate(rows):
        if row.type == "labels":
            seen.regions.add(row.id)
            if doubts.doubled:
                seen.spans.append(_span(position, row, texts))
        elif row.type == "relation" and doubts.relations:
            seen.relations.append(_row(position, row))
    if doubts.doubled:
        yield from checks_spans.duplicates(seen)
    if doubts.relations:
        yield from checks_relations.relations(seen)


def _crossing(
    position: int, row: Any, texts: Mapping[str, str], at: str, whose: tuple[str, str, str | None]
) -> Finding:
    value = row.value
    name = named(value.labels, texts[row.to_name][value.start : value.end], value.start, value.end)
    return Finding(
        "F_SPAN_PARAGRAPH", _FINDING.severity, f"{name}: {checks_spans.CROSSING}", _FINDING.fix, *whose, row.id,
        f"{at}/result/{position}/value",
    )  # fmt: skip


def _located(found: Finding, at: str, whose: tuple[str, str, str | None]) -> Finding:
    # `dataclasses.replace` takes four times as long.
    return Finding(
        found.code, found.severity, found.message, found.fix, *whose, found.region, f"{at}{found.json_pointer}"
    )  # fmt: skip


def _span(position: int, row: Any, texts: Mapping[str, str]) -> Span:
    value = row.value
    return Span(_row(position, row), tuple(value.labels), value.start, value.end, texts[row.to_name])


def _row(position: int, row: Any) -> Row:
    return Row(position, msgspec.to_builtins(row))


def _position(found: Finding) -> int:
    return int((found.json_pointer or "").split("/")[5])
