"""Rules on labels and fields of one raw annotation: whose, which values, how many, what is missing or misplaced."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from curation.findings import finding
from curation.records import Finding
from curation.studio.conversion.checks_seen import FIELDS, Seen, Span, listing, shown, unfit
from curation.studio.conversion.checks_shape import is_blank
from curation.studio.conversion.checks_spans import ambiguous
from curation.studio.conversion.declaration import Declared
from curation.studio.raw import VALUE_KEYS, Row
from curation.text import quote

_OFFSETS = ("start", "end", "startOffset", "endOffset")


def controls(seen: Seen) -> Iterator[Finding]:
    """Every row comes from a control of the interface, about the object that it is for."""
    if seen.declaration.inferred:
        return
    for row in seen.rows:
        declared = seen.declaration.controls.get(row.control)
        if declared is not None:
            problem = unfit(row, declared, seen.declaration)
        elif seen.declaration.open:
            problem = None
        else:
            named = f"the interface has no control {row.control!r}"
            problem = "from_name", named if row.control else f"no control is named that wrote {row.type!r}"
        if problem:
            place = problem[:1] if problem[0] in row.document else ()
            yield _finding(seen, "F_CONTROL_UNKNOWN", row, problem[1], *place)


def labels(seen: Seen) -> Iterator[Finding]:
    """Every label is one of its control's."""
    for span in seen.spans:
        declared = seen.fits(span.row)
        if declared is None or declared.values is None:
            continue
        for position, label in enumerate(span.labels):
            if label not in declared.values:
                message = f"{declared.name!r} has no label {quote(label)}; its labels are {listing(declared.values)}"
                yield span.finding("F_LABEL_UNKNOWN", message, "value", VALUE_KEYS[span.row.type], position)


def label_counts(seen: Seen) -> Iterator[Finding]:
    """A span has one label where its control takes one, at least one otherwise, none twice."""
    for span in seen.spans:
        declared = seen.fits(span.row)
        single = declared is not None and declared.single
        problem = None
        may_be_empty = (declared is not None and declared.empty) or (seen.declaration.inferred and is_blank(span.row))
        if not span.labels and not may_be_empty:
            problem = "it has no label"
        elif single and len(span.labels) > 1:
            problem = f"it has {len(span.labels)} labels where one belongs"
        elif len(set(span.labels)) < len(span.labels):
            problem = "it has a label twice"
        if problem:
            yield span.finding("F_CARDINALITY", problem, "value", VALUE_KEYS[span.row.type])


def values(seen: Seen) -> Iterator[Finding]:
    """Every value is one of its control's."""
    for row in seen.rows:
        declared, kind = seen.fits(row), seen.kind(row)
        if declared is None or kind not in FIELDS or kind == "textarea" or _is_mislabelled(seen, row):
            continue
        key = VALUE_KEYS[row.type]
        for position, value in enumerate(_written(row)):
            if not _knows(declared, value) and not _is_blank(kind, value):
                path = ("value", key) if kind in ("rating", "number") else ("value", key, position)
                message = f"{row.control!r} holds {_shown(value)}, which is no value of it; {_takes(declared, value)}"
                yield _finding(seen, "F_VALUE_UNKNOWN", row, message, *path)


def counts(seen: Seen) -> Iterator[Finding]:
    """A field holds one value where its control takes one, at least one otherwise, none empty or twice."""
    for (control, _), rows in seen.values.items():
        for row, problem in () if _is_mislabelled(seen, rows[0]) else _counted(seen, rows):
            yield _finding(seen, "F_CARDINALITY", row, f"{control!r} holds {problem}", "value", VALUE_KEYS[row.type])


def required(seen: Seen) -> Iterator[Finding]:
    """Every required control has a value wherever it was surely shown.

    Silent about regions that are to be redone, and about a control of which a value belongs to no region that is there:
    it may be the one that is missing.
    """
    doubtful: set[str] | None = None
    astray: set[str] = set()
    for control in seen.declaration.controls.values():
        if not control.required or control.kind == "labels":
            continue
        if not control.per_region:
            if (control.name, None) not in seen.filled and seen.shows(control, None):
                message = f"{control.name!r} is required and has no value"
                yield finding("F_REQUIRED_MISSING", message, json_pointer="/result")
            continue
        for span in _first_rows(seen):
            if (control.name, span.id) in seen.filled or span.row.word("to_name") not in control.to_names:
                continue
            if doubtful is None:
                doubtful, astray = _doubtful(seen), _astray(seen)
            if control.name in astray:
                break
            if span.id not in doubtful and seen.shows(control, span.id):
                message = f"{control.name!r} is required and has no value"
                yield span.finding("F_REQUIRED_MISSING", message)


def orphans(seen: Seen) -> Iterator[Finding]:
    """A field of a region has its region; one finding for each region that is not there."""
    told: set[str] = set()
    for row in seen.rows:
        declared = seen.fits(row)
        if declared is None or not declared.per_region or seen.kind(row) not in FIELDS:
            continue
        if row.id not in seen.anchors and row.id not in told and not seen.nameless:
            told.add(row.id)
            message = f"{row.control!r} is about a region, and there is no span with the id {row.id!r}"
            yield _finding(seen, "F_ATTRIBUTE_ORPHAN", row, message, "id")


