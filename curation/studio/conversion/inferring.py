"""Tell from a sample of items what they were annotated with, where no interface is at hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from curation.studio.conversion.declaration import ROW_TYPES, Declaration, Declared, Kind, Shown
from curation.studio.foreign import TEXT_KEY, foreign
from curation.studio.raw import Row, rows_of
from curation.studio.rendering import agreement
from curation.units import Refused

_Tag = Literal["Text", "HyperText", "Paragraphs"]
_Item = tuple[Mapping[str, Any], list[Row]]

_ENOUGH = 200
_ENOUGH_PAGES = 40
_DEPTH = 3
_PLAIN = re.compile(r"[\w-]+").fullmatch
_LIKELY = ("text", "body", "content", "article", "document", "sentence", "html", "dialogue")
_ADDRESSES = ("http://", "https://", "s3://", "gs://", "azure-blob://", "/data/")


@dataclass(slots=True)
class _Used:
    """What rows of one control look like."""

    types: Counter[str] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    on_spans: int = 0
    fractions: int = 0


def infer(sample: Sequence[Any]) -> Declaration:
    """Controls by the rows that they wrote, and for each text object the key of the data that it shows.

    That key is the one between whose offsets the stored texts stand; else the one with the object's name; else the
    only one that can hold a text, or the likeliest; a path into the data (`doc.body`) comes after all others. Nothing
    that an inferred control could hold is known to be wrong: `values` are not known, and no control is `single` or
    `required`. Takes any JSON values; never raises.
    """
    items = [(_data(item), _rows(item)) for item in sample if isinstance(item, dict)]
    controls = {name: _control(name, used) for name, used in _used(sample).items()}
    return Declaration(controls=controls, texts=_texts(controls, items), relations=None, inferred=True)


def _data(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item's data, with what lies in its objects under paths such as an interface would name."""
    data = item.get("data")
    # A key that is written like a path goes first, as it does in Label Studio.
    return {**dict(_within(data, "", _DEPTH)), **data} if isinstance(data, dict) else {}


def _within(data: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, Any]]:
    yield from ((f"{above}{key}", value) for key, value in data.items())
    for key, value in data.items():
        if isinstance(value, dict) and depth and _PLAIN(key):
            yield from _within({name: one for name, one in value.items() if _PLAIN(name)}, f"{above}{key}.", depth - 1)


