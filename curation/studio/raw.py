"""The border: is a JSON value shaped like a Label Studio annotation, and which text tag do its rows come from."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from curation.findings import finding
from curation.pointers import SchemaProblem, pointer
from curation.records import Finding

if TYPE_CHECKING:
    from curation.catalog import Schemas

SCHEMA = "label-studio-annotation"

_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
_DEPTH = 100
_BITS = 256
_FOREIGN_LABELS = {"hypertextlabels": "HyperText", "paragraphlabels": "Paragraphs"}

LABEL_ROWS = frozenset(("labels", *_FOREIGN_LABELS))
"""The types of the rows that mark a span."""

VALUE_KEYS: Mapping[str, str] = {
    **{row_type: row_type for row_type in (*sorted(LABEL_ROWS), "choices", "taxonomy", "rating", "number")},
    "textarea": "text",
}
"""The key under which the value of each type of row holds what its control wrote."""


class Row:
    """One row of a result, at `position`. What it says of itself takes nothing for granted.

    `type`, `id` of its region and `control` that wrote it are empty strings, and `value` is an empty mapping, where the
    row has none. `text_tag` is the tag whose text its offsets count: `Text`, `HyperText` or `Paragraphs`.
    """

    # Every annotation is many rows, each of which is asked many times.
    __slots__ = ("control", "document", "id", "position", "text_tag", "type", "value")

    def __init__(self, position: int, document: Mapping[str, Any]) -> None:
        self.position = position
        self.document = document
        self.type = self.word("type")
        self.id = self.word("id")
        self.control = self.word("from_name")
        value = document.get("value")
        self.value: Mapping[str, Any] = value if isinstance(value, dict) else {}
        self.text_tag = _text_tag(self.type, self.value)

    @property
    def offsets(self) -> tuple[int | None, int | None]:
        """Start and end, None for one that is absent or no integer."""
        start, end = self.value.get("start"), self.value.get("end")
        return start if type(start) is int else None, end if type(end) is int else None

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


def _text_tag(row_type: str, value: Mapping[str, Any]) -> str:
    for key, tag in _FOREIGN_LABELS.items():
        if row_type == key or key in value:
            return tag
    start = value.get("start")
    if not isinstance(start, str):
        return "Text"
    if start.startswith("/"):
        return "HyperText"
    return "Paragraphs" if "startOffset" in value else "Text"


def kind_of(value: Any) -> str:
    """What a JSON value is, for messages."""
    return _KINDS.get(type(value), "a number")


def rows_of(raw: Any) -> list[Row]:
    """The rows of a raw annotation's result that are JSON objects; empty if there is no result."""
    result = raw.get("result") if isinstance(raw, dict) else None
    rows = enumerate(result) if isinstance(result, list) else ()
    return [Row(position, row) for position, row in rows if isinstance(row, dict)]


def origin_of(raw: Mapping[str, Any]) -> str:
    """Where the rows come from: "manual", "prediction" if all are as suggested, else "prediction-changed".

    Relations do not say, so they are held against the suggestion if it is enclosed.
    """
    result = raw.get("result")
    given = (row.get("origin") for row in (result if isinstance(result, list) else ()) if isinstance(row, dict))
    origins = {origin for origin in given if isinstance(origin, str) and origin}
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


def shape_problems(raw: Any, rows: Collection[Row], schemas: Schemas) -> list[Finding]:
    """What in a storable JSON value, the `rows_of` which are given, breaks the schema of raw annotations.

    Rows with offsets of another text tag are not held against it: they have a finding of their own.
    """
    problems = schemas.problems(SCHEMA, raw)
    if problems:
        foreign = {row.at() for row in rows if row.text_tag != "Text"}
        problems = [found for found in problems if "/".join(found.pointer.split("/")[:3]) not in foreign]
    return [_finding(found) for found in (*problems, *_inexact_offsets(rows))]


def unstorable(raw: Any) -> Finding | None:
    """Something in a JSON value that no later step survives: a lone surrogate, a boundless number or nesting."""
    if _is_storable(raw):
        return None
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


def _is_storable(raw: Any) -> bool:
    """Whether nothing is wrong for certain: level by level, and without the place of anything."""
    level: list[Any] = [raw]
    for _ in range(_DEPTH):
        deeper: list[Any] = []
        for value in level:
            kind = type(value)
            if kind is str:
                if not value.isascii() and _SURROGATE.search(value):
                    return False
            elif kind is dict:
                keys = "".join(value)
                if not keys.isascii() and _SURROGATE.search(keys):
                    return False
                deeper += value.values()
            elif kind is list:
                deeper += value
            elif (kind is int and value.bit_length() > _BITS) or (kind is float and not math.isfinite(value)):
                return False
        if not deeper:
            return True
        level = deeper
    return False


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


def _inexact_offsets(rows: Iterable[Row]) -> Iterator[SchemaProblem]:
    # JSON Schema takes 3.0 for an integer; an offset is one only if it is written so.
    for row in rows:
        if row.text_tag != "Text":
            continue
        for key in ("start", "end"):
            offset = row.value.get(key)
            if isinstance(offset, float) and offset.is_integer():
                yield SchemaProblem(row.at("value", key), f"{offset} is not of type 'integer'")


def _finding(problem: SchemaProblem) -> Finding:
    return finding("F_RAW_SCHEMA", str(problem), json_pointer=problem.pointer)
