"""Any result row as a row of a table: what no column holds is kept beside it, and what no table holds as it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from curation.studio.conversion.declaration import ROW_TYPES, Declaration
from curation.studio.conversion.inferring import text_tag
from curation.studio.conversion.reading import Texts
from curation.studio.conversion.tables import Batch, folded
from curation.studio.raw import VALUE_KEYS, Row
from curation.studio.rendering import rendered
from curation.text import is_span
from curation.units import Refused

TABLE_OF = {
    "choices": "choices",
    "taxonomy": "taxonomies",
    "rating": "ratings",
    "number": "numbers",
    "textarea": "texts",
}
"""The table of each kind of control that says something about a region or an item."""

_OWN = {
    "items": ("id", "data", "annotations", "predictions", "drafts", "created_at", "updated_at"),
    "annotations": (
        "id", "completed_by", "result", "was_cancelled", "ground_truth", "created_at", "updated_at", "lead_time",
        "unique_id",
    ),
    "predictions": ("id", "model_version", "score", "result"),
    "drafts": ("id", "user", "result", "created_at", "updated_at"),
}  # fmt: skip
_MISSING = object()
_MOST = 1 << 31
_EXACT = 1 << 53


def json_of(value: Any) -> str:
    """A value as JSON."""
    return msgspec.json.encode(value).decode()


def extra_of(table: str, extra: Mapping[str, Any], kept: Counter[str]) -> str | None:
    """What no column holds as JSON, None if there is nothing; its keys are counted.

    A key of a column that is null stays as well, but nothing is left uninterpreted by that.
    """
    if not extra:
        return None
    own = _OWN.get(table, ())
    for key, value in extra.items():
        if value is None and key in own:
            continue
        if key == "value" and isinstance(value, dict) and value:
            kept.update(f"{table}.value.{inner}" for inner in value)
        else:
            kept[f"{table}.{key}"] += 1
    return json_of(extra)


def stored_of(stored: str, text: str | None) -> str | None:
    """A stored text, unless it is what Label Studio writes for the text between the offsets."""
    return None if text is not None and rendered(text) == stored else stored


class Results:
    """Puts the rows of one annotation after the other into the tables of a batch."""

    def __init__(self, declaration: Declaration, kept: Counter[str]) -> None:
        self._declaration = declaration
        self._kept = kept

    def put(self, batch: Batch, result: Sequence[Any], texts: Texts, before: Mapping[int, tuple[int, int]]) -> None:
        """Append all rows; `before` are offsets as they stood in the file, by row, where they were converted."""
        rows = [Row(position, row) if isinstance(row, dict) else None for position, row in enumerate(result)]
        spans: dict[str, Row] = {}
        for row in rows:
            if row is not None and row.id and self._kind(row) == "labels":
                spans.setdefault(row.id, row)
        for position, (row, given) in enumerate(zip(rows, result, strict=True)):
            if row is None:
                self._other(batch, position, None, given)
                continue
            kind = "relation" if row.type == "relation" else self._kind(row)
            if kind == "relation" and row.word("from_id") and row.word("to_id"):
                self._relation(batch, row)
            elif kind == "labels" and isinstance(row.document.get("value"), dict):
                self._mention(batch, row, texts, before.get(position))
            elif not (kind in TABLE_OF and self._said(batch, row, kind, spans, before.get(position))):
                self._other(batch, position, row, given)

    def _kind(self, row: Row) -> str:
        declared = self._declaration.controls.get(row.control)
        return "other" if declared is not None and declared.kind == "other" else ROW_TYPES.get(row.type, "other")

    def _other(self, batch: Batch, position: int, row: Row | None, given: Any) -> None:
        named = (None, None) if row is None else (row.type or None, row.control or None)
        self._kept[f"other.{named[0] or 'no type'}"] += 1
        batch.rows["other"].add(named, (position, json_of(given)), {})

    def _relation(self, batch: Batch, row: Row) -> None:
        rest = dict(row.document)
        ends = rest.pop("from_id"), rest.pop("to_id")
        del rest["type"]
        combination = _word(rest, "direction"), _strings(rest, "labels")
        batch.rows["relations"].add(combination, ends, {"extra": extra_of("relations", rest, self._kept)})

    def _mention(self, batch: Batch, row: Row, texts: Texts, before: tuple[int, int] | None) -> None:
        rest, value = dict(row.document), dict(row.value)
        text = texts.of(row.word("to_name"))
        start, end = self._place(row, texts)
        if text_tag(row) == "Text":
            for key, offset in (("start", start), ("end", end)):
                if offset is not None:
                    del value[key]
        if before is not None:
            value |= {"start": before[0], "end": before[1]}
        place = (start, end) if start is not None and end is not None else None
        slice_ = text[place[0] : place[1]] if text is not None and place and is_span(*place, len(text)) else None
        stored = stored_of(value.pop("text"), slice_) if isinstance(value.get("text"), str) else None
        if row.type == "labels":
            del rest["type"]
        labels = _strings(value, VALUE_KEYS[row.type])
        identity = _word(rest, "id")
        combination = _word(rest, "from_name"), _word(rest, "to_name"), labels, _word(rest, "origin")
        score = rest.pop("score") if _is_float(rest.get("score")) else None
        rest.pop("value")
        if value:
            rest["value"] = value
        extra = extra_of("mentions", rest, self._kept)
        offsets = -1 if start is None else start, -1 if end is None else end
        batch.rows["mentions"].add(
            combination, (identity, *offsets, slice_), {"stored": stored, "score": score, "extra": extra}
        )

    def _place(self, row: Row, texts: Texts) -> tuple[int | None, int | None]:
        target = row.word("to_name")
        shown = self._declaration.texts.get(target)
        if text_tag(row) == "Text" and (shown is None or shown.tag == "Text"):
            start, end = row.offsets
            return _offset(start), _offset(end)
        if target in texts.pages and shown is not None:
            try:
                return texts.pages[target].span(row.value)
            except Refused:
                pass
        return None, None

    def _said(
        self, batch: Batch, row: Row, kind: str, spans: Mapping[str, Row], before: tuple[int, int] | None
    ) -> bool:
        """Append what a control says of a region or of the item; False if it is not shaped so."""
        own = VALUE_KEYS[row.type]
        written = row.value.get(own)
        value = dict(row.value)
        nested = kind == "choices" and isinstance(written, list) and any(isinstance(one, list) for one in written)
        if nested:
            # Choices below choices are written as the ways to them.
            kind = "taxonomy"
        cell = _written(kind, [[one] if isinstance(one, str) else one for one in written or ()] if nested else written)
        if cell is None:
            return False
        if not (isinstance(written, str) or (nested and any(isinstance(one, str) for one in written or ()))):
            del value[own]
        rest = dict(row.document)
        span = spans.get(row.id)
        declared = self._declaration.controls.get(row.control)
        of_region = bool(row.id) and (
            span is not None or "start" in value or (declared is not None and declared.per_region)
        )
        identity = rest.pop("id") if of_region else None
        there = span.value if span is not None else {}
        # What a row repeats of its region stands there; its own words may be the region's by chance.
        value = {key: one for key, one in value.items() if key == own or not _same(there.get(key, _MISSING), one)}
        if before is not None and (span is None or not value.keys().isdisjoint(("start", "end"))):
            value |= {"start": before[0], "end": before[1]}
        if not nested:
            del rest["type"]
        where = _word(rest, "from_name"), _word(rest, "to_name")
        del rest["value"]
        origin = _word(rest, "origin")
        if value:
            rest["value"] = value
        table = TABLE_OF[kind]
        coded = (*where, cell, origin) if kind in ("choices", "taxonomy") else (*where, origin)
        dense = (identity,) if kind in ("choices", "taxonomy") else (identity, cell)
        batch.rows[table].add(coded, dense, {"extra": extra_of(table, rest, self._kept)})
        return True


def _written(kind: str, written: Any) -> Any:
    """The cell for what a row holds; None if it is no such value."""
    if kind in ("rating", "number"):
        return written if _is_float(written) else None
    if kind == "textarea" and isinstance(written, str):
        return [written]
    if not isinstance(written, list):
        return None
    if kind == "taxonomy":
        paths = all(isinstance(path, list) and all(isinstance(step, str) for step in path) for path in written)
        return tuple(map(tuple, written)) if paths else None
    if not all(isinstance(one, str) for one in written):
        return None
    return folded(written) if kind == "choices" else written


def _strings(document: dict[str, Any], key: str) -> str | tuple[str, ...] | None:
    """The list of strings under a key, taken out; None, and nothing taken out, if it is none."""
    found = document.get(key)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        return None
    del document[key]
    return folded(found)


def _word(document: dict[str, Any], key: str) -> str | None:
    """The string under a key, taken out; None, and nothing taken out, if it is none."""
    return document.pop(key) if isinstance(document.get(key), str) else None


def _offset(given: int | None) -> int | None:
    return given if given is not None and 0 <= given < _MOST else None


def _is_float(value: Any) -> bool:
    return type(value) is float or (type(value) is int and -_EXACT <= value <= _EXACT)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other
