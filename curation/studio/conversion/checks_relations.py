"""Rules on the relations of one raw annotation. A relation has at most one fault: the gravest speaks."""

from __future__ import annotations

from collections.abc import Iterator

from curation.findings import finding
from curation.records import Finding
from curation.studio.conversion.checks_seen import Seen, listing, shown
from curation.studio.conversion.outcome import severity_of
from curation.studio.raw import Row, strings

_Arrow = tuple[str, str, str | None]


def relations(seen: Seen) -> Iterator[Finding]:
    """Both ends are there and not the same, labels are the interface's, as many as it takes, nothing is drawn twice."""
    drawn: set[_Arrow] = set()
    for row in seen.relations:
        found = _dangling(seen, row) or _loop(row) or _labels(seen, row) or _double(row, drawn)
        drawn.update(_arrows(row))
        if found is not None:
            yield found


def double(row: Row) -> Finding:
    """That a relation says again what one before it says."""
    return _finding("F_RELATION_DUPLICATE", row, "it is drawn twice")


def _dangling(seen: Seen, row: Row) -> Finding | None:
    """The finding's region is the end that is missing."""
    lost = [end for end in ("from_id", "to_id") if row.word(end) not in seen.regions]
    if not lost or seen.nameless:
        return None
    missing = " and ".join(dict.fromkeys(f"{row.word(end)!r}" for end in lost))
    message = f"{_name(row)}: there is no region {missing}"
    return finding("F_RELATION_DANGLING", message, region=row.word(lost[0]), json_pointer=row.at(lost[0]))


def _loop(row: Row) -> Finding | None:
    if row.word("from_id") != row.word("to_id"):
        return None
    return _finding("F_RELATION_SELF", row, "both ends are the same region", "to_id")


def _labels(seen: Seen, row: Row) -> Finding | None:
    labels, declared = strings(row.document, "labels"), seen.declaration.relations
    if declared and not labels:
        return _finding("F_RELATION_UNLABELLED", row, f"pick one of {listing(declared)}", *_place(row))
    for position, label in enumerate(labels):
        if declared is not None and label not in declared:
            message = f"the interface's relations are {listing(declared)}"
            return _finding("F_RELATION_UNKNOWN", row, message, "labels", position)
    if seen.declaration.relation_single and len(labels) > 1:
        return _finding("F_CARDINALITY", row, f"it has {len(labels)} labels where one belongs", "labels")
    if len(set(labels)) < len(labels):
        return _finding("F_CARDINALITY", row, "it has a label twice", "labels")
    return None


def _double(row: Row, drawn: set[_Arrow]) -> Finding | None:
    return double(row) if drawn.intersection(_arrows(row)) else None


def _arrows(row: Row) -> set[_Arrow]:
    """What a relation says, once for each label and direction."""
    source, target, direction = row.word("from_id"), row.word("to_id"), row.word("direction")
    ends = [(source, target)] if direction in ("right", "bi") else []
    ends += [(target, source)] if direction in ("left", "bi") else []
    labels: list[str | None] = [*strings(row.document, "labels")]
    return {(*pair, label) for pair in ends for label in labels or [None]}


def _place(row: Row) -> tuple[str, ...]:
    return ("labels",) if "labels" in row.document else ()


def _name(row: Row) -> str:
    label = ", ".join(map(shown, strings(row.document, "labels"))) or "unlabelled relation"
    return f"{label} from {row.word('from_id')!r} to {row.word('to_id')!r}"


def _finding(code: str, row: Row, message: str, *path: str | int) -> Finding:
    place, severity = row.at(*path), severity_of(code)
    return finding(code, f"{_name(row)}: {message}", region=row.word("from_id"), json_pointer=place, severity=severity)