def places(seen: Seen) -> Iterator[Finding]:
    """A field of a region repeats its region's offsets, if it has any; one finding a region."""
    told: set[str] = set()
    for row in seen.rows:
        spans = seen.by_id.get(row.id)
        if not spans or seen.kind(row) not in FIELDS or row.id in told or any(span.misplaced for span in spans):
            continue
        if not any(_is_at(row, span) for span in spans):
            told.add(row.id)
            message = f"{row.control!r} is at {_offsets(row)}, its span at {_offsets(spans[0].row)}"
            yield _finding(seen, "F_ATTRIBUTE_OFFSETS", row, message, "value", "start")


def belonging(seen: Seen) -> Iterator[Finding]:
    """A field of a region is one that its label has; one finding a region."""
    told: set[str] = set()
    for row in _mislabelled(seen):
        if row.id not in told:
            told.add(row.id)
            held = ", ".join(shown(label) for span in seen.by_id[row.id] for label in span.labels)
            message = f"{row.control!r} is not shown for {held or 'a span without a label'}"
            yield _finding(seen, "F_ATTRIBUTE_LABEL", row, message, "from_name")


def _doubtful(seen: Seen) -> set[str]:
    """The regions of which it is not certain what they are, so that nobody knows what they need."""
    return (
        ambiguous(seen)
        | {row.id for row in _mislabelled(seen)}
        | {
            span.id
            for span in seen.spans
            if len(span.labels) > 1 and (control := seen.fits(span.row)) and control.single
        }
    )


def _astray(seen: Seen) -> set[str]:
    """The controls of which a value is there whose region is not."""
    return {control for control, region in seen.filled if region is not None and region not in seen.anchors}


def _mislabelled(seen: Seen) -> Iterator[Row]:
    return (row for row in seen.rows if _is_mislabelled(seen, row))


def _is_mislabelled(seen: Seen, row: Row) -> bool:
    """Whether a field's row belongs to a region whose label does not have that field."""
    declared = seen.fits(row)
    if declared is None or not declared.conditions or seen.kind(row) not in FIELDS or row.id not in seen.by_id:
        return False
    return seen.shows(declared, row.id, regions_alone=True) is False and not _has_unknown_label(seen, row.id)


def _has_unknown_label(seen: Seen, region: str) -> bool:
    """Whether a label of a region is none of its control's: that is told, and what belongs to it nobody knows."""
    for span in seen.by_id[region]:
        declared = seen.fits(span.row)
        if declared is None or (declared.values is not None and not declared.values.issuperset(span.labels)):
            return True
    return False


def _first_rows(seen: Seen) -> Iterator[Span]:
    """One span a region, though several controls may have labelled it."""
    for spans in seen.by_id.values():
        yield spans[0]


def _counted(seen: Seen, rows: list[Row]) -> Iterator[tuple[Row, str]]:
    """Rows of one place that hold too much or too little, and what."""
    kind, declared = seen.kind(rows[0]), seen.fits(rows[0])
    single = kind in ("rating", "number") or (declared is not None and declared.single)
    held: set[Hashable] = set()
    for row in rows:
        found = _written(row)
        count = len(held)
        if not found or any(_is_blank(kind, value) for value in found):
            yield row, "no value" if not found else "an empty value"
        elif single and count + len(found) > 1:
            yield row, f"{count + len(found)} values where one belongs"
        elif kind in ("choices", "taxonomy") and (
            len({_key(value) for value in found}) < len(found) or any(_key(value) in held for value in found)
        ):
            yield row, "a value twice"
        held.update((row.position, position) if single else _key(value) for position, value in enumerate(found))


def _is_blank(kind: str, value: Any) -> bool:
    return kind in ("choices", "textarea") and isinstance(value, str) and not value.strip()


def _written(row: Row) -> list[Any]:
    """The values of a well-shaped field's row: strings, paths, or the one number."""
    found = row.value.get(VALUE_KEYS[row.type])
    return found if isinstance(found, list) else [found]


def _key(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value


def _knows(declared: Declared, value: Any) -> bool:
    if isinstance(value, int | float):
        least, most = declared.least, declared.most
        return (least is None or value >= least) and (most is None or value <= most)
    if declared.values is None:
        return True
    if isinstance(value, list):
        return declared.paths is not None and tuple(value) in declared.paths
    return value in declared.values


def _takes(declared: Declared, value: Any) -> str:
    """What a control takes, of the kind that a value is."""
    if isinstance(value, int | float):
        bounds = ((declared.least, "at least"), (declared.most, "at most"))
        return "it takes " + " and ".join(f"{which} {bound:g}" for bound, which in bounds if bound is not None)
    if isinstance(value, list):
        return f"its paths are {listing(map(' / '.join, declared.paths or ()))}"
    return f"its values are {listing(declared.values or ())}"


def _shown(value: Any) -> str:
    return quote(value if isinstance(value, str) else " / ".join(value) if isinstance(value, list) else repr(value))


def _is_at(row: Row, span: Span) -> bool:
    """Whether a row repeats a span's offsets, as far as it has any."""
    there = span.row.value
    return all(row.value.get(key) in (None, there.get(key)) for key in _OFFSETS)


def _offsets(row: Row) -> str:
    start, end = row.value.get("start"), row.value.get("end")
    inside = (row.value.get("startOffset"), row.value.get("endOffset"))
    return f"{start}–{end}" if inside == (None, None) else f"{start} {inside[0]}–{end} {inside[1]}"


def _finding(seen: Seen, code: str, row: Row, message: str, *path: str | int) -> Finding:
    region = row.id if row.id in seen.regions or row.id in seen.by_id else None
    return finding(code, message, region=region, json_pointer=row.at(*path))
