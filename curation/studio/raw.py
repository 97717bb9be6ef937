"""The border: is a JSON value shaped like a Label Studio annotation, and which text tag do its rows come from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curation.catalog import Schemas
from curation.catalog.schemas import SchemaProblem, pointer
from curation.findings import finding
from curation.records import Finding

SCHEMA = "label-studio-annotation"

_SURROGATE = re.compile("[\ud800-\udfff]")
_DEPTH = 100
_BITS = 256
_FOREIGN_LABELS = {"hypertextlabels": "HyperText", "paragraphlabels": "Paragraphs"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a result, at `position`. Its accessors take nothing for granted."""

    position: int
    document: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The row's type, empty if it has none."""
        return self.word("type")

    @property
    def id(self) -> str:
        """The region's id, empty if the row has none."""
        return self.word("id")

    @property
    def control(self) -> str:
        """The control that wrote the row, empty if none is named."""
        return self.word("from_name")

    @property
    def value(self) -> Mapping[str, Any]:
        """The row's value, empty if it has none."""
        value = self.document.get("value")
        return value if isinstance(value, dict) else {}

    @property
    def offsets(self) -> tuple[int | None, int | None]:
        """Start and end, None for one that is absent or no integer."""
        start, end = self.value.get("start"), self.value.get("end")
        return start if type(start) is int else None, end if type(end) is int else None

    @property
    def text_tag(self) -> str:
        """The tag whose text the row's offsets count: `Text`, `HyperText` or `Paragraphs`."""
        for key, tag in _FOREIGN_LABELS.items():
            if self.type == key or key in self.value:
                return tag
        start = self.value.get("start")
        if isinstance(start, str) and start.startswith("/"):
            return "HyperText"
        return "Paragraphs" if isinstance(start, str) and "startOffset" in self.value else "Text"

    def word(self, key: str) -> str:
        """The string under a key of the row, empty if there is none."""
        found = self.document.get(key)
        return found if isinstance(found, str) else ""

    def word_of_value(self, key: str) -> str:
        """The string under a key of the row's value, empty if there is none."""
        found = self.value.get(key)
        return found if isinstance(found, str) else ""

    def at(self, *path: str | int) -> str:
        """A JSON pointer into the raw annotation, to a place in this row."""
        return pointer(("result", self.position, *path))


def strings(document: Mapping[str, Any], key: str) -> list[str]:
    """The strings in the list under a key, empty if there is none."""
    found = document.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def rows_of(raw: Any) -> list[Row]:
    """The rows of a raw annotation's result that are JSON objects; empty if there is no result."""
    result = raw.get("result") if isinstance(raw, dict) else None
    rows = enumerate(result) if isinstance(result, list) else ()
    return [Row(position, row) for position, row in rows if isinstance(row, dict)]


def origin_of(raw: Mapping[str, Any]) -> str:
    """Where the rows come from: "manual", "prediction" if all are as suggested, else "prediction-changed".

    Relations do not say, so they are held against the suggestion if it is enclosed.
    """
    origins = {row.word("origin") for row in rows_of(raw)} - {""}
    if origins <= {"manual"}:
        return "manual"
    suggested = rows_of(raw.get("prediction"))
    if origins != {"prediction"} or (suggested and _parts(suggested) != _parts(rows_of(raw))):
        return "prediction-changed"
    return "prediction"


def _parts(rows: list[Row]) -> set[tuple[str, ...]]:
    """The controls used on each region, and the relations with their labels."""
    ends = ("from_id", "to_id", "direction")
    return {
        (row.type, row.id, row.control, *(row.word(key) for key in ends), *strings(row.document, "labels"))
        for row in rows
    }


def shape_problems(raw: Any, schemas: Schemas) -> list[Finding]:
    """What in a storable JSON value breaks the schema of raw annotations.

    Rows with offsets of another text tag are not held against it: they have a finding of their own.
    """
    foreign = {row.at() for row in rows_of(raw) if row.text_tag != "Text"}
    problems = [
        *(found for found in schemas.problems(SCHEMA, raw) if "/".join(found.pointer.split("/")[:3]) not in foreign),
        *_inexact_offsets(raw),
    ]
    return [_finding(found) for found in problems]


def unstorable(raw: Any) -> Finding | None:
    """Something in a JSON value that no later step survives: a lone surrogate, a boundless number or nesting."""
    stack: list[tuple[Any, tuple[str | int, ...]]] = [(raw, ())]
    while stack:
        value, path = stack.pop()
        message = _unstorable(value, len(path))
        if message is not None:
            return _finding(SchemaProblem(pointer(path), message))
        if isinstance(value, dict):
            stack += [(child, (*path, key)) for key, child in value.items()]
        elif isinstance(value, list):
            stack += [(child, (*path, position)) for position, child in enumerate(value)]
    return None


def _unstorable(value: Any, depth: int) -> str | None:
    if isinstance(value, str):
        return "a lone surrogate, which is no character" if _SURROGATE.search(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{value} is no JSON number"
    if isinstance(value, int):
        return "a number out of all bounds" if value.bit_length() > _BITS else None
    if isinstance(value, dict) and any(_SURROGATE.search(key) for key in value):
        return "a key with a lone surrogate, which is no character"
    return "nested too deeply" if isinstance(value, dict | list) and depth >= _DEPTH else None


def _inexact_offsets(raw: Any) -> Iterator[SchemaProblem]:
    # JSON Schema takes 3.0 for an integer; an offset is one only if it is written so.
    for row in rows_of(raw):
        for key in ("start", "end"):
            offset = row.value.get(key)
            if row.text_tag == "Text" and isinstance(offset, float) and offset.is_integer():
                yield SchemaProblem(row.at("value", key), f"{offset} is not of type 'integer'")


def _finding(problem: SchemaProblem) -> Finding:
    return finding("F_RAW_SCHEMA", str(problem), json_pointer=problem.pointer)