def _annotations(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in ("annotations", "completions"):
        found = item.get(key)
        yield from (one for one in (found if isinstance(found, list) else ()) if isinstance(one, dict))


def _rows(item: Mapping[str, Any]) -> list[Row]:
    return [row for annotation in _annotations(item) for row in rows_of(annotation)]


def _used(sample: Sequence[Any]) -> dict[str, _Used]:
    found: dict[str, _Used] = {}
    for item in sample:
        for annotation in _annotations(item) if isinstance(item, dict) else ():
            rows = [row for row in rows_of(annotation) if row.control and row.type]
            spans = {row.id for row in rows if row.id and _kind(row) in ("labels", "other")}
            for row in rows:
                used = found.setdefault(row.control, _Used())
                used.types[row.type] += 1
                used.objects.update([row.word("to_name")] if row.word("to_name") else [])
                used.rows += 1
                used.on_spans += row.id in spans
                used.fractions += isinstance(row.value.get("start"), float)
    return found


def _kind(row: Row) -> Kind:
    return ROW_TYPES.get(row.type, "other")


def _control(name: str, used: _Used) -> Declared:
    row_type = used.types.most_common(1)[0][0]
    kind = ROW_TYPES.get(row_type, "other")
    if kind == "labels" and used.fractions * 2 > used.rows:
        # Seconds of a sound, not characters.
        kind = "other"
    return Declared(
        name=name,
        kind=kind,
        row_type=row_type,
        to_names=tuple(target for target, _ in used.objects.most_common()),
        per_region=kind not in ("labels", "other") and used.on_spans * 2 > used.rows,
    )


def _texts(controls: Mapping[str, Declared], items: Sequence[_Item]) -> dict[str, Shown]:
    """The text of each object that a control is about, those with marked spans first."""
    marked = [name for control in controls.values() if control.kind == "labels" for name in control.to_names]
    judged = [name for control in controls.values() if control.kind != "other" for name in control.to_names]
    names = list(dict.fromkeys((*marked, *judged)))
    found: dict[str, Shown] = {}
    for name in names or ["text"]:
        tag = _tag(name, items)
        key = _key(name, tag, items)
        if key is not None:
            text_key = _text_key(name, key, items) if tag == "Paragraphs" else TEXT_KEY
            found[name] = Shown(name, tag, key, text_key=text_key)
    return found


def _text_key(name: str, key: str, items: Sequence[_Item]) -> str:
    """Under which key paragraphs have their texts: the one that bears most spans out, else the usual one."""
    found: Counter[str] = Counter()
    for data, rows in items[:_ENOUGH_PAGES]:
        spans = [row for row in rows if row.word("to_name") == name and _kind(row) == "labels"]
        for candidate in _text_keys(data.get(key)) if spans else ():
            found[candidate] += _held("Paragraphs", data[key], spans, candidate)
    best = max(found.values(), default=0)
    return TEXT_KEY if not best or found[TEXT_KEY] == best else next(one for one in found if found[one] == best)


def _text_keys(value: Any) -> list[str]:
    """The keys of paragraphs that hold strings."""
    paragraphs = value if isinstance(value, list) else ()
    held = ((key, text) for one in paragraphs if isinstance(one, dict) for key, text in one.items())
    return list(dict.fromkeys(key for key, text in held if isinstance(text, str)))


def _tag(name: str, items: Sequence[_Item]) -> _Tag:
    counted: Counter[_Tag] = Counter()
    for _, rows in items:
        counted.update(text_tag(row) for row in rows if row.word("to_name") == name and "start" in row.value)
    return counted.most_common(1)[0][0] if counted else "Text"


def text_tag(row: Row) -> _Tag:
    """The tag whose text a row's offsets count. Integers count characters, whatever tag the labels have."""
    if type(row.value.get("start")) is int:
        return "Text"
    tag = row.text_tag
    return "HyperText" if tag == "HyperText" else "Paragraphs" if tag == "Paragraphs" else "Text"


def _key(name: str, tag: _Tag, items: Sequence[_Item]) -> str | None:
    candidates = _candidates(tag, items)
    if not candidates:
        return None
    proof = _proof(name, tag, items, candidates)
    best = max(proof.values(), default=0)
    if best:
        candidates = [key for key in candidates if proof[key] == best]
    candidates = [key for key in candidates if "." not in key] or candidates
    for likely in (name, *_LIKELY):
        if likely in candidates:
            return likely
    shown = {key: [data[key] for data, _ in items if key in data] for key in candidates}
    return max(candidates, key=lambda key: sum(len(value) for value in shown[key] if _may_be(tag, value)))


def _candidates(tag: _Tag, items: Sequence[_Item]) -> list[str]:
    """The keys whose values may be texts: most are of the type (one item may be broken), and not addresses alone."""
    found: dict[str, list[Any]] = {}
    for data, _ in items:
        for key, value in data.items():
            if value is not None:
                found.setdefault(key, []).append(value)
    fitting = {key: [value for value in values if _may_be(tag, value)] for key, values in found.items()}
    return [key for key, values in fitting.items() if 2 * len(values) > len(found[key]) and _is_text(values)]


def _may_be(tag: _Tag, value: Any) -> bool:
    if tag == "Paragraphs":
        return isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return isinstance(value, str)


def _is_text(values: Sequence[Any]) -> bool:
    return not all(isinstance(value, str) and value.startswith(_ADDRESSES) and " " not in value for value in values)


def _proof(name: str, tag: _Tag, items: Sequence[_Item], candidates: Sequence[str]) -> dict[str, int]:
    """How many spans' stored texts stand between their offsets, under each key."""
    found = dict.fromkeys(candidates, 0)
    looked = 0
    for data, rows in items:
        spans = [row for row in rows if row.word("to_name") == name and _kind(row) == "labels"]
        for key in candidates if spans else ():
            found[key] += _fitting(tag, data.get(key), spans)
        looked += len(spans)
        if looked >= (_ENOUGH if tag == "Text" else _ENOUGH_PAGES):
            break
    return found


def _fitting(tag: _Tag, value: Any, spans: Sequence[Row]) -> int:
    if tag == "Text":
        return sum(_fits(row, value) for row in spans) if isinstance(value, str) else 0
    keys = _text_keys(value) if tag == "Paragraphs" else [TEXT_KEY]
    return max((_held(tag, value, spans, key) for key in keys), default=0)


def _held(tag: _Tag, value: Any, spans: Sequence[Row], text_key: str) -> int:
    """How many spans of another tag have their places in a value."""
    try:
        page = foreign(tag, value, text_key=text_key)
    except Refused:
        return 0
    fitting = 0
    for row in spans:
        try:
            page.span(row.value)
            fitting += 1
        except Refused:
            continue
    return fitting


def _fits(row: Row, text: str) -> bool:
    (start, end), stored = row.offsets, row.value.get("text")
    if start is None or end is None or not 0 <= start < end <= len(text) or not isinstance(stored, str):
        return False
    return agreement(stored, text[start:end]) == 2
