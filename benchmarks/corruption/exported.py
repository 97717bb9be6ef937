"""What the conversion of an export can tell of each way to break an annotation: it knows the interface and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.corruption.breaking import WAYS
from benchmarks.corruption.grip import Stage, Way

_HALF = "stored text: a lone surrogate"

_IN_TASK = "task.toml declares it, and an export has none"
_UNTOLD: Mapping[str, str] = {
    "F_PATTERN": f"patterns of texts: {_IN_TASK}",
    "F_RELATION_ENDS": f"which labels a relation may join: {_IN_TASK}",
    "F_HOLDER_MISSING": f"which mentions need a holder: {_IN_TASK}",
    "F_HOLDER_UNNAMED": f"which mentions need a holder: {_IN_TASK}",
    "F_CONTRADICTION": f"which relations exclude each other: {_IN_TASK}",
    "F_TEXT_CHANGED": "an export holds the text that was annotated, and no newer one",
    "F_ARTICLE_UNKNOWN": "an export knows no articles but its own",
    "F_PARTS_MISSING": "an export does not say which items are parts of one article",
    "F_PARTS_DIFFER": "an export does not say which items are parts of one article",
}
"""What takes task.toml or a workspace to be told, and why."""

_OTHERWISE: Mapping[str, tuple[str, ...]] = {
    # Beyond 64 bits there is no column for it.
    "offset: far past the end": ("F_RAW_SCHEMA",),
    # What no reader takes is told while the file is read, with what becomes of it.
    "offset: NaN": ("F_JSON_NUMBER", "F_RAW_SCHEMA"),
    _HALF: ("F_JSON_SURROGATE", "F_TEXT_MISMATCH"),
    "row: a key with a lone surrogate": ("F_JSON_SURROGATE",),
    "row: nested without end": ("F_JSON_DEPTH", "F_RAW_SCHEMA"),
    "lead time: infinite": ("F_JSON_NUMBER",),
    # Tables are joined by the ids of annotations.
    "id: of the annotation, a string": ("F_EXPORT_ID",),
    "annotation: a list": ("F_RAW_SCHEMA", "F_EXPORT_ID"),
    "annotation: null": ("F_RAW_SCHEMA", "F_EXPORT_ID"),
    "article: without its text": ("F_EXPORT_TEXT",),
    "label: empty": ("F_LABEL_UNKNOWN",),
    "relation: an empty label": ("F_RELATION_UNKNOWN",),
    "relation: labels null": ("F_RELATION_UNLABELLED",),
    # Projects are none of an export.
    "annotator: again in a newer project": ("F_ANNOTATION_DOUBLED",),
    "annotator: missing": (),
    "annotator: a string": ("F_RAW_SCHEMA",),
}

_SILENT = {"annotator: missing": "an export may leave people out; its report counts the annotations that name nobody"}

_MISSING = frozenset({"F_REQUIRED_MISSING", "F_ATTRIBUTE_ORPHAN", "F_RELATION_DANGLING"})
"""What follows where a row cannot be read: the conversion reads on, and what that row held is missing."""

_FOLLOWS: Mapping[str, frozenset[str]] = {
    "id: missing": _MISSING,
    "id: a number": _MISSING,
    "id: empty": _MISSING,
    "id: null": _MISSING,
    "control: missing": _MISSING,
    "control: a number": _MISSING,
    "control: empty": _MISSING,
    "control: unknown, of an attribute": _MISSING,
    "attribute: the span is gone": _MISSING,
    # The interface has no such text, and its control writes another type.
    "span: of a HyperText object": frozenset({"F_CONTROL_UNKNOWN"}),
    "span: of a Paragraphs object": frozenset({"F_CONTROL_UNKNOWN"}),
    # Attributes of spans with one id, of a span with two labels or none, are those of neither for certain.
    "id: of another span": frozenset({"F_CARDINALITY"}),
    "id: a span given twice": frozenset({"F_CARDINALITY"}),
    "label: two": frozenset({"F_REQUIRED_MISSING"}),
    "label: none": frozenset({"F_ATTRIBUTE_LABEL"}),
}

_STRAY = frozenset({"attribute: the span is gone", "attribute: a free span is gone", "attribute: of no span"})
_EXCUSED: Mapping[str, frozenset[str]] = {
    "required: missing on a mention": _STRAY,
    "required: nothing on a claim": _STRAY,
}
"""Where a field has lost its span, one that a span lacks may be that."""


def _exported(way: Way) -> Way:
    stage = Stage.READING if way.name == _HALF else way.stage
    codes = tuple(code for code in way.codes if code not in _UNTOLD)
    follows = _FOLLOWS.get(way.name, frozenset())
    excused = way.excused_by | _EXCUSED.get(way.name, frozenset())
    codes = _OTHERWISE.get(way.name, codes)
    return replace(way, stage=stage, codes=codes, may=way.may | follows, excused_by=excused)


def _untold(way: Way) -> str:
    """Why nothing can be said in an export of an annotation that was broken in this way."""
    return _SILENT.get(way.name) or "; ".join(_UNTOLD[code] for code in way.codes)


EXPORTED: tuple[Way, ...] = tuple(_exported(way) for way in WAYS)
"""Every way, with the codes that the conversion must give."""

UNTOLD: Mapping[str, str] = {
    way.name: _untold(way) for way, exported in zip(WAYS, EXPORTED, strict=True) if not exported.codes
}
"""The ways of which an export shows nothing, and why."""
