"""What the conversion of an export can tell of each way to break an annotation: it knows the interface and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.corruption.breaking import WAYS
from benchmarks.corruption.grip import Stage, Way

_HALF = "stored text: a lone surrogate"
_UNTOLD = frozenset(
    {
        "F_PATTERN",
        "F_RELATION_ENDS",
        "F_HOLDER_MISSING",
        "F_HOLDER_UNNAMED",
        "F_CONTRADICTION",
        "F_TEXT_CHANGED",
        "F_ARTICLE_UNKNOWN",
        "F_PARTS_MISSING",
        "F_PARTS_DIFFER",
    }
)
"""What takes task.toml or a workspace to be told."""

_OTHERWISE: Mapping[str, tuple[str, ...]] = {
    # Beyond 64 bits there is no column for it.
    "offset: far past the end": ("F_RAW_SCHEMA",),
    # Half characters, endless numbers and NaN are told and mended before, while the file is read.
    _HALF: ("F_TEXT_MISMATCH",),
    "row: a key with a lone surrogate": (),
    "lead time: infinite": (),
    # Ids of annotations belong to the tables.
    "id: of the annotation, a string": (),
    "label: empty": ("F_LABEL_UNKNOWN",),
    "relation: an empty label": ("F_RELATION_UNKNOWN",),
    "relation: labels null": ("F_RELATION_UNLABELLED",),
    # Projects are none of an export.
    "annotator: again in a newer project": ("F_ANNOTATION_DOUBLED",),
    # A row of no control is kept as it is.
    "control: none": (),
    # Minimal exports leave people out.
    "annotator: missing": (),
    "annotator: a string": ("F_RAW_SCHEMA",),
    "annotation: a list": ("F_RAW_SCHEMA",),
    "annotation: null": ("F_RAW_SCHEMA",),
}

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


def _exported(way: Way) -> Way:
    stage = Stage.READING if way.name == _HALF else way.stage
    codes = tuple(code for code in way.codes if code not in _UNTOLD)
    follows = _FOLLOWS.get(way.name, frozenset())
    return replace(way, stage=stage, codes=_OTHERWISE.get(way.name, codes), may=way.may | follows)


EXPORTED: tuple[Way, ...] = tuple(_exported(way) for way in WAYS)
"""Every way, with the codes that the conversion must give."""
